//! Where random bytes come from: an argument, so that a replay can be repeated bit by bit.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use rand::rngs::{StdRng, SysRng};
use rand::{Rng as _, SeedableRng as _, TryRng as _};

use super::Fault;

/// A source of random bytes.
pub struct Chance(Source);

enum Source {
    System,
    Seeded(Box<Mutex<StdRng>>),
}

impl Chance {
    /// The operating system's generator.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// Always the same bytes for the same seed. Only for replays: whoever knows the seed knows every token.
    pub fn seeded(seed: u64) -> Self {
        Self(Source::Seeded(Box::new(Mutex::new(StdRng::seed_from_u64(seed)))))
    }

    /// `N` fresh random bytes.
    ///
    /// # Errors
    /// [`Fault::Chance`] when the operating system provides none.
    ///
    /// Rule `tokens-are-new`: RFC 6749 section 10.10.
    pub fn bytes<const N: usize>(&self) -> Result<[u8; N], Fault> {
        let mut bytes = [0; N];
        match &self.0 {
            Source::System => SysRng.try_fill_bytes(&mut bytes).map_err(|error| Fault::Chance(error.to_string()))?,
            Source::Seeded(rng) => rng.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes),
        }
        Ok(bytes)
    }
}

impl fmt::Debug for Chance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Source::System => "Chance::system",
            Source::Seeded(_) => "Chance::seeded",
        })
    }
}
