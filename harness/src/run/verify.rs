//! The whole pipeline: check, cover, replay.

use authloom_model::Spec;

use super::cover::{Plan, replay};
use super::{Asked, Goal, Outcome, Replay, Stage, Watch};
use crate::explore::{self, Completeness, Limits};
use crate::target::Abilities;

/// Checks a spec, and leads each target through its graph. A graph that was cut off is not replayed: what it lacks would look covered.
pub fn verify(spec: &Spec, limits: Limits, plans: &[Plan<'_>], watch: &mut dyn Watch) -> Outcome {
    let (checked, graph) = super::explore(spec, limits, watch);
    let replays = match (checked.completeness, graph) {
        (Completeness::Complete | Completeness::Bounded { .. }, Some(graph)) => {
            plans.iter().map(|plan| replay(spec, &graph, plan, watch)).collect()
        }
        (Completeness::Cut { .. }, _) | (_, None) => Vec::new(),
    };
    Outcome { checked, replays: Some(replays) }
}

/// Leads a target through a step of every kind that it can be asked.
pub fn verify_live(
    spec: &Spec,
    abilities: Abilities,
    limits: Limits,
    plan: &Plan<'_>,
    watch: &mut dyn Watch,
) -> Replay {
    let mut tell = |progress| watch.saw(&Stage::Exploring(progress));
    let (_, graph) = explore::explore(&Asked { spec, abilities }, &[], limits, &mut tell);
    match graph {
        Some(graph) => replay(spec, &graph, plan, watch),
        None => Replay::begin(plan.target, Goal::GivenTraces, 0, 1),
    }
}
