//! The rules of the GUI: one browser whose tabs share a store.
//!
//! A call that cannot go on with the token it has needs a refresh; who may refresh, and with which token, is what the policy's client
//! knobs decide. Two rules are no knobs, because there is no good reason to choose otherwise: an answer is stored only over the session it
//! renews, and a refusal clears only the session it is about.

use crate::action::{CallId, TabId};
use crate::exchange::Exchange;
use crate::judges::Judges;
use crate::policy::{Late401, LookAgain, LostAnswer, SingleFlight};
use crate::seen::{CallEnd, Event, Password, Request, Session, Witness};
use crate::turn::Turn;
use crate::world::{AccessId, AccessState, Attempt, Call, CallPhase, Flow, FlowPhase, RefreshId, Tokens};

impl<W: Witness, J: Judges> Turn<'_, W, J> {
    /// The person opens the items.
    ///
    /// Rule `refresh-before-expiry`: the policy, RFC 6749 section 1.5.
    pub(crate) fn open(&mut self, id: CallId) {
        if self.world.signed_in() && self.spec.policy.refreshes_early() && self.stale() {
            self.call_mut(id).token = self.world.store.access;
            return self.need_refresh(id);
        }
        self.send_call(id, Attempt::First);
    }

    /// The person signs in.
    ///
    /// Rule `sign-in-at-authorization`: RFC 6749 section 4.1.1.
    pub(crate) fn sign_in(&mut self, tab: TabId, password: Password) {
        self.world.tabs[tab.index()].flow.phase = match password {
            Password::Right => FlowPhase::SigningIn,
            Password::Wrong => FlowPhase::Mistyping,
        };
        self.saw(Event::Sent(Exchange::SignIn(tab), Request::SignIn(password)));
    }

    /// The person signs out: the session is left at once, and the AuthService told.
    ///
    /// Rule `sign-out-revokes`: RFC 7009 section 2.1.
    /// Rule `session-cleared-for-cause`: RFC 6749 section 5.2.
    pub(crate) fn sign_out(&mut self, tab: TabId) {
        let left = self.world.store.refresh;
        let grant = self.world.refresh_token(left).grant;
        self.clear_store();
        let tokens = Tokens { refresh: left, ..Tokens::NONE };
        self.world.tabs[tab.index()].flow = Flow { phase: FlowPhase::Revoking, grant, tokens };
        self.saw(Event::Sent(Exchange::Revoke(tab), Request::Revoke(left)));
    }

    /// The browser grants its lock to a call that leads a refresh.
    ///
    /// Rule `store-looked-at-again`: the policy.
    pub(crate) fn lock_granted(&mut self, id: CallId) {
        match self.spec.policy.look_again {
            LookAgain::No => self.send_refresh(id),
            LookAgain::Yes if !self.stored_token_failed(id) => self.resume(id),
            LookAgain::Yes => {
                self.call_mut(id).held = self.world.store.refresh;
                self.send_refresh(id);
            }
        }
    }

    /// The backend's answer reaches its call.
    ///
    /// Rule `items-shown`: RFC 6750 section 2.
    /// Rule `prompt-without-session`: RFC 9728 section 5.
    /// Rule `failure-keeps-session`: RFC 6750 section 3.1.
    /// Rule `no-refresh-storm`: RFC 6750 section 3.1.
    pub(crate) fn call_returns(&mut self, id: CallId) {
        let call = *self.call(id);
        let may_recover = call.attempt == Attempt::First && self.spec.policy.refreshes_on_401();
        if call.phase == CallPhase::Refused && may_recover {
            return self.recover(id);
        }
        let end = match call.phase {
            CallPhase::Accepted => CallEnd::Items,
            CallPhase::Unauthenticated => CallEnd::SignInPrompt,
            CallPhase::Refused | CallPhase::Unavailable => CallEnd::Failure,
            CallPhase::Idle
            | CallPhase::Asking
            | CallPhase::Validating
            | CallPhase::FoundActive
            | CallPhase::FoundInactive
            | CallPhase::Waiting
            | CallPhase::Queued
            | CallPhase::Refreshing
            | CallPhase::Refreshed
            | CallPhase::RefreshRefused => unreachable!("only an answered call returns"),
        };
        self.finish(id, end);
    }

    /// A call is lost, either way.
    pub(crate) fn call_lost(&mut self, id: CallId) {
        self.finish(id, CallEnd::Failure);
    }

    /// The token endpoint's answer to a refresh reaches the call that leads it.
    ///
    /// Rule `renewal-stored-over-its-own`: RFC 6749 section 6, RFC 9700 section 4.7.
    /// Rule `session-cleared-for-cause`: RFC 6749 section 5.2.
    pub(crate) fn refresh_returns(&mut self, id: CallId) {
        let call = *self.call(id);
        if self.still_stored(call.held) {
            if call.phase == CallPhase::Refreshed {
                self.store_renewed(call.answer);
            } else {
                self.clear_store();
            }
        }
        self.resume(id);
    }

    /// A refresh is lost, either way: the client cannot know which.
    ///
    /// Rule `lost-answer-handled`: the policy, RFC 9110 section 9.2.2.
    pub(crate) fn refresh_lost(&mut self, id: CallId) {
        if self.still_stored(self.call(id).held) {
            match self.spec.policy.lost_answer {
                LostAnswer::Retry => {
                    self.call_mut(id).answer = Tokens::NONE;
                    return self.send_refresh(id);
                }
                LostAnswer::SignInAgain => self.clear_store(),
            }
        }
        self.resume(id);
    }

    /// The authorization endpoint's answer reaches the tab: the redirect with a code, or the form again.
    ///
    /// Rule `code-redeemed-by-its-tab`: RFC 6749 section 4.1.3.
    pub(crate) fn sign_in_returns(&mut self, tab: TabId) {
        if self.world.tabs[tab.index()].flow.phase == FlowPhase::Redirecting {
            self.send_redeem(tab);
        } else {
            self.fail_sign_in(tab);
        }
    }

    /// The page is lost, either way; the person sees no more of it.
    pub(crate) fn sign_in_lost(&mut self, tab: TabId) {
        self.fail_sign_in(tab);
    }

    /// The token endpoint's answer to a code reaches the tab. A new session replaces whatever the store holds.
    ///
    /// Rule `sign-in-stores-tokens`: RFC 6749 section 5.1.
    pub(crate) fn redeem_returns(&mut self, tab: TabId) {
        let flow = self.world.tabs[tab.index()].flow;
        if flow.phase == FlowPhase::RedeemRefused {
            return self.fail_sign_in(tab);
        }
        self.world.store = flow.tokens;
        self.world.tabs[tab.index()].flow = Flow::IDLE;
        self.saw(Event::Session(Session::Started));
    }

    /// A redemption is lost, either way.
    ///
    /// Rule `lost-answer-handled`: the policy, RFC 9110 section 9.2.2.
    pub(crate) fn redeem_lost(&mut self, tab: TabId) {
        match self.spec.policy.lost_answer {
            LostAnswer::Retry => self.send_redeem(tab),
            LostAnswer::SignInAgain => self.fail_sign_in(tab),
        }
    }

    /// A sign-out is over, whether or not the AuthService has heard of it.
    pub(crate) fn revocation_ends(&mut self, tab: TabId) {
        self.world.tabs[tab.index()].flow = Flow::IDLE;
    }

    /// Recovers from a 401 to a token: with the token that has come since, or by a refresh.
    ///
    /// Rule `late-401-compared`: the policy, RFC 6750 section 3.1.
    fn recover(&mut self, id: CallId) {
        let store = self.world.store.access;
        let replaced = store != self.call(id).token;
        if !store.is_some() || (replaced && self.spec.policy.late_401 == Late401::Compare) {
            return self.go_on(id);
        }
        self.need_refresh(id);
    }

    /// A call needs a refresh: it leads one, or waits for the one its tab already has.
    ///
    /// Rule `one-refresh-at-a-time`: the policy, Web Locks API section 2.
    fn need_refresh(&mut self, id: CallId) {
        let led = self.world.tabs[id.tab.index()].calls.iter().any(Call::leads);
        let captured = self.world.store.refresh;
        match self.spec.policy.single_flight {
            SingleFlight::Tab | SingleFlight::Browser if led => {
                *self.call_mut(id) = Call { phase: CallPhase::Waiting, ..Call::IDLE };
            }
            SingleFlight::None | SingleFlight::Tab => {
                self.call_mut(id).held = captured;
                self.send_refresh(id);
            }
            SingleFlight::Browser => {
                let (token, held) = match self.spec.policy.look_again {
                    LookAgain::Yes => (self.call(id).token, RefreshId::NONE),
                    LookAgain::No => (AccessId::NONE, captured),
                };
                *self.call_mut(id) = Call { phase: CallPhase::Queued, token, held, ..Call::IDLE };
            }
        }
    }

    /// Whether the token that failed the call is the one that the store still holds.
    fn stored_token_failed(&self, id: CallId) -> bool {
        self.world.signed_in() && self.world.store.access == self.call(id).token
    }

    /// Whether the session is still the one with this refresh token.
    fn still_stored(&self, held: RefreshId) -> bool {
        held.is_some() && self.world.store.refresh == held
    }

    /// Rule `refresh-with-own-token`: RFC 6749 section 6.
    fn send_refresh(&mut self, id: CallId) {
        let held = self.call(id).held;
        *self.call_mut(id) = Call { phase: CallPhase::Refreshing, held, ..Call::IDLE };
        self.saw(Event::Sent(Exchange::Refresh(id), Request::Refresh(held)));
    }

    /// A refresh is over: its leader, and whoever waits for it, go on with what the store holds now.
    fn resume(&mut self, leader: CallId) {
        self.go_on(leader);
        if self.spec.policy.single_flight == SingleFlight::None {
            return;
        }
        for call in 0..usize::from(self.spec.scope.calls) {
            if self.world.tabs[leader.tab.index()].calls[call].phase == CallPhase::Waiting {
                self.go_on(CallId::at(leader.tab, call));
            }
        }
    }

    /// The call's second attempt, with what the store holds now.
    ///
    /// Rule `prompt-without-session`: RFC 9728 section 5.
    fn go_on(&mut self, id: CallId) {
        if self.world.signed_in() {
            self.send_call(id, Attempt::Second);
        } else {
            self.finish(id, CallEnd::SignInPrompt);
        }
    }

    /// Rule `call-without-session`: RFC 6750 section 2.1.
    /// Rule `call-carries-token`: RFC 6750 section 2.1.
    /// Rule `not-for-backends`: RFC 6749 section 1.5.
    fn send_call(&mut self, id: CallId, attempt: Attempt) {
        let token = self.world.store.access;
        // Without a token there is nothing to recover from: such a call has just one kind of attempt.
        let attempt = if token.is_some() { attempt } else { Attempt::First };
        *self.call_mut(id) = Call { phase: CallPhase::Asking, attempt, token, ..Call::IDLE };
        self.saw(Event::Sent(Exchange::Call(id), Request::Call(token.is_some().then_some(token))));
    }

    fn finish(&mut self, id: CallId, end: CallEnd) {
        *self.call_mut(id) = Call::IDLE;
        self.saw(Event::CallEnded(id, end));
    }

    fn send_redeem(&mut self, tab: TabId) {
        let grant = self.world.tabs[tab.index()].flow.grant;
        self.world.tabs[tab.index()].flow = Flow { phase: FlowPhase::Redeeming, grant, tokens: Tokens::NONE };
        self.saw(Event::Sent(Exchange::Redeem(tab), Request::Redeem(grant)));
    }

    /// Rule `failed-sign-in-stores-nothing`: RFC 6749 section 4.1.2.1.
    fn fail_sign_in(&mut self, tab: TabId) {
        self.world.tabs[tab.index()].flow = Flow::IDLE;
        self.saw(Event::SignInFailed(tab));
    }

    fn store_renewed(&mut self, issued: Tokens) {
        self.world.store.access = issued.access;
        if issued.refresh.is_some() {
            self.world.store.refresh = issued.refresh;
        }
        self.saw(Event::Session(Session::Renewed));
    }

    fn clear_store(&mut self) {
        self.world.store = Tokens::NONE;
        self.saw(Event::Session(Session::Cleared));
    }

    /// Whether the stored access token is within the margin of its expiry, or past it.
    fn stale(&self) -> bool {
        let token = self.world.access_token(self.world.store.access);
        token.state == AccessState::Expired
            || token.age + self.spec.limits.refresh_margin >= self.spec.limits.access_lifetime
    }
}
