//! A backend nobody here wrote, as its file describes it: behind our browser, with our AuthService as its issuer.
//!
//! The issuer's address is our proxy's, so that whatever the backend asks its issuer passes through it: metadata and keys at once,
//! introspections when the trace says so. The AuthService is a process of our own, whose clock is set to the backend's.

use std::path::{Path, PathBuf};
use std::time::Duration;

use authloom_model::{CallId, Spec};
use authloom_reference::auth::{self, Chance, Demo};
use authloom_reference::clock::Timestamp;
use bytes::Bytes;
use http::Uri;
use tokio::runtime::Runtime;

use crate::servers::browser::Browser;
use crate::servers::browser::carrier::{Carrier, Person, Reply};
use crate::servers::browser::own_client::OwnClient;
use crate::servers::described::clock::Clock;
use crate::servers::described::file::backend::{BackendDescription, Introspections};
use crate::servers::described::file::secrets::Secrets;
use crate::servers::described::process::Server;
use crate::servers::described::process::command;
use crate::servers::described::{evidence, trusting};
use crate::servers::http::between::{Between, LOOPBACK};
use crate::servers::http::client::Client;
use crate::servers::http::wire::{Received, Sent};
use crate::servers::reference::over_http::RESOURCE;
use crate::servers::reference::process::{self, PATIENCE, Process};
use crate::servers::settings::REDIRECT_URI;
use crate::servers::settings::{Places, countable, gui_settings};
use crate::servers::{Abilities, Fault, Introspector, Lens, Secret, Support};

/// A live backend, with our browser before it and our AuthService behind it.
pub type LiveBackend = Browser<ResourceServer>;

impl LiveBackend {
    /// Starts our AuthService, then starts or finds the backend. `program` is an `authloom` whose `serve` the AuthService is.
    ///
    /// # Errors
    /// When one of them does not start, or a secret is missing.
    pub fn of(described: &BackendDescription, spec: &Spec, program: &Path) -> Result<Self, Fault> {
        countable(&spec.policy)?;
        let carrier = ResourceServer::open(described.clone(), spec, program)?;
        let places = Places {
            issuer: carrier.between.url().to_owned(),
            resource: carrier.url.clone(),
            redirect_uri: REDIRECT_URI.to_owned(),
        };
        let mut settings = gui_settings(&spec.policy, &places, Demo::GUI)?;
        let items = format!("{}{}", carrier.url, described.backend.resource);
        settings.items = items.parse::<Uri>().map_err(|error| Fault(format!("`{items}` is no address: {error}")))?;
        let person = Person { username: Demo::USERNAME.to_owned(), password: Secret::new(Demo::PASSWORD) };
        Ok(Self::over(Box::new(OwnClient::new(&settings)), settings, person, carrier))
    }
}

/// A backend nobody here wrote. Fields are in the order of their end.
pub struct ResourceServer {
    described: BackendDescription,
    between: Between,
    /// Held so that it ends with this.
    _server: Option<Server>,
    url: String,
    auth: Process,
    /// What our AuthService's clock shows.
    auth_time: Timestamp,
    introspector: Introspector,
    clock: Clock,
    client: Client,
    evidence: Vec<String>,
    runtime: Runtime,
}

impl ResourceServer {
    fn open(described: BackendDescription, spec: &Spec, program: &Path) -> Result<Self, Fault> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Fault(format!("no runtime: {error}")))?;
        let client = trusting(described.server.ca.as_ref().map(|ca| described.folder.join(ca)).as_deref())?;
        let client = client.until(described.server.until);
        let secrets = Secrets::of_server(&described.server)?;
        let random = auth::Secret::random(&Chance::system()).map_err(|error| Fault(error.to_string()))?;
        let backend_secret = Secret::new(random.expose());
        let clock = Clock::new(&described.clock)?;
        let at = described.backend.listen.unwrap_or(LOOPBACK);
        let between = Between::open(&runtime, client.clone(), at, described.server.patience)?;
        let audience = described.backend.audience.clone().unwrap_or_else(|| RESOURCE.to_owned());
        let policy = process::policy_file(&spec.policy)?;
        let auth_time = clock.now();
        let start = auth_time.seconds().to_string();
        let ours = ["--role", "auth", "--auth-port", "0", "--test-clock", &start, "--resource", &audience];
        let flags = [&ours[..], &["--issuer", between.url()]].concat();
        let auth = Process::start(program, policy.path(), &flags, &backend_secret)?;
        between.forward_to(auth.url());
        let (server, url) = match (&described.server.start, &described.server.issuer) {
            (Some(command), _) => {
                let told = [
                    ("AUTHLOOM_ISSUER", PathBuf::from(between.url())),
                    ("AUTHLOOM_AUDIENCE", PathBuf::from(&audience)),
                    ("AUTHLOOM_CLIENT_ID", PathBuf::from(Demo::BACKEND)),
                    ("AUTHLOOM_CLIENT_SECRET", PathBuf::from(backend_secret.expose())),
                ];
                let env = clock.environment().into_iter().chain(told).collect();
                let place = (described.folder.as_path(), &described.server);
                let server = meanwhile(&runtime, || Server::start(place, command, env, &secrets.0))?;
                let url = server.url().to_owned();
                (Some(server), url)
            }
            (None, Some(url)) => (None, url.trim_end_matches('/').to_owned()),
            (None, None) => {
                return Err(Fault("the target's file says neither where it is nor how it starts".to_owned()));
            }
        };
        Ok(Self {
            described,
            between,
            _server: server,
            url,
            auth,
            auth_time,
            introspector: Introspector::new(Demo::BACKEND, backend_secret.expose()),
            clock,
            client,
            evidence: Vec::new(),
            runtime,
        })
    }

    fn exchange(&self, base: &str, request: Sent) -> Result<Received, Fault> {
        self.runtime.block_on(self.client.in_time(base, request, PATIENCE)).map_err(Fault::from)
    }

    fn control(&self, path: &str) -> Result<(), Fault> {
        let request = http::Request::post(path).body(Bytes::new()).map_err(|error| Fault(error.to_string()))?;
        let answer = self.exchange(self.auth.url(), request)?;
        if answer.status().is_success() {
            return Ok(());
        }
        Err(Fault(format!("our AuthService answers {} to {path}", answer.status())))
    }

    /// Sets our AuthService's clock to the backend's.
    fn synchronise(&mut self) -> Result<(), Fault> {
        let now = self.clock.now();
        let seconds = now.seconds_since(self.auth_time);
        if seconds > 0 {
            self.control(&format!("/test/clock/advance?seconds={seconds}"))?;
            self.auth_time = now;
        }
        Ok(())
    }

    fn note(&mut self, asked: &str, answer: &Received) {
        self.evidence.push(format!("{asked} → {}", evidence::answered(answer)));
    }
}

