//! Ways through exact time for targets where each request costs: a step of every kind, and each limit from both sides.

use std::collections::{BTreeMap, BTreeSet};

use authloom_model::exchange::Message;
use authloom_model::time::{Clock, Region, Seconds};
use authloom_model::{CallId, Exchange, Stolen, World};

use crate::explore::exact::{Edge, Way, Ways};

/// Steps of one kind of which one is to have a schedule.
const MOST_TRIED: usize = 8;

/// Steps of a way at most, where a step of a kind can be reached within them: a diagram that a person still reads.
const LONGEST: usize = 40;
/// States that are looked at for the nearest kind not yet taken.
const MOST_MET: usize = 300;

/// Ways that together take a step of every kind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExactCover {
    /// The ways.
    pub ways: Vec<Way>,
    /// Kinds that they take.
    pub kinds: u64,
    /// Kinds of which no step has a schedule in whole seconds.
    pub without_schedule: u64,
}

/// Ways that take a step of every kind: each first to a kind not yet taken, then always on to the nearest one, as long as a person still
/// reads along.
#[must_use]
pub fn every_kind(ways: &Ways) -> ExactCover {
    let mut steps: Vec<Vec<(u32, Edge)>> = vec![Vec::new(); ways.kinds()];
    for state in 0..ways.states() {
        for edge in ways.edges(state) {
            let of_kind = &mut steps[usize::from(edge.kind)];
            if of_kind.len() < MOST_TRIED {
                of_kind.push((state, edge));
            }
        }
    }
    let mut order: Vec<usize> = (0..steps.len()).filter(|kind| !steps[*kind].is_empty()).collect();
    order.sort_by_key(|kind| std::cmp::Reverse(steps[*kind][0].0));
    let mut taken = vec![false; ways.kinds()];
    let mut cover = ExactCover { ways: Vec::new(), kinds: 0, without_schedule: 0 };
    for kind in order {
        if taken[kind] {
            continue;
        }
        let found = steps[kind].iter().find_map(|(state, edge)| ways.first_edges_with(*state, Some(*edge)));
        let Some((edges, way)) = found.and_then(|edges| going_on(ways, edges, &taken)) else {
            cover.without_schedule += 1;
            continue;
        };
        edges.iter().for_each(|edge| taken[usize::from(edge.kind)] = true);
        cover.ways.push(way);
    }
    cover.kinds = taken.iter().filter(|taken| **taken).count() as u64;
    cover.ways = best_first(ways, without_repetition(ways, cover.ways));
    cover
}

/// Steps that go on from some to the nearest kinds not yet taken, with their schedule; none where there is none from the beginning.
fn going_on(ways: &Ways, mut edges: Vec<Edge>, taken: &[bool]) -> Option<(Vec<Edge>, Way)> {
    let mut way = ways.timed(&edges)?;
    let mut here = Here { state: 0, region: ways.spec().initial_region() };
    let mut also = taken.to_vec();
    for edge in &edges {
        here = here.after(ways, *edge)?;
        also[usize::from(edge.kind)] = true;
    }
    while let Some(more) = nearest(ways, &here, &also, LONGEST.saturating_sub(edges.len())) {
        let longer: Vec<Edge> = edges.iter().chain(&more).copied().collect();
        let Some(timed) = ways.timed(&longer) else { break };
        for edge in more {
            let Some(after) = here.after(ways, edge) else { return Some((longer, timed)) };
            here = after;
            also[usize::from(edge.kind)] = true;
        }
        (edges, way) = (longer, timed);
    }
    Some((edges, way))
}

/// A state, and what its clocks can show on the way to it.
struct Here {
    state: u32,
    region: Region,
}

impl Here {
    /// Where a step leads; none where it is not possible here, or leads to a state that was not expanded.
    fn after(&self, ways: &Ways, edge: Edge) -> Option<Self> {
        Some(Self { state: edge.target?, region: ways.stepped(&self.region, edge)? })
    }
}

