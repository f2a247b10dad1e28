//! What the benchmarks are run on: the recommended policy in scopes of growing size.

use authloom::explore::{self, Graph, Limits, questions};
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
