//! A server nobody here wrote, as its file describes it, before our GUI.
//!
//! What its answers are depends on nothing but HTTP. What cannot be asked of it is left out and said ([`Abilities`]), what cannot be
//! seen is not compared ([`Lens`]). Where it hangs, breaks off or floods us, that is seen like any other answer.
//!
//! An AuthService is a [`Stranger`]; a backend with our AuthService behind it is a [`LiveBackend`]. What a backend of an
//! AuthService's own asks on the way is held where that reaches it through our proxy, and passes unseen where it does not.

mod allowance;
mod clock;
mod endpoints;
mod evidence;
pub mod file;
mod jar;
mod own_backend;
mod process;
mod resource_server;
mod sign_in;

use std::path::Path;
use std::time::Duration;

use authloom_model::{CallId, Spec};
use authloom_reference::clock::{HandClock, Timestamp};
use authloom_reference::gui;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Uri};
use serde::Deserialize;
use tokio::runtime::Runtime;
use url::Url;

use crate::files::{self, Kind};
use crate::servers::browser::Browser;
use crate::servers::browser::carrier::{Carrier, Person, Reply};
use crate::servers::browser::login::Typed;
use crate::servers::browser::own_client::OwnClient;
use crate::servers::browser::recipients::Recipients;
use crate::servers::http::between::Between;
use crate::servers::http::client::{Client, NoAnswer};
use crate::servers::http::wire::{self, Received, Sent};
use crate::servers::reference::held_backend::HeldBackend;
use crate::servers::settings::{countable, gui_policy};
use crate::servers::wait::wait_out;
use crate::servers::{Abilities, Fault, Lens, Secret, Support};
pub use allowance::{Allowance, Rate};
use clock::Clock;
use endpoints::Endpoints;
use file::auth_service::{ClockBy, Description, TokenKind};
use file::secrets::Secrets;
use process::{Server, command};
pub use resource_server::LiveBackend;
use sign_in::SignIn;

/// A live server, with our browser before it.
pub type Live = Browser<Stranger>;

impl Live {
    /// Starts or finds the server, and looks up its endpoints. `spec` says how our GUI behaves.
    ///
    /// # Errors
    /// When a secret is missing, the server does not start or answer, or its endpoints cannot be told.
    pub fn before(described: &Description, spec: &Spec) -> Result<Self, Fault> {
        countable(&spec.policy)?;
        let stranger = Stranger::open(described.clone())?;
        let settings = stranger.gui_settings(gui_policy(&spec.policy));
        let (username, password_from, key) = described.next_person();
        let password = stranger.secrets.of(password_from, &described.places.at(&key))?;
        let person = Person { username: username.to_owned(), password };
        Ok(Self::over(Box::new(OwnClient::new(&settings)), settings, person, stranger))
    }
}

/// A server nobody here wrote. Fields are in the order of their end.
pub struct Stranger {
    described: Description,
    server: Option<Server>,
    endpoints: Endpoints,
    /// Who may be sent the password.
    recipients: Recipients,
    secrets: Secrets,
    clock: Clock,
    /// The clock of our backend, which shows what the server's does.
    hands: HandClock,
    backend: HeldBackend,
    /// Before a backend of the server's own.
    between: Option<Between>,
    client: Client,
    traces: u32,
    /// Whether an answer has broken off, so that the server may be about to end.
    broke_off: bool,
    /// Who signs in in this trace, where that is somebody new each time.
    person: Option<Person>,
    evidence: Vec<String>,
    runtime: Runtime,
}

/// How long a server that broke off an answer is given to end, should it be about to.
const TO_BE_GONE: Duration = Duration::from_millis(50);

/// Marks a request that a backend of the server's own has made, by whatever means it proves itself.
#[derive(Clone, Copy)]
struct OfTheBackend;

/// Somebody that a command has made up.
#[derive(Deserialize)]
struct Fresh {
    username: String,
    password: String,
}

