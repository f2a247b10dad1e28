//! The backend itself: its settings, its rules, and its way to the AuthService.

use std::fmt;
use std::sync::Arc;

use crate::clock::Clock;

use super::auth_server::AuthServer;
use super::judge::Judge;
use super::keyring::Keyring;
use super::settings::Settings;

/// What a backend is made of.
pub struct Parts {
    /// Its settings.
    pub settings: Settings,
    /// How it reaches the AuthService.
    pub auth_server: Arc<dyn AuthServer>,
    /// Its clock.
    pub clock: Arc<dyn Clock>,
    /// The rules.
    pub judge: Arc<dyn Judge>,
}

/// A resource server. Clones share everything.
#[derive(Clone)]
pub struct Backend {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) parts: Parts,
    pub(super) keyring: Keyring,
}

impl Backend {
    /// A backend with these parts.
    pub fn new(parts: Parts) -> Self {
        Self { inner: Arc::new(Inner { parts, keyring: Keyring::default() }) }
    }

    /// Its settings.
    pub fn settings(&self) -> &Settings {
        &self.inner.parts.settings
    }

    /// Forgets the keys that it has fetched, as a restart does.
    pub fn reset(&self) {
        self.inner.keyring.forget();
    }
}

impl fmt::Debug for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Backend").field("settings", self.settings()).finish_non_exhaustive()
    }
}
