//! The settings of a GUI: its client identifier, its servers, and its policy.
//!
//! Invariant: everything that the machine may choose is chosen here; the machine has no defaults.
//! Deliberately absent: credentials. Only the AuthService's page gets the password.

use std::time::Duration;

use http::Uri;
use serde::Deserialize;
use url::Url;

/// The settings of a [`Gui`](super::Gui).
#[derive(Clone, Debug)]
pub struct Settings {
    /// The client identifier of the public client. RFC 6749 section 2.2.
    pub client_id: String,
    /// Where the browser comes back to after sign-in, as registered at the AuthService. RFC 9700 section 2.1.
    pub redirect_uri: Url,
    /// The AuthService that signs users in.
    pub server: AuthorizationServer,
    /// The protected resource: the absolute address of the backend's `/get_items`.
    pub items: Uri,
    /// When to refresh, how many at once, and what to do when something went wrong.
    pub policy: Policy,
}

/// The AuthService's endpoints, all absolute. RFC 8414 section 2.
#[derive(Clone, Debug)]
pub struct AuthorizationServer {
    /// Its issuer identifier.
    pub issuer: String,
    /// Whether its authorization responses name the issuer.
    pub iss: IssParameter,
    /// Where the browser is sent to sign in.
    pub authorization_endpoint: Url,
    /// Where codes and refresh tokens are exchanged.
    pub token_endpoint: Uri,
    /// Where refresh tokens are revoked. RFC 7009. None: a sign-out only clears the client's store.
    pub revocation_endpoint: Option<Uri>,
}

/// Whether authorization responses have the `iss` parameter. RFC 9207 section 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssParameter {
    /// They have; a response without it, or with another issuer, is refused. RFC 9207 section 2.4.
    Sent,
    /// They have not; one that has it nevertheless must name the issuer.
    NotSent,
}

/// Why a metadata document cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MetadataError {
    /// The document is not the JSON object of RFC 8414 section 2, or lacks an endpoint that this client needs.
    #[error("the metadata cannot be read: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// One of the endpoints is not an absolute URL.
    #[error("the metadata's {member} is not an absolute URL")]
    NotAUrl {
        /// The member of the metadata that names the endpoint.
        member: &'static str,
    },
    /// The document is that of another issuer. RFC 8414 section 3.3.
    #[error("the metadata is of issuer {found}, not of {expected}")]
    OtherIssuer {
        /// The expected issuer.
        expected: String,
        /// The issuer that the document names.
        found: String,
    },
}

impl AuthorizationServer {
    /// Reads the metadata document that `issuer` serves at `/.well-known/oauth-authorization-server`. RFC 8414 section 3.
    ///
    /// # Errors
    /// When the document cannot be read, names another issuer, or lacks an endpoint.
    pub fn from_metadata(issuer: &str, document: &[u8]) -> Result<Self, MetadataError> {
        #[derive(Deserialize)]
        struct Metadata {
            issuer: String,
            authorization_endpoint: String,
            token_endpoint: String,
            revocation_endpoint: Option<String>,
            #[serde(default)]
            authorization_response_iss_parameter_supported: bool,
        }
        let metadata: Metadata = serde_json::from_slice(document)?;
        if metadata.issuer != issuer {
            return Err(MetadataError::OtherIssuer { expected: issuer.to_owned(), found: metadata.issuer });
        }
        Ok(Self {
            issuer: metadata.issuer,
            authorization_endpoint: Url::parse(&metadata.authorization_endpoint)
                .map_err(|_| MetadataError::NotAUrl { member: "authorization_endpoint" })?,
            token_endpoint: absolute(&metadata.token_endpoint, "token_endpoint")?,
            revocation_endpoint: match metadata.revocation_endpoint {
                Some(address) => Some(absolute(&address, "revocation_endpoint")?),
                None => None,
            },
            iss: if metadata.authorization_response_iss_parameter_supported {
                IssParameter::Sent
            } else {
                IssParameter::NotSent
            },
        })
    }
}

