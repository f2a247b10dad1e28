//! The backend: serves items to the bearer of an access token for this resource.
//!
//! Role: an OAuth 2.0 resource server (RFC 6750) that says where to sign in (RFC 9728).
//!
//! Invariant: every token is judged by a pure function ([`Judge`]) on what the AuthService says of it and on the time. While the
//! AuthService cannot be reached, every call is answered 503: neither served nor sent to sign in again.
//!
//! Deliberately absent: a cache of introspection answers, retries, and any memory of a token.

#[cfg(feature = "servers")]
mod auth_server;
#[cfg(feature = "servers")]
mod guard;
#[cfg(feature = "servers")]
mod http;
mod judge;
#[cfg(feature = "servers")]
mod keyring;
#[cfg(feature = "servers")]
mod service;
mod settings;
#[cfg(test)]
#[cfg(feature = "sqlite")]
mod tests;

#[cfg(feature = "servers")]
pub use auth_server::{Answer, AuthServer, InProcess, OverHttp, Unreachable};
pub use judge::{Accepted, Audience, Claims, Introspection, Judge, Jwt, Refusal, Standard};
#[cfg(feature = "servers")]
pub use service::{Backend, Parts};
pub use settings::{Credentials, Settings, Validation};