/// The fewest steps that end with one of a kind not yet taken, breadth first; none where so many steps, or a short search, find none.
fn nearest(ways: &Ways, from: &Here, taken: &[bool], most: usize) -> Option<Vec<Edge>> {
    let mut met: Vec<(Here, Vec<Edge>)> = vec![(Here { state: from.state, region: from.region.clone() }, Vec::new())];
    let mut known = BTreeSet::from([from.state]);
    let mut next = 0;
    while next < met.len().min(MOST_MET) {
        let (here, path) = &met[next];
        if path.len() >= most {
            return None;
        }
        let mut onwards = Vec::new();
        for edge in ways.edges(here.state) {
            let Some(after) = here.after(ways, edge) else { continue };
            let path: Vec<Edge> = path.iter().copied().chain([edge]).collect();
            if !taken[usize::from(edge.kind)] {
                return Some(path);
            }
            if known.insert(after.state) {
                onwards.push((after, path));
            }
        }
        met.extend(onwards);
        next += 1;
    }
    None
}

/// Sorts ways by the new kinds of steps that each takes for what it costs, so that whoever stops early has seen as much as there was to see.
fn best_first(ways: &Ways, mut all: Vec<Way>) -> Vec<Way> {
    let mut taken: BTreeSet<u16> = BTreeSet::new();
    let mut sorted = Vec::with_capacity(all.len());
    while !all.is_empty() {
        let worth = |way: &Way| {
            let new: BTreeSet<u16> = kinds_of(ways, way).filter(|kind| !taken.contains(kind)).collect();
            (new.len(), way.actions.len() + 1)
        };
        let mut best = (0, worth(&all[0]));
        for (at, way) in all.iter().enumerate().skip(1) {
            let ((new, cost), (most, least)) = (worth(way), best.1);
            if new * least > most * cost {
                best = (at, (new, cost));
            }
        }
        let way = all.remove(best.0);
        taken.extend(kinds_of(ways, &way));
        sorted.push(way);
    }
    sorted
}

/// The kinds of the steps that a way takes.
fn kinds_of<'w>(ways: &'w Ways, way: &'w Way) -> impl Iterator<Item = u16> + 'w {
    way.takes.iter().flatten().map(|step| ways.edge(*step).kind)
}

/// Those that are left when each is shortened from its end, down to nothing, while others take the same kinds.
fn without_repetition(ways: &Ways, all: Vec<Way>) -> Vec<Way> {
    let mut times: BTreeMap<u16, u32> = BTreeMap::new();
    for kind in all.iter().flat_map(|way| kinds_of(ways, way)) {
        *times.entry(kind).or_default() += 1;
    }
    let mut left = Vec::with_capacity(all.len());
    for mut way in all {
        while let Some(last) = way.takes.last().copied() {
            let count = last.map(|step| times.entry(ways.edge(step).kind).or_default());
            match count {
                Some(count) if *count == 1 => break,
                Some(count) => *count -= 1,
                None => {}
            }
            way.takes.pop();
            way.actions.pop();
        }
        if !way.actions.is_empty() {
            left.push(way);
        }
    }
    left
}

/// How near to a limit a request arrives.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Side {
    /// The last second before it.
    Before,
    /// The second itself.
    At,
    /// The first second after it.
    After,
}

/// What is asked once: a message, about a clock of that sort, near its threshold of that number, on that side, with that outcome.
type Asked = (Message, u8, usize, Side);

/// Ways on which a request arrives in the last second before each limit of the token that it presents, in the second itself, and in the
/// first after it.
#[must_use]
pub fn both_sides(ways: &Ways) -> Vec<Way> {
    if !ways.lets_time_pass() {
        return Vec::new();
    }
    let mut asked: BTreeMap<Asked, Way> = BTreeMap::new();
    for state in 0..ways.states() {
        let world = ways.world(state);
        let requests: Vec<(Edge, Exchange)> =
            ways.edges(state).filter_map(|edge| Some((edge, ways.path_step(edge).ok()?.arriving()?))).collect();
        for (edge, exchange) in requests {
            ask_before(ways, state, world, (edge, exchange), &mut asked);
            ask_after(ways, state, (edge, exchange), &mut asked);
        }
    }
    let mut all: Vec<Way> = asked.into_values().collect();
    all.dedup();
    all
}

