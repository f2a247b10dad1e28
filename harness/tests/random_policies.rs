//! The reference obeys the model in every step with a lost message and a theft at once, under random policies.
//!
//! One tab, one call that comes to its answer undisturbed, one loss and one theft. Each day some policies are drawn; many of them, with what
//! was drawn, by:
//!
//! ```sh
//! PROPTEST_CASES=500 cargo test --release -p authloom --test random_policies -- --nocapture
//! ```

mod support;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroUsize;
use std::thread::available_parallelism;
use std::time::Duration;

use authloom::explore::{self, Completeness, CutReason, Limits, Verdict, questions};
use authloom::run::{How, Plan, Replay, Space, Status, Suite, Unwatched, replay};
use authloom::servers::Reference;
use authloom::trace::mermaid;
use authloom_model::policy::{Ends, Grace, SpentRevokes};
use authloom_model::property::PROPERTIES;
use authloom_model::{Policy, Scope, Spec};
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestCaseResult, TestRunner, contextualize_config};
use support::policies::any_policy;
use support::undisturbed::UndisturbedCalls;
use support::{explored, minutes, recommended};

/// Policies that are driven where `PROPTEST_CASES` does not say how many.
const EVERY_DAY: u32 = 12;
/// Steps of a graph at most that is driven. The tours through it are some seven times as long.
const MOST_STEPS: u32 = 14_000;
/// Worlds at most of a graph that is explored to its end. These graphs have more than two steps a world, so one with more worlds is too large.
const MOST_WORLDS: u32 = MOST_STEPS / 2;

/// `PROPTEST_CASES` says how many policies are driven, `PROPTEST_RNG_SEED` which; a failure prints both.
#[test]
fn the_reference_takes_every_step_of_a_loss_and_a_theft_under_any_policy() {
    let config = ProptestConfig {
        cases: EVERY_DAY,
        failure_persistence: None,
        max_global_rejects: u32::MAX,
        max_shrink_iters: 100,
        ..ProptestConfig::default()
    };
    let config = contextualize_config(config);
    let seed = match config.rng_seed {
        RngSeed::Fixed(seed) => seed,
        RngSeed::Random => rand::random(),
    };
    let cases = config.cases;
    let survey = RefCell::new(Survey::default());
    let result = TestRunner::new(ProptestConfig { rng_seed: RngSeed::Fixed(seed), ..config })
        .run(&any_policy(), |policy| survey.borrow_mut().drive(&policy));
    println!("PROPTEST_RNG_SEED={seed} PROPTEST_CASES={cases}\n{}", survey.borrow());
    if let Err(error) = result {
        panic!("with PROPTEST_RNG_SEED={seed} PROPTEST_CASES={cases}: {error}");
    }
}

/// Which grants a revocation, a replay and a reuse end, told apart by a second grant of the same person: one may end beside the grant that
/// the token is of, and none where that has already ended (RFC 7009 section 2.2: nothing happens).
#[test]
fn the_reference_takes_every_step_of_a_loss_and_a_theft_where_a_grant_ends_with_others() {
    let ends_others = |change: fn(&mut Policy)| {
        recommended(|policy| {
            (policy.access_lifetime, policy.code_lifetime) = (minutes(1), minutes(1));
            (policy.refresh_idle, policy.refresh_absolute) = (None, None);
            policy.grace = Grace::None;
            change(policy);
        })
    };
    let pinned = [
        ends_others(|policy| policy.revocation_ends = Ends::User),
        ends_others(|policy| (policy.revocation_ends, policy.spent_revokes) = (Ends::User, SpentRevokes::No)),
        ends_others(|policy| (policy.code_replay_ends, policy.reuse_ends) = (Ends::User, Ends::User)),
    ];
    for policy in pinned {
        let spec = Spec::in_ticks(policy, Scope::THEFT).expect("the policy has few ticks");
        let (_, graph) = explored(&UndisturbedCalls(&spec));
        assert_holds(&spec, &drive_every_step(&spec, &Space::Ticks(Box::new(graph))))
            .unwrap_or_else(|error| panic!("{error}"));
    }
}

