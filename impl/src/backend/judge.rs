//! Whether a token is good enough: pure functions from (settings, what is known of it, now) to a verdict.
//!
//! Invariant: no clock, no network. Whether a signature is right was found out before.

use serde::Deserialize;

use crate::clock::Timestamp;

use super::settings::{Settings, Validation};

/// The rules. [`Standard`] has them as the RFCs do; whoever embeds a backend may bring others.
pub trait Judge: Send + Sync {
    /// Judges by what the AuthService said just now. RFC 7662 section 4.
    ///
    /// # Errors
    /// [`Refusal`] when the bearer gets nothing.
    fn introspected(&self, settings: &Settings, answer: &Introspection, now: Timestamp) -> Result<Accepted, Refusal>;

    /// Judges by the claims of a JWT whose signature is right. RFC 9068 section 4.
    ///
    /// # Errors
    /// [`Refusal`] when the bearer gets nothing.
    fn signed(&self, settings: &Settings, token: &Jwt, now: Timestamp) -> Result<Accepted, Refusal>;
}

/// The rules as the RFCs have them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Standard;

impl Judge for Standard {
    /// No leeway: the one who answers has the clock that counts, and `exp` is looked at again because the answer took time.
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

/// What an AuthService says of a token. RFC 7662 section 2.2.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub struct Introspection {
    /// Whether it is worth anything.
    pub active: bool,
    /// Whom it is for.
    pub aud: Option<Audience>,
    /// Who issued it.
    pub iss: Option<String>,
    /// Refused on or after this.
    pub exp: Option<Timestamp>,
    /// Whom it speaks for.
    pub sub: Option<String>,
    /// Whom it was issued to.
    pub client_id: Option<String>,
    /// What it allows.
    pub scope: Option<String>,
}

/// A JWT whose signature is right.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Jwt {
    /// The type its header claims. RFC 8725 section 3.11.
    pub typ: Option<String>,
    /// What it says.
    pub claims: Claims,
}

/// What an access token says. RFC 9068 section 2.2.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub struct Claims {
    /// Who issued it.
    pub iss: String,
    /// Whom it is for.
    pub aud: Audience,
    /// Refused on or after this.
    pub exp: Timestamp,
    /// Refused before this.
    pub nbf: Option<Timestamp>,
    /// When it was issued.
    pub iat: Option<Timestamp>,
    /// Whom it speaks for.
    pub sub: String,
    /// Whom it was issued to.
    pub client_id: Option<String>,
    /// What it allows.
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

/// Who is let in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Accepted {
    /// Whom the token speaks for.
    pub subject: Option<String>,
    /// Whom it was issued to.
    pub client_id: Option<String>,
    /// What it allows.
    pub scope: Option<String>,
    /// Its `exp`.
    pub expires_at: Option<Timestamp>,
}

/// Why a token is not good enough: `invalid_token` in every case. RFC 6750 section 3.1.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Refusal {
    /// The AuthService says it is worth nothing. RFC 7662 section 2.2.
    Inactive,
    /// Its last instant has come. RFC 7519 section 4.1.4.
    Expired,
    /// Its first instant has not come. RFC 7519 sections 4.1.5 and 4.1.6.
    NotYetValid,
    /// It is for someone else. RFC 9068 section 4.
    OtherAudience,
    /// It is from someone else. RFC 9068 section 4.
    OtherIssuer,
    /// It is some other kind of JWT. RFC 8725 section 3.11.
    OtherType,
    /// It is no JWT, or no key that the AuthService publishes has signed it. RFC 9068 section 4.
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
    fn a_signed_token_is_good_from_its_issue_to_the_second_before_its_exp_give_or_take_the_leeway() {
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
    fn only_the_type_of_an_access_token_is_taken() {
        for typ in ["at+jwt", "AT+JWT", "application/at+jwt"] {
            assert!(signed(0, |token| token.typ = Some(typ.to_owned()), 105).is_ok());
        }
        for typ in [None, Some("JWT"), Some("logout+jwt"), Some("at+jwt2")] {
            assert_eq!(signed(0, |token| token.typ = typ.map(str::to_owned), 105), Err(Refusal::OtherType));
        }
    }

    #[test]
    fn this_resource_must_be_among_the_recipients() {
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
