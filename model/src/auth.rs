//! The rules of the AuthService: sign-in, redemption of a code, refresh, introspection, revocation.
//!
//! Invariant: whatever arrives is decided and committed in one step. Deliberately absent: client checks, which no order of events can
//! bring about between an honest client and its own AuthService.

use crate::Spec;
use crate::action::{CallId, Exchange, TabId};
use crate::policy::{
    AccessOnRefresh, Ends, Grace, IdleOnRefresh, Policy, Rotation, SpentRevokes, Window, WrongVerifier,
};
use crate::seen::{Answer, Event, Refusal, Witness};
use crate::turn::{Turn, Verifier};
use crate::world::{
    AccessId, AccessState, CallPhase, Flow, FlowPhase, Grant, GrantId, GrantState, RefreshId, RefreshToken, Tokens,
    World,
};

/// What showing a refresh token leads to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Judgement {
    /// It is the live one.
    Renew,
    /// It is spent, but its grace period covers it.
    Grace,
    /// It is turned down.
    Refuse(Refusal),
}

impl<W: Witness> Turn<'_, W> {
    /// The login form arrives. The right password opens a grant and issues its code; a wrong one shows the form again.
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
        let shown = self.call(id).held;
        let Some((tokens, answer)) = self.refresh(shown) else { return };
        let call = self.call_mut(id);
        call.answer = tokens;
        call.phase = if tokens == Tokens::NONE { CallPhase::RefreshRefused } else { CallPhase::Refreshed };
        self.saw(Event::Answered(Exchange::Refresh(id), answer));
    }

    /// What a code brings whoever shows it. None: there was no room for it.
    pub(crate) fn redeem(&mut self, code: GrantId, verifier: Verifier) -> Option<(Tokens, Answer)> {
        let policy = &self.spec.policy;
        let judged = judge_code(self.spec, self.world.grant(code), verifier);
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

    /// What a refresh token brings whoever shows it. None: there was no room for it.
    pub(crate) fn refresh(&mut self, shown: RefreshId) -> Option<(Tokens, Answer)> {
        let grant = self.world.refresh_token(shown).grant;
        match judge_refresh(self.spec, &self.world, shown) {
            Judgement::Renew => self.renew(shown).map(|tokens| (tokens, brings(tokens, Answer::Tokens))),
            Judgement::Grace => self.honour_grace(shown).map(|tokens| (tokens, brings(tokens, Answer::GraceTokens))),
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
        let (phase, answer) = match judge_access(self.spec, &self.world, token) {
            Ok(()) => (CallPhase::FoundActive, Answer::Active),
            Err(refusal) => (CallPhase::FoundInactive, Answer::Inactive(refusal)),
        };
        self.call_mut(id).phase = phase;
        self.saw(Event::Answered(Exchange::Introspect(id), answer));
    }

    /// A revocation arrives. RFC 7009 section 2.1.
    pub(crate) fn revocation_arrives(&mut self, tab: TabId) {
        let flow = &mut self.world.tabs[tab.index()].flow;
        let Flow { grant, tokens, .. } = *flow;
        *flow = Flow { phase: FlowPhase::Revoked, ..Flow::IDLE };
        self.revoke(grant, tokens.refresh);
        self.saw(Event::Answered(Exchange::Revoke(tab), Answer::Revoked));
    }

    /// Where it does not matter which token of a grant is shown, none is.
    fn revoke(&mut self, grant: GrantId, shown: RefreshId) {
        if shown.is_some() {
            if self.world.refresh_token(shown).is_spent() && self.spec.policy.spent_revokes == SpentRevokes::No {
                return;
            }
            let revoked = RefreshToken { grant, spent: RefreshToken::REVOKED, ..RefreshToken::default() };
            *self.world.refresh_token_mut(shown) = revoked;
            self.forget_parents(shown);
        }
        self.end(grant, self.spec.policy.revocation_ends);
    }

    /// Spends the live token and issues its successor, or without rotation only wakes it. RFC 6749 section 6.
    fn renew(&mut self, shown: RefreshId) -> Option<Tokens> {
        let RefreshToken { grant, idle, .. } = *self.world.refresh_token(shown);
        let policy = &self.spec.policy;
        if policy.access_on_refresh == AccessOnRefresh::Revoked {
            let of_grant = self.world.access.iter_mut().filter(|token| token.grant == grant);
            for token in of_grant.filter(|token| token.state == AccessState::Issued) {
                token.state = AccessState::Revoked;
            }
        }
        let idle = match policy.idle_on_refresh {
            IdleOnRefresh::Restarts => 0,
            IdleOnRefresh::RunsOn => idle,
        };
        match policy.rotation {
            Rotation::Off => {
                self.world.refresh_token_mut(shown).idle = idle;
                Some(Tokens { access: self.new_access(grant)?, refresh: RefreshId::NONE })
            }
            Rotation::Always => {
                let tokens = self.issue_pair(grant)?;
                self.world.refresh_token_mut(tokens.refresh).idle = idle;
                self.forget_parents(shown);
                let (successor, access) = match policy.grace {
                    Grace::None | Grace::NewSibling(_) => (RefreshId::NONE, AccessId::NONE),
                    Grace::SameSuccessor(_) => (tokens.refresh, AccessId::NONE),
                    Grace::SameTokens(_) => (tokens.refresh, tokens.access),
                };
                let idle = if idle_runs_on(policy) { idle } else { 0 };
                *self.world.refresh_token_mut(shown) = RefreshToken { grant, idle, spent: 1, successor, access };
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
    fn honour_grace(&mut self, shown: RefreshId) -> Option<Tokens> {
        let RefreshToken { grant, successor, access, idle, .. } = *self.world.refresh_token(shown);
        match self.spec.policy.grace {
            Grace::SameSuccessor(_) => Some(Tokens { access: self.new_access(grant)?, refresh: successor }),
            Grace::SameTokens(_) => Some(Tokens { access, refresh: successor }),
            Grace::None | Grace::NewSibling(_) => {
                let tokens = self.issue_pair(grant)?;
                self.world.refresh_token_mut(tokens.refresh).idle = idle;
                Some(tokens)
            }
        }
    }

    fn issue_pair(&mut self, grant: GrantId) -> Option<Tokens> {
        Some(Tokens { access: self.new_access(grant)?, refresh: self.new_refresh(grant)? })
    }

    fn end(&mut self, grant: GrantId, ends: Ends) {
        const ENDED: Grant = Grant { state: GrantState::Ended, age: 0 };
        match ends {
            Ends::Nothing => {}
            Ends::RefreshTokens if self.world.grant(grant).state == GrantState::Ended => {}
            Ends::RefreshTokens => {
                *self.world.grant_mut(grant) = Grant { state: GrantState::RefreshEnded, age: 0 };
            }
            Ends::Grant => *self.world.grant_mut(grant) = ENDED,
            Ends::User => {
                let present = self.world.grants.iter_mut().filter(|grant| grant.state != GrantState::Absent);
                present.for_each(|grant| *grant = ENDED);
            }
        }
    }
}

/// Whether a revocation is about a grant only, whichever refresh token of it is shown.
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

/// Accepts or refuses a code. RFC 6749 section 4.1.2, RFC 7636 section 4.6.
fn judge_code(spec: &Spec, grant: &Grant, verifier: Verifier) -> Result<(), Refusal> {
    if verifier == Verifier::MadeUp && spec.policy.wrong_verifier == WrongVerifier::Ignored {
        return Err(Refusal::WrongVerifier);
    }
    match grant.state {
        GrantState::Absent | GrantState::RefreshEnded | GrantState::Ended => Err(Refusal::Ended),
        GrantState::Redeemed => Err(Refusal::CodeReplayed),
        GrantState::CodeIssued if grant.age >= spec.ticks.code_lifetime => Err(Refusal::CodeExpired),
        GrantState::CodeIssued if verifier == Verifier::MadeUp => Err(Refusal::WrongVerifier),
        GrantState::CodeIssued => Ok(()),
    }
}

/// Accepts or refuses a refresh token. RFC 6749 section 6, RFC 9700 section 4.14.2.
fn judge_refresh(spec: &Spec, world: &World, shown: RefreshId) -> Judgement {
    let token = world.refresh_token(shown);
    let grant = world.grant(token.grant);
    if grant.ended() || token.is_revoked() {
        return Judgement::Refuse(Refusal::Ended);
    }
    if grant.age >= spec.ticks.refresh_absolute {
        return Judgement::Refuse(Refusal::PastLifetime);
    }
    let idle_too_long = token.idle >= spec.ticks.refresh_idle;
    if idle_too_long && idle_runs_on(&spec.policy) {
        return Judgement::Refuse(Refusal::Idle);
    }
    if token.spent > 0 {
        return if grace_covers(spec, world, token) { Judgement::Grace } else { Judgement::Refuse(Refusal::Replayed) };
    }
    if idle_too_long { Judgement::Refuse(Refusal::Idle) } else { Judgement::Renew }
}

/// Whether a spent token may still be shown. The window runs from its first use; only a live successor is handed out again.
pub(crate) fn grace_covers(spec: &Spec, world: &World, spent: &RefreshToken) -> bool {
    let (window, successor_lives) = match spec.policy.grace {
        Grace::None => return false,
        Grace::NewSibling(window) => (window, true),
        Grace::SameSuccessor(window) | Grace::SameTokens(window) => (
            window,
            spent.successor.is_some() && {
                let successor = world.refresh_token(spent.successor);
                successor.spent == 0 && successor.idle < spec.ticks.refresh_idle
            },
        ),
    };
    let in_time = match window {
        Window::UntilUsed => true,
        Window::For(_) => spent.spent <= spec.ticks.grace_window,
    };
    in_time && successor_lives
}

/// Whether the AuthService holds an access token active. RFC 7519 section 4.1.4, RFC 7662 section 2.2.
pub(crate) fn judge_access(spec: &Spec, world: &World, token: AccessId) -> Result<(), Refusal> {
    let token = world.access_token(token);
    if token.state == AccessState::Expired || token.age >= spec.ticks.access_lifetime {
        return Err(Refusal::TokenExpired);
    }
    if token.state == AccessState::Revoked || world.grant(token.grant).state == GrantState::Ended {
        return Err(Refusal::TokenRevoked);
    }
    Ok(())
}

/// Whether a refresh token is live: a refresh with it would succeed, and not out of grace.
pub(crate) fn refresh_lives(spec: &Spec, world: &World, token: RefreshId) -> bool {
    judge_refresh(spec, world, token) == Judgement::Renew
}
