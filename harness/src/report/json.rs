//! One JSON object for machines. Only `elapsed_ms` differs between two runs of the same.

use std::io::{self, Write};

use authloom_model::Scope;
use serde::Serialize;

use super::acceptance::Accepted;
use super::policy::caution;
use crate::explore::Completeness;
use crate::run::{Checked, NotDriven, Outcome, Replay, Verdict};

/// Writes an outcome as one object on one line.
///
/// # Errors
/// When `out` cannot be written to.
pub fn outcome(out: &mut dyn Write, outcome: &Outcome) -> io::Result<()> {
    write_line(out, &object(outcome))
}

/// Writes any object on one line.
///
/// # Errors
/// When `out` cannot be written to.
pub(crate) fn write_line(out: &mut dyn Write, object: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, object)?;
    writeln!(out)
}

#[derive(Serialize)]
struct Object<'o> {
    policy: &'o str,
    /// The name of the policy that this one was shrunk from, where it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    shrunk_from: Option<&'o str>,
    /// What the verdicts do not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    caution: Option<String>,
    scope: Scope,
    worlds: u64,
    /// Null where the engine does not count them.
    steps: Option<u64>,
    completeness: &'static str,
    properties: Vec<Property<'o>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replays: Option<Vec<Replayed<'o>>>,
}

#[derive(Serialize)]
struct Property<'o> {
    name: &'static str,
    kind: &'static str,
    source: &'static str,
    verdict: Verdict,
    trace_length: Option<usize>,
    /// That the policy's file says it is known not to be kept, where it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    accepted: Option<Accepted<'o>>,
}

/// What came of a replay.
#[derive(Serialize)]
pub(crate) struct Replayed<'o> {
    target: &'o str,
    traces: u64,
    steps_total: u64,
    steps_covered: u64,
    diverged: u64,
    accepted: u64,
    unconfirmed: u64,
    resumed: u64,
    cut_off: bool,
    unsupported: u64,
    failed: u64,
    /// Why nothing was driven, where that was known before anything was; null else.
    not_driven: Option<NotDriven>,
    /// Why nothing was driven, and why traces were unsupported or failed, in sentences.
    reasons: &'o [String],
    elapsed_ms: u128,
}

impl<'o> From<&'o Replay> for Replayed<'o> {
    fn from(replay: &'o Replay) -> Self {
        Self {
            target: &replay.target,
            traces: replay.traces,
            steps_total: replay.steps_total,
            steps_covered: replay.steps_covered,
            diverged: replay.diverged,
            accepted: replay.accepted,
            unconfirmed: replay.unconfirmed,
            resumed: replay.resumed,
            cut_off: replay.cut_off,
            unsupported: replay.unsupported,
            failed: replay.failed,
            not_driven: replay.not_driven,
            reasons: &replay.reasons,
            elapsed_ms: replay.elapsed.as_millis(),
        }
    }
}

fn object(outcome: &Outcome) -> Object<'_> {
    let Checked { spec, worlds, steps, completeness, findings, .. } = &outcome.checked;
    let properties = findings.iter().map(|finding| Property {
        name: finding.property.name,
        kind: finding.property.kind.name(),
        source: finding.property.source,
        verdict: finding.verdict,
        trace_length: finding.way.as_ref().map(Vec::len),
        accepted: finding.acceptance.as_ref().map(Accepted::from),
    });
    Object {
        policy: &spec.policy.name,
        shrunk_from: spec.policy.shrunk_from.as_deref(),
        caution: caution(&spec.policy),
        scope: spec.scope,
        worlds: *worlds,
        steps: *steps,
        completeness: match completeness {
            Completeness::Complete => "complete",
            Completeness::Bounded { .. } => "bounded",
            Completeness::Cut { .. } => "cut",
        },
        properties: properties.collect(),
        replays: outcome.replays.as_ref().map(|replays| replays.iter().map(Replayed::from).collect()),
    }
}
