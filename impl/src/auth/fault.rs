//! What can fail around the AuthService. A refusal is not a fault: it is an answer of the protocol.

use std::error::Error;

/// The surroundings failed. Each text fits after "cannot ...: ".
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// A setting is invalid.
    #[error("{0}")]
    Settings(String),
    /// The database failed.
    #[error("the database failed: {0}")]
    Store(#[source] Box<dyn Error + Send + Sync>),
    /// Another transaction was in the way of this one, which changed nothing and may be attempted again.
    #[error("the database failed: too many transactions at once on the same records")]
    Conflict,
    /// The database holds something that an AuthService never writes.
    #[error("the database holds {0}")]
    Corrupt(String),
    /// The operating system provided no random bytes.
    #[error("no random bytes: {0}")]
    Chance(String),
    /// A signing key cannot be used.
    #[error("the signing key is unusable: {0}")]
    Key(String),
    /// A password cannot be hashed, or its stored hash cannot be read.
    #[error("the password hash is unusable: {0}")]
    Password(String),
}
