//! The settings of a backend.

use std::fmt;
use std::time::Duration;

/// The policy of one backend.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Its own identifier: what `aud` must contain. RFC 9068 section 4, RFC 9728 section 2.
    pub resource: String,
    /// The AuthService that it trusts, and only that. RFC 9068 section 4.
    pub issuer: String,
    /// How it validates tokens.
    pub validation: Validation,
    /// How it authenticates to the AuthService for introspection. RFC 7662 section 2.1.
    pub credentials: Credentials,
}

/// How a backend validates tokens.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Validation {
    /// It introspects each token at the AuthService. RFC 7662.
    Introspect,
    /// It verifies the signature with the AuthService's published keys and judges by the claims. RFC 9068 section 4.
    Local {
        /// Whole seconds: how far the clocks may differ. A token is refused when `now >= exp + leeway`.
        leeway: Duration,
    },
}

/// A client identifier and a secret, for HTTP Basic. RFC 6749 section 2.3.1.
#[derive(Clone)]
pub struct Credentials {
    /// The client identifier.
    pub client_id: String,
    /// The secret.
    pub secret: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}
