//! An outcome: what was explored, what is known of each property, what came of the replays, and what would mend the policy.

use authloom_model::Scope;
use serde::Serialize;
use serde_json::{Value, json};

use super::Replayed;
use crate::explore::Completeness;
use crate::report::acceptance::Accepted;
use crate::report::lived::lived;
use crate::report::text;
use crate::run::{Checked, Engine, Finding, Mended, Mending, Outcome, Premise, Tried, Verdict, trace_of};
use crate::trace;

/// What came of a check, and of what was driven after it.
#[derive(Serialize)]
pub(in crate::report) struct Object<'o> {
    /// The exit status that this comes to.
    status: u8,
    /// The whole in a sentence.
    summary: String,
    policy: &'o str,
    scope: Scope,
    /// What explored.
    engine: Engine,
    /// How long a message may be on its way, or `any`.
    flight: String,
    /// Null where time is exact.
    tick_seconds: Option<u32>,
    /// Distinct worlds.
    worlds: u64,
    /// Worlds, each with a zone of its clocks; null where time is counted in ticks.
    states: Option<u64>,
    /// Properties of which it is not known whether they hold.
    unsettled: usize,
    /// Null where the engine does not count them.
    steps: Option<u64>,
    /// Null where the engine does not count it.
    depth: Option<u32>,
    completeness: &'static str,
    /// What ended the run early.
    #[serde(skip_serializing_if = "Option::is_none")]
    cut_by: Option<&'static str>,
    /// How much of everything that is, in a sentence.
    extent: String,
    collision_probability: f64,
    properties: Vec<Property<'o>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mending: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replays: Option<Vec<Replayed<'o>>>,
}

#[derive(Serialize)]
struct Property<'o> {
    name: &'static str,
    kind: &'static str,
    sentence: &'static str,
    source: &'static str,
    /// The ids of the rules that it is about.
    rules: Vec<&'static str>,
    verdict: &'static str,
    premise: &'static str,
    /// The property that says that what the promise is about never happens.
    #[serde(skip_serializing_if = "Option::is_none")]
    premise_property: Option<&'static str>,
    trace_length: Option<usize>,
    /// What a person lives through.
    #[serde(skip_serializing_if = "Option::is_none")]
    lived: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<Value>,
    /// That the policy's file says it is known not to be kept, where it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    accepted: Option<Accepted<'o>>,
}

impl<'o> Object<'o> {
    pub(in crate::report) fn new(outcome: &'o Outcome, mending: Option<&Mending>) -> Self {
        let Checked { spec, engine, worlds, states, steps, depth, completeness, collision_probability, findings } =
            &outcome.checked;
        Self {
            status: outcome.status() as u8,
            summary: text::sentence(outcome),
            policy: &spec.policy.name,
            scope: spec.scope,
            engine: *engine,
            flight: spec.scope.flight.to_string(),
            tick_seconds: spec.tick().map(|tick| tick.0),
            worlds: *worlds,
            states: *states,
            unsettled: findings.iter().filter(|finding| finding.verdict == Verdict::Unknown).count(),
            steps: *steps,
            depth: *depth,
            completeness: match (completeness, outcome.cut_by()) {
                (Completeness::Cut { .. }, _) | (_, Some(_)) => "cut",
                (Completeness::Bounded { .. }, None) => "bounded",
                (Completeness::Complete, None) => "complete",
            },
            cut_by: outcome.cut_by(),
            extent: text::extent(&outcome.checked),
            collision_probability: *collision_probability,
            properties: findings.iter().map(|finding| property(&outcome.checked, finding)).collect(),
            mending: mending.map(mended),
            replays: outcome.replays.as_ref().map(|replays| replays.iter().map(Replayed::from).collect()),
        }
    }
}

fn property<'o>(checked: &'o Checked, finding: &'o Finding) -> Property<'o> {
    let Finding { property, verdict, premise, acceptance, .. } = finding;
    let trace = trace_of(checked, finding);
    let (premise, premise_property) = premise_in_words(*premise);
    Property {
        name: property.name,
        kind: property.kind.name(),
        sentence: property.sentence,
        source: property.source,
        rules: property.rules.iter().map(|rule| rule.id).collect(),
        // A promise about what never happens holds over nothing: that is no pass.
        verdict: match verdict {
            Verdict::Holds if premise_property.is_some() => "not_tested",
            Verdict::Holds => "holds",
            Verdict::Violated => "violated",
            Verdict::Reached => "reached",
            Verdict::NotReached => "not_reached",
            Verdict::Unknown => "unknown",
        },
        premise,
        premise_property,
        trace_length: trace.as_ref().map(|trace| trace.steps.len()),
        lived: lived(property).filter(|_| *verdict == Verdict::Violated),
        trace: trace.map(|trace| json!(trace::json::form(&trace))),
        accepted: acceptance.as_ref().map(Accepted::from),
    }
}

fn premise_in_words(premise: Premise) -> (&'static str, Option<&'static str>) {
    match premise {
        Premise::Tested => ("tested", None),
        Premise::NeverHappens(name) => ("never_happens", Some(name)),
        Premise::Unknown => ("unknown", None),
    }
}

/// What would mend a policy: the settings that mend something, and those that were not tried.
fn mended(mending: &Mending) -> Value {
    let names = |properties: &[&'static authloom_model::Property]| -> Vec<&str> {
        properties.iter().map(|property| property.name).collect()
    };
    let one = |Mended { property, premise }: &Mended| {
        let (premise, _) = premise_in_words(*premise);
        json!({ "promise": property.name, "premise": premise })
    };
    let (mut settings, mut not_tried) = (Vec::new(), Vec::new());
    for setting in &mending.settings {
        match &setting.trial {
            Tried::Explored { mends, .. } if mends.is_empty() => {}
            Tried::Explored { mends, breaks, untests } => settings.push(json!({
                "change": setting.change,
                "mends": mends.iter().map(one).collect::<Vec<_>>(),
                "breaks": names(breaks),
                "no_longer_tested": names(untests),
            })),
            Tried::TooLarge => not_tried.push(json!({ "change": setting.change, "why": "too_large" })),
            Tried::NotTried => not_tried.push(json!({ "change": setting.change, "why": "budget" })),
        }
    }
    json!({ "tried": mending.tried(), "of": mending.settings.len(), "settings": settings, "not_tried": not_tried })
}
