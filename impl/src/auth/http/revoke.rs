//! The revocation endpoint. RFC 7009.

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use super::super::AuthService;
use super::NO_STORE;
use super::client;
use super::error::Stop;
use super::params::Params;

/// 200 whether or not there was anything to revoke: in either case the token is not active. RFC 7009 section 2.2.
///
/// Rule `revocation-confirmed`: RFC 7009 section 2.2.
pub(super) async fn revoke(
    State(service): State<AuthService>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Stop> {
    let params = Params::of_form(&headers, &body)?;
    let client_id = client::public(&service, &headers, &params)?;
    service.revoke(params.required("token", "token is missing")?, client_id)?;
    Ok((StatusCode::OK, NO_STORE).into_response())
}
