//! A policy's durations, counted in ticks: the greatest common divisor of those that mean something.

use std::time::Duration;

use super::{Grace, Policy, Window};

/// The most ticks a limit may have. Worlds multiply with every age a token can have: 32 are some two million worlds of two tabs.
pub const MOST_TICKS: u8 = 32;
/// Ticks after which a limit is out of sight: more than a trace has steps.
pub const FAR_AWAY: u128 = 64;

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
    /// A policy whose limits come in the same order, and that is small enough.
    pub smaller: Box<Policy>,
}

impl Policy {
    /// The policy as it looks to whoever lets time pass only `tick` at once: each limit is rounded up to the next multiple of it. That is no
    /// approximation, for at such moments something is past its limit just when it is past the rounded one. A refresh token whose limit is
    /// more than [`FAR_AWAY`] ticks away lives for ever, as far as is seen.
    #[must_use]
    pub fn seen_at(&self, tick: Duration) -> Self {
        let ticks = |length: Duration| length.as_nanos().div_ceil(tick.as_nanos().max(1));
        let long = |ticks: u128| tick.saturating_mul(u32::try_from(ticks).unwrap_or(u32::MAX));
        let up = |length: Duration| long(ticks(length));
        let until = |limit: Option<Duration>| limit.filter(|limit| ticks(*limit) <= FAR_AWAY).map(up);
        let window = |window: Window| match window {
            Window::UntilUsed => Window::UntilUsed,
            Window::For(length) => Window::For(up(length)),
        };
        // Both are looked at together with the lifetime of the token.
        let policy = self.normalised();
        let (access, leeway, margin) = (policy.access_lifetime, policy.leeway, policy.refresh_margin);
        Self {
            access_lifetime: up(access),
            code_lifetime: up(policy.code_lifetime),
            refresh_idle: until(policy.refresh_idle),
            refresh_absolute: until(policy.refresh_absolute),
            leeway: long(ticks(access.saturating_add(leeway)) - ticks(access)),
            refresh_margin: long(ticks(access) - ticks(access.saturating_sub(margin))),
            grace: match policy.grace {
                Grace::None => Grace::None,
                Grace::SameSuccessor(length) => Grace::SameSuccessor(window(length)),
                Grace::SameTokens(length) => Grace::SameTokens(window(length)),
                Grace::NewSibling(length) => Grace::NewSibling(window(length)),
            },
            ..policy
        }
    }

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
            smaller: Box::new(self.shrunk()),
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
    use super::super::{RefreshWhen, Validation};
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
    fn limits_are_rounded_up_to_the_tick_at_which_they_are_seen() {
        let mut policy = Policy::recommended();
        policy.access_lifetime = Duration::from_hours(1);
        policy.code_lifetime = Duration::from_secs(60);
        policy.refresh_idle = Some(Duration::from_hours(24 * 30));
        policy.refresh_absolute = None;
        policy.validation = Validation::Local;
        policy.leeway = Duration::from_secs(5);
        policy.refresh_when = RefreshWhen::Both;
        policy.refresh_margin = Duration::from_mins(1);
        assert!(policy.ticks().is_err());
        let often = policy.seen_at(Duration::from_mins(20));
        let ticks = often.ticks().expect("it has few ticks");
        assert_eq!(
            (ticks.limits.access_lifetime, ticks.limits.code_lifetime, ticks.limits.refresh_idle),
            (3, 1, Limits::NEVER)
        );
        // Five seconds past the hour are seen at the next look, a minute before it at the one that is the hour.
        assert_eq!((ticks.limits.leeway, ticks.limits.refresh_margin), (1, 0));
        let seldom = policy.seen_at(Duration::from_hours(24 * 10));
        let ticks = seldom.ticks().expect("it has few ticks");
        assert_eq!((ticks.limits.access_lifetime, ticks.limits.code_lifetime, ticks.limits.refresh_idle), (1, 1, 3));
        assert_eq!((ticks.limits.leeway, ticks.limits.refresh_margin), (0, 0));
    }

    #[test]
    fn who_looks_at_multiples_of_a_tick_cannot_tell_a_limit_from_its_rounded_one() {
        let tick = Duration::from_secs(7);
        for (access, leeway, margin) in (1..30).flat_map(|a| (0..9).flat_map(move |l| (0..a).map(move |m| (a, l, m)))) {
            let real = Policy {
                access_lifetime: Duration::from_secs(access),
                leeway: Duration::from_secs(leeway),
                refresh_margin: Duration::from_secs(margin),
                validation: Validation::Local,
                refresh_when: RefreshWhen::Both,
                ..Policy::recommended()
            };
            let seen = real.seen_at(tick);
            for age in (0..12).map(|ticks| tick * ticks) {
                let over = |policy: &Policy| age >= policy.access_lifetime;
                let refused = |policy: &Policy| age >= policy.access_lifetime + policy.leeway;
                let early = |policy: &Policy| age + policy.refresh_margin >= policy.access_lifetime;
                assert_eq!((over(&real), refused(&real), early(&real)), (over(&seen), refused(&seen), early(&seen)));
            }
        }
    }

    #[test]
    fn a_policy_of_too_many_ticks_is_refused_with_a_smaller_one_in_the_same_order() {
        let mut policy = Policy::recommended();
        policy.access_lifetime = Duration::from_secs(301);
        let refused = policy.ticks().expect_err("a second is too small a tick");
        let smaller = refused.smaller.ticks().expect("the smaller one is small enough");
        assert!(smaller.limits.code_lifetime < smaller.limits.access_lifetime);
        assert!(smaller.limits.access_lifetime < smaller.limits.refresh_idle);
        assert!(smaller.limits.refresh_idle < smaller.limits.refresh_absolute);
    }
}
