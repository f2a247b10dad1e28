//! The rules of the AuthService: sign-in, redemption of a code, refresh, introspection, revocation.
//!
//! Invariant: whatever arrives is decided and committed in one step. Deliberately absent: client checks, which no order of events can
//! bring about between an honest client and its own AuthService.

use crate::action::{CallId, TabId};
use crate::ended::Ended;
use crate::exchange::Exchange;
use crate::judges::{Judgement, Judges};
use crate::policy::{AccessOnRefresh, Ends, Grace, IdleOnRefresh, Policy, Rotation, SpentRevokes, WrongVerifier};
use crate::seen::{Answer, Event, Refusal, Witness};
use crate::time::Clock;
use crate::turn::{Turn, Verifier};
use crate::world::{
    AccessId, AccessState, CallPhase, Flow, FlowPhase, Grant, GrantId, GrantState, RefreshId, RefreshToken, Tokens,
};

impl<W: Witness, J: Judges> Turn<'_, W, J> {
    /// The login form arrives. The right password opens a grant and issues its code; a wrong one shows the form again.
    ///
    /// Rule `sign-in-needs-password`: RFC 6749 section 3.1.
    /// Rule `sign-in-gets-code`: RFC 6749 section 4.1.2.
    pub(crate) fn sign_in_arrives(&mut self, tab: TabId) {
        let answer = if self.world.tabs[tab.index()].flow.phase == FlowPhase::SigningIn {
            let Some(grant) = self.new_grant() else { return };
            self.world.tabs[tab.index()].flow = Flow { phase: FlowPhase::Redirecting, grant, tokens: Tokens::NONE };
            Answer::Code(grant)
        } else {
            self.world.tabs[tab.index()].flow.phase = FlowPhase::Rejected;
            Answer::WrongPassword
        };
        self.saw(Event::Answered(Exchange::SignIn(tab), answer));
    }

    /// A tab's code arrives at the token endpoint.
    pub(crate) fn redeem_arrives(&mut self, tab: TabId) {
        let code = self.world.tabs[tab.index()].flow.grant;
        let Some((tokens, answer)) = self.redeem(code, Verifier::Right) else { return };
        let flow = &mut self.world.tabs[tab.index()].flow;
        flow.tokens = tokens;
        flow.phase = if tokens == Tokens::NONE { FlowPhase::RedeemRefused } else { FlowPhase::Redeemed };
        self.saw(Event::Answered(Exchange::Redeem(tab), answer));
    }

    /// A call's refresh token arrives at the token endpoint.
    pub(crate) fn refresh_arrives(&mut self, id: CallId) {
        let presented = self.call(id).held;
        let Some((tokens, answer)) = self.refresh(presented) else { return };
        let call = self.call_mut(id);
        call.answer = tokens;
        call.phase = if tokens == Tokens::NONE { CallPhase::RefreshRefused } else { CallPhase::Refreshed };
        self.saw(Event::Answered(Exchange::Refresh(id), answer));
    }

    /// What a code brings whoever presents it. None: there was no room for it.
    ///
    /// Rule `code-replay-contained`: RFC 6749 section 4.1.2, RFC 9700 section 4.2.4.
    /// Rule `wrong-verifier-spends`: the policy, RFC 7636 section 4.6.
    pub(crate) fn redeem(&mut self, code: GrantId, verifier: Verifier) -> Option<(Tokens, Answer)> {
        let policy = &self.spec.policy;
        let judged = self.judges.code(self.spec, self.world.grant(code), verifier);
        let Err(refusal) = judged else {
            let tokens = self.issue_pair(code)?;
            self.world.grant_mut(code).state = GrantState::Redeemed;
            return Some((tokens, brings(tokens, Answer::Tokens)));
        };
        if refusal == Refusal::CodeReplayed {
            self.end(code, policy.code_replay_ends);
        }
        if refusal == Refusal::WrongVerifier && policy.wrong_verifier == WrongVerifier::Spends {
            self.world.grant_mut(code).state = GrantState::Redeemed;
        }
        Some((Tokens::NONE, Answer::InvalidGrant(refusal)))
    }

    /// What a refresh token brings whoever presents it. None: there was no room for it.
    ///
    /// Rule `replay-contained`: RFC 9700 section 4.14.2.
    pub(crate) fn refresh(&mut self, presented: RefreshId) -> Option<(Tokens, Answer)> {
        let grant = self.world.refresh_token(presented).grant;
        match self.judges.refresh(self.spec, &self.world, presented) {
            Judgement::Renew => self.renew(presented).map(|tokens| (tokens, brings(tokens, Answer::Tokens))),
            Judgement::Grace => {
                self.honour_grace(presented).map(|tokens| (tokens, brings(tokens, Answer::GraceTokens)))
            }
            Judgement::Refuse(refusal) => {
                if refusal == Refusal::Replayed {
                    self.end(grant, self.spec.policy.reuse_ends);
                }
                Some((Tokens::NONE, Answer::InvalidGrant(refusal)))
            }
        }
    }

    /// An introspection arrives. RFC 7662 section 2.2.
    pub(crate) fn introspection_arrives(&mut self, id: CallId) {
        let token = self.call(id).token;
        let (phase, answer) = match self.judges.access(self.spec, &self.world, token) {
            Ok(()) => (CallPhase::FoundActive, Answer::Active),
            Err(refusal) => (CallPhase::FoundInactive, Answer::Inactive(refusal)),
        };
        self.call_mut(id).phase = phase;
        self.saw(Event::Answered(Exchange::Introspect(id), answer));
    }

    /// A revocation arrives. RFC 7009 section 2.1.
    ///
    /// Rule `revocation-confirmed`: RFC 7009 section 2.2.
    pub(crate) fn revocation_arrives(&mut self, tab: TabId) {
        let flow = &mut self.world.tabs[tab.index()].flow;
        let Flow { grant, tokens, .. } = *flow;
        *flow = Flow { phase: FlowPhase::Revoked, ..Flow::IDLE };
        self.revoke(grant, tokens.refresh);
        self.saw(Event::Answered(Exchange::Revoke(tab), Answer::Revoked));
    }

    /// Where it does not matter which token of a grant is presented, none is named.
    ///
    /// Rule `revocation-ends-grant`: RFC 7009 section 2.1.
    /// Rule `spent-token-revokes`: the policy, RFC 7009 section 2.1.
    /// Rule `ended-stays-ended`: RFC 7009 section 2.2.
    fn revoke(&mut self, grant: GrantId, presented: RefreshId) {
        // RFC 7009 section 2.2: an invalid token is confirmed as revoked, and nothing is left to invalidate.
        if self.world.grant(grant).state == GrantState::Ended {
            return;
        }
        if presented.is_some() {
            if self.world.refresh_token(presented).is_spent() && self.spec.policy.spent_revokes == SpentRevokes::No {
                return;
            }
            let revoked = RefreshToken { grant, spent: RefreshToken::REVOKED, ..RefreshToken::default() };
            *self.world.refresh_token_mut(presented) = revoked;
            self.forget_parents(presented);
        }
        self.end(grant, self.spec.policy.revocation_ends);
    }

    /// Spends the live token and issues its successor, or without rotation only wakes it. RFC 6749 section 6.
    ///
    /// Rule `refresh-rotates`: RFC 9700 section 4.14.2.
    /// Rule `refresh-kept`: RFC 6749 section 6.
    /// Rule `idle-time-counted`: the policy.
    /// Rule `refresh-spares-access`: RFC 6749 section 1.5.
    fn renew(&mut self, presented: RefreshId) -> Option<Tokens> {
        let RefreshToken { grant, idle, .. } = *self.world.refresh_token(presented);
        let policy = &self.spec.policy;
        if policy.access_on_refresh == AccessOnRefresh::Revoked {
            let of_grant = self.world.access.iter_mut().filter(|token| token.grant == grant);
            for token in of_grant.filter(|token| token.state == AccessState::Issued) {
                token.state = AccessState::Revoked;
            }
            self.ends(Ended::AccessTokensOf(grant));
        }
        let idle = match policy.idle_on_refresh {
            IdleOnRefresh::Restarts => 0,
            IdleOnRefresh::RunsOn => idle,
        };
        match policy.rotation {
            Rotation::Off => {
                self.world.refresh_token_mut(presented).idle = idle;
                if policy.idle_on_refresh == IdleOnRefresh::Restarts {
                    self.witness.starts(Clock::idle(presented), None);
                }
                Some(Tokens { access: self.new_access(grant)?, refresh: RefreshId::NONE })
            }
            Rotation::Always => {
                let tokens = self.issue_pair(grant)?;
                self.world.refresh_token_mut(tokens.refresh).idle = idle;
                if idle_runs_on(policy) {
                    self.witness.starts(Clock::idle(tokens.refresh), Some(Clock::idle(presented)));
                }
                self.witness.starts(Clock::spent(presented), None);
                self.forget_parents(presented);
                let (successor, access) = match policy.grace {
                    Grace::None | Grace::NewSibling(_) => (RefreshId::NONE, AccessId::NONE),
                    Grace::SameSuccessor(_) => (tokens.refresh, AccessId::NONE),
                    Grace::SameTokens(_) => (tokens.refresh, tokens.access),
                };
                let idle = if idle_runs_on(policy) { idle } else { 0 };
                *self.world.refresh_token_mut(presented) = RefreshToken { grant, idle, spent: 1, successor, access };
                Some(tokens)
            }
        }
    }

    /// What led to a token that is no longer live can no longer be handed out.
    fn forget_parents(&mut self, used: RefreshId) {
        for parent in self.world.refresh.iter_mut().filter(|parent| parent.successor == used) {
            parent.successor = RefreshId::NONE;
            parent.access = AccessId::NONE;
        }
    }

    /// Answers a spent token within its grace period: what it was answered before, or a sibling of it.
    ///
    /// Rule `grace-honoured`: the policy.
    fn honour_grace(&mut self, presented: RefreshId) -> Option<Tokens> {
        let RefreshToken { grant, successor, access, idle, .. } = *self.world.refresh_token(presented);
        match self.spec.policy.grace {
            Grace::SameSuccessor(_) => Some(Tokens { access: self.new_access(grant)?, refresh: successor }),
            Grace::SameTokens(_) => Some(Tokens { access, refresh: successor }),
            Grace::None | Grace::NewSibling(_) => {
                let tokens = self.issue_pair(grant)?;
                self.world.refresh_token_mut(tokens.refresh).idle = idle;
                if idle_runs_on(&self.spec.policy) {
                    self.witness.starts(Clock::idle(tokens.refresh), Some(Clock::idle(presented)));
                }
                Some(tokens)
            }
        }
    }

    /// Rule `tokens-issued`: RFC 6749 section 5.1.
    fn issue_pair(&mut self, grant: GrantId) -> Option<Tokens> {
        Some(Tokens { access: self.new_access(grant)?, refresh: self.new_refresh(grant)? })
    }

    /// Ends a grant as far as the policy says.
    fn end(&mut self, grant: GrantId, ends: Ends) {
        const ENDED: Grant = Grant { state: GrantState::Ended, age: 0 };
        match (ends, self.world.grant(grant).state) {
            (Ends::Nothing, _) | (Ends::RefreshTokens, GrantState::RefreshEnded | GrantState::Ended) => {}
            (Ends::RefreshTokens, GrantState::Absent | GrantState::CodeIssued | GrantState::Redeemed) => {
                *self.world.grant_mut(grant) = Grant { state: GrantState::RefreshEnded, age: 0 };
                self.ends(Ended::RefreshTokensOf(grant));
            }
            (Ends::Grant, _) => {
                *self.world.grant_mut(grant) = ENDED;
                self.ends(Ended::AllOf(grant));
            }
            (Ends::User, _) => {
                let present = self.world.grants.iter_mut().filter(|grant| grant.state != GrantState::Absent);
                present.for_each(|grant| *grant = ENDED);
                self.ends(Ended::Everything);
            }
        }
    }
}

