//! What the pipeline asks of whoever runs it: an ear for how far it is and for what it finds, and a stopwatch.

use std::time::Duration;

use crate::explore::Progress;
use crate::trace::Trace;

/// How far a run is.
#[derive(Clone, Debug)]
pub enum Stage {
    /// The model is being explored.
    Exploring(Progress),
    /// Tours are being drawn through a graph of so many steps.
    Covering {
        /// Steps of the graph.
        steps: u64,
    },
    /// A target is being driven.
    Replaying {
        /// The target's name.
        target: String,
        /// Steps driven so far.
        done: u64,
        /// Steps there are to drive.
        total: u64,
    },
    /// A target is being probed.
    Probing {
        /// The target's name.
        target: String,
        /// Traces run so far.
        traces: usize,
        /// Candidates that explain what was seen.
        left: usize,
    },
    /// A divergence is being shortened.
    Shortening {
        /// Steps of the trace that diverges.
        steps: usize,
    },
}

/// Whoever watches a run.
pub trait Watch {
    /// The run is at this stage. Called often: thousands of times a second.
    fn saw(&mut self, stage: &Stage);

    /// Time that has passed since some fixed moment.
    fn elapsed(&self) -> Duration;

    /// A target diverges at the last step of a trace, by a rule that it kept until then. The trace is yet to be shortened, and a divergence
    /// that is never seen again is no finding.
    fn found(&mut self, _target: &str, _trace: &Trace) {}
}

/// Nobody watches, and no time passes.
#[derive(Clone, Copy, Debug)]
pub struct Unwatched;

impl Watch for Unwatched {
    fn saw(&mut self, _stage: &Stage) {}

    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }
}
