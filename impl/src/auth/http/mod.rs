//! The AuthService over HTTP: reads requests, calls the service, writes responses in the form that the RFCs prescribe.
//!
//! Invariant: a handler does all its work within one poll, without timers, threads or tasks of its own.

mod authorize;
mod client;
mod error;
mod introspect;
mod metadata;
mod page;
mod params;
mod revoke;
mod token;
mod userinfo;

#[cfg(test)]
#[cfg(feature = "sqlite")]
mod tests;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header::{CACHE_CONTROL, PRAGMA};
use axum::http::{HeaderName, HeaderValue};
use axum::routing::{get, post};

use super::AuthService;

/// Bytes. The longest legitimate request, a sign-in with a long state, is a tenth of this.
const BODY_LIMIT: usize = 16 * 1024;

/// The headers of every response that may hold a secret. RFC 6749 section 5.1.
const NO_STORE: [(HeaderName, HeaderValue); 2] =
    [(CACHE_CONTROL, HeaderValue::from_static("no-store")), (PRAGMA, HeaderValue::from_static("no-cache"))];

impl AuthService {
    /// All endpoints. Each response is ready within one poll.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/.well-known/oauth-authorization-server", get(metadata::metadata))
            .route("/jwks.json", get(metadata::jwks))
            .route("/authorize", get(authorize::show).post(authorize::sign_in))
            .route("/token", post(token::token))
            .route("/introspect", post(introspect::introspect))
            .route("/revoke", post(revoke::revoke))
            .route("/userinfo", get(userinfo::userinfo).post(userinfo::userinfo))
            .layer(DefaultBodyLimit::max(BODY_LIMIT))
            .with_state(self.clone())
    }
}
