//! What several tests need: policies, scopes, and searches of them.

#![expect(dead_code, reason = "each test uses its part of it")]

pub(crate) mod phased;
pub(crate) mod policies;
pub(crate) mod undisturbed;

use std::time::Duration;

use authloom::explore::{self, Explored, Graph, Limits, System, questions};
use authloom_model::{Action, Policy, Scope, Spec};
use proptest::prelude::*;

/// A whole search, with its graph.
pub(crate) fn explored<S: System>(system: &S) -> (Explored<S::Action>, Graph) {
    let (explored, graph) = explore::explore(system, &questions(), Limits::default(), &mut |_| {});
    assert_eq!(explored.completeness, explore::Completeness::Complete);
    (explored, graph.expect("there is memory for a small graph"))
}

/// A way through a graph as the model's worlds have the actions.
pub(crate) fn way<'g>(spec: &'g Spec, graph: &'g Graph, path: &'g [u32]) -> impl Iterator<Item = Action> + 'g {
    path.iter().map(|edge| spec.action(graph.edge(*edge).code).expect("edges are actions"))
}

/// A specification.
pub(crate) fn spec(policy: Policy, scope: &str) -> Spec {
    Spec::in_ticks(policy, scope.parse().expect("the scope is written right")).expect("the policy is small")
}

/// The recommended policy with a change.
pub(crate) fn recommended(change: impl FnOnce(&mut Policy)) -> Policy {
    changed("recommended", change)
}

/// A profile with a change.
pub(crate) fn changed(profile: &str, change: impl FnOnce(&mut Policy)) -> Policy {
    let mut policy = Policy::profile(profile).expect("the profile comes with authloom");
    change(&mut policy);
    policy
}

/// Minutes.
pub(crate) fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(60 * minutes)
}

/// Scopes whose graphs are searched in a blink.
pub(crate) fn small_scope() -> impl Strategy<Value = Scope> {
    prop_oneof![
        Just(Scope { tabs: 1, calls: 1, flows: 1, losses: 1, thefts: 0, ..Scope::DEFAULT }),
        Just(Scope { tabs: 1, calls: 2, flows: 1, losses: 0, thefts: 0, ..Scope::DEFAULT }),
        Just(Scope { tabs: 1, calls: 1, flows: 1, losses: 0, thefts: 1, ..Scope::DEFAULT }),
        Just(Scope { tabs: 2, calls: 1, flows: 1, losses: 0, thefts: 0, ..Scope::DEFAULT }),
    ]
}
