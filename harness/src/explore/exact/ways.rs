//! The graph of states, and the ways through it: paths with a time for each step.

use std::sync::OnceLock;

use authloom_model::time::Region;
use authloom_model::time::schedule::{Constraints, PathStep};
use authloom_model::{Action, Seconds, Spec, World};

use super::kept::{Kept, Step};
use super::sources::Sources;
use super::store::{Store, Taken};

/// A step of the graph, between numbers of expanded states.
#[derive(Clone, Copy, Debug)]
pub struct Edge {
    /// Its number.
    pub id: u32,
    /// Its code: an action's, or that of a way in which time goes on.
    pub code: u8,
    /// Its kind.
    pub kind: u16,
    /// The number of the state that it leads to, or of one that includes it; none where that was not expanded.
    pub target: Option<u32>,
}

/// Actions with their times, as the worlds along them have them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Way {
    /// The actions. Each wait ends where a threshold is passed or something happens.
    pub actions: Vec<Action>,
    /// For each action, the number of the step that it takes; none for a wait that passes nothing.
    pub takes: Vec<Option<u32>>,
}

impl Way {
    fn of(edges: &[Edge], path: &[PathStep], gaps: &[Seconds]) -> Self {
        let mut way = Self::default();
        for ((edge, step), gap) in edges.iter().zip(path).zip(gaps) {
            if !gap.is_zero() {
                way.actions.push(Action::Wait(*gap));
                way.takes.push(step.is_err().then_some(edge.id));
            }
            if let Ok(action) = step {
                way.actions.push(*action);
                way.takes.push(Some(edge.id));
            }
        }
        way
    }
}

/// The graph of states, and the ways through it. States are numbered in the order in which they were expanded.
pub struct Ways {
    pub(super) spec: Spec,
    pub(super) store: Store,
    pub(super) kept: Kept,
    /// For each state of the store, its number.
    pub(super) numbers: Vec<u32>,
    /// For each state of the store, the number of the one that includes it.
    targets: Vec<u32>,
    /// For each state of the store, how many steps it is from the beginning.
    depths: Vec<u32>,
    sources: OnceLock<Sources>,
}

const NOT_EXPANDED: u32 = u32::MAX;

impl Ways {
    pub(super) fn new(spec: Spec, store: Store, kept: Kept, depths: Vec<u32>) -> Self {
        let mut numbers = vec![NOT_EXPANDED; store.states() as usize];
        for (number, expanded) in (0..).zip(&kept.expanded) {
            numbers[expanded.state as usize] = number;
        }
        let targets = store.including().into_iter().map(|state| numbers[state as usize]).collect();
        Self { spec, store, kept, numbers, targets, depths, sources: OnceLock::new() }
    }

    /// The spec whose states they are.
    #[must_use]
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// How many states were expanded.
    #[must_use]
    pub fn states(&self) -> u32 {
        u32::try_from(self.kept.expanded.len()).expect("states are numbered with 32 bits")
    }

    /// How many steps there are.
    #[must_use]
    pub fn steps(&self) -> u32 {
        u32::try_from(self.kept.steps.len()).expect("steps are numbered with 32 bits")
    }

    /// How many kinds of steps there are.
    #[must_use]
    pub fn kinds(&self) -> usize {
        self.kept.kinds.len()
    }

    /// Whether time passes a limit anywhere.
    #[must_use]
    pub fn lets_time_pass(&self) -> bool {
        !self.kept.passes.is_empty()
    }

    /// The world of a state.
    #[must_use]
    pub fn world(&self, number: u32) -> &World {
        self.store.world(self.kept.expanded[number as usize].state)
    }

    /// The goals that hold in a state.
    pub(super) fn goals(&self, number: u32) -> u64 {
        self.kept.goal_sets.value(self.kept.expanded[number as usize].goals)
    }

    /// Whether a message in flight can hold time up in a state.
    pub(super) fn is_held_up(&self, number: u32) -> bool {
        self.kept.expanded[number as usize].held_up
    }

