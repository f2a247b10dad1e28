//! The AuthService itself: loads records, decides, issues tokens and saves, all in one transaction.
//!
//! Invariant: a request is one transaction; the clock is asked once in it, after the wait for its turn, and what is
//! random is drawn before it.
//!
//! Deliberately absent: rules (those are [`Decisions`]) and HTTP (that is the neighbouring module).

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::clock::{Clock, Timestamp};

use super::decisions::{Decisions, Redemption, RefreshRequest, Refreshed, Refusal, Revocable};
use super::digest::Digest;
use super::keys::{AccessClaims, Keys};
use super::password::Passwords;
use super::records::{AccessRecord, CodeRecord, Grant, RefreshRecord, Spent, TokenState};
use super::secret::Secret;
use super::seed::{ClientKind, NewClient, NewUser};
use super::settings::Settings;
use super::store::{Client, Records, Store};
use super::{Chance, Fault, redirect};

/// What an AuthService is made of.
pub struct Parts {
    /// Its settings.
    pub settings: Settings,
    /// Its database.
    pub store: Arc<dyn Store>,
    /// Its clock.
    pub clock: Arc<dyn Clock>,
    /// Its source of random bytes.
    pub chance: Chance,
    /// Its keys.
    pub keys: Keys,
    /// The rules.
    pub decisions: Arc<dyn Decisions>,
}

/// An authorization server. Clones share everything.
#[derive(Clone)]
pub struct AuthService {
    inner: Arc<Inner>,
}

struct Inner {
    parts: Parts,
    passwords: Passwords,
}

/// A valid authorization request. RFC 6749 section 4.1.1.
pub(super) struct Authorization<'a> {
    pub(super) client_id: &'a str,
    pub(super) redirect_uri: &'a str,
    pub(super) scope: &'a str,
    pub(super) challenge: &'a str,
}

/// A successful response to a token request. RFC 6749 section 5.1.
pub(super) struct Issued {
    pub(super) access_token: Secret,
    pub(super) expires_in: u64,
    /// `None`: the client keeps the one it has.
    pub(super) refresh_token: Option<Secret>,
    pub(super) scope: String,
}

/// What is random in the tokens of one answer. Drawn before the first attempt at the transaction that may issue them: however
/// many attempts it takes, they would all issue the same tokens.
struct Draw {
    /// A refresh token that is not derived from another one.
    refresh_token: Secret,
    /// The `jti` of the access token.
    jti: String,
}

impl Draw {
    fn new(chance: &Chance) -> Result<Self, Fault> {
        Ok(Self { refresh_token: Secret::random(chance)?, jti: URL_SAFE_NO_PAD.encode(chance.bytes::<16>()?) })
    }
}

/// An active token. RFC 7662 section 2.2.
pub(super) enum Active {
    Access(AccessRecord, Grant),
    Refresh(RefreshRecord, Grant),
}

impl AuthService {
    /// An AuthService with these parts.
    ///
    /// # Errors
    /// [`Fault::Settings`] when a setting is invalid; [`Fault::Chance`] or [`Fault::Password`] when no password can be
    /// checked.
    pub fn new(parts: Parts) -> Result<Self, Fault> {
        parts.settings.check()?;
        let passwords = Passwords::new(parts.settings.password_cost, &parts.chance)?;
        Ok(Self { inner: Arc::new(Inner { parts, passwords }) })
    }

    /// Its settings.
    pub fn settings(&self) -> &Settings {
        &self.inner.parts.settings
    }

    /// Registers a user, or gives a known one a new password.
    ///
    /// # Errors
    /// [`Fault::Store`] when the user cannot be saved, for example because the subject belongs to another username.
    pub fn put_user(&self, user: &NewUser<'_>) -> Result<(), Fault> {
        let hash = self.inner.passwords.hash(user.password, &self.inner.parts.chance)?;
        self.store().transact(|records| records.put_user(user.username, user.subject, &hash))
    }

    /// Registers a client, or replaces a known one.
    ///
    /// # Errors
    /// [`Fault::Settings`] when a redirect URI is not absolute or has a fragment (RFC 6749 section 3.1.2); [`Fault::Store`]
    /// when it cannot be saved.
    pub fn put_client(&self, client: &NewClient<'_>) -> Result<(), Fault> {
        if let ClientKind::Public { redirect_uris } = client.kind {
            let bad = |uri: &&&str| url::Url::parse(uri).map_or(true, |url| url.fragment().is_some());
            if let Some(uri) = redirect_uris.iter().find(bad) {
                return Err(Fault::Settings(format!(
                    "the redirect URI {uri:?} is not an absolute URI without a fragment"
                )));
            }
        }
        self.store().transact(|records| records.put_client(client))
    }

