//! The parameters of a request. RFC 6749 sections 3.1 and 3.2.

use std::borrow::Cow;
use std::collections::BTreeSet;

use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;

use super::error::OAuthError;

/// Named values, in the order in which they were sent. A parameter without a value counts as missing.
pub(super) struct Params<'e>(Vec<(Cow<'e, str>, Cow<'e, str>)>);

impl<'e> Params<'e> {
    /// The parameters in a query string or form body.
    pub(super) fn parse(encoded: &'e [u8]) -> Self {
        Self(url::form_urlencoded::parse(encoded).filter(|(_, value)| !value.is_empty()).collect())
    }

    /// The parameters of a form body, none of them repeated.
    pub(super) fn of_form(headers: &HeaderMap, body: &'e [u8]) -> Result<Self, OAuthError> {
        let params = Self::of_repeating_form(headers, body)?;
        params.check_not_repeated()?;
        Ok(params)
    }

    /// The parameters of a form body; the caller has to check for repeated ones.
    pub(super) fn of_repeating_form(headers: &HeaderMap, body: &'e [u8]) -> Result<Self, OAuthError> {
        let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(OAuthError::invalid_request("the content type must be application/x-www-form-urlencoded"));
        }
        Ok(Self::parse(body))
    }

    pub(super) fn check_not_repeated(&self) -> Result<(), OAuthError> {
        let mut names = BTreeSet::new();
        let once = self.0.iter().all(|(name, _)| names.insert(name.as_ref()));
        if once { Ok(()) } else { Err(OAuthError::invalid_request("a parameter is repeated")) }
    }

    pub(super) fn is_repeated(&self, name: &str) -> bool {
        self.0.iter().filter(|(known, _)| known == name).nth(1).is_some()
    }

    pub(super) fn optional(&self, name: &str) -> Option<&str> {
        self.0.iter().rfind(|(known, _)| known == name).map(|(_, value)| value.as_ref())
    }

    pub(super) fn required(&self, name: &str, otherwise: &'static str) -> Result<&str, OAuthError> {
        self.optional(name).ok_or_else(|| OAuthError::invalid_request(otherwise))
    }
}
