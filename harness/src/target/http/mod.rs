//! The reference over HTTP: the AuthService and the backend in processes of their own, reached through sockets as a stranger's would be.
//!
//! A message of the GUI is held here until it arrives, then sent. The backend reaches the AuthService through a [`proxy`] that holds each
//! introspection; meanwhile the call that caused it stays open. Everything of ours runs on one thread, and only while an action happens,
//! so a trace meets the servers in exactly its own order.
//!
//! Deliberately absent: waiting by the clock. Each wait is for one of the messages that can come, and [`PATIENCE`] only says when to give up.

mod process;
mod proxy;

use std::collections::BTreeMap;
use std::future::Future;
use std::path::Path;
use std::time::Duration;

use authloom_model::{CallId, Policy, Spec};
use authloom_reference::auth::{self, Chance, Demo};
use authloom_reference::clock::Timestamp;
use authloom_reference::gui::Gui;
use bytes::Bytes;
use serde::Deserialize;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::browser::{Browser, Carrier, Person, Reply};
use super::client::Client;
use super::settings::{Places, gui_settings};
use super::wire::{Received, Sent};
use super::{Fault, Secret};
use crate::serve::REDIRECT_URI;
use process::Process;
use proxy::{Asked, Proxy};

/// How long a server may take. Loopback answers come within a millisecond, on the busiest machine within a second.
const PATIENCE: Duration = Duration::from_secs(10);

/// When time begins. Any instant does; this one is a round number of seconds that looks like a date.
const START: Timestamp = Timestamp::from_seconds(1_800_000_000);

/// The resource that tokens are for. Not the backend's URL, since the AuthService is told it before the backend has one.
const RESOURCE: &str = "http://backend.reference";

/// The reference over HTTP. Its servers end with it.
pub type Http = Browser<Sockets>;

impl Http {
    /// Starts the servers that obey a policy. `program` is an `authloom` whose `serve` they are.
    ///
    /// # Errors
    /// When they cannot be started.
    pub fn start(spec: &Spec, program: &Path) -> Result<Self, Fault> {
        let sockets = Sockets::open(&spec.policy, program)?;
        let places = Places {
            issuer: sockets.auth.url().to_owned(),
            resource: sockets.backend.url().to_owned(),
            redirect_uri: REDIRECT_URI.to_owned(),
        };
        let settings = gui_settings(&spec.policy, &places, Demo::GUI)?;
        let person = Person { username: Demo::USERNAME.to_owned(), password: Secret::new(Demo::PASSWORD) };
        Ok(Self::over(|settings| Box::new(Gui::new(settings)), settings, person, spec.ticks.tick, sockets))
    }

    /// Where the AuthService and the backend listen.
    #[must_use]
    pub fn urls(&self) -> [&str; 2] {
        [self.carrier.auth.url(), self.carrier.backend.url()]
    }
}

/// Messages carried over sockets. Fields are in the order of their end: first whoever asks, then the servers, last what all run on.
pub struct Sockets {
    waiting: BTreeMap<CallId, Waiting>,
    proxy: Proxy,
    client: Client,
    backend: Process,
    auth: Process,
    backend_secret: Secret,
    now: Timestamp,
    runtime: Runtime,
}

/// A call that waits at the backend for its introspection, which waits at the proxy.
struct Waiting {
    call: JoinHandle<Result<Received, Fault>>,
    request: Sent,
    release: oneshot::Sender<Received>,
    held: Option<Received>,
}

