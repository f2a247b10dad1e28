//! Validates a token: introspects it or checks its signature, and then has it judged.

use axum::body::Bytes;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{Method, Request, StatusCode};
use jsonwebtoken::jwk::JwkSet;
use serde::de::DeserializeOwned;

use super::Backend;
use super::auth_server::Unreachable;
use super::judge::{Accepted, Introspection, Refusal};
use super::keyring;
use super::settings::{Credentials, Validation};

/// Why a bearer is not served.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Closed {
    /// The token is refused.
    Refused(Refusal),
    /// The token cannot be validated.
    Unknown(Unreachable),
}

impl From<Refusal> for Closed {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Unreachable> for Closed {
    fn from(unreachable: Unreachable) -> Self {
        Self::Unknown(unreachable)
    }
}

impl Backend {
    /// Accepts `token`, or says why not.
    pub(super) async fn admit(&self, token: &str) -> Result<Accepted, Closed> {
        match self.settings().validation {
            Validation::Introspect => self.introspect(token).await,
            Validation::Local { .. } => self.read(token).await,
        }
    }

    /// Rule `backend-introspects`: RFC 7662 section 2.1.
    async fn introspect(&self, token: &str) -> Result<Accepted, Closed> {
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("token", token)
            .append_pair("token_type_hint", "access_token")
            .finish();
        let request = Request::builder()
            .method(Method::POST)
            .uri("/introspect")
            .header(AUTHORIZATION, basic(&self.settings().credentials))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(ACCEPT, "application/json")
            .body(Bytes::from(form))
            .expect("the request is made of valid parts");
        let answer: Introspection = self.ask(request).await?;
        // The clock is read after the response, which may have taken long.
        Ok(self.inner.parts.judge.introspected(self.settings(), &answer, self.inner.parts.clock.now())?)
    }

    async fn read(&self, token: &str) -> Result<Accepted, Closed> {
        let kid = keyring::kid_of(token)?;
        let key = match self.inner.keyring.find(&kid) {
            Some(key) => key,
            None => {
                self.fetch_keys().await?;
                self.inner.keyring.find(&kid).ok_or(Refusal::NotSigned)?
            }
        };
        let token = keyring::read(token, &key)?;
        Ok(self.inner.parts.judge.signed(self.settings(), &token, self.inner.parts.clock.now())?)
    }

    async fn fetch_keys(&self) -> Result<(), Unreachable> {
        let request = Request::builder().uri("/jwks.json").header(ACCEPT, "application/json").body(Bytes::new());
        let set: JwkSet = self.ask(request.expect("the request is made of valid parts")).await?;
        self.inner.keyring.replace(&set);
        Ok(())
    }

    /// A response other than a 200 with the requested JSON says nothing about any token.
    ///
    /// Rule `backend-unavailable`: RFC 9110 section 15.6.4.
    async fn ask<T: DeserializeOwned>(&self, request: Request<Bytes>) -> Result<T, Unreachable> {
        let answer = self.inner.parts.auth_server.send(request).await?;
        if answer.status() != StatusCode::OK {
            return Err(Unreachable(format!("it answered {}", answer.status())));
        }
        serde_json::from_slice(answer.body())
            .map_err(|error| Unreachable(format!("its response is malformed: {error}")))
    }
}

/// RFC 6749 section 2.3.1: both are form-encoded before they are joined.
fn basic(Credentials { client_id, secret }: &Credentials) -> String {
    let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    format!("Basic {}", STANDARD.encode(format!("{}:{}", encoded(client_id), encoded(secret))))
}
