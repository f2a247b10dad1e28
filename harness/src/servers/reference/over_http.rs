//! The reference over HTTP: the AuthService and the backend in processes of their own, reached through sockets as a stranger's would be.
//!
//! A message of the GUI is held here until it arrives, then sent. The backend reaches the AuthService through a proxy that holds each
//! introspection; meanwhile the call that caused it stays open. Everything of ours runs on one thread, and only while an action happens,
//! so a trace meets the servers in exactly its own order.
//!
//! Deliberately absent: waiting by the clock. Each wait is for one of the messages that can come, and [`PATIENCE`] only says when to give up.

use std::path::Path;
use std::time::Duration;

use authloom_model::{CallId, Policy, Spec};
use authloom_reference::auth::{self, Chance, Demo};
use authloom_reference::clock::Timestamp;
use bytes::Bytes;
use serde::Deserialize;
use tokio::runtime::Runtime;

use crate::servers::browser::Browser;
use crate::servers::browser::carrier::{Carrier, Person, Reply};
use crate::servers::browser::own_client::OwnClient;
use crate::servers::http::between::{Between, LOOPBACK};
use crate::servers::http::client::Client;
use crate::servers::http::wire::{Received, Sent};
use crate::servers::reference::process::{self, PATIENCE, Process};
use crate::servers::settings::REDIRECT_URI;
use crate::servers::settings::{Places, countable, gui_settings};
use crate::servers::{Fault, Introspector, Secret};

/// When time begins. Any instant does; this one is a round number of seconds that looks like a date.
const START: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// The resource that tokens are for. Not the backend's URL, since the AuthService is told it before the backend has one.
pub(in crate::servers) const RESOURCE: &str = "http://backend.reference";

/// The reference over HTTP. Its servers end with it.
pub type Http = Browser<Sockets>;

impl Http {
    /// Starts the servers that obey a policy. `program` is an `authloom` whose `serve` they are.
    ///
    /// # Errors
    /// When a duration of the policy is no whole number of seconds, or the servers cannot be started.
    pub fn start(spec: &Spec, program: &Path) -> Result<Self, Fault> {
        countable(&spec.policy)?;
        let sockets = Sockets::open(&spec.policy, program)?;
        let places = Places {
            issuer: sockets.auth.url().to_owned(),
            resource: sockets.backend.url().to_owned(),
            redirect_uri: REDIRECT_URI.to_owned(),
        };
        let settings = gui_settings(&spec.policy, &places, Demo::GUI)?;
        let person = Person { username: Demo::USERNAME.to_owned(), password: Secret::new(Demo::PASSWORD) };
        Ok(Self::over(Box::new(OwnClient::new(&settings)), settings, person, sockets))
    }

    /// Where the AuthService and the backend listen.
    #[must_use]
    pub fn urls(&self) -> [&str; 2] {
        [self.carrier.auth.url(), self.carrier.backend.url()]
    }
}

/// Messages carried over sockets. Fields are in the order of their end: first whoever asks, then the servers, last what all run on.
pub struct Sockets {
    between: Between,
    client: Client,
    backend: Process,
    auth: Process,
    introspector: Introspector,
    now: Timestamp,
    runtime: Runtime,
}

