//! What tests of the AuthService agree on: who is who, and lifetimes that are easy to tell apart.

use std::time::Duration;

use crate::clock::Timestamp;

use super::settings::{Lifetimes, PasswordCost, Settings};

pub(crate) const START: Timestamp = Timestamp(1_000_000);
pub(crate) const ISSUER: &str = "http://auth.test";
pub(crate) const RESOURCE: &str = "http://api.test";
pub(crate) const GUI: &str = "gui";
pub(crate) const REDIRECT_URI: &str = "http://gui.test/callback";
// RFC 7636 appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

pub(crate) fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// Lifetimes that are easy to tell apart: access 10, code 5, idle 20, absolute 50 seconds.
pub(crate) fn settings() -> Settings {
    Settings {
        lifetimes: Lifetimes {
            access: seconds(10),
            code: seconds(5),
            refresh_idle: Some(seconds(20)),
            refresh_absolute: Some(seconds(50)),
        },
        password_cost: PasswordCost::Cheapest,
        ..Settings::new(ISSUER, RESOURCE)
    }
}
