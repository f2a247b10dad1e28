//! One request over a socket, and its whole answer up to [`MOST_BYTES`]. Connections are kept.
//!
//! Deliberately absent: redirects, retries and proxies. What is sent is sent once, and what comes back is what was answered.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::future::join_all;
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName};
use http_body::{Frame, SizeHint};
use reqwest::redirect::Policy;
use tokio::sync::Barrier;
use tokio::time::timeout;

use crate::servers::Fault;
use crate::servers::http::wire::{Received, Sent};
use crate::stop::{Stop, StoppedBy};

/// Bytes of an answer that are read. The longest page or token that makes sense is a hundredth of it.
pub(in crate::servers) const MOST_BYTES: usize = 1024 * 1024;

/// Why there is no whole answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::servers) enum NoAnswer {
    /// Nobody listens there, or the connection cannot be made safe.
    Unreachable(String),
    /// The server took the request and did not answer it as HTTP has it.
    Broken(String),
    /// The word to stop came first.
    Stopped(StoppedBy),
}

impl From<NoAnswer> for Fault {
    fn from(why: NoAnswer) -> Self {
        match why {
            NoAnswer::Unreachable(why) | NoAnswer::Broken(why) => Self(format!("no answer: {why}")),
            NoAnswer::Stopped(by) => Self::stopped(by),
        }
    }
}

/// Headers that are about a connection and its framing, not about the message. RFC 9110 section 7.6.1.
const OF_A_CONNECTION: [HeaderName; 4] = [CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING];

/// A way to every server. Clones share their connections.
#[derive(Clone, Debug)]
pub(in crate::servers) struct Client {
    http: reqwest::Client,
    stop: Stop,
}

impl Client {
    /// A way to every server whose certificate the machine trusts.
    pub(in crate::servers) fn new() -> Result<Self, Fault> {
        Self::with(Vec::new())
    }

    /// A way to those, too, for whom an authority of these vouches: certificates in PEM, one after the other.
    pub(in crate::servers) fn trusting(authorities: &[u8]) -> Result<Self, Fault> {
        let wrong = |why: String| Fault(format!("no certificates as PEM has them: {why}"));
        let authorities = reqwest::Certificate::from_pem_bundle(authorities).map_err(|error| wrong(causes(&error)))?;
        if authorities.is_empty() {
            return Err(wrong("there is none".to_owned()));
        }
        Self::with(authorities)
    }

    fn with(authorities: Vec<reqwest::Certificate>) -> Result<Self, Fault> {
        let fault = |error: reqwest::Error| Fault(format!("no HTTP client: {}", causes(&error)));
        let client = reqwest::Client::builder().redirect(Policy::none()).no_proxy().tls_certs_merge(authorities);
        Ok(Self { http: client.build().map_err(fault)?, stop: Stop::NEVER })
    }

    /// The same, but that no answer is waited for once the word to stop has come.
    pub(in crate::servers) fn until(self, stop: Stop) -> Self {
        Self { stop, ..self }
    }

    /// Returns once nothing is to be waited for any more.
    pub(in crate::servers) async fn stopped(&self) -> StoppedBy {
        self.stop.given().await
    }

    /// Sends a request, to `base` where it names no server itself.
    pub(in crate::servers) async fn exchange(&self, base: &str, request: Sent) -> Result<Received, NoAnswer> {
        let (head, body) = request.into_parts();
        self.send(base, head, body.into()).await
    }

    /// Sends a request, and waits so long for its answer.
    pub(in crate::servers) async fn in_time(
        &self,
        base: &str,
        request: Sent,
        patience: Duration,
    ) -> Result<Received, NoAnswer> {
        self.within(patience, self.exchange(base, request)).await
    }

    /// Sends requests so that they are inside the server at once: of each but the last byte, and when that much of all is on its way, the
    /// last bytes. What comes of each is told in the order of the requests.
    pub(in crate::servers) async fn at_once(
        &self,
        base: &str,
        requests: Vec<Sent>,
        patience: Duration,
    ) -> Vec<Result<Received, NoAnswer>> {
        let gate = Arc::new(Barrier::new(requests.len()));
        let exchanges = requests.into_iter().map(|request| {
            let (head, body) = request.into_parts();
            let body = reqwest::Body::wrap(AllButItsLastByte::of(body, Arc::clone(&gate)));
            self.within(patience, self.send(base, head, body))
        });
        join_all(exchanges).await
    }

