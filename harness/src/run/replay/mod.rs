//! What came of replaying traces on a target.

use std::fmt;
use std::time::Duration;

mod breach;
mod crew;
mod journal;
mod not_driven;
mod pasts;
mod paths;
mod shard;
mod traces;

use authloom_model::rules::Rule;

use super::{How, Stage, Status, Watch};
use crate::stop::{Stop, StoppedBy};
pub(super) use breach::answer_in_words;
pub use breach::{Again, Breach};
pub use crew::Open;
pub use journal::Journal;
pub use not_driven::NotDriven;
pub use paths::{MOST_BREACHES, MOST_TOURED, Plan, Suite, replay};
pub use shard::Shard;
pub use traces::{Given, OpenFor, Replayed, Tally, TraceVerdict, replay_traces};

/// What a replay set out to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Coverage {
    /// To take every step of the graph.
    EveryStep,
    /// To take a step of every kind in the graph.
    EveryKind {
        /// Kinds there are.
        kinds: u64,
    },
    /// To take the steps of given traces.
    GivenTraces,
    /// To let every pair of requests go at once whose order matters, each pair so often.
    Races {
        /// Times for each pair.
        times: u32,
    },
}

/// How much of what there is a replay set out to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Extent {
    /// All of it.
    Whole,
    /// What lies within a bound.
    Part,
}

/// What ended a replay before all was driven that there was to drive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CutShort {
    /// No more requests are allowed.
    Budget,
    /// The word to stop.
    Stopped(StoppedBy),
    /// A target that could be asked at first could not be asked any more.
    Faults,
}

impl CutShort {
    /// The name for machines.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Budget => "budget",
            Self::Stopped(by) => by.name(),
            Self::Faults => "faults",
        }
    }
}

impl fmt::Display for CutShort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Budget => f.write_str("cut off: the budget of requests is used up"),
            Self::Stopped(by) => write!(f, "cut off by {by}"),
            Self::Faults => f.write_str("cut off: the target could not be asked any more"),
        }
    }
}

/// What came of replaying traces on a target.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Replay {
    /// The target's name.
    pub target: String,
    /// What one calls it on the command line, where that is not its name.
    pub called: Option<String>,
    /// What it set out to do.
    pub goal: Coverage,
    /// Traces that there were to drive.
    pub planned: u64,
    /// Traces that were driven, or tried.
    pub traces: u64,
    /// Different steps there were to take.
    pub steps_total: u64,
    /// Those of them that were taken and conformed.
    pub steps_covered: u64,
    /// Steps taken, repetitions included.
    pub steps_driven: u64,
    /// Traces on which the target did something else.
    pub diverged: u64,
    /// Traces on which it did something else that is accepted. Nothing more is asked of them.
    pub accepted: u64,
    /// Divergences that were never seen again.
    pub unconfirmed: u64,
    /// Traces that the target could not be asked.
    pub unsupported: u64,
    /// Traces that we failed to ask.
    pub failed: u64,
    /// Traces that conformed in an earlier run, and were not driven again. They are among those that were driven.
    pub resumed: u64,
    /// What ended it early, if anything did.
    pub cut_by: Option<CutShort>,
    /// Why nothing was driven, where that was known before anything was. It is among the reasons as well.
    pub not_driven: Option<NotDriven>,
    /// One for each rule that the target breaks.
    pub breaches: Vec<Breach>,
    /// What the target was not asked, or what was not compared, in sentences.
    pub left_out: Vec<String>,
    /// Whether there is more than what it set out to do: the graph was bounded, as asked.
    pub extent: Extent,
    /// Why traces were unsupported or failed, each reason once.
    pub reasons: Vec<String>,
    /// How long it took.
    pub elapsed: Duration,
}

