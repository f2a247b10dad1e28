//! The messages a GUI sends, and the one it reads from an address.
//!
//! Invariant: a token or code is in the body or in a header marked sensitive, never in an address. RFC 6750 section 5.3.
//! Deliberately absent: cookies and client authentication; this is a public client.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Uri};
use rand::CryptoRng;
use sha2::{Digest as _, Sha256};
use url::{Url, form_urlencoded};

use super::secret::Secret;
use super::settings::{IssParameter, Settings};

/// Random bytes in a `state` and in a verifier: 256 bits, as RFC 7636 section 7.1 recommends.
const RANDOM_BYTES: usize = 32;

/// A random secret, in characters that need no escaping. RFC 7636 section 4.1.
pub(super) fn unguessable(chance: &mut dyn CryptoRng) -> Secret {
    let mut bytes = [0; RANDOM_BYTES];
    chance.fill_bytes(&mut bytes);
    Secret::new(URL_SAFE_NO_PAD.encode(bytes))
}

/// A call for the items, with or without an access token. RFC 6750 section 2.1.
pub(super) fn call(settings: &Settings, access: Option<&Secret>) -> Request<Bytes> {
    let mut request = Request::new(Bytes::new());
    *request.uri_mut() = settings.items.clone();
    let headers = request.headers_mut();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    if let Some(token) = access {
        let mut value = HeaderValue::try_from(format!("Bearer {}", token.expose()))
            .expect("a session's tokens are visible ASCII, so they fit a header");
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    request
}

/// The redemption of a code. RFC 6749 section 4.1.3, RFC 7636 section 4.5.
pub(super) fn redeem(settings: &Settings, code: &Secret, verifier: &Secret) -> Request<Bytes> {
    form(
        &settings.server.token_endpoint,
        &[
            ("grant_type", "authorization_code"),
            ("code", code.expose()),
            ("redirect_uri", settings.redirect_uri.as_str()),
            ("client_id", &settings.client_id),
            ("code_verifier", verifier.expose()),
        ],
    )
}

/// A refresh. RFC 6749 section 6.
pub(super) fn refresh(settings: &Settings, token: &Secret) -> Request<Bytes> {
    form(
        &settings.server.token_endpoint,
        &[("grant_type", "refresh_token"), ("refresh_token", token.expose()), ("client_id", &settings.client_id)],
    )
}

/// The revocation of a refresh token; `None` without a revocation endpoint. RFC 7009 section 2.1.
pub(super) fn revoke(settings: &Settings, token: &Secret) -> Option<Request<Bytes>> {
    let endpoint = settings.server.revocation_endpoint.as_ref()?;
    let parameters =
        [("token", token.expose()), ("token_type_hint", "refresh_token"), ("client_id", &settings.client_id)];
    Some(form(endpoint, &parameters))
}

fn form(endpoint: &Uri, parameters: &[(&str, &str)]) -> Request<Bytes> {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    let mut request = Request::new(Bytes::from(body));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = endpoint.clone();
    let headers = request.headers_mut();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    request
}

/// The authorization request. RFC 6749 section 4.1.1, RFC 7636 section 4.3.
pub(super) fn authorization(settings: &Settings, state: &Secret, verifier: &Secret) -> Url {
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.expose()));
    let mut url = settings.server.authorization_endpoint.clone();
    url.query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", &settings.client_id)
        .append_pair("redirect_uri", settings.redirect_uri.as_str())
        .append_pair("state", state.expose())
        .append_pair("code_challenge", &challenge)
        .append_pair("code_challenge_method", "S256");
    url
}

/// The code in an authorization response that answers the request with `state`; `None` for every other response.
///
/// RFC 6749 section 4.1.2, RFC 9207 section 2.4. A parameter that comes twice counts as missing.
pub(super) fn code(settings: &Settings, state: &Secret, response: &Url) -> Option<Secret> {
    let parameters: Vec<_> = response.query_pairs().collect();
    let has = |name| parameters.iter().any(|(key, _)| key == name);
    let answers_this_request = only(&parameters, "state").is_some_and(|returned| Secret::new(returned) == *state);
    let is_from_the_server = match (only(&parameters, "iss"), settings.server.iss) {
        (Some(issuer), _) => issuer == settings.server.issuer,
        (None, IssParameter::Sent) => false,
        (None, IssParameter::NotSent) => !has("iss"),
    };
    if !answers_this_request || !is_from_the_server || has("error") {
        return None;
    }
    only(&parameters, "code").map(Secret::new)
}

/// The value of a parameter that occurs exactly once.
fn only<'p>(parameters: &'p [(Cow<'_, str>, Cow<'_, str>)], name: &str) -> Option<&'p str> {
    let mut values = parameters.iter().filter(|(key, _)| key == name);
    let (_, value) = values.next()?;
    values.next().is_none().then_some(value.as_ref())
}
