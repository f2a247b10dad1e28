//! Exact time: ages as phases, and the clocks beside them.
//!
//! In the world an age is only a *phase*: how many of its thresholds it has passed. The rules stay as they are, for whether an age has
//! reached a limit is whether the phase has. Beside the world stand *clocks*, one for each age that has a threshold ahead and one for each
//! message in flight. Invariant: whenever somebody acts, each clock is strictly below its next threshold: who reaches it, passes it.

use std::time::Duration;

use smallvec::SmallVec;

use crate::auth::idle_runs_on;
use crate::clock::dated;
use crate::policy::{Grace, Limits, Policy, Rotation, Window};
use crate::scope::Flight;
use crate::world::{
    AccessId, AccessState, AccessToken, Call, CallPhase, FlowPhase, GrantId, GrantState, RefreshId, RefreshToken, World,
};
use crate::{Action, CallId, Capacity, Exchange, Scope, TabId};

use super::planted::{Mistake, planted};
use super::zone::{Bound, MOST_CLOCKS};
use super::{Seconds, Units};

/// What a clock measures, by the record it belongs to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Clock {
    /// Since the sign-in of the grant in this place.
    Grant(u8),
    /// Since the refresh token in this place was issued or used.
    Idle(u8),
    /// Since the refresh token in this place was rotated away.
    Spent(u8),
    /// Since the access token in this place was issued.
    Access(u8),
    /// Since the message of a call was sent.
    OfCall(CallId),
    /// Since the message of a sign-in or sign-out was sent.
    OfFlow(TabId),
}

/// A limit that time passes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Limit {
    /// A client that refreshes early finds this token due. The policy.
    Due(AccessId),
    /// An access token is past its `exp`. RFC 7519 section 4.1.4.
    Exp(AccessId),
    /// An access token is past its `exp` plus a backend's leeway. RFC 7519 section 4.1.4.
    ExpPlusLeeway(AccessId),
    /// A refresh token has not been used for too long. RFC 9700 section 4.14.2.
    Idle(RefreshId),
    /// A spent refresh token is past its grace period. The policy.
    Grace(RefreshId),
    /// A code is expired. RFC 6749 section 4.1.2.
    Code(GrantId),
    /// A grant is past the lifetime of its refresh tokens. RFC 9700 section 4.14.2.
    Lifetime(GrantId),
}

/// An age at which something changes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Threshold {
    /// The age.
    pub at: Units,
    /// The phase from there on.
    phase: u8,
}

/// A clock that is running.
#[derive(Clone, Copy, Debug)]
pub struct Running<'p> {
    /// What it measures.
    pub clock: Clock,
    /// The thresholds ahead of it, the nearest first. A message in flight has none.
    pub ahead: &'p [Threshold],
    /// What it stays within until then.
    pub within: Bound,
}

/// The clocks that are running in a world, in the order of their records.
#[derive(Clone, Debug, Default)]
pub struct Clocks<'p> {
    running: SmallVec<[Running<'p>; 7]>,
}

impl<'p> Clocks<'p> {
    /// All of them.
    #[must_use]
    pub fn all(&self) -> &[Running<'p>] {
        &self.running
    }

    /// The number of a clock, from 0, where it runs.
    #[must_use]
    pub fn position(&self, clock: Clock) -> Option<usize> {
        self.all().iter().position(|running| running.clock == clock)
    }

    fn push(&mut self, running: Running<'p>) -> Result<(), Capacity> {
        if self.running.len() == MOST_CLOCKS {
            return Err(Capacity::Clocks);
        }
        self.running.push(running);
        Ok(())
    }
}

/// A policy's durations are so different that they cannot be counted together.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "its longest duration, {longest}, is more than {most} times the unit in which all of its durations are whole numbers, {unit}: set what \
     lasts for years to \"never\", or to whole days"
)]
pub struct TooLong {
    longest: Seconds,
    unit: Seconds,
    most: i32,
}

/// A policy's durations as thresholds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Phases {
    /// How long a unit is: the longest of which every duration is a multiple.
    unit: Seconds,
    access: Vec<Threshold>,
    /// Of a grant whose code is not redeemed.
    code: Vec<Threshold>,
    /// Of a redeemed grant.
    absolute: Vec<Threshold>,
    idle: Vec<Threshold>,
    grace: Vec<Threshold>,
    /// What a message in flight stays within.
    flight: Option<Bound>,
    runs_on: bool,
    /// Whether a spent token whose successor is no longer handed out is refused however long ago it was spent.
    without_successor_refused: bool,
}

