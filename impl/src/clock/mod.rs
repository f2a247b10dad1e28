//! The one clock that every part reads: the machine's, or one that is turned by hand.
//!
//! Invariant: time is a whole number of seconds since the epoch, as in a JWT (RFC 7519 section 2, `NumericDate`), so the
//! instant before, at and after a limit can each be named exactly.
//!
//! Deliberately absent: timers. The servers act only on requests, never because time passes.

#[cfg(feature = "servers")]
mod control;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

#[cfg(feature = "servers")]
pub use control::control_router;

/// An instant, in whole seconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// The instant `seconds` after the epoch.
    pub const fn from_seconds(seconds: u64) -> Self {
        Self(seconds)
    }

    /// Seconds since the epoch.
    pub const fn seconds(self) -> u64 {
        self.0
    }

    /// Whole seconds since `earlier`; zero when `earlier` is in the future.
    pub const fn seconds_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The instant `duration` later; fractions of a second are dropped.
    pub const fn after(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration.as_secs()))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} s", self.0)
    }
}

/// A clock. It is read once for each decision, so that one decision sees one instant.
///
/// Rule `one-clock`: RFC 7519 section 4.1.4.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

/// The machine's own clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the shell that owns the machine's clock")]
    fn now(&self) -> Timestamp {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
        Timestamp(since_epoch.unwrap_or_default().as_secs())
    }
}

/// A clock that stands still until it is turned. Clones show the same time.
#[derive(Clone, Debug)]
pub struct HandClock {
    seconds: Arc<AtomicU64>,
}

impl HandClock {
    /// A clock that shows `start`.
    pub fn starting_at(start: Timestamp) -> Self {
        Self { seconds: Arc::new(AtomicU64::new(start.0)) }
    }

    /// Turns the clock forward by `duration`, of which fractions of a second are dropped, and returns the new time.
    pub fn advance(&self, duration: Duration) -> Timestamp {
        let turn = |shown: u64| Timestamp(shown).after(duration).0;
        let before = self.seconds.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |shown| Some(turn(shown)));
        match before {
            Ok(shown) | Err(shown) => Timestamp(turn(shown)),
        }
    }

    /// Sets the clock to `to`, forward or back, so that each replay starts at the same time.
    pub fn set(&self, to: Timestamp) {
        self.seconds.store(to.0, Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.seconds.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_of_a_hand_clock_shows_the_same_time() {
        let clock = HandClock::starting_at(Timestamp(100));
        let other = clock.clone();
        assert_eq!(clock.advance(Duration::from_millis(2_900)), Timestamp(102));
        assert_eq!(other.now(), Timestamp(102));
    }
}