/// What comes first of a call that was sent.
enum First {
    Answer(Received),
    Introspection(Asked),
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
        let proxy = runtime.block_on(Proxy::open(client.clone(), auth.url()))?;
        let at_auth = ["--issuer", auth.url(), "--auth-url", proxy.url()];
        let backend = serve("backend", &[&["--backend-port", "0"][..], &at_auth].concat())?;
        Ok(Self { waiting: BTreeMap::new(), proxy, client, backend, auth, backend_secret, now: START, runtime })
    }

    fn exchange(&self, base: &str, request: Sent) -> Result<Received, Fault> {
        self.runtime.block_on(in_time(self.client.exchange(base, request)))
    }

    /// Posts nothing to the same path of both servers.
    fn control(&self, path: &str) -> Result<[Received; 2], Fault> {
        let post = |base| {
            let request = http::Request::post(path).body(Bytes::new()).expect("the path is ours");
            in_time(self.client.exchange(base, request))
        };
        let (auth, backend) =
            self.runtime.block_on(async { tokio::join!(post(self.auth.url()), post(self.backend.url())) });
        let answers = [auth?, backend?];
        match answers.iter().find(|answer| !answer.status().is_success()) {
            Some(answer) => Err(Fault(format!("a server answers {} to {path}", answer.status()))),
            None => Ok(answers),
        }
    }

    fn waiting(&mut self, call: CallId) -> Result<&mut Waiting, Fault> {
        self.waiting.get_mut(&call).ok_or_else(|| not_waiting(call))
    }

    /// Waits for what becomes of a call that was sent.
    fn first(&mut self, call: &mut JoinHandle<Result<Received, Fault>>) -> Result<First, Fault> {
        let proxy = &mut self.proxy;
        let first = self.runtime.block_on(in_time(async {
            tokio::select! {
                answer = &mut *call => match answer {
                    Ok(answer) => answer.map(First::Answer),
                    Err(error) => Err(Fault(format!("a call ended early: {error}"))),
                },
                Some(asked) = proxy.asked() => Ok(First::Introspection(asked)),
            }
        }));
        first.inspect_err(|_| call.abort())
    }

    /// The answer to a call whose introspection has come to its end: with an answer, or without.
    fn released(&mut self, call: CallId, answer: Option<Received>) -> Result<Received, Fault> {
        let Waiting { mut call, release, .. } = self.waiting.remove(&call).ok_or_else(|| not_waiting(call))?;
        match answer {
            // A backend that has gone away meanwhile is seen by what becomes of the call.
            Some(answer) => drop(release.send(answer)),
            None => drop(release),
        }
        match self.first(&mut call)? {
            First::Answer(answer) => Ok(answer),
            First::Introspection(_) => {
                call.abort();
                Err(Fault("the backend asks the AuthService once more".to_owned()))
            }
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
        let client = self.client.clone();
        let base = self.backend.url().to_owned();
        let mut sent = self.runtime.spawn(async move { Ok(client.exchange(&base, request).await?) });
        match self.first(&mut sent)? {
            First::Answer(answer) => Ok(Reply::Answers(answer)),
            First::Introspection(Asked { request, release }) => {
                let waiting = Waiting { call: sent, request: request.clone(), release, held: None };
                self.waiting.insert(call, waiting);
                Ok(Reply::Introspects(request))
            }
        }
    }

    fn introspection(&mut self, call: CallId) -> Result<Sent, Fault> {
        self.waiting(call).map(|waiting| waiting.request.clone())
    }

    fn hold_introspection(&mut self, call: CallId, answer: Received) -> Result<(), Fault> {
        self.waiting(call)?.held = Some(answer);
        Ok(())
    }

    fn introspection_returns(&mut self, call: CallId) -> Result<Received, Fault> {
        let held = self.waiting(call)?.held.take();
        let held = held.ok_or_else(|| Fault(format!("the introspection of {call:?} has not arrived")))?;
        self.released(call, Some(held))
    }

    fn introspection_is_lost(&mut self, call: CallId) -> Result<Received, Fault> {
        self.released(call, None)
    }

    /// The servers forget; their clocks go on, so that no token of before could be taken for a later one.
    fn reset(&mut self) -> Result<(), Fault> {
        for waiting in std::mem::take(&mut self.waiting).into_values() {
            waiting.call.abort();
        }
        self.proxy.forget();
        self.control("/test/reset").map(drop)
    }

    fn is_active(&mut self, token: &Secret) -> Result<Option<bool>, Fault> {
        let request = super::introspection(token, Demo::BACKEND, self.backend_secret.expose())?;
        super::says_active(&self.to_auth(request)?).map(Some)
    }
}

async fn in_time<T, E: Into<Fault>>(exchange: impl Future<Output = Result<T, E>>) -> Result<T, Fault> {
    match timeout(PATIENCE, exchange).await {
        Ok(outcome) => outcome.map_err(Into::into),
        Err(_) => Err(Fault(format!("no answer within {} s", PATIENCE.as_secs()))),
    }
}

fn not_waiting(call: CallId) -> Fault {
    Fault(format!("{call:?} does not wait for an introspection"))
}
