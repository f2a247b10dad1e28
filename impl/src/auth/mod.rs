//! The AuthService: signs users in, and issues, refreshes, introspects and revokes tokens.
//!
//! Role: an OAuth 2.1 authorization server for public clients, with the endpoints of RFC 6749, 7009, 7636, 7662, 8414, 9068
//! and 9207.
//!
//! Invariant: what a request does to a grant is decided by a pure function ([`Decisions`]); the records that it reads and those
//! that it changes are in one transaction, which is serialised with all others on that database.
//!
//! Deliberately absent: a session cookie (each authorization is a sign-in), consent pages, dynamic registration, rate limits.
//!
//! Read in this order: [`Settings`], the records ([`Grant`], [`CodeRecord`], [`RefreshRecord`], [`AccessRecord`]),
//! [`Decisions`], then the service and its HTTP.

#[cfg(feature = "servers")]
mod chance;
mod decisions;
mod digest;
mod fault;
#[cfg(feature = "servers")]
mod http;
#[cfg(feature = "servers")]
mod keys;
#[cfg(feature = "servers")]
mod password;
pub mod pkce;
mod records;
pub mod redirect;
#[cfg(test)]
mod samples;
#[cfg(feature = "servers")]
mod secret;
#[cfg(feature = "servers")]
mod seed;
#[cfg(feature = "servers")]
mod service;
mod settings;
#[cfg(test)]
#[cfg(feature = "sqlite")]
pub(crate) mod stage;
#[cfg(feature = "servers")]
mod store;
#[cfg(test)]
#[cfg(feature = "sqlite")]
mod tests;

#[cfg(feature = "servers")]
pub use chance::Chance;
pub use decisions::{
    Beyond, Changes, Decided, Decisions, Redemption, RefreshRequest, Refreshed, Refusal, Revocable, Standard,
};
pub use digest::Digest;
pub use fault::Fault;
#[cfg(feature = "servers")]
pub use keys::{AccessClaims, Keys, Seeds};
pub use records::{AccessRecord, CodeRecord, Ending, Grant, GrantId, GrantState, RefreshRecord, Spent, TokenState};
#[cfg(feature = "servers")]
pub use secret::Secret;
#[cfg(feature = "servers")]
pub use seed::{ClientKind, Demo, NewClient, NewUser};
#[cfg(feature = "servers")]
pub use service::{AuthService, Parts};
pub use settings::{
    AccessOnRefresh, Grace, IdleOnRefresh, Lifetimes, PasswordCost, Reach, Rotation, Settings, SpentRevokes,
    WrongVerifier,
};
#[cfg(feature = "sqlite")]
pub use store::sqlite::Sqlite;
#[cfg(feature = "servers")]
pub use store::{Client, Deed, Entries, Records, Store, User};
