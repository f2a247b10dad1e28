//! Grants, codes and tokens in the database.

use rusqlite::{CachedStatement, Connection, OptionalExtension as _, Params, Row, params};

use crate::auth::Fault;
use crate::auth::decisions::{Beyond, Changes};
use crate::auth::digest::Digest;
use crate::auth::records::{AccessRecord, CodeRecord, Ending, Grant, GrantId, GrantState, RefreshRecord, TokenState};
use crate::clock::Timestamp;

use super::super::Records;

/// The rows, as seen from inside one transaction or between two.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    connection: &'a Connection,
}

/// The columns of a grant, in the order of [`grant_from`].
macro_rules! grant_columns {
    () => {
        "grants.id, grants.client_id, grants.subject, grants.scope, grants.born_at, grants.ending, grants.spares"
    };
}

impl<'a> Rows<'a> {
    pub(super) fn new(connection: &'a Connection) -> Self {
        Self { connection }
    }

    pub(super) fn statement(&self, sql: &str) -> Result<CachedStatement<'a>, Fault> {
        Ok(self.connection.prepare_cached(sql)?)
    }

    pub(super) fn execute(&self, sql: &str, values: impl Params) -> Result<(), Fault> {
        self.statement(sql)?.execute(values)?;
        Ok(())
    }

    pub(super) fn first<T>(
        &self,
        sql: &str,
        values: impl Params,
        from: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, Fault> {
        Ok(self.statement(sql)?.query_row(values, from).optional()?)
    }
}

