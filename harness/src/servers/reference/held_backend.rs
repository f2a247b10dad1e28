//! The reference's backend in this process, whose introspections are held until it is told what becomes of them.
//!
//! Its handler is done at the first poll, except while it waits for an introspection: that one is kept, and polled again when its
//! answer is released.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use authloom_model::CallId;
use authloom_reference::backend::{self, AuthServer, Backend, Judge, Settings, Unreachable};
use authloom_reference::clock::Clock;
use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use crate::servers::Fault;
use crate::servers::browser::carrier::Reply;
use crate::servers::http::wire::{Received, Sent};

/// A backend that waits for nobody but us.
pub(in crate::servers) struct HeldBackend {
    router: Router,
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

/// The backend's way to the AuthService: an introspection is held, everything else passes to an AuthService in this process.
struct Gate {
    auth: Option<Router>,
    asked: Mutex<Option<(Sent, Arc<Slot>)>>,
}

impl AuthServer for Gate {
    fn send(&self, request: Sent) -> backend::Answer<'_> {
        if request.uri().path() != "/introspect" {
            let Some(auth) = self.auth.clone() else {
                return Box::pin(async { Err(Unreachable("it is not in this process".to_owned())) });
            };
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

impl HeldBackend {
    /// A backend before an AuthService, which is in this process or is only introspected.
    pub(in crate::servers) fn new(
        settings: Settings,
        auth: Option<Router>,
        clock: Arc<dyn Clock>,
        judge: Arc<dyn Judge>,
        around: fn(Router) -> Router,
    ) -> Self {
        let gate = Arc::new(Gate { auth, asked: Mutex::default() });
        let auth_server = Arc::clone(&gate) as Arc<dyn AuthServer>;
        let backend = Backend::new(backend::Parts { settings, auth_server, clock, judge });
        Self { router: around(backend.router()), gate, waiting: BTreeMap::new() }
    }

    /// Brings a call to it.
    pub(in crate::servers) fn call(&mut self, call: CallId, request: Sent) -> Result<Reply, Fault> {
        let mut handler: Pin<Box<dyn Future<Output = _>>> = Box::pin(serve(self.router.clone(), request));
        if let Poll::Ready(answer) = poll(handler.as_mut()) {
            return answer.map(Reply::Answers);
        }
        let asked = self.gate.asked.lock().unwrap_or_else(PoisonError::into_inner).take();
        let (request, answer) = asked.ok_or_else(|| Fault("the backend waits for nobody".to_owned()))?;
        self.waiting.insert(call, Waiting { handler, request: request.clone(), answer, held: None });
        Ok(Reply::Introspects(request))
    }

    /// The introspection that a call waits for.
    pub(in crate::servers) fn introspection(&self, call: CallId) -> Result<Sent, Fault> {
        self.waiting.get(&call).map(|waiting| waiting.request.clone()).ok_or_else(|| not_waiting(call))
    }

    /// Holds its answer.
    pub(in crate::servers) fn hold(&mut self, call: CallId, answer: Received) -> Result<(), Fault> {
        self.waiting.get_mut(&call).ok_or_else(|| not_waiting(call))?.held = Some(answer);
        Ok(())
    }

    /// Lets it have the held answer; it answers the call.
    pub(in crate::servers) fn release(&mut self, call: CallId) -> Result<Received, Fault> {
        let held = self.waiting.get_mut(&call).and_then(|waiting| waiting.held.take());
        let held = held.ok_or_else(|| Fault(format!("the introspection of {call:?} has not arrived")))?;
        self.told(call, Ok(held))
    }

    /// Lets it know that the introspection failed; it answers the call.
    pub(in crate::servers) fn fail(&mut self, call: CallId) -> Result<Received, Fault> {
        self.told(call, Err(Unreachable("the message is lost".to_owned())))
    }

    /// Drops every call that waits.
    pub(in crate::servers) fn forget(&mut self) {
        self.waiting.clear();
    }

    fn told(&mut self, call: CallId, answer: Result<Received, Unreachable>) -> Result<Received, Fault> {
        let mut waiting = self.waiting.remove(&call).ok_or_else(|| not_waiting(call))?;
        *waiting.answer.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
        match poll(waiting.handler.as_mut()) {
            Poll::Ready(answer) => answer,
            Poll::Pending => Err(Fault("the backend asks the AuthService once more".to_owned())),
        }
    }
}

fn not_waiting(call: CallId) -> Fault {
    Fault(format!("{call:?} does not wait for an introspection"))
}

/// Calls a router as a service.
pub(in crate::servers) async fn serve(router: Router, request: Sent) -> Result<Received, Fault> {
    let Ok(answer) = router.oneshot(request.map(Body::from)).await;
    let (head, body) = answer.into_parts();
    let body: Bytes = body.collect().await.map_err(|error| Fault(error.to_string()))?.to_bytes();
    Ok(http::Response::from_parts(head, body))
}

/// The outcome of a future that waits for nothing.
pub(in crate::servers) fn at_once<T>(future: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
    match poll(pin!(future)) {
        Poll::Ready(outcome) => outcome,
        Poll::Pending => Err(Fault("the AuthService does not answer at once".to_owned())),
    }
}

fn poll<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}
