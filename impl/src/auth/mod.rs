//! The AuthService: signs people in and issues, refreshes, reports on and revokes tokens.
//!
//! Role: an OAuth 2.1 authorization server for public clients, with the endpoints of RFC 6749, 7009, 7636, 7662, 8414, 9068
//! and 9207.
//!
//! Invariant: what a request does to a grant is decided by a pure function ([`Decisions`]), and the records it reads and
//! the records it changes are inside one transaction that is serialised with every other one on that database.
//!
//! Deliberately absent: a session cookie (each authorization is a sign-in), consent pages, dynamic registration, rate limits.
//!
//! Read in this order: [`Settings`], the records ([`Grant`], [`CodeRecord`], [`RefreshRecord`], [`AccessRecord`]),
//! [`Decisions`], then the service and its HTTP.

mod chance;
mod decisions;
mod fault;
mod http;
mod keys;
mod password;
mod pkce;
mod records;
mod redirect;
mod secret;
mod seed;
mod service;
mod settings;
#[cfg(test)]
pub(crate) mod stage;
mod store;
#[cfg(test)]
mod tests;

pub use chance::Chance;
pub use decisions::{
    Beyond, Changes, Decided, Decisions, Redemption, RefreshRequest, Refreshed, Refusal, Revocable, Standard,
};
pub use fault::Fault;
pub use keys::{AccessClaims, Keys, Seeds};
pub use password::PasswordCost;
pub use records::{AccessRecord, CodeRecord, Ending, Grant, GrantId, GrantState, RefreshRecord, Spent, TokenState};
pub use secret::{Digest, Secret};
pub use seed::{ClientKind, Demo, NewClient, NewUser};
pub use service::{AuthService, Parts};
pub use settings::{
    AccessOnRefresh, Grace, IdleOnRefresh, Lifetimes, Reach, Rotation, Settings, SpentRevokes, WrongVerifier,
};
pub use store::sqlite::Sqlite;
pub use store::{Client, Deed, Entries, Records, Store, User};
