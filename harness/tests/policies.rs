//! Policies as random as can be: what is written of one, and what means nothing in it.

mod support;

use std::collections::BTreeSet;

use authloom::explore::{Completeness, Limits, Verdict, check, questions};
use authloom::trace::{Walker, words};
use authloom_model::time::Time;
use authloom_model::{Action, Policy, Scope, Seconds, Spec, Ticks};
use proptest::prelude::*;
use support::policies::{any_policy, any_small_policy};
use support::small_scope;

/// A spec in which what means nothing is as it was chosen.
fn as_chosen(policy: &Policy, scope: Scope) -> Spec {
    let Ticks { tick, limits } = policy.ticks().expect("the policy is small");
    Spec { policy: policy.clone(), limits, scope, time: Time::Ticks(Seconds::of(tick)) }
}

/// Everything that can be told apart from outside, where nothing is remembered that nobody can present: how many worlds and steps there
/// are, and which shortest way shows or breaks each property.
fn everything(spec: &Spec) -> (u64, u64, Vec<Verdict<Action>>) {
    let explored = check(spec, &questions(), Limits::default(), &mut |_| {});
    assert_eq!(explored.completeness, Completeness::Complete);
    (explored.worlds, explored.steps, explored.verdicts)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn what_means_nothing_beside_the_other_knobs_opens_and_closes_no_world(
        policy in any_small_policy(),
        scope in prop_oneof![small_scope(), Just(Scope { tabs: 1, calls: 2, flows: 1, losses: 1, thefts: 0, ..Scope::DEFAULT })],
    ) {
        // A world remembers which refresh token a sign-out is about where that could matter, and looks no further than at this knob.
        let normalised = Policy { spent_revokes: policy.spent_revokes, ..policy.normalised() };
        prop_assert_eq!(everything(&as_chosen(&policy, scope)), everything(&as_chosen(&normalised, scope)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn a_policy_reads_back_from_what_is_written_of_it(policy in any_policy()) {
        prop_assert_eq!(Policy::from_toml("any.toml", &policy.to_toml()), Ok(policy.normalised()));
    }

    #[test]
    fn what_means_nothing_beside_the_other_knobs_makes_no_difference(
        policy in any_small_policy(),
        scope in prop_oneof![small_scope(), Just(Scope::THEFT)],
        choices in prop::collection::vec(any::<prop::sample::Index>(), 1..120),
    ) {
        let chosen = as_chosen(&policy, scope);
        let normalised = as_chosen(&policy.normalised(), scope);
        let (mut one, mut other) = (Walker::new(&chosen), Walker::new(&normalised));
        for choice in choices {
            let [enabled, also] = [&one, &other].map(|walker| walker.enabled().into_iter().collect::<BTreeSet<_>>());
            // Where nothing that anybody could present grows old, one of them may let the clock stand.
            let differ: Vec<_> = enabled.symmetric_difference(&also).collect();
            prop_assert!(differ.iter().all(|action| matches!(action, Action::Wait(_))), "{:?}", differ);
            let action = *choice.get(&enabled.union(&also).copied().collect::<Vec<_>>());
            let steps = [&mut one, &mut other].map(|walker| walker.take(action).ok());
            match steps.map(|step| step.map(|step| words::seen(&step))) {
                [Some(step), Some(right)] => prop_assert_eq!(step, right, "{:?}", action),
                [Some(ticked), None] | [None, Some(ticked)] => prop_assert!(ticked.is_empty(), "{:?}", ticked),
                [None, None] => prop_assert!(false, "{:?} is enabled in neither", action),
            }
        }
    }
}
