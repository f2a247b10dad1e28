//! The judges of the rules: who gets what, and who is refused. Pure: they look at the world and change nothing.
//!
//! They are the methods of a trait, so that a test can replace just one of them; in the model there is only [`ByTheRules`].
//! [`crate::audit`] never asks them: it judges for itself, so that a judge who goes wrong is noticed.

use crate::Spec;
use crate::auth::idle_runs_on;
use crate::policy::{Grace, Window, WrongVerifier};
use crate::seen::Refusal;
use crate::turn::Verifier;
use crate::world::{AccessId, AccessState, AccessToken, Grant, GrantState, RefreshId, RefreshToken, World};

/// What presenting a refresh token leads to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Judgement {
    /// It is the live one.
    Renew,
    /// It is spent, but its grace period covers it.
    Grace,
    /// It is refused.
    Refuse(Refusal),
}

/// The judges, with the rules as the RFCs have them.
pub(crate) trait Judges {
    /// Accepts or refuses a code.
    ///
    /// Rule `code-spent-once`: RFC 6749 section 4.1.2, RFC 6749 section 10.5.
    /// Rule `code-expires`: RFC 6749 section 4.1.2.
    /// Rule `code-bound-to-verifier`: RFC 7636 section 4.6.
    /// Rule `revocation-final`: RFC 7009 section 2.1.
    fn code(&self, spec: &Spec, grant: &Grant, verifier: Verifier) -> Result<(), Refusal> {
        if verifier == Verifier::MadeUp && spec.policy.wrong_verifier == WrongVerifier::Ignored {
            return Err(Refusal::WrongVerifier);
        }
        match grant.state {
            GrantState::Absent | GrantState::RefreshEnded | GrantState::Ended => Err(Refusal::Ended),
            GrantState::Redeemed => Err(Refusal::CodeReplayed),
            GrantState::CodeIssued if grant.age >= spec.limits.code_lifetime => Err(Refusal::CodeExpired),
            GrantState::CodeIssued if verifier == Verifier::MadeUp => Err(Refusal::WrongVerifier),
            GrantState::CodeIssued => Ok(()),
        }
    }

    /// Accepts or refuses a refresh token.
    ///
    /// Rule `refresh-spent-once`: RFC 6749 section 10.4, RFC 9700 section 4.14.2.
    /// Rule `idle-bound`: RFC 9700 section 4.14.2.
    /// Rule `lifetime-bound`: RFC 9700 section 4.14.2.
    /// Rule `revocation-final`: RFC 7009 section 2.1.
    fn refresh(&self, spec: &Spec, world: &World, presented: RefreshId) -> Judgement {
        let token = world.refresh_token(presented);
        let grant = world.grant(token.grant);
        if grant.ended() || token.is_revoked() {
            return Judgement::Refuse(Refusal::Ended);
        }
        if grant.age >= spec.limits.refresh_absolute {
            return Judgement::Refuse(Refusal::PastLifetime);
        }
        let idle_too_long = token.idle >= spec.limits.refresh_idle;
        if idle_too_long && idle_runs_on(&spec.policy) {
            return Judgement::Refuse(Refusal::Idle);
        }
        if token.spent > 0 {
            let covered = self.grace(spec, world, token);
            return if covered { Judgement::Grace } else { Judgement::Refuse(Refusal::Replayed) };
        }
        if idle_too_long { Judgement::Refuse(Refusal::Idle) } else { Judgement::Renew }
    }

    /// Whether a spent token may still be presented. The window runs from its first use; only a live successor is handed out again.
    ///
    /// Rule `grace-honoured`: the policy.
    fn grace(&self, spec: &Spec, world: &World, spent: &RefreshToken) -> bool {
        let (window, successor_lives) = match spec.policy.grace {
            Grace::None => return false,
            Grace::NewSibling(window) => (window, true),
            Grace::SameSuccessor(window) | Grace::SameTokens(window) => (
                window,
                spent.successor.is_some() && {
                    let successor = world.refresh_token(spent.successor);
                    successor.spent == 0 && successor.idle < spec.limits.refresh_idle
                },
            ),
        };
        let in_time = match window {
            Window::UntilUsed => true,
            Window::For(_) => spent.spent <= spec.limits.grace_window,
        };
        in_time && successor_lives
    }

    /// Whether the AuthService calls an access token active.
    ///
    /// Rule `live-token-active`: RFC 7662 section 2.2.
    /// Rule `ended-grant-inactive`: RFC 7662 section 2.2.
    /// Rule `never-past-exp`: RFC 7519 section 4.1.4, RFC 7662 section 4.
    fn access(&self, spec: &Spec, world: &World, token: AccessId) -> Result<(), Refusal> {
        let token = world.access_token(token);
        if token.state == AccessState::Expired || token.age >= spec.limits.access_lifetime {
            return Err(Refusal::TokenExpired);
        }
        if token.state == AccessState::Revoked || world.grant(token.grant).state == GrantState::Ended {
            return Err(Refusal::TokenRevoked);
        }
        Ok(())
    }

    /// Whether the backend accepts an access token by its `exp`: before `exp` plus `leeway` ticks, and not at it.
    ///
    /// Rule `never-past-exp`: RFC 7519 section 4.1.4, RFC 7662 section 4.
    fn exp(&self, spec: &Spec, token: &AccessToken, leeway: u8) -> Result<(), Refusal> {
        if token.state == AccessState::Expired || token.age >= spec.limits.access_lifetime + leeway {
            return Err(Refusal::TokenExpired);
        }
        Ok(())
    }
}

/// The rules as they are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ByTheRules;

impl Judges for ByTheRules {}
