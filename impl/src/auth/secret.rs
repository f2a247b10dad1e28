//! Codes and tokens.
//!
//! Invariant: a [`Secret`] never shows in `Debug`, and what reaches the database is its [`Digest`].

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::{Chance, Digest, Fault};

/// The text of a code or a token.
#[derive(Clone, Eq, PartialEq)]
pub struct Secret(String);

impl Secret {
    /// 256 random bits in base64url. RFC 6749 section 10.10 asks for at least 128.
    ///
    /// # Errors
    /// [`Fault::Chance`] when there are no random bytes.
    pub fn random(chance: &Chance) -> Result<Self, Fault> {
        Ok(Self(URL_SAFE_NO_PAD.encode(chance.bytes::<32>()?)))
    }

    /// The text itself, for the response that carries it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What the database stores of it.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.0)
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Derives a refresh token's first successor from the token itself.
///
/// Only digests are stored, so a response can repeat a successor only if the presented token and the key suffice to derive it.
#[derive(Clone)]
pub(super) struct SuccessorKey(Hmac<Sha256>);

impl SuccessorKey {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        Self(Hmac::new_from_slice(key).expect("HMAC takes a key of any length"))
    }

    pub(super) fn successor_of(&self, presented: &str) -> Secret {
        let mut mac = self.0.clone();
        mac.update(b"successor");
        mac.update(presented.as_bytes());
        Secret(URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_show_in_debug_output() {
        let secret = Secret::random(&Chance::seeded(1)).unwrap();
        assert!(!format!("{secret:?}").contains(secret.expose()));
    }

    #[test]
    fn the_successor_depends_on_the_key_and_on_the_token() {
        let key = SuccessorKey::new(&[1; 32]);
        assert_eq!(key.successor_of("a"), key.successor_of("a"));
        assert_ne!(key.successor_of("a"), key.successor_of("b"));
        assert_ne!(key.successor_of("a"), SuccessorKey::new(&[2; 32]).successor_of("a"));
    }
}
