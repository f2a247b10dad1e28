//! What becomes of the promises that a policy's file says are known not to be kept.

use authloom_model::policy::Accepted;
use toml::value::Date;

use super::{Checked, Finding, Premise, Verdict};

/// A promise that is known not to be kept, and what a run says of that.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Acceptance {
    /// What the policy's file says.
    pub accepted: Accepted,
    /// What the run says.
    pub state: AcceptanceState,
}

/// What a run says of an acceptance.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AcceptanceState {
    /// The promise is violated, and that is accepted.
    InForce,
    /// The promise is violated, and the last day on which that was accepted is over.
    Over,
    /// The promise was put to the test and holds: there is nothing to accept.
    Stale,
    /// The promise was not put to the test, or the run saw too little to tell.
    Untested,
}

impl AcceptanceState {
    fn of(accepted: &Accepted, finding: &Finding, today: Date) -> Self {
        match (finding.verdict, finding.premise) {
            (Verdict::Violated, _) if accepted.is_over(today) => Self::Over,
            (Verdict::Violated, _) => Self::InForce,
            (Verdict::Holds, Premise::Tested) => Self::Stale,
            (Verdict::Holds, Premise::NeverHappens(_) | Premise::Unknown)
            | (Verdict::Unknown | Verdict::Reached | Verdict::NotReached, _) => Self::Untested,
        }
    }
}

impl Checked {
    /// The same, with what a team knows it cannot keep. `today` is the day on which that is asked.
    #[must_use]
    pub fn accepting(mut self, accepted: &[Accepted], today: Date) -> Self {
        for finding in &mut self.findings {
            let accepted = accepted.iter().find(|accepted| accepted.promise == finding.property.name);
            finding.acceptance = accepted.map(|accepted| Acceptance {
                accepted: accepted.clone(),
                state: AcceptanceState::of(accepted, finding, today),
            });
        }
        self
    }
}

impl Finding {
    /// What a run says of its acceptance, where it has one.
    #[must_use]
    pub fn acceptance_state(&self) -> Option<AcceptanceState> {
        self.acceptance.as_ref().map(|acceptance| acceptance.state)
    }

    /// Whether the promise is violated, and nobody accepts that today.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.verdict == Verdict::Violated && self.acceptance_state() != Some(AcceptanceState::InForce)
    }

    /// Whether the promise is accepted as broken, and holds.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.acceptance_state() == Some(AcceptanceState::Stale)
    }

    /// The acceptance of a violation that counts today.
    #[must_use]
    pub fn in_force(&self) -> Option<&Accepted> {
        let acceptance = self.acceptance.as_ref()?;
        (acceptance.state == AcceptanceState::InForce).then_some(&acceptance.accepted)
    }
}

#[cfg(test)]
mod tests {
    use authloom_model::{Policy, Scope, Spec};
    use toml::value::Datetime;

    use super::*;
    use crate::explore::Limits;
    use crate::run::{Status, Unwatched, check, explore};

    fn day(day: &str) -> Date {
        day.parse::<Datetime>().unwrap().date.unwrap()
    }

    fn accepted(promise: &'static str) -> Accepted {
        Accepted { promise, reason: "a test".to_owned(), until: Some(day("2026-12-31")) }
    }

    fn state(checked: &Checked, promise: &str) -> Option<AcceptanceState> {
        checked.finding(promise).and_then(Finding::acceptance_state)
    }

    /// The recommended policy and a thief: the grace period serves the thief as well.
    fn theft() -> Checked {
        let spec = Spec::in_ticks(Policy::recommended(), Scope { tabs: 1, ..Scope::THEFT }).unwrap();
        explore(&spec, Limits::default(), &mut Unwatched).0
    }

    #[test]
    fn a_violation_that_is_accepted_is_no_failure_until_its_last_day_is_over() {
        let promise = "no-grace-for-thieves";
        let checked = theft();
        assert_eq!(checked.status(), Status::Broken);
        let on = |today| checked.clone().accepting(&[accepted(promise)], day(today));
        assert_eq!(on("2026-12-31").status(), Status::Holds);
        assert_eq!(state(&on("2026-12-31"), promise), Some(AcceptanceState::InForce));
        assert_eq!(on("2027-01-01").status(), Status::Broken);
        assert_eq!(state(&on("2027-01-01"), promise), Some(AcceptanceState::Over));
    }

    #[test]
    fn an_acceptance_is_of_one_promise_only() {
        let checked = theft().accepting(&[accepted("no-stale-acceptance")], day("2026-01-01"));
        assert_eq!(checked.status(), Status::Broken);
        assert!(checked.finding("no-grace-for-thieves").is_some_and(Finding::is_broken));
    }

    #[test]
    fn an_acceptance_of_what_holds_is_stale_and_one_of_what_is_never_tested_is_not() {
        let small = Spec::in_ticks(Policy::recommended(), Scope::SMALL).unwrap();
        let (checked, _) = explore(&small, Limits::default(), &mut Unwatched);
        let stale = checked.clone().accepting(&[accepted("code-spent-once")], day("2026-01-01"));
        assert_eq!(state(&stale, "code-spent-once"), Some(AcceptanceState::Stale));
        assert_eq!(stale.status(), Status::Broken);
        let late = checked.clone().accepting(&[accepted("code-spent-once")], day("2027-01-01"));
        assert_eq!(state(&late, "code-spent-once"), Some(AcceptanceState::Stale));
        let untested = checked.accepting(&[accepted("no-grace-for-thieves")], day("2026-01-01"));
        assert_eq!(state(&untested, "no-grace-for-thieves"), Some(AcceptanceState::Untested));
        assert_eq!(untested.status(), Status::Holds);
    }

    #[test]
    fn what_nobody_looked_at_is_not_called_stale() {
        let small = Spec::in_ticks(Policy::recommended(), Scope::SMALL).unwrap();
        let checked = check(&small, Limits::default(), &mut Unwatched);
        let checked = checked.accepting(&[accepted("items-within-reach")], day("2026-01-01"));
        assert_eq!(state(&checked, "items-within-reach"), Some(AcceptanceState::Untested));
        assert_eq!(checked.status(), Status::Unfinished);
    }
}
