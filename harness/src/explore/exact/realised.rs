//! Ways through states that have taken others in: the way on which such a state was found first may not be the one that goes on.

use std::collections::{BTreeMap, BTreeSet};

use authloom_model::time::Region;

use super::store::{Entry, Taken};
use super::ways::{Edge, Ways};

/// Regions that are looked at for one way.
const MOST_REGIONS: usize = 20_000;

/// A region on the way to a state.
#[derive(Clone)]
struct Met {
    state: u32,
    region: Region,
    before: Option<(usize, Edge)>,
}

impl Ways {
    /// Steps to a state after which a step is possible, found by going forward along all ways that lead to it.
    pub(super) fn realised(&self, target: u32, last: Option<Edge>) -> Option<Vec<Edge>> {
        let onwards = self.ways_to(target);
        let goes_on = |region: &Region| last.is_none_or(|last| self.stepped(region, last).is_some());
        let mut met: Vec<Met> = vec![Met { state: 0, region: self.spec.initial_region(), before: None }];
        let mut next = 0;
        while next < met.len().min(MOST_REGIONS) {
            let Met { state, region, .. } = met[next].clone();
            if state == target && goes_on(&region) {
                let before = |at: &(usize, Edge)| met[at.0].before;
                let mut edges: Vec<Edge> =
                    std::iter::successors(met[next].before, before).map(|(_, edge)| edge).collect();
                edges.reverse();
                return Some(edges);
            }
            for (edge, to) in onwards.get(&state).into_iter().flatten() {
                let Some(after) = self.stepped(&region, *edge) else { continue };
                let includes = |met: &Met| met.state == *to && met.region.zone.includes(after.zone.bounds());
                if !met.iter().any(includes) {
                    met.push(Met { state: *to, region: after, before: Some((next, *edge)) });
                }
            }
            next += 1;
        }
        None
    }

    /// The steps between the states on all ways that lead to a state, by the state that they leave.
    fn ways_to(&self, target: u32) -> BTreeMap<u32, Vec<(Edge, u32)>> {
        let mut onwards: BTreeMap<u32, Vec<(Edge, u32)>> = BTreeMap::new();
        let mut known = BTreeSet::from([target]);
        let mut open = vec![target];
        while let Some(state) = open.pop() {
            let mut taken_in = vec![state];
            while let Some(within) = taken_in.pop() {
                for entry in self.store.entries(within) {
                    match entry {
                        Entry::State(other) => taken_in.push(other),
                        Entry::Step(Taken { from, code }) => {
                            let edge = self.edges(self.numbers[from as usize]).find(|edge| edge.code == code);
                            let edge = edge.expect("a state is found by a step that is kept");
                            onwards.entry(from).or_default().push((edge, state));
                            if known.insert(from) {
                                open.push(from);
                            }
                        }
                    }
                }
            }
        }
        onwards
    }
}