/// A request in the last second before a limit.
fn ask_before(
    ways: &Ways,
    state: u32,
    world: &World,
    (edge, exchange): (Edge, Exchange),
    asked: &mut BTreeMap<Asked, Way>,
) {
    let spec = ways.spec();
    let Ok(clocks) = spec.clocks(world) else { return };
    for clock in presented(world, exchange) {
        let Some(at) = clocks.position(clock) else { continue };
        let running = &clocks.all()[at];
        let Some(next) = running.ahead.first() else { continue };
        let key = (exchange.message(), sort(clock), running.ahead.len(), Side::Before);
        if asked.contains_key(&key) {
            continue;
        }
        let limit = Seconds(u32::try_from(next.at).unwrap_or(0) * spec.phases().unit().0);
        let last = Seconds(limit.0 - 1);
        let edges: Vec<Edge> = ways.edges_to(state).into_iter().chain([edge]).collect();
        if let Some(way) = ways.scheduled(&edges, |constraints| constraints.with_last_reading(at, last).solved()) {
            asked.insert(key, way);
        }
    }
}

/// A request in the second in which a limit passes, and in the first after it.
fn ask_after(ways: &Ways, state: u32, (edge, exchange): (Edge, Exchange), asked: &mut BTreeMap<Asked, Way>) {
    let Some((from, entered)) = ways.step_into(state) else { return };
    let Err(passed) = ways.path_step(entered) else { return };
    let spec = ways.spec();
    let before = ways.world(from);
    let Ok(clocks) = spec.clocks(before) else { return };
    for (_, running) in clocks.all().iter().enumerate().filter(|(at, _)| passed.has(*at)) {
        // The clock is gone or goes on; the token that it belongs to is told by the world before.
        let same = presented(before, exchange).contains(&running.clock);
        if !same {
            continue;
        }
        for (side, gap) in [(Side::At, Seconds(0)), (Side::After, Seconds(1))] {
            let key = (exchange.message(), sort(running.clock), running.ahead.len(), side);
            if asked.contains_key(&key) {
                continue;
            }
            let edges: Vec<Edge> = ways.edges_to(state).into_iter().chain([edge]).collect();
            if let Some(way) = ways.scheduled(&edges, |constraints| constraints.with_last_gap(gap).solved()) {
                asked.insert(key, way);
            }
        }
    }
}

/// The clocks of what a request presents.
fn presented(world: &World, exchange: Exchange) -> Vec<Clock> {
    let call = |id: CallId| &world.tabs[id.tab.index()].calls[usize::from(id.call)];
    let place = |index: usize| u8::try_from(index).expect("tables have fewer than 255 places");
    let of_access = |index: Option<usize>| index.map(|at| Clock::Access(place(at))).into_iter().collect::<Vec<_>>();
    let of_grant = |index: Option<usize>| index.map(|at| Clock::Grant(place(at))).into_iter().collect::<Vec<_>>();
    let of_refresh = |index: Option<usize>| match index {
        None => Vec::new(),
        Some(at) => {
            let mut clocks = vec![Clock::Idle(place(at)), Clock::Spent(place(at))];
            clocks.extend(of_grant(world.refresh[at].grant.index()));
            clocks
        }
    };
    match exchange {
        Exchange::Call(id) | Exchange::Introspect(id) => of_access(call(id).token.index()),
        Exchange::Refresh(id) => of_refresh(call(id).held.index()),
        Exchange::Redeem(tab) => of_grant(world.tabs[tab.index()].flow.grant.index()),
        Exchange::Theft(Stolen::Code) => of_grant(world.thief.code.index()),
        Exchange::Theft(Stolen::Copy) => of_refresh(world.thief.copy.index()),
        Exchange::Theft(Stolen::Loot) => of_refresh(world.thief.loot.refresh.index()),
        Exchange::SignIn(_) | Exchange::Revoke(_) => Vec::new(),
    }
}

/// What a clock measures, whosever.
fn sort(clock: Clock) -> u8 {
    match clock {
        Clock::Grant(_) => 0,
        Clock::Idle(_) => 1,
        Clock::Spent(_) => 2,
        Clock::Access(_) => 3,
        Clock::OfCall(_) | Clock::OfFlow(_) => 4,
    }
}
