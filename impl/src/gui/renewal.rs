//! Renewing the session: one call leads a refresh, others wait for it, and its end resumes them all.
//!
//! Invariant: a refresh changes the store only while the store still holds the token that was presented. So a late response
//! can neither undo a sign-out nor overwrite a newer session.
//! Deliberately absent: a bound on repeating a lost refresh; the network bounds it.

use bytes::Bytes;
use http::{Response, StatusCode};

use crate::clock::Timestamp;

use super::effect::{CallEnd, Effect, SessionChange};
use super::input::{CallId, TabId};
use super::machine::{Gui, InFlight, show};
use super::request;
use super::secret::Secret;
use super::session::{Issued, Session, is_invalid_grant};
use super::settings::{LookAgain, LostRefresh, SingleFlight};

/// A refresh that is in flight, or that waits for the browser's lock.
#[derive(Clone, Debug)]
pub(super) struct Renewal {
    pub(super) tab: TabId,
    /// The call that needs it.
    pub(super) leader: CallId,
    /// Calls of the same tab that wait for it.
    waiting: Vec<CallId>,
    /// The access token that the leader cannot use any more.
    failed: Secret,
    /// The refresh token to present.
    refresh: Secret,
}

impl Gui {
    /// A call needs a new access token in place of `failed`, and the store holds `session`.
    ///
    /// Rule `one-refresh-at-a-time`: the policy, Web Locks API section 2.
    pub(super) fn renew_for(
        &mut self,
        tab: TabId,
        call: CallId,
        failed: Secret,
        session: &Session,
        effects: &mut Vec<Effect>,
    ) {
        let renewal = Renewal { tab, leader: call, waiting: Vec::new(), failed, refresh: session.refresh().clone() };
        match self.settings.policy.single_flight {
            SingleFlight::None => self.send_refresh(renewal, effects),
            SingleFlight::Tab => match self.renewal_in_flight(tab) {
                Some(other) => other.waiting.push(call),
                None => self.send_refresh(renewal, effects),
            },
            SingleFlight::Browser => {
                if let Some(other) = self.renewal_in_flight(tab) {
                    other.waiting.push(call);
                } else if let Some(other) = self.awaiting_lock.get_mut(&tab) {
                    other.waiting.push(call);
                } else {
                    self.awaiting_lock.insert(tab, renewal);
                    effects.push(Effect::RequestLock { tab, call });
                }
            }
        }
    }

    /// The browser grants the lock to this tab. Another tab may have renewed or ended the session meanwhile.
    ///
    /// Rule `store-looked-at-again`: the policy.
    pub(super) fn lock_granted(&mut self, tab: TabId, effects: &mut Vec<Effect>) {
        let Some(mut renewal) = self.awaiting_lock.remove(&tab) else {
            return;
        };
        match (self.settings.policy.look_again, &self.store) {
            (LookAgain::No, _) => self.send_refresh(renewal, effects),
            (LookAgain::Yes, Some(session)) if *session.access() == renewal.failed => {
                renewal.refresh = session.refresh().clone();
                self.send_refresh(renewal, effects);
            }
            (LookAgain::Yes, Some(_) | None) => self.resume(renewal, effects),
        }
    }

    /// The AuthService answered a refresh. RFC 6749 sections 5.1 and 5.2.
    ///
    /// Rule `renewal-stored-over-its-own`: RFC 6749 section 6, RFC 9700 section 4.7.
    pub(super) fn refresh_answered(
        &mut self,
        now: Timestamp,
        renewal: Renewal,
        response: &Response<Bytes>,
        effects: &mut Vec<Effect>,
    ) {
        if is_invalid_grant(response) {
            self.end_session_of(&renewal.refresh, effects);
            self.resume(renewal, effects);
            return;
        }
        let renewed = match response.status() {
            StatusCode::OK => Issued::read(now, response).and_then(|issued| issued.renewing(&renewal.refresh)),
            _ => None,
        };
        let Some(session) = renewed else {
            self.give_up(renewal, effects);
            return;
        };
        if self.still_holds(&renewal.refresh) {
            self.store = Some(session);
            effects.push(Effect::Session(SessionChange::Renewed));
        }
        self.resume(renewal, effects);
    }

    /// Whether the AuthService has spent the refresh token is unknown. The refresh is repeated only while the session is the same.
    ///
    /// Rule `lost-answer-handled`: the policy, RFC 9110 section 9.2.2.
    pub(super) fn refresh_lost(&mut self, renewal: Renewal, effects: &mut Vec<Effect>) {
        if self.still_holds(&renewal.refresh) {
            match self.settings.policy.lost_refresh {
                LostRefresh::Retry => return self.send_refresh(renewal, effects),
                LostRefresh::SignInAgain => self.end_session_of(&renewal.refresh, effects),
            }
        }
        self.resume(renewal, effects);
    }

    /// Rule `refresh-with-own-token`: RFC 6749 section 6.
    fn send_refresh(&mut self, renewal: Renewal, effects: &mut Vec<Effect>) {
        let request = request::refresh(&self.settings, &renewal.refresh);
        self.send(request, InFlight::Refresh(renewal), effects);
    }

    /// Sends all calls of a renewal again with what the store holds now.
    fn resume(&mut self, renewal: Renewal, effects: &mut Vec<Effect>) {
        self.release_lock(renewal.tab, effects);
        for (tab, call) in renewal.into_calls() {
            self.send_again(tab, call, effects);
        }
    }

    /// Fails all calls of a renewal that failed for a reason that says nothing about the session.
    fn give_up(&mut self, renewal: Renewal, effects: &mut Vec<Effect>) {
        self.release_lock(renewal.tab, effects);
        for (tab, call) in renewal.into_calls() {
            show(tab, call, CallEnd::Failed, effects);
        }
    }

    /// A renewal that is no longer waiting holds the lock exactly when renewals are serialised across the browser.
    fn release_lock(&self, tab: TabId, effects: &mut Vec<Effect>) {
        match self.settings.policy.single_flight {
            SingleFlight::None | SingleFlight::Tab => {}
            SingleFlight::Browser => effects.push(Effect::ReleaseLock { tab }),
        }
    }
}

impl Renewal {
    /// The leader, then the calls that waited for it, in the order of their arrival.
    fn into_calls(self) -> impl Iterator<Item = (TabId, CallId)> {
        let tab = self.tab;
        std::iter::once(self.leader).chain(self.waiting).map(move |call| (tab, call))
    }
}
