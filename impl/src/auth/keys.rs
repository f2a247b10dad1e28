//! The AuthService's keys, and the access tokens they sign. RFC 9068, RFC 7517.
//!
//! Invariant: keys are read once, when the service starts. Exactly one of them signs; all are published, so that a key
//! can be known to every backend before its first signature.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer as _, SigningKey};
use jsonwebtoken::{Algorithm, Header};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::secret::{Secret, SuccessorKey};
use super::store::Store;
use super::{Chance, Fault};

/// The media type of an access token, as its header has it. RFC 9068 section 2.1.
const ACCESS_TOKEN_TYPE: &str = "at+jwt";

/// Everything that the AuthService signs or derives with.
#[derive(Clone)]
pub struct Keys {
    signing: Key,
    /// Published beside the signing key, in the order in which they were made.
    published: Vec<PublicKey>,
    successor: SuccessorKey,
}

#[derive(Clone)]
struct Key {
    /// The header of every token that it signs, encoded, with the dot after it.
    header: String,
    signing: SigningKey,
}

#[derive(Clone)]
struct PublicKey {
    kid: String,
    x: String,
}

/// The seeds that [`Keys`] are made from: what a database stores.
#[derive(Clone)]
pub struct Seeds {
    /// Of Ed25519 keys, in the order in which they were made; the first one signs.
    pub signing: Vec<[u8; 32]>,
    /// Of the key that successors are derived with.
    pub successor: [u8; 32],
}

impl Keys {
    /// New keys that are not stored: after a restart, nothing that they have signed can be verified.
    ///
    /// # Errors
    /// [`Fault::Chance`] when there are no random bytes.
    pub fn generate(chance: &Chance) -> Result<Self, Fault> {
        Self::from_seeds(&Seeds::random(chance)?)
    }

    /// The keys of `store`, made and saved there if it has none, so that all processes on one database have the same.
    ///
    /// # Errors
    /// [`Fault::Store`] or [`Fault::Corrupt`] from the database, [`Fault::Chance`] when there are no random bytes.
    pub fn of_store(store: &dyn Store, chance: &Chance) -> Result<Self, Fault> {
        let fresh = Seeds::random(chance)?;
        Self::from_seeds(&store.transact(|records| records.seeds_or(&fresh))?)
    }

    fn from_seeds(seeds: &Seeds) -> Result<Self, Fault> {
        let [first, ..] = seeds.signing.as_slice() else {
            return Err(Fault::Corrupt("no signing key".to_owned()));
        };
        let published = seeds.signing.iter().map(PublicKey::of_seed).collect();
        Ok(Self { signing: Key::of_seed(first)?, published, successor: SuccessorKey::new(&seeds.successor) })
    }

    /// The JWK Set. RFC 7517 section 5, RFC 8037 section 2.
    pub(super) fn jwks(&self) -> serde_json::Value {
        let jwk = |key: &PublicKey| json!({ "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": key.kid, "x": key.x });
        json!({ "keys": self.published.iter().map(jwk).collect::<Vec<_>>() })
    }

    /// The access token with these claims. RFC 9068 section 2.
    pub(super) fn sign(&self, claims: &AccessClaims<'_>) -> Result<Secret, Fault> {
        let claims = serde_json::to_vec(claims).map_err(unusable)?;
        Ok(self.signing.sign(&claims).into())
    }

    pub(super) fn successor_of(&self, presented: &str) -> Secret {
        self.successor.successor_of(presented)
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kids: Vec<_> = self.published.iter().map(|key| &key.kid).collect();
        f.debug_struct("Keys").field("kids", &kids).finish_non_exhaustive()
    }
}

impl Seeds {
    fn random(chance: &Chance) -> Result<Self, Fault> {
        Ok(Self { signing: vec![chance.bytes()?], successor: chance.bytes()? })
    }
}

impl Key {
    fn of_seed(seed: &[u8; 32]) -> Result<Self, Fault> {
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(ACCESS_TOKEN_TYPE.to_owned());
        header.kid = Some(PublicKey::of_seed(seed).kid);
        let header = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&header).map_err(unusable)?) + ".";
        Ok(Self { header, signing: SigningKey::from_bytes(seed) })
    }

    /// A JWS in its compact serialization. RFC 7515 section 7.1, RFC 8037 section 3.1.
    fn sign(&self, payload: &[u8]) -> String {
        let mut token = self.header.clone();
        URL_SAFE_NO_PAD.encode_string(payload, &mut token);
        let signature = self.signing.sign(token.as_bytes()).to_bytes();
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        token
    }
}

fn unusable(error: impl fmt::Display) -> Fault {
    Fault::Key(error.to_string())
}

impl PublicKey {
    fn of_seed(seed: &[u8; 32]) -> Self {
        let x = URL_SAFE_NO_PAD.encode(SigningKey::from_bytes(seed).verifying_key().as_bytes());
        // RFC 7638 section 3, RFC 8037 appendix A.3: the required members in lexical order, no white space.
        let thumbprint = Sha256::digest(format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#));
        Self { kid: URL_SAFE_NO_PAD.encode(thumbprint), x }
    }
}

/// The claims of an access token. RFC 9068 section 2.2.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub struct AccessClaims<'a> {
    /// Who issued it.
    pub iss: &'a str,
    /// The user.
    pub sub: &'a str,
    /// The resource it is for.
    pub aud: &'a str,
    /// Refused on or after this second.
    pub exp: u64,
    /// The second at which it was issued.
    pub iat: u64,
    /// Its identifier.
    pub jti: &'a str,
    /// The client it was issued to.
    pub client_id: &'a str,
    /// Its scope.
    pub scope: &'a str,
}
