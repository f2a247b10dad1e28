//! How long a grace period lasts, as far as the traces of a probe have seen it.
//!
//! The candidates of a probe have one length of a grace window. Which other lengths would have looked the same is found out by letting
//! candidates with these foretell the traces that were run. What is left is a bound; it is a measurement only where one second fits it.

use std::fmt;
use std::time::Duration;

use authloom_model::policy::{Grace, Window};
use authloom_model::{Action, Policy, Scope, Seconds, Spec};

use super::groups;
use crate::servers::Lens;

/// How long a grace period lasts, as far as it was seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GraceWindow {
    /// No trace waited for its end.
    NotMeasured,
    /// Some trace was answered within it, none outside it.
    LongerThan(Duration),
    /// Longer than the first, and at most the second.
    Bounded(Duration, Duration),
    /// To the second.
    Measured(Duration),
}

impl GraceWindow {
    /// How long it lasts, where the policies that are left have a grace period that lasts for a time; none where they have not.
    pub(super) fn seen(left: &[Policy], ran: &[Vec<Action>], scope: Scope, lens: Lens) -> Option<Self> {
        let timed = left.iter().filter(|policy| policy.grace_window().is_some());
        timed.map(|policy| Self::of(policy, ran, scope, lens)).reduce(Self::or)
    }

    /// The lengths that would have looked the same as that of a policy that explains the traces.
    fn of(policy: &Policy, ran: &[Vec<Action>], scope: Scope, lens: Lens) -> Self {
        let (Some(own), Ok(spec)) = (policy.grace_window(), Spec::exact(policy.clone(), scope)) else {
            return Self::NotMeasured;
        };
        let looks_the_same = |seconds: u32| {
            let other = Spec::exact(with_window(policy, Duration::from_secs(seconds.into())), scope);
            // What is too long to be counted was not waited for.
            other.map_or(true, |other| ran.iter().all(|trace| groups(&[&spec, &other], trace, lens).len() == 1))
        };
        let (own, longest) = (Seconds::of(own).0, longest_wait(ran).saturating_add(1));
        let above = Duration::from_secs(u64::from(last_other(own, 0, looks_the_same)));
        if own > longest || looks_the_same(longest) {
            return if above.is_zero() { Self::NotMeasured } else { Self::LongerThan(above) };
        }
        let at_most = Duration::from_secs(u64::from(last_other(own, longest, looks_the_same) - 1));
        if at_most == above + Duration::from_secs(1) { Self::Measured(at_most) } else { Self::Bounded(above, at_most) }
    }

    /// What is known where one of two holds.
    fn or(self, other: Self) -> Self {
        match (self.bounds(), other.bounds()) {
            _ if self == other => self,
            ((one, Some(until)), (two, Some(end))) => Self::Bounded(one.min(two), until.max(end)),
            ((one, _), (two, _)) if one.min(two).is_zero() => Self::NotMeasured,
            ((one, _), (two, _)) => Self::LongerThan(one.min(two)),
        }
    }

    /// It is longer than the first, and at most the second, where it was seen to end.
    fn bounds(self) -> (Duration, Option<Duration>) {
        match self {
            Self::NotMeasured => (Duration::ZERO, None),
            Self::LongerThan(above) => (above, None),
            Self::Bounded(above, at_most) => (above, Some(at_most)),
            Self::Measured(length) => (length.saturating_sub(Duration::from_secs(1)), Some(length)),
        }
    }

    /// Whether a window of that length would have looked the same.
    #[must_use]
    pub fn allows(self, length: Duration) -> bool {
        let (above, at_most) = self.bounds();
        length > above && at_most.is_none_or(|at_most| length <= at_most)
    }
}

impl fmt::Display for GraceWindow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let long = |length: Duration| humantime::format_duration(length);
        match self {
            Self::NotMeasured => f.write_str("not measured"),
            Self::LongerThan(above) => write!(f, "not measured, but longer than {}", long(*above)),
            Self::Bounded(above, at_most) => {
                write!(f, "not measured, but bounded: longer than {}, at most {}", long(*above), long(*at_most))
            }
            Self::Measured(length) => write!(f, "measured: {}", long(*length)),
        }
    }
}

/// The most time that passes in a trace.
fn longest_wait(ran: &[Vec<Action>]) -> u32 {
    let waited = |action: &Action| if let Action::Wait(time) = action { time.0 } else { 0 };
    ran.iter().map(|trace| trace.iter().map(waited).fold(0, u32::saturating_add)).max().unwrap_or_default()
}

/// The length that is nearest to `same` of those that do not look like it, between it and `other`, which does not.
fn last_other(mut same: u32, mut other: u32, looks_the_same: impl Fn(u32) -> bool) -> u32 {
    while same.abs_diff(other) > 1 {
        let middle = u32::midpoint(same, other);
        if looks_the_same(middle) {
            same = middle;
        } else {
            other = middle;
        }
    }
    other
}

