//! What the database stores of a code, a token or a client's secret.

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// The SHA-256 of a secret of high entropy. Enough to find it again, useless to present.
///
/// Looking a digest up in an index leaks nothing of use through its timing: an attacker cannot choose a digest without
/// knowing a preimage.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The digest of `secret`.
    pub fn of(secret: &str) -> Self {
        Self(Sha256::digest(secret.as_bytes()).into())
    }

    /// Whether this is the digest of `secret`, in constant time.
    pub fn matches(&self, secret: &str) -> bool {
        self.0.ct_eq(&Self::of(secret).0).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_matches_its_secret_only() {
        assert!(Digest::of("a").matches("a"));
        assert!(!Digest::of("a").matches("b"));
    }
}
