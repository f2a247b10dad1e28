//! What a deployment of the backend chose.

use std::fmt;
use std::time::Duration;

/// The policy of one backend.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Its own identifier: what `aud` must contain. RFC 9068 section 4, RFC 9728 section 2.
    pub resource: String,
    /// The AuthService that it trusts, and only that. RFC 9068 section 4.
    pub issuer: String,
    /// How it finds out what a token is worth.
    pub validation: Validation,
    /// How it proves to the AuthService that it may ask. RFC 7662 section 2.1.
    pub credentials: Credentials,
}

/// How a backend finds out what a token is worth.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Validation {
    /// It asks the AuthService, each time. RFC 7662.
    Introspect,
    /// It checks the signature by the AuthService's published keys and reads the claims itself. RFC 9068 section 4.
    Local {
        /// In whole seconds: how far the clocks may be apart. A token is refused when `now >= exp + leeway`.
        leeway: Duration,
    },
}

/// A name and a password, for HTTP Basic. RFC 6749 section 2.3.1.
#[derive(Clone)]
pub struct Credentials {
    /// The name.
    pub client_id: String,
    /// The password.
    pub secret: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}
