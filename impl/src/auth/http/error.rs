//! Error responses. RFC 6749 sections 4.1.2.1 and 5.2.

use std::sync::Arc;

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::WWW_AUTHENTICATE;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::super::{Fault, Refusal};
use super::NO_STORE;

/// An error code of the RFCs, with a description for developers.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct OAuthError {
    #[serde(rename = "error")]
    pub(super) code: ErrorCode,
    #[serde(rename = "error_description")]
    pub(super) description: &'static str,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ErrorCode {
    AccessDenied,
    InvalidClient,
    InvalidGrant,
    InvalidRequest,
    InvalidScope,
    UnauthorizedClient,
    UnsupportedGrantType,
    UnsupportedResponseType,
}

impl ErrorCode {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::AccessDenied => "access_denied",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::InvalidRequest => "invalid_request",
            Self::InvalidScope => "invalid_scope",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UnsupportedResponseType => "unsupported_response_type",
        }
    }
}

impl OAuthError {
    pub(super) const fn new(code: ErrorCode, description: &'static str) -> Self {
        Self { code, description }
    }

    pub(super) const fn invalid_request(description: &'static str) -> Self {
        Self::new(ErrorCode::InvalidRequest, description)
    }

    pub(super) const fn invalid_client(description: &'static str) -> Self {
        Self::new(ErrorCode::InvalidClient, description)
    }
}

impl From<Refusal> for OAuthError {
    fn from(refusal: Refusal) -> Self {
        let (code, description) = match refusal {
            // One description for both, which does not disclose whether another client's token exists.
            Refusal::Unknown | Refusal::OtherClient => (ErrorCode::InvalidGrant, "not a code or token of this client"),
            Refusal::OtherRedirectUri => {
                (ErrorCode::InvalidGrant, "the redirect_uri is not the one of the authorization request")
            }
            Refusal::GrantEnded => (ErrorCode::InvalidGrant, "the grant has ended"),
            Refusal::GrantTooOld => (ErrorCode::InvalidGrant, "the grant has reached its absolute lifetime"),
            Refusal::Replayed => (ErrorCode::InvalidGrant, "the code or token was used before"),
            Refusal::Expired => (ErrorCode::InvalidGrant, "the code or token has expired"),
            Refusal::WrongVerifier => (ErrorCode::InvalidGrant, "the code_verifier does not match the code_challenge"),
            Refusal::ScopeTooWide => (ErrorCode::InvalidScope, "the scope exceeds the granted one"),
        };
        Self { code, description }
    }
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        match self.code {
            ErrorCode::InvalidClient => {
                (StatusCode::UNAUTHORIZED, NO_STORE, [(WWW_AUTHENTICATE, "Basic realm=\"clients\"")], Json(self))
                    .into_response()
            }
            ErrorCode::AccessDenied
            | ErrorCode::InvalidGrant
            | ErrorCode::InvalidRequest
            | ErrorCode::InvalidScope
            | ErrorCode::UnauthorizedClient
            | ErrorCode::UnsupportedGrantType
            | ErrorCode::UnsupportedResponseType => (StatusCode::BAD_REQUEST, NO_STORE, Json(self)).into_response(),
        }
    }
}

/// Why a handler ends early.
#[derive(Debug)]
pub(super) enum Stop {
    /// The request is refused.
    Error(OAuthError),
    /// The surroundings failed.
    Fault(Fault),
}

impl From<OAuthError> for Stop {
    fn from(error: OAuthError) -> Self {
        Self::Error(error)
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl IntoResponse for Stop {
    fn into_response(self) -> Response {
        match self {
            Self::Error(error) => error.into_response(),
            Self::Fault(fault) => {
                let mut response =
                    (StatusCode::INTERNAL_SERVER_ERROR, NO_STORE, "the service failed\n").into_response();
                // The client is not told; the program that serves the router finds it here.
                response.extensions_mut().insert(Arc::new(fault));
                response
            }
        }
    }
}
