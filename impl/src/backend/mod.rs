//! The backend: serves items to whoever holds an access token that is meant for it.
//!
//! Role: an OAuth 2.0 resource server (RFC 6750) that says where to sign in (RFC 9728).
//!
//! Invariant: what is served to a bearer was judged by a pure function ([`Judge`]) on what the AuthService said, at the
//! instant of the judgement. When the AuthService cannot be asked, nobody is let in and nobody is sent to sign in again.
//!
//! Deliberately absent: a cache of introspection answers, retries, and any memory of a token.

mod auth_server;
mod guard;
mod http;
mod judge;
mod keyring;
mod settings;

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use crate::clock::Clock;

pub use auth_server::{Answer, AuthServer, InProcess, OverHttp, Unreachable};
pub use judge::{Accepted, Audience, Claims, Introspection, Judge, Jwt, Refusal, Standard};
pub use settings::{Credentials, Settings, Validation};

use keyring::Keyring;

/// What a backend is made of.
pub struct Parts {
    /// What the deployment chose.
    pub settings: Settings,
    /// How it reaches the AuthService.
    pub auth_server: Arc<dyn AuthServer>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// The rules.
    pub judge: Arc<dyn Judge>,
}

/// A resource server. Clones are the same one.
#[derive(Clone)]
pub struct Backend {
    inner: Arc<Inner>,
}

struct Inner {
    parts: Parts,
    keyring: Keyring,
}

impl Backend {
    /// Puts the parts together.
    pub fn new(parts: Parts) -> Self {
        Self { inner: Arc::new(Inner { parts, keyring: Keyring::default() }) }
    }

    /// What the deployment chose.
    pub fn settings(&self) -> &Settings {
        &self.inner.parts.settings
    }

    /// Forgets the keys it has fetched, as a restart would.
    pub fn reset(&self) {
        self.inner.keyring.forget();
    }
}

impl fmt::Debug for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Backend").field("settings", self.settings()).finish_non_exhaustive()
    }
}
