//! The authorization endpoint. RFC 6749 section 4.1.1, RFC 7636 section 4.3, RFC 9207.
//!
//! Invariant: nothing is stored between the login page and its form; the form carries the authorization request, which is
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

/// The parameters of an authorization request, which the login form carries along.
const REQUEST: [&str; 7] =
    ["response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method"];

/// `GET /authorize`: the login page.
pub(super) async fn show(State(service): State<AuthService>, RawQuery(query): RawQuery) -> Result<Response, Stop> {
    let query = query.unwrap_or_default();
    let params = Params::parse(query.as_bytes());
    match check(&service, &params)? {
        Checked::Valid(asked) => Ok(login_page(Attempt::First, &asked, &params)),
        Checked::Invalid(response) => Ok(response),
    }
}

/// `POST /authorize`: the login form, filled in or cancelled.
///
/// Rule `sign-in-needs-password`: RFC 6749 section 3.1.
pub(super) async fn sign_in(
    State(service): State<AuthService>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Stop> {
    let params = Params::of_repeating_form(&headers, &body)?;
    let asked = match check(&service, &params)? {
        Checked::Valid(asked) => asked,
        Checked::Invalid(response) => return Ok(response),
    };
    let back = Back { service: &service, redirect_uri: asked.redirect_uri, state: params.optional("state") };
    if params.optional("choice") == Some("cancel") {
        return Ok(back.error(OAuthError::new(ErrorCode::AccessDenied, "the user cancelled the sign-in")));
    }
    let username = params.optional("username").unwrap_or_default();
    let password = params.optional("password").unwrap_or_default();
    match service.sign_in(username, password, &asked)? {
        Some(code) => Ok(back.redirect(&[("code", code.expose())])),
        None => Ok(login_page(Attempt::Failed, &asked, &params)),
    }
}

fn login_page(attempt: Attempt, asked: &Authorization<'_>, params: &Params<'_>) -> Response {
    let hidden = REQUEST.iter().filter_map(|&name| Some((name, params.optional(name)?)));
    page::login(attempt, asked.client_id, hidden)
}

enum Checked<'a> {
    Valid(Authorization<'a>),
    /// With the response to send instead.
    Invalid(Response),
}

fn check<'a>(service: &'a AuthService, params: &'a Params<'_>) -> Result<Checked<'a>, Fault> {
    let (client_id, redirect_uri) = match recipient(service, params)? {
        Ok(recipient) => recipient,
        Err(what) => return Ok(Checked::Invalid(page::bad_request(what))),
    };
    let back = Back { service, redirect_uri, state: params.optional("state") };
    Ok(match request(service, params) {
        Ok((scope, challenge)) => Checked::Valid(Authorization { client_id, redirect_uri, scope, challenge }),
        Err(error) => Checked::Invalid(back.error(error)),
    })
}

/// The client and the redirect URI that the response may be sent to. Until they are known to be right, nothing is redirected. RFC 6749 section 4.1.2.1, RFC 9700 section 4.11.
fn recipient<'a>(
    service: &AuthService,
    params: &'a Params<'_>,
) -> Result<Result<(&'a str, &'a str), &'static str>, Fault> {
    if params.is_repeated("client_id") || params.is_repeated("redirect_uri") {
        return Ok(Err("client_id or redirect_uri is repeated."));
    }
    let (Some(client_id), Some(redirect_uri)) = (params.optional("client_id"), params.optional("redirect_uri")) else {
        return Ok(Err("client_id or redirect_uri is missing."));
    };
    if !service.has_redirect_uri(client_id, redirect_uri)? {
        return Ok(Err("The client is unknown, or has not registered this redirect_uri."));
    }
    Ok(Ok((client_id, redirect_uri)))
}

/// The requested scope and the code challenge.
fn request<'a>(service: &'a AuthService, params: &'a Params<'_>) -> Result<(&'a str, &'a str), OAuthError> {
    params.check_not_repeated()?;
    if params.required("response_type", "response_type is missing")? != "code" {
        return Err(OAuthError::new(ErrorCode::UnsupportedResponseType, "response_type must be code"));
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
        return Err(OAuthError::new(ErrorCode::InvalidScope, "the scope is unknown"));
    }
    Ok((scope, challenge))
}

/// Sends the browser back to the client.
struct Back<'a> {
    service: &'a AuthService,
    redirect_uri: &'a str,
    state: Option<&'a str>,
}

impl Back<'_> {
    fn error(&self, error: OAuthError) -> Response {
        self.redirect(&[("error", error.code.as_str()), ("error_description", error.description)])
    }

    /// 303, so that the browser does not send the password on (RFC 9700 section 4.12), with the issuer (RFC 9207 section 2).
    fn redirect(&self, answer: &[(&str, &str)]) -> Response {
        let mut to = url::Url::parse(self.redirect_uri).expect("a registered URI was parsed, and its port is a number");
        to.query_pairs_mut()
            .extend_pairs(answer)
            .extend_pairs(self.state.map(|state| ("state", state)))
            .append_pair("iss", &self.service.settings().issuer);
        (StatusCode::SEE_OTHER, NO_STORE, [(LOCATION, to.as_str())]).into_response()
    }
}