impl Sockets {
    fn open(policy: &Policy, program: &Path) -> Result<Self, Fault> {
        let random = auth::Secret::random(&Chance::system()).map_err(|error| Fault(error.to_string()))?;
        let backend_secret = Secret::new(random.expose());
        let policy = process::policy_file(policy)?;
        let start = START.seconds().to_string();
        let serve = |role: &str, more: &[&str]| {
            let all = ["--role", role, "--test-clock", &start, "--resource", RESOURCE];
            Process::start(program, policy.path(), &[&all, more].concat(), &backend_secret)
        };
        let auth = serve("auth", &["--auth-port", "0"])?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Fault(format!("no runtime: {error}")))?;
        let client = Client::new()?;
        let between = Between::open(&runtime, client.clone(), LOOPBACK, PATIENCE)?;
        between.forward_to(auth.url());
        let at_auth = ["--issuer", auth.url(), "--auth-url", between.url()];
        let backend = serve("backend", &[&["--backend-port", "0"][..], &at_auth].concat())?;
        let introspector = Introspector::new(Demo::BACKEND, backend_secret.expose());
        Ok(Self { between, client, backend, auth, introspector, now: START, runtime })
    }

    fn exchange(&self, base: &str, request: Sent) -> Result<Received, Fault> {
        self.runtime.block_on(self.client.in_time(base, request, PATIENCE)).map_err(Fault::from)
    }

    /// Posts nothing to the same path of both servers.
    fn control(&self, path: &str) -> Result<[Received; 2], Fault> {
        let post = |base| {
            let request = http::Request::post(path).body(Bytes::new()).expect("the path is ours");
            self.client.in_time(base, request, PATIENCE)
        };
        let (auth, backend) =
            self.runtime.block_on(async { tokio::join!(post(self.auth.url()), post(self.backend.url())) });
        let answers = [auth?, backend?];
        match answers.iter().find(|answer| !answer.status().is_success()) {
            Some(answer) => Err(Fault(format!("a server answers {} to {path}", answer.status()))),
            None => Ok(answers),
        }
    }
}

impl Carrier for Sockets {
    fn name(&self) -> &str {
        "http"
    }

    fn now(&self) -> Timestamp {
        self.now
    }

    fn advance(&mut self, by: Duration) -> Result<(), Fault> {
        if by.subsec_nanos() != 0 {
            return Err(Fault(format!("a tick of {by:?} is not a whole number of seconds")));
        }
        let now = self.now.after(by);
        for answer in self.control(&format!("/test/clock/advance?seconds={}", by.as_secs()))? {
            #[derive(Deserialize)]
            struct Shown {
                now: Timestamp,
            }
            let shown: Option<Shown> = serde_json::from_slice(answer.body()).ok();
            if shown.is_none_or(|shown| shown.now != now) {
                return Err(Fault("a server's clock does not show what it was turned to".to_owned()));
            }
        }
        self.now = now;
        Ok(())
    }

    fn to_auth(&mut self, request: Sent) -> Result<Received, Fault> {
        self.exchange(self.auth.url(), request)
    }

    fn to_auth_at_once(&mut self, requests: Vec<Sent>) -> Result<Vec<Received>, Fault> {
        let answers = self.runtime.block_on(self.client.at_once(self.auth.url(), requests, PATIENCE));
        answers.into_iter().map(|answer| answer.map_err(Fault::from)).collect()
    }

    fn to_backend(&mut self, call: CallId, request: Sent) -> Result<Reply, Fault> {
        self.between.call(&self.runtime, self.backend.url(), call, request)
    }

    fn introspection(&mut self, call: CallId) -> Result<Sent, Fault> {
        self.between.introspection(call)
    }

    fn hold_introspection(&mut self, call: CallId, answer: Received) -> Result<(), Fault> {
        self.between.hold(call, answer)
    }

    fn introspection_returns(&mut self, call: CallId) -> Result<Received, Fault> {
        self.between.release(&self.runtime, call)
    }

    fn introspection_is_lost(&mut self, call: CallId) -> Result<Received, Fault> {
        self.between.lose(&self.runtime, call)
    }

    /// The servers forget; their clocks go on, so that no token of before could be taken for a later one.
    fn reset(&mut self) -> Result<(), Fault> {
        self.between.forget();
        self.control("/test/reset").map(drop)
    }

    fn is_active(&mut self, token: &Secret) -> Result<Option<bool>, Fault> {
        let request = self.introspector.introspection(token);
        crate::servers::says_active(&self.to_auth(request)?).map(Some)
    }
}
