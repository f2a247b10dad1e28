//! The parameters of a request. RFC 6749 sections 3.1 and 3.2.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;

use super::error::OAuthError;

/// Named values. A parameter without a value counts as missing. The names of repeated ones are kept.
pub(super) struct Params {
    values: BTreeMap<String, String>,
    repeated: BTreeSet<String>,
}

impl Params {
    /// The parameters in a query string or form body.
    pub(super) fn parse(encoded: &[u8]) -> Self {
        let mut params = Self { values: BTreeMap::new(), repeated: BTreeSet::new() };
        for (name, value) in url::form_urlencoded::parse(encoded) {
            if value.is_empty() {
                continue;
            }
            if params.values.insert(name.clone().into_owned(), value.into_owned()).is_some() {
                params.repeated.insert(name.into_owned());
            }
        }
        params
    }

    /// The parameters of a form body, none of them repeated.
    pub(super) fn of_form(headers: &HeaderMap, body: &[u8]) -> Result<Self, OAuthError> {
        let params = Self::of_repeating_form(headers, body)?;
        params.check_not_repeated()?;
        Ok(params)
    }

    /// The parameters of a form body; the caller has to check for repeated ones.
    pub(super) fn of_repeating_form(headers: &HeaderMap, body: &[u8]) -> Result<Self, OAuthError> {
        let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(OAuthError::invalid_request("the content type must be application/x-www-form-urlencoded"));
        }
        Ok(Self::parse(body))
    }

    pub(super) fn check_not_repeated(&self) -> Result<(), OAuthError> {
        if self.repeated.is_empty() { Ok(()) } else { Err(OAuthError::invalid_request("a parameter is repeated")) }
    }

    pub(super) fn is_repeated(&self, name: &str) -> bool {
        self.repeated.contains(name)
    }

    pub(super) fn optional(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    pub(super) fn required(&self, name: &str, otherwise: &'static str) -> Result<&str, OAuthError> {
        self.optional(name).ok_or_else(|| OAuthError::invalid_request(otherwise))
    }
}
