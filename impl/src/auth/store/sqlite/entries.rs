//! Users, clients and keys in the database.

use rusqlite::params;

use crate::auth::Fault;
use crate::auth::digest::Digest;
use crate::auth::keys::Seeds;
use crate::auth::seed::{ClientKind, NewClient};

use super::super::{Client, Entries, User};
use super::Rows;

impl Rows<'_> {
    fn seeds(&self) -> Result<Seeds, Fault> {
        let mut signing = self.statement("SELECT seed FROM signing_keys ORDER BY position")?;
        let signing = signing.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let successor = self.first("SELECT seed FROM successor_key", [], |row| row.get(0))?;
        let successor = successor.ok_or_else(|| Fault::Corrupt("no successor key".to_owned()))?;
        Ok(Seeds { signing, successor })
    }
}

impl Entries for Rows<'_> {
    fn put_user(&self, username: &str, subject: &str, password_hash: &str) -> Result<(), Fault> {
        let sql = "INSERT INTO users (username, subject, password_hash) VALUES (?1, ?2, ?3)
                   ON CONFLICT (username) DO UPDATE SET subject = excluded.subject, password_hash = excluded.password_hash";
        self.execute(sql, [username, subject, password_hash])
    }

    fn user(&self, username: &str) -> Result<Option<User>, Fault> {
        self.first("SELECT subject, password_hash FROM users WHERE username = ?1", [username], |row| {
            Ok(User { subject: row.get(0)?, password_hash: row.get(1)? })
        })
    }

    fn username(&self, subject: &str) -> Result<Option<String>, Fault> {
        self.first("SELECT username FROM users WHERE subject = ?1", [subject], |row| row.get(0))
    }

    fn put_client(&self, client: &NewClient<'_>) -> Result<(), Fault> {
        let (secret, redirect_uris) = match client.kind {
            ClientKind::Public { redirect_uris } => (None, redirect_uris),
            ClientKind::ResourceServer { secret } => (Some(Digest::of(secret)), [].as_slice()),
        };
        let sql = "INSERT OR REPLACE INTO clients (client_id, secret_digest) VALUES (?1, ?2)";
        self.execute(sql, params![client.client_id, secret])?;
        self.execute("DELETE FROM redirect_uris WHERE client_id = ?1", [client.client_id])?;
        for redirect_uri in redirect_uris {
            let sql = "INSERT OR IGNORE INTO redirect_uris (client_id, redirect_uri) VALUES (?1, ?2)";
            self.execute(sql, [client.client_id, redirect_uri])?;
        }
        Ok(())
    }

    fn client(&self, client_id: &str) -> Result<Option<Client>, Fault> {
        self.first("SELECT secret_digest FROM clients WHERE client_id = ?1", [client_id], |row| {
            Ok(row.get::<_, Option<Digest>>(0)?.map_or(Client::Public, |secret| Client::ResourceServer { secret }))
        })
    }

    fn redirect_uris(&self, client_id: &str) -> Result<Vec<String>, Fault> {
        let mut registered = self.statement("SELECT redirect_uri FROM redirect_uris WHERE client_id = ?1")?;
        Ok(registered.query_map([client_id], |row| row.get(0))?.collect::<Result<_, _>>()?)
    }

    fn seeds_or(&self, fresh: &Seeds) -> Result<Seeds, Fault> {
        for (position, seed) in (0_i64..).zip(&fresh.signing) {
            let sql = "INSERT OR IGNORE INTO signing_keys (position, seed) VALUES (?1, ?2)";
            self.execute(sql, params![position, seed.as_slice()])?;
        }
        let sql = "INSERT OR IGNORE INTO successor_key (position, seed) VALUES (0, ?1)";
        self.execute(sql, [fresh.successor.as_slice()])?;
        self.seeds()
    }
}
