//! Users, clients and keys: what stays when grants are deleted.

use super::super::Fault;
use super::super::digest::Digest;
use super::super::keys::Seeds;
use super::super::seed::NewClient;

/// A stored user.
#[derive(Clone)]
pub struct User {
    /// The `sub` of their tokens.
    pub subject: String,
    /// The PHC string of their password.
    pub password_hash: String,
}

/// A stored client.
#[derive(Clone, Debug)]
pub enum Client {
    /// It has no credentials. RFC 6749 section 2.1.
    Public,
    /// It may introspect tokens. RFC 7662 section 2.1.
    ResourceServer {
        /// The digest of its secret.
        secret: Digest,
    },
}

/// The entries of a database, as seen from inside one transaction or one read.
pub trait Entries {
    /// Saves a user, or gives a known one a new password hash.
    ///
    /// # Errors
    /// [`Fault::Store`] when the subject belongs to another username.
    fn put_user(&self, username: &str, subject: &str, password_hash: &str) -> Result<(), Fault>;

    /// The user with this username.
    ///
    /// # Errors
    /// When the store fails.
    fn user(&self, username: &str) -> Result<Option<User>, Fault>;

    /// The username of the user with this subject.
    ///
    /// # Errors
    /// When the store fails.
    fn username(&self, subject: &str) -> Result<Option<String>, Fault>;

    /// Saves a client with its redirect URIs, or replaces a known one.
    ///
    /// # Errors
    /// When the store fails.
    fn put_client(&self, client: &NewClient<'_>) -> Result<(), Fault>;

    /// The client with this identifier.
    ///
    /// # Errors
    /// When the store fails.
    fn client(&self, client_id: &str) -> Result<Option<Client>, Fault>;

    /// The redirect URIs that a client has registered.
    ///
    /// # Errors
    /// When the store fails.
    fn redirect_uris(&self, client_id: &str) -> Result<Vec<String>, Fault>;

    /// The seeds of the AuthService's keys; `fresh` become the seeds of a database that has none.
    ///
    /// # Errors
    /// [`Fault::Corrupt`] when some are missing.
    fn seeds_or(&self, fresh: &Seeds) -> Result<Seeds, Fault>;
}
