//! What a run is asked and what it answers.

use super::budget::Budget;
use crate::stop::StoppedBy;

/// A question about a system. Its name and source stay with whoever asks; answers come back in the order of the questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// No step ever sets this mark.
    Never {
        /// The mark's bit, below 64.
        mark: u8,
    },
    /// Some step sets this mark.
    Reachable {
        /// The mark's bit, below 64.
        mark: u8,
    },
    /// From every world, a world where this goal holds can still be reached.
    Recoverable {
        /// The goal's bit, below 64.
        goal: u8,
    },
}

/// The answer to one [`Question`]. Paths are shortest and lead from the initial world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict<A> {
    /// True of every world; only said of a complete run.
    Holds,
    /// False. The path ends with the step that sets the mark, or in a world from which the goal cannot be reached.
    Violated(Vec<A>),
    /// The path ends with the step that sets the mark.
    Reached(Vec<A>),
    /// No step of the complete graph sets the mark.
    NotReached,
    /// The run saw too little to tell: it was cut off or bounded, or it kept no graph, or had no memory left to go backwards.
    Unknown,
}

/// How much of the graph a run has seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completeness {
    /// Every world, every step.
    Complete,
    /// Every world up to the depth that was asked for, and there are more.
    Bounded {
        /// Steps from the initial world to the farthest worlds found.
        depth: u32,
        /// Worlds found but not expanded.
        frontier: u64,
    },
    /// The run ended early.
    Cut {
        /// What ended it.
        reason: CutReason,
        /// Worlds all of whose steps were taken.
        explored: u64,
        /// Worlds found but not expanded.
        frontier: u64,
    },
}

/// Why a run was cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CutReason {
    /// There are more worlds than allowed.
    Worlds {
        /// The limit that was reached.
        limit: u32,
    },
    /// Another world would need more memory than allowed.
    Memory {
        /// The limit that would have been passed.
        limit_bytes: u64,
    },
    /// A fixed capacity, of the system or of the graph, was too small.
    Capacity {
        /// Its name.
        name: &'static str,
    },
    /// The word to stop came.
    Stopped {
        /// From where.
        by: StoppedBy,
    },
}

/// What a run found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explored<A> {
    /// Worlds found, the initial one included.
    pub worlds: u64,
    /// Steps taken: pairs of a world and an action enabled in it.
    pub steps: u64,
    /// Steps from the initial world to the farthest world found.
    pub depth: u32,
    /// Whether that was all.
    pub completeness: Completeness,
    /// One answer for each question, in the order of the questions.
    pub verdicts: Vec<Verdict<A>>,
    /// The most bytes that the run's structures held at one time.
    pub peak_bytes: u64,
}

impl<A> Explored<A> {
    /// The chance that two of the worlds had one fingerprint, so that one of them was overlooked.
    pub fn collision_probability(&self) -> f64 {
        collision_probability(self.worlds)
    }
}

/// The chance that any two of `worlds` worlds have the same 64-bit fingerprint: about n²/2⁶⁵, for a hash as good as chance.
pub fn collision_probability(worlds: u64) -> f64 {
    let worlds = worlds as f64;
    (worlds * worlds / 2f64.powi(65)).min(1.0)
}

impl CutReason {
    pub(crate) fn memory(budget: &Budget) -> Self {
        Self::Memory { limit_bytes: budget.limit_bytes() }
    }
}
