//! The secrets that a description names: from the environment, or made up at each start.

use crate::servers::described::file::auth_service;
use crate::servers::{Fault, Secret};

/// The secrets that a description names.
pub(in crate::servers) struct Secrets(pub(in crate::servers) Vec<(String, Secret)>);

impl Secrets {
    /// Makes up what may be made up and the environment has not.
    pub(in crate::servers) fn of_server(server: &auth_service::Server) -> Result<Self, Fault> {
        let mut made = Vec::new();
        for name in &server.made_up {
            let secret = match from_environment(name) {
                Some(secret) => secret,
                None => {
                    let random = authloom_reference::auth::Secret::random(&authloom_reference::auth::Chance::system());
                    Secret::new(random.map_err(|error| Fault(error.to_string()))?.expose())
                }
            };
            made.push((name.clone(), secret));
        }
        Ok(Self(made))
    }

    /// The secret in the variable of that name, which the file names at `place`.
    ///
    /// # Errors
    /// When it is not set.
    pub(in crate::servers) fn of(&self, name: &str, place: &str) -> Result<Secret, Fault> {
        let made = self.0.iter().find(|(made, _)| made == name).map(|(_, secret)| secret.clone());
        made.or_else(|| from_environment(name)).ok_or_else(|| {
            Fault(format!("{place}: {name} is to hold a secret, and it is not set: `export {name}=...`"))
        })
    }
}

fn from_environment(name: &str) -> Option<Secret> {
    std::env::var(name).ok().filter(|value| !value.is_empty()).map(Secret::new)
}
