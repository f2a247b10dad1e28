//! The backend over HTTP. RFC 6750, RFC 9728.

use axum::extract::{FromRequestParts, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use serde_json::{Value, json};

use super::Backend;
use super::guard::Closed;
use super::judge::{Accepted, Refusal};

/// RFC 9728 section 3.
const METADATA_PATH: &str = "/.well-known/oauth-protected-resource";

/// Responses are for the bearer alone. RFC 6750 section 5.3.
const NO_STORE: [(HeaderName, &str); 1] = [(CACHE_CONTROL, "no-store")];

impl Backend {
    /// All endpoints.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/get_items", get(get_items))
            .route("/validate", get(validate))
            .route(METADATA_PATH, get(metadata))
            .with_state(self.clone())
    }
}

#[derive(Serialize)]
struct Item {
    name: &'static str,
    quantity: u32,
}

async fn get_items(Bearer(_): Bearer) -> Response {
    let items = [Item { name: "apple", quantity: 3 }, Item { name: "pear", quantity: 5 }];
    (NO_STORE, Json(json!({ "items": items }))).into_response()
}

async fn validate(Bearer(Accepted { subject, client_id, scope, expires_at }): Bearer) -> Response {
    (NO_STORE, Json(json!({ "sub": subject, "client_id": client_id, "scope": scope, "exp": expires_at })))
        .into_response()
}

/// RFC 9728 section 2.
async fn metadata(State(backend): State<Backend>) -> Json<Value> {
    let settings = backend.settings();
    Json(json!({
        "resource": settings.resource,
        "authorization_servers": [settings.issuer],
        "bearer_methods_supported": ["header"],
    }))
}

/// A bearer whose token was accepted. A handler that takes this is protected.
struct Bearer(Accepted);

impl FromRequestParts<Backend> for Bearer {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, backend: &Backend) -> Result<Self, Response> {
        let token = match presented(&parts.headers, parts.uri.query()) {
            Presented::Token(token) => token,
            Presented::Nothing => return Err(challenge(backend, StatusCode::UNAUTHORIZED, None)),
            Presented::Malformed(description) => {
                let error = Some(("invalid_request", description));
                return Err(challenge(backend, StatusCode::BAD_REQUEST, error));
            }
        };
        match backend.admit(token).await {
            Ok(accepted) => Ok(Self(accepted)),
            Err(Closed::Refused(refusal)) => {
                let error = Some(("invalid_token", description(refusal)));
                Err(challenge(backend, StatusCode::UNAUTHORIZED, error))
            }
            Err(Closed::Unknown(unreachable)) => {
                let mut response =
                    (StatusCode::SERVICE_UNAVAILABLE, NO_STORE, "the AuthService cannot be reached\n").into_response();
                // The caller is not told; the program that serves the router finds it here.
                response.extensions_mut().insert(unreachable);
                Err(response)
            }
        }
    }
}

/// The token that a request presents. RFC 6750 section 2.
#[derive(Debug, Eq, PartialEq)]
enum Presented<'a> {
    Token(&'a str),
    /// No token, or credentials of another scheme.
    Nothing,
    /// A request that is malformed, and how.
    Malformed(&'static str),
}

fn presented<'a>(headers: &'a HeaderMap, query: Option<&str>) -> Presented<'a> {
    let mut all = headers.get_all(AUTHORIZATION).iter();
    let Some(header) = all.next() else {
        return Presented::Nothing;
    };
    let in_query =
        url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()).any(|(name, _)| name == "access_token");
    if all.next().is_some() || in_query {
        return Presented::Malformed("more than one token, or one in the query");
    }
    let Ok(header) = header.to_str() else {
        return Presented::Malformed("the Authorization header is not ASCII");
    };
    let (scheme, token) = header.split_once(' ').unwrap_or((header, ""));
    if !scheme.eq_ignore_ascii_case("Bearer") {
        return Presented::Nothing;
    }
    let token = token.trim_matches(' ');
    if is_b64token(token) { Presented::Token(token) } else { Presented::Malformed("the bearer token is malformed") }
}

/// RFC 6750 section 2.1.
fn is_b64token(token: &str) -> bool {
    let body = token.trim_end_matches('=');
    !body.is_empty() && body.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte))
}

fn description(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Inactive => "the token is not active",
        Refusal::Expired => "the token has expired",
        Refusal::NotYetValid => "the token is not valid yet",
        Refusal::OtherAudience => "the token is for another resource",
        Refusal::OtherIssuer => "the token is from another issuer",
        Refusal::OtherType => "the token is not an access token",
        Refusal::NotSigned => "the token is not signed by a known key",
    }
}

/// RFC 6750 section 3, RFC 9728 section 5.1. Without an error for a request without a token: RFC 6750 section 3.1.
///
/// Rule `call-needs-token`: RFC 6750 section 3.1.
fn challenge(backend: &Backend, status: StatusCode, error: Option<(&str, &str)>) -> Response {
    let resource_metadata = format!("resource_metadata=\"{}{METADATA_PATH}\"", backend.settings().resource);
    let challenge = match error {
        None => format!("Bearer {resource_metadata}"),
        Some((error, description)) => {
            format!("Bearer error=\"{error}\", error_description=\"{description}\", {resource_metadata}")
        }
    };
    (status, NO_STORE, [(WWW_AUTHENTICATE, challenge)]).into_response()
}