/// What came of random policies.
#[derive(Default)]
struct Survey {
    /// Policies of which every step was driven.
    driven: u32,
    /// Policies whose graphs are too large. They do not count as driven.
    too_large: u32,
    /// Different steps of all graphs that were driven.
    steps: u64,
    /// Steps that were taken, repetitions included.
    steps_taken: u64,
    /// For each setting, how many of the policies that were driven have it.
    settings: BTreeMap<String, u32>,
    /// For each interesting thing, under how many of them it happens.
    reached: BTreeMap<&'static str, u32>,
}

impl Survey {
    /// Drives every step under a policy, unless the graph is too large: then the policy is rejected, so that another takes its place.
    fn drive(&mut self, policy: &Policy) -> TestCaseResult {
        let spec = Spec::in_ticks(policy.clone(), Scope::THEFT).expect("the policy has few ticks");
        let limits = Limits { worlds: MOST_WORLDS, ..Limits::default() };
        let (explored, graph) = explore::explore(&UndisturbedCalls(&spec), &questions(), limits, &mut |_| {});
        let too_large = match explored.completeness {
            Completeness::Complete => explored.steps > u64::from(MOST_STEPS),
            Completeness::Cut { reason: CutReason::Worlds { .. }, .. } => true,
            cut @ (Completeness::Bounded { .. } | Completeness::Cut { .. }) => {
                return Err(TestCaseError::fail(format!("{cut:?} under\n{}", policy.to_toml())));
            }
        };
        if too_large {
            self.too_large += 1;
            return Err(TestCaseError::reject("its graph is too large"));
        }
        let replay =
            drive_every_step(&spec, &Space::Ticks(Box::new(graph.expect("there is memory for a small graph"))));
        assert_holds(&spec, &replay)?;
        self.driven += 1;
        self.steps += replay.steps_covered;
        self.steps_taken += replay.steps_driven;
        for setting in settings(policy, spec.tick().expect("it counts ticks").length()) {
            *self.settings.entry(setting).or_default() += 1;
        }
        for (property, verdict) in PROPERTIES.iter().zip(explored.verdicts) {
            if let Verdict::Reached(_) = verdict {
                *self.reached.entry(property.name).or_default() += 1;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Survey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { driven, too_large, steps, steps_taken, settings, reached } = self;
        writeln!(f, "{driven} policies driven, {too_large} passed over as too large")?;
        writeln!(f, "{steps} different steps, {steps_taken} taken")?;
        settings.iter().try_for_each(|(setting, policies)| writeln!(f, "{policies:>6}  {setting}"))?;
        reached.iter().try_for_each(|(property, policies)| writeln!(f, "{policies:>6}  {property}"))
    }
}

/// The lines of a policy's file, durations counted in ticks.
fn settings(policy: &Policy, tick: Duration) -> Vec<String> {
    let in_ticks = |(key, value): (&str, &str)| match humantime::parse_duration(value) {
        Ok(length) => format!("{key} = {} ticks", length.as_secs() / tick.as_secs()),
        Err(_) => format!("{key} = {value}"),
    };
    let text = policy.to_toml();
    let settings = text.lines().filter_map(|line| line.strip_suffix('"')?.split_once(" = \""));
    settings.map(in_ticks).collect()
}

fn drive_every_step(spec: &Spec, space: &Space) -> Replay {
    let plan = Plan {
        target: "reference",
        suite: Suite::EveryStep,
        open: &|| Ok(Box::new(Reference::new(spec)?)),
        workers: available_parallelism().unwrap_or(NonZeroUsize::MIN),
        how: How::ONCE,
    };
    let replay = replay(spec, space, &plan, &mut Unwatched);
    assert_eq!(replay.steps_total, u64::from(space.steps()), "every step is planned");
    replay
}

/// Fails with the first breach as a trace that can be replayed.
fn assert_holds(spec: &Spec, replay: &Replay) -> TestCaseResult {
    let first = replay.breaches.first().map(|breach| {
        let (rule, trace) = (breach.rule, mermaid::write(&breach.trace));
        format!("{} ({})\nexpected {}\nseen {}\n{trace}", rule.sentence, rule.source, breach.expected, breach.seen)
    });
    let why = first.unwrap_or_else(|| replay.reasons.join("; "));
    prop_assert!(replay.status() == Status::Holds, "{why}\nin scope {} under\n{}", spec.scope, spec.policy.to_toml());
    Ok(())
}
