//! Where the AuthService keeps its records: the seam that a database fits behind.
//!
//! Invariant: what is decided on the records and what it changes are one transaction, serialised with every other one on that
//! database. A store either makes transactions wait for each other or reports [`Fault::Conflict`]; then the deed is attempted
//! again from its first read, at the time of the new attempt. Nothing random is drawn in a deed, so every attempt
//! at one request would issue the same tokens, and only those of the attempt that is saved are issued.
//!
//! Deliberately absent: forgetting. A spent token must be recognised as long as its grant could live (RFC 9700 section
//! 4.14.2), and nothing here runs on its own to sweep later.

mod entries;
mod records;

#[cfg(feature = "sqlite")]
pub(super) mod sqlite;

use std::cell::Cell;

use super::Fault;

pub use entries::{Client, Entries, User};
pub use records::Records;

/// The most attempts at one transaction. Of several that conflict at least one is saved, so it takes more than this many
/// requests at once for the same records to fail one of them.
const ATTEMPTS: usize = 16;

/// Work on the records. It may be carried out several times, and only the last time counts.
pub type Deed<'a> = &'a dyn Fn(&dyn Records) -> Result<(), Fault>;

/// A database of the AuthService.
pub trait Store: Send + Sync {
    /// Attempts `deed` in one transaction that is serialised with all others on this database, also those of other processes:
    /// all that it changes is saved when it ends well, nothing when it fails.
    ///
    /// # Errors
    /// The fault of the deed; [`Fault::Conflict`] when another transaction was in the way and nothing was saved (for
    /// PostgreSQL: SQLSTATE 40001 or 40P01); [`Fault::Store`] when the database fails.
    fn attempt_transaction(&self, deed: Deed<'_>) -> Result<(), Fault>;

    /// Attempts `deed`, which only reads. Each call to the records sees one consistent state, two calls may see two.
    ///
    /// # Errors
    /// As for a transaction.
    fn attempt_read(&self, deed: Deed<'_>) -> Result<(), Fault>;
}

impl dyn Store + '_ {
    /// Carries out `deed` in one transaction, in as many attempts as it takes.
    ///
    /// Rule `redemptions-at-once`: RFC 6749 section 4.1.2.
    /// Rule `redemption-and-refresh-at-once`: RFC 6749 section 4.1.2, RFC 6749 section 6.
    /// Rule `refreshes-at-once`: RFC 9700 section 4.14.2.
    /// Rule `refresh-and-revocation-at-once`: RFC 7009 section 2.1.
    /// Rule `redemption-and-revocation-at-once`: RFC 7009 section 2.1.
    /// Rule `revocations-at-once`: RFC 7009 section 2.1.
    pub(super) fn transact<T>(&self, deed: impl Fn(&dyn Records) -> Result<T, Fault>) -> Result<T, Fault> {
        attempted(|deed| self.attempt_transaction(deed), deed)
    }

    /// Carries out `deed`, which only reads, in as many attempts as it takes.
    ///
    /// Rule `introspection-at-once`: RFC 7662 section 2.2.
    pub(super) fn read<T>(&self, deed: impl Fn(&dyn Records) -> Result<T, Fault>) -> Result<T, Fault> {
        attempted(|deed| self.attempt_read(deed), deed)
    }
}

/// What `deed` results in at the first attempt that does not conflict. The last attempt's conflict is a fault.
fn attempted<T>(
    attempt: impl Fn(Deed<'_>) -> Result<(), Fault>,
    deed: impl Fn(&dyn Records) -> Result<T, Fault>,
) -> Result<T, Fault> {
    let result = Cell::new(None);
    let deed = |records: &dyn Records| {
        result.set(Some(deed(records)?));
        Ok(())
    };
    let mut attempts = 1;
    loop {
        match attempt(&deed) {
            Ok(()) => return Ok(result.take().expect("what a store has saved it has carried out")),
            Err(Fault::Conflict) if attempts < ATTEMPTS => attempts += 1,
            Err(fault) => return Err(fault),
        }
    }
}
