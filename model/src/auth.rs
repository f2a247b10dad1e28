//! The rules of the AuthService: sign-in, redemption of a code, refresh, introspection, revocation.
//!
//! Invariant: whatever arrives is decided and committed in one step. Deliberately absent: PKCE and client checks, which no order of
//! events can bring about between an honest client and its own AuthService.

use crate::action::{CallId, Exchange, TabId};
use crate::policy::{CodeReplay, Grace, Reuse, Rotation, Window};
use crate::seen::{Answer, Refusal, Witness};
use crate::turn::Turn;
use crate::world::{
    AccessId, AccessState, CallPhase, Flow, FlowPhase, Grant, GrantId, GrantState, RefreshId, RefreshToken, Tokens,
    World,
};
use crate::{Spec, seen::Event};

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

    /// A code arrives at the token endpoint.
    pub(crate) fn redeem_arrives(&mut self, tab: TabId) {
        let grant = self.world.tabs[tab.index()].flow.grant;
        let answer = match judge_code(self.spec, self.world.grant(grant)) {
            Ok(()) => {
                let Some(tokens) = self.issue_pair(grant) else { return };
                self.world.grant_mut(grant).state = GrantState::Redeemed;
                let flow = &mut self.world.tabs[tab.index()].flow;
                flow.phase = FlowPhase::Redeemed;
                flow.tokens = tokens;
                brings(tokens, Answer::Tokens)
            }
            Err(refusal) => {
                if refusal == Refusal::CodeReplayed && self.spec.policy.code_replay == CodeReplay::DenyAndRevoke {
                    self.end(grant);
                }
                self.world.tabs[tab.index()].flow.phase = FlowPhase::RedeemRefused;
                Answer::InvalidGrant(refusal)
            }
        };
        self.saw(Event::Answered(Exchange::Redeem(tab), answer));
    }

    /// A refresh token arrives at the token endpoint.
    pub(crate) fn refresh_arrives(&mut self, id: CallId) {
        let shown = self.call(id).held;
        let grant = self.world.refresh_token(shown).grant;
        let answer = match judge_refresh(self.spec, &self.world, shown) {
            Judgement::Renew => self.renew(shown).map(|tokens| (tokens, brings(tokens, Answer::Tokens))),
            Judgement::Grace => self.honour_grace(shown).map(|tokens| (tokens, brings(tokens, Answer::GraceTokens))),
            Judgement::Refuse(refusal) => {
                if refusal == Refusal::Replayed && self.spec.policy.reuse == Reuse::RevokeGrant {
                    self.end(grant);
                }
                Some((Tokens::NONE, Answer::InvalidGrant(refusal)))
            }
        };
        let Some((tokens, answer)) = answer else { return };
        let call = self.call_mut(id);
        call.answer = tokens;
        call.phase = if tokens == Tokens::NONE { CallPhase::RefreshRefused } else { CallPhase::Refreshed };
        self.saw(Event::Answered(Exchange::Refresh(id), answer));
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

    /// A revocation arrives. Any refresh token of a grant ends the whole grant. RFC 7009 section 2.1.
    pub(crate) fn revocation_arrives(&mut self, tab: TabId) {
        let flow = &mut self.world.tabs[tab.index()].flow;
        flow.phase = FlowPhase::Revoked;
        let grant = std::mem::take(&mut flow.grant);
        self.end(grant);
        self.saw(Event::Answered(Exchange::Revoke(tab), Answer::Revoked));
    }

    /// Spends the live token and issues its successor, or without rotation only wakes it. RFC 6749 section 6.
    fn renew(&mut self, shown: RefreshId) -> Option<Tokens> {
        let grant = self.world.refresh_token(shown).grant;
        match self.spec.policy.rotation {
            Rotation::Off => {
                self.world.refresh_token_mut(shown).idle = 0;
                Some(Tokens { access: self.new_access(grant)?, refresh: RefreshId::NONE })
            }
            Rotation::Always => {
                let tokens = self.issue_pair(grant)?;
                // What led to the token now spent can no longer be handed out.
                for ancestor in &mut self.world.refresh {
                    if ancestor.successor == shown {
                        ancestor.successor = RefreshId::NONE;
                    }
                }
                let keeps = matches!(self.spec.policy.grace, Grace::SameSuccessor(_));
                let spent = self.world.refresh_token_mut(shown);
                *spent = RefreshToken { grant, idle: 0, spent: 1, successor: RefreshId::NONE };
                if keeps {
                    spent.successor = tokens.refresh;
                }
                Some(tokens)
            }
        }
    }

    /// Answers a spent token within its grace period: its successor once more, or a sibling of it.
    fn honour_grace(&mut self, shown: RefreshId) -> Option<Tokens> {
        let RefreshToken { grant, successor, .. } = *self.world.refresh_token(shown);
        match self.spec.policy.grace {
            Grace::SameSuccessor(_) => Some(Tokens { access: self.new_access(grant)?, refresh: successor }),
            Grace::None | Grace::NewSibling(_) => self.issue_pair(grant),
        }
    }

    fn issue_pair(&mut self, grant: GrantId) -> Option<Tokens> {
        Some(Tokens { access: self.new_access(grant)?, refresh: self.new_refresh(grant)? })
    }

    fn end(&mut self, grant: GrantId) {
        *self.world.grant_mut(grant) = Grant { state: GrantState::Ended, age: 0 };
    }
}

