//! HTTP as a browser without cookies speaks it: one request, one response, and the way through the AuthService's login page.
//!
//! Invariant: a response is either whole or lost; no redirect is followed for a message that carries a token.
//! Deliberately absent: retries, which are the machine's decision.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::LOCATION;
use http::{Request, Response, StatusCode};
use url::Url;

use super::login::{Credentials, FillIn, OtherOrigin, check_origin, leads_back};

/// Bytes. More than any list of items or login page has; a longer response counts as lost.
const ANSWER_LIMIT: usize = 1024 * 1024;

/// How long a server may take. A password check is the slowest that any of them does.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The most pages and redirects of a sign-in. More are taken for a loop.
const STEPS_OF_A_SIGN_IN: usize = 8;

/// No HTTP client can be set up.
#[derive(Debug, thiserror::Error)]
#[error("no HTTP client: {0}")]
pub struct NoWire(#[source] reqwest::Error);

/// The request or its response was lost.
#[derive(Debug)]
pub(super) struct Lost;

/// The HTTP client for all servers.
#[derive(Clone, Debug)]
pub(super) struct Wire(reqwest::Client);

impl Wire {
    pub(super) fn new() -> Result<Self, NoWire> {
        let client = reqwest::Client::builder().timeout(TIMEOUT).redirect(reqwest::redirect::Policy::none()).no_proxy();
        Ok(Self(client.build().map_err(NoWire)?))
    }

    /// Sends a request and waits for the whole response.
    pub(super) async fn exchange(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Lost> {
        let request = reqwest::Request::try_from(request).map_err(|_| Lost)?;
        let mut answer = self.0.execute(request).await.map_err(|_| Lost)?;
        let mut body = BytesMut::new();
        while let Some(chunk) = answer.chunk().await.map_err(|_| Lost)? {
            if body.len() + chunk.len() > ANSWER_LIMIT {
                return Err(Lost);
            }
            body.extend_from_slice(&chunk);
        }
        let mut whole = Response::new(body.freeze());
        *whole.status_mut() = answer.status();
        *whole.headers_mut() = answer.headers().clone();
        Ok(whole)
    }

    /// Signs in with the authorization request `asked` and returns the URL of the redirect back; `None` if there is none.
    ///
    /// # Errors
    /// When the login form goes to another origin.
    pub(super) async fn sign_in(
        &self,
        asked: &Url,
        credentials: &Credentials,
        fill_in: &FillIn,
    ) -> Result<Option<Url>, OtherOrigin> {
        let mut at = asked.clone();
        let mut next = page(&at);
        let mut form_was_sent = false;
        for _ in 0..STEPS_OF_A_SIGN_IN {
            let Some(request) = next else { return Ok(None) };
            let Ok(answer) = self.exchange(request).await else { return Ok(None) };
            if let Some(to) = redirection(&at, &answer) {
                if leads_back(asked, &to) {
                    return Ok(Some(to));
                }
                next = page(&to);
                at = to;
                continue;
            }
            if answer.status() != StatusCode::OK || form_was_sent {
                return Ok(None);
            }
            let Some(form) = fill_in(&at, &answer, credentials) else { return Ok(None) };
            check_origin(asked, &form)?;
            let Ok(to) = Url::parse(&form.uri().to_string()) else { return Ok(None) };
            at = to;
            next = Some(form);
            form_was_sent = true;
        }
        Ok(None)
    }
}

/// The request for a page.
fn page(at: &Url) -> Option<Request<Bytes>> {
    Request::get(at.as_str()).body(Bytes::new()).ok()
}

/// Where a response redirects the browser to, if it does.
fn redirection(at: &Url, answer: &Response<Bytes>) -> Option<Url> {
    if !answer.status().is_redirection() {
        return None;
    }
    let location = answer.headers().get(LOCATION)?.to_str().ok()?;
    at.join(location).ok()
}
