//! Worlds that count parts of a tick, beside exact time.

use std::collections::HashSet;
use std::fmt;
use std::time::Duration;

use authloom::explore::exact::Bounds;
use authloom::explore::{self, Completeness, CutReason, Limits, questions};
use authloom_model::policy::{Grace, Window};
use authloom_model::property::PROPERTIES;
use authloom_model::{Policy, Scope, Spec, World};
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

use crate::support::phased::{exactly, in_parts_of_a_tick, phased, worlds_of_phases, worlds_of_ticks};
use crate::support::policies::any_policy;
use crate::support::small_scope;
use crate::{disagreements, draw, explored_exactly, explored_within, letters};

/// Policies that are compared where `PROPTEST_CASES` does not say how many.
const EVERY_DAY: u32 = 8;
/// Worlds at most that ticks are followed to.
const MOST_WORLDS: u32 = 300_000;
/// A search that brings zones together from early on.
const EARLY: Bounds = Bounds { first_pass: 200, patience: 2, most_zones: 3, most_states: 4_000_000 };
/// Of so many questions one may stay unanswered.
const UNKNOWN_IN: usize = 100;

#[test]
fn parts_of_a_tick_are_a_second_opinion_on_exact_time() {
    let mut survey = Survey::default();
    let scope = prop_oneof![3 => small_scope(), 1 => Just(Scope::THEFT)];
    let (drawn, result) = draw(&(any_policy(), scope), EVERY_DAY, |(policy, scope)| survey.compare(&policy, scope));
    println!("{drawn}\n{survey}");
    result.unwrap_or_else(|why| panic!("{why}"));
    assert!(survey.to_the_end > 0, "some graph of quarters of a tick ends");
    assert!(survey.unknown * UNKNOWN_IN <= survey.asked, "{survey}");
}

/// What came of all comparisons.
#[derive(Default)]
struct Survey {
    policies: usize,
    /// Policies whose graph of quarters of a tick was followed to its end.
    to_the_end: usize,
    /// Policies for which exact time was not exact all the way.
    merged: usize,
    /// Properties asked of exact time, and those of which it does not know.
    asked: usize,
    unknown: usize,
    /// Worlds of exact time, and those of them that ticks of the greatest common divisor see; only of the policies followed to the end.
    worlds: usize,
    seen_by_ticks: usize,
    /// Properties of which a search that brings zones together from early on does not know.
    unknown_early: usize,
}

impl Survey {
    fn compare(&mut self, policy: &Policy, scope: Scope) -> TestCaseResult {
        let policy = &divisible_by_four(policy);
        let exact = exactly(policy, scope);
        let found = explored_exactly(&exact);
        let verdicts = letters(&found.explored.verdicts);
        let worlds = worlds_of_phases(&found.ways.expect("there is memory for a small graph"));
        self.policies += 1;
        self.merged += usize::from(!found.exact);
        self.asked += PROPERTIES.len();
        self.unknown += verdicts.matches('?').count();
        let mut seen_by_ticks = 0;
        for parts in [1, 2, 4] {
            let ticks = in_parts_of_a_tick(policy, scope, parts);
            let limits = Limits { worlds: MOST_WORLDS, ..Limits::default() };
            let (explored, graph) = explore::explore(&ticks, &questions(), limits, &mut |_| {});
            let in_ticks = worlds_of_ticks(&ticks, &graph.expect("there is memory for a small graph"));
            let seen: HashSet<World> = in_ticks.iter().map(|world| phased(&exact, &ticks, world)).collect();
            let why = || format!("parts {parts}, scope {scope}, under\n{}", policy.to_toml());
            let outside = seen.iter().find(|world| !worlds.contains(*world));
            prop_assert!(outside.is_none(), "ticks see {outside:?}, which exact time does not: {}", why());
            let complete = match explored.completeness {
                Completeness::Complete => true,
                Completeness::Cut { reason: CutReason::Worlds { .. }, .. } => false,
                cut @ (Completeness::Bounded { .. } | Completeness::Cut { .. }) => {
                    return Err(TestCaseError::fail(format!("{cut:?}: {}", why())));
                }
            };
            if parts == 4 && complete {
                let differ = disagreements(&verdicts, &letters(&explored.verdicts));
                prop_assert!(differ.is_empty(), "{differ:?}: {}", why());
                let unseen = if found.exact { worlds.difference(&seen).next() } else { None };
                prop_assert!(unseen.is_none(), "exact time sees {unseen:?}, which ticks do not: {}", why());
                self.to_the_end += 1;
                self.worlds += worlds.len();
                self.seen_by_ticks += seen_by_ticks;
            }
            if parts == 1 {
                seen_by_ticks = seen.len();
            }
        }
        self.bring_together(&exact, &worlds, &verdicts)
    }

    /// Where zones are brought together from early on, nothing is missed, and what is said is the same.
    fn bring_together(&mut self, exact: &Spec, worlds: &HashSet<World>, verdicts: &str) -> TestCaseResult {
        let found = explored_within(exact, EARLY);
        let early = letters(&found.explored.verdicts);
        let differ = disagreements(verdicts, &early);
        prop_assert!(
            differ.is_empty(),
            "{differ:?} {EARLY:?}, scope {}, under\n{}",
            exact.scope,
            exact.policy.to_toml()
        );
        let also = worlds_of_phases(&found.ways.expect("there is memory for a small graph"));
        let missed = worlds.difference(&also).next();
        prop_assert!(missed.is_none(), "{missed:?} is missed, {EARLY:?}, under\n{}", exact.policy.to_toml());
        self.unknown_early += early.matches('?').count();
        Ok(())
    }
}

impl fmt::Display for Survey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { policies, to_the_end, merged, asked, unknown, worlds, seen_by_ticks, unknown_early } = self;
        writeln!(
            f,
            "{policies} policies, {to_the_end} to the end in quarters of a tick, {merged} not exact all the way"
        )?;
        writeln!(
            f,
            "{asked} properties asked, {unknown} unknown, {unknown_early} where zones are brought together early"
        )?;
        write!(
            f,
            "{worlds} worlds compared to the end, of which ticks of the greatest common divisor see {seen_by_ticks}"
        )
    }
}

/// The policy with a tick of which there are quarters in whole seconds.
fn divisible_by_four(policy: &Policy) -> Policy {
    let longer = |length: Duration| length * 4;
    Policy {
        access_lifetime: longer(policy.access_lifetime),
        refresh_idle: policy.refresh_idle.map(longer),
        refresh_absolute: policy.refresh_absolute.map(longer),
        code_lifetime: longer(policy.code_lifetime),
        leeway: longer(policy.leeway),
        refresh_margin: longer(policy.refresh_margin),
        grace: longer_grace(policy.grace, longer),
        ..policy.clone()
    }
}

/// A grace period, its window made longer.
fn longer_grace(grace: Grace, longer: impl Fn(Duration) -> Duration) -> Grace {
    let window = |window| match window {
        Window::UntilUsed => Window::UntilUsed,
        Window::For(length) => Window::For(longer(length)),
    };
    match grace {
        Grace::None => Grace::None,
        Grace::SameSuccessor(length) => Grace::SameSuccessor(window(length)),
        Grace::SameTokens(length) => Grace::SameTokens(window(length)),
        Grace::NewSibling(length) => Grace::NewSibling(window(length)),
    }
}
