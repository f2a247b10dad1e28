//! The reference in this process: the real routers called as services, the real GUI, and a clock turned by hand.
//!
//! Every handler is done at the first poll, except the backend's while it waits for an introspection: that one is kept, and polled again
//! when its answer is released. So nothing here needs a thread, a timer or a runtime.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use authloom_model::{CallId, Spec};
use authloom_reference::auth::{self, AuthService, Decisions, Demo};
use authloom_reference::backend::{self, AuthServer, Backend, Judge, Unreachable};
use authloom_reference::clock::{Clock, HandClock, Timestamp};
use authloom_reference::gui::{self, Client, Gui};
use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use super::browser::{Browser, Carrier, Person, Reply};
use super::settings::{Places, auth_settings, backend_settings, gui_settings};
use super::wire::{Received, Sent};
use super::{Fault, Secret};

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
    /// How long a tick is.
    pub tick: Duration,
}

impl Parts {
    /// The parts of the reference that obeys a policy.
    ///
    /// # Errors
    /// When one of its addresses is no URL.
    pub fn of(spec: &Spec) -> Result<Self, Fault> {
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
            tick: spec.ticks.tick,
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
        let clock = HandClock::starting_at(START);
        let chance = auth::Chance::seeded(SEED);
        let keys = auth::Keys::generate(&chance).map_err(fault)?;
        let service = AuthService::new(auth::Parts {
            settings: parts.auth,
            store: auth::Store::in_memory().map_err(fault)?,
            clock: Arc::new(clock.clone()),
            chance,
            keys,
            decisions: parts.decisions,
        });
        let service = service.map_err(fault)?;
        let redirect_uri = places().redirect_uri;
        Demo { redirect_uris: &[&redirect_uri], backend_secret: BACKEND_SECRET }.enter(&service).map_err(fault)?;
        let auth = (parts.around_auth)(service.router());
        let gate = Arc::new(Gate { auth: auth.clone(), asked: Mutex::default() });
        let backend = Backend::new(backend::Parts {
            settings: parts.backend,
            auth_server: Arc::clone(&gate) as Arc<dyn AuthServer>,
            clock: (parts.backend_clock)(clock.clone()),
            judge: parts.judge,
        });
        let backend = (parts.around_backend)(backend.router());
        let carrier = InProcess { clock, service, auth, backend, gate, waiting: BTreeMap::new() };
        let password = Secret::new(Demo::PASSWORD);
        let person = Person { username: Demo::USERNAME.to_owned(), password };
        Ok(Self::over(parts.client, parts.gui, person, parts.tick, carrier))
    }
}

/// Messages carried by a call.
pub struct InProcess {
    clock: HandClock,
    service: AuthService,
    auth: Router,
    backend: Router,
    gate: Arc<Gate>,
    waiting: BTreeMap<CallId, Waiting>,
}

/// A call that waits at the backend for its introspection.
struct Waiting {
    handler: Pin<Box<dyn Future<Output = Result<Received, Fault>>>>,
    request: Sent,
    answer: Arc<Slot>,
    held: Option<Received>,
}

/// Where the answer to an introspection is put when it is released.
type Slot = Mutex<Option<Result<Received, Unreachable>>>;

/// The backend's way to the AuthService: keys pass, an introspection is held.
struct Gate {
    auth: Router,
    asked: Mutex<Option<(Sent, Arc<Slot>)>>,
}

impl AuthServer for Gate {
    fn send(&self, request: Sent) -> backend::Answer<'_> {
        if request.uri().path() != "/introspect" {
            let auth = self.auth.clone();
            return Box::pin(async move { serve(auth, request).await.map_err(|fault| Unreachable(fault.0)) });
        }
        let slot = Arc::new(Slot::default());
        *self.asked.lock().unwrap_or_else(PoisonError::into_inner) = Some((request, Arc::clone(&slot)));
        Box::pin(std::future::poll_fn(move |_| match slot.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(answer) => Poll::Ready(answer),
            None => Poll::Pending,
        }))
    }
}

impl InProcess {
    fn released(&mut self, call: CallId, answer: Result<Received, Unreachable>) -> Result<Received, Fault> {
        let mut waiting = self.take(call)?;
        *waiting.answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
        match poll(waiting.handler.as_mut()) {
            Poll::Ready(answer) => answer,
            Poll::Pending => Err(Fault("the backend asks the AuthService once more".to_owned())),
        }
    }

    fn take(&mut self, call: CallId) -> Result<Waiting, Fault> {
        self.waiting.remove(&call).ok_or_else(|| Fault(format!("{call:?} does not wait for an introspection")))
    }
}

impl Carrier for InProcess {
    fn name(&self) -> &'static str {
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

    fn to_backend(&mut self, call: CallId, request: Sent) -> Result<Reply, Fault> {
        let mut handler: Pin<Box<dyn Future<Output = _>>> = Box::pin(serve(self.backend.clone(), request));
        if let Poll::Ready(answer) = poll(handler.as_mut()) {
            return answer.map(Reply::Answers);
        }
        let asked = self.gate.asked.lock().unwrap_or_else(PoisonError::into_inner).take();
        let (request, answer) = asked.ok_or_else(|| Fault("the backend waits for nobody".to_owned()))?;
        self.waiting.insert(call, Waiting { handler, request: request.clone(), answer, held: None });
        Ok(Reply::Introspects(request))
    }

    fn introspection_arrives(&mut self, call: CallId) -> Result<Received, Fault> {
        let mut waiting = self.take(call)?;
        let answer = self.to_auth(waiting.request.clone())?;
        waiting.held = Some(answer.clone());
        self.waiting.insert(call, waiting);
        Ok(answer)
    }

    fn introspection_returns(&mut self, call: CallId) -> Result<Received, Fault> {
        let held = self.waiting.get_mut(&call).and_then(|waiting| waiting.held.take());
        let held = held.ok_or_else(|| Fault(format!("the introspection of {call:?} has not arrived")))?;
        self.released(call, Ok(held))
    }

    fn introspection_is_lost(&mut self, call: CallId) -> Result<Received, Fault> {
        self.released(call, Err(Unreachable("the message is lost".to_owned())))
    }

    fn reset(&mut self) -> Result<(), Fault> {
        self.waiting.clear();
        self.service.reset().map_err(fault)
    }

    fn is_active(&mut self, token: &Secret) -> Result<bool, Fault> {
        let request = super::introspection(token, Demo::BACKEND, BACKEND_SECRET)?;
        super::says_active(&self.to_auth(request)?)
    }
}

async fn serve(router: Router, request: Sent) -> Result<Received, Fault> {
    let Ok(answer) = router.oneshot(request.map(Body::from)).await;
    let (head, body) = answer.into_parts();
    let body: Bytes = body.collect().await.map_err(fault)?.to_bytes();
    Ok(http::Response::from_parts(head, body))
}

/// The outcome of a future that waits for nothing.
fn at_once<T>(future: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
    match poll(pin!(future)) {
        Poll::Ready(outcome) => outcome,
        Poll::Pending => Err(Fault("the AuthService does not answer at once".to_owned())),
    }
}

fn poll<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

fn fault(error: impl std::fmt::Display) -> Fault {
    Fault(error.to_string())
}