    /// Deletes every grant, code and token; users, clients and keys stay.
    ///
    /// # Errors
    /// [`Fault::Store`] when the database fails.
    pub fn reset(&self) -> Result<(), Fault> {
        self.store().transact(|records| records.clear())
    }

    pub(super) fn keys(&self) -> &Keys {
        &self.inner.parts.keys
    }

    pub(super) fn client(&self, client_id: &str) -> Result<Option<Client>, Fault> {
        self.store().read(|records| records.client(client_id))
    }

    /// Whether codes for the client may be sent to this URI.
    pub(super) fn has_redirect_uri(&self, client_id: &str, redirect_uri: &str) -> Result<bool, Fault> {
        let registered = self.store().read(|records| records.redirect_uris(client_id))?;
        Ok(registered.iter().any(|registered| redirect::matches(registered, redirect_uri)))
    }

    pub(super) fn username(&self, subject: &str) -> Result<Option<String>, Fault> {
        self.store().read(|records| records.username(subject))
    }

    /// Signs a user in and issues a code; `None` for a wrong username or a wrong password, without a difference.
    ///
    /// Rule `sign-in-gets-code`: RFC 6749 section 4.1.2.
    pub(super) fn sign_in(
        &self,
        username: &str,
        password: &str,
        asked: &Authorization<'_>,
    ) -> Result<Option<Secret>, Fault> {
        let user = self.store().read(|records| records.user(username))?;
        let stored = user.as_ref().map(|user| user.password_hash.as_str());
        let matches = self.inner.passwords.matches(stored, password)?;
        let Some(user) = user.filter(|_| matches) else {
            return Ok(None);
        };
        let code = Secret::random(self.chance())?;
        self.store().transact(|records| {
            let now = self.now();
            let grant = records.begin_grant(asked.client_id, &user.subject, asked.scope, now)?;
            records.add_code(&CodeRecord {
                digest: code.digest(),
                grant,
                redirect_uri: asked.redirect_uri.to_owned(),
                challenge: asked.challenge.to_owned(),
                issued_at: now,
                spent: Spent::No,
            })
        })?;
        Ok(Some(code))
    }

    /// RFC 6749 section 4.1.3.
    pub(super) fn redeem(&self, code: &str, request: &Redemption<'_>) -> Result<Result<Issued, Refusal>, Fault> {
        let draw = Draw::new(self.chance())?;
        self.store().transact(|records| {
            let now = self.now();
            let Some((code, grant)) = records.code(&Digest::of(code))? else {
                return Ok(Err(Refusal::Unknown));
            };
            let decided = self.decisions().redeem(self.settings(), &code, &grant, request, now);
            records.save(&decided.changes)?;
            if let Err(refusal) = decided.answer {
                return Ok(Err(refusal));
            }
            self.add_refresh(records, &draw.refresh_token, &grant, now)?;
            let access_token = self.mint(records, &grant, &grant.scope, draw.refresh_token.digest(), &draw, now)?;
            Ok(Ok(self.issued(access_token, Some(draw.refresh_token.clone()), now)))
        })
    }

