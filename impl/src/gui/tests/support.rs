//! A browser whose person, network, clock and lock manager are turned by hand, and whose effects are read as short sentences.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use http::header::AUTHORIZATION;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use url::{Url, form_urlencoded};

use crate::clock::Timestamp;
use crate::gui::{
    AuthorizationServer, CallEnd, CallId, Client, Effect, Exchange, ExchangeId, Gui, Input, Late401, LookAgain,
    LostRefresh, Policy, RefreshWhen, Secret, Session, Settings, SingleFlight, TabId,
};

pub(super) const ISSUER: &str = "http://auth.test";
pub(super) const REDIRECT_URI: &str = "http://gui.test/callback";
pub(super) const MARGIN: Duration = Duration::from_secs(10);

/// The choices that RFC 9700 leaves a careful client with.
pub(super) const CAREFUL: Policy = Policy {
    refresh_when: RefreshWhen::On401,
    single_flight: SingleFlight::Browser,
    look_again: LookAgain::Yes,
    late_401: Late401::Compare,
    lost_refresh: LostRefresh::Retry,
};

pub(super) fn settings(policy: Policy) -> Arc<Settings> {
    let url = |text: String| Url::parse(&text).unwrap();
    Arc::new(Settings {
        client_id: "gui".to_owned(),
        redirect_uri: url(REDIRECT_URI.to_owned()),
        server: AuthorizationServer {
            issuer: ISSUER.to_owned(),
            authorization_endpoint: url(format!("{ISSUER}/authorize")),
            token_endpoint: format!("{ISSUER}/token").parse().unwrap(),
            revocation_endpoint: Some(format!("{ISSUER}/revoke").parse().unwrap()),
            iss: crate::gui::IssParameter::Sent,
        },
        items: "http://backend.test/get_items".parse().unwrap(),
        policy,
    })
}

pub(super) struct Browser {
    pub(super) gui: Gui,
    pub(super) now: Timestamp,
    chance: StdRng,
    in_flight: Vec<(ExchangeId, String)>,
    /// Where the browser was last sent to sign in.
    pub(super) page: Option<Url>,
}

impl Browser {
    pub(super) fn new(policy: Policy) -> Self {
        Self {
            gui: Gui::new(settings(policy)),
            now: Timestamp(1000),
            chance: StdRng::seed_from_u64(1),
            in_flight: Vec::new(),
            page: None,
        }
    }

    /// A browser that holds these tokens, good for 60 more seconds.
    pub(super) fn holding(policy: Policy, access: &str, refresh: &str) -> Self {
        let mut browser = Self::new(policy);
        browser.store(access, refresh);
        browser
    }

    pub(super) fn store(&mut self, access: &str, refresh: &str) {
        let good_until = Some(self.now.after(Duration::from_secs(60)));
        let session = Session::new(Secret::new(access), Secret::new(refresh), good_until).unwrap();
        self.gui.restore(Some(session));
    }

    pub(super) fn stored(&self) -> Option<(&str, &str)> {
        self.gui.session().map(|session| (session.access().expose(), session.refresh().expose()))
    }

    pub(super) fn input(&mut self, input: Input) -> Vec<String> {
        let effects = self.gui.handle(self.now, &mut self.chance, input);
        effects.iter().map(|effect| self.note(effect)).collect()
    }

    fn note(&mut self, effect: &Effect) -> String {
        let sentence = sentence(effect);
        if let Effect::Send { exchange, .. } = effect {
            self.in_flight.push((*exchange, sentence.clone()));
        }
        if let Effect::Navigate { url, .. } = effect {
            self.page = Some(url.clone());
        }
        sentence
    }

    pub(super) fn open(&mut self, tab: u8, call: u32) -> Vec<String> {
        self.input(Input::Open { tab: TabId(tab), call: CallId(call) })
    }

    pub(super) fn sign_in(&mut self, tab: u8) -> Vec<String> {
        self.input(Input::SignIn { tab: TabId(tab) })
    }

    pub(super) fn sign_out(&mut self, tab: u8) -> Vec<String> {
        self.input(Input::SignOut { tab: TabId(tab) })
    }

    pub(super) fn grant_lock(&mut self, tab: u8) -> Vec<String> {
        self.input(Input::LockGranted { tab: TabId(tab) })
    }

