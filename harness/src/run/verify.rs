//! The whole pipeline: check, cover, replay.

use authloom_model::Spec;

use super::{
    Coverage, Extent, Given, How, NotDriven, OpenFor, Outcome, Plan, Replay, Replayed, Stage, Watch, races, replay,
    replay_traces,
};
use crate::explore::{self, Completeness, CutReason, Limits};
use crate::servers::askable::Askable;
use crate::servers::{Abilities, Lens, left_out};

/// Checks a spec, and leads each target through its graph. A graph that was cut off is not replayed: what it lacks would look covered.
pub fn verify(spec: &Spec, limits: Limits, plans: &[Plan<'_>], watch: &mut dyn Watch) -> Outcome {
    let (checked, graph) = super::explore(spec, limits, watch);
    let replays = match (checked.completeness, graph) {
        (Completeness::Complete | Completeness::Bounded { .. }, Some(graph)) => {
            plans.iter().map(|plan| replay(spec, &graph, plan, watch)).collect()
        }
        (cut @ Completeness::Cut { .. }, _) | (cut, None) => {
            plans.iter().map(|plan| not_explored(plan.target, cut)).collect()
        }
    };
    Outcome { checked, replays: Some(replays) }
}

/// Leads a target through a step of every kind that it can be asked. A graph that was cut off is not replayed, and one that was bounded is
/// not all there is.
pub fn verify_live(
    spec: &Spec,
    (abilities, lens): (Abilities, Lens),
    limits: Limits,
    plan: &Plan<'_>,
    watch: &mut dyn Watch,
) -> Replay {
    let mut tell = |progress| watch.saw(&Stage::Exploring(progress));
    let (explored, graph) = explore::explore(&Askable { spec, abilities }, &[], limits, &mut tell);
    let mut replayed = match (explored.completeness, graph) {
        (Completeness::Complete, Some(graph)) => replay(spec, &graph, plan, watch),
        (Completeness::Bounded { .. }, Some(graph)) => {
            Replay { extent: Extent::Part, ..replay(spec, &graph, plan, watch) }
        }
        (cut @ Completeness::Cut { .. }, _) | (cut, None) => not_explored(plan.target, cut),
    };
    replayed.left_out = left_out(abilities, lens);
    replayed
}

/// A replay of nothing, since what there is to replay was not explored to its end.
fn not_explored(target: &str, completeness: Completeness) -> Replay {
    if let Completeness::Cut { reason: CutReason::Stopped { by }, explored, .. } = completeness {
        let mut nothing = Replay::stopped_before(target, by);
        nothing.note(format!("not replayed: {explored} worlds were explored until then"));
        return nothing;
    }
    Replay::of_nothing(target, Coverage::GivenTraces, NotDriven::NotExplored)
}

/// Lets every pair of requests go at once whose order matters, on a target, so often as is said.
pub fn verify_races(
    spec: &Spec,
    (abilities, lens): (Abilities, Lens),
    limits: Limits,
    (target, open): (&str, &OpenFor<'_>),
    how: How<'_>,
    watch: &mut dyn Watch,
) -> (Replay, Vec<Replayed>) {
    let askable = Askable { spec, abilities };
    let mut tell = |progress| watch.saw(&Stage::Exploring(progress));
    let (explored, graph) = explore::explore(&askable, &[], limits, &mut tell);
    let graph = graph.filter(|_| !matches!(explored.completeness, Completeness::Cut { .. }));
    let Some(graph) = graph else { return (not_explored(target, explored.completeness), Vec::new()) };
    let given: Vec<Given> = races(&askable, &graph)
        .into_iter()
        .map(|trace| Given { file: trace.header.shows.clone().into(), spec: spec.clone(), trace })
        .collect();
    let goal = Coverage::Races { times: how.times };
    let (mut replay, replayed) = if given.is_empty() {
        (Replay::of_nothing(target, goal, NotDriven::NoRace), Vec::new())
    } else {
        replay_traces(target, &given, open, how, watch)
    };
    replay.goal = goal;
    replay.left_out = left_out(abilities, lens);
    if explored.completeness != Completeness::Complete {
        replay.extent = Extent::Part;
    }
    (replay, replayed)
}