impl Phases {
    /// The thresholds of a policy in which no knob means nothing, and its limits as phases.
    pub(crate) fn of(policy: &Policy, scope: Scope) -> Result<(Self, Limits), TooLong> {
        let seconds = Seconds::of;
        let (life, leeway, margin) =
            (seconds(policy.access_lifetime), seconds(policy.leeway), seconds(policy.refresh_margin));
        let flight = match scope.flight {
            Flight::Any => None,
            Flight::AtMost(most) => Some(most),
        };
        let durations = policy.durations().into_iter().map(seconds).chain(flight);
        let unit = Seconds(durations.clone().fold(0, |unit, length| gcd(unit, length.0)).max(1));
        let longest = durations.max().unwrap_or_default() + leeway;
        let units = |length: Seconds| -> Result<Units, TooLong> {
            let too_long = || TooLong { longest, unit, most: Bound::LONGEST };
            i32::try_from(length.0 / unit.0).ok().filter(|units| *units < Bound::LONGEST).ok_or_else(too_long)
        };
        units(longest)?;
        let optional = |length: Option<Duration>| length.map(|length| units(seconds(length))).transpose();
        let (life, leeway, margin) = (units(life)?, units(leeway)?, units(margin)?);
        let early = life - margin.min(life);
        let access = thresholds([life, life + leeway].into_iter().chain((early > 0).then_some(early)));
        let (code, absolute) = (units(seconds(policy.code_lifetime))?, optional(policy.refresh_absolute)?);
        let grant = thresholds([code].into_iter().chain(absolute));
        let idle = optional(policy.refresh_idle)?;
        let window = optional(policy.grace_window())?.filter(|window| *window > 0);
        let phase = |list: &[Threshold], at: Units| {
            list.iter().find(|threshold| threshold.at == at).map_or(0, |threshold| threshold.phase)
        };
        let limits = Limits {
            access_lifetime: phase(&access, life),
            refresh_idle: if idle.is_some() { 1 } else { Limits::NEVER },
            refresh_absolute: absolute.map_or(Limits::NEVER, |absolute| phase(&grant, absolute)),
            code_lifetime: phase(&grant, code),
            leeway: phase(&access, life + leeway) - phase(&access, life),
            refresh_margin: if margin == 0 { 0 } else { phase(&access, life) - phase(&access, early) },
            grace_window: u8::from(window.is_some()),
        };
        let until = |last: Option<Units>| {
            grant.iter().copied().filter(|threshold| last.is_some_and(|last| threshold.at <= last)).collect::<Vec<_>>()
        };
        let phases = Self {
            unit,
            code: until(Some(code)),
            absolute: until(absolute).into_iter().filter(|threshold| Some(threshold.at) == absolute).collect(),
            idle: idle.into_iter().map(|at| Threshold { at, phase: 1 }).collect(),
            grace: window.into_iter().map(|at| Threshold { at, phase: 2 }).collect(),
            access,
            flight: flight.map(units).transpose()?.map(Bound::at_most),
            runs_on: idle_runs_on(policy),
            without_successor_refused: policy.rotation == Rotation::Always
                && matches!(policy.grace, Grace::SameSuccessor(Window::For(_)) | Grace::SameTokens(Window::For(_))),
        };
        Ok((phases, limits))
    }

    /// How long a unit is.
    #[must_use]
    pub fn unit(&self) -> Seconds {
        self.unit
    }

    /// Every length of time that a reading of clocks can differ by: each threshold, and the sums and differences of two. Sorted.
    #[must_use]
    pub fn stations(&self) -> Vec<Units> {
        let all = [&self.access, &self.code, &self.absolute, &self.idle, &self.grace];
        let ends: Vec<Units> = all.into_iter().flatten().map(|threshold| threshold.at).chain([0]).collect();
        let longest = ends.iter().copied().max().unwrap_or(0);
        let mut stations: Vec<Units> = Vec::new();
        for one in &ends {
            for other in &ends {
                stations.extend([one + other, one - other, -one - other]);
            }
        }
        for end in ends.iter().filter(|end| **end > 0) {
            for times in 1..=8 {
                stations.extend([end.saturating_mul(times), -end.saturating_mul(times)]);
            }
        }
        stations.retain(|units| units.abs() <= longest);
        stations.sort_unstable();
        stations.dedup();
        stations
    }

    /// Whether how long ago a token was spent cannot matter any more.
    pub(crate) fn long_spent(&self, token: &RefreshToken) -> bool {
        self.without_successor_refused && !token.successor.is_some() && !planted(Mistake::LongSpentIsTold)
    }