    /// RFC 6749 section 6.
    pub(super) fn refresh(
        &self,
        presented: &str,
        request: &RefreshRequest<'_>,
    ) -> Result<Result<Issued, Refusal>, Fault> {
        let draw = Draw::new(self.chance())?;
        self.store().transact(|records| {
            let now = self.now();
            let Some((token, grant)) = records.refresh(&Digest::of(presented))? else {
                return Ok(Err(Refusal::Unknown));
            };
            let successor = match token.spent {
                Spent::No => None,
                Spent::Since(_) => {
                    records.refresh(&self.keys().successor_of(presented).digest())?.map(|(token, _)| token)
                }
            };
            let decided = self.decisions().refresh(self.settings(), &token, successor.as_ref(), &grant, request, now);
            records.save(&decided.changes)?;
            let refreshed = match decided.answer {
                Ok(refreshed) => refreshed,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let scope = request.scope.unwrap_or(&grant.scope);
            let successor = self.keys().successor_of(presented);
            let (refresh_token, idle_since) = match refreshed {
                Refreshed::Kept => {
                    let access_token = self.mint(records, &grant, scope, token.digest, &draw, now)?;
                    return Ok(Ok(self.issued(access_token, None, now)));
                }
                Refreshed::SameTokens => {
                    let before = records.access_beside(&successor.digest(), grant.id)?;
                    let before =
                        before.ok_or_else(|| Fault::Corrupt("a successor without its access token".to_owned()))?;
                    return Ok(Ok(self.issued((self.sign(&before, &grant)?, before), Some(successor), now)));
                }
                Refreshed::SameSuccessor => (successor, None),
                Refreshed::Rotated { idle_since } => (successor, Some(idle_since)),
                Refreshed::NewSibling { idle_since } => (draw.refresh_token.clone(), Some(idle_since)),
            };
            if let Some(idle_since) = idle_since {
                self.add_refresh(records, &refresh_token, &grant, idle_since)?;
            }
            let access_token = self.mint(records, &grant, scope, refresh_token.digest(), &draw, now)?;
            Ok(Ok(self.issued(access_token, Some(refresh_token), now)))
        })
    }

    fn add_refresh(
        &self,
        records: &dyn Records,
        token: &Secret,
        grant: &Grant,
        idle_since: Timestamp,
    ) -> Result<(), Fault> {
        records.add_refresh(&RefreshRecord {
            digest: token.digest(),
            grant: grant.id,
            idle_since,
            spent: Spent::No,
            state: TokenState::Live,
        })
    }

    /// Issues an access token and saves its record. RFC 9068 section 2.
    fn mint(
        &self,
        records: &dyn Records,
        grant: &Grant,
        scope: &str,
        beside: Digest,
        draw: &Draw,
        now: Timestamp,
    ) -> Result<(Secret, AccessRecord), Fault> {
        let mut record = AccessRecord {
            // Known only once the token is signed.
            digest: beside,
            grant: grant.id,
            beside,
            jti: draw.jti.clone(),
            scope: scope.to_owned(),
            issued_at: now,
            expires_at: now.after(self.settings().lifetimes.access),
            state: TokenState::Live,
        };
        let token = self.sign(&record, grant)?;
        record.digest = token.digest();
        records.add_access(&record)?;
        Ok((token, record))
    }

    /// The access token of a record: the same record gives the same token.
    fn sign(&self, record: &AccessRecord, grant: &Grant) -> Result<Secret, Fault> {
        let settings = self.settings();
        self.keys().sign(&AccessClaims {
            iss: &settings.issuer,
            sub: &grant.subject,
            aud: &settings.resource,
            exp: record.expires_at.seconds(),
            iat: record.issued_at.seconds(),
            jti: &record.jti,
            client_id: &grant.client_id,
            scope: &record.scope,
        })
    }

    /// Rule `tokens-issued`: RFC 6749 section 5.1.
    fn issued(
        &self,
        (access_token, record): (Secret, AccessRecord),
        refresh_token: Option<Secret>,
        now: Timestamp,
    ) -> Issued {
        let expires_in = record.expires_at.seconds_since(now);
        Issued { access_token, expires_in, refresh_token, scope: record.scope }
    }

    /// The token with its grant, if it is active. RFC 7662 section 2.2.
    pub(super) fn introspect(&self, token: &str) -> Result<Option<Active>, Fault> {
        let digest = Digest::of(token);
        self.store().read(|records| {
            let now = self.now();
            if let Some((token, grant)) = records.access(&digest)? {
                let active = self.decisions().access_is_active(self.settings(), &token, &grant, now);
                return Ok(active.then_some(Active::Access(token, grant)));
            }
            let Some((token, grant)) = records.refresh(&digest)? else {
                return Ok(None);
            };
            let active = self.decisions().refresh_is_active(self.settings(), &token, &grant, now);
            Ok(active.then_some(Active::Refresh(token, grant)))
        })
    }

    /// RFC 7009 section 2. An unknown token changes nothing.
    pub(super) fn revoke(&self, token: &str, client_id: &str) -> Result<(), Fault> {
        let digest = Digest::of(token);
        self.store().transact(|records| {
            let now = self.now();
            let decide = |token: Revocable<'_>, grant: &Grant| {
                self.decisions().revoke(self.settings(), token, grant, client_id, now)
            };
            if let Some((token, grant)) = records.refresh(&digest)? {
                return records.save(&decide(Revocable::Refresh(&token), &grant));
            }
            let Some((token, grant)) = records.access(&digest)? else {
                return Ok(());
            };
            records.save(&decide(Revocable::Access(&token), &grant))
        })
    }

    fn now(&self) -> Timestamp {
        self.inner.parts.clock.now()
    }

    fn store(&self) -> &dyn Store {
        &*self.inner.parts.store
    }

    fn chance(&self) -> &Chance {
        &self.inner.parts.chance
    }

    fn decisions(&self) -> &dyn Decisions {
        &*self.inner.parts.decisions
    }
}

impl fmt::Debug for AuthService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts { settings, keys, .. } = &self.inner.parts;
        f.debug_struct("AuthService").field("settings", settings).field("keys", keys).finish_non_exhaustive()
    }
}
