//! Signing in and out: a tab does one at a time.
//!
//! Invariant: a state and its verifier are used once, by the tab that made them; the first authorization response ends them.
//! Deliberately absent: the password, which only the AuthService's page gets.

use bytes::Bytes;
use http::{Response, StatusCode};
use rand::CryptoRng;
use url::Url;

use crate::clock::Timestamp;

use super::effect::{Effect, SessionChange, SignInOutcome};
use super::input::TabId;
use super::machine::{Gui, InFlight};
use super::request;
use super::secret::Secret;
use super::session::Issued;
use super::settings::LostRefresh;

/// A sign-in or a sign-out in progress.
#[derive(Clone, Debug)]
pub(super) enum Flow {
    /// The browser is at the AuthService, which answers with this state.
    Authorizing { state: Secret, verifier: Secret },
    /// The code was sent to the token endpoint.
    Redeeming,
    /// The refresh token was sent to the revocation endpoint.
    SigningOut,
}

impl Gui {
    /// The user signs in.
    ///
    /// Rule `sign-in-at-authorization`: RFC 6749 section 4.1.1.
    pub(super) fn sign_in(&mut self, chance: &mut dyn CryptoRng, tab: TabId, effects: &mut Vec<Effect>) {
        if self.store.is_some() || self.flows.contains_key(&tab) {
            return;
        }
        let state = request::unguessable(chance);
        let verifier = request::unguessable(chance);
        let url = request::authorization(&self.settings, &state, &verifier);
        self.flows.insert(tab, Flow::Authorizing { state, verifier });
        effects.push(Effect::Navigate { tab, url });
    }

    /// The browser came back. An authorization response without a request of this tab was forged. RFC 9700 section 4.7.
    ///
    /// Rule `code-redeemed-by-its-tab`: RFC 6749 section 4.1.3.
    pub(super) fn redirected(&mut self, tab: TabId, url: &Url, effects: &mut Vec<Effect>) {
        match self.flows.remove(&tab) {
            Some(Flow::Authorizing { state, verifier }) => match request::code(&self.settings, &state, url) {
                Some(code) => self.send_redeem(tab, code, verifier, effects),
                None => show_sign_in(tab, SignInOutcome::Failed, effects),
            },
            Some(busy @ (Flow::Redeeming | Flow::SigningOut)) => {
                // The redirect URI was opened again: the flow in progress goes on.
                self.flows.insert(tab, busy);
            }
            None => show_sign_in(tab, SignInOutcome::Failed, effects),
        }
    }

    /// The browser never came back from the AuthService.
    pub(super) fn sign_in_abandoned(&mut self, tab: TabId, effects: &mut Vec<Effect>) {
        match self.flows.get(&tab) {
            Some(Flow::Authorizing { .. }) => {
                self.flows.remove(&tab);
                show_sign_in(tab, SignInOutcome::Failed, effects);
            }
            Some(Flow::Redeeming | Flow::SigningOut) | None => {}
        }
    }

    /// The AuthService answered a redemption. Its tokens replace the session, if there is one by now.
    ///
    /// Rule `sign-in-stores-tokens`: RFC 6749 section 5.1.
    /// Rule `failed-sign-in-stores-nothing`: RFC 6749 section 4.1.2.1.
    pub(super) fn redeem_answered(
        &mut self,
        now: Timestamp,
        tab: TabId,
        response: &Response<Bytes>,
        effects: &mut Vec<Effect>,
    ) {
        self.flows.remove(&tab);
        let issued = match response.status() {
            StatusCode::OK => Issued::read(now, response).and_then(Issued::starting),
            _ => None,
        };
        let Some(session) = issued else {
            show_sign_in(tab, SignInOutcome::Failed, effects);
            return;
        };
        self.store = Some(session);
        effects.push(Effect::Session(SessionChange::Started));
        show_sign_in(tab, SignInOutcome::SignedIn, effects);
    }

    /// Whether the AuthService has spent the code is unknown.
    ///
    /// Rule `lost-answer-handled`: the policy, RFC 9110 section 9.2.2.
    pub(super) fn redeem_lost(&mut self, tab: TabId, code: Secret, verifier: Secret, effects: &mut Vec<Effect>) {
        match self.settings.policy.lost_refresh {
            LostRefresh::Retry => self.send_redeem(tab, code, verifier, effects),
            LostRefresh::SignInAgain => {
                self.flows.remove(&tab);
                show_sign_in(tab, SignInOutcome::Failed, effects);
            }
        }
    }

    /// The user signs out. The store is cleared at once, whatever happens to the revocation.
    ///
    /// Rule `sign-out-revokes`: RFC 7009 section 2.1.
    /// Rule `session-cleared-for-cause`: RFC 6749 section 5.2.
    pub(super) fn sign_out(&mut self, tab: TabId, effects: &mut Vec<Effect>) {
        if self.flows.contains_key(&tab) {
            return;
        }
        let Some(session) = self.store.take() else {
            return;
        };
        effects.push(Effect::Session(SessionChange::Ended));
        if let Some(request) = request::revoke(&self.settings, session.refresh()) {
            self.flows.insert(tab, Flow::SigningOut);
            self.send(request, InFlight::Revoke { tab }, effects);
        }
    }

    /// A revocation was answered or lost, which makes no difference.
    pub(super) fn revoke_ended(&mut self, tab: TabId) {
        self.flows.remove(&tab);
    }

    fn send_redeem(&mut self, tab: TabId, code: Secret, verifier: Secret, effects: &mut Vec<Effect>) {
        self.flows.insert(tab, Flow::Redeeming);
        let request = request::redeem(&self.settings, &code, &verifier);
        self.send(request, InFlight::Redeem { tab, code, verifier }, effects);
    }
}

fn show_sign_in(tab: TabId, outcome: SignInOutcome, effects: &mut Vec<Effect>) {
    effects.push(Effect::ShowSignIn { tab, outcome });
}