    /// The steps that leave a state.
    pub fn edges(&self, number: u32) -> impl Iterator<Item = Edge> + '_ {
        let first = self.kept.expanded[number as usize].first;
        let end = self.kept.expanded.get(number as usize + 1).map_or_else(|| self.steps(), |next| next.first);
        (first..end).map(|id| self.edge(id))
    }

    /// The step of that number.
    #[must_use]
    pub fn edge(&self, id: u32) -> Edge {
        let Step { to, kind, code } = self.kept.steps[id as usize];
        let target = self.targets[to as usize];
        Edge { id, code, kind, target: (target != NOT_EXPANDED).then_some(target) }
    }

    /// The step by which a state was found, with the number of the state it leaves. The first was found by none.
    #[must_use]
    pub fn step_into(&self, number: u32) -> Option<(u32, Edge)> {
        let taken = self.store.taken(self.kept.expanded[number as usize].state)?;
        let from = self.numbers[taken.from as usize];
        let edge = self.edges(from).find(|edge| edge.code == taken.code);
        Some((from, edge.expect("a state is found by a step that is kept")))
    }

    /// What a step is: an action, or the thresholds that time passes.
    pub fn path_step(&self, edge: Edge) -> PathStep {
        if edge.code < Action::CODES {
            return Ok(self.spec.action(edge.code).expect("only codes of actions are remembered"));
        }
        let at = self.kept.passes.binary_search_by_key(&edge.id, |(id, _)| *id);
        Err(self.kept.passes[at.expect("what time passes is kept")].1)
    }

    /// The steps by which a state was found.
    #[must_use]
    pub fn edges_to(&self, number: u32) -> Vec<Edge> {
        let mut edges = Vec::new();
        let mut at = number;
        while let Some((from, edge)) = self.step_into(at) {
            edges.push(edge);
            at = from;
        }
        edges.reverse();
        edges
    }

    /// Steps with their times; none where they have no schedule in whole seconds.
    #[must_use]
    pub fn timed(&self, edges: &[Edge]) -> Option<Way> {
        self.scheduled(edges, |constraints| constraints.solved())
    }

    /// The same, where the schedule is one of `solve`.
    pub fn scheduled(&self, edges: &[Edge], solve: impl FnOnce(&Constraints) -> Option<Vec<Seconds>>) -> Option<Way> {
        let path: Vec<PathStep> = edges.iter().map(|edge| self.path_step(*edge)).collect();
        let gaps = solve(&Constraints::of(&self.spec, &path).ok()?)?;
        Some(Way::of(edges, &path, &gaps))
    }

    /// The most natural of the shortest ways that end with one of some steps; where none of these has a schedule, another that has one.
    pub(super) fn way_of(&self, taken: &[Taken]) -> Option<Vec<Action>> {
        let ends: Vec<(u32, Option<Edge>)> = taken.iter().filter_map(|taken| self.end(*taken)).collect();
        let way = self.most_natural(&ends);
        let way = way.or_else(|| ends.iter().find_map(|(state, edge)| self.way_with(*state, *edge)));
        way.map(|way| way.actions)
    }

    fn end(&self, taken: Taken) -> Option<(u32, Option<Edge>)> {
        let from = self.numbers[taken.from as usize];
        Some((from, Some(self.edges(from).find(|edge| edge.code == taken.code)?)))
    }

    /// Steps from the beginning to a state.
    pub(crate) fn depth(&self, number: u32) -> u32 {
        self.depths[self.kept.expanded[number as usize].state as usize]
    }

    /// For each state, the steps that lead into it, or into one that it has taken in.
    pub(super) fn sources(&self) -> &Sources {
        self.sources.get_or_init(|| Sources::of(self))
    }

    /// The number of the state that a step led to when it was taken, or else of the one that includes it.
    pub(super) fn reached(&self, id: u32) -> Option<u32> {
        let direct = self.numbers[self.kept.steps[id as usize].to as usize];
        if direct == NOT_EXPANDED { self.edge(id).target } else { Some(direct) }
    }

    /// A shortest way to a state, and on by a step of it, with its times. None where none was found that has a schedule in whole seconds.
    #[must_use]
    pub fn way_with(&self, number: u32, edge: Option<Edge>) -> Option<Way> {
        // Where states have taken others in, the way on which one was found first may not be the one that goes on.
        self.most_natural(&[(number, edge)]).or_else(|| self.first_way_with(number, edge))
    }

    /// The way on which a state was found first, and on by a step of it, or another one where that has no schedule.
    fn first_way_with(&self, number: u32, edge: Option<Edge>) -> Option<Way> {
        self.timed(&self.first_edges_with(number, edge)?)
    }

    /// The steps on which a state was found first, and on by a step of it, or others where these have no schedule.
    pub(crate) fn first_edges_with(&self, number: u32, edge: Option<Edge>) -> Option<Vec<Edge>> {
        let with_last = |edges: Vec<Edge>| edges.into_iter().chain(edge).collect::<Vec<_>>();
        let first = with_last(self.edges_to(number));
        if self.timed(&first).is_some() {
            return Some(first);
        }
        self.realised(self.kept.expanded[number as usize].state, edge).map(with_last)
    }

    /// What a step makes of a region; none where it is not possible at any reading.
    pub(crate) fn stepped(&self, region: &Region, edge: Edge) -> Option<Region> {
        let clocks = self.spec.clocks(&region.world).ok()?;
        match self.path_step(edge) {
            Ok(action) => Some(self.spec.act_in(region, &clocks, action).ok()?.region),
            Err(passed) => {
                let mut after = None;
                let each = |passes, region| {
                    if passes == passed {
                        after = Some(region);
                    }
                };
                self.spec.pass_in(region, &clocks, each).ok()?;
                after
            }
        }
    }
}
