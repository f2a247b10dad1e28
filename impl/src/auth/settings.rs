//! The settings of an AuthService.
//!
//! Invariant: every knob is a name or a [`Duration`] in whole seconds; [`Settings::check`] refuses invalid settings.
//!
//! Deliberately absent: reading them from a file, and anything that only a test would set.

use std::time::Duration;

use super::Fault;

/// The policy of one AuthService.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The issuer identifier: an `http` or `https` URL without query, fragment or trailing slash. RFC 8414 section 2.
    pub issuer: String,
    /// The resource that access tokens are for: their `aud`. RFC 9068 section 2.2.
    pub resource: String,
    /// What can be granted, as space-separated scope tokens; also what is granted when a request names no scope. RFC 6749 section 3.3.
    pub scope: String,
    /// The lifetimes of codes, tokens and grants.
    pub lifetimes: Lifetimes,
    /// Whether a refresh replaces the refresh token.
    pub rotation: Rotation,
    /// What ends when a spent refresh token is presented outside [`Settings::grace`]. RFC 9700 section 4.14.2.
    pub reuse: Reach,
    /// When a spent refresh token may be presented again.
    pub grace: Grace,
    /// What a redemption with a wrong verifier does to the code.
    pub wrong_verifier: WrongVerifier,
    /// What ends when a spent authorization code is presented again. RFC 6749 section 4.1.2, RFC 9700 section 4.2.4.
    pub code_replay: Reach,
    /// What ends when a refresh token is revoked, beside the token itself. RFC 7009 section 2.1.
    pub revocation: Reach,
    /// Whether a spent refresh token can still be revoked.
    pub spent_revokes: SpentRevokes,
    /// What a refresh does to the access tokens issued before.
    pub access_on_refresh: AccessOnRefresh,
    /// What a refresh does to the idle time.
    pub idle_on_refresh: IdleOnRefresh,
    /// The cost of one password check.
    pub password_cost: PasswordCost,
}

/// Whole seconds each. What has the age `a` has expired when `a >= lifetime`. RFC 7519 section 4.1.4 for the boundary.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Lifetimes {
    /// Of an access token, from its issue to its `exp`.
    pub access: Duration,
    /// Of an authorization code, from its issue. RFC 6749 section 4.1.2 recommends at most ten minutes.
    pub code: Duration,
    /// Of a refresh token, from its issue, or from its last use while [`Rotation::Off`]. None: it does not expire for being unused.
    pub refresh_idle: Option<Duration>,
    /// Of a grant, from the sign-in: no refresh succeeds from then on. None: it does not expire by itself.
    pub refresh_absolute: Option<Duration>,
}

/// Whether a refresh replaces the refresh token. RFC 9700 section 4.14.2.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Rotation {
    /// The response has no new refresh token; the presented one remains in use.
    Off,
    /// The response has a new refresh token, and the presented one is spent.
    Always,
}

/// What else ends, beside the request that is refused or the token that is revoked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Reach {
    /// Nothing.
    Nothing,
    /// The refresh tokens of the grant; its access tokens remain active.
    RefreshTokens,
    /// Every token of the grant.
    Grant,
    /// Every grant of the user.
    Subject,
}

/// What a redemption with a wrong verifier does to the code. RFC 7636 section 4.6.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum WrongVerifier {
    /// It spends the code, so that there is no second guess. For a spent code it counts as a replay.
    Spends,
    /// It does not spend the code. For a spent code it counts as a replay.
    Replays,
    /// It does nothing, not even for a spent code: the verifier is checked first.
    Ignored,
}

/// Whether a spent refresh token can still be revoked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SpentRevokes {
    /// It can, with the same effect as an unspent one.
    Yes,
    /// It cannot: the response is a success, and nothing changes.
    No,
}

/// What a refresh does to the access tokens issued before. RFC 6749 section 1.5.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AccessOnRefresh {
    /// They remain active until they expire.
    Kept,
    /// They are revoked.
    Revoked,
}

/// What a refresh does to the idle time of the refresh token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum IdleOnRefresh {
    /// The idle time restarts.
    Restarts,
    /// The idle time runs on, for the same token or its successor.
    RunsOn,
}

/// When a spent refresh token may be presented again: the response to its first use may have been lost.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Grace {
    /// Never.
    None,
    /// The response repeats the successor that was issued before, with a new access token, as long as that successor is active.
    SameSuccessor {
        /// How long after the token was first spent; `None` for as long as the successor is unused.
        window: Option<Duration>,
    },
    /// The response repeats the successor and the access token that were issued before, as long as that successor is active.
    SameTokens {
        /// How long after the token was first spent; `None` for as long as the successor is unused.
        window: Option<Duration>,
    },
    /// The response has one more successor, which is active beside the first.
    NewSibling {
        /// How long after the token was first spent.
        window: Duration,
    },
}