fn absolute(address: &str, member: &'static str) -> Result<Uri, MetadataError> {
    address
        .parse::<Uri>()
        .ok()
        .filter(|uri| uri.scheme().is_some() && uri.authority().is_some())
        .ok_or(MetadataError::NotAUrl { member })
}

/// How this GUI keeps a session alive. Real clients differ in each of these choices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// What makes a call refresh the session.
    pub refresh_when: RefreshWhen,
    /// How far one refresh serves several calls.
    pub single_flight: SingleFlight,
    /// Whether a tab that was granted the refresh lock first checks whether the session was renewed meanwhile.
    pub look_again: LookAgain,
    /// What a 401 means when the session was renewed since the call was sent.
    pub late_401: Late401,
    /// What to do when the response to a refresh or to a redemption was lost.
    pub lost_refresh: LostRefresh,
}

/// What makes a call refresh the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshWhen {
    /// Only a 401 does.
    On401,
    /// Only the access token's approaching expiry does; a 401 is final.
    BeforeExpiry {
        /// How long before its expiry a token is no longer used; whole seconds count.
        margin: Duration,
    },
    /// Both do.
    Both {
        /// As in [`RefreshWhen::BeforeExpiry`].
        margin: Duration,
    },
}

impl RefreshWhen {
    /// How long before its expiry a token is no longer used, if expiry is looked at.
    pub(super) fn margin(self) -> Option<Duration> {
        match self {
            Self::On401 => None,
            Self::BeforeExpiry { margin } | Self::Both { margin } => Some(margin),
        }
    }

    /// Whether a 401 of a first attempt is recovered from.
    pub(super) fn recovers_from_401(self) -> bool {
        match self {
            Self::On401 | Self::Both { .. } => true,
            Self::BeforeExpiry { .. } => false,
        }
    }
}

/// How far one refresh serves several calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SingleFlight {
    /// Every call refreshes for itself.
    None,
    /// One refresh at a time in each tab.
    Tab,
    /// One refresh at a time in the whole browser, under its lock (Web Locks).
    Browser,
}

/// Whether a tab that was granted the refresh lock looks at the store again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookAgain {
    /// It does, and refreshes only if no other tab has.
    Yes,
    /// It refreshes with the token it held when it began to wait.
    No,
}

/// What a 401 means when the store holds another access token by now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Late401 {
    /// The call was late: it is sent again with the token of the store.
    Compare,
    /// A refresh is needed, as for every 401.
    Refresh,
}

/// What to do when the response to a refresh or to a redemption was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LostRefresh {
    /// The request is repeated until it is answered.
    Retry,
    /// The session ends: the token may be spent, so it is not presented again.
    SignInAgain,
}

#[cfg(test)]
mod tests {
    use super::*;

    const METADATA: &str = r#"{
        "issuer": "http://auth.test",
        "authorization_endpoint": "http://auth.test/authorize",
        "token_endpoint": "http://auth.test/token",
        "revocation_endpoint": "http://auth.test/revoke",
        "response_types_supported": ["code"]
    }"#;

    #[test]
    fn the_metadata_of_the_expected_issuer_gives_the_endpoints() {
        let server = AuthorizationServer::from_metadata("http://auth.test", METADATA.as_bytes()).unwrap();
        assert_eq!(server.token_endpoint, "http://auth.test/token");
        assert_eq!(server.authorization_endpoint.path(), "/authorize");
    }

    #[test]
    fn metadata_of_another_issuer_is_refused() {
        let answer = AuthorizationServer::from_metadata("http://other.test", METADATA.as_bytes());
        assert!(matches!(answer, Err(MetadataError::OtherIssuer { .. })));
    }

    #[test]
    fn a_relative_address_is_refused() {
        let document = METADATA.replace("http://auth.test/token", "/token");
        let answer = AuthorizationServer::from_metadata("http://auth.test", document.as_bytes());
        assert!(matches!(answer, Err(MetadataError::NotAUrl { member: "token_endpoint" })));
    }
}
