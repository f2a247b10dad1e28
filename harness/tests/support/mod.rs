//! What several tests need: policies as random as can be, and searches of them.

#![expect(dead_code, reason = "each test uses its part of it")]

use std::time::Duration;

use authloom::explore::{self, Explored, Graph, Limits, System, questions};
use authloom_model::policy::{
    AccessOnRefresh, Ends, Grace, IdleOnRefresh, Late401, LookAgain, LostAnswer, RefreshWhen, Rotation, SingleFlight,
    SpentRevokes, Validation, Window, WrongVerifier,
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
        Just(Scope { tabs: 1, calls: 1, flows: 1, losses: 1, thefts: 0 }),
        Just(Scope { tabs: 1, calls: 2, flows: 1, losses: 0, thefts: 0 }),
        Just(Scope { tabs: 1, calls: 1, flows: 1, losses: 0, thefts: 1 }),
        Just(Scope { tabs: 2, calls: 1, flows: 1, losses: 0, thefts: 0 }),
    ]
}

/// Policies with few ticks and every knob at any of its choices.
pub(crate) fn any_policy() -> impl Strategy<Value = Policy> {
    let servers = (
        (1..=2_u64, 0..=1_u64, 1..=2_u64, 0..=1_u64, 0..=3_u8),
        prop_oneof![1 => Just(Rotation::Off), 3 => Just(Rotation::Always)],
        any_grace(),
        any_ends(),
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
        let ((access, more_idle, idle, more_absolute, endless), rotation, grace, ends, validation, leeway) = servers;
        let (
            reuse_ends,
            code_replay_ends,
            revocation_ends,
            wrong_verifier,
            spent_revokes,
            access_on_refresh,
            idle_on_refresh,
        ) = ends;
        let (refresh_when, single_flight, look_again, late_401, lost_answer) = client;
        Policy {
            name: "any".to_owned(),
            shrunk_from: None,
            access_lifetime: minutes(access),
            refresh_idle: (endless & 1 == 0).then(|| minutes(idle + more_idle)),
            refresh_absolute: (endless & 2 == 0).then(|| minutes(idle + more_idle + more_absolute)),
            code_lifetime: minutes(1),
            rotation,
            grace,
            reuse_ends,
            code_replay_ends,
            revocation_ends,
            wrong_verifier,
            spent_revokes,
            access_on_refresh,
            idle_on_refresh,
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

type AnyEnds = (Ends, Ends, Ends, WrongVerifier, SpentRevokes, AccessOnRefresh, IdleOnRefresh);

fn any_ends() -> impl Strategy<Value = AnyEnds> {
    let ends = prop_oneof![Just(Ends::Nothing), Just(Ends::RefreshTokens), Just(Ends::Grant), Just(Ends::User)];
    (
        ends.clone(),
        ends.clone(),
        ends,
        prop_oneof![Just(WrongVerifier::Spends), Just(WrongVerifier::Replays), Just(WrongVerifier::Ignored)],
        prop_oneof![Just(SpentRevokes::Yes), Just(SpentRevokes::No)],
        prop_oneof![Just(AccessOnRefresh::Kept), Just(AccessOnRefresh::Revoked)],
        prop_oneof![Just(IdleOnRefresh::Restarts), Just(IdleOnRefresh::RunsOn)],
    )
}

fn any_grace() -> impl Strategy<Value = Grace> {
    let window = prop_oneof![Just(Window::UntilUsed), Just(Window::For(minutes(1)))];
    prop_oneof![
        Just(Grace::None),
        window.clone().prop_map(Grace::SameSuccessor),
        window.prop_map(Grace::SameTokens),
        Just(Grace::NewSibling(Window::For(minutes(1)))),
    ]
}
