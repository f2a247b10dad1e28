//! Of all shortest ways to something, the most natural one: fewest losses first, then fewest limits that pass while a message is in flight,
//! then least outside of the first tab.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use authloom_model::time::Region;
use authloom_model::time::phases::in_flight;
use authloom_model::{Action, World};

use super::ways::{Edge, Way, Ways};

/// Regions that are looked at for one way.
const MOST_REGIONS: usize = 4_000;
/// Ways that are tried for a schedule.
const MOST_TRIED: usize = 8;

/// What makes a way less natural, the gravest first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
struct Oddity {
    losses: u32,
    limits_in_flight: u32,
    other_tabs: u32,
}

impl Oddity {
    /// That of a way that goes on by a step.
    fn with(self, world: &World, step: Result<Action, ()>) -> Self {
        let Self { losses, limits_in_flight, other_tabs } = self;
        match step {
            Err(()) => {
                Self { limits_in_flight: limits_in_flight + u32::from(in_flight(world).next().is_some()), ..self }
            }
            Ok(action) => Self {
                losses: losses + u32::from(matches!(action, Action::Lose(_))),
                other_tabs: other_tabs + u32::from(action.tab().is_some_and(|tab| tab.index() > 0)),
                limits_in_flight,
            },
        }
    }
}

/// A region on the way.
struct Met {
    state: u32,
    region: Region,
    before: Option<(usize, Edge)>,
}

impl Ways {
    /// The most natural of the shortest ways that end with one of some steps, each given with the state it leaves, or in that state where no
    /// step is given; none where none of them was found in time, or none has a schedule in whole seconds.
    pub(super) fn most_natural(&self, ends: &[(u32, Option<Edge>)]) -> Option<Way> {
        let least = ends.iter().map(|(state, _)| self.depth(*state)).min()?;
        let ends: Vec<(u32, Option<Edge>)> =
            ends.iter().copied().filter(|(state, _)| self.depth(*state) == least).collect();
        let onwards = self.shortest_ways_to(&ends);
        let mut met = vec![Met { state: 0, region: self.spec().initial_region(), before: None }];
        let mut open = BinaryHeap::from([Reverse((Oddity::default(), Reverse(0), 0))]);
        let mut closed: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        let mut tried = 0;
        while let Some(Reverse((oddity, Reverse(depth), at))) = open.pop() {
            let Met { state, region, .. } = &met[at];
            let (state, region) = (*state, region.clone());
            let closed = closed.entry(state).or_default();
            if closed.iter().any(|known: &usize| met[*known].region.zone.includes(region.zone.bounds())) {
                continue;
            }
            closed.push(at);
            for (_, edge) in ends.iter().filter(|(end, _)| *end == state) {
                if edge.is_some_and(|edge| self.stepped(&region, edge).is_none()) {
                    continue;
                }
                let before = |last: &(usize, Edge)| met[last.0].before;
                let mut edges: Vec<Edge> =
                    std::iter::successors(met[at].before, before).map(|(_, edge)| edge).collect();
                edges.reverse();
                edges.extend(edge);
                tried += 1;
                match self.timed(&edges) {
                    Some(way) => return Some(way),
                    None if tried == MOST_TRIED => return None,
                    None => {}
                }
            }
            for (edge, to) in onwards.get(&state).into_iter().flatten() {
                let Some(after) = self.stepped(&region, *edge) else { continue };
                let oddity = oddity.with(&region.world, self.path_step(*edge).map_err(|_| ()));
                open.push(Reverse((oddity, Reverse(depth + 1), met.len())));
                met.push(Met { state: *to, region: after, before: Some((at, *edge)) });
            }
            if met.len() > MOST_REGIONS {
                return None;
            }
        }
        None
    }

    /// The steps of all shortest ways to some states, by the state that they leave.
    fn shortest_ways_to(&self, ends: &[(u32, Option<Edge>)]) -> BTreeMap<u32, Vec<(Edge, u32)>> {
        let mut onwards: BTreeMap<u32, Vec<(Edge, u32)>> = BTreeMap::new();
        let mut known: BTreeSet<u32> = ends.iter().map(|(state, _)| *state).collect();
        let mut open: Vec<u32> = known.iter().copied().collect();
        let sources = self.sources();
        while let Some(state) = open.pop() {
            for (from, edge) in sources.steps_to(state) {
                if self.depth(from) + 1 != self.depth(state) {
                    continue;
                }
                onwards.entry(from).or_default().push((edge, state));
                if known.insert(from) {
                    open.push(from);
                }
            }
        }
        onwards
    }
}
