//! Durations that make sense, but that hardly anybody means.

use super::{Policy, length};

impl Policy {
    /// What is surprising about the durations, in sentences, each with what it leads to. RFC 9700 section 4.14.2, RFC 6749 section 1.5.
    #[must_use]
    pub fn surprises(&self) -> Vec<String> {
        let limits = [("refresh_idle", self.refresh_idle), ("refresh_absolute", self.refresh_absolute)];
        let access = self.access_lifetime;
        let short =
            limits.into_iter().filter_map(|(name, limit)| Some((name, limit.filter(|limit| *limit <= access)?)));
        let said = short.map(|(name, limit)| {
            format!(
                "`{name}` is {} and `access_lifetime` {}: a refresh token is over before its access token is, so that whoever waits for a \
                 401 signs in again",
                length::write(limit),
                length::write(access)
            )
        });
        said.filter(|_| !self.refreshes_early()).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::policy::RefreshWhen;

    #[test]
    fn a_refresh_token_that_is_over_before_its_access_token_is_surprising() {
        assert_eq!(Policy::recommended().surprises(), [""; 0]);
        let short = Policy { refresh_idle: Some(Duration::from_mins(10)), ..Policy::recommended() };
        let said = short.surprises();
        assert!(
            said.len() == 1 && said[0].starts_with("`refresh_idle` is 10m and `access_lifetime` 10m: "),
            "{said:?}"
        );
        let early = Policy { refresh_when: RefreshWhen::Both, refresh_margin: Duration::from_mins(1), ..short };
        assert_eq!(early.surprises(), [""; 0]);
    }
}