/// A policy with another length of its grace window.
fn with_window(policy: &Policy, length: Duration) -> Policy {
    let window = Window::For(length);
    let grace = match policy.grace {
        Grace::None => Grace::None,
        Grace::SameSuccessor(_) => Grace::SameSuccessor(window),
        Grace::SameTokens(_) => Grace::SameTokens(window),
        Grace::NewSibling(_) => Grace::NewSibling(window),
    };
    Policy { grace, ..policy.clone() }
}

#[cfg(test)]
mod tests {
    use authloom_model::{Exchange, Seconds, Stolen, TabId};

    use super::*;

    const T1: TabId = TabId(0);

    fn minutes(minutes: u64) -> Duration {
        Duration::from_mins(minutes)
    }

    /// What is known under a policy with this grace after somebody has presented a spent refresh token again: once in each trace, after so
    /// many times five minutes.
    fn seen(grace: Grace, after: &[usize]) -> Option<GraceWindow> {
        let policy = Policy { grace, refresh_idle: Some(minutes(60)), refresh_absolute: None, ..Policy::recommended() };
        let signs_in = [Action::SignIn(T1), Action::Arrive(Exchange::SignIn(T1)), Action::Return(Exchange::SignIn(T1))];
        let gets_tokens =
            [Action::Arrive(Exchange::Redeem(T1)), Action::Return(Exchange::Redeem(T1)), Action::CopySession];
        let presents = Action::Arrive(Exchange::Theft(Stolen::Copy));
        let trace = |times: &usize| {
            let again = std::iter::repeat_n(Action::Wait(Seconds(300)), *times).chain([presents]);
            signs_in.into_iter().chain(gets_tokens).chain([presents]).chain(again).collect()
        };
        let ran: Vec<Vec<Action>> = after.iter().map(trace).collect();
        GraceWindow::seen(&[policy], &ran, Scope::THEFT, Lens::CLEAR)
    }

    #[test]
    fn a_window_is_bounded_by_how_long_traces_have_waited() {
        let times = |times: u64| Grace::SameTokens(Window::For(minutes(5 * times)));
        let bounded = |from, to| Some(GraceWindow::Bounded(minutes(from), minutes(to)));
        assert_eq!(seen(times(1), &[0, 1]), bounded(0, 5));
        // Nobody has waited five minutes.
        assert_eq!(seen(times(1), &[0, 2]), bounded(0, 10));
        assert_eq!(seen(times(2), &[0, 1, 2]), bounded(5, 10));
        assert_eq!(seen(times(3), &[1, 4]), bounded(5, 20));
        let said = seen(times(1), &[1]).map(|window| window.to_string());
        assert_eq!(said.as_deref(), Some("not measured, but bounded: longer than 0s, at most 5m"));
    }

    #[test]
    fn what_no_trace_waited_for_is_not_measured() {
        let window = Grace::SameTokens(Window::For(minutes(10)));
        for waited in [&[][..], &[0]] {
            assert_eq!(seen(window, waited), Some(GraceWindow::NotMeasured), "{waited:?}");
        }
        assert_eq!(seen(window, &[1]), Some(GraceWindow::LongerThan(minutes(5))));
    }

    #[test]
    fn a_grace_period_that_ends_with_its_use_or_is_not_there_has_no_length() {
        for grace in [Grace::None, Grace::SameSuccessor(Window::UntilUsed)] {
            assert_eq!(seen(grace, &[0, 1]), None, "{grace:?}");
        }
    }

    #[test]
    fn only_lengths_within_the_bounds_are_as_good() {
        let bounded = GraceWindow::Bounded(minutes(5), minutes(10));
        let allowed: Vec<u64> = (0..15).filter(|length| bounded.allows(minutes(*length))).collect();
        assert_eq!(allowed, [6, 7, 8, 9, 10]);
        assert!(GraceWindow::NotMeasured.allows(minutes(1)) && !GraceWindow::LongerThan(minutes(5)).allows(minutes(5)));
    }

    #[test]
    fn what_is_known_of_one_of_two_is_what_both_allow() {
        use GraceWindow::{Bounded, LongerThan, Measured, NotMeasured};
        let second = Duration::from_secs;
        assert_eq!(Bounded(second(5), second(9)).or(Bounded(second(0), second(7))), Bounded(second(0), second(9)));
        assert_eq!(Measured(second(5)).or(Measured(second(5))), Measured(second(5)));
        assert_eq!(Measured(second(5)).or(Measured(second(9))), Bounded(second(4), second(9)));
        assert_eq!(LongerThan(second(5)).or(Measured(second(9))), LongerThan(second(5)));
        assert_eq!(NotMeasured.or(Measured(second(9))), NotMeasured);
    }
}
