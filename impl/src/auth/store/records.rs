//! Grants, codes and tokens: what requests change.

use crate::clock::Timestamp;

use super::super::Fault;
use super::super::decisions::Changes;
use super::super::digest::Digest;
use super::super::records::{AccessRecord, CodeRecord, Grant, GrantId, RefreshRecord};
use super::Entries;

/// The records of a database, as seen from inside one transaction or one read.
pub trait Records: Entries {
    /// A code and the grant it begins.
    ///
    /// # Errors
    /// When the store fails.
    fn code(&self, digest: &Digest) -> Result<Option<(CodeRecord, Grant)>, Fault>;

    /// A refresh token and its grant.
    ///
    /// # Errors
    /// When the store fails.
    fn refresh(&self, digest: &Digest) -> Result<Option<(RefreshRecord, Grant)>, Fault>;

    /// An access token and its grant.
    ///
    /// # Errors
    /// When the store fails.
    fn access(&self, digest: &Digest) -> Result<Option<(AccessRecord, Grant)>, Fault>;

    /// The first access token that was issued beside a refresh token of this grant.
    ///
    /// # Errors
    /// When the store fails.
    fn access_beside(&self, refresh: &Digest, grant: GrantId) -> Result<Option<AccessRecord>, Fault>;

    /// Begins a grant.
    ///
    /// # Errors
    /// When the store fails.
    fn begin_grant(&self, client_id: &str, subject: &str, scope: &str, now: Timestamp) -> Result<GrantId, Fault>;

    /// Adds an authorization code.
    ///
    /// # Errors
    /// When the store fails.
    fn add_code(&self, code: &CodeRecord) -> Result<(), Fault>;

    /// Adds a refresh token, unless it is there: rules that leave a rotated token unspent issue one successor twice.
    ///
    /// # Errors
    /// When the store fails.
    fn add_refresh(&self, token: &RefreshRecord) -> Result<(), Fault>;

    /// Adds an access token.
    ///
    /// # Errors
    /// When the store fails.
    fn add_access(&self, token: &AccessRecord) -> Result<(), Fault>;

    /// Saves what a decision changed.
    ///
    /// # Errors
    /// When the store fails.
    fn save(&self, changes: &Changes) -> Result<(), Fault>;

    /// Deletes every grant, code and token.
    ///
    /// # Errors
    /// When the store fails.
    fn clear(&self) -> Result<(), Fault>;
}
