//! Our backend before a server that has none of its own.

use std::sync::Arc;

use authloom_reference::backend::{self, Accepted, Introspection, Judge, Jwt, Refusal};
use authloom_reference::clock::{HandClock, Timestamp};

use crate::servers::reference::held_backend::HeldBackend;

/// A backend that asks the server about tokens, and believes whatever is active and not expired.
pub(in crate::servers) fn asking(hands: &HandClock) -> HeldBackend {
    let settings = backend::Settings {
        resource: String::new(),
        issuer: String::new(),
        validation: backend::Validation::Introspect,
        credentials: backend::Credentials { client_id: String::new(), secret: String::new() },
    };
    HeldBackend::new(settings, None, Arc::new(hands.clone()), Arc::new(Believing), |router| router)
}

/// Servers need not say whom a token is for (RFC 7662 section 2.2), and the file does not say whom they name.
struct Believing;

impl Judge for Believing {
    fn introspected(&self, _: &backend::Settings, answer: &Introspection, now: Timestamp) -> Result<Accepted, Refusal> {
        if !answer.active {
            return Err(Refusal::Inactive);
        }
        if answer.exp.is_some_and(|exp| now >= exp) {
            return Err(Refusal::Expired);
        }
        let (subject, client_id) = (answer.sub.clone(), answer.client_id.clone());
        Ok(Accepted { subject, client_id, scope: answer.scope.clone(), expires_at: answer.exp })
    }

    fn signed(&self, settings: &backend::Settings, token: &Jwt, now: Timestamp) -> Result<Accepted, Refusal> {
        backend::Standard.signed(settings, token, now)
    }
}
