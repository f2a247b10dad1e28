//! The graph of states, and the ways through it: paths with a time for each step.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use authloom_model::time::schedule::{Constraints, PathStep};
use authloom_model::time::{Passed, Region};
use authloom_model::{Action, Seconds, Spec, World};

use super::store::{Entry, Store, Taken};
use crate::explore::CutReason;
use crate::explore::budget::{Budget, OutOfMemory};
use crate::explore::graph::{GOALS_CAPACITY, KINDS_CAPACITY};
use crate::explore::interner::Interner;

/// A step that is kept.
#[derive(Clone, Copy)]
struct Step {
    /// The state it led to when it was taken.
    to: u32,
    kind: u16,
    code: u8,
}

/// The steps of each state that was expanded, in the order of expansion.
pub(super) struct Kept {
    asked_goals: u64,
    /// The states, in the order in which they were expanded, each with the number of its first step.
    expanded: Vec<Expanded>,
    goal_sets: Interner,
    steps: Vec<Step>,
    /// The numbers of the steps in which time goes on, with what they pass.
    passes: Vec<(u32, Passed)>,
    kinds: Interner,
}

#[derive(Clone, Copy)]
struct Expanded {
    state: u32,
    first: u32,
    goals: u16,
    /// Whether a message in flight can hold time up.
    held_up: bool,
}

impl Kept {
    pub(super) fn new(asked_goals: u64) -> Self {
        Self {
            asked_goals,
            expanded: Vec::new(),
            goal_sets: Interner::new(),
            steps: Vec::new(),
            passes: Vec::new(),
            kinds: Interner::new(),
        }
    }

    pub(super) fn open(&mut self, state: u32, goals: u64, budget: &mut Budget) -> Result<(), CutReason> {
        let goals =
            self.goal_sets.intern(goals & self.asked_goals).ok_or(CutReason::Capacity { name: GOALS_CAPACITY })?;
        budget.claim::<Expanded>(1).map_err(|OutOfMemory| CutReason::memory(budget))?;
        let first = u32::try_from(self.steps.len()).map_err(|_| CutReason::Capacity { name: "steps in the graph" })?;
        self.expanded.push(Expanded { state, first, goals, held_up: false });
        Ok(())
    }

    /// Says of the state opened last whether a message in flight can hold time up.
    pub(super) fn is_held_up(&mut self, held_up: bool) {
        if let Some(last) = self.expanded.last_mut() {
            last.held_up = held_up;
        }
    }

    pub(super) fn step(
        &mut self,
        to: u32,
        code: u8,
        kind: u64,
        passed: Option<Passed>,
        budget: &mut Budget,
    ) -> Result<(), CutReason> {
        let kind = self.kinds.intern(kind).ok_or(CutReason::Capacity { name: KINDS_CAPACITY })?;
        budget.claim::<Step>(1).map_err(|OutOfMemory| CutReason::memory(budget))?;
        if let Some(passed) = passed {
            let number = u32::try_from(self.steps.len()).expect("steps are numbered with 32 bits");
            self.passes.push((number, passed));
        }
        self.steps.push(Step { to, kind, code });
        Ok(())
    }
}

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

/// A region on the way to a state.
#[derive(Clone)]
struct Met {
    state: u32,
    region: Region,
    before: Option<(usize, Edge)>,
}

/// The graph of states, and the ways through it. States are numbered in the order in which they were expanded.
pub struct Ways {
    spec: Spec,
    store: Store,
    kept: Kept,
    /// For each state of the store, its number.
    numbers: Vec<u32>,
    /// For each state of the store, how many steps it is from the beginning.
    depths: Vec<u32>,
    sources: OnceLock<Sources>,
}

/// The steps into each state.
pub(super) struct Sources {
    firsts: Vec<u32>,
    steps: Vec<(u32, Edge)>,
}

impl Sources {
    fn of(ways: &Ways) -> Self {
        let into = |edge: Edge| ways.reached(edge.id);
        let mut firsts = vec![0_u32; ways.states() as usize + 1];
        let all = || (0..ways.states()).flat_map(|from| ways.edges(from).map(move |edge| (from, edge)));
        for to in all().filter_map(|(_, edge)| into(edge)) {
            firsts[to as usize + 1] += 1;
        }
        for at in 1..firsts.len() {
            firsts[at] += firsts[at - 1];
        }
        let mut next = firsts.clone();
        let nothing = (0, Edge { id: 0, code: 0, kind: 0, target: None });
        let mut steps = vec![nothing; firsts.last().map_or(0, |count| *count as usize)];
        for (from, edge) in all() {
            let Some(to) = into(edge) else { continue };
            steps[next[to as usize] as usize] = (from, edge);
            next[to as usize] += 1;
        }
        Self { firsts, steps }
    }

    /// The steps into a state, each with the state that it leaves.
    pub(super) fn into_state(&self, state: u32) -> impl Iterator<Item = (u32, Edge)> + '_ {
        let range = self.firsts[state as usize] as usize..self.firsts[state as usize + 1] as usize;
        self.steps[range].iter().copied()
    }
}

const NOT_EXPANDED: u32 = u32::MAX;
/// Regions that are looked at for one way.
const MOST_REGIONS: usize = 20_000;

impl Ways {
    pub(super) fn new(spec: Spec, store: Store, kept: Kept, depths: Vec<u32>) -> Self {
        let mut numbers = vec![NOT_EXPANDED; store.states() as usize];
        for (number, expanded) in (0..).zip(&kept.expanded) {
            numbers[expanded.state as usize] = number;
        }
        Self { spec, store, kept, numbers, depths, sources: OnceLock::new() }
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
        let end = self.kept.expanded.get(number as usize + 1).map_or(self.steps(), |next| next.first);
        (first..end).map(|id| self.edge(id))
    }

    /// The step of that number.
    #[must_use]
    pub fn edge(&self, id: u32) -> Edge {
        let Step { to, kind, code } = self.kept.steps[id as usize];
        let target = self.numbers[self.store.including(to) as usize];
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
    #[must_use]
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
    fn reached(&self, id: u32) -> Option<u32> {
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

    /// Steps to a state after which a step is possible, found by going forward along all ways that lead to it.
    fn realised(&self, target: u32, last: Option<Edge>) -> Option<Vec<Edge>> {
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
