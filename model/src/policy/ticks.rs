//! A policy's durations, counted in ticks: the greatest common divisor of those that mean something.

use std::time::Duration;

use super::{Grace, Policy, Window};

/// The most ticks a limit may have. Worlds multiply with every age a token can have: 32 are some two million worlds of two tabs.
pub const MOST_TICKS: u8 = 32;

/// The ages at which a policy's durations are over, counted in ticks or in phases.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Limits {
    /// See [`Policy::access_lifetime`].
    pub access_lifetime: u8,
    /// See [`Policy::refresh_idle`]; [`Limits::NEVER`] where it does not matter.
    pub refresh_idle: u8,
    /// See [`Policy::refresh_absolute`]; [`Limits::NEVER`] where there is none.
    pub refresh_absolute: u8,
    /// See [`Policy::code_lifetime`].
    pub code_lifetime: u8,
    /// See [`Policy::leeway`].
    pub leeway: u8,
    /// See [`Policy::refresh_margin`].
    pub refresh_margin: u8,
    /// The length of the grace window; 0 where none is measured.
    pub grace_window: u8,
}

/// The durations of a policy, counted in ticks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Ticks {
    /// How long a tick is.
    pub tick: Duration,
    /// The durations, in ticks.
    pub limits: Limits,
}

impl Limits {
    /// A limit that no age reaches.
    pub const NEVER: u8 = u8::MAX;

    /// The last age at which a limit can still matter: it is no longer counted from there, and not at all towards a limit that never comes.
    #[must_use]
    pub(crate) fn last_age(limit: u8) -> u8 {
        if limit == Self::NEVER { 0 } else { limit }
    }
}

/// A policy's durations have so small a common divisor that its graph would be too large.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "its durations have no common tick that a search can count: the longest, {longest}, is {ticks} ticks of {tick}, and {most} is the most"
)]
pub struct TooManyTicks {
    longest: humantime::Duration,
    tick: humantime::Duration,
    ticks: u128,
    most: u8,
}

impl Policy {
    /// The durations, counted in ticks of their greatest common divisor.
    pub fn ticks(&self) -> Result<Ticks, TooManyTicks> {
        self.normalised().ticks_of_all()
    }

    /// The same, where no knob means nothing.
    fn ticks_of_all(&self) -> Result<Ticks, TooManyTicks> {
        let durations = self.durations();
        let tick = durations.iter().fold(0, |tick, duration| gcd(tick, duration.as_nanos()));
        let longest = *durations.iter().max().expect("a policy has durations");
        let count = |duration: Duration| duration.as_nanos() / tick.max(1);
        let too_many = || TooManyTicks {
            longest: longest.into(),
            tick: Duration::from_nanos_u128(tick).into(),
            ticks: count(longest),
            most: MOST_TICKS,
        };
        let within = |duration| match u8::try_from(count(duration)) {
            Ok(ticks) if ticks <= MOST_TICKS => Ok(ticks),
            Ok(_) | Err(_) => Err(too_many()),
        };
        let limits = Limits {
            access_lifetime: within(self.access_lifetime)?,
            refresh_idle: self.refresh_idle.map_or(Ok(Limits::NEVER), within)?,
            refresh_absolute: self.refresh_absolute.map_or(Ok(Limits::NEVER), within)?,
            code_lifetime: within(self.code_lifetime)?,
            leeway: within(self.leeway)?,
            refresh_margin: within(self.refresh_margin)?,
            grace_window: within(self.grace_window().unwrap_or_default())?,
        };
        Ok(Ticks { tick: Duration::from_nanos_u128(tick), limits })
    }

    /// The length of the grace window, where the policy measures one.
    #[must_use]
    pub fn grace_window(&self) -> Option<Duration> {
        match self.grace {
            Grace::None => None,
            Grace::SameSuccessor(window) | Grace::SameTokens(window) | Grace::NewSibling(window) => match window {
                Window::UntilUsed => None,
                Window::For(length) => Some(length),
            },
        }
    }

    /// Every duration of a policy in which no knob means nothing.
    pub(crate) fn durations(&self) -> Vec<Duration> {
        let mut durations = vec![self.access_lifetime, self.code_lifetime];
        durations.extend(self.refresh_idle.into_iter().chain(self.refresh_absolute));
        durations.extend([self.leeway, self.refresh_margin]);
        durations.extend(self.grace_window());
        durations
    }
}

fn gcd(a: u128, b: u128) -> u128 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tick_is_the_greatest_common_divisor_of_the_durations() {
        let mut policy = Policy::recommended();
        policy.access_lifetime = Duration::from_mins(10);
        policy.code_lifetime = Duration::from_mins(4);
        policy.refresh_idle = Some(Duration::from_mins(12));
        policy.refresh_absolute = Some(Duration::from_mins(16));
        let ticks = policy.ticks().expect("the policy is small");
        assert_eq!(ticks.tick, Duration::from_mins(2));
        assert_eq!((ticks.limits.access_lifetime, ticks.limits.code_lifetime, ticks.limits.refresh_idle), (5, 2, 6));
    }

    #[test]
    fn a_tick_may_be_longer_than_nanoseconds_can_be_counted_in_64_bits() {
        let tick = Duration::from_secs(u64::from(u32::MAX) * 10);
        let policy = Policy {
            access_lifetime: tick,
            code_lifetime: tick,
            refresh_idle: Some(tick * 2),
            refresh_absolute: Some(tick * 3),
            ..Policy::recommended()
        };
        let ticks = policy.ticks().expect("the policy is small");
        assert_eq!((ticks.tick, ticks.limits.refresh_absolute), (tick, 3));
    }

    #[test]
    fn what_means_nothing_has_no_part_in_the_tick() {
        let policy = Policy { leeway: Duration::from_secs(1), ..Policy::recommended() };
        assert_eq!(policy.ticks(), Policy::recommended().ticks());
    }

    #[test]
    fn a_policy_of_too_many_ticks_is_refused() {
        let policy = Policy { access_lifetime: Duration::from_secs(301), ..Policy::recommended() };
        let refused = policy.ticks().expect_err("a second is too small a tick");
        assert!(refused.to_string().contains("1200 ticks of 1s"), "{refused}");
    }
}
