//! The traces that are kept in the repository, by what they show.

use authloom_model::property::PROPERTIES;
use authloom_model::rules::Rule;

/// A kept trace. Its file is `harness/traces/found/SERVER/SHOWS.mmd`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Kept {
    /// The server that it was seen on.
    pub server: &'static str,
    /// The rule or the property that it shows broken.
    pub shows: &'static str,
}

const fn kept(server: &'static str, shows: &'static str) -> Kept {
    Kept { server, shows }
}

/// All of them.
pub const KEPT: &[Kept] = &[
    kept("django-oauth-toolkit", "code-replay-contained"),
    kept("django-oauth-toolkit", "redemptions-at-once"),
    kept("django-oauth-toolkit", "refresh-spares-access"),
    kept("django-oauth-toolkit", "refreshes-at-once"),
    kept("django-oauth-toolkit", "replay-contained"),
    kept("django-oauth-toolkit", "sign-out-ends-access"),
    kept("django-oauth-toolkit", "sign-out-ends-refresh"),
    kept("django-oauth-toolkit", "survives-a-loss"),
    kept("node-oauth2-server", "code-replay-contained"),
    kept("node-oauth2-server", "replay-contained"),
    kept("node-oauth2-server", "survives-a-loss"),
    kept("oidc-provider", "survives-a-loss"),
];

impl Kept {
    /// Its file, from the root of the repository.
    #[must_use]
    pub fn path(&self) -> String {
        format!("harness/traces/found/{}/{}.mmd", self.server, self.shows)
    }

    /// Whether it shows a rule: by the rule's own name, or by that of a property that is about it.
    #[must_use]
    pub fn is_about(&self, rule: &Rule) -> bool {
        let about = |name: &str| {
            let property = PROPERTIES.iter().find(|property| property.name == name);
            property.is_some_and(|property| property.rules.contains(rule))
        };
        self.shows == rule.id || about(self.shows)
    }
}
