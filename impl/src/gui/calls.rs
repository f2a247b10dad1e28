//! Calls to the backend: when one is sent, with which token, and what its response means.
//!
//! Invariant: a call is sent at most twice. What is sent after a renewal or a recovery is its second attempt, and a 401 to
//! that is final: a server that refuses every token cannot make the client refresh for ever.
//! Deliberately absent: how a session is renewed ([`renewal`](super::renewal)).

use bytes::Bytes;
use http::{Response, StatusCode};

use crate::clock::Timestamp;

use super::effect::{CallEnd, Effect};
use super::input::{CallId, TabId};
use super::machine::{Gui, InFlight, show};
use super::request;
use super::secret::Secret;
use super::session::Session;
use super::settings::Late401;

/// What a call carried, which decides what a 401 means.
#[derive(Clone, Debug)]
pub(super) enum Carried {
    /// No token, because there is no session.
    Nothing,
    /// The access token of the session, at the first attempt.
    Token(Secret),
    /// The access token of a renewal or recovery, at the second attempt.
    SecondToken,
}

impl Gui {
    /// The user opens the items.
    pub(super) fn open(&mut self, now: Timestamp, tab: TabId, call: CallId, effects: &mut Vec<Effect>) {
        let Some(session) = self.store.clone() else {
            self.send_call(tab, call, None, Carried::Nothing, effects);
            return;
        };
        let access = session.access().clone();
        if self.is_stale(now, &session) {
            self.renew_for(tab, call, access, &session, effects);
        } else {
            self.send_call(tab, call, Some(&access), Carried::Token(access.clone()), effects);
        }
    }

    /// The backend answered a call. RFC 6750 section 3.1: only a 401 says something about the token.
    ///
    /// Rule `items-shown`: RFC 6750 section 2.
    /// Rule `prompt-without-session`: RFC 9728 section 5.
    /// Rule `failure-keeps-session`: RFC 6750 section 3.1.
    /// Rule `no-refresh-storm`: RFC 6750 section 3.1.
    pub(super) fn call_answered(
        &mut self,
        tab: TabId,
        call: CallId,
        carried: Carried,
        response: &Response<Bytes>,
        effects: &mut Vec<Effect>,
    ) {
        if response.status().is_success() {
            show(tab, call, CallEnd::Items(response.body().clone()), effects);
            return;
        }
        if response.status() != StatusCode::UNAUTHORIZED {
            show(tab, call, CallEnd::Failed, effects);
            return;
        }
        match carried {
            Carried::Nothing => show(tab, call, CallEnd::SignInNeeded, effects),
            Carried::Token(refused) if self.settings.policy.refresh_when.recovers_from_401() => {
                self.recover(tab, call, refused, effects);
            }
            Carried::Token(_) | Carried::SecondToken => show(tab, call, CallEnd::Failed, effects),
        }
    }

    /// A first attempt with the token `refused` was answered 401.
    ///
    /// Rule `late-401-compared`: the policy, RFC 6750 section 3.1.
    fn recover(&mut self, tab: TabId, call: CallId, refused: Secret, effects: &mut Vec<Effect>) {
        let Some(session) = self.store.clone() else {
            show(tab, call, CallEnd::SignInNeeded, effects);
            return;
        };
        let renewed_since = *session.access() != refused;
        match self.settings.policy.late_401 {
            Late401::Compare if renewed_since => self.send_again(tab, call, effects),
            Late401::Compare | Late401::Refresh => self.renew_for(tab, call, refused, &session, effects),
        }
    }

    /// Sends a call for the second time, with the session that the store holds now.
    pub(super) fn send_again(&mut self, tab: TabId, call: CallId, effects: &mut Vec<Effect>) {
        match self.store.as_ref().map(|session| session.access().clone()) {
            Some(access) => self.send_call(tab, call, Some(&access), Carried::SecondToken, effects),
            None => show(tab, call, CallEnd::SignInNeeded, effects),
        }
    }

    /// Rule `call-without-session`: RFC 6750 section 2.1.
    /// Rule `call-carries-token`: RFC 6750 section 2.1.
    fn send_call(
        &mut self,
        tab: TabId,
        call: CallId,
        access: Option<&Secret>,
        carried: Carried,
        effects: &mut Vec<Effect>,
    ) {
        let request = request::call(&self.settings, access);
        self.send(request, InFlight::Call { tab, call, carried }, effects);
    }

    /// Whether the access token has expired, or expires so soon that it is no longer sent.
    ///
    /// Rule `refresh-before-expiry`: the policy, RFC 6749 section 1.5.
    fn is_stale(&self, now: Timestamp, session: &Session) -> bool {
        let margin = self.settings.policy.refresh_when.margin();
        margin.zip(session.expires_at()).is_some_and(|(margin, expires_at)| now.after(margin) >= expires_at)
    }
}
