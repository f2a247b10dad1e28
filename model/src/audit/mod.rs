//! The auditor: looks at the world before and after a step, and marks what it did.
//!
//! It sits apart from the rules and asks none of their judges: it notices the damage, whoever did it, and has judges of its own in
//! `standing`. A rule that goes wrong is therefore noticed here, and a specification that is broken on purpose shows that each property
//! can be violated.

pub(crate) mod standing;
#[cfg(test)]
mod tests;

use crate::Spec;
use crate::action::{Action, CallId, TabId};
use crate::exchange::{Exchange, Stolen};
use crate::marks::{Mark, Marks};
use crate::policy::WrongVerifier;
use crate::turn::Verifier;
use crate::world::{
    AccessId, AccessState, Attempt, Call, CallPhase, FlowPhase, GrantId, GrantState, RefreshId, TABS, Thief, Tokens,
    World,
};
use standing::{Access, Refresh};

/// Marks what a step did. `after` is the raw world: nothing in it has been renamed or forgotten.
#[must_use]
pub fn audit(spec: &Spec, before: &World, action: Action, after: &World) -> Marks {
    let audit = Audit { spec, before, after };
    let mut marks = Marks::default();
    match action {
        Action::Wait(_) | Action::SignIn(_) | Action::Mistype(_) => {}
        Action::SignOut(_) => {
            let refreshing = before.tabs.iter().any(|tab| tab.calls.iter().any(Call::refreshes));
            marks.set_if(Mark::SignOutDuringRefresh, refreshing);
        }
        Action::CopySession | Action::CopyCode(_) => marks.set_if(Mark::Stolen, true),
        Action::Open(_) | Action::Lock(_) => audit.client(&mut marks),
        Action::Arrive(exchange) => audit.server(exchange, &mut marks),
        Action::Return(exchange) | Action::Lose(exchange) => {
            if let Exchange::Introspect(call) = exchange {
                audit.backend(call, &mut marks);
            }
            if let (Action::Lose(_), Exchange::Refresh(call)) = (action, exchange) {
                marks.set_if(Mark::RefreshAnswerLost, audit.call_before(call).phase != CallPhase::Refreshing);
            }
            audit.late(action, &mut marks);
            audit.store(action, &mut marks);
            audit.client(&mut marks);
        }
    }
    marks
}

struct Audit<'a> {
    spec: &'a Spec,
    before: &'a World,
    after: &'a World,
}

