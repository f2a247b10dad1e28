//! The token endpoint. RFC 6749 sections 4.1.3, 5 and 6.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::super::AuthService;
use super::super::decisions::{Redemption, RefreshRequest};
use super::super::secret::Secret;
use super::super::service::Issued;
use super::NO_STORE;
use super::client;
use super::error::{ErrorCode, OAuthError, Stop};
use super::params::Params;

pub(super) async fn token(
    State(service): State<AuthService>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Stop> {
    let params = Params::of_form(&headers, &body)?;
    let grant_type = params.required("grant_type", "grant_type is missing")?;
    let client_id = client::public(&service, &headers, &params)?;
    let answer = match grant_type {
        "authorization_code" => service.redeem(
            params.required("code", "code is missing")?,
            &Redemption {
                client_id,
                redirect_uri: params.required("redirect_uri", "redirect_uri is missing")?,
                code_verifier: params.required("code_verifier", "code_verifier is missing")?,
            },
        ),
        "refresh_token" => service.refresh(
            params.required("refresh_token", "refresh_token is missing")?,
            &RefreshRequest { client_id, scope: params.optional("scope") },
        ),
        _ => {
            return Err(OAuthError::new(
                ErrorCode::UnsupportedGrantType,
                "grant_type must be authorization_code or refresh_token",
            )
            .into());
        }
    };
    let issued = answer?.map_err(OAuthError::from)?;
    Ok((NO_STORE, Json(TokenAnswer::from(&issued))).into_response())
}

/// RFC 6749 section 5.1.
#[derive(Serialize)]
struct TokenAnswer<'a> {
    access_token: &'a str,
    token_type: &'static str,
    expires_in: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<&'a str>,
    scope: &'a str,
}

impl<'a> From<&'a Issued> for TokenAnswer<'a> {
    fn from(issued: &'a Issued) -> Self {
        Self {
            access_token: issued.access_token.expose(),
            token_type: "Bearer",
            expires_in: issued.expires_in,
            refresh_token: issued.refresh_token.as_ref().map(Secret::expose),
            scope: &issued.scope,
        }
    }
}
