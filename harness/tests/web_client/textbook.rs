//! A client as a textbook has it, written straight against the seam: it shares no code with the reference's client and knows nothing of
//! how it is driven.
//!
//! It refreshes on a 401, keeps one session for all tabs, and tries again what was lost. Deliberately absent: randomness. Its state and its
//! verifier are those of an example, which is as good before a server of one's own.

use std::collections::BTreeMap;
use std::sync::Arc;

use authloom::servers::browser::client::{Output, RequestId, Stored, WebClient};
use authloom::servers::http::wire::{Received, Sent};
use authloom::servers::{Fault, Secret};
use authloom_model::seen::CallEnd;
use authloom_model::{CallId, TabId};
use authloom_reference::clock::Timestamp;
use authloom_reference::gui;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use serde_json::Value;
use url::Url;

/// RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// How far one refresh serves several calls.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refreshes {
    /// One at a time in the whole browser, under a lock.
    UnderALock,
    /// One at a time in each tab.
    InEachTab,
}

/// The client.
pub(crate) struct Textbook {
    refreshes: Refreshes,
    settings: Option<Arc<gui::Settings>>,
    stored: Option<Stored>,
    sent: u64,
    in_flight: BTreeMap<RequestId, Doing>,
    /// Tabs that ask for the lock.
    queue: BTreeMap<TabId, Refresh>,
    holder: Option<TabId>,
    outputs: Vec<Output>,
}

/// What a request is sent for.
enum Doing {
    Call { call: CallId, carried: Option<Secret>, attempt: Attempt },
    Refresh(Refresh),
    Redeem { tab: TabId, code: String },
    Revoke,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Attempt {
    First,
    Second,
}

/// A refresh, and the calls that go on after it.
struct Refresh {
    tab: TabId,
    calls: Vec<CallId>,
    /// The access token that was refused.
    refused: Secret,
    /// The refresh token that is presented.
    presented: Secret,
}

impl Textbook {
    /// A client that nobody is signed in to.
    pub(crate) fn new(refreshes: Refreshes) -> Self {
        Self {
            refreshes,
            settings: None,
            stored: None,
            sent: 0,
            in_flight: BTreeMap::new(),
            queue: BTreeMap::new(),
            holder: None,
            outputs: Vec::new(),
        }
    }

    fn settings(&self) -> &gui::Settings {
        self.settings.as_ref().expect("a client is reset before anything happens in it")
    }

    fn send(&mut self, tab: TabId, request: Sent, doing: Doing) {
        self.sent += 1;
        let id = RequestId(self.sent);
        self.in_flight.insert(id, doing);
        self.outputs.push(Output::Request { tab, id, request });
    }

    fn post(&mut self, tab: TabId, to: &http::Uri, form: &[(&str, &str)], doing: Doing) {
        let client_id = self.settings().client_id.clone();
        let body = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("client_id", &client_id)
            .extend_pairs(form)
            .finish();
        let request = http::Request::post(to.clone()).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(tab, request.body(Bytes::from(body)).expect("a form is a request"), doing);
    }

    fn call(&mut self, call: CallId, attempt: Attempt) {
        let carried = self.stored.as_ref().map(|stored| stored.access.clone());
        let mut request = http::Request::get(self.settings().items.clone());
        if let Some(token) = &carried {
            request = request.header(AUTHORIZATION, format!("Bearer {}", token.expose()));
        }
        let request = request.body(Bytes::new()).expect("a call is a request");
        self.send(call.tab, request, Doing::Call { call, carried, attempt });
    }

    fn ends(&mut self, call: CallId, end: CallEnd) {
        self.outputs.push(Output::CallEnds { call, end });
    }

    /// A call was answered 401 to the token that it carried.
    fn refused(&mut self, call: CallId, refused: Secret) {
        match &self.stored {
            Some(stored) if stored.access == refused => {
                let presented = stored.refresh.clone();
                self.refresh(Refresh { tab: call.tab, calls: vec![call], refused, presented });
            }
            Some(_) | None => self.go_on(vec![call]),
        }
    }

    /// Refreshes, or waits for the refresh that the tab already has.
    fn refresh(&mut self, refresh: Refresh) {
        let in_flight = self.in_flight.values_mut().find_map(|doing| match doing {
            Doing::Refresh(other) if other.tab == refresh.tab => Some(other),
            Doing::Refresh(_) | Doing::Call { .. } | Doing::Redeem { .. } | Doing::Revoke => None,
        });
        if let Some(other) = in_flight.or_else(|| self.queue.get_mut(&refresh.tab)) {
            other.calls.extend(refresh.calls);
            return;
        }
        match self.refreshes {
            Refreshes::UnderALock => drop(self.queue.insert(refresh.tab, refresh)),
            Refreshes::InEachTab => self.present(refresh),
        }
    }

    fn present(&mut self, refresh: Refresh) {
        let token = refresh.presented.expose().to_owned();
        let to = self.settings().server.token_endpoint.clone();
        let form = [("grant_type", "refresh_token"), ("refresh_token", token.as_str())];
        self.post(refresh.tab, &to, &form, Doing::Refresh(refresh));
    }

    fn redeem(&mut self, tab: TabId, code: String) {
        let to = self.settings().server.token_endpoint.clone();
        let redirect_uri = self.settings().redirect_uri.to_string();
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", redirect_uri.as_str()),
            ("code_verifier", VERIFIER),
        ];
        self.post(tab, &to, &form, Doing::Redeem { tab, code: code.clone() });
    }

