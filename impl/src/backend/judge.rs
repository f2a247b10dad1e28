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
    fn introspected(
        &self,
        settings: &Settings,
        answer: &Introspection,
        now: Timestamp,
    ) -> Result<Accepted, Refusal>;

    /// Judges by the claims of a JWT whose signature is right. RFC 9068 section 4.
    ///
    /// # Errors
    /// [`Refusal`] when the bearer gets nothing.
    fn signed(&self, settings: &Settings, token: &Jwt, now: Timestamp)
    -> Result<Accepted, Refusal>;
}

/// The rules as the RFCs have them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Standard;

impl Judge for Standard {
    /// No leeway: the one who answers has the clock that counts, and `exp` is looked at again because the answer took time.
    fn introspected(
        &self,
        settings: &Settings,
        answer: &Introspection,
        now: Timestamp,
    ) -> Result<Accepted, Refusal> {
        let Introspection {
            active,
            aud,
            iss,
            exp,
            sub,
            client_id,
            scope,
        } = answer;
        if !active {
            return Err(Refusal::Inactive);
        }
        if !aud
            .as_ref()
            .is_some_and(|aud| aud.contains(&settings.resource))
        {
            return Err(Refusal::OtherAudience);
        }
        if iss.as_ref().is_some_and(|iss| *iss != settings.issuer) {
            return Err(Refusal::OtherIssuer);
        }
        if exp.is_some_and(|exp| now >= exp) {
            return Err(Refusal::Expired);
        }
        Ok(Accepted {
            subject: sub.clone(),
            client_id: client_id.clone(),
            scope: scope.clone(),
            expires_at: *exp,
        })
    }

    fn signed(
        &self,
        settings: &Settings,
        token: &Jwt,
        now: Timestamp,
    ) -> Result<Accepted, Refusal> {
        let Jwt { typ, claims } = token;
        let Claims {
            iss,
            aud,
            exp,
            nbf,
            iat,
            sub,
            client_id,
            scope,
        } = claims;
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
        if [nbf, iat]
            .into_iter()
            .flatten()
            .any(|start| *start > now.after(leeway))
        {
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