/// Whether a revocation is about a grant only, whichever refresh token of it is presented.
pub(crate) fn revocation_is_of_the_grant(policy: &Policy) -> bool {
    policy.revocation_ends != Ends::Nothing && policy.spent_revokes == SpentRevokes::Yes
}

/// Whether a chain of refresh tokens has one idle time for all of them: then spent ones die of it too, and nobody replays what is dead.
pub(crate) fn idle_runs_on(policy: &Policy) -> bool {
    policy.idle_on_refresh == IdleOnRefresh::RunsOn
}

/// The answer that brings tokens. Without rotation there is no refresh token among them.
fn brings(tokens: Tokens, answer: fn(AccessId, Option<RefreshId>) -> Answer) -> Answer {
    answer(tokens.access, tokens.refresh.is_some().then_some(tokens.refresh))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::World;
    use crate::{Action, Scope, Spec};

    /// A sign-out of the first grant is on its way to the AuthService; the person has a second grant.
    fn sign_out_of(state: GrantState) -> (Spec, World) {
        let policy = Policy { revocation_ends: Ends::User, ..Policy::recommended() };
        let spec = Spec::in_ticks(policy, Scope::DEFAULT).expect("the policy is small");
        let mut world = spec.initial();
        let (first, second) = (GrantId::at(0), GrantId::at(1));
        world.grants[0] = Grant { state, age: 0 };
        world.grants[1] = Grant { state: GrantState::Redeemed, age: 0 };
        world.refresh[0] = RefreshToken { grant: second, ..RefreshToken::default() };
        world.store.refresh = RefreshId::at(0);
        world.tabs[0].flow = Flow { phase: FlowPhase::Revoking, grant: first, tokens: Tokens::NONE };
        (spec, world)
    }

    fn second_grant_after_the_sign_out(state: GrantState) -> GrantState {
        let (spec, world) = sign_out_of(state);
        let revocation = Action::Arrive(Exchange::Revoke(TabId::at(0)));
        spec.apply(&world, revocation, &mut Vec::<Event>::new()).world.grants[1].state
    }

    #[test]
    fn the_revocation_of_a_token_of_an_ended_grant_changes_nothing() {
        assert_eq!(second_grant_after_the_sign_out(GrantState::Ended), GrantState::Redeemed);
    }

    #[test]
    fn the_revocation_of_a_token_of_a_grant_that_is_not_ended_ends_what_the_policy_says() {
        for state in [GrantState::Redeemed, GrantState::RefreshEnded] {
            assert_eq!(second_grant_after_the_sign_out(state), GrantState::Ended, "{state:?}");
        }
    }
}
