//! The machine itself: the state of a GUI, and which rule handles which input.
//!
//! Invariant: whatever is not finished is in exactly one of the three tables, with all that is needed to finish it, so no
//! call and no sign-in is forgotten. The store is read and written here and in the rules only, and an input is handled as a
//! whole before the next one.
//! Deliberately absent: IO, a clock, randomness; the rules ([`calls`](super::calls), [`renewal`](super::renewal),
//! [`signin`](super::signin)).

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use rand::CryptoRng;

use crate::clock::Timestamp;

use super::calls::Carried;
use super::effect::{CallEnd, Effect, Exchange, SessionChange};
use super::input::{CallId, ExchangeId, Input, TabId};
use super::renewal::Renewal;
use super::secret::Secret;
use super::session::Session;
use super::settings::Settings;
use super::signin::Flow;

/// A client of the AuthService: it takes inputs and returns effects.
pub trait Client: Send {
    /// Takes one input and returns the effects to carry out, in order: none for an input that is ignored.
    fn handle(&mut self, now: Timestamp, chance: &mut dyn CryptoRng, input: Input) -> Vec<Effect>;

    /// The session in the browser's store.
    fn session(&self) -> Option<&Session>;

    /// Whether the user is shown as signed in.
    fn signed_in(&self) -> bool {
        self.session().is_some()
    }
}

/// One browser with any number of tabs that share one store and one lock manager.
#[derive(Clone, Debug)]
pub struct Gui {
    pub(super) settings: Arc<Settings>,
    /// The store that all tabs share.
    pub(super) store: Option<Session>,
    /// The exchanges that were sent and have not ended.
    in_flight: BTreeMap<ExchangeId, InFlight>,
    /// The renewals that wait for the browser's lock; a tab has at most one.
    pub(super) awaiting_lock: BTreeMap<TabId, Renewal>,
    /// The sign-ins and sign-outs in progress; a tab has at most one.
    pub(super) flows: BTreeMap<TabId, Flow>,
    next_exchange: u64,
}

/// An exchange that was sent and has not ended, with all that its end needs.
#[derive(Clone, Debug)]
pub(super) enum InFlight {
    Call { tab: TabId, call: CallId, carried: Carried },
    Refresh(Renewal),
    Redeem { tab: TabId, code: Secret, verifier: Secret },
    Revoke { tab: TabId },
}

impl Gui {
    /// A GUI without a session.
    #[must_use]
    pub fn new(settings: Arc<Settings>) -> Self {
        Self {
            settings,
            store: None,
            in_flight: BTreeMap::new(),
            awaiting_lock: BTreeMap::new(),
            flows: BTreeMap::new(),
            next_exchange: 0,
        }
    }

    /// Puts `session` into the store, as if it had been stored before. What is in flight stays in flight.
    pub fn restore(&mut self, session: Option<Session>) {
        self.store = session;
    }

    /// Puts an exchange in flight and asks for its request to be sent.
    pub(super) fn send(&mut self, request: Request<Bytes>, end: InFlight, effects: &mut Vec<Effect>) {
        let exchange = ExchangeId(self.next_exchange);
        self.next_exchange += 1;
        effects.push(Effect::Send { exchange, kind: end.kind(), request });
        self.in_flight.insert(exchange, end);
    }

    /// The renewal that this tab has in flight, if any.
    pub(super) fn renewal_in_flight(&mut self, tab: TabId) -> Option<&mut Renewal> {
        self.in_flight.values_mut().find_map(|exchange| match exchange {
            InFlight::Refresh(renewal) if renewal.tab == tab => Some(renewal),
            InFlight::Refresh(_) | InFlight::Call { .. } | InFlight::Redeem { .. } | InFlight::Revoke { .. } => None,
        })
    }

    /// Whether the store still holds the session that `refresh` belongs to.
    pub(super) fn still_holds(&self, refresh: &Secret) -> bool {
        self.store.as_ref().is_some_and(|session| session.refresh() == refresh)
    }

    /// Ends the stored session if it is still the one that `refresh` belongs to.
    ///
    /// Rule `session-cleared-for-cause`: RFC 6749 section 5.2.
    pub(super) fn end_session_of(&mut self, refresh: &Secret, effects: &mut Vec<Effect>) {
        if self.still_holds(refresh) {
            self.store = None;
            effects.push(Effect::Session(SessionChange::Ended));
        }
    }

    fn answered(
        &mut self,
        now: Timestamp,
        exchange: ExchangeId,
        response: &Response<Bytes>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(ended) = self.in_flight.remove(&exchange) else {
            return;
        };
        match ended {
            InFlight::Call { tab, call, carried } => self.call_answered(tab, call, carried, response, effects),
            InFlight::Refresh(renewal) => self.refresh_answered(now, renewal, response, effects),
            InFlight::Redeem { tab, .. } => self.redeem_answered(now, tab, response, effects),
            InFlight::Revoke { tab } => self.revoke_ended(tab),
        }
    }

    fn lost(&mut self, exchange: ExchangeId, effects: &mut Vec<Effect>) {
        let Some(ended) = self.in_flight.remove(&exchange) else {
            return;
        };
        match ended {
            InFlight::Call { tab, call, .. } => show(tab, call, CallEnd::Failed, effects),
            InFlight::Refresh(renewal) => self.refresh_lost(renewal, effects),
            InFlight::Redeem { tab, code, verifier } => self.redeem_lost(tab, code, verifier, effects),
            InFlight::Revoke { tab } => self.revoke_ended(tab),
        }
    }
}

impl Client for Gui {
    fn handle(&mut self, now: Timestamp, chance: &mut dyn CryptoRng, input: Input) -> Vec<Effect> {
        let mut effects = Vec::new();
        match input {
            Input::Open { tab, call } => self.open(now, tab, call, &mut effects),
            Input::SignIn { tab } => self.sign_in(chance, tab, &mut effects),
            Input::Redirected { tab, url } => self.redirected(tab, &url, &mut effects),
            Input::SignInAbandoned { tab } => self.sign_in_abandoned(tab, &mut effects),
            Input::SignOut { tab } => self.sign_out(tab, &mut effects),
            Input::Answered { exchange, response } => self.answered(now, exchange, &response, &mut effects),
            Input::Lost { exchange } => self.lost(exchange, &mut effects),
            Input::LockGranted { tab } => self.lock_granted(tab, &mut effects),
        }
        effects
    }

    fn session(&self) -> Option<&Session> {
        self.store.as_ref()
    }
}

impl InFlight {
    fn kind(&self) -> Exchange {
        match self {
            Self::Call { tab, call, .. } => Exchange::Call { tab: *tab, call: *call },
            Self::Refresh(renewal) => Exchange::Refresh { tab: renewal.tab, call: renewal.leader },
            Self::Redeem { tab, .. } => Exchange::Redeem { tab: *tab },
            Self::Revoke { tab } => Exchange::Revoke { tab: *tab },
        }
    }
}

/// Ends a call.
pub(super) fn show(tab: TabId, call: CallId, end: CallEnd, effects: &mut Vec<Effect>) {
    effects.push(Effect::Show { tab, call, end });
}
