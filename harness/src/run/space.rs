//! What was explored, and the ways through it that a target is led along.

use authloom_model::{Action, Event, Spec, World};

use itertools::Itertools as _;

use super::{How, Suite};
use crate::cover::{KindOptions, Path, StepOptions, best_first, every_kind, every_step, exact};
use crate::explore::Graph;
use crate::explore::exact::{Way, Ways};

/// What was explored.
pub enum Space {
    /// Worlds of ticks.
    Ticks(Box<Graph>),
    /// Worlds of phases with zones.
    Exact(Box<Ways>),
}

/// A state with the steps that leave it.
pub(super) struct Expanded {
    pub(super) world: World,
    pub(super) steps: Vec<SpaceStep>,
}

/// A step of a space.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct SpaceStep {
    /// Its number.
    pub(super) id: u32,
    /// The action; none where time passes limits.
    pub(super) action: Option<Action>,
    /// Where time passes, the raw world that it leads to.
    pub(super) later: Option<World>,
    /// The state that it leads to; none where that was not expanded.
    pub(super) target: Option<u32>,
}

impl Space {
    /// How many steps there are.
    #[must_use]
    pub fn steps(&self) -> u32 {
        match self {
            Self::Ticks(graph) => graph.steps(),
            Self::Exact(ways) => ways.steps(),
        }
    }

    /// How many kinds of steps there are.
    #[must_use]
    pub fn kinds(&self) -> usize {
        match self {
            Self::Ticks(graph) => graph.kinds(),
            Self::Exact(ways) => ways.kinds(),
        }
    }

    /// The kind of a step.
    pub(super) fn kind(&self, step: u32) -> u16 {
        match self {
            Self::Ticks(graph) => graph.edge(step).kind,
            Self::Exact(ways) => ways.edge(step).kind,
        }
    }

    /// The ways that a suite consists of, and how many kinds have no schedule in whole seconds.
    pub(super) fn suite(&self, spec: &Spec, suite: Suite, how: How<'_>) -> (Vec<Way>, u64) {
        match (self, suite) {
            (Self::Ticks(graph), Suite::EveryStep) => {
                let options = StepOptions { stop: how.stop, ..StepOptions::default() };
                let tours = every_step(graph, options).tours;
                (tours.iter().map(|path| in_ticks(spec, graph, path)).collect(), 0)
            }
            (Self::Ticks(graph), Suite::EveryKind) => {
                let traces = best_first(graph, every_kind(graph, KindOptions::default()).traces);
                (traces.iter().map(|path| in_ticks(spec, graph, path)).collect(), 0)
            }
            (Self::Exact(ways), Suite::EveryStep | Suite::EveryKind) => {
                let cover = exact::every_kind(ways);
                let all = cover.ways.into_iter().chain(exact::both_sides(ways));
                (all.unique_by(|way| way.actions.clone()).collect(), cover.without_schedule)
            }
        }
    }

    /// A shortest way to the last of some steps, where that is known to be shorter.
    pub(super) fn shortest(&self, spec: &Spec, way: &Way) -> Option<Vec<Action>> {
        let Self::Ticks(graph) = self else { return None };
        let steps: Vec<u32> = way.takes.iter().copied().flatten().collect();
        let (last, before) = steps.split_last()?;
        let from = before.last().map_or(0, |step| graph.edge(*step).target);
        let codes = graph.path_to(from).into_iter().chain([graph.edge(*last).code]);
        codes.map(|code| spec.action(code)).collect()
    }

    /// How many states there are: worlds of ticks, or worlds of phases with a zone.
    pub(super) fn states(&self) -> u32 {
        match self {
            Self::Ticks(graph) => graph.worlds(),
            Self::Exact(ways) => ways.states(),
        }
    }

    /// Every state, with the steps that leave it.
    pub(super) fn expanded(&self, spec: &Spec) -> Vec<Expanded> {
        let mut all: Vec<Expanded> = Vec::with_capacity(self.states() as usize);
        for number in 0..self.states() {
            let expanded = match self {
                Self::Ticks(graph) => {
                    let action = |code| spec.action(code).expect("only codes of actions are remembered");
                    let world = match graph.step_into(number) {
                        None => spec.initial(),
                        Some((from, edge)) => spec.next(&all[from as usize].world, action(edge.code)).world,
                    };
                    let steps = graph.edges(number).map(|edge| {
                        let action = action(edge.code);
                        let waits = matches!(action, Action::Wait(_));
                        let later = waits.then(|| spec.apply(&world, action, &mut Vec::<Event>::new()).world);
                        SpaceStep { id: edge.id, action: Some(action), later, target: Some(edge.target) }
                    });
                    Expanded { world, steps: steps.collect() }
                }
                Self::Exact(ways) => {
                    let world = *ways.world(number);
                    let steps = ways.edges(number).map(|edge| {
                        let (action, later) = match ways.path_step(edge) {
                            Ok(action) => (Some(action), None),
                            Err(passed) => (None, spec.later(&world, passed).ok()),
                        };
                        SpaceStep { id: edge.id, action, later, target: edge.target }
                    });
                    Expanded { world, steps: steps.collect() }
                }
            };
            all.push(expanded);
        }
        all
    }

    /// The way along a path, with its times; none where it has no schedule.
    pub(super) fn along(&self, spec: &Spec, path: &Path) -> Option<Way> {
        match self {
            Self::Ticks(graph) => Some(in_ticks(spec, graph, path)),
            Self::Exact(ways) => ways.timed(&path.iter().map(|step| ways.edge(*step)).collect::<Vec<_>>()),
        }
    }

    /// A shortest way to a state; none where none was found that has a schedule.
    pub(super) fn way_to(&self, spec: &Spec, state: u32) -> Option<Vec<Action>> {
        match self {
            Self::Ticks(graph) => graph.path_to(state).into_iter().map(|code| spec.action(code)).collect(),
            Self::Exact(ways) => ways.way_with(state, None).map(|way| way.actions),
        }
    }
}

/// A path through worlds of ticks.
#[must_use]
pub fn in_ticks(spec: &Spec, graph: &Graph, path: &Path) -> Way {
    let action = |step: &u32| spec.action(graph.edge(*step).code).expect("only codes of actions are remembered");
    Way { actions: path.iter().map(action).collect(), takes: path.iter().copied().map(Some).collect() }
}
