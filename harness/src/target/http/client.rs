//! One request over a socket, and its whole answer. Connections are kept.
//!
//! Deliberately absent: redirects, retries and proxies. What is sent is sent once, and what comes back is what was answered.

use http::header::{CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName};
use reqwest::redirect::Policy;

use super::super::Fault;
use super::super::wire::{Received, Sent};

/// Headers that are about a connection and its framing, not about the message. RFC 9110 section 7.6.1.
const OF_A_CONNECTION: [HeaderName; 4] = [CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING];

/// A way to every server. Clones share their connections.
#[derive(Clone, Debug)]
pub(super) struct Client(reqwest::Client);

impl Client {
    pub(super) fn new() -> Result<Self, Fault> {
        let client = reqwest::Client::builder().redirect(Policy::none()).no_proxy().build();
        Ok(Self(client.map_err(fault)?))
    }

    /// Sends a request, to `base` where it names no server itself.
    pub(super) async fn exchange(&self, base: &str, request: Sent) -> Result<Received, Fault> {
        let (head, body) = request.into_parts();
        let url = match head.uri.authority() {
            Some(_) => head.uri.to_string(),
            None => format!("{base}{}", head.uri),
        };
        let sent = self.0.request(head.method, url).headers(of_the_message(head.headers)).body(body).send();
        let mut answer = sent.await.map_err(fault)?;
        let (status, headers) = (answer.status(), of_the_message(std::mem::take(answer.headers_mut())));
        let mut received = Received::new(answer.bytes().await.map_err(fault)?);
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
fn fault(error: reqwest::Error) -> Fault {
    let error = error.without_url();
    let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
    Fault(format!("no answer: {error}{cause}"))
}
