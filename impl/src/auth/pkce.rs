//! Proof Key for Code Exchange, method `S256` only. RFC 7636.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// The length of a SHA-256 in base64url.
const CHALLENGE_LENGTH: usize = 43;

/// Whether `challenge` can be the S256 challenge of any verifier. RFC 7636 section 4.2.
pub fn is_challenge(challenge: &str) -> bool {
    challenge.len() == CHALLENGE_LENGTH && URL_SAFE_NO_PAD.decode(challenge).is_ok_and(|hash| hash.len() == 32)
}

/// Whether `challenge` is the S256 challenge of `verifier`, in constant time. RFC 7636 sections 4.1 and 4.6.
pub fn matches(challenge: &str, verifier: &str) -> bool {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let well_formed = (43..=128).contains(&verifier.len()) && verifier.bytes().all(unreserved);
    let computed = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
    well_formed && bool::from(computed.as_bytes().ct_eq(challenge.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 7636 appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn the_example_of_the_rfc_matches_and_nothing_near_it() {
        assert!(is_challenge(CHALLENGE));
        assert!(matches(CHALLENGE, VERIFIER));
        assert!(!matches(CHALLENGE, &VERIFIER.replace('d', "e")));
        assert!(!matches(VERIFIER, VERIFIER), "the plain method is not offered");
        assert!(!matches(CHALLENGE, "short"));
    }

    #[test]
    fn a_challenge_of_another_length_or_alphabet_is_refused() {
        assert!(!is_challenge(&CHALLENGE[1..]));
        assert!(!is_challenge(&CHALLENGE.replace('E', "+")));
    }
}
