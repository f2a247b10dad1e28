//! The AuthService's published keys, as far as they are known here. RFC 7517.
//!
//! Invariant: keys are fetched when a token names one that is not known, and at no other time.
//!
//! Deliberately absent: an age at which a known key is doubted. A key that is withdrawn stays good until a restart.

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

    /// Knows exactly the keys of `set` from now on; those that we cannot use are left out.
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

/// The key that `token` says it is signed with.
pub(super) fn kid_of(token: &str) -> Result<String, Refusal> {
    let header = decode_header(token).map_err(|_| Refusal::NotSigned)?;
    header.kid.filter(|_| header.alg == Algorithm::EdDSA).ok_or(Refusal::NotSigned)
}

/// Reads a token if `key` has signed it. Times, issuer, audience and type are left to the judge.
pub(super) fn read(token: &str, key: &DecodingKey) -> Result<Jwt, Refusal> {
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.required_spec_claims.clear();
    // Its own check takes a token at its last instant, and a minute longer.
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    let token = decode::<Claims>(token, key, &validation).map_err(|_| Refusal::NotSigned)?;
    Ok(Jwt { typ: token.header.typ, claims: token.claims })
}