    async fn send(&self, base: &str, head: http::request::Parts, body: reqwest::Body) -> Result<Received, NoAnswer> {
        let url = match head.uri.authority() {
            Some(_) => head.uri.to_string(),
            None => format!("{base}{}", head.uri),
        };
        let sent = self.http.request(head.method, url).headers(of_the_message(head.headers)).body(body).send();
        let mut answer = sent.await.map_err(no_answer)?;
        let (status, headers) = (answer.status(), of_the_message(std::mem::take(answer.headers_mut())));
        let mut body = BytesMut::new();
        while let Some(chunk) = answer.chunk().await.map_err(no_answer)? {
            if body.len() + chunk.len() > MOST_BYTES {
                return Err(NoAnswer::Broken(format!("{status} with a body of more than {MOST_BYTES} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        let mut received = Received::new(body.freeze());
        *received.status_mut() = status;
        *received.headers_mut() = headers;
        Ok(received)
    }

    async fn within(
        &self,
        patience: Duration,
        exchange: impl Future<Output = Result<Received, NoAnswer>>,
    ) -> Result<Received, NoAnswer> {
        tokio::select! {
            outcome = timeout(patience, exchange) => {
                outcome.unwrap_or_else(|_| Err(NoAnswer::Broken(format!("no answer within {patience:?}"))))
            }
            by = self.stopped() => Err(NoAnswer::Stopped(by)),
        }
    }
}

/// A body that keeps its last byte back until a gate opens.
struct AllButItsLastByte {
    first: Bytes,
    last: Bytes,
    gate: Pin<Box<dyn Future<Output = ()> + Send + Sync>>,
}

impl AllButItsLastByte {
    fn of(mut body: Bytes, gate: Arc<Barrier>) -> Self {
        let last = body.split_off(body.len().saturating_sub(1));
        let gate = async move {
            gate.wait().await;
            // Whoever comes last to the gate has still to send the beginning.
            tokio::task::yield_now().await;
        };
        Self { first: body, last, gate: Box::pin(gate) }
    }
}

impl http_body::Body for AllButItsLastByte {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if !self.first.is_empty() {
            return Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut self.first)))));
        }
        if self.last.is_empty() {
            return Poll::Ready(None);
        }
        if self.gate.as_mut().poll(context).is_pending() {
            return Poll::Pending;
        }
        Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut self.last)))))
    }

    fn is_end_stream(&self) -> bool {
        self.first.is_empty() && self.last.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact((self.first.len() + self.last.len()) as u64)
    }
}

fn of_the_message(mut headers: HeaderMap) -> HeaderMap {
    for name in OF_A_CONNECTION {
        headers.remove(name);
    }
    headers
}

/// An error with all that led to it.
fn causes(error: &dyn std::error::Error) -> String {
    let mut why = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        why = format!("{why}: {deeper}");
        cause = deeper.source();
    }
    why
}

/// Without the address: there may be a state in it.
fn no_answer(error: reqwest::Error) -> NoAnswer {
    let is_connect = error.is_connect() || error.is_builder();
    let why = causes(&error.without_url());
    if is_connect { NoAnswer::Unreachable(why) } else { NoAnswer::Broken(why) }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    fn next(body: &mut AllButItsLastByte, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let frame = http_body::Body::poll_frame(Pin::new(body), context);
        frame.map(|frame| frame.map(|frame| frame.unwrap().into_data().unwrap()))
    }

    #[tokio::test]
    async fn no_last_byte_goes_before_all_else_of_every_request_has_gone() {
        let gate = Arc::new(Barrier::new(2));
        let of = |text: &'static str| AllButItsLastByte::of(Bytes::from_static(text.as_bytes()), Arc::clone(&gate));
        let (mut one, mut other) = (of("token=1"), of("token=2"));
        poll_fn(|context| {
            assert_eq!(http_body::Body::size_hint(&one).exact(), Some(7));
            assert_eq!(next(&mut one, context), Poll::Ready(Some(Bytes::from("token="))));
            assert_eq!(next(&mut one, context), Poll::Pending);
            assert_eq!(next(&mut one, context), Poll::Pending);
            assert_eq!(next(&mut other, context), Poll::Ready(Some(Bytes::from("token="))));
            // Even the last one to come waits for what it has sent to be on its way.
            assert_eq!(next(&mut other, context), Poll::Pending);
            assert_eq!(next(&mut one, context), Poll::Pending);
            Poll::Ready(())
        })
        .await;
        assert_eq!(poll_fn(|context| next(&mut other, context)).await, Some(Bytes::from("2")));
        assert_eq!(poll_fn(|context| next(&mut one, context)).await, Some(Bytes::from("1")));
        assert_eq!(poll_fn(|context| next(&mut one, context)).await, None);
    }
}