impl Stranger {
    fn open(described: Description) -> Result<Self, Fault> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Fault(format!("no runtime: {error}")))?;
        let secrets = Secrets::of_server(&described.server)?;
        let clock = Clock::new(&described.clock)?;
        let hands = HandClock::starting_at(clock.now());
        let client = trusting(described.server.ca.as_ref().map(|ca| described.folder.join(ca)).as_deref())?;
        let client = client.until(described.server.until);
        let backend = own_backend::asking(&hands);
        let patience = described.server.patience;
        let between = described.proxy.map(|at| Between::open(&runtime, client.clone(), at, patience)).transpose()?;
        let mut stranger = Self {
            described,
            server: None,
            endpoints: Endpoints::nowhere(),
            recipients: Recipients::of(&[], &[]),
            secrets,
            clock,
            hands,
            backend,
            between,
            client,
            traces: 0,
            broke_off: false,
            person: None,
            evidence: Vec::new(),
            runtime,
        };
        stranger.start()?;
        Ok(stranger)
    }

    /// Starts the server, where it is ours to start, and looks up its endpoints.
    fn start(&mut self) -> Result<(), Fault> {
        // Whatever runs has its port until it ends.
        self.server = None;
        self.clock.begin_anew();
        if let Some(command) = &self.described.server.start {
            let clock = self.clock.environment();
            let place = (self.described.folder.as_path(), &self.described.server);
            let started = Server::start(place, command, clock, &self.secrets.0);
            let at = self.described.places.at("server.start");
            let placed = |why: Fault| if why.is_cut_off() { why } else { Fault(format!("{at}: {why}")) };
            self.server = Some(started.map_err(placed)?);
        }
        let base = match (&self.server, &self.described.server.issuer) {
            (Some(server), _) => server.url().to_owned(),
            (None, Some(issuer)) => issuer.trim_end_matches('/').to_owned(),
            (None, None) => {
                return Err(Fault("the target's file says neither where the server is nor how it starts".to_owned()));
            }
        };
        let described = self.described.clone();
        if let Some(between) = &self.between {
            between.forward_to(&base);
        }
        self.endpoints = Endpoints::find(&described, &base, |request| self.exchange(request))?;
        if described.introspection.is_some() && self.endpoints.introspection.is_none() {
            return Err(Fault(format!(
                "{}: the server names no introspection endpoint: say with `endpoints.introspection` where it is, or leave \
                 `[introspection]` out",
                described.places.at("introspection")
            )));
        }
        let own: Vec<Url> = Url::parse(&base).into_iter().chain([self.endpoints.authorization.clone()]).collect();
        self.recipients = Recipients::of(&own, &described.sign_in.hosts);
        self.turn_hands();
        Ok(())
    }

    /// Whether the server that was started here has ended, as it may after an answer that broke off: that is a finding, and the next trace
    /// has a server of its own.
    fn is_gone(&mut self) -> Result<bool, Fault> {
        let Some(server) = &mut self.server else { return Ok(false) };
        if std::mem::take(&mut self.broke_off) {
            wait_out(TO_BE_GONE, self.described.server.until)?;
        }
        Ok(server.has_ended())
    }

    /// Sets our backend's clock to the server's, which goes back where a server that starts anew begins with the machine's time.
    fn turn_hands(&self) {
        self.hands.set(self.clock.now());
    }

    fn gui_settings(&self, policy: gui::Policy) -> gui::Settings {
        let mut authorization_endpoint = self.endpoints.authorization.clone();
        if !self.described.client.authorization.is_empty() {
            authorization_endpoint.query_pairs_mut().extend_pairs(&self.described.client.authorization);
        }
        gui::Settings {
            client_id: self.described.client.id.clone(),
            redirect_uri: self.described.client.redirect_uri.clone(),
            server: gui::AuthorizationServer {
                issuer: self.endpoints.issuer.clone(),
                iss: self.endpoints.iss,
                authorization_endpoint,
                token_endpoint: self.endpoints.token.clone(),
                revocation_endpoint: self.endpoints.revocation.clone(),
            },
            items: self
                .endpoints
                .resource
                .clone()
                .unwrap_or_else(|| Uri::from_static("http://backend.reference/get_items")),
            policy,
        }
    }

    /// Waits until one more request may be sent.
    fn allowed(&self) -> Result<(), Fault> {
        let wait = self.described.allowance.one_more()?;
        self.runtime.block_on(allowance::pause(wait, self.described.server.until))
    }

    /// Sends a request and reads its answer. A server that does not answer as HTTP has it is told by [`wire::broken`].
    fn exchange(&mut self, request: Sent) -> Result<Received, Fault> {
        self.allowed()?;
        let asked = evidence::asked(&request);
        let sent_at = gui::GeneratedAt(self.clock.now());
        let answer = self.runtime.block_on(self.client.in_time("", request, self.described.server.patience));
        let mut answer = self.received(&asked, answer)?;
        answer.extensions_mut().insert(sent_at);
        self.evidence.push(format!("{asked} → {}", evidence::answered(&answer)));
        Ok(answer)
    }

    /// What became of a request. A server that does not answer as HTTP has it is said by [`wire::broken`].
    fn received(&mut self, asked: &str, answer: Result<Received, NoAnswer>) -> Result<Received, Fault> {
        match answer {
            Ok(answer) => Ok(answer),
            Err(NoAnswer::Broken(why)) => {
                self.broke_off = true;
                Ok(wire::broken(why))
            }
            Err(NoAnswer::Stopped(by)) => Err(Fault::stopped(by)),
            Err(why @ NoAnswer::Unreachable(_)) => {
                let key = if self.server.is_some() { "server.start" } else { "server.issuer" };
                let (place, why) = (self.described.places.at(key), Fault::from(why));
                let tls = self.described.server.issuer.as_ref().is_some_and(|issuer| issuer.starts_with("https:"));
                let trust =
                    if tls { "; to trust another authority, name its certificates with `server.ca`" } else { "" };
                Err(Fault(format!(
                    "{place}: {asked}: {why}: check that the server runs, and that it is reached there{trust}"
                )))
            }
        }
    }

    /// The client of an exchange proves itself, where it has a secret and nobody else does. RFC 6749 section 2.3.1.
    fn authenticate(&self, request: &mut Sent) -> Result<(), Fault> {
        let Some(name) = &self.described.client.secret_from else { return Ok(()) };
        if request.headers().contains_key(AUTHORIZATION) || request.extensions().get::<OfTheBackend>().is_some() {
            return Ok(());
        }
        let secret = self.secrets.of(name, &self.described.places.at("client.secret_from"))?;
        request.headers_mut().insert(AUTHORIZATION, basic(&self.described.client.id, &secret)?);
        Ok(())
    }

    /// Why an introspection has no answer. RFC 7662 section 2.3: whoever may not ask is told so by a 401.
    fn refused_to_introspect(&self, answer: &Received, fault: Fault) -> Fault {
        let (Some(who), true) = (&self.described.introspection, answer.status().is_client_error()) else {
            return fault;
        };
        Fault(format!(
            "{}: `{}` may not introspect: {}: check this client, and the secret in {}",
            self.described.places.at("introspection.client_id"),
            who.client_id,
            evidence::answered(answer),
            who.secret_from
        ))
    }

    /// The introspection of a token, by whoever may ask; none where nobody may.
    fn introspection_of(&self, token: &Secret) -> Result<Option<Sent>, Fault> {
        let (Some(who), Some(at)) = (self.described.introspection.clone(), self.endpoints.introspection.clone()) else {
            return Ok(None);
        };
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.append_pair("token", token.expose());
        let secret = self.secrets.of(&who.secret_from, &self.described.places.at("introspection.secret_from"))?;
        let request = http::Request::post(at)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(AUTHORIZATION, basic(&who.client_id, &secret)?)
            .body(Bytes::from(body.finish()))
            .map_err(|error| Fault(error.to_string()))?;
        Ok(Some(request))
    }
}

