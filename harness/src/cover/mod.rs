//! From the graph to paths that a target can be led along.
//!
//! [`every_step`] draws *tours* that together take every step of the graph, at the least cost there is; [`every_kind`] draws
//! a few short *traces* that take at least one step of every kind. A path begins in the initial world, and one step costs
//! as much as a reset that brings a target back there. Invariant: every path is a legal walk, and the same graph gives
//! the same paths.
//!
//! Deliberately absent: what a step means. Paths are numbers of steps; whoever needs worlds steps the system along.

mod euler;
pub mod exact;
mod flow;
mod kinds;
mod nearest;
mod network;
mod postman;
#[cfg(test)]
mod tests;

use crate::explore::Graph;
use crate::stop::Stop;

pub use kinds::{KindCover, KindOptions, best_first, every_kind};

/// A walk from the initial world: the numbers of its steps ([`Graph::edge`]).
pub type Path = Vec<u32>;

/// How to cover every step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepOptions {
    /// Steps at most in one tour, where a single step can be reached within it. None: as long as the optimum has them.
    pub longest_tour: Option<u32>,
    /// Up to how many steps of the graph the optimum is computed; beyond, the tours walk to the nearest step not yet taken.
    pub exact_up_to: u32,
    /// Ends it early. It is asked each time the graph is read.
    pub stop: Stop,
}

impl StepOptions {
    /// The flow's rounds read the whole graph each, a few hundred times: eight million steps are about a minute and two gigabytes.
    pub const DEFAULT_EXACT_UP_TO: u32 = 8_000_000;
}

impl Default for StepOptions {
    fn default() -> Self {
        Self { longest_tour: None, exact_up_to: Self::DEFAULT_EXACT_UP_TO, stop: Stop::NEVER }
    }
}

/// Tours that together take every step of the graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepCover {
    /// The tours.
    pub tours: Vec<Path>,
    /// Steps in the graph.
    pub edges: u64,
    /// What any cover costs at least.
    pub bound: Bound,
    /// What this one costs: the steps of all tours, and one for each reset.
    pub steps: u64,
    /// Resets to the initial world: one after each tour, except after a single tour that ends where it began.
    pub resets: u64,
}

/// The cost that no cover of every step can go below.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// A cover of this cost exists.
    Optimum(u64),
    /// Every cover costs this much or more; whether one costs exactly this is not known.
    AtLeast(u64),
}

impl Bound {
    /// The cost itself.
    pub fn steps(self) -> u64 {
        match self {
            Self::Optimum(steps) | Self::AtLeast(steps) => steps,
        }
    }
}

impl StepCover {
    /// Steps in the longest tour.
    pub fn longest(&self) -> usize {
        self.tours.iter().map(Vec::len).max().unwrap_or(0)
    }
}

/// Tours that take every step of `graph`; none where the word to stop came before they were drawn.
pub fn every_step(graph: &Graph, options: StepOptions) -> StepCover {
    let network = network::Network::of(graph);
    if graph.steps() <= options.exact_up_to {
        postman::optimal(&network, options.longest_tour, options.stop)
    } else {
        nearest::every_step(&network, options.longest_tour)
    }
}
