//! Whether a token is accepted: pure functions from (settings, introspection or claims, now) to a verdict.
//!
//! Invariant: no clock, no network. Signatures were verified before.

use serde::Deserialize;

use crate::clock::Timestamp;

use super::settings::{Settings, Validation};

/// The rules. [`Standard`] follows the RFCs; a program that embeds a backend may supply others.
pub trait Judge: Send + Sync {
    /// Judges a token by the AuthService's introspection response. RFC 7662 section 4.
    ///
    /// # Errors
    /// [`Refusal`] when the token is refused.
    fn introspected(&self, settings: &Settings, answer: &Introspection, now: Timestamp) -> Result<Accepted, Refusal>;

    /// Judges a token by its claims, once its signature is verified. RFC 9068 section 4.
    ///
    /// # Errors
    /// [`Refusal`] when the token is refused.
    fn signed(&self, settings: &Settings, token: &Jwt, now: Timestamp) -> Result<Accepted, Refusal>;
}

/// The rules of the RFCs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Standard;

impl Judge for Standard {
    /// Without leeway: the AuthService has judged by its own clock. `exp` is checked again, because the response took time.
    ///
    /// Rule `fresh-token-usable`: RFC 6750 section 2, RFC 9068 section 4.
    /// Rule `never-past-exp`: RFC 7519 section 4.1.4, RFC 7662 section 4.
    fn introspected(&self, settings: &Settings, answer: &Introspection, now: Timestamp) -> Result<Accepted, Refusal> {
        let Introspection { active, aud, iss, exp, sub, client_id, scope } = answer;
        if !active {
            return Err(Refusal::Inactive);
        }
        if !aud.as_ref().is_some_and(|aud| aud.contains(&settings.resource)) {
            return Err(Refusal::OtherAudience);
        }
        if iss.as_ref().is_some_and(|iss| *iss != settings.issuer) {
            return Err(Refusal::OtherIssuer);
        }
        if exp.is_some_and(|exp| now >= exp) {
            return Err(Refusal::Expired);
        }
        Ok(Accepted { subject: sub.clone(), client_id: client_id.clone(), scope: scope.clone(), expires_at: *exp })
    }

    /// Rule `fresh-token-usable`: RFC 6750 section 2, RFC 9068 section 4.
    /// Rule `never-past-exp`: RFC 7519 section 4.1.4, RFC 7662 section 4.
    fn signed(&self, settings: &Settings, token: &Jwt, now: Timestamp) -> Result<Accepted, Refusal> {
        let Jwt { typ, claims } = token;
        let Claims { iss, aud, exp, nbf, iat, sub, client_id, scope } = claims;
        let leeway = match settings.validation {
            Validation::Introspect => std::time::Duration::ZERO,
            Validation::Local { leeway } => leeway,
        };
        if !typ.as_deref().is_some_and(is_access_token_type) {
            return Err(Refusal::OtherType);
        }
        if *iss != settings.issuer {
            return Err(Refusal::OtherIssuer);
        }
        if !aud.contains(&settings.resource) {
            return Err(Refusal::OtherAudience);
        }
        if now >= exp.after(leeway) {
            return Err(Refusal::Expired);
        }
        if [nbf, iat].into_iter().flatten().any(|start| *start > now.after(leeway)) {
            return Err(Refusal::NotYetValid);
        }
        Ok(Accepted {
            subject: Some(sub.clone()),
            client_id: client_id.clone(),
            scope: scope.clone(),
            expires_at: Some(*exp),
        })
    }
}

/// RFC 9068 section 4: `at+jwt`, which may also be written as a whole media type.
///
/// Rule `not-for-backends`: RFC 6749 section 1.5.
fn is_access_token_type(typ: &str) -> bool {
    typ.eq_ignore_ascii_case("at+jwt") || typ.eq_ignore_ascii_case("application/at+jwt")
}

/// An introspection response. RFC 7662 section 2.2.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub struct Introspection {
    /// Whether the token is active.
    pub active: bool,
    /// Its audience.
    pub aud: Option<Audience>,
    /// Its issuer.
    pub iss: Option<String>,
    /// The first instant at which it is refused.
    pub exp: Option<Timestamp>,
    /// The user.
    pub sub: Option<String>,
    /// The client it was issued to.
    pub client_id: Option<String>,
    /// Its scope.
    pub scope: Option<String>,
}

/// A JWT whose signature is verified.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Jwt {
    /// The type its header claims. RFC 8725 section 3.11.
    pub typ: Option<String>,
    /// Its claims.
    pub claims: Claims,
}

/// The claims of an access token. RFC 9068 section 2.2.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub struct Claims {
    /// Its issuer.
    pub iss: String,
    /// Its audience.
    pub aud: Audience,
    /// The first instant at which it is refused.
    pub exp: Timestamp,
    /// The first instant at which it may be accepted.
    pub nbf: Option<Timestamp>,
    /// When it was issued.
    pub iat: Option<Timestamp>,
    /// The user.
    pub sub: String,
    /// The client it was issued to.
    pub client_id: Option<String>,
    /// Its scope.
    pub scope: Option<String>,
}

/// One recipient or several. RFC 7519 section 4.1.3.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
#[serde(untagged)]
pub enum Audience {
    /// One.
    One(String),
    /// Several.
    Several(Vec<String>),
}

