//! The reference in this process: the real routers called as services, the real GUI, and a clock turned by hand.
//!
//! Every handler is done at the first poll; so nothing here needs a thread, a timer or a runtime.

pub(in crate::servers) mod held_backend;
pub mod over_http;
pub(in crate::servers) mod process;

use std::sync::Arc;
use std::time::Duration;

use authloom_model::{CallId, Spec};
use authloom_reference::auth::{self, AuthService, Decisions, Demo};
use authloom_reference::backend::{self, Judge};
use authloom_reference::clock::{Clock, HandClock, Timestamp};
use authloom_reference::gui::{self, Client, Gui};
use axum::Router;
use url::Url;

use crate::servers::browser::Browser;
use crate::servers::browser::carrier::{Carrier, Person, Reply};
use crate::servers::browser::client::WebClient;
use crate::servers::browser::login::{self, LoginForms};
use crate::servers::browser::own_client::OwnClient;
use crate::servers::http::wire::{Received, Sent};
use crate::servers::reference::held_backend::{HeldBackend, at_once, serve};
use crate::servers::settings::{Places, auth_settings, backend_settings, countable, gui_settings};
use crate::servers::{Abilities, Fault, Introspector, Secret, Support};

/// What the backend introspects with. It protects a database in memory.
const BACKEND_SECRET: &str = "the backend of the reference";
/// When time begins. Any instant does; this one is a round number of seconds that looks like a date.
const START: Timestamp = Timestamp::from_seconds(1_800_000_000);
/// Any seed does: the reference's tokens open nothing but the reference.
const SEED: u64 = 6749;

/// What a reference is made of. A test puts something else in the place of a part to see that it is noticed.
pub struct Parts {
    /// What the AuthService is told.
    pub auth: auth::Settings,
    /// What the backend is told.
    pub backend: backend::Settings,
    /// What the GUI is told.
    pub gui: gui::Settings,
    /// How the AuthService decides.
    pub decisions: Arc<dyn Decisions>,
    /// How the backend judges tokens.
    pub judge: Arc<dyn Judge>,
    /// What the GUI is made by, at each reset anew.
    pub client: fn(Arc<gui::Settings>) -> Box<dyn Client>,
    /// What stands around the AuthService.
    pub around_auth: fn(Router) -> Router,
    /// What stands around the backend.
    pub around_backend: fn(Router) -> Router,
    /// What the backend takes for the time, given the clock of all.
    pub backend_clock: fn(HandClock) -> Arc<dyn Clock>,
}

impl Parts {
    /// The parts of the reference that obeys a policy.
    ///
    /// # Errors
    /// When a duration of the policy is no whole number of seconds, or one of its addresses is no URL.
    pub fn of(spec: &Spec) -> Result<Self, Fault> {
        countable(&spec.policy)?;
        let places = places();
        let credentials =
            backend::Credentials { client_id: Demo::BACKEND.to_owned(), secret: BACKEND_SECRET.to_owned() };
        Ok(Self {
            auth: auth_settings(&spec.policy, &places, auth::PasswordCost::Cheapest),
            backend: backend_settings(&spec.policy, &places, credentials),
            gui: gui_settings(&spec.policy, &places, Demo::GUI)?,
            decisions: Arc::new(auth::Standard),
            judge: Arc::new(backend::Standard),
            client: |settings| Box::new(Gui::new(settings)),
            around_auth: |router| router,
            around_backend: |router| router,
            backend_clock: |clock| Arc::new(clock),
        })
    }
}

fn places() -> Places {
    Places {
        issuer: "http://auth.reference".to_owned(),
        resource: "http://backend.reference".to_owned(),
        redirect_uri: "http://gui.reference/callback".to_owned(),
    }
}

/// The reference in this process.
pub type Reference = Browser<InProcess>;

impl Reference {
    /// The reference that obeys a policy.
    ///
    /// # Errors
    /// When it cannot be set up.
    pub fn new(spec: &Spec) -> Result<Self, Fault> {
        Self::with(Parts::of(spec)?)
    }