impl Carrier for Stranger {
    fn name(&self) -> &str {
        &self.described.name
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn advance(&mut self, by: Duration) -> Result<(), Fault> {
        let described = self.described.clone();
        let base = self.endpoints.issuer.clone();
        if matches!(described.clock, ClockBy::Http { .. }) {
            self.allowed()?;
        }
        let (client, runtime) = (self.client.clone(), &self.runtime);
        self.clock.advance(by, described.surroundings(&[]), &base, |request| {
            runtime.block_on(client.in_time("", request, described.server.patience))
        })?;
        self.evidence.push(format!("{} pass", humantime::format_duration(by)));
        Ok(())
    }

    fn to_auth(&mut self, mut request: Sent) -> Result<Received, Fault> {
        self.authenticate(&mut request)?;
        self.exchange(request)
    }

    fn to_auth_at_once(&mut self, mut requests: Vec<Sent>) -> Result<Vec<Received>, Fault> {
        requests.iter().try_for_each(|_| self.allowed())?;
        requests.iter_mut().try_for_each(|request| self.authenticate(request))?;
        let asked: Vec<_> = requests.iter().map(evidence::asked).collect();
        let sent_at = gui::GeneratedAt(self.clock.now());
        let answers = self.runtime.block_on(self.client.at_once("", requests, self.described.server.patience));
        let received = |(asked, answer): (&String, _)| self.received(asked, answer);
        let mut answers: Vec<Received> = asked.iter().zip(answers).map(received).collect::<Result<_, _>>()?;
        for answer in &mut answers {
            answer.extensions_mut().insert(sent_at);
        }
        let exchanges = asked.iter().zip(&answers);
        self.evidence
            .extend(exchanges.map(|(asked, answer)| format!("at once: {asked} → {}", evidence::answered(answer))));
        Ok(answers)
    }

    fn to_backend(&mut self, call: CallId, request: Sent) -> Result<Reply, Fault> {
        if self.endpoints.resource.is_none() {
            self.turn_hands();
            return self.backend.call(call, request);
        }
        let carries_a_token = request.headers().contains_key(AUTHORIZATION);
        if let Some(between) = &mut self.between {
            self.runtime
                .block_on(allowance::pause(self.described.allowance.one_more()?, self.described.server.until))?;
            let asked = evidence::asked(&request);
            let reply = between.call(&self.runtime, "", call, request)?;
            self.evidence.push(match &reply {
                Reply::Answers(answer) | Reply::Unseen(answer) => format!("{asked} → {}", evidence::answered(answer)),
                Reply::Introspects(_) => format!("{asked}: the backend asks"),
            });
            return Ok(reply);
        }
        let answer = self.exchange(request)?;
        Ok(if carries_a_token { Reply::Unseen(answer) } else { Reply::Answers(answer) })
    }

    fn introspection(&mut self, call: CallId) -> Result<Sent, Fault> {
        if let Some(between) = &mut self.between {
            let mut asked = between.introspection(call)?;
            let at = self.endpoints.introspection.clone();
            *asked.uri_mut() = at.ok_or_else(|| Fault("where is the introspection endpoint?".to_owned()))?;
            asked.extensions_mut().insert(OfTheBackend);
            return Ok(asked);
        }
        let token = wire::introspected_token(&self.backend.introspection(call)?);
        self.introspection_of(&token)?.ok_or_else(|| {
            Fault(format!(
                "{}: nobody can judge a call: say with `[introspection]` who may introspect, or with `resource` what a backend of the \
                 server's own protects",
                self.described.places.at("endpoints.introspection")
            ))
        })
    }

    fn hold_introspection(&mut self, call: CallId, answer: Received) -> Result<(), Fault> {
        match &mut self.between {
            Some(between) => between.hold(call, answer),
            None => self.backend.hold(call, answer),
        }
    }

    fn introspection_returns(&mut self, call: CallId) -> Result<Received, Fault> {
        if let Some(between) = &mut self.between {
            return between.release(&self.runtime, call);
        }
        self.turn_hands();
        self.backend.release(call)
    }

    fn introspection_is_lost(&mut self, call: CallId) -> Result<Received, Fault> {
        match &mut self.between {
            Some(between) => between.lose(&self.runtime, call),
            None => self.backend.fail(call),
        }
    }

    /// Nobody is told to forget: each trace has a browser of its own, and its tokens are new.
    fn reset(&mut self) -> Result<(), Fault> {
        self.backend.forget();
        self.between.iter_mut().for_each(Between::forget);
        self.evidence.clear();
        let is_due = self.described.server.restart_after.is_some_and(|most| self.traces >= most);
        if is_due || self.is_gone()? {
            self.traces = 0;
            self.start()?;
        }
        self.traces += 1;
        if let Some(command) = &self.described.server.reset {
            command::run("that makes the server forget", command, self.described.surroundings(&[]))?;
        }
        self.person = match &self.described.sign_in.fresh {
            None => None,
            Some(command) => {
                let said = command::run("that creates a test user", command, self.described.surroundings(&[]))?;
                let wrong =
                    |_| Fault("the command of `sign_in.fresh` prints no {\"username\", \"password\"}".to_owned());
                let Fresh { username, password } = serde_json::from_str(&said).map_err(wrong)?;
                Some(Person { username, password: Secret::new(password) })
            }
        };
        self.clock.begin_a_second()
    }

    fn person(&self) -> Option<&Person> {
        self.person.as_ref()
    }

    fn moved(&mut self, settings: &gui::Settings) -> Result<Option<gui::Settings>, Fault> {
        if settings.server.token_endpoint == self.endpoints.token {
            return Ok(None);
        }
        Ok(Some(self.gui_settings(settings.policy)))
    }

    fn is_active(&mut self, token: &Secret) -> Result<Option<bool>, Fault> {
        match self.introspection_of(token)? {
            None => Ok(None),
            Some(request) => {
                let answer = self.exchange(request)?;
                crate::servers::says_active(&answer)
                    .map(Some)
                    .map_err(|fault| self.refused_to_introspect(&answer, fault))
            }
        }
    }

    fn lens(&self) -> Lens {
        Lens {
            access: self.described.tells(TokenKind::Access),
            refresh: self.described.tells(TokenKind::Refresh),
            introspection: self.described.introspections(),
        }
    }

    fn abilities(&self) -> Abilities {
        let revocation = if self.endpoints.revocation.is_some() { Support::Yes } else { Support::No };
        Abilities { revocation, ..self.described.abilities() }
    }

    fn evidence(&self) -> Vec<String> {
        self.evidence.clone()
    }

    fn may_ask_more(&self) -> bool {
        self.described.allowance.has_more()
    }

    fn sign_in(&mut self, url: &Url, username: &str, password: &str) -> Result<Received, Fault> {
        let redirect_uri = self.described.client.redirect_uri.clone();
        if let Some(command) = &self.described.sign_in.run {
            let env = [
                ("AUTHLOOM_URL", url.as_str()),
                ("AUTHLOOM_REDIRECT_URI", redirect_uri.as_str()),
                ("AUTHLOOM_USERNAME", username),
                ("AUTHLOOM_PASSWORD", password),
            ];
            let said = command::run("that signs in", command, self.described.surroundings(&env))?;
            let answer = sign_in::printed(&said, &redirect_uri);
            self.evidence.push(format!("the command that signs in → {}", evidence::answered(&answer)));
            return Ok(answer);
        }
        let (press, recipients) = (self.described.sign_in.press.clone(), self.recipients.clone());
        let typed = Typed { username, password, recipients: &recipients };
        let begin = SignIn { url, redirect_uri: &redirect_uri, typed, press: &press, now: self.clock.now() };
        sign_in::sign_in(&begin, |request| self.exchange(request))
    }

    /// Our backend knows no audience of the server's, so that what it makes of a refresh token says nothing of the server.
    fn takes_calls_on_the_side(&self) -> bool {
        false
    }
}

fn basic(client_id: &str, secret: &Secret) -> Result<HeaderValue, Fault> {
    let text = format!("{}:{}", crate::servers::form_encoded(client_id), crate::servers::form_encoded(secret.expose()));
    HeaderValue::from_str(&format!("Basic {}", BASE64_STANDARD.encode(text))).map_err(|error| Fault(error.to_string()))
}

/// A way to every server whose certificate the machine trusts, or an authority in a file.
fn trusting(ca: Option<&Path>) -> Result<Client, Fault> {
    let Some(ca) = ca else { return Client::new() };
    let fault = |why: &dyn std::fmt::Display| Fault(format!("certificates in {}: {why}", ca.display()));
    let authorities = files::read(ca, Kind::CERTIFICATES).map_err(|error| fault(&error))?;
    Client::trusting(&authorities).map_err(|error| fault(&error))
}
