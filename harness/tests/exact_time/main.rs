//! Who checks the explorer of exact time: worlds that count small parts of a tick, and every violation run again with its real durations.
//!
//! Each day some policies are drawn; the full numbers are
//!
//! ```sh
//! PROPTEST_CASES=500 cargo test --release -p authloom --test exact_time second_opinion -- --nocapture
//! PROPTEST_CASES=200 cargo test --release -p authloom --test exact_time runs_again -- --nocapture
//! ```
//!
//! That these comparisons notice a mistake is shown where zones and phases are: `model/src/time/planted.rs`.

mod pinned;
mod runs_again;
mod second_opinion;
#[path = "../support/mod.rs"]
mod support;

use authloom::explore::exact::{self, Bounds, Found};
use authloom::explore::{Completeness, Limits, Verdict, questions};
use authloom_model::property::PROPERTIES;
use authloom_model::{Action, Spec};
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestCaseResult, TestRunner, contextualize_config};

/// Explores exact time to the end.
fn explored_exactly(spec: &Spec) -> Found {
    explored_within(spec, Bounds::default())
}

/// The same, within bounds of one's own.
fn explored_within(spec: &Spec, bounds: Bounds) -> Found {
    let found = exact::explore(spec, spec, &questions(), Limits::default(), bounds, &mut |_| {});
    assert_eq!(found.explored.completeness, Completeness::Complete);
    found
}

/// What became of each property, in a letter each, without the ways.
fn letters(verdicts: &[Verdict<Action>]) -> String {
    let letter = |verdict: &Verdict<Action>| match verdict {
        Verdict::Holds => 'h',
        Verdict::Violated(_) => 'V',
        Verdict::Reached(_) => 'R',
        Verdict::NotReached => 'n',
        Verdict::Unknown => '?',
    };
    verdicts.iter().map(letter).collect()
}

/// The properties of which two explorations say different things, unless one does not know.
fn disagreements(ours: &str, theirs: &str) -> Vec<String> {
    let both = PROPERTIES.iter().zip(ours.chars().zip(theirs.chars()));
    let differ = both.filter(|(_, (our, their))| our != their && ![our, their].contains(&&'?'));
    differ.map(|(property, (our, their))| format!("{}: {our} {their}", property.name)).collect()
}

/// Draws policies and tries each; `PROPTEST_CASES` says how many, `PROPTEST_RNG_SEED` which. What was seen is told by `tell` before it fails.
fn draw<S: Strategy>(
    strategy: &S,
    every_day: u32,
    mut each: impl FnMut(S::Value) -> TestCaseResult,
) -> (String, Result<(), String>) {
    let each = std::cell::RefCell::new(&mut each);
    let config = ProptestConfig {
        cases: every_day,
        failure_persistence: None,
        max_shrink_iters: 60,
        ..ProptestConfig::default()
    };
    let config = contextualize_config(config);
    let seed = match config.rng_seed {
        RngSeed::Fixed(seed) => seed,
        RngSeed::Random => rand::random(),
    };
    let drawn = format!("PROPTEST_RNG_SEED={seed} PROPTEST_CASES={}", config.cases);
    let config = ProptestConfig { rng_seed: RngSeed::Fixed(seed), ..config };
    let result = TestRunner::new(config).run(strategy, |value| (*each.borrow_mut())(value));
    (drawn.clone(), result.map_err(|error| format!("with {drawn}: {error}")))
}