impl Audience {
    /// Whether `resource` is among the recipients.
    pub fn contains(&self, resource: &str) -> bool {
        match self {
            Self::One(one) => one == resource,
            Self::Several(several) => several.iter().any(|one| one == resource),
        }
    }
}

/// What is known of an accepted token.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Accepted {
    /// The user.
    pub subject: Option<String>,
    /// The client it was issued to.
    pub client_id: Option<String>,
    /// Its scope.
    pub scope: Option<String>,
    /// Its `exp`.
    pub expires_at: Option<Timestamp>,
}

/// Why a token is refused: `invalid_token` in every case. RFC 6750 section 3.1.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Refusal {
    /// The AuthService says that it is not active. RFC 7662 section 2.2.
    Inactive,
    /// It has expired. RFC 7519 section 4.1.4.
    Expired,
    /// It is not valid yet. RFC 7519 sections 4.1.5 and 4.1.6.
    NotYetValid,
    /// It is for another resource. RFC 9068 section 4.
    OtherAudience,
    /// It is from another issuer. RFC 9068 section 4.
    OtherIssuer,
    /// It is a JWT of another type. RFC 8725 section 3.11.
    OtherType,
    /// It is not a JWT that was signed by a key of the AuthService. RFC 9068 section 4.
    NotSigned,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::settings::Credentials;
    use super::*;

    fn settings(validation: Validation) -> Settings {
        Settings {
            resource: "http://api.test".to_owned(),
            issuer: "http://auth.test".to_owned(),
            validation,
            credentials: Credentials { client_id: String::new(), secret: String::new() },
        }
    }

    fn signed(leeway: u64, change: impl FnOnce(&mut Jwt), now: u64) -> Result<Accepted, Refusal> {
        let mut token = Jwt {
            typ: Some("at+jwt".to_owned()),
            claims: Claims {
                iss: "http://auth.test".to_owned(),
                aud: Audience::One("http://api.test".to_owned()),
                exp: Timestamp(110),
                nbf: None,
                iat: Some(Timestamp(100)),
                sub: "subject-1".to_owned(),
                client_id: None,
                scope: None,
            },
        };
        change(&mut token);
        let validation = Validation::Local { leeway: Duration::from_secs(leeway) };
        Standard.signed(&settings(validation), &token, Timestamp(now))
    }

    fn introspected(answer: &str, now: u64) -> Result<Accepted, Refusal> {
        let answer = serde_json::from_str(answer).unwrap();
        Standard.introspected(&settings(Validation::Introspect), &answer, Timestamp(now))
    }

    #[test]
    fn a_signed_token_is_accepted_from_its_issue_to_the_second_before_its_exp_give_or_take_the_leeway() {
        for (leeway, first, last) in [(0, 100, 109), (3, 97, 112)] {
            for now in 90..120 {
                let verdict = signed(leeway, |_| {}, now).map(|_| ());
                let expected = match now {
                    _ if now < first => Err(Refusal::NotYetValid),
                    _ if now > last => Err(Refusal::Expired),
                    _ => Ok(()),
                };
                assert_eq!(verdict, expected, "leeway {leeway}, now {now}");
            }
        }
        assert_eq!(signed(0, |token| token.claims.nbf = Some(Timestamp(106)), 105), Err(Refusal::NotYetValid));
    }

    #[test]
    fn only_the_type_of_an_access_token_is_accepted() {
        for typ in ["at+jwt", "AT+JWT", "application/at+jwt"] {
            assert!(signed(0, |token| token.typ = Some(typ.to_owned()), 105).is_ok());
        }
        for typ in [None, Some("JWT"), Some("logout+jwt"), Some("at+jwt2")] {
            assert_eq!(signed(0, |token| token.typ = typ.map(str::to_owned), 105), Err(Refusal::OtherType));
        }
    }

    #[test]
    fn this_resource_must_be_in_the_audience() {
        let to = |recipients: &[&str]| {
            let recipients = Audience::Several(recipients.iter().map(|&one| one.to_owned()).collect());
            signed(0, |token| token.claims.aud = recipients, 105).map(|_| ())
        };
        assert_eq!(to(&["http://other.test", "http://api.test"]), Ok(()));
        assert_eq!(to(&["http://other.test"]), Err(Refusal::OtherAudience));
        assert_eq!(to(&[]), Err(Refusal::OtherAudience));
        assert_eq!(introspected(r#"{"active":true}"#, 105), Err(Refusal::OtherAudience));
    }

    #[test]
    fn an_introspected_token_has_no_leeway_and_must_be_active() {
        let answer = r#"{"active":true,"aud":["http://api.test"],"iss":"http://auth.test","exp":110}"#;
        assert!(introspected(answer, 109).is_ok());
        assert_eq!(introspected(answer, 110), Err(Refusal::Expired));
        assert_eq!(introspected(&answer.replace("true", "false"), 109), Err(Refusal::Inactive));
        assert_eq!(introspected(&answer.replace("auth.test", "evil.test"), 109), Err(Refusal::OtherIssuer));
        assert!(introspected(r#"{"active":true,"aud":"http://api.test"}"#, 500).is_ok(), "iss and exp are optional");
    }
}