impl Replay {
    /// A replay in which nothing has happened yet.
    #[must_use]
    pub fn begin(target: impl Into<String>, goal: Coverage, planned: u64, steps_total: u64) -> Self {
        Self {
            target: target.into(),
            called: None,
            goal,
            planned,
            traces: 0,
            steps_total,
            steps_covered: 0,
            steps_driven: 0,
            diverged: 0,
            accepted: 0,
            unconfirmed: 0,
            unsupported: 0,
            failed: 0,
            resumed: 0,
            cut_by: None,
            not_driven: None,
            breaches: Vec::new(),
            left_out: Vec::new(),
            extent: Extent::Whole,
            reasons: Vec::new(),
            elapsed: Duration::ZERO,
        }
    }

    /// A replay that drives nothing, and why.
    #[must_use]
    pub fn of_nothing(target: impl Into<String>, goal: Coverage, why: NotDriven) -> Self {
        let mut replay = Self::begin(target, goal, 0, 0);
        replay.drives_nothing(why);
        replay
    }

    /// The status that this alone would end with.
    #[must_use]
    pub fn status(&self) -> Status {
        let found = self.diverged > 0 && (self.unconfirmed == 0 || !self.breaches.is_empty());
        let nothing_asked = self.traces == self.unsupported;
        let steps_left =
            self.steps_covered < self.steps_total && (self.accepted == 0 || self.diverged > 0 || self.unsupported > 0);
        let bounded = self.extent == Extent::Part && self.not_driven.is_none();
        // What failed has its own status: the steps that were not taken for it are no bound.
        let stopped_short = self.failed == 0 && !nothing_asked && steps_left;
        let apply = [
            (found, Status::Broken),
            (self.cut_by.is_some() || bounded || stopped_short, Status::Unfinished),
            (self.failed == 0 && nothing_asked && self.not_driven.is_none(), Status::NothingRun),
            (self.failed > 0, Status::Fault),
        ];
        let apply = apply.into_iter().filter_map(|(applies, status)| applies.then_some(status));
        Status::worst(apply.chain(self.not_driven.map(NotDriven::status)))
    }

    /// Notes that there is nothing to drive, and why.
    pub(super) fn drives_nothing(&mut self, why: NotDriven) {
        self.not_driven = Some(why);
        self.note(why.to_string());
    }

    /// A replay that was told to stop before anything was known of the target.
    #[must_use]
    pub fn stopped_before(target: &str, by: StoppedBy) -> Self {
        let mut nothing = Self::begin(target, Coverage::GivenTraces, 0, 1);
        nothing.cut_short(CutShort::Stopped(by));
        nothing
    }

    /// Notes that nothing more may be asked: by the word to stop, if it has come, or by the budget.
    pub(super) fn cut_off(&mut self, stop: Stop) {
        self.cut_short(stop.by().map_or(CutShort::Budget, CutShort::Stopped));
    }

    /// Notes what ended it early. What comes first counts.
    pub(super) fn cut_short(&mut self, by: CutShort) {
        if self.cut_by.is_none() {
            self.cut_by = Some(by);
            self.note(by.to_string());
        }
    }

    /// Looks whether it ended in traces that failed, after others had come to something: `failures_in_a_row` are those that it ended in.
    pub(super) fn ended_in_failures(&mut self, failures_in_a_row: u64) {
        if failures_in_a_row > 0 && self.traces > self.resumed + self.failed {
            self.cut_short(CutShort::Faults);
        }
    }

    /// Notes which part of all traces it set out to drive.
    pub(super) fn is_part(&mut self, shard: Shard, of: usize) {
        if shard != Shard::WHOLE {
            self.note(format!("part {shard} of {of} traces"));
        }
        if self.planned == 0 && of > 0 {
            self.drives_nothing(NotDriven::EmptyPart { part: shard, of: of as u64 });
        }
    }

    /// Notes what in a journal counts for nothing.
    pub(super) fn begin_journal(&mut self, journal: Option<&Journal>) {
        journal.and_then(Journal::outdated).into_iter().for_each(|outdated| self.note(outdated));
    }

    /// Notes a divergence that says nothing of the target's rules, since it was never seen again.
    fn was_seen_once(&mut self, rule: Rule, Again { of, .. }: Again) {
        self.unconfirmed += 1;
        self.note(format!("seen once, and not again in {of} runs: other than `{}`", rule.sentence));
    }

