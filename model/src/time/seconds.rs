//! Whole seconds: what tokens carry and what clocks of servers count.

use std::fmt;
use std::ops::{Add, AddAssign};
use std::time::Duration;

/// A length of time in whole seconds, up to 136 years. RFC 7519 section 2: a `NumericDate` counts seconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Seconds(pub u32);

impl Seconds {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// The whole seconds of a length of time. What is more than 136 years is as long as that: nothing in a policy is.
    #[must_use]
    pub fn of(length: Duration) -> Self {
        Self(u32::try_from(length.as_secs()).unwrap_or(u32::MAX))
    }

    /// Whether it is no time at all.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The length of time, as the standard library has it.
    #[must_use]
    pub fn length(self) -> Duration {
        Duration::from_secs(self.0.into())
    }
}

impl Add for Seconds {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for Seconds {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

/// As people say it: `1h 1m`.
impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        humantime::format_duration(self.length()).fmt(f)
    }
}