impl Audit<'_> {
    fn call_before(&self, id: CallId) -> &Call {
        &self.before.tabs[id.tab.index()].calls[usize::from(id.call)]
    }

    fn call_after(&self, id: CallId) -> &Call {
        &self.after.tabs[id.tab.index()].calls[usize::from(id.call)]
    }

    /// What a server did with a request.
    fn server(&self, exchange: Exchange, marks: &mut Marks) {
        match exchange {
            Exchange::Redeem(tab) => {
                let tab = tab.index();
                let issued = self.after.tabs[tab].flow.phase == FlowPhase::Redeemed;
                self.redemption(self.before.tabs[tab].flow.grant, issued, Verifier::Right, marks);
            }
            Exchange::Refresh(call) => {
                let issued = self.call_after(call).phase == CallPhase::Refreshed;
                self.refresh(self.call_before(call).held, issued, marks);
            }
            Exchange::Theft(stolen) => self.theft(stolen, marks),
            Exchange::Revoke(tab) => self.revocation(tab, marks),
            Exchange::Call(call) | Exchange::Introspect(call) => self.backend(call, marks),
            Exchange::SignIn(_) => {}
        }
    }

    /// What a thief got: they drop what is refused. RFC 9700 section 3.
    fn theft(&self, stolen: Stolen, marks: &mut Marks) {
        let (before, after) = (self.before.thief, self.after.thief);
        match stolen {
            Stolen::Code => self.redemption(before.code, after.loot != before.loot, Verifier::MadeUp, marks),
            Stolen::Copy => self.refresh(before.copy, after.copy.is_some(), marks),
            Stolen::Loot => self.refresh(before.loot.refresh, after.loot.refresh.is_some(), marks),
        }
    }

    /// What became of a code. RFC 6749 section 4.1.2, RFC 7636 section 4.6.
    fn redemption(&self, code: GrantId, issued: bool, verifier: Verifier, marks: &mut Marks) {
        let (before, after) = (self.before.grant(code), self.after.grant(code));
        let was_spent = before.state != GrantState::CodeIssued;
        marks.set_if(Mark::CodeSpentTwice, issued && (was_spent || after.state == GrantState::CodeIssued));
        marks.set_if(Mark::StaleCodeRedeemed, issued && before.age >= self.spec.limits.code_lifetime);
        let ignored = verifier == Verifier::MadeUp && self.spec.policy.wrong_verifier == WrongVerifier::Ignored;
        let replayed = before.state == GrantState::Redeemed && !ignored;
        marks.set_if(Mark::CodeReplaySurvived, replayed && after.state != GrantState::Ended);
        marks.set_if(Mark::UnprovenCodeRedeemed, issued && verifier == Verifier::MadeUp);
    }

    /// What became of a refresh token. RFC 6749 section 6, RFC 9700 section 4.14.2.
    fn refresh(&self, presented: RefreshId, issued: bool, marks: &mut Marks) {
        let token = self.before.refresh_token(presented);
        let before = self.before.grant(token.grant);
        let spent = token.is_spent();
        let stood = standing::refresh(self.spec, self.before, presented);
        marks.set_if(Mark::SpentTokenRenewed, issued && spent && stood != Refresh::Forgiven);
        marks.set_if(Mark::ReplaySurvived, !issued && stood == Refresh::Replay && self.alive(token.grant));
        marks.set_if(Mark::GraceForThief, issued && stood == Refresh::Forgiven && self.thief_holds(token.grant));
        marks.set_if(Mark::EndedGrantRenewed, issued && stood == Refresh::Ended);
        marks.set_if(Mark::IdleTokenRenewed, issued && standing::is_idle(self.spec, token));
        marks.set_if(Mark::LifetimeExceeded, issued && before.age >= self.spec.limits.refresh_absolute);
        marks.set_if(Mark::TwoSuccessors, self.live_refresh(token.grant).nth(1).is_some());
        let ends = |id: &AccessId| self.active(self.before, *id) && !self.active(self.after, *id);
        marks
            .set_if(Mark::AccessEndedByRefresh, issued && self.access_of(self.before, token.grant).any(|id| ends(&id)));
    }

    /// What a sign-out left alive. RFC 7009 section 2.1.
    fn revocation(&self, tab: TabId, marks: &mut Marks) {
        let grant = self.before.tabs[tab.index()].flow.grant;
        marks.set_if(Mark::RefreshOutlivedSignOut, self.live_refresh(grant).next().is_some());
        marks.set_if(
            Mark::AccessOutlivedSignOut,
            self.access_of(self.after, grant).any(|id| self.active(self.after, id)),
        );
    }

    /// The refresh tokens of a grant that are live after the step.
    fn live_refresh(&self, grant: GrantId) -> impl Iterator<Item = RefreshId> {
        let of_grant = (0..self.after.refresh.len()).filter(move |at| self.after.refresh[*at].grant == grant);
        of_grant.map(RefreshId::at).filter(|id| self.lives(self.after, *id))
    }

    fn active(&self, world: &World, token: AccessId) -> bool {
        standing::access(self.spec, world, token) == Access::Active
    }

    fn lives(&self, world: &World, token: RefreshId) -> bool {
        standing::refresh(self.spec, world, token) == Refresh::Live
    }

    /// The access tokens of a grant.
    fn access_of(&self, world: &World, grant: GrantId) -> impl Iterator<Item = AccessId> {
        let access = world.access;
        (0..access.len()).filter(move |at| access[*at].grant == grant).map(AccessId::at)
    }

    /// Whether a thief holds a token of a grant.
    fn thief_holds(&self, grant: GrantId) -> bool {
        let Thief { copy, loot, .. } = self.before.thief;
        [copy, loot.refresh].into_iter().any(|held| held.is_some() && self.before.refresh_token(held).grant == grant)
    }

    /// Whether tokens could still be issued for a grant after the step.
    fn alive(&self, grant: GrantId) -> bool {
        let grant = self.after.grant(grant);
        match grant.state {
            GrantState::Absent | GrantState::RefreshEnded | GrantState::Ended => false,
            GrantState::CodeIssued | GrantState::Redeemed => grant.age < self.spec.limits.refresh_absolute,
        }
    }

    /// What the backend, or the introspection it waits for, made of a call's token. RFC 7519 section 4.1.4, RFC 7662 section 2.2.
    fn backend(&self, id: CallId, marks: &mut Marks) {
        let (before, after) = (self.call_before(id), self.call_after(id));
        let Some(index) = before.token.index() else { return };
        let token = &self.before.access[index];
        let expired = token.state == AccessState::Expired;
        let stood = standing::access(self.spec, self.before, before.token);
        let ended = stood == Access::Ended;
        let fresh = !expired && token.age < self.spec.limits.access_lifetime;
        let found = before.phase == CallPhase::Validating && after.phase == CallPhase::FoundActive;
        let granted = after.phase == CallPhase::Accepted;
        let last = self.spec.limits.access_lifetime + self.spec.limits.leeway;
        let past = expired || token.age >= last;
        marks.set_if(Mark::ExpiredTokenAccepted, (granted && past) || (found && stood == Access::Expired));
        // What was found active is accepted also where its grant has ended since.
        let accepted = found || (granted && before.phase != CallPhase::FoundActive);
        marks.set_if(Mark::RevokedTokenAccepted, accepted && ended);
        let refused = match before.phase {
            CallPhase::FoundActive => after.phase == CallPhase::Refused,
            CallPhase::Asking | CallPhase::Validating => {
                !ended && matches!(after.phase, CallPhase::Refused | CallPhase::FoundInactive)
            }
            CallPhase::Idle
            | CallPhase::FoundInactive
            | CallPhase::Accepted
            | CallPhase::Unauthenticated
            | CallPhase::Refused
            | CallPhase::Unavailable
            | CallPhase::Waiting
            | CallPhase::Queued
            | CallPhase::Refreshing
            | CallPhase::Refreshed
            | CallPhase::RefreshRefused => false,
        };
        marks.set_if(Mark::LiveTokenRefused, refused && fresh);
        let expired_meanwhile = before.phase == CallPhase::FoundActive && after.phase == CallPhase::Refused;
        marks.set_if(Mark::ExpiredWhileAsked, expired_meanwhile);
    }

    /// What came too late for the session it was about. RFC 6750 section 3.1, RFC 7009 section 2.1.
    fn late(&self, action: Action, marks: &mut Marks) {
        if let Action::Return(Exchange::Refresh(id)) = action {
            let call = self.call_before(id);
            let gone = self.before.store.refresh != call.held;
            marks.set_if(Mark::LateAnswerDropped, gone && call.phase == CallPhase::Refreshed);
        }
        if let Action::Return(Exchange::Call(id)) = action {
            let call = self.call_before(id);
            let replaced = self.before.signed_in() && self.before.store.access != call.token;
            marks.set_if(Mark::LateRefusal, replaced && call.phase == CallPhase::Refused);
        }
    }

    /// What became of the browser's session. RFC 6749 section 5.2, RFC 9700 section 4.7.
    fn store(&self, action: Action, marks: &mut Marks) {
        let (before, after) = (self.before.store, self.after.store);
        if before == after {
            return;
        }
        let new_sign_in = matches!(action, Action::Return(Exchange::Redeem(_)));
        marks.set_if(Mark::SignOutUndone, before == Tokens::NONE && !new_sign_in);
        // What a theft leads to is told by other marks.
        let untouched = self.after.thefts == self.spec.scope.thefts;
        let cleared_early = after == Tokens::NONE && !self.session_is_over() && untouched;
        let all_delivered = self.after.losses == self.spec.scope.losses;
        marks.set_if(Mark::SpuriousSignOut, cleared_early && all_delivered);
        marks.set_if(Mark::LossWasFatal, cleared_early && !all_delivered);
        marks.set_if(
            Mark::SessionMixed,
            after != Tokens::NONE && {
                let grant = self.after.access_token(after.access).grant;
                grant.is_some() && grant != self.after.refresh_token(after.refresh).grant
            },
        );
        let was_live = before != Tokens::NONE && self.lives(self.before, before.refresh);
        let still_live = after != Tokens::NONE && self.lives(self.after, after.refresh);
        marks.set_if(Mark::LiveSessionDropped, was_live && !still_live && !new_sign_in);
    }

    /// Whether the stored session's own lifetimes have ended it.
    fn session_is_over(&self) -> bool {
        let token = self.before.refresh_token(self.before.store.refresh);
        let tip = if token.successor.is_some() { self.before.refresh_token(token.successor) } else { token };
        self.before.grant(token.grant).age >= self.spec.limits.refresh_absolute || standing::is_idle(self.spec, tip)
    }

    /// What the GUI sent, or waits for. RFC 6749 section 1.5, RFC 6750 section 3.1.
    fn client(&self, marks: &mut Marks) {
        for tab in 0..TABS {
            for (before, after) in self.before.tabs[tab].calls.iter().zip(&self.after.tabs[tab].calls) {
                let newly = |phase| before.phase != phase && after.phase == phase;
                let refreshes = newly(CallPhase::Refreshing);
                let recovers = refreshes || newly(CallPhase::Waiting) || newly(CallPhase::Queued);
                marks.set_if(Mark::Waited, waits(self.after, after) && !waits(self.before, before));
                marks.set_if(
                    Mark::RecoveredTwice,
                    recovers && before.phase == CallPhase::Refused && before.attempt == Attempt::Second,
                );
                marks.set_if(Mark::NeedlessRefresh, refreshes && self.has_a_newer_token(before, after));
            }
        }
    }

    /// Whether the store held a live access token that had not failed the call that now refreshes.
    fn has_a_newer_token(&self, before: &Call, after: &Call) -> bool {
        let stored = self.before.store.access;
        let failed_with_it = match before.phase {
            // Refreshes early, on account of the stored token itself.
            CallPhase::Idle => true,
            CallPhase::Queued if !before.token.is_some() => after.held == self.before.store.refresh,
            CallPhase::Refused | CallPhase::Queued => before.token == stored,
            CallPhase::Asking
            | CallPhase::Validating
            | CallPhase::FoundActive
            | CallPhase::FoundInactive
            | CallPhase::Accepted
            | CallPhase::Unauthenticated
            | CallPhase::Unavailable
            | CallPhase::Waiting
            | CallPhase::Refreshing
            | CallPhase::Refreshed
            | CallPhase::RefreshRefused => after.held == self.before.store.refresh,
        };
        stored.is_some() && !failed_with_it && self.active(self.before, stored)
    }
}

/// Whether a call waits for another: for the one that leads in its tab, or for the one that holds the browser's lock. Web Locks API
/// section 2.
fn waits(world: &World, call: &Call) -> bool {
    let held = || world.tabs.iter().any(|tab| tab.calls.iter().any(Call::refreshes));
    call.phase == CallPhase::Waiting || (call.phase == CallPhase::Queued && held())
}