    /// The oldest exchange that was sent with this sentence is answered.
    pub(super) fn answer(&mut self, sent: &str, response: Response<Bytes>) -> Vec<String> {
        let exchange = self.take(sent);
        self.input(Input::Answered { exchange, response })
    }

    pub(super) fn lose(&mut self, sent: &str) -> Vec<String> {
        let exchange = self.take(sent);
        self.input(Input::Lost { exchange })
    }

    fn take(&mut self, sent: &str) -> ExchangeId {
        let position = self.in_flight.iter().position(|(_, sentence)| sentence == sent);
        let position = position.unwrap_or_else(|| panic!("{sent:?} is not in flight: {:?}", self.in_flight));
        self.in_flight.remove(position).0
    }

    /// The browser comes back with these parameters, and with the state it was sent away with.
    pub(super) fn come_back(&mut self, tab: u8, parameters: &[(&str, &str)]) -> Vec<String> {
        let state = self.parameter("state");
        let mut url = Url::parse(REDIRECT_URI).unwrap();
        url.query_pairs_mut().extend_pairs(parameters).append_pair("state", &state);
        self.redirected(tab, url)
    }

    pub(super) fn redirected(&mut self, tab: u8, url: Url) -> Vec<String> {
        self.input(Input::Redirected { tab: TabId(tab), url })
    }

    /// A parameter of the authorization request that the browser was last sent away with.
    pub(super) fn parameter(&self, name: &str) -> String {
        let page = self.page.as_ref().expect("the browser was sent to sign in");
        let value = page.query_pairs().find(|(key, _)| key == name);
        value.unwrap_or_else(|| panic!("no {name} in {page}")).1.into_owned()
    }
}

/// What an effect does, with the token it carries.
pub(super) fn sentence(effect: &Effect) -> String {
    match effect {
        Effect::Send { kind, request, .. } => match kind {
            Exchange::Call { tab, call } => match request.headers().get(AUTHORIZATION) {
                Some(value) => {
                    format!("T{} calls {} with {}", tab.0, call.0, &value.to_str().unwrap()["Bearer ".len()..])
                }
                None => format!("T{} calls {}", tab.0, call.0),
            },
            Exchange::Redeem { tab } => {
                format!("T{} redeems {}", tab.0, field(request.body(), "code"))
            }
            Exchange::Refresh { tab, .. } => format!("T{} refreshes {}", tab.0, field(request.body(), "refresh_token")),
            Exchange::Revoke { tab } => {
                format!("T{} revokes {}", tab.0, field(request.body(), "token"))
            }
        },
        Effect::Navigate { tab, .. } => format!("T{} goes to sign in", tab.0),
        Effect::Show { tab, call, end } => match end {
            CallEnd::Items(_) => format!("T{} shows {}: items", tab.0, call.0),
            CallEnd::SignInNeeded => format!("T{} shows {}: sign in", tab.0, call.0),
            CallEnd::Failed => format!("T{} shows {}: failed", tab.0, call.0),
        },
        Effect::ShowSignIn { tab, outcome } => format!("T{} sign-in: {outcome:?}", tab.0),
        Effect::RequestLock { tab, .. } => format!("T{} asks for the lock", tab.0),
        Effect::ReleaseLock { tab } => format!("T{} releases the lock", tab.0),
        Effect::Session(change) => format!("session: {change:?}"),
    }
}

/// One field of a form.
pub(super) fn field(body: &[u8], name: &str) -> String {
    let mut fields = form_urlencoded::parse(body).filter(|(key, _)| key == name);
    fields.next().unwrap_or_else(|| panic!("no {name}")).1.into_owned()
}

pub(super) fn response(status: u16, body: &str) -> Response<Bytes> {
    Response::builder().status(status).body(Bytes::copy_from_slice(body.as_bytes())).unwrap()
}

pub(super) fn items() -> Response<Bytes> {
    response(200, r#"["one","two"]"#)
}

pub(super) fn refused() -> Response<Bytes> {
    response(401, "")
}

pub(super) fn invalid_grant() -> Response<Bytes> {
    response(400, r#"{"error":"invalid_grant"}"#)
}

/// Tokens that are good for 60 seconds.
pub(super) fn tokens(access: &str, refresh: &str) -> Response<Bytes> {
    let body =
        format!(r#"{{"access_token":"{access}","token_type":"Bearer","expires_in":60,"refresh_token":"{refresh}"}}"#);
    response(200, &body)
}
