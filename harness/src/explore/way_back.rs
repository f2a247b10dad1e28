//! The way back from any world to the initial one: five bytes a world.

use super::budget::{Budget, OutOfMemory};
use super::segments::Segments;

/// From which world, by which action, each world was found first. Breadth first makes these ways shortest.
#[derive(Debug, Clone)]
pub(crate) struct WayBack {
    parents: Segments<u32>,
    codes: Segments<u8>,
}

impl WayBack {
    /// The way back of the initial world, which leads nowhere.
    pub(crate) fn new(budget: &mut Budget) -> Result<Self, OutOfMemory> {
        let mut way_back = Self { parents: Segments::new(), codes: Segments::new() };
        way_back.push(Step { from: 0, code: 0 }, budget)?;
        Ok(way_back)
    }

    pub(crate) fn push(&mut self, step: Step, budget: &mut Budget) -> Result<(), OutOfMemory> {
        self.parents.push(step.from, budget)?;
        self.codes.push(step.code, budget)
    }

    /// The step that found `world`. The initial world (number 0) was found by none.
    pub(crate) fn step_into(&self, world: u32) -> Option<Step> {
        (world != 0).then(|| Step { from: self.parents.get(world), code: self.codes.get(world) })
    }

    /// The action codes of a shortest way from the initial world to `world`.
    pub(crate) fn path_to(&self, world: u32) -> Vec<u8> {
        let mut codes = Vec::new();
        let mut at = world;
        while let Some(step) = self.step_into(at) {
            codes.push(step.code);
            at = step.from;
        }
        codes.reverse();
        codes
    }
}

/// A step, named by the world it leaves and the action's code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) from: u32,
    pub(crate) code: u8,
}