    /// The clocks that are running in a world.
    ///
    /// # Errors
    /// Where they are more than a zone has room for.
    pub fn clocks(&self, world: &World, limits: &Limits) -> Result<Clocks<'_>, Capacity> {
        let mut clocks = Clocks::default();
        self.of_grants(world, limits, &mut clocks)?;
        self.of_refresh_tokens(world, limits, &mut clocks)?;
        for (at, token) in (0_u8..).zip(world.present_access()) {
            match token.state {
                AccessState::Absent | AccessState::Expired => {}
                AccessState::Issued | AccessState::Revoked => {
                    let from = self.access.partition_point(|threshold| threshold.phase <= token.age);
                    let from =
                        if planted(Mistake::AccessForgottenEarly) && from > 0 { self.access.len() } else { from };
                    until(Clock::Access(at), &self.access[from..], &mut clocks)?;
                }
            }
        }
        if let Some(within) = self.flight {
            let within = if planted(Mistake::FlightNotCounted) { Bound::NONE } else { within };
            for clock in in_flight(world) {
                clocks.push(Running { clock, ahead: &[], within })?;
            }
        }
        Ok(clocks)
    }

    fn of_grants<'p>(&'p self, world: &World, limits: &Limits, clocks: &mut Clocks<'p>) -> Result<(), Capacity> {
        let dated = dated(world);
        for (at, grant) in (0_u8..).zip(world.present_grants()).filter(|(at, _)| dated[usize::from(*at)]) {
            let all = match grant.state {
                GrantState::CodeIssued if grant.age < limits.code_lifetime => &self.code,
                GrantState::Redeemed => &self.absolute,
                GrantState::Absent | GrantState::CodeIssued | GrantState::RefreshEnded | GrantState::Ended => continue,
            };
            let from = all.partition_point(|threshold| threshold.phase <= grant.age);
            until(Clock::Grant(at), &all[from..], clocks)?;
        }
        Ok(())
    }

    fn of_refresh_tokens<'p>(
        &'p self,
        world: &World,
        limits: &Limits,
        clocks: &mut Clocks<'p>,
    ) -> Result<(), Capacity> {
        for (at, token) in (0_u8..).zip(world.present_refresh()) {
            if world.grant(token.grant).is_over(limits) || token.is_revoked() {
                continue;
            }
            if token.idle == 0 && (token.spent == 0 || self.runs_on) {
                until(Clock::Idle(at), &self.idle, clocks)?;
            }
            if token.spent == 1 && !self.long_spent(token) && !planted(Mistake::GraceNotCounted) {
                until(Clock::Spent(at), &self.grace, clocks)?;
            }
        }
        Ok(())
    }

    /// What a clock passes at the first so many of the thresholds ahead of it.
    pub(crate) fn limits_passed<'l>(
        &self,
        world: &'l World,
        limits: &'l Limits,
        running: &Running<'l>,
        count: usize,
    ) -> impl Iterator<Item = Limit> + 'l {
        let clock = running.clock;
        running.ahead[..count].iter().flat_map(move |threshold| {
            let phase = threshold.phase;
            let code_waits = |at: u8| world.grants[usize::from(at)].state == GrantState::CodeIssued;
            let all = match clock {
                Clock::Access(at) => {
                    let (id, exp) = (AccessId::at(at.into()), limits.access_lifetime);
                    let with_leeway = limits.leeway > 0 && phase == exp + limits.leeway;
                    [
                        (phase < exp).then_some(Limit::Due(id)),
                        (phase == exp).then_some(Limit::Exp(id)),
                        with_leeway.then_some(Limit::ExpPlusLeeway(id)),
                    ]
                }
                Clock::Idle(at) => [Some(Limit::Idle(RefreshId::at(at.into()))), None, None],
                Clock::Spent(at) => [Some(Limit::Grace(RefreshId::at(at.into()))), None, None],
                Clock::Grant(at) => {
                    let id = GrantId::at(at.into());
                    [
                        (phase == limits.code_lifetime && code_waits(at)).then_some(Limit::Code(id)),
                        (phase == limits.refresh_absolute).then_some(Limit::Lifetime(id)),
                        None,
                    ]
                }
                Clock::OfCall(_) | Clock::OfFlow(_) => [None; 3],
            };
            all.into_iter().flatten()
        })
    }

    /// Lets a clock pass the first so many of the thresholds ahead of it.
    pub(crate) fn pass(&self, world: &mut World, running: &Running<'_>, count: usize) {
        let Some(last) = count.checked_sub(1).and_then(|last| running.ahead.get(last)) else { return };
        match running.clock {
            Clock::Grant(at) => world.grants[usize::from(at)].age = last.phase,
            Clock::Idle(at) => world.refresh[usize::from(at)].idle = last.phase,
            Clock::Spent(at) => world.refresh[usize::from(at)].spent = last.phase,
            Clock::Access(at) => {
                let token = &mut world.access[usize::from(at)];
                token.age = last.phase;
                if Some(last) == self.access.last() {
                    *token = AccessToken::EXPIRED;
                }
            }
            Clock::OfCall(_) | Clock::OfFlow(_) => {}
        }
    }
}

