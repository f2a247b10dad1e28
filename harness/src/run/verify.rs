//! The whole pipeline: check, cover, replay.

use authloom_model::Spec;

use super::cover::{Plan, replay};
use super::{Outcome, Watch, explore};
use crate::explore::{Completeness, Limits};

/// Checks a spec, and leads each target through its graph. A graph that was cut off is not replayed: what it lacks would look covered.
pub fn verify(spec: &Spec, limits: Limits, plans: &[Plan<'_>], watch: &mut dyn Watch) -> Outcome {
    let (checked, graph) = explore(spec, limits, watch);
    let replays = match (checked.completeness, graph) {
        (Completeness::Complete | Completeness::Bounded { .. }, Some(graph)) => {
            plans.iter().map(|plan| replay(spec, &graph, plan, watch)).collect()
        }
        (Completeness::Cut { .. }, _) | (_, None) => Vec::new(),
    };
    Outcome { checked, replays: Some(replays) }
}
