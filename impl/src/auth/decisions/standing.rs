//! The state of a token: whether it is active, and what its revocation changes. RFC 7662 section 2.2, RFC 7009 section 2.

use crate::clock::Timestamp;

use super::super::records::{AccessRecord, Ending, Grant, GrantState, RefreshRecord, Spent, TokenState};
use super::super::settings::{Settings, SpentRevokes};
use super::{Changes, Revocable};

/// Rule `live-token-active`: RFC 7662 section 2.2.
/// Rule `ended-grant-inactive`: RFC 7662 section 2.2.
/// Rule `never-past-exp`: RFC 7519 section 4.1.4, RFC 7662 section 4.
pub(super) fn access_is_active(token: &AccessRecord, grant: &Grant, now: Timestamp) -> bool {
    let is_usable = match grant.state {
        GrantState::Live | GrantState::RefreshEnded(_) => true,
        GrantState::Ended(_) => false,
    };
    is_usable && token.state == TokenState::Live && now < token.expires_at
}

/// Rule `token-standing`: RFC 7662 section 2.2.
pub(super) fn refresh_is_active(settings: &Settings, token: &RefreshRecord, grant: &Grant, now: Timestamp) -> bool {
    grant.state == GrantState::Live
        && token.state == TokenState::Live
        && !is_too_old(settings, grant, now)
        && token.spent == Spent::No
        && !is_idle(settings, token, now)
}

pub(super) fn is_idle(settings: &Settings, token: &RefreshRecord, now: Timestamp) -> bool {
    settings.lifetimes.refresh_idle.is_some_and(|idle| now.seconds_since(token.idle_since) >= idle.as_secs())
}

pub(super) fn is_too_old(settings: &Settings, grant: &Grant, now: Timestamp) -> bool {
    settings.lifetimes.refresh_absolute.is_some_and(|absolute| now.seconds_since(grant.born_at) >= absolute.as_secs())
}

/// The revocation of a refresh token, however old, ends as much as the settings say; that of an access token ends only itself.
///
/// Rule `revocation-ends-grant`: RFC 7009 section 2.1.
/// Rule `spent-token-revokes`: the policy, RFC 7009 section 2.1.
/// Rule `ended-stays-ended`: RFC 7009 section 2.2.
pub(super) fn revoke(settings: &Settings, token: Revocable<'_>, grant: &Grant, client_id: &str) -> Changes {
    if grant.client_id != client_id || matches!(grant.state, GrantState::Ended(_)) {
        return Changes::none();
    }
    match token {
        Revocable::Refresh(token) if token.spent != Spent::No && settings.spent_revokes == SpentRevokes::No => {
            Changes::none()
        }
        Revocable::Refresh(token) => Changes {
            refresh: Some(RefreshRecord { state: TokenState::Revoked, ..*token }),
            ..Changes::end(settings.revocation, grant, Ending::SignedOut)
        },
        Revocable::Access(token) => {
            Changes { access: Some(AccessRecord { state: TokenState::Revoked, ..token.clone() }), ..Changes::none() }
        }
    }
}
