//! Passwords: argon2id, with its cost as a setting.
//!
//! Invariant: checking the password of an unknown user costs as much as checking a wrong password.

use std::fmt;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{Error, PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};

use super::settings::PasswordCost;
use super::{Chance, Fault};

/// Hashes and checks passwords at one cost.
pub(super) struct Passwords {
    argon2: Argon2<'static>,
    /// The hash of a random password, checked for unknown users.
    unknown: String,
}

impl Passwords {
    pub(super) fn new(cost: PasswordCost, chance: &Chance) -> Result<Self, Fault> {
        let argon2 = argon2id(cost);
        let unknown = hash_with(&argon2, &chance.bytes::<32>()?, chance)?;
        Ok(Self { argon2, unknown })
    }

    /// The PHC string that the database stores.
    pub(super) fn hash(&self, password: &str, chance: &Chance) -> Result<String, Fault> {
        hash_with(&self.argon2, password.as_bytes(), chance)
    }

    /// Whether `stored` is the hash of `password`; false for `None`, an unknown user.
    pub(super) fn matches(&self, stored: Option<&str>, password: &str) -> Result<bool, Fault> {
        let hash = PasswordHash::new(stored.unwrap_or(&self.unknown)).map_err(unusable)?;
        match self.argon2.verify_password(password.as_bytes(), &hash) {
            Ok(()) => Ok(stored.is_some()),
            Err(Error::PasswordInvalid) => Ok(false),
            Err(error) => Err(unusable(error)),
        }
    }
}

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passwords").field("argon2", &self.argon2).finish_non_exhaustive()
    }
}

fn argon2id(cost: PasswordCost) -> Argon2<'static> {
    let params = match cost {
        PasswordCost::Recommended => Params::default(),
        PasswordCost::Cheapest => Params::new(Params::MIN_M_COST, Params::MIN_T_COST, Params::MIN_P_COST, None)
            .expect("the least parameters are within their own bounds"),
    };
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash_with(argon2: &Argon2<'_>, password: &[u8], chance: &Chance) -> Result<String, Fault> {
    let hash = argon2.hash_password_with_salt(password, &chance.bytes::<16>()?).map_err(unusable)?;
    Ok(hash.to_string())
}

fn unusable(error: impl fmt::Display) -> Fault {
    Fault::Password(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_password_of_a_known_user_matches() {
        let chance = Chance::seeded(1);
        let passwords = Passwords::new(PasswordCost::Cheapest, &chance).unwrap();
        let stored = passwords.hash("correct horse", &chance).unwrap();
        assert!(stored.starts_with("$argon2id$"));
        assert!(passwords.matches(Some(&stored), "correct horse").unwrap());
        assert!(!passwords.matches(Some(&stored), "battery staple").unwrap());
        assert!(!passwords.matches(None, "correct horse").unwrap());
        assert!(passwords.matches(Some("garbage"), "correct horse").is_err());
    }
}
