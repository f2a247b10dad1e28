//! What stands between the backend and the AuthService: holds each introspection until it is told what becomes of it, and lets everything
//! else pass.
//!
//! Who asks is not looked at: one call at a time is sent to the backend, so the next introspection is that call's, even where two calls
//! show the same token.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::serve::ListenerExt as _;
use bytes::Bytes;
use http_body::Frame;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::servers::Fault;
use crate::servers::http::client::Client;
use crate::servers::http::wire::{Received, Sent};

/// Introspections that may wait to be noticed. One does, since calls are sent one at a time; the others are leftovers of a broken run.
const UNNOTICED: usize = 64;

/// Where our AuthService takes introspections.
const INTROSPECTION: &str = "/introspect";

/// An introspection that is held.
pub(in crate::servers) struct HeldIntrospection {
    /// What the backend sent.
    pub(in crate::servers) request: Sent,
    /// Where its answer goes. Dropped, it breaks the connection.
    pub(in crate::servers) release: oneshot::Sender<Received>,
}

/// A running proxy.
pub(in crate::servers) struct Proxy {
    url: String,
    auth: Arc<Mutex<Option<String>>>,
    introspections: mpsc::Receiver<HeldIntrospection>,
    serving: JoinHandle<()>,
}

#[derive(Clone)]
struct Passage {
    client: Client,
    auth: Arc<Mutex<Option<String>>>,
    introspections: mpsc::Sender<HeldIntrospection>,
}

impl Passage {
    async fn pass(&self, message: Sent) -> Response {
        let auth = self.auth.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(auth) = auth else {
            return (StatusCode::SERVICE_UNAVAILABLE, "the AuthService is not there yet").into_response();
        };
        match self.client.exchange(&auth, message).await {
            Ok(answer) => answer.map(Body::from),
            Err(why) => (StatusCode::BAD_GATEWAY, Fault::from(why).0).into_response(),
        }
    }
}

impl Proxy {
    /// Listens at an address, before an AuthService that is still to be named.
    pub(in crate::servers) async fn open(client: Client, at: SocketAddr) -> Result<Self, Fault> {
        let fault = |error| Fault(format!("cannot listen at {at}: {error}"));
        let listener = TcpListener::bind(at).await.map_err(fault)?;
        let url = format!("http://{}", listener.local_addr().map_err(fault)?);
        let listener = listener.tap_io(|socket| {
            // Without it the connection is slower and as good.
            let _ = socket.set_nodelay(true);
        });
        let (tell, introspections) = mpsc::channel(UNNOTICED);
        let auth = Arc::default();
        let passage = Passage { client, auth: Arc::clone(&auth), introspections: tell };
        let router = Router::new().route(INTROSPECTION, post(hold)).fallback(pass).with_state(passage);
        let serving = tokio::spawn(async move {
            // It ends by being aborted.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { url, auth, introspections, serving })
    }

    /// Where it listens, without a slash at the end.
    pub(in crate::servers) fn url(&self) -> &str {
        &self.url
    }

    /// Names the AuthService that messages go to from now on.
    pub(in crate::servers) fn forward_to(&self, auth: &str) {
        *self.auth.lock().unwrap_or_else(PoisonError::into_inner) = Some(auth.to_owned());
    }

    /// The next introspection.
    pub(in crate::servers) async fn next(&mut self) -> Option<HeldIntrospection> {
        self.introspections.recv().await
    }

    /// Breaks the connection of every introspection that nobody has noticed.
    pub(in crate::servers) fn forget(&mut self) {
        while self.introspections.try_recv().is_ok() {}
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn hold(State(passage): State<Passage>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let (release, released) = oneshot::channel();
    let held = HeldIntrospection { request: message(method, uri, headers, body), release };
    if passage.introspections.send(held).await.is_err() {
        return broken();
    }
    released.await.map_or_else(|_| broken(), |answer| answer.map(Body::from))
}

async fn pass(State(passage): State<Passage>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    passage.pass(message(method, uri, headers, body)).await
}

fn message(method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Sent {
    let mut message = Sent::new(body);
    *message.method_mut() = method;
    *message.uri_mut() = uri;
    *message.headers_mut() = headers;
    message
}

/// An answer that breaks the connection.
fn broken() -> Response {
    Response::new(Body::new(Broken))
}

/// A body that fails before its first byte. A server has no other way to give a connection up.
struct Broken;

impl http_body::Body for Broken {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        Poll::Ready(Some(Err(io::Error::from(io::ErrorKind::ConnectionReset))))
    }
}
