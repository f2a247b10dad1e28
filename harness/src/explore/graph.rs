//! The explored graph as columns: about eleven bytes a world and seven a step. The worlds themselves are not stored; who
//! walks the graph steps the system along.

use super::keep::Steps;
use super::system::System;
use super::way_back::WayBack;

/// Steps are numbered with 32 bits.
pub(crate) const STEPS_CAPACITY: &str = "steps in the graph";
/// Kinds of steps are numbered with 16 bits.
pub(crate) const KINDS_CAPACITY: &str = "kinds of steps";
/// Sets of goals are numbered with 16 bits.
pub(crate) const GOALS_CAPACITY: &str = "sets of goals";

/// Every world that was found and every step that was taken.
///
/// Worlds are numbered in breadth-first order: 0 is the initial one, and depth never falls as the number grows. Steps are
/// numbered in the order of the worlds they leave, and within a world in the order of its actions.
#[derive(Debug, Clone)]
pub struct Graph {
    steps: Steps,
    way_back: WayBack,
    levels: Vec<u32>,
    worlds: u32,
    /// How many of the kept steps lead to a world of the graph: all, or all but the last.
    count: u32,
}

/// One step of the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge {
    /// Its number.
    pub id: u32,
    /// The action's one-byte name; [`System::action`] gives the action.
    pub code: u8,
    /// The world it leads to.
    pub target: u32,
    /// Its kind, numbered in the order of first appearance.
    pub kind: u16,
}

impl Graph {
    pub(crate) fn new(steps: Steps, way_back: WayBack, levels: Vec<u32>, worlds: u32) -> Self {
        let kept = u32::try_from(steps.targets.len()).expect("steps are numbered with 32 bits");
        // A run that is cut off between a step and the world it found leaves that step without a target.
        let dangles = kept > 0 && steps.targets.get(kept - 1) >= worlds;
        Self { steps, way_back, levels, worlds, count: kept - u32::from(dangles) }
    }

    /// How many worlds there are.
    pub fn worlds(&self) -> u32 {
        self.worlds
    }

    /// How many steps there are.
    pub fn steps(&self) -> u32 {
        self.count
    }

    /// How many kinds of steps there are: each kind of an [`Edge`] is below this.
    pub fn kinds(&self) -> usize {
        self.steps.kind_values.len()
    }

    /// The hash that [`System::kind`] gave for a kind.
    pub fn kind_value(&self, kind: u16) -> u64 {
        self.steps.kind_values.value(kind)
    }

    /// The steps that leave `world`, in the order of its actions. A world that was not expanded has none.
    pub fn edges(&self, world: u32) -> impl Iterator<Item = Edge> + '_ {
        (self.first_step(world)..self.first_step(world + 1)).map(|id| self.edge(id))
    }

    /// The step with this number.
    pub fn edge(&self, id: u32) -> Edge {
        Edge { id, code: self.steps.codes.get(id), target: self.steps.targets.get(id), kind: self.steps.kinds.get(id) }
    }

    /// The step that leaves `world` by the action named `code`.
    pub fn edge_by_code(&self, world: u32, code: u8) -> Option<Edge> {
        self.edges(world).find(|edge| edge.code == code)
    }

    /// The asked-for goals that hold in `world`, one bit each; none for a world that was not expanded.
    pub fn goals(&self, world: u32) -> u64 {
        if (world as usize) < self.steps.goals.len() {
            self.steps.goal_sets.value(self.steps.goals.get(world))
        } else {
            0
        }
    }

    /// Steps from the initial world to `world`, at least.
    pub fn depth_of(&self, world: u32) -> u32 {
        let depth = self.levels.partition_point(|&first| first <= world) - 1;
        u32::try_from(depth).expect("there are no more depths than worlds")
    }

    /// The action codes of a shortest path from the initial world to `world`.
    pub fn path_to(&self, world: u32) -> Vec<u8> {
        self.way_back.path_to(world)
    }

    /// The step by which a shortest path enters `world`, with the world it leaves; `None` for the initial world.
    pub fn step_into(&self, world: u32) -> Option<(u32, Edge)> {
        let step = self.way_back.step_into(world)?;
        let edge = self.edge_by_code(step.from, step.code).expect("the way back is made of steps of the graph");
        Some((step.from, edge))
    }

    /// The world itself, by stepping `system` along a shortest path.
    pub fn world_of<S: System>(&self, system: &S, world: u32) -> S::World {
        let codes = self.path_to(world);
        codes.into_iter().fold(system.initial(), |at, code| system.next(&at, system.action(code)).world)
    }

    /// The number of the first step that leaves `world` or a world after it.
    fn first_step(&self, world: u32) -> u32 {
        if (world as usize) < self.steps.firsts.len() { self.steps.firsts.get(world) } else { self.steps() }
    }
}
