//! Refreshing: rotation, reuse detection and grace. RFC 6749 section 6, RFC 9700 section 4.14.2.

use std::time::Duration;

use crate::clock::Timestamp;

use super::super::records::{Ending, Grant, GrantState, RefreshRecord, Spent, TokenState};
use super::super::settings::{AccessOnRefresh, Grace, IdleOnRefresh, Rotation, Settings};
use super::standing::{is_idle, is_too_old};
use super::{Beyond, Changes, Decided, RefreshRequest, Refreshed, Refusal};

/// Rule `refresh-spent-once`: RFC 6749 section 10.4, RFC 9700 section 4.14.2.
/// Rule `replay-contained`: RFC 9700 section 4.14.2.
/// Rule `idle-bound`: RFC 9700 section 4.14.2.
/// Rule `lifetime-bound`: RFC 9700 section 4.14.2.
/// Rule `revocation-final`: RFC 7009 section 2.1.
pub(super) fn refresh(
    settings: &Settings,
    token: &RefreshRecord,
    successor: Option<&RefreshRecord>,
    grant: &Grant,
    request: &RefreshRequest<'_>,
    now: Timestamp,
) -> Decided<Refreshed> {
    let refused = |refusal| Decided::refused(refusal, Changes::none());
    if grant.client_id != request.client_id {
        return refused(Refusal::OtherClient);
    }
    if grant.state != GrantState::Live || token.state == TokenState::Revoked {
        return refused(Refusal::GrantEnded);
    }
    if is_too_old(settings, grant, now) {
        return refused(Refusal::GrantTooOld);
    }
    // Where the idle time runs on from token to token, a spent token expires too, and an expired token is not a replayed one.
    if settings.idle_on_refresh == IdleOnRefresh::RunsOn && is_idle(settings, token, now) {
        return refused(Refusal::Expired);
    }
    let (refreshed, changes) = match token.spent {
        Spent::Since(first) => match within_grace(settings, token, first, successor, now) {
            Some(refreshed) => (refreshed, Changes::none()),
            None => {
                return Decided::refused(
                    Refusal::Replayed,
                    Changes::end(settings.reuse, grant, Ending::RefreshTokenReuse),
                );
            }
        },
        Spent::No if is_idle(settings, token, now) => return refused(Refusal::Expired),
        Spent::No => use_unspent(settings, token, now),
    };
    if request.scope.is_some_and(|scope| !covers(&grant.scope, scope)) {
        return refused(Refusal::ScopeTooWide);
    }
    Decided::granted(refreshed, changes)
}

/// Rule `refresh-rotates`: RFC 9700 section 4.14.2.
/// Rule `refresh-kept`: RFC 6749 section 6.
/// Rule `idle-time-counted`: the policy.
/// Rule `refresh-spares-access`: RFC 6749 section 1.5.
fn use_unspent(settings: &Settings, token: &RefreshRecord, now: Timestamp) -> (Refreshed, Changes) {
    let idle_since = match settings.idle_on_refresh {
        IdleOnRefresh::Restarts => now,
        IdleOnRefresh::RunsOn => token.idle_since,
    };
    let (refreshed, used) = match settings.rotation {
        Rotation::Off => (Refreshed::Kept, RefreshRecord { idle_since, ..*token }),
        Rotation::Always => (Refreshed::Rotated { idle_since }, RefreshRecord { spent: Spent::Since(now), ..*token }),
    };
    let beyond = match settings.access_on_refresh {
        AccessOnRefresh::Kept => Beyond::Nothing,
        AccessOnRefresh::Revoked => Beyond::AccessTokensOf(token.grant),
    };
    (refreshed, Changes { refresh: Some(used), beyond, ..Changes::none() })
}

/// How a token that was first spent at `first` is answered when it is presented again within grace.
///
/// Rule `grace-honoured`: the policy.
fn within_grace(
    settings: &Settings,
    token: &RefreshRecord,
    first: Timestamp,
    successor: Option<&RefreshRecord>,
    now: Timestamp,
) -> Option<Refreshed> {
    let within = |window: Duration| now.seconds_since(first) < window.as_secs();
    let usable = successor.is_some_and(|successor| {
        successor.spent == Spent::No && successor.state == TokenState::Live && !is_idle(settings, successor, now)
    });
    match settings.grace {
        Grace::None => None,
        Grace::SameSuccessor { window } => (usable && window.is_none_or(within)).then_some(Refreshed::SameSuccessor),
        Grace::SameTokens { window } => (usable && window.is_none_or(within)).then_some(Refreshed::SameTokens),
        Grace::NewSibling { window } => {
            let idle_since = match settings.idle_on_refresh {
                IdleOnRefresh::Restarts => now,
                IdleOnRefresh::RunsOn => token.idle_since,
            };
            within(window).then_some(Refreshed::NewSibling { idle_since })
        }
    }
}

/// Whether every scope token of `asked` is one of `granted`. RFC 6749 section 3.3.
fn covers(granted: &str, asked: &str) -> bool {
    asked.split(' ').all(|token| granted.split(' ').any(|known| known == token))
}
