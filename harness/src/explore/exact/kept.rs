//! The steps that were taken, in the order in which states were expanded.

use authloom_model::time::Passed;

use crate::explore::CutReason;
use crate::explore::budget::{Budget, OutOfMemory};
use crate::explore::graph::{GOALS_CAPACITY, KINDS_CAPACITY};
use crate::explore::interner::Interner;

/// A step that is kept.
#[derive(Clone, Copy)]
pub(super) struct Step {
    /// The state it led to when it was taken.
    pub(super) to: u32,
    pub(super) kind: u16,
    pub(super) code: u8,
}

/// The steps of each state that was expanded, in the order of expansion.
pub(super) struct Kept {
    asked_goals: u64,
    /// The states, in the order in which they were expanded, each with the number of its first step.
    pub(super) expanded: Vec<Expanded>,
    pub(super) goal_sets: Interner,
    pub(super) steps: Vec<Step>,
    /// The numbers of the steps in which time goes on, with what they pass.
    pub(super) passes: Vec<(u32, Passed)>,
    pub(super) kinds: Interner,
}

#[derive(Clone, Copy)]
pub(super) struct Expanded {
    pub(super) state: u32,
    pub(super) first: u32,
    pub(super) goals: u16,
    /// Whether a message in flight can hold time up.
    pub(super) held_up: bool,
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
