//! The pipeline as one would call it from a program: check a spec, cover its graph, replay it on a target.
//!
//! Results are owned values; `report` only reads them, and `cli` only decides what to ask for. Invariant: the same spec and limits
//! give the same results but for how long they took.
//!
//! Deliberately absent: arguments of a command line, printing, and a clock. Time and progress go through [`Watch`].

mod acceptance;
mod check;
mod mend;
#[cfg(test)]
mod presented;
mod races;
mod replay;
mod space;
mod status;
#[cfg(test)]
mod tests;
mod trial;
mod verify;
mod watch;

use authloom_model::rules::Rule;

pub use acceptance::{Acceptance, AcceptanceState};
pub use check::{
    Checked, Engine, Finding, Premise, Verdict, agreed, check, explore, second_opinion, trace_along, trace_of,
};
pub use mend::{MendBudget, Mended, Mending, Setting, Tried, WayOut, mend};
pub use races::races;
pub use replay::{
    Again, Breach, Coverage, CutShort, Extent, Given, Journal, MOST_BREACHES, MOST_TOURED, NotDriven, Open, OpenFor,
    Plan, Replay, Replayed, Shard, Suite, Tally, TraceVerdict, replay, replay_traces,
};
pub use space::{Space, in_ticks};
pub use status::Status;
pub use trial::{Attempt, Thing, Trial, try_out};
pub use verify::{verify, verify_live, verify_races};
pub use watch::{Stage, Unwatched, Watch};

use crate::stop::Stop;

/// How a target is asked.
#[derive(Clone, Copy, Debug)]
pub struct How<'h> {
    /// Rules that it is known not to keep, each with the reason why that is accepted.
    pub accepted: &'h [(Rule, String)],
    /// How often a divergence is looked for again before it is believed.
    pub confirmations: u32,
    /// How often a trace is run in which messages are let go at once.
    pub times: u32,
    /// Which part of the traces is driven.
    pub shard: Shard,
    /// Where traces that conform are noted, and those are left out that did before.
    pub journal: Option<&'h Journal>,
    /// Steps of a graph at most that traces are drawn through.
    pub most_toured: u32,
    /// Ends it early.
    pub stop: Stop,
}

impl How<'_> {
    /// Everything once, and everything believed.
    pub const ONCE: Self = Self {
        accepted: &[],
        confirmations: 0,
        times: 1,
        shard: Shard::WHOLE,
        journal: None,
        most_toured: MOST_TOURED,
        stop: Stop::NEVER,
    };
}

/// What a run came to as a whole.
#[derive(Clone, PartialEq, Debug)]
pub struct Outcome {
    /// What the check found.
    pub checked: Checked,
    /// What came of the replays; none where nobody asked for any.
    pub replays: Option<Vec<Replay>>,
}

impl Outcome {
    /// The status that the program exits with.
    #[must_use]
    pub fn status(&self) -> Status {
        let replays = self.replays.iter().flatten().map(Replay::status);
        Status::worst(replays.chain([self.checked.status()]))
    }

    /// What ended the exploration or a replay early, for machines; none where nothing did.
    #[must_use]
    pub fn cut_by(&self) -> Option<&'static str> {
        let replays = self.replays.iter().flatten().filter_map(|replay| replay.cut_by);
        self.checked.cut_by().or_else(|| replays.map(CutShort::name).next())
    }
}
