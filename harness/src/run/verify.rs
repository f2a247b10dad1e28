//! The whole pipeline: check, cover, replay.

use authloom_model::Spec;
use authloom_model::time::Time;

use super::{
    Coverage, Extent, Given, How, NotDriven, OpenFor, Outcome, Plan, Replay, Replayed, Space, Stage, Suite, Watch,
    races, replay, replay_traces,
};
use crate::explore::exact::{self, Bounds};
use crate::explore::{self, Completeness, CutReason, Limits};
use crate::servers::askable::Askable;
use crate::servers::{Abilities, Lens, left_out};

/// Checks a spec, and leads each target through its graph: where every step is to be taken, through that of its ticks. A graph that was cut
/// off is not replayed: what it lacks would look covered.
pub fn verify(spec: &Spec, limits: Limits, plans: &[Plan<'_>], watch: &mut dyn Watch) -> Outcome {
    let (checked, space) = super::explore(spec, limits, watch);
    let whole = match (checked.completeness, space) {
        (Completeness::Complete | Completeness::Bounded { .. }, Some(space)) => Ok(space),
        (cut, _) => Err(cut),
    };
    let mut replays = Vec::with_capacity(plans.len());
    for plan in plans {
        let ticks = (plan.suite == Suite::EveryStep).then(|| Spec::in_ticks(spec.policy.clone(), spec.scope).ok());
        let replayed = match (&whole, ticks.flatten()) {
            (Err(cut), _) => not_explored(plan.target, *cut),
            (Ok(_), Some(ticks)) => every_step_of(&ticks, limits, plan, watch),
            (Ok(space), None) => {
                let mut kinds = replay(spec, space, plan, watch);
                if plan.suite == Suite::EveryStep {
                    kinds.note(NO_COMMON_TICK.to_owned());
                }
                kinds
            }
        };
        replays.push(replayed);
    }
    Outcome { checked, replays: Some(replays) }
}

/// Why a target is not led through every step.
const NO_COMMON_TICK: &str =
    "kinds of step, not every step: the policy's durations have no common tick that is long enough to take every step";

/// Leads a target through every step of the graph of ticks.
fn every_step_of(spec: &Spec, limits: Limits, plan: &Plan<'_>, watch: &mut dyn Watch) -> Replay {
    let mut tell = |progress| watch.saw(&Stage::Exploring(progress));
    let (explored, graph) = explore::explore(spec, &[], limits, &mut tell);
    match (explored.completeness, graph) {
        (Completeness::Complete, Some(graph)) => replay(spec, &Space::Ticks(Box::new(graph)), plan, watch),
        (Completeness::Bounded { .. }, Some(graph)) => {
            Replay { extent: Extent::Part, ..replay(spec, &Space::Ticks(Box::new(graph)), plan, watch) }
        }
        (cut, _) => not_explored(plan.target, cut),
    }
}

/// Explores what a target can be asked.
fn askable_space(askable: &Askable<'_>, limits: Limits, watch: &mut dyn Watch) -> (Completeness, Option<Space>) {
    let mut tell = |progress| watch.saw(&Stage::Exploring(progress));
    match askable.spec.time {
        Time::Ticks(_) => {
            let (explored, graph) = explore::explore(askable, &[], limits, &mut tell);
            (explored.completeness, graph.map(|graph| Space::Ticks(Box::new(graph))))
        }
        Time::Exact(_) => {
            let found = exact::explore(askable, askable.spec, &[], limits, Bounds::default(), &mut tell);
            (found.explored.completeness, found.ways.map(|ways| Space::Exact(Box::new(ways))))
        }
    }
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
    let (completeness, space) = askable_space(&Askable { spec, abilities }, limits, watch);
    let mut replayed = match (completeness, space) {
        (Completeness::Complete, Some(space)) => replay(spec, &space, plan, watch),
        (Completeness::Bounded { .. }, Some(space)) => {
            Replay { extent: Extent::Part, ..replay(spec, &space, plan, watch) }
        }
        (cut, _) => not_explored(plan.target, cut),
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
    let (completeness, space) = askable_space(&askable, limits, watch);
    let space = space.filter(|_| !matches!(completeness, Completeness::Cut { .. }));
    let Some(space) = space else { return (not_explored(target, completeness), Vec::new()) };
    let given: Vec<Given> = races(&askable, &space)
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
    if completeness != Completeness::Complete {
        replay.extent = Extent::Part;
    }
    (replay, replayed)
}
