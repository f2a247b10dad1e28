//! One request over a socket, and its whole answer up to [`MOST_BYTES`]. Connections are kept.
//!
//! Deliberately absent: redirects, retries and proxies. What is sent is sent once, and what comes back is what was answered.

use bytes::BytesMut;
use http::header::{CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName};
use reqwest::redirect::Policy;

use super::Fault;
use super::wire::{Received, Sent};

/// Bytes of an answer that are read. The longest page or token that makes sense is a hundredth of it.
pub(super) const MOST_BYTES: usize = 1024 * 1024;

/// Why there is no whole answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum NoAnswer {
    /// Nobody listens there, or the connection cannot be made safe.
    Unreachable(String),
    /// The server took the request and did not answer it as HTTP has it.
    Broken(String),
}

impl From<NoAnswer> for Fault {
    fn from(why: NoAnswer) -> Self {
        match why {
            NoAnswer::Unreachable(why) | NoAnswer::Broken(why) => Self(format!("no answer: {why}")),
        }
    }
}

/// Headers that are about a connection and its framing, not about the message. RFC 9110 section 7.6.1.
const OF_A_CONNECTION: [HeaderName; 4] = [CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING];

/// A way to every server. Clones share their connections.
#[derive(Clone, Debug)]
pub(super) struct Client(reqwest::Client);

impl Client {
    pub(super) fn new() -> Result<Self, Fault> {
        let client = reqwest::Client::builder().redirect(Policy::none()).no_proxy().build();
        Ok(Self(client.map_err(|error| Fault(format!("no HTTP client: {error}")))?))
    }

    /// Sends a request, to `base` where it names no server itself.
    pub(super) async fn exchange(&self, base: &str, request: Sent) -> Result<Received, NoAnswer> {
        let (head, body) = request.into_parts();
        let url = match head.uri.authority() {
            Some(_) => head.uri.to_string(),
            None => format!("{base}{}", head.uri),
        };
        let sent = self.0.request(head.method, url).headers(of_the_message(head.headers)).body(body).send();
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
}

fn of_the_message(mut headers: HeaderMap) -> HeaderMap {
    for name in OF_A_CONNECTION {
        headers.remove(name);
    }
    headers
}

/// Without the address: there may be a state in it.
fn no_answer(error: reqwest::Error) -> NoAnswer {
    let is_connect = error.is_connect() || error.is_builder();
    let error = error.without_url();
    let mut why = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(deeper) = cause {
        why = format!("{why}: {deeper}");
        cause = deeper.source();
    }
    if is_connect { NoAnswer::Unreachable(why) } else { NoAnswer::Broken(why) }
}