/// A clock that runs until its last threshold; none where that is passed.
fn until<'p>(clock: Clock, ahead: &'p [Threshold], clocks: &mut Clocks<'p>) -> Result<(), Capacity> {
    match ahead.first() {
        Some(next) => {
            let within = if planted(Mistake::ThresholdMayBeShown) {
                Bound::at_most(next.at)
            } else if planted(Mistake::ThresholdAUnitLater) {
                Bound::below(next.at + 1)
            } else {
                Bound::below(next.at)
            };
            clocks.push(Running { clock, ahead, within })
        }
        None => Ok(()),
    }
}

/// The thresholds at these ages, each phase one further.
fn thresholds(ages: impl Iterator<Item = Units>) -> Vec<Threshold> {
    let mut ages: Vec<Units> = ages.collect();
    ages.sort_unstable();
    ages.dedup();
    ages.into_iter().zip(1..).map(|(at, phase)| Threshold { at, phase }).collect()
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// The messages in flight.
pub fn in_flight(world: &World) -> impl Iterator<Item = Clock> + '_ {
    world.tabs.iter().enumerate().flat_map(|(at, tab)| {
        let id = TabId::at(at);
        let flow = (tab.flow.phase != FlowPhase::Idle).then_some(Clock::OfFlow(id));
        let calls = tab.calls.iter().enumerate().filter(|(_, call)| has_a_message(call));
        flow.into_iter().chain(calls.map(move |(call, _)| Clock::OfCall(CallId::at(id, call))))
    })
}

/// Whether a message of a call is on its way.
fn has_a_message(call: &Call) -> bool {
    match call.phase {
        CallPhase::Idle | CallPhase::Waiting | CallPhase::Queued => false,
        CallPhase::Asking
        | CallPhase::Validating
        | CallPhase::FoundActive
        | CallPhase::FoundInactive
        | CallPhase::Accepted
        | CallPhase::Unauthenticated
        | CallPhase::Refused
        | CallPhase::Unavailable
        | CallPhase::Refreshing
        | CallPhase::Refreshed
        | CallPhase::RefreshRefused => true,
    }
}

/// Whether a message that is on its way after an action, or after a limit has passed, was so before.
pub(crate) fn still_on_its_way(before: &World, action: Option<Action>, after: &World, clock: Clock) -> bool {
    let of = |exchange: Exchange| match exchange {
        Exchange::Call(call) | Exchange::Introspect(call) | Exchange::Refresh(call) => Some(Clock::OfCall(call)),
        Exchange::SignIn(tab) | Exchange::Redeem(tab) | Exchange::Revoke(tab) => Some(Clock::OfFlow(tab)),
        Exchange::Theft(_) => None,
    };
    let moved = match action {
        Some(Action::Arrive(exchange) | Action::Return(exchange) | Action::Lose(exchange)) => {
            of(exchange) == Some(clock)
        }
        _ => false,
    };
    let phase = |world: &World| match clock {
        Clock::OfCall(id) => Some(world.tabs[id.tab.index()].calls[usize::from(id.call)].phase as u8),
        Clock::OfFlow(tab) => Some(world.tabs[tab.index()].flow.phase as u8),
        Clock::Grant(_) | Clock::Idle(_) | Clock::Spent(_) | Clock::Access(_) => None,
    };
    !moved && phase(before) == phase(after)
}

/// Which clocks a step has set to zero, and which go on from others. The last word on a clock counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Origins {
    told: [Option<(Clock, Option<Clock>)>; 8],
    count: usize,
}

impl Origins {
    pub(crate) fn tell(&mut self, clock: Clock, from: Option<Clock>) {
        self.told[self.count] = Some((clock, from));
        self.count += 1;
    }

    /// The clock of before that this one continues; none where it was set to zero.
    pub(crate) fn of(&self, clock: Clock) -> Option<Clock> {
        let told = self.told[..self.count].iter().rev().flatten().find(|(told, _)| *told == clock);
        told.map_or(Some(clock), |(_, from)| from.filter(|_| !planted(Mistake::IdleNotInherited)))
    }
}

#[expect(clippy::cast_possible_truncation, reason = "tables have fewer than 255 places")]
fn place(index: Option<usize>) -> u8 {
    index.expect("a clock belongs to a record") as u8
}

impl Clock {
    pub(crate) fn grant(id: GrantId) -> Self {
        Self::Grant(place(id.index()))
    }

    pub(crate) fn idle(token: RefreshId) -> Self {
        Self::Idle(place(token.index()))
    }

    pub(crate) fn spent(token: RefreshId) -> Self {
        Self::Spent(place(token.index()))
    }

    pub(crate) fn access(token: AccessId) -> Self {
        Self::Access(place(token.index()))
    }
}
