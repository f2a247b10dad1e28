//! What the browser stores of a session, and how a token response becomes one.
//!
//! Invariant: a session always has both tokens, and both can be carried in an HTTP header.
//! Deliberately absent: validation of the access token. Its `exp` is read as a hint when to refresh; the backend validates the
//! token, so its signature is not verified here.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::Response;
use serde::Deserialize;

use crate::clock::Timestamp;

use super::secret::Secret;

/// A signed-in session as the browser stores it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    access: Secret,
    refresh: Secret,
    expires_at: Option<Timestamp>,
}

/// A token is empty or has characters that no token may have. RFC 6749 appendix A.12 and A.17.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a token is empty or has characters other than visible ASCII")]
pub struct MalformedToken;

impl Session {
    /// A session with these tokens. `expires_at` is the first second at which the access token has expired, if it is known.
    ///
    /// # Errors
    /// When a token is empty or has characters other than visible ASCII.
    pub fn new(access: Secret, refresh: Secret, expires_at: Option<Timestamp>) -> Result<Self, MalformedToken> {
        let well_formed = |token: &Secret| {
            let text = token.expose().as_bytes();
            !text.is_empty() && text.iter().all(u8::is_ascii_graphic)
        };
        if !well_formed(&access) || !well_formed(&refresh) {
            return Err(MalformedToken);
        }
        Ok(Self { access, refresh, expires_at })
    }

    /// The access token.
    #[must_use]
    pub fn access(&self) -> &Secret {
        &self.access
    }

    /// The refresh token.
    #[must_use]
    pub fn refresh(&self) -> &Secret {
        &self.refresh
    }

    /// The first second at which the access token has expired, if it is known.
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }
}

/// When a response was generated, at the earliest, in its extensions where whoever carries it knows: `expires_in` counts from then, and not
/// from its receipt. RFC 6749 section 5.1.
#[derive(Clone, Copy, Debug)]
pub struct GeneratedAt(pub Timestamp);

/// A successful token response. RFC 6749 section 5.1.
#[derive(Debug)]
pub(super) struct Issued {
    access: Secret,
    refresh: Option<Secret>,
    expires_at: Option<Timestamp>,
}

impl Issued {
    /// Reads a 200 that was received at `now`; `None` if it is not a response with a bearer token.
    pub(super) fn read(now: Timestamp, response: &Response<Bytes>) -> Option<Self> {
        #[derive(Deserialize)]
        struct TokenAnswer {
            access_token: String,
            token_type: String,
            expires_in: Option<u64>,
            refresh_token: Option<String>,
        }
        let answer: TokenAnswer = serde_json::from_slice(response.body()).ok()?;
        if !answer.token_type.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let since = response.extensions().get::<GeneratedAt>().map_or(now, |generated| generated.0);
        let lifetime_over = answer.expires_in.map(|seconds| since.after(Duration::from_secs(seconds)));
        Some(Self {
            expires_at: exp_claim(&answer.access_token).or(lifetime_over),
            access: Secret::new(answer.access_token),
            refresh: answer.refresh_token.map(Secret::new),
        })
    }

    /// The session after a refresh with `presented`, which stays when the response has no other refresh token. RFC 6749 section 6.
    pub(super) fn renewing(self, presented: &Secret) -> Option<Session> {
        let refresh = self.refresh.unwrap_or_else(|| presented.clone());
        Session::new(self.access, refresh, self.expires_at).ok()
    }

    /// The session after a sign-in; none without a refresh token, because this client could not renew it.
    pub(super) fn starting(self) -> Option<Session> {
        Session::new(self.access, self.refresh?, self.expires_at).ok()
    }
}

/// The `exp` of a token that is a JWT. It is exact, where `expires_in` mostly counts from the receipt of a response that was delayed.
fn exp_claim(token: &str) -> Option<Timestamp> {
    #[derive(Deserialize)]
    struct Claims {
        exp: u64,
    }
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let claims: Claims = serde_json::from_slice(&payload).ok()?;
    Some(Timestamp(claims.exp))
}

/// Whether a token response says that the grant has ended: 400 with `invalid_grant`. RFC 6749 section 5.2.
pub(super) fn is_invalid_grant(response: &Response<Bytes>) -> bool {
    #[derive(Deserialize)]
    struct ErrorAnswer {
        error: String,
    }
    response.status() == http::StatusCode::BAD_REQUEST
        && serde_json::from_slice::<ErrorAnswer>(response.body()).is_ok_and(|answer| answer.error == "invalid_grant")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(100);

    fn jwt(claims: &str) -> String {
        format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims))
    }

    fn issued(access: &str) -> Issued {
        let body =
            format!(r#"{{"access_token":"{access}","token_type":"Bearer","expires_in":60,"refresh_token":"r"}}"#);
        Issued::read(NOW, &Response::new(body.into())).unwrap()
    }

    #[test]
    fn the_exp_claim_takes_precedence_over_expires_in() {
        assert_eq!(issued(&jwt(r#"{"exp":130}"#)).expires_at, Some(Timestamp(130)));
    }

    #[test]
    fn the_lifetime_of_an_opaque_token_starts_at_its_receipt() {
        assert_eq!(issued("opaque").expires_at, Some(Timestamp(160)));
        assert_eq!(issued("a.b.c").expires_at, Some(Timestamp(160)));
    }

    #[test]
    fn the_lifetime_of_an_opaque_token_starts_when_its_response_is_known_to_be_generated() {
        let body = r#"{"access_token":"opaque","token_type":"Bearer","expires_in":60}"#;
        let mut response = Response::new(body.into());
        response.extensions_mut().insert(GeneratedAt(Timestamp(70)));
        assert_eq!(Issued::read(NOW, &response).unwrap().expires_at, Some(Timestamp(130)));
    }

    #[test]
    fn a_response_without_a_bearer_token_is_refused() {
        for body in ["", "{}", "[]", r#"{"access_token":"a","token_type":"DPoP"}"#] {
            assert!(Issued::read(NOW, &Response::new(body.into())).is_none(), "{body}");
        }
    }

    #[test]
    fn a_token_that_could_break_out_of_its_header_makes_no_session() {
        for token in ["", "a b", "a\r\nX: y", "\u{e4}"] {
            let made = Session::new(Secret::new(token), Secret::new("r"), None);
            assert_eq!(made, Err(MalformedToken), "{token:?}");
        }
    }

    #[test]
    fn only_a_400_with_invalid_grant_is_an_invalid_grant() {
        let answer = |status: u16, body: &'static str| {
            Response::builder().status(status).body(Bytes::from_static(body.as_bytes())).unwrap()
        };
        assert!(is_invalid_grant(&answer(400, r#"{"error":"invalid_grant"}"#)));
        assert!(!is_invalid_grant(&answer(400, r#"{"error":"invalid_request"}"#)));
        assert!(!is_invalid_grant(&answer(500, r#"{"error":"invalid_grant"}"#)));
        assert!(!is_invalid_grant(&answer(400, "invalid_grant")));
    }
}
