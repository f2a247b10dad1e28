//! Our types as SQLite stores them.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

use crate::auth::digest::Digest;
use crate::auth::records::{Ending, GrantId, Spent, TokenState};
use crate::clock::Timestamp;

impl ToSql for Timestamp {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        // SQLite counts to 2^63; a later instant is as good as never.
        Ok(i64::try_from(self.0).unwrap_or(i64::MAX).into())
    }
}

impl FromSql for Timestamp {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let seconds = value.as_i64()?;
        u64::try_from(seconds).map(Self).map_err(|_| FromSqlError::OutOfRange(seconds))
    }
}

impl ToSql for Digest {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.as_slice().into())
    }
}

impl FromSql for Digest {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        <[u8; 32]>::column_result(value).map(Self)
    }
}

impl ToSql for GrantId {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.into())
    }
}

impl FromSql for GrantId {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_i64().map(Self)
    }
}

impl ToSql for Spent {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Self::No => Ok(rusqlite::types::Null.into()),
            Self::Since(first) => first.to_sql(),
        }
    }
}

impl FromSql for Spent {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Ok(Option::<Timestamp>::column_result(value)?.map_or(Self::No, Self::Since))
    }
}

impl ToSql for TokenState {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Live => 0.into(),
            Self::Revoked => 1.into(),
        })
    }
}

impl FromSql for TokenState {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value.as_i64()? {
            0 => Ok(Self::Live),
            1 => Ok(Self::Revoked),
            other => Err(FromSqlError::OutOfRange(other)),
        }
    }
}

const SIGNED_OUT: &str = "signed out";
const REFRESH_TOKEN_REUSE: &str = "refresh token reuse";
const CODE_REPLAY: &str = "code replay";

impl ToSql for Ending {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::SignedOut => SIGNED_OUT,
            Self::RefreshTokenReuse => REFRESH_TOKEN_REUSE,
            Self::CodeReplay => CODE_REPLAY,
        }
        .into())
    }
}

impl FromSql for Ending {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value.as_str()? {
            SIGNED_OUT => Ok(Self::SignedOut),
            REFRESH_TOKEN_REUSE => Ok(Self::RefreshTokenReuse),
            CODE_REPLAY => Ok(Self::CodeReplay),
            _ => Err(FromSqlError::InvalidType),
        }
    }
}
