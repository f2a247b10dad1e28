//! The UserInfo endpoint. OpenID Connect Core section 5.3, errors as RFC 6750 section 3.

use axum::Json;
use axum::extract::State;
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::super::AuthService;
use super::super::service::Active;
use super::NO_STORE;
use super::error::Stop;

pub(super) async fn userinfo(State(service): State<AuthService>, headers: HeaderMap) -> Result<Response, Stop> {
    let Some(token) = bearer(&headers) else {
        return Ok(refused("Bearer"));
    };
    match service.introspect(token)? {
        Some(Active::Access(_, grant)) => {
            let username = service.username(&grant.subject)?;
            Ok((NO_STORE, Json(json!({ "sub": grant.subject, "preferred_username": username }))).into_response())
        }
        Some(Active::Refresh(..)) | None => {
            Ok(refused(r#"Bearer error="invalid_token", error_description="not an active access token""#))
        }
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then(|| token.trim())
}

fn refused(challenge: &'static str) -> Response {
    (StatusCode::UNAUTHORIZED, NO_STORE, [(WWW_AUTHENTICATE, challenge)]).into_response()
}
