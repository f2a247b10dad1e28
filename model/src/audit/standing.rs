//! How tokens stand, as the auditor judges it: written from the RFCs and from what [`crate::policy`] says of each choice, and sharing
//! nothing with the judges of the rules. Where the two disagree, one of them is wrong, and a property is violated.

use crate::Spec;
use crate::policy::{Grace, IdleOnRefresh, Window};
use crate::world::{AccessId, AccessState, GrantState, RefreshId, RefreshToken, World};

/// How an access token stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Access {
    /// It gets the resource. RFC 6749 section 1.4.
    Active,
    /// Its time is over. RFC 7519 section 4.1.4.
    Expired,
    /// It was revoked, or its grant was. RFC 7009 section 2.1.
    Ended,
}

/// How a refresh token stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Refresh {
    /// It is the one to refresh with. RFC 6749 section 6.
    Live,
    /// It was used before, and may be used again. The policy.
    Forgiven,
    /// It was used before, and using it again is a replay. RFC 9700 section 4.14.2.
    Replay,
    /// It was revoked, or its grant was. RFC 7009 section 2.1.
    Ended,
    /// Its time is over: its own or its grant's. RFC 9700 section 4.14.2.
    Expired,
}

/// How an access token stands. Age decides first: what has expired was once active.
pub(crate) fn access(spec: &Spec, world: &World, id: AccessId) -> Access {
    let token = world.access_token(id);
    match token.state {
        AccessState::Absent | AccessState::Expired => return Access::Expired,
        AccessState::Issued | AccessState::Revoked if token.age >= spec.limits.access_lifetime => {
            return Access::Expired;
        }
        AccessState::Revoked => return Access::Ended,
        AccessState::Issued => {}
    }
    match world.grant(token.grant).state {
        GrantState::Absent | GrantState::Ended => Access::Ended,
        GrantState::CodeIssued | GrantState::Redeemed | GrantState::RefreshEnded => Access::Active,
    }
}

/// How a refresh token stands.
pub(crate) fn refresh(spec: &Spec, world: &World, id: RefreshId) -> Refresh {
    let token = world.refresh_token(id);
    let grant = world.grant(token.grant);
    match grant.state {
        GrantState::Absent | GrantState::RefreshEnded | GrantState::Ended => return Refresh::Ended,
        GrantState::CodeIssued | GrantState::Redeemed => {}
    }
    match token.spent {
        RefreshToken::REVOKED => Refresh::Ended,
        _ if grant.age >= spec.limits.refresh_absolute || is_idle(spec, token) => Refresh::Expired,
        0 => Refresh::Live,
        _ if forgives(spec, world, token) => Refresh::Forgiven,
        _ => Refresh::Replay,
    }
}

/// Whether a token has gone unused for too long. A spent one was used; it shares its successors' idle time only where that runs on.
pub(crate) fn is_idle(spec: &Spec, token: &RefreshToken) -> bool {
    let counts = match spec.policy.idle_on_refresh {
        IdleOnRefresh::Restarts => token.spent == 0,
        IdleOnRefresh::RunsOn => true,
    };
    counts && token.idle >= spec.limits.refresh_idle
}

/// Whether a spent token may be used again. A successor that is handed out again is one that nobody has used, and that could be used.
fn forgives(spec: &Spec, world: &World, spent: &RefreshToken) -> bool {
    // Ticks since the token was first used.
    let since = spent.spent - 1;
    let is_open = |window| match window {
        Window::UntilUsed => true,
        Window::For(_) => since < spec.limits.grace_window,
    };
    match spec.policy.grace {
        Grace::None => false,
        Grace::NewSibling(window) => is_open(window),
        Grace::SameSuccessor(window) | Grace::SameTokens(window) => {
            let unused = spent.successor.index().is_some_and(|at| {
                let successor = &world.refresh[at];
                successor.spent == 0 && !is_idle(spec, successor)
            });
            unused && is_open(window)
        }
    }
}