/// The cost of one password check.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PasswordCost {
    /// Argon2id with 19 MiB and two passes, as OWASP recommends: some 20 milliseconds.
    Recommended,
    /// The least that argon2id allows. Only for replays that sign in thousands of times.
    Cheapest,
}

impl Settings {
    /// The strict defaults of RFC 9700 for `issuer`, whose access tokens are for `resource`.
    pub fn new(issuer: impl Into<String>, resource: impl Into<String>) -> Self {
        Self {
            issuer: issuer.into(),
            resource: resource.into(),
            scope: "items".to_owned(),
            lifetimes: Lifetimes {
                access: Duration::from_mins(5),
                code: Duration::from_mins(1),
                refresh_idle: Some(Duration::from_hours(24)),
                refresh_absolute: Some(Duration::from_hours(24 * 30)),
            },
            rotation: Rotation::Always,
            reuse: Reach::Grant,
            grace: Grace::None,
            wrong_verifier: WrongVerifier::Spends,
            code_replay: Reach::Grant,
            revocation: Reach::Grant,
            spent_revokes: SpentRevokes::Yes,
            access_on_refresh: AccessOnRefresh::Kept,
            idle_on_refresh: IdleOnRefresh::Restarts,
            password_cost: PasswordCost::Recommended,
        }
    }

    /// Refuses invalid settings.
    ///
    /// # Errors
    /// [`Fault::Settings`], naming the setting and what would be right.
    pub fn check(&self) -> Result<(), Fault> {
        let Lifetimes { access, code, refresh_idle, refresh_absolute } = self.lifetimes;
        whole_seconds("the access token lifetime", access)?;
        whole_seconds("the code lifetime", code)?;
        for (what, lifetime) in [("idle", refresh_idle), ("absolute", refresh_absolute)] {
            lifetime
                .map_or(Ok(()), |lifetime| whole_seconds(&format!("the refresh token {what} lifetime"), lifetime))?;
        }
        match self.grace {
            Grace::None | Grace::SameSuccessor { window: None } | Grace::SameTokens { window: None } => {}
            Grace::SameSuccessor { window: Some(window) }
            | Grace::SameTokens { window: Some(window) }
            | Grace::NewSibling { window } => {
                whole_seconds("the grace window", window)?;
            }
        }
        self.check_issuer()?;
        if self.resource.is_empty() {
            return Err(Fault::Settings("the resource is empty; name the URL of the backend".to_owned()));
        }
        if self.scope.split(' ').any(|token| token.is_empty() || !token.bytes().all(is_scope_byte)) {
            return Err(Fault::Settings(format!(
                "the scope {:?} is not a list of names with one space between them",
                self.scope
            )));
        }
        Ok(())
    }

    fn check_issuer(&self) -> Result<(), Fault> {
        let wrong = |what: &str| Err(Fault::Settings(format!("the issuer {:?} {what}", self.issuer)));
        let Ok(url) = url::Url::parse(&self.issuer) else {
            return wrong("is not a URL");
        };
        if !matches!(url.scheme(), "http" | "https") {
            return wrong("is neither http nor https");
        }
        if url.query().is_some() || url.fragment().is_some() || self.issuer.ends_with('/') {
            return wrong("has a query, a fragment or a slash at its end; leave it out");
        }
        Ok(())
    }
}

/// RFC 6749 section 3.3: `scope-token = 1*( %x21 / %x23-5B / %x5D-7E )`.
pub(super) fn is_scope_byte(byte: u8) -> bool {
    byte.is_ascii_graphic() && byte != b'"' && byte != b'\\'
}

fn whole_seconds(what: &str, duration: Duration) -> Result<(), Fault> {
    if duration.is_zero() || duration.subsec_nanos() != 0 {
        return Err(Fault::Settings(format!("{what} is {duration:?}; give at least one second, in whole seconds")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint(change: impl FnOnce(&mut Settings)) -> String {
        let mut settings = Settings::new("http://127.0.0.1:7001", "http://127.0.0.1:7002");
        assert!(settings.check().is_ok());
        change(&mut settings);
        settings.check().unwrap_err().to_string()
    }

    #[test]
    fn an_invalid_setting_is_named() {
        assert!(complaint(|s| s.lifetimes.access = Duration::ZERO).contains("the access token lifetime is 0ns"));
        assert!(complaint(|s| s.lifetimes.code = Duration::from_millis(1_500)).contains("the code lifetime is 1.5s"));
        assert!(complaint(|s| s.grace = Grace::NewSibling { window: Duration::ZERO }).contains("the grace window"));
        assert!(complaint(|s| s.issuer = "http://127.0.0.1:7001/".into()).contains("slash at its end"));
        assert!(complaint(|s| s.issuer = "localhost".into()).contains("is not a URL"));
        assert!(complaint(|s| s.issuer = "ftp://a".into()).contains("neither http nor https"));
        assert!(complaint(|s| s.resource = String::new()).contains("the resource is empty"));
        assert!(complaint(|s| s.scope = "a  b".into()).contains("one space between"));
    }
}
