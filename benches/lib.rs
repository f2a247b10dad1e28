//! What the benchmarks are run on: the recommended policy in scopes of growing size, and policies with lifetimes as people have them.

use std::time::Duration;

use authloom::explore::{self, Graph, Limits, questions};
use authloom_model::policy::{Grace, RefreshWhen, Rotation, SingleFlight, Validation, Window};
use authloom_model::{Action, Policy, Spec};

/// Scopes by name: what people run at their desk, and one with about a million worlds, where memory decides.
pub const SCOPES: [(&str, &str); 3] = [("small", "small"), ("default", "default"), ("wide", "tabs=2,flows=2,losses=1")];

/// The recommended policy in a scope.
#[must_use]
pub fn spec(scope: &str) -> Spec {
    let scope = scope.parse().expect("the scope is written right");
    Spec::in_ticks(Policy::recommended(), scope).expect("the recommended policy is small")
}

/// The whole graph of a specification.
#[must_use]
pub fn graph(spec: &Spec) -> Graph {
    let (_, graph) = explore::explore(spec, &questions(), Limits::default(), &mut |_| {});
    graph.expect("there is memory for the graph")
}

/// A way through a graph as the model's worlds have the actions.
pub fn way<'g>(spec: &'g Spec, graph: &'g Graph, path: &'g [u32]) -> impl Iterator<Item = Action> + 'g {
    path.iter().map(|edge| spec.action(graph.edge(*edge).code).expect("edges are actions"))
}

/// Policies with lifetimes as people have them: a single-page application that validates locally, refresh tokens without rotation, early
/// refreshes with a short grace period, and sessions of a year.
#[must_use]
pub fn real_policies() -> Vec<Policy> {
    let (minutes, hours, days) =
        (Duration::from_mins, Duration::from_hours, |days: u64| Duration::from_hours(24 * days));
    let spa = Policy {
        name: "spa".to_owned(),
        access_lifetime: hours(1),
        code_lifetime: minutes(10),
        refresh_idle: Some(days(30)),
        refresh_absolute: Some(days(30)),
        validation: Validation::Local,
        leeway: minutes(1),
        grace: Grace::None,
        single_flight: SingleFlight::Tab,
        ..Policy::recommended()
    };
    let without_rotation = Policy {
        name: "without rotation".to_owned(),
        access_lifetime: minutes(5),
        code_lifetime: minutes(1),
        refresh_idle: Some(minutes(30)),
        refresh_absolute: Some(hours(10)),
        rotation: Rotation::Off,
        ..Policy::recommended()
    };
    let early_refresh = Policy {
        name: "early refresh".to_owned(),
        access_lifetime: minutes(15),
        code_lifetime: minutes(1),
        refresh_idle: Some(days(7)),
        refresh_absolute: Some(days(90)),
        grace: Grace::SameSuccessor(Window::For(Duration::from_secs(30))),
        refresh_when: RefreshWhen::BeforeExpiry,
        refresh_margin: minutes(1),
        ..Policy::recommended()
    };
    let long_sessions = Policy {
        name: "long sessions".to_owned(),
        access_lifetime: minutes(10),
        code_lifetime: minutes(5),
        refresh_idle: Some(days(30)),
        refresh_absolute: Some(days(365)),
        ..Policy::recommended()
    };
    vec![spa, without_rotation, early_refresh, long_sessions]
}
