//! How a backend reaches the AuthService: one request, one response, over HTTP or in process.
//!
//! Deliberately absent: retries. The call is answered 503, and the caller decides.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use http_body_util::{BodyExt as _, Limited};
use tower::ServiceExt as _;

/// The response to a request, in the future.
pub type Answer<'a> = Pin<Box<dyn Future<Output = Result<http::Response<Bytes>, Unreachable>> + Send + 'a>>;

/// A way to the AuthService. The target of a request is a path there, such as `/introspect`.
pub trait AuthServer: Send + Sync {
    /// Sends `request` and waits for its response.
    fn send(&self, request: http::Request<Bytes>) -> Answer<'_>;
}

/// The AuthService did not respond, or not in HTTP.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("the AuthService cannot be reached: {0}")]
pub struct Unreachable(pub String);

/// Bytes. A key set of a hundred keys is a tenth of this.
const ANSWER_LIMIT: usize = 256 * 1024;

/// How long an AuthService may take. Its slowest response here is one look-up.
const TIMEOUT: Duration = Duration::from_secs(5);

/// An AuthService over HTTP.
#[derive(Clone, Debug)]
pub struct OverHttp {
    base: String,
    client: reqwest::Client,
}

impl OverHttp {
    /// The one with its endpoints below `base`, an `http` URL without a slash at its end.
    ///
    /// # Errors
    /// [`Unreachable`] when no HTTP client can be set up.
    pub fn new(base: impl Into<String>) -> Result<Self, Unreachable> {
        let client = reqwest::Client::builder().timeout(TIMEOUT).redirect(reqwest::redirect::Policy::none()).no_proxy();
        Ok(Self { base: base.into(), client: client.build().map_err(unreachable)? })
    }

    async fn exchange(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, Unreachable> {
        let (head, body) = request.into_parts();
        let url = format!("{}{}", self.base, head.uri);
        let sent = self.client.request(head.method, url).headers(head.headers).body(body).send();
        let answer: http::Response<reqwest::Body> = sent.await.map_err(unreachable)?.into();
        collect(answer.map(Body::new)).await
    }
}

impl AuthServer for OverHttp {
    fn send(&self, request: http::Request<Bytes>) -> Answer<'_> {
        Box::pin(self.exchange(request))
    }
}

/// An AuthService in this process, called as a service.
#[derive(Clone, Debug)]
pub struct InProcess(pub Router);

impl AuthServer for InProcess {
    fn send(&self, request: http::Request<Bytes>) -> Answer<'_> {
        let router = self.0.clone();
        Box::pin(async move {
            match router.oneshot(request.map(Body::from)).await {
                Ok(answer) => collect(answer).await,
                Err(never) => match never {},
            }
        })
    }
}

async fn collect(answer: http::Response<Body>) -> Result<http::Response<Bytes>, Unreachable> {
    let (head, body) = answer.into_parts();
    let body = Limited::new(body, ANSWER_LIMIT).collect().await.map_err(unreachable)?;
    Ok(http::Response::from_parts(head, body.to_bytes()))
}

fn unreachable(error: impl fmt::Display) -> Unreachable {
    Unreachable(error.to_string())
}
