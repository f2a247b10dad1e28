//! The store in one SQLite database, in memory or in a file.
//!
//! Invariant: a transaction takes the write lock before its first read, so no decision is made on records that another process
//! is changing, and none conflicts: it waits.

mod entries;
mod records;
mod values;

use std::fmt;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, TransactionBehavior};

use crate::auth::Fault;

use super::{Deed, Store};

use records::Rows;

/// How long a transaction waits for that of another process. A decision takes well under a millisecond; a process that
/// holds the lock for this long is stuck.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// More than there are statements, so that each is parsed once.
const STATEMENTS: usize = 64;

/// One database, used by one statement at a time.
pub struct Sqlite {
    connection: Mutex<Connection>,
}

impl Sqlite {
    /// An empty database in memory, which ends with the process.
    ///
    /// # Errors
    /// [`Fault::Store`] when SQLite cannot allocate it.
    pub fn in_memory() -> Result<Self, Fault> {
        Self::set_up(Connection::open_in_memory()?)
    }

    /// The database in the file at `path`, created if there is none. Several processes may have it open.
    ///
    /// # Errors
    /// [`Fault::Store`] when the file cannot be opened, written, or is not a database.
    pub fn open(path: &Path) -> Result<Self, Fault> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        // FULL, because a commit that a power failure undoes leaves a spent token usable.
        connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")?;
        Self::set_up(connection)
    }

    fn set_up(connection: Connection) -> Result<Self, Fault> {
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        // Otherwise SQLite plans a join again for each value that is bound to it, at four times the cost of the look-up.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.execute_batch(include_str!("schema.sql"))?;
        Ok(Self { connection: Mutex::new(connection) })
    }

    /// A panic in a deed rolls its transaction back, so a poisoned lock still guards a sound database.
    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for Sqlite {
    fn attempt_transaction(&self, deed: Deed<'_>) -> Result<(), Fault> {
        let mut connection = self.lock();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        deed(&Rows::new(&transaction))?;
        Ok(transaction.commit()?)
    }

    fn attempt_read(&self, deed: Deed<'_>) -> Result<(), Fault> {
        deed(&Rows::new(&self.lock()))
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(Box::new(error))
    }
}

impl fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sqlite").finish_non_exhaustive()
    }
}
