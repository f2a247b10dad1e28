//! The introspection endpoint. RFC 7662.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::clock::Timestamp;

use super::super::AuthService;
use super::super::service::Active;
use super::NO_STORE;
use super::client;
use super::error::Stop;
use super::params::Params;

pub(super) async fn introspect(
    State(service): State<AuthService>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Stop> {
    client::resource_server(&service, &headers)?;
    let params = Params::of_form(&headers, &body)?;
    // token_type_hint only speeds up a search, and there is none to speed up. RFC 7662 section 2.1.
    let found = service.introspect(params.required("token", "token is missing")?)?;
    let settings = service.settings();
    let answer = match &found {
        None => return Ok((NO_STORE, Json(Inactive { active: false })).into_response()),
        Some(Active::Access(token, grant)) => Claims {
            active: true,
            token_type: Some("Bearer"),
            client_id: &grant.client_id,
            sub: &grant.subject,
            scope: &token.scope,
            exp: Some(token.expires_at.seconds()),
            iat: Some(token.issued_at.seconds()),
            iss: &settings.issuer,
            aud: &settings.resource,
            jti: Some(&token.jti),
        },
        Some(Active::Refresh(token, grant)) => Claims {
            active: true,
            token_type: None,
            client_id: &grant.client_id,
            sub: &grant.subject,
            scope: &grant.scope,
            exp: {
                let idle = settings.lifetimes.refresh_idle.map(|idle| token.idle_since.after(idle));
                let absolute = settings.lifetimes.refresh_absolute.map(|absolute| grant.born_at.after(absolute));
                idle.into_iter().chain(absolute).min().map(Timestamp::seconds)
            },
            iat: None,
            iss: &settings.issuer,
            // Never the resource: a refresh token is for the AuthService alone, and no backend may take it for an access token.
            aud: &settings.issuer,
            jti: None,
        },
    };
    Ok((NO_STORE, Json(answer)).into_response())
}

/// RFC 7662 section 2.2: nothing else is said of a token that is not active.
#[derive(Serialize)]
struct Inactive {
    active: bool,
}

/// RFC 7662 section 2.2.
#[derive(Serialize)]
struct Claims<'a> {
    active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<&'static str>,
    client_id: &'a str,
    sub: &'a str,
    scope: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    iat: Option<u64>,
    iss: &'a str,
    aud: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    jti: Option<&'a str>,
}
