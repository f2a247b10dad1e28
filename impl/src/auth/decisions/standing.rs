//! How a token stands: whether it is active, and what revoking it changes. RFC 7662 section 2.2, RFC 7009 section 2.

use crate::clock::Timestamp;

use super::super::records::{AccessRecord, AccessState, Ending, Grant, GrantState, RefreshRecord, Spent};
use super::super::settings::Settings;
use super::{Changes, Revocable};

pub(super) fn access_is_active(token: &AccessRecord, grant: &Grant, now: Timestamp) -> bool {
    grant.state == GrantState::Live && token.state == AccessState::Live && now < token.expires_at
}

pub(super) fn refresh_is_active(settings: &Settings, token: &RefreshRecord, grant: &Grant, now: Timestamp) -> bool {
    grant.state == GrantState::Live
        && now.seconds_since(grant.born_at) < settings.lifetimes.refresh_absolute.as_secs()
        && token.spent == Spent::No
        && !is_idle(settings, token, now)
}

pub(super) fn is_idle(settings: &Settings, token: &RefreshRecord, now: Timestamp) -> bool {
    now.seconds_since(token.idle_since) >= settings.lifetimes.refresh_idle.as_secs()
}

/// A refresh token stands for its grant, however old or spent it is; an access token only for itself.
pub(super) fn revoke(token: Revocable<'_>, grant: &Grant, client_id: &str) -> Changes {
    if grant.client_id != client_id || grant.state != GrantState::Live {
        return Changes::none();
    }
    match token {
        Revocable::Refresh(_) => Changes {
            grant: Some(Grant { state: GrantState::Ended(Ending::SignedOut), ..grant.clone() }),
            ..Changes::none()
        },
        Revocable::Access(token) => {
            Changes { access: Some(AccessRecord { state: AccessState::Revoked, ..token.clone() }), ..Changes::none() }
        }
    }
}
