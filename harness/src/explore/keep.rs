//! What a run keeps besides the worlds it has seen: nothing, or every step.

use super::budget::{Budget, OutOfMemory};
use super::graph::{GOALS_CAPACITY, KINDS_CAPACITY, STEPS_CAPACITY};
use super::interner::Interner;
use super::segments::Segments;
use super::system::System;
use super::table::{Indexed, Seen, Slot};
use super::verdict::CutReason;

/// The side of the core loop in which the two ways of exploring differ.
pub(crate) trait Keep<S: System> {
    type Slot: Slot;

    /// The kind of a step, when it will be kept.
    fn kind(&self, system: &S, world: &S::World, action: S::Action) -> u64;

    /// The goals that hold in a world, when they will be kept.
    fn goals(&self, system: &S, world: &S::World) -> u64;

    /// Turns to the next world: the steps that follow are its steps.
    fn open(&mut self, goals: u64, budget: &mut Budget) -> Result<(), CutReason>;

    /// Takes in one step of the world opened last.
    fn step(&mut self, into: Self::Slot, code: u8, kind: u64, budget: &mut Budget) -> Result<(), CutReason>;
}

/// Keeps nothing: what checking needs.
pub(crate) struct Nothing;

impl<S: System> Keep<S> for Nothing {
    type Slot = Seen;

    fn kind(&self, _system: &S, _world: &S::World, _action: S::Action) -> u64 {
        0
    }

    fn goals(&self, _system: &S, _world: &S::World) -> u64 {
        0
    }

    fn open(&mut self, _goals: u64, _budget: &mut Budget) -> Result<(), CutReason> {
        Ok(())
    }

    fn step(&mut self, _into: Seen, _code: u8, _kind: u64, _budget: &mut Budget) -> Result<(), CutReason> {
        Ok(())
    }
}

/// Keeps every step, as columns: seven bytes a step, six a world.
#[derive(Debug, Clone)]
pub(crate) struct Steps {
    /// The goal bits that some question asks for.
    pub(crate) asked_goals: u64,
    /// For each expanded world, the number of its first step.
    pub(crate) firsts: Segments<u32>,
    /// For each expanded world, the number of its set of goals.
    pub(crate) goals: Segments<u16>,
    pub(crate) goal_sets: Interner,
    pub(crate) targets: Segments<u32>,
    pub(crate) codes: Segments<u8>,
    pub(crate) kinds: Segments<u16>,
    pub(crate) kind_values: Interner,
}

impl Steps {
    pub(crate) fn new(asked_goals: u64) -> Self {
        Self {
            asked_goals,
            firsts: Segments::new(),
            goals: Segments::new(),
            goal_sets: Interner::new(),
            targets: Segments::new(),
            codes: Segments::new(),
            kinds: Segments::new(),
            kind_values: Interner::new(),
        }
    }

    fn count(&self) -> Result<u32, CutReason> {
        u32::try_from(self.targets.len()).map_err(|_| CutReason::Capacity { name: STEPS_CAPACITY })
    }
}

impl<S: System> Keep<S> for Steps {
    type Slot = Indexed;

    fn kind(&self, system: &S, world: &S::World, action: S::Action) -> u64 {
        system.kind(world, action)
    }

    fn goals(&self, system: &S, world: &S::World) -> u64 {
        system.goals(world) & self.asked_goals
    }

    fn open(&mut self, goals: u64, budget: &mut Budget) -> Result<(), CutReason> {
        let goals = self.goal_sets.intern(goals).ok_or(CutReason::Capacity { name: GOALS_CAPACITY })?;
        let first = self.count()?;
        let mut push = || -> Result<(), OutOfMemory> {
            self.firsts.push(first, budget)?;
            self.goals.push(goals, budget)
        };
        push().map_err(|OutOfMemory| CutReason::memory(budget))
    }

    fn step(&mut self, into: Indexed, code: u8, kind: u64, budget: &mut Budget) -> Result<(), CutReason> {
        let kind = self.kind_values.intern(kind).ok_or(CutReason::Capacity { name: KINDS_CAPACITY })?;
        self.count()?;
        let mut push = || -> Result<(), OutOfMemory> {
            self.kinds.push(kind, budget)?;
            self.codes.push(code, budget)?;
            self.targets.push(into.index, budget)
        };
        push().map_err(|OutOfMemory| CutReason::memory(budget))
    }
}
