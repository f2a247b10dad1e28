//! What came of driving a target.

use serde::Serialize;
use serde_json::{Value, json};

use crate::run::{Again, Breach, Coverage, CutShort, Extent, NotDriven, Replay};
use crate::trace;

/// What came of a replay.
#[derive(Serialize)]
pub(in crate::report) struct Replayed<'o> {
    /// The exit status that this alone comes to.
    status: u8,
    target: &'o str,
    /// What it set out to do.
    goal: &'static str,
    /// Kinds of steps, where it set out to take each.
    #[serde(skip_serializing_if = "Option::is_none")]
    kinds: Option<u64>,
    /// Runs of each race.
    #[serde(skip_serializing_if = "Option::is_none")]
    times: Option<u32>,
    /// Whether what it set out to do is all there is.
    extent: &'static str,
    planned: u64,
    traces: u64,
    steps_total: u64,
    steps_covered: u64,
    steps_driven: u64,
    diverged: u64,
    accepted: u64,
    unconfirmed: u64,
    resumed: u64,
    cut_off: bool,
    /// What ended it early.
    #[serde(skip_serializing_if = "Option::is_none")]
    cut_by: Option<&'static str>,
    unsupported: u64,
    failed: u64,
    /// What the target was not asked, or what was not compared.
    left_out: &'o [String],
    /// Why nothing was driven, where that was known before anything was; null else.
    not_driven: Option<NotDriven>,
    /// Why traces were unsupported or failed, or why nothing was driven, in sentences.
    reasons: &'o [String],
    divergences: Vec<Divergence<'o>>,
    elapsed_ms: u128,
}

/// Where a target and the model part ways.
#[derive(Serialize)]
pub(in crate::report) struct Divergence<'o> {
    rule: Value,
    expected: &'o str,
    seen: &'o str,
    /// The tokens that the model ends at this step.
    dies: Vec<String>,
    /// How often it was seen when it was looked for again; null where it was not.
    again: Option<Value>,
    trace: Value,
    /// The HTTP exchanges that led there, without any secret.
    exchanges: &'o [String],
    /// The file that the trace was saved as; null where it was not.
    saved: Option<String>,
}

impl<'o> From<&'o Replay> for Replayed<'o> {
    fn from(replay: &'o Replay) -> Self {
        let (goal, kinds, times) = match replay.goal {
            Coverage::EveryStep => ("every_step", None, None),
            Coverage::EveryKind { kinds } => ("every_kind", Some(kinds), None),
            Coverage::GivenTraces => ("given_traces", None, None),
            Coverage::Races { times } => ("races", None, Some(times)),
        };
        Self {
            status: replay.status() as u8,
            target: &replay.target,
            goal,
            kinds,
            times,
            extent: match replay.extent {
                Extent::Whole => "whole",
                Extent::Part => "part",
            },
            planned: replay.planned,
            traces: replay.traces,
            steps_total: replay.steps_total,
            steps_covered: replay.steps_covered,
            steps_driven: replay.steps_driven,
            diverged: replay.diverged,
            accepted: replay.accepted,
            unconfirmed: replay.unconfirmed,
            resumed: replay.resumed,
            cut_off: replay.cut_by.is_some(),
            cut_by: replay.cut_by.map(CutShort::name),
            unsupported: replay.unsupported,
            failed: replay.failed,
            left_out: &replay.left_out,
            not_driven: replay.not_driven,
            reasons: &replay.reasons,
            divergences: replay.breaches.iter().map(Divergence::from).collect(),
            elapsed_ms: replay.elapsed.as_millis(),
        }
    }
}

impl<'o> From<&'o Breach> for Divergence<'o> {
    fn from(breach: &'o Breach) -> Self {
        let Again { times, of } = breach.again;
        Self {
            rule: json!({ "id": breach.rule.id, "sentence": breach.rule.sentence, "source": breach.rule.source }),
            expected: &breach.expected,
            seen: &breach.seen,
            dies: breach.trace.taken_away_last().iter().map(ToString::to_string).collect(),
            again: (of > 0).then(|| json!({ "times": times, "of": of })),
            trace: json!(trace::json::form(&breach.trace)),
            exchanges: &breach.evidence,
            saved: breach.saved.as_ref().map(|path| path.display().to_string()),
        }
    }
}