    /// A refresh is over, however it went.
    fn refreshed(&mut self, refresh: Refresh) {
        if self.holder == Some(refresh.tab) {
            self.holder = None;
        }
        self.go_on(refresh.calls);
    }

    /// Sends calls once more with the session that there is now.
    fn go_on(&mut self, calls: Vec<CallId>) {
        for call in calls {
            match self.stored {
                Some(_) => self.call(call, Attempt::Second),
                None => self.ends(call, CallEnd::SignInPrompt),
            }
        }
    }

    fn refresh_answered(&mut self, refresh: Refresh, answer: &Received) {
        let is_still_stored = self.stored.as_ref().is_some_and(|stored| stored.refresh == refresh.presented);
        if is_still_stored {
            self.stored = tokens(answer, Some(&refresh.presented));
        }
        self.refreshed(refresh);
    }
}

impl WebClient for Textbook {
    fn reset(&mut self, settings: &Arc<gui::Settings>) -> Result<(), Fault> {
        self.settings = Some(Arc::clone(settings));
        (self.stored, self.holder) = (None, None);
        self.in_flight.clear();
        self.queue.clear();
        self.outputs.clear();
        Ok(())
    }

    fn set_time(&mut self, _now: Timestamp) -> Result<(), Fault> {
        Ok(())
    }

    fn open(&mut self, call: CallId) -> Result<(), Fault> {
        self.call(call, Attempt::First);
        Ok(())
    }

    fn sign_in(&mut self, tab: TabId) -> Result<(), Fault> {
        let mut url = self.settings().server.authorization_endpoint.clone();
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.settings().client_id)
            .append_pair("redirect_uri", self.settings().redirect_uri.as_str())
            .append_pair("state", &format!("tab-{}", tab.0))
            .append_pair("code_challenge", CHALLENGE)
            .append_pair("code_challenge_method", "S256");
        self.outputs.push(Output::Visit { tab, url });
        Ok(())
    }

    fn sign_out(&mut self, tab: TabId) -> Result<(), Fault> {
        if let (Some(left), Some(to)) = (self.stored.take(), self.settings().server.revocation_endpoint.clone()) {
            self.post(tab, &to, &[("token", left.refresh.expose())], Doing::Revoke);
        }
        Ok(())
    }

    fn answered(&mut self, id: RequestId, answer: Received) -> Result<(), Fault> {
        match self.in_flight.remove(&id) {
            Some(Doing::Call { call, carried, attempt }) => match (answer.status().as_u16(), carried, attempt) {
                (200, _, _) => self.ends(call, CallEnd::Items),
                (401, None, _) => self.ends(call, CallEnd::SignInPrompt),
                (401, Some(token), Attempt::First) => self.refused(call, token),
                (_, _, _) => self.ends(call, CallEnd::Failure),
            },
            Some(Doing::Refresh(refresh)) => self.refresh_answered(refresh, &answer),
            Some(Doing::Redeem { tab, .. }) => match tokens(&answer, None) {
                Some(stored) => self.stored = Some(stored),
                None => self.outputs.push(Output::SignInFails { tab }),
            },
            Some(Doing::Revoke) | None => {}
        }
        Ok(())
    }

    fn lost(&mut self, id: RequestId) -> Result<(), Fault> {
        match self.in_flight.remove(&id) {
            Some(Doing::Call { call, .. }) => self.ends(call, CallEnd::Failure),
            Some(Doing::Refresh(refresh)) => {
                match self.stored.as_ref().is_some_and(|stored| stored.refresh == refresh.presented) {
                    true => self.present(refresh),
                    false => self.refreshed(refresh),
                }
            }
            Some(Doing::Redeem { tab, code }) => self.redeem(tab, code),
            Some(Doing::Revoke) | None => {}
        }
        Ok(())
    }

    fn redirected(&mut self, tab: TabId, url: Url) -> Result<(), Fault> {
        match url.query_pairs().find(|(name, _)| name == "code") {
            Some((_, code)) => self.redeem(tab, code.into_owned()),
            None => self.outputs.push(Output::SignInFails { tab }),
        }
        Ok(())
    }

    fn stranded(&mut self, tab: TabId) -> Result<(), Fault> {
        self.outputs.push(Output::SignInFails { tab });
        Ok(())
    }

    /// Under the lock the session is looked at again: another tab may have renewed or ended it.
    fn grant_lock(&mut self, tab: TabId) -> Result<(), Fault> {
        if self.holder.is_some() {
            return Ok(());
        }
        let Some(mut refresh) = self.queue.remove(&tab) else { return Ok(()) };
        match &self.stored {
            Some(stored) if stored.access == refresh.refused => {
                refresh.presented = stored.refresh.clone();
                self.holder = Some(tab);
                self.present(refresh);
            }
            Some(_) | None => self.go_on(refresh.calls),
        }
        Ok(())
    }

    fn quiet(&mut self) -> Result<Vec<Output>, Fault> {
        Ok(std::mem::take(&mut self.outputs))
    }

    fn stored(&mut self) -> Result<Option<Stored>, Fault> {
        Ok(self.stored.clone())
    }
}

/// The session that an answer brings; where it brings no refresh token, the one that was presented stays. RFC 6749 section 6.
fn tokens(answer: &Received, presented: Option<&Secret>) -> Option<Stored> {
    let json: Value = serde_json::from_slice(answer.body()).ok()?;
    let token = |name: &str| json[name].as_str().map(Secret::new);
    let refresh = token("refresh_token").or_else(|| presented.cloned())?;
    Some(Stored { access: token("access_token")?, refresh })
}
