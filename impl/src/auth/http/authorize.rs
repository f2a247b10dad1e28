//! The authorization endpoint. RFC 6749 section 4.1.1, RFC 7636 section 4.3, RFC 9207.
//!
//! Invariant: nothing is remembered between the page and the answer to it; the request comes back with the answer and is
//! checked again from the start.

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use super::super::service::Authorization;
use super::super::settings::is_scope_byte;
use super::super::{AuthService, Fault, pkce};
use super::NO_STORE;
use super::error::{ErrorCode, OAuthError, Stop};
use super::page::{self, Attempt};
use super::params::Params;

/// What an authorization request is made of; the page carries these through.
const REQUEST: [&str; 7] =
    ["response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method"];

/// `GET /authorize`: the login page.
pub(super) async fn show(State(service): State<AuthService>, RawQuery(query): RawQuery) -> Result<Response, Stop> {
    let params = Params::parse(query.unwrap_or_default().as_bytes());
    match check(&service, &params)? {
        Checked::Sound(asked) => Ok(login_page(Attempt::First, &asked, &params)),
        Checked::Unsound(response) => Ok(response),
    }
}

/// `POST /authorize`: a name and a password, or a change of mind.
///
/// Rule `sign-in-needs-password`: RFC 6749 section 3.1.
pub(super) async fn sign_in(
    State(service): State<AuthService>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Stop> {
    let params = Params::of_repeating_form(&headers, &body)?;
    let asked = match check(&service, &params)? {
        Checked::Sound(asked) => asked,
        Checked::Unsound(response) => return Ok(response),
    };
    let back = Back { service: &service, redirect_uri: asked.redirect_uri, state: params.optional("state") };
    if params.optional("choice") == Some("cancel") {
        return Ok(back.error(OAuthError::new(ErrorCode::AccessDenied, "the person did not sign in")));
    }
    let username = params.optional("username").unwrap_or_default();
    let password = params.optional("password").unwrap_or_default();
    match service.sign_in(username, password, &asked)? {
        Some(code) => Ok(back.redirect(&[("code", code.expose())])),
        None => Ok(login_page(Attempt::Failed, &asked, &params)),
    }
}

fn login_page(attempt: Attempt, asked: &Authorization<'_>, params: &Params) -> Response {
    let hidden = REQUEST.iter().filter_map(|&name| Some((name, params.optional(name)?)));
    page::login(attempt, asked.client_id, hidden)
}

enum Checked<'a> {
    Sound(Authorization<'a>),
    /// With what to answer instead.
    Unsound(Response),
}

fn check<'a>(service: &'a AuthService, params: &'a Params) -> Result<Checked<'a>, Fault> {
    let (client_id, redirect_uri) = match recipient(service, params)? {
        Ok(recipient) => recipient,
        Err(what) => return Ok(Checked::Unsound(page::bad_request(what))),
    };
    let back = Back { service, redirect_uri, state: params.optional("state") };
    Ok(match request(service, params) {
        Ok((scope, challenge)) => Checked::Sound(Authorization { client_id, redirect_uri, scope, challenge }),
        Err(error) => Checked::Unsound(back.error(error)),
    })
}

/// Whom the answer may be sent to. Until that is known, nothing is redirected. RFC 6749 section 4.1.2.1, RFC 9700 section 4.11.
fn recipient<'a>(service: &AuthService, params: &'a Params) -> Result<Result<(&'a str, &'a str), &'static str>, Fault> {
    if params.is_repeated("client_id") || params.is_repeated("redirect_uri") {
        return Ok(Err("client_id or redirect_uri is repeated."));
    }
    let (Some(client_id), Some(redirect_uri)) = (params.optional("client_id"), params.optional("redirect_uri")) else {
        return Ok(Err("client_id or redirect_uri is missing."));
    };
    if !service.has_redirect_uri(client_id, redirect_uri)? {
        return Ok(Err("There is no such client, or it has no such redirect_uri."));
    }
    Ok(Ok((client_id, redirect_uri)))
}

/// The scope and the challenge that are asked for.
fn request<'a>(service: &'a AuthService, params: &'a Params) -> Result<(&'a str, &'a str), OAuthError> {
    params.check_not_repeated()?;
    if params.required("response_type", "response_type is missing")? != "code" {
        return Err(OAuthError::new(ErrorCode::UnsupportedResponseType, "offered is code"));
    }
    let challenge = params.required("code_challenge", "code_challenge is missing: PKCE is required")?;
    if params.optional("code_challenge_method") != Some("S256") {
        return Err(OAuthError::invalid_request("code_challenge_method must be S256"));
    }
    if !pkce::is_challenge(challenge) {
        return Err(OAuthError::invalid_request("code_challenge is not a SHA-256 in base64url"));
    }
    let offered = service.settings().scope.as_str();
    let scope = params.optional("scope").unwrap_or(offered);
    let known = |token: &str| token.bytes().all(is_scope_byte) && offered.split(' ').any(|known| known == token);
    if !scope.split(' ').all(known) {
        return Err(OAuthError::new(ErrorCode::InvalidScope, "an unknown scope"));
    }
    Ok((scope, challenge))
}

/// The way back to the client.
struct Back<'a> {
    service: &'a AuthService,
    redirect_uri: &'a str,
    state: Option<&'a str>,
}

impl Back<'_> {
    fn error(&self, error: OAuthError) -> Response {
        self.redirect(&[("error", error.code.as_str()), ("error_description", error.description)])
    }

    /// 303, so that the browser leaves the password behind (RFC 9700 section 4.12), and says who answers (RFC 9207 section 2).
    fn redirect(&self, answer: &[(&str, &str)]) -> Response {
        let mut to = url::Url::parse(self.redirect_uri).expect("a registered URI was parsed, and its port is a number");
        to.query_pairs_mut()
            .extend_pairs(answer)
            .extend_pairs(self.state.map(|state| ("state", state)))
            .append_pair("iss", &self.service.settings().issuer);
        (StatusCode::SEE_OTHER, NO_STORE, [(LOCATION, to.as_str())]).into_response()
    }
}
