//! The AuthService's published keys, as far as they were fetched. RFC 7517.
//!
//! Invariant: keys are fetched when a token names an unknown one, and at no other time.
//!
//! Deliberately absent: an expiry of keys. A key that the AuthService withdraws is accepted until a restart.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};

use super::judge::{Claims, Jwt, Refusal};

/// Keys by their `kid`.
#[derive(Default)]
pub(super) struct Keyring {
    keys: Mutex<BTreeMap<String, Arc<DecodingKey>>>,
}

impl Keyring {
    pub(super) fn find(&self, kid: &str) -> Option<Arc<DecodingKey>> {
        self.lock().get(kid).cloned()
    }

    /// Replaces all keys by the usable ones of `set`.
    pub(super) fn replace(&self, set: &JwkSet) {
        let usable = |jwk: &jsonwebtoken::jwk::Jwk| {
            Some((jwk.common.key_id.clone()?, Arc::new(DecodingKey::from_jwk(jwk).ok()?)))
        };
        *self.lock() = set.keys.iter().filter_map(usable).collect();
    }

    pub(super) fn forget(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Arc<DecodingKey>>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The identifier of the key that `token` names in its header.
pub(super) fn kid_of(token: &str) -> Result<String, Refusal> {
    let header = decode_header(token).map_err(|_| Refusal::NotSigned)?;
    header.kid.filter(|_| header.alg == Algorithm::EdDSA).ok_or(Refusal::NotSigned)
}

/// Verifies the signature of a token with `key` and reads it. Times, issuer, audience and type are left to the judge.
pub(super) fn read(token: &str, key: &DecodingKey) -> Result<Jwt, Refusal> {
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.required_spec_claims.clear();
    // The library's check accepts a token at its `exp`, and for a minute after it.
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    let token = decode::<Claims>(token, key, &validation).map_err(|_| Refusal::NotSigned)?;
    Ok(Jwt { typ: token.header.typ, claims: token.claims })
}
