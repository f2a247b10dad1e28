//! Client authentication. RFC 6749 sections 2.3.1 and 3.2.1.

use std::borrow::Cow;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::AuthService;
use super::super::store::Client;
use super::error::{ErrorCode, OAuthError, Stop};
use super::params::Params;

/// The public client that `params` name.
pub(super) fn public<'a>(service: &AuthService, headers: &HeaderMap, params: &'a Params<'_>) -> Result<&'a str, Stop> {
    if headers.contains_key(AUTHORIZATION) {
        return Err(OAuthError::invalid_client("this endpoint is for public clients, which have no credentials").into());
    }
    let client_id = params.required("client_id", "client_id is missing")?;
    match service.client(client_id)? {
        Some(Client::Public) => Ok(client_id),
        Some(Client::ResourceServer { .. }) => {
            Err(OAuthError::new(ErrorCode::UnauthorizedClient, "a resource server has no grants").into())
        }
        None => Err(OAuthError::invalid_client("the client is unknown").into()),
    }
}

/// Checks that a resource server has authenticated itself by HTTP Basic.
pub(super) fn resource_server(service: &AuthService, headers: &HeaderMap) -> Result<(), Stop> {
    let refused = OAuthError::invalid_client("a resource server must authenticate itself by HTTP Basic");
    let (client_id, secret) = basic(headers).ok_or(refused)?;
    match service.client(&client_id)? {
        Some(Client::ResourceServer { secret: known }) if known.matches(&secret) => Ok(()),
        Some(Client::ResourceServer { .. } | Client::Public) | None => Err(refused.into()),
    }
}

/// The client identifier and the secret in an `Authorization: Basic`, each form-encoded. RFC 6749 section 2.3.1.
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let (scheme, encoded) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("Basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (name, password) = decoded.split_once(':')?;
    Some((form_decoded(name), form_decoded(password)))
}

fn form_decoded(text: &str) -> String {
    // Neither `&` nor `=` may stand for themselves in what is form-encoded; a client that encodes nothing may still send them.
    let escaped = if text.contains(['&', '=']) {
        Cow::Owned(text.replace('&', "%26").replace('=', "%3D"))
    } else {
        Cow::Borrowed(text)
    };
    url::form_urlencoded::parse(escaped.as_bytes()).next().map(|(text, _)| text.into_owned()).unwrap_or_default()
}