    /// A reference made of these parts.
    ///
    /// # Errors
    /// When it cannot be set up.
    pub fn with(parts: Parts) -> Result<Self, Fault> {
        let client = OwnClient::made_by(parts.client, &parts.gui);
        Self::with_client(parts, Box::new(client))
    }

    /// A reference made of these parts, with somebody else's client before it.
    ///
    /// # Errors
    /// When it cannot be set up.
    pub fn with_client(parts: Parts, client: Box<dyn WebClient>) -> Result<Self, Fault> {
        let clock = HandClock::starting_at(START);
        let chance = auth::Chance::seeded(SEED);
        let keys = auth::Keys::generate(&chance).map_err(fault)?;
        let service = AuthService::new(auth::Parts {
            settings: parts.auth,
            store: Arc::new(auth::Sqlite::in_memory().map_err(fault)?),
            clock: Arc::new(clock.clone()),
            chance,
            keys,
            decisions: parts.decisions,
        });
        let service = service.map_err(fault)?;
        let redirect_uri = places().redirect_uri;
        Demo { redirect_uris: &[&redirect_uri], backend_secret: BACKEND_SECRET }.enter(&service).map_err(fault)?;
        let auth = (parts.around_auth)(service.router());
        let backend_clock = (parts.backend_clock)(clock.clone());
        let backend =
            HeldBackend::new(parts.backend, Some(auth.clone()), backend_clock, parts.judge, parts.around_backend);
        let introspector = Introspector::new(Demo::BACKEND, BACKEND_SECRET);
        let carrier = InProcess { clock, service, auth, backend, introspector, login_forms: LoginForms::default() };
        let password = Secret::new(Demo::PASSWORD);
        let person = Person { username: Demo::USERNAME.to_owned(), password };
        Ok(Self::over(client, parts.gui, person, carrier))
    }
}

/// Messages carried by a call.
pub struct InProcess {
    clock: HandClock,
    service: AuthService,
    auth: Router,
    backend: HeldBackend,
    introspector: Introspector,
    login_forms: LoginForms,
}

impl Carrier for InProcess {
    fn name(&self) -> &str {
        "reference"
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn advance(&mut self, by: Duration) -> Result<(), Fault> {
        self.clock.advance(by);
        Ok(())
    }

    fn to_auth(&mut self, request: Sent) -> Result<Received, Fault> {
        at_once(serve(self.auth.clone(), request))
    }

    fn sign_in(&mut self, url: &Url, username: &str, password: &str) -> Result<Received, Fault> {
        let page = self.to_auth(login::visit(url)?)?;
        match self.login_forms.on(url, &page) {
            None => Ok(page),
            Some(form) => {
                let request = form.sent_by(url, username, password)?;
                self.to_auth(request)
            }
        }
    }

    fn to_backend(&mut self, call: CallId, request: Sent) -> Result<Reply, Fault> {
        self.backend.call(call, request)
    }

    fn introspection(&mut self, call: CallId) -> Result<Sent, Fault> {
        self.backend.introspection(call)
    }

    fn hold_introspection(&mut self, call: CallId, answer: Received) -> Result<(), Fault> {
        self.backend.hold(call, answer)
    }

    fn introspection_returns(&mut self, call: CallId) -> Result<Received, Fault> {
        self.backend.release(call)
    }

    fn introspection_is_lost(&mut self, call: CallId) -> Result<Received, Fault> {
        self.backend.fail(call)
    }

    /// Every handler is done at the first poll: nothing is ever inside together with anything else.
    fn abilities(&self) -> Abilities {
        Abilities { at_once: Support::No, ..Abilities::ALL }
    }

    fn reset(&mut self) -> Result<(), Fault> {
        self.backend.forget();
        self.service.reset().map_err(fault)
    }

    fn is_active(&mut self, token: &Secret) -> Result<Option<bool>, Fault> {
        let request = self.introspector.introspection(token);
        crate::servers::says_active(&self.to_auth(request)?).map(Some)
    }
}

fn fault(error: impl std::fmt::Display) -> Fault {
    Fault(error.to_string())
}
