//! From the graph to races: for every pair of requests whose order matters, a trace that lets them go at once.
//!
//! Two requests race where both are on their way to the AuthService in one world. Their order matters where one of them finds something
//! else when the other was there before, be it that it is answered the same, or where the world that they lead to differs: that is where
//! a server that decides over both at once can go wrong. Pairs are told apart by the kinds of their steps in both orders, and each gets
//! the shortest trace there is; then both answers come back, and where a refresh can follow in either order, it does: that tells whether
//! the session lives on.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use authloom_model::exchange::Owner;
use authloom_model::{Action, Exchange, Renaming, Spec, World};
use itertools::Itertools as _;

use crate::explore::kind_but_for_grants;
use crate::run::Space;
use crate::run::space::Expanded;
use crate::servers::askable::Askable;
use crate::trace::orders::reaches_the_auth_service;
use crate::trace::{Header, Release, Trace, Walker, words};

/// Steps after a race in which a refresh is looked for.
const LONGEST_SEQUEL: usize = 14;
/// Pairs of worlds that are looked at for it.
const MOST_PAIRS: usize = 4_000;

/// A trace for every pair of requests whose order matters: the shortest of each two exchanges first, then the next one of each.
#[must_use]
pub fn races(askable: &Askable<'_>, space: &Space) -> Vec<Trace> {
    let spec = askable.spec;
    let mut known = BTreeSet::new();
    let mut traces = Vec::new();
    for (number, Expanded { world, steps }) in (0..).zip(space.expanded(spec)) {
        let actions = steps.iter().filter_map(|step| step.action);
        let racing: Vec<Action> = actions.filter(|step| reaches_the_auth_service(*step)).collect();
        for (one, other) in racing.into_iter().tuple_combinations() {
            let Some(pair) = Pair::of(spec, &world, one, other) else { continue };
            if known.contains(&pair) {
                continue;
            }
            if let Some(way) = space.way_to(spec, number) {
                known.insert(pair);
                traces.push(trace(askable, way, [one, other]));
            }
        }
    }
    traces.sort_by_key(|trace| trace.steps.len());
    let mut met: BTreeMap<String, u32> = BTreeMap::new();
    traces.sort_by_cached_key(|trace| {
        let times = met.entry(trace.header.shows.clone()).or_default();
        *times += 1;
        *times
    });
    traces
}

/// Two requests, by the kinds of their steps: of each where it comes first, and where it comes second. Grants are not told apart: that another
/// one lives matters to a race only where it shows.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Pair([[u64; 2]; 2]);

impl Pair {
    /// The pair of two requests that are on their way; none where their order does not matter.
    fn of(spec: &Spec, world: &World, one: Action, other: Action) -> Option<Self> {
        let (after_one, other_second) = then(spec, world, one, other)?;
        let (after_other, one_second) = then(spec, world, other, one)?;
        let kind = |world: &World, action| kind_but_for_grants(spec, world, action);
        let of_one = [kind(world, one), kind(&after_other, one_second)];
        let of_other = [kind(world, other), kind(&after_one, other_second)];
        let find_the_same = of_one[0] == of_one[1] && of_other[0] == of_other[1];
        let ends = [spec.next(&after_one, other_second).world, spec.next(&after_other, one_second).world];
        if find_the_same && ends[0] == ends[1] {
            return None;
        }
        Some(Self([of_one.min(of_other), of_one.max(of_other)]))
    }
}

/// The world after a step, and what another action is called there; none where that is not possible any more.
fn then(spec: &Spec, world: &World, first: Action, second: Action) -> Option<(World, Action)> {
    let step = spec.step(world, first);
    let second = second.arriving().map_or(second, |exchange| Action::Arrive(moved(exchange, &step.renamed)));
    let mut enabled = Vec::new();
    spec.enabled(&step.world, &mut enabled);
    enabled.contains(&second).then_some((step.world, second))
}

/// An exchange, as it is called after a step.
fn moved(exchange: Exchange, renamed: &Renaming) -> Exchange {
    exchange.owned_by(match exchange.owner() {
        Owner::Call(call) => Owner::Call(renamed.call(call)),
        Owner::Tab(tab) => Owner::Tab(renamed.tab(tab)),
        Owner::Thief => Owner::Thief,
    })
}

