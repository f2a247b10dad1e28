//! What several tests need: policies as random as can be, and searches of them.

#![expect(dead_code, reason = "each test uses its part of it")]

use std::time::Duration;

use authloom::explore::{self, Explored, Graph, Limits, System, questions};
use authloom_model::policy::{
    CodeReplay, Grace, Late401, LookAgain, LostAnswer, RefreshWhen, Reuse, Rotation, SingleFlight, Validation, Window,
};
use authloom_model::{Action, Policy, Scope, Spec};
use proptest::prelude::*;

/// A whole search, with its graph.
pub(crate) fn explored<S: System>(system: &S) -> (Explored<S::Action>, Graph) {
    let (explored, graph) = explore::explore(system, &questions(), Limits::default(), &mut |_| {});
    assert_eq!(explored.completeness, explore::Completeness::Complete);
    (explored, graph.expect("there is memory for a small graph"))
}

/// A way through a graph as the model's worlds have the actions.
pub(crate) fn way<'g>(graph: &'g Graph, path: &'g [u32]) -> impl Iterator<Item = Action> + 'g {
    path.iter().map(|edge| Action::of_code(graph.edge(*edge).code).expect("edges are actions"))
}

/// A specification.
pub(crate) fn spec(policy: Policy, scope: &str) -> Spec {
    Spec::new(policy, scope.parse().expect("the scope is written right")).expect("the policy is small")
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
        Just(Scope { tabs: 1, calls: 1, flows: 1, losses: 1 }),
        Just(Scope { tabs: 1, calls: 2, flows: 1, losses: 0 }),
        Just(Scope { tabs: 2, calls: 1, flows: 1, losses: 0 }),
    ]
}

/// Policies with few ticks and every knob at any of its choices.
pub(crate) fn any_policy() -> impl Strategy<Value = Policy> {
    let servers = (
        (1..=2_u64, 0..=1_u64, 1..=2_u64, 0..=1_u64),
        prop_oneof![Just(Rotation::Off), Just(Rotation::Always)],
        prop_oneof![Just(Reuse::Reject), Just(Reuse::RevokeGrant)],
        any_grace(),
        prop_oneof![Just(CodeReplay::Deny), Just(CodeReplay::DenyAndRevoke)],
        prop_oneof![Just(Validation::Introspect), Just(Validation::Local)],
        0..=1_u64,
    );
    let client = (
        prop_oneof![Just(RefreshWhen::On401), Just(RefreshWhen::BeforeExpiry), Just(RefreshWhen::Both)],
        prop_oneof![Just(SingleFlight::None), Just(SingleFlight::Tab), Just(SingleFlight::Browser)],
        prop_oneof![Just(LookAgain::Yes), Just(LookAgain::No)],
        prop_oneof![Just(Late401::Compare), Just(Late401::Refresh)],
        prop_oneof![Just(LostAnswer::Retry), Just(LostAnswer::SignInAgain)],
    );
    (servers, client).prop_map(|(servers, client)| {
        let ((access, more_idle, idle, more_absolute), rotation, reuse, grace, code_replay, validation, leeway) =
            servers;
        let (refresh_when, single_flight, look_again, late_401, lost_answer) = client;
        Policy {
            name: "any".to_owned(),
            access_lifetime: minutes(access),
            refresh_idle: minutes(idle + more_idle),
            refresh_absolute: minutes(idle + more_idle + more_absolute),
            code_lifetime: minutes(1),
            rotation,
            reuse,
            grace,
            code_replay,
            validation,
            leeway: minutes(leeway),
            refresh_when,
            refresh_margin: minutes(access - 1),
            single_flight,
            look_again,
            late_401,
            lost_answer,
        }
    })
}

fn any_grace() -> impl Strategy<Value = Grace> {
    let window = prop_oneof![Just(Window::UntilUsed), Just(Window::For(minutes(1)))];
    prop_oneof![
        Just(Grace::None),
        window.prop_map(Grace::SameSuccessor),
        Just(Grace::NewSibling(Window::For(minutes(1)))),
    ]
}