/// The answer that brings tokens. Without rotation there is no refresh token among them.
fn brings(tokens: Tokens, answer: fn(AccessId, Option<RefreshId>) -> Answer) -> Answer {
    answer(tokens.access, tokens.refresh.is_some().then_some(tokens.refresh))
}

/// Accepts or refuses a code. RFC 6749 section 4.1.2.
fn judge_code(spec: &Spec, grant: &Grant) -> Result<(), Refusal> {
    match grant.state {
        GrantState::Absent | GrantState::Ended => Err(Refusal::Ended),
        GrantState::Redeemed => Err(Refusal::CodeReplayed),
        GrantState::CodeIssued if grant.age >= spec.ticks.code_lifetime => Err(Refusal::CodeExpired),
        GrantState::CodeIssued => Ok(()),
    }
}

/// Accepts or refuses a refresh token. RFC 6749 section 6, RFC 9700 section 4.14.2.
fn judge_refresh(spec: &Spec, world: &World, shown: RefreshId) -> Judgement {
    let token = world.refresh_token(shown);
    let grant = world.grant(token.grant);
    if grant.state == GrantState::Ended {
        return Judgement::Refuse(Refusal::Ended);
    }
    if grant.age >= spec.ticks.refresh_absolute {
        return Judgement::Refuse(Refusal::PastLifetime);
    }
    if token.spent > 0 {
        return if grace_covers(spec, world, token) { Judgement::Grace } else { Judgement::Refuse(Refusal::Replayed) };
    }
    if token.idle >= spec.ticks.refresh_idle {
        return Judgement::Refuse(Refusal::Idle);
    }
    Judgement::Renew
}

/// Whether a spent token may still be shown. The window runs from its first use; only a live successor is handed out again.
pub(crate) fn grace_covers(spec: &Spec, world: &World, spent: &RefreshToken) -> bool {
    let (window, successor_lives) = match spec.policy.grace {
        Grace::None => return false,
        Grace::NewSibling(window) => (window, true),
        Grace::SameSuccessor(window) => (
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
    if world.grant(token.grant).state == GrantState::Ended {
        return Err(Refusal::TokenRevoked);
    }
    Ok(())
}

/// Whether a refresh token is live: a refresh with it would succeed, and not out of grace.
pub(crate) fn refresh_lives(spec: &Spec, world: &World, token: RefreshId) -> bool {
    judge_refresh(spec, world, token) == Judgement::Renew
}