/// Starts a server while our proxy answers: it may ask its issuer before it is ready.
fn meanwhile(runtime: &Runtime, start: impl FnOnce() -> Result<Server, Fault> + Send) -> Result<Server, Fault> {
    let (tell, told) = tokio::sync::oneshot::channel();
    std::thread::scope(|scope| {
        // Somebody is waiting.
        scope.spawn(move || drop(tell.send(start())));
        runtime.block_on(told)
    })
    .unwrap_or_else(|_| Err(Fault("the backend's start was lost".to_owned())))
}

impl Carrier for ResourceServer {
    fn name(&self) -> &str {
        &self.described.name
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn advance(&mut self, by: Duration) -> Result<(), Fault> {
        let described = self.described.clone();
        let (client, runtime) = (self.client.clone(), &self.runtime);
        self.clock.advance(by, described.surroundings(), &self.url, |request| {
            runtime.block_on(client.in_time("", request, described.server.patience))
        })?;
        self.evidence.push(format!("{} pass", humantime::format_duration(by)));
        self.synchronise()
    }

    fn to_auth(&mut self, request: Sent) -> Result<Received, Fault> {
        let asked = evidence::asked(&request);
        let answer = self.exchange(self.auth.url(), request)?;
        self.note(&asked, &answer);
        Ok(answer)
    }

    fn to_auth_at_once(&mut self, requests: Vec<Sent>) -> Result<Vec<Received>, Fault> {
        let answers = self.runtime.block_on(self.client.at_once(self.auth.url(), requests, PATIENCE));
        answers.into_iter().map(|answer| answer.map_err(Fault::from)).collect()
    }

    fn to_backend(&mut self, call: CallId, request: Sent) -> Result<Reply, Fault> {
        let asked = evidence::asked(&request);
        let carries_a_token = request.headers().contains_key(http::header::AUTHORIZATION);
        let reply = self.between.call(&self.runtime, &self.url, call, request)?;
        match reply {
            Reply::Answers(answer) => {
                self.note(&asked, &answer);
                let unseen = self.described.backend.introspection == Introspections::Unseen && carries_a_token;
                Ok(if unseen { Reply::Unseen(answer) } else { Reply::Answers(answer) })
            }
            Reply::Introspects(request) => {
                self.evidence.push(format!("{asked}: the backend asks"));
                Ok(Reply::Introspects(request))
            }
            Reply::Unseen(answer) => Ok(Reply::Unseen(answer)),
        }
    }

    fn introspection(&mut self, call: CallId) -> Result<Sent, Fault> {
        self.between.introspection(call)
    }

    fn hold_introspection(&mut self, call: CallId, answer: Received) -> Result<(), Fault> {
        self.between.hold(call, answer)
    }

    fn introspection_returns(&mut self, call: CallId) -> Result<Received, Fault> {
        let answer = self.between.release(&self.runtime, call)?;
        self.note("the backend is told", &answer);
        Ok(answer)
    }

    fn introspection_is_lost(&mut self, call: CallId) -> Result<Received, Fault> {
        let answer = self.between.lose(&self.runtime, call)?;
        self.note("the backend is told nothing", &answer);
        Ok(answer)
    }

    /// Our AuthService forgets, and the backend is made to, where a command can.
    fn reset(&mut self) -> Result<(), Fault> {
        self.between.forget();
        self.evidence.clear();
        self.control("/test/reset")?;
        if let Some(command) = &self.described.server.reset {
            command::run("that makes the server forget", command, self.described.surroundings())?;
        }
        self.clock.begin_a_second()?;
        self.synchronise()
    }

    fn is_active(&mut self, token: &Secret) -> Result<Option<bool>, Fault> {
        let request = self.introspector.introspection(token);
        crate::servers::says_active(&self.exchange(self.auth.url(), request)?).map(Some)
    }

    fn lens(&self) -> Lens {
        let introspection = match self.described.backend.introspection {
            Introspections::Held => Support::Yes,
            Introspections::Unseen => Support::No,
        };
        Lens { introspection, ..Lens::CLEAR }
    }

    fn abilities(&self) -> Abilities {
        self.described.abilities()
    }

    fn evidence(&self) -> Vec<String> {
        self.evidence.clone()
    }
}
