-- Instants are seconds since the epoch. Codes and tokens are known by their SHA-256 only.

CREATE TABLE IF NOT EXISTS signing_keys (
    position INTEGER PRIMARY KEY,
    seed     BLOB NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS successor_key (
    position INTEGER PRIMARY KEY CHECK (position = 0),
    seed     BLOB NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS users (
    username      TEXT PRIMARY KEY,
    subject       TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- A client without a secret is a public one.
CREATE TABLE IF NOT EXISTS clients (
    client_id     TEXT PRIMARY KEY,
    secret_digest BLOB
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS redirect_uris (
    client_id    TEXT NOT NULL,
    redirect_uri TEXT NOT NULL,
    PRIMARY KEY (client_id, redirect_uri)
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS grants (
    id        INTEGER PRIMARY KEY,
    client_id TEXT NOT NULL,
    subject   TEXT NOT NULL,
    scope     TEXT NOT NULL,
    born_at   INTEGER NOT NULL,
    -- Why it was ended, and whether its access tokens were not.
    ending    TEXT CHECK (ending IN ('signed out', 'refresh token reuse', 'code replay')),
    spares    INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE IF NOT EXISTS codes (
    digest       BLOB PRIMARY KEY,
    grant_id     INTEGER NOT NULL,
    redirect_uri TEXT NOT NULL,
    challenge    TEXT NOT NULL,
    issued_at    INTEGER NOT NULL,
    spent_at     INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS refresh_tokens (
    digest     BLOB PRIMARY KEY,
    grant_id   INTEGER NOT NULL,
    idle_since INTEGER NOT NULL,
    spent_at   INTEGER,
    revoked    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS access_tokens (
    digest     BLOB PRIMARY KEY,
    grant_id   INTEGER NOT NULL,
    beside     BLOB NOT NULL,
    jti        TEXT NOT NULL,
    scope      TEXT NOT NULL,
    issued_at  INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    revoked    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX IF NOT EXISTS access_tokens_of_grant ON access_tokens (grant_id);
CREATE INDEX IF NOT EXISTS grants_of_subject ON grants (subject);