impl Records for Rows<'_> {
    fn code(&self, digest: &Digest) -> Result<Option<(CodeRecord, Grant)>, Fault> {
        let sql = concat!(
            "SELECT ",
            grant_columns!(),
            ", redirect_uri, challenge, issued_at, spent_at FROM codes JOIN grants ON grants.id = grant_id WHERE digest = ?1"
        );
        self.first(sql, [digest], |row| {
            let grant = grant_from(row)?;
            let code = CodeRecord {
                digest: *digest,
                grant: grant.id,
                redirect_uri: row.get(7)?,
                challenge: row.get(8)?,
                issued_at: row.get(9)?,
                spent: row.get(10)?,
            };
            Ok((code, grant))
        })
    }

    fn refresh(&self, digest: &Digest) -> Result<Option<(RefreshRecord, Grant)>, Fault> {
        let sql = concat!(
            "SELECT ",
            grant_columns!(),
            ", idle_since, spent_at, revoked FROM refresh_tokens JOIN grants ON grants.id = grant_id WHERE digest = ?1"
        );
        self.first(sql, [digest], |row| {
            let grant = grant_from(row)?;
            let token = RefreshRecord {
                digest: *digest,
                grant: grant.id,
                idle_since: row.get(7)?,
                spent: row.get(8)?,
                state: row.get(9)?,
            };
            Ok((token, grant))
        })
    }

    fn access(&self, digest: &Digest) -> Result<Option<(AccessRecord, Grant)>, Fault> {
        let sql = concat!(
            "SELECT ",
            grant_columns!(),
            ", digest, beside, jti, access_tokens.scope, issued_at, expires_at, revoked",
            " FROM access_tokens JOIN grants ON grants.id = grant_id WHERE digest = ?1"
        );
        self.first(sql, [digest], access_from)
    }

    fn access_beside(&self, refresh: &Digest, grant: GrantId) -> Result<Option<AccessRecord>, Fault> {
        let sql = concat!(
            "SELECT ",
            grant_columns!(),
            ", digest, beside, jti, access_tokens.scope, issued_at, expires_at, revoked",
            " FROM access_tokens JOIN grants ON grants.id = grant_id",
            " WHERE grant_id = ?2 AND beside = ?1 ORDER BY issued_at LIMIT 1"
        );
        Ok(self.first(sql, params![refresh, grant], access_from)?.map(|(token, _)| token))
    }

    fn begin_grant(&self, client_id: &str, subject: &str, scope: &str, now: Timestamp) -> Result<GrantId, Fault> {
        let sql = "INSERT INTO grants (client_id, subject, scope, born_at) VALUES (?1, ?2, ?3, ?4)";
        self.execute(sql, params![client_id, subject, scope, now])?;
        Ok(GrantId(self.connection.last_insert_rowid()))
    }

    fn add_code(&self, code: &CodeRecord) -> Result<(), Fault> {
        let CodeRecord { digest, grant, redirect_uri, challenge, issued_at, spent } = code;
        let sql = "INSERT INTO codes (digest, grant_id, redirect_uri, challenge, issued_at, spent_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        self.execute(sql, params![digest, grant, redirect_uri, challenge, issued_at, spent])
    }

    fn add_refresh(&self, token: &RefreshRecord) -> Result<(), Fault> {
        let RefreshRecord { digest, grant, idle_since, spent, state } = token;
        let sql = "INSERT OR IGNORE INTO refresh_tokens (digest, grant_id, idle_since, spent_at, revoked)
                   VALUES (?1, ?2, ?3, ?4, ?5)";
        self.execute(sql, params![digest, grant, idle_since, spent, state])
    }

    fn add_access(&self, token: &AccessRecord) -> Result<(), Fault> {
        let AccessRecord { digest, grant, beside, jti, scope, issued_at, expires_at, state } = token;
        let sql = "INSERT INTO access_tokens (digest, grant_id, beside, jti, scope, issued_at, expires_at, revoked)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
        self.execute(sql, params![digest, grant, beside, jti, scope, issued_at, expires_at, state])
    }

    fn save(&self, changes: &Changes) -> Result<(), Fault> {
        let Changes { grant, code, refresh, access, beyond } = changes;
        if let Some(Grant { id, client_id: _, subject: _, scope: _, born_at: _, state }) = grant {
            let (ending, spares) = match state {
                GrantState::Live => (None, false),
                GrantState::RefreshEnded(ending) => (Some(ending), true),
                GrantState::Ended(ending) => (Some(ending), false),
            };
            self.execute("UPDATE grants SET ending = ?2, spares = ?3 WHERE id = ?1", params![id, ending, spares])?;
        }
        if let Some(CodeRecord { digest, spent, .. }) = code {
            self.execute("UPDATE codes SET spent_at = ?2 WHERE digest = ?1", params![digest, spent])?;
        }
        if let Some(RefreshRecord { digest, grant: _, idle_since, spent, state }) = refresh {
            let sql = "UPDATE refresh_tokens SET idle_since = ?2, spent_at = ?3, revoked = ?4 WHERE digest = ?1";
            self.execute(sql, params![digest, idle_since, spent, state])?;
        }
        if let Some(AccessRecord { digest, state, .. }) = access {
            self.execute("UPDATE access_tokens SET revoked = ?2 WHERE digest = ?1", params![digest, state])?;
        }
        match beyond {
            Beyond::Nothing => Ok(()),
            Beyond::AccessTokensOf(grant) => {
                let sql = "UPDATE access_tokens SET revoked = ?2 WHERE grant_id = ?1";
                self.execute(sql, params![grant, TokenState::Revoked])
            }
            Beyond::GrantsOf(subject, ending) => {
                let sql = "UPDATE grants SET ending = ?2, spares = 0 WHERE subject = ?1 AND (ending IS NULL OR spares)";
                self.execute(sql, params![subject, ending])
            }
        }
    }

    fn clear(&self) -> Result<(), Fault> {
        for sql in
            ["DELETE FROM access_tokens", "DELETE FROM refresh_tokens", "DELETE FROM codes", "DELETE FROM grants"]
        {
            self.execute(sql, [])?;
        }
        Ok(())
    }
}

fn grant_from(row: &Row<'_>) -> rusqlite::Result<Grant> {
    Ok(Grant {
        id: row.get(0)?,
        client_id: row.get(1)?,
        subject: row.get(2)?,
        scope: row.get(3)?,
        born_at: row.get(4)?,
        state: match (row.get::<_, Option<Ending>>(5)?, row.get(6)?) {
            (None, _) => GrantState::Live,
            (Some(ending), true) => GrantState::RefreshEnded(ending),
            (Some(ending), false) => GrantState::Ended(ending),
        },
    })
}

fn access_from(row: &Row<'_>) -> rusqlite::Result<(AccessRecord, Grant)> {
    let grant = grant_from(row)?;
    let token = AccessRecord {
        digest: row.get(7)?,
        grant: grant.id,
        beside: row.get(8)?,
        jti: row.get(9)?,
        scope: row.get(10)?,
        issued_at: row.get(11)?,
        expires_at: row.get(12)?,
        state: row.get(13)?,
    };
    Ok((token, grant))
}