    /// Notes a reason, once.
    pub fn note(&mut self, reason: String) {
        if !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
    }

    /// Steps a second; none where no time was measured.
    #[must_use]
    pub fn steps_per_second(&self) -> Option<f64> {
        let seconds = self.elapsed.as_secs_f64();
        (seconds > 0.0).then(|| self.steps_driven as f64 / seconds)
    }
}

/// That a rule is not kept, and why that is accepted.
pub(super) fn accepted_otherwise(rule: &Rule, reason: &str) -> String {
    format!("accepted: other than `{}`: {reason}", rule.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replay(change: impl FnOnce(&mut Replay)) -> Status {
        let mut replay = Replay::begin("reference", Coverage::GivenTraces, 2, 10);
        (replay.traces, replay.steps_covered) = (2, 10);
        change(&mut replay);
        replay.status()
    }

    #[test]
    fn a_replay_in_which_nothing_could_be_asked_is_no_pass() {
        assert_eq!(replay(|_| {}), Status::Holds);
        assert_eq!(replay(|replay| replay.unsupported = 2), Status::NothingRun);
        assert_eq!(replay(|replay| replay.traces = 0), Status::NothingRun);
        assert_eq!(replay(|replay| replay.failed = 1), Status::Fault);
        assert_eq!(replay(|replay| (replay.failed, replay.diverged) = (1, 1)), Status::Broken);
        assert_eq!(replay(|replay| replay.extent = Extent::Part), Status::Unfinished);
        let once = |replay: &mut Replay| (replay.diverged, replay.unconfirmed, replay.steps_covered) = (1, 1, 9);
        assert_eq!(replay(once), Status::Unfinished);
        assert_eq!(replay(|replay| replay.steps_covered = 9), Status::Unfinished);
        let accepted = |replay: &mut Replay| (replay.accepted, replay.steps_covered) = (1, 9);
        assert_eq!(replay(accepted), Status::Holds);
        assert_eq!(replay(|replay| (accepted(replay), replay.unsupported = 1).0), Status::Unfinished);
        let nothing = |replay: &mut Replay| (replay.traces, replay.planned, replay.steps_total) = (0, 0, 0);
        let part = |replay: &mut Replay| {
            nothing(replay);
            replay.steps_covered = 0;
            replay.is_part("2/2".parse().expect("it is a part"), 1);
        };
        assert_eq!((replay(nothing), replay(part)), (Status::NothingRun, Status::NothingRun));
        assert_eq!(replay(|replay| replay.cut_off(Stop::NEVER)), Status::Unfinished);
        assert_eq!(replay(|replay| (replay.failed = 1, replay.cut_off(Stop::NEVER)).1), Status::Unfinished);
        let died = |failed, in_a_row| {
            replay(|replay| {
                replay.failed = failed;
                replay.ended_in_failures(in_a_row);
            })
        };
        assert_eq!((died(2, 2), died(1, 1), died(1, 0)), (Status::Fault, Status::Unfinished, Status::Fault));
    }

    #[test]
    fn a_replay_that_drove_nothing_never_holds_and_says_what_to_do() {
        let part = "2/2".parse().expect("it is a part");
        let too_many = NotDriven::TooManySteps { steps: 9_000_000, most: 8_000_000 };
        for (why, status, way_out) in [
            (too_many, Status::Unfinished, "ask for less with --scope"),
            (NotDriven::NotExplored, Status::Unfinished, "allow more with --memory"),
            (NotDriven::NoStep, Status::NothingRun, "allow more with --depth"),
            (NotDriven::NoRace, Status::NothingRun, "ask for a larger --scope"),
            (NotDriven::NoTrace, Status::NothingRun, "give files"),
            (NotDriven::EmptyPart { part, of: 1 }, Status::NothingRun, "ask for fewer parts"),
        ] {
            let replay = Replay::of_nothing("it", Coverage::EveryStep, why);
            assert_eq!(replay.status(), status, "{why:?}");
            assert!(replay.reasons[0].contains(way_out), "{:?}", replay.reasons);
        }
    }
}