/// The trace that leads to a world, lets two requests go at once, and looks what has become of the session.
fn trace(askable: &Askable<'_>, way: Vec<Action>, pair: [Action; 2]) -> Trace {
    let spec = askable.spec;
    let mut before = Walker::new(spec);
    let mut steps: Vec<_> = way.into_iter().map(|placed| before.step(placed)).collect();
    let mut first = before.clone();
    let one = first.step(pair[0]);
    // The other one, by the name that lasts.
    let mut alone = before.clone();
    let other = first.take(alone.step(pair[1]).action).expect("a pair is possible in both orders");
    let mut second = before;
    for action in [other.action, one.action] {
        second.take(action).expect("a pair is possible in both orders");
    }
    let shows = format!("{} and {} at once", said(one.action), said(other.action));
    let answered: Vec<Action> = [one.action, other.action].into_iter().filter_map(answer).collect();
    steps.push(crate::trace::TraceStep { release: Release::WithNext, ..one });
    steps.push(other);
    for action in answered {
        steps.push(first.take(action).expect("what has arrived is answered"));
        second.take(action).expect("what has arrived is answered");
    }
    for action in sequel(askable, &first, &second) {
        steps.push(first.take(action).expect("a sequel is possible in both orders"));
    }
    Trace { header: Header::new(spec, shows), steps }
}

fn said(action: Action) -> String {
    action.arriving().map_or_else(String::new, words::exchange)
}

/// What brings the answer of an arrival home; none where it is there already.
fn answer(arrival: Action) -> Option<Action> {
    arrival.arriving().filter(|exchange| !exchange.is_answered_at_once()).map(Action::Return)
}

/// The shortest way to a refresh that is possible whichever of two came first; nothing where there is none.
fn sequel(askable: &Askable<'_>, first: &Walker<'_>, second: &Walker<'_>) -> Vec<Action> {
    let mut waiting = VecDeque::from([(first.clone(), second.clone(), Vec::new())]);
    let mut met = BTreeSet::new();
    while let Some((one, other, way)) = waiting.pop_front() {
        if way.len() >= LONGEST_SEQUEL || met.len() >= MOST_PAIRS {
            break;
        }
        let possible = possible(askable, &other);
        for (action, placed) in possible_by_name(askable, &one) {
            let Some(in_other) = possible.get(&action) else { continue };
            let (mut one, mut other, mut way) = (one.clone(), other.clone(), way.clone());
            one.step(placed);
            other.step(*in_other);
            way.push(action);
            if matches!(action, Action::Arrive(Exchange::Refresh(_))) {
                return way;
            }
            if met.insert((one.world().bytes().to_vec(), other.world().bytes().to_vec())) {
                waiting.push_back((one, other, way));
            }
        }
    }
    Vec::new()
}

fn possible(askable: &Askable<'_>, walker: &Walker<'_>) -> BTreeMap<Action, Action> {
    possible_by_name(askable, walker).into_iter().collect()
}

/// What an honest client can do next where nothing is lost: by the name that lasts, and as the world has it.
fn possible_by_name(askable: &Askable<'_>, walker: &Walker<'_>) -> Vec<(Action, Action)> {
    let honest = |action: &Action| match action {
        Action::Wait(_) | Action::Open(_) | Action::Lock(_) | Action::Return(_) => true,
        Action::Arrive(exchange) => exchange.owner() != Owner::Thief,
        Action::SignIn(_)
        | Action::Mistype(_)
        | Action::SignOut(_)
        | Action::CopySession
        | Action::CopyCode(_)
        | Action::Lose(_) => false,
    };
    let waits = walker.until_a_limit().map(Action::Wait).map(|wait| (wait, wait));
    walker
        .enabled_here()
        .into_iter()
        .chain(waits)
        .filter(|(_, placed)| honest(placed) && askable.allows(walker.world(), *placed))
        .collect()
}

#[cfg(test)]
mod tests;
