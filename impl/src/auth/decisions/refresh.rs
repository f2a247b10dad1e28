//! Refreshing: rotation, reuse detection and grace. RFC 6749 section 6, RFC 9700 section 4.14.2.

use std::time::Duration;

use crate::clock::Timestamp;

use super::super::records::{Ending, Grant, GrantState, RefreshRecord, Spent};
use super::super::settings::{Grace, Reuse, Rotation, Settings};
use super::standing::is_idle;
use super::{Changes, Decided, RefreshRequest, Refreshed, Refusal};

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
    if grant.state != GrantState::Live {
        return refused(Refusal::GrantEnded);
    }
    if now.seconds_since(grant.born_at) >= settings.lifetimes.refresh_absolute.as_secs() {
        return refused(Refusal::GrantTooOld);
    }
    let (refreshed, changes) = match token.spent {
        Spent::Since(first) => match forgiven(settings, first, successor, now) {
            Some(refreshed) => (refreshed, Changes::none()),
            None => return Decided::refused(Refusal::Replayed, reuse(settings.reuse, grant)),
        },
        Spent::No if is_idle(settings, token, now) => return refused(Refusal::Expired),
        Spent::No => use_tip(settings.rotation, token, now),
    };
    if request.scope.is_some_and(|scope| !covers(&grant.scope, scope)) {
        return refused(Refusal::ScopeTooWide);
    }
    Decided::granted(refreshed, changes)
}

fn use_tip(rotation: Rotation, token: &RefreshRecord, now: Timestamp) -> (Refreshed, Changes) {
    let (refreshed, used) = match rotation {
        Rotation::Off => (Refreshed::Kept, RefreshRecord { idle_since: now, ..*token }),
        Rotation::Always => (Refreshed::Rotated, RefreshRecord { spent: Spent::Since(now), ..*token }),
    };
    (refreshed, Changes { refresh: Some(used), ..Changes::none() })
}

/// What a token first spent at `first` is answered with when it comes back unpunished.
fn forgiven(
    settings: &Settings,
    first: Timestamp,
    successor: Option<&RefreshRecord>,
    now: Timestamp,
) -> Option<Refreshed> {
    let within = |window: Duration| now.seconds_since(first) < window.as_secs();
    match settings.grace {
        Grace::None => None,
        Grace::SameSuccessor { window } => {
            let successor = successor?;
            let usable = successor.spent == Spent::No && !is_idle(settings, successor, now);
            (usable && window.is_none_or(within)).then_some(Refreshed::SameSuccessor)
        }
        Grace::NewSibling { window } => within(window).then_some(Refreshed::NewSibling),
    }
}

fn reuse(reuse: Reuse, grant: &Grant) -> Changes {
    match reuse {
        Reuse::Reject => Changes::none(),
        Reuse::RevokeGrant => Changes {
            grant: Some(Grant { state: GrantState::Ended(Ending::RefreshTokenReuse), ..grant.clone() }),
            ..Changes::none()
        },
    }
}

/// Whether every token of `asked` is one of `granted`. RFC 6749 section 3.3.
fn covers(granted: &str, asked: &str) -> bool {
    asked.split(' ').all(|token| granted.split(' ').any(|known| known == token))
}
