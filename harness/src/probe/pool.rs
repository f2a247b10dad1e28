//! Traces to choose from, as one candidate has them: the shortest way to each decision of the AuthService after each other one.
//!
//! A decision is a step of a kind at which a request reaches the AuthService, or at which a call shows whether its token is good.

use std::collections::BTreeSet;

use authloom_model::{Action, Spec};

use crate::explore::{self, Limits};
use crate::servers::Abilities;
use crate::servers::askable::Askable;
use crate::stop::Stop;
use crate::trace::Walker;
use crate::trace::orders::reaches_the_auth_service;

/// The traces, in their own names, shortest first.
pub(super) fn of(spec: &Spec, abilities: Abilities, stop: Stop) -> Vec<Vec<Action>> {
    let askable = Askable { spec, abilities };
    let (_, graph) = explore::explore(&askable, &[], Limits { stop, ..Limits::default() }, &mut |_| {});
    let Some(graph) = graph else { return Vec::new() };
    // For each world, the last two decisions on the shortest way to it. Worlds come in the order in which they are found.
    let mut before = vec![[NONE; 2]; graph.worlds() as usize];
    let mut seen = BTreeSet::new();
    let decides = |code: u8| reaches_the_auth_service(action(spec, code));
    let mut traces = Vec::new();
    for world in 0..graph.worlds() {
        if let Some((parent, edge)) = graph.step_into(world) {
            let [older, last] = before[parent as usize];
            before[world as usize] = if decides(edge.code) { [last, edge.kind] } else { [older, last] };
        }
        for edge in graph.edges(world) {
            if !decides(edge.code) || !seen.insert((before[world as usize], edge.kind)) {
                continue;
            }
            let mut walker = Walker::new(spec);
            let steps = graph.path_to(world).into_iter().chain([edge.code]).map(|code| action(spec, code));
            traces.push(steps.map(|placed| walker.step(placed).action).collect::<Vec<Action>>());
        }
    }
    traces.sort_by_key(Vec::len);
    traces
}

/// No decision.
const NONE: u16 = u16::MAX;

fn action(spec: &Spec, code: u8) -> Action {
    spec.action(code).expect("only codes of actions are remembered")
}
