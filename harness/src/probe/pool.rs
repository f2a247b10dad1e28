//! Traces to choose from, as one candidate has them: a shortest way to each decision of the AuthService after each other one.
//!
//! A decision is a step of a kind at which a request reaches the AuthService, or at which a call shows whether its token is good.

use std::collections::BTreeSet;

use authloom_model::{Action, Exchange, Seconds, Spec, TabId};

use super::space::shortest_pause;
use crate::explore::Limits;
use crate::explore::exact::{self, Bounds, Edge, Way, Ways};
use crate::servers::askable::Askable;
use crate::servers::{Abilities, Support};
use crate::stop::Stop;
use crate::trace::Walker;
use crate::trace::orders::reaches_the_auth_service;

/// States that are looked at, the nearest first. What only further ones show, a comparison of two candidates does.
const MOST_STATES: u32 = 15_000;

/// The traces, in their own names, shortest first.
pub(super) fn of(spec: &Spec, abilities: Abilities, stop: Stop) -> Vec<Vec<Action>> {
    let askable = Askable { spec, abilities };
    let limits = Limits { worlds: MOST_STATES, stop, ..Limits::default() };
    let found = exact::explore(&askable, spec, &[], limits, Bounds::default(), &mut |_| {});
    let Some(ways) = found.ways else { return Vec::new() };
    // For each state, the last two decisions on the way to it. States come in the order in which they are found.
    let mut before = vec![[NONE; 2]; ways.states() as usize];
    let mut seen = BTreeSet::new();
    let decides = |edge: Edge| ways.path_step(edge).is_ok_and(reaches_the_auth_service);
    let mut traces = Vec::new();
    for state in 0..ways.states() {
        if let Some((parent, edge)) = ways.step_into(state) {
            let [older, last] = before[parent as usize];
            before[state as usize] = if decides(edge) { [last, edge.kind] } else { [older, last] };
        }
        for edge in ways.edges(state).filter(|edge| decides(*edge)) {
            let decided = (before[state as usize], edge.kind);
            if !seen.contains(&decided)
                && let Some(way) = way_through(&ways, state, edge)
            {
                seen.insert(decided);
                traces.push(told(spec, &way));
            }
        }
    }
    traces.sort_by_key(Vec::len);
    traces.dedup();
    traces
}

/// Somebody signs in and does nothing: each limit is looked at from both sides, so that a server with other lifetimes is seen at once.
pub(super) fn until_the_limits(spec: &Spec, abilities: Abilities) -> Vec<Action> {
    const TAB: TabId = TabId(0);
    let mut trace = vec![
        Action::SignIn(TAB),
        Action::Arrive(Exchange::SignIn(TAB)),
        Action::Return(Exchange::SignIn(TAB)),
        Action::Arrive(Exchange::Redeem(TAB)),
        Action::Return(Exchange::Redeem(TAB)),
    ];
    let mut walker = Walker::new(spec);
    for action in &trace {
        walker.take(*action).expect("whoever signs in gets tokens");
    }
    let pause = shortest_pause(&spec.policy);
    while let (Support::Yes, Some(until)) = (abilities.clock, walker.until_a_limit()) {
        let waits = if until > pause { vec![Seconds(until.0 - pause.0), pause] } else { vec![until] };
        for wait in waits.into_iter().map(Action::Wait) {
            walker.take(wait).expect("time can always pass");
            trace.push(wait);
        }
    }
    trace
}

/// No decision.
const NONE: u16 = u16::MAX;

/// The way on which a state was found, and on by a step of it, with as much room before limits as there is: a server's clock runs on while
/// it is asked, and how long its grace period lasts is not known.
fn way_through(ways: &Ways, state: u32, edge: Edge) -> Option<Way> {
    let edges: Vec<Edge> = ways.edges_to(state).into_iter().chain([edge]).collect();
    let rooms = [shortest_pause(&ways.spec().policy), Seconds(5), Seconds(1)];
    ways.scheduled(&edges, |constraints| rooms.into_iter().find_map(|room| constraints.with_room(room).solved()))
}

/// A way in names that last. What passes without a deed in between passes at once.
fn told(spec: &Spec, way: &Way) -> Vec<Action> {
    let mut walker = Walker::new(spec);
    let mut trace: Vec<Action> = Vec::with_capacity(way.actions.len());
    for placed in &way.actions {
        match (trace.last_mut(), walker.step(*placed).action) {
            (Some(Action::Wait(before)), Action::Wait(more)) => *before += more,
            (_, action) => trace.push(action),
        }
    }
    trace
}
