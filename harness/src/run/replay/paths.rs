//! Replays paths through a graph on a target, and counts what they cover.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;

use authloom_model::rules::Rule;
use authloom_model::{Action, Spec};

use super::breach::seen_again;
use super::crew::{Crew, Next, Open};
use super::pasts::with_a_past;
use super::{Breach, Coverage, CutShort, How, NotDriven, Replay, Stage, Watch, accepted_otherwise, journal};
use crate::cover::{KindOptions, Path, StepOptions, best_first, every_kind, every_step};
use crate::drive::{self, Divergence, Driven, Verdict};
use crate::explore::Graph;
use crate::servers::{Fault, Target};
use crate::trace::Release;

/// Breaches of different rules after which a replay stops: whoever repairs these will run it again.
pub const MOST_BREACHES: usize = 5;
/// Traces in a row that fail for reasons of our own, after which a replay stops.
const MOST_FAILURES: u64 = 3;
/// Steps of a graph that is still toured, unless told otherwise. Beyond, the tours alone are gigabytes, and replaying them takes the better part of an hour.
pub const MOST_TOURED: u32 = 8_000_000;

/// What of a graph a target is led through.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Suite {
    /// Every step.
    EveryStep,
    /// A step of every kind.
    EveryKind,
}

/// A target, and what to lead it through.
pub struct Plan<'p> {
    /// The target's name.
    pub target: &'p str,
    /// What of the graph it is led through.
    pub suite: Suite,
    /// How to make one.
    pub open: &'p Open<'p>,
    /// How many are driven at once.
    pub workers: NonZeroUsize,
    /// How they are asked.
    pub how: How<'p>,
}

impl std::fmt::Debug for Plan<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Plan").field("target", &self.target).field("suite", &self.suite).finish_non_exhaustive()
    }
}

/// Leads a target through a graph, and shortens where it diverges.
pub fn replay(spec: &Spec, graph: &Graph, plan: &Plan<'_>, watch: &mut dyn Watch) -> Replay {
    let (steps, most) = (graph.steps(), plan.how.most_toured);
    let nothing = |why| Replay {
        steps_total: steps.into(),
        ..Replay::of_nothing(plan.target, goal(plan.suite, graph, 0..steps), why)
    };
    if steps == 0 {
        return nothing(NotDriven::NoStep);
    }
    if steps > most {
        return nothing(NotDriven::TooManySteps { steps, most });
    }
    watch.saw(&Stage::Covering { steps: steps.into() });
    let all = match plan.suite {
        Suite::EveryStep => every_step(graph, StepOptions { stop: plan.how.stop, ..StepOptions::default() }).tours,
        Suite::EveryKind => {
            let kinds = best_first(graph, every_kind(graph, KindOptions::default()).traces);
            kinds.into_iter().chain(with_a_past(spec, graph)).collect()
        }
    };
    if let Some(by) = plan.how.stop.by() {
        let goal = goal(plan.suite, graph, 0..graph.steps());
        let mut replay = Replay::begin(plan.target, goal, 0, graph.steps().into());
        replay.cut_short(CutShort::Stopped(by));
        return replay;
    }
    let of = all.len();
    let paths: Vec<Path> = all.into_iter().filter(|path| plan.how.shard.has(way(graph, path))).collect();
    let began = watch.elapsed();
    let (before, paths): (Vec<Path>, Vec<Path>) = paths.into_iter().partition(|path| {
        plan.how.journal.is_some_and(|journal| journal.has(journal::key(plan.target, spec, 1, alone(graph, path))))
    });
    let mut run = Run::begin(spec, graph, &paths, &before, plan, watch);
    run.replay.is_part(plan.how.shard, of);
    run.replay.begin_journal(plan.how.journal);
    let crew = Crew { spec, graph, paths: &paths, open: plan.open, workers: plan.workers };
    if let Err(fault) = crew.drive(|number, driven| run.take(number, driven)) {
        if fault.is_cut_off() {
            run.replay.cut_off(plan.how.stop);
        } else {
            run.replay.failed += 1;
            run.replay.note(fault.to_string());
        }
    }
    run.finish(plan.open, began)
}

/// The actions along a path.
pub(in crate::run) fn way<'g>(graph: &'g Graph, path: &'g [u32]) -> impl Iterator<Item = Action> + 'g {
    path.iter().map(|step| action(graph.edge(*step).code))
}

/// The steps along a path, each let go alone.
fn alone<'g>(graph: &'g Graph, path: &'g [u32]) -> impl Iterator<Item = (Action, Release)> + 'g {
    way(graph, path).map(|action| (action, Release::Alone))
}

fn action(code: u8) -> Action {
    Action::of_code(code).expect("only codes of actions are remembered")
}

/// What it means to take these steps.
fn goal(suite: Suite, graph: &Graph, steps: impl Iterator<Item = u32>) -> Coverage {
    match suite {
        Suite::EveryStep => Coverage::EveryStep,
        Suite::EveryKind => {
            let kinds: BTreeSet<u16> = steps.map(|step| graph.edge(step).kind).collect();
            Coverage::EveryKind { kinds: kinds.len() as u64 }
        }
    }
}

/// A divergence, and the path it was found on up to and with the step that diverges.
struct Found<'p> {
    divergence: Divergence,
    path: &'p [u32],
}

struct Run<'r> {
    spec: &'r Spec,
    graph: &'r Graph,
    paths: &'r [Path],
    watch: &'r mut dyn Watch,
    replay: Replay,
    covered: Vec<bool>,
    found: Vec<Found<'r>>,
    /// The paths on which the target did something else, by their numbers, each with the rule.
    diverging: Vec<(usize, Rule)>,
    /// Steps that there are to drive.
    to_drive: u64,
    failures_in_a_row: u64,
    how: How<'r>,
}

impl<'r> Run<'r> {
    /// `before` are paths that conformed in an earlier run.
    fn begin(
        spec: &'r Spec,
        graph: &'r Graph,
        paths: &'r [Path],
        before: &[Path],
        plan: &Plan<'r>,
        watch: &'r mut dyn Watch,
    ) -> Self {
        let mut covered = vec![false; graph.steps() as usize];
        for &step in before.iter().flatten() {
            covered[step as usize] = true;
        }
        let mut wanted = covered.clone();
        for &step in paths.iter().flatten() {
            wanted[step as usize] = true;
        }
        let steps_total = wanted.iter().filter(|wanted| **wanted).count() as u64;
        let goal = goal(plan.suite, graph, before.iter().chain(paths).flatten().copied());
        let planned = (paths.len() + before.len()) as u64;
        let mut replay = Replay::begin(plan.target, goal, planned, steps_total);
        replay.resumed = before.len() as u64;
        replay.traces = replay.resumed;
        Self {
            spec,
            graph,
            paths,
            watch,
            replay,
            covered,
            found: Vec::new(),
            diverging: Vec::new(),
            to_drive: paths.iter().map(|path| path.len() as u64).sum(),
            failures_in_a_row: 0,
            how: plan.how,
        }
    }

    fn take(&mut self, number: usize, driven: Driven) -> Next {
        let path: &'r [u32] = &self.paths[number];
        if driven.verdict == Verdict::CutOff {
            // What others have done meanwhile is taken all the same.
            self.replay.cut_off(self.how.stop);
            return Next::GoOn;
        }
        self.replay.traces += 1;
        self.replay.steps_driven += driven.steps as u64;
        for &step in &path[..driven.steps] {
            self.covered[step as usize] = true;
        }
        let (target, done, total) = (self.replay.target.clone(), self.replay.steps_driven, self.to_drive);
        self.watch.saw(&Stage::Replaying { target, done, total });
        let failed_before = std::mem::take(&mut self.failures_in_a_row);
        match driven.verdict {
            Verdict::Conforms => {
                if let Some(journal) = self.how.journal {
                    journal.note(journal::key(&self.replay.target, self.spec, 1, alone(self.graph, path)));
                }
                Next::GoOn
            }
            Verdict::CutOff => Next::GoOn,
            Verdict::Diverges(divergence) => self.diverges(*divergence, number, &path[..=driven.steps]),
            Verdict::Unsupported(why) => {
                self.replay.unsupported += 1;
                why.0.into_iter().for_each(|reason| self.replay.note(reason));
                // What cannot be asked is the policy, and that is the same for every path.
                Next::Stop
            }
            Verdict::Failed(fault) => {
                self.replay.failed += 1;
                self.replay.note(fault.to_string());
                self.failures_in_a_row = failed_before + 1;
                if self.failures_in_a_row < MOST_FAILURES { Next::GoOn } else { Next::Stop }
            }
        }
    }

    fn diverges(&mut self, divergence: Divergence, number: usize, path: &'r [u32]) -> Next {
        if let Some((rule, reason)) = self.how.accepted.iter().find(|(rule, _)| *rule == divergence.rule) {
            self.replay.accepted += 1;
            self.replay.note(accepted_otherwise(rule, reason));
            return Next::GoOn;
        }
        self.replay.diverged += 1;
        self.diverging.push((number, divergence.rule));
        if self.found.iter().all(|found| found.divergence.rule != divergence.rule) {
            self.watch.found(&self.replay.target, &divergence.trace);
            self.found.push(Found { divergence, path });
        }
        if self.found.len() < MOST_BREACHES { Next::GoOn } else { Next::Stop }
    }

    fn finish(mut self, open: &Open<'_>, began: std::time::Duration) -> Replay {
        self.replay.elapsed = self.watch.elapsed().saturating_sub(began);
        let found = std::mem::take(&mut self.found);
        let target = if found.is_empty() { None } else { Some(open()) };
        match target {
            None => {}
            Some(Ok(mut target)) => found.into_iter().for_each(|found| self.conclude(&mut *target, found)),
            Some(Err(Fault(why))) => {
                self.replay.note(format!("not shortened: {why}"));
                self.replay.breaches = found.into_iter().map(|found| found.divergence.into()).collect();
            }
        }
        self.replay.steps_covered = self.covered.iter().filter(|covered| **covered).count() as u64;
        self.replay.ended_in_failures(self.failures_in_a_row);
        self.replay
    }

    /// Shortens a divergence and looks whether it is there again. One that never is says nothing of the target's rules.
    fn conclude(&mut self, target: &mut dyn Target, found: Found<'_>) {
        let rule = found.divergence.rule;
        let mut breach = self.shortened(target, found);
        let again = seen_again(target, self.spec, (&breach.trace, rule), self.how.confirmations);
        if again.never() {
            self.replay.was_seen_once(rule, again);
            return self.drive_again(target, rule);
        }
        breach.again = again;
        self.replay.breaches.push(breach);
    }

    /// Leads the target once more along the paths on which it did otherwise than a rule that it seems to keep.
    fn drive_again(&mut self, target: &mut dyn Target, rule: Rule) {
        let paths: Vec<usize> =
            self.diverging.iter().filter(|(_, broken)| *broken == rule).map(|(number, _)| *number).collect();
        for number in paths {
            let path = &self.paths[number];
            if drive::drive(target, self.spec, way(self.graph, path)).verdict == Verdict::Conforms {
                self.replay.diverged -= 1;
                path.iter().for_each(|step| self.covered[*step as usize] = true);
            }
        }
    }

    /// The same breach on as few steps as can be had: first along a shortest path to its step, then by leaving out.
    fn shortened(&mut self, target: &mut dyn Target, found: Found<'_>) -> Breach {
        self.watch.saw(&Stage::Shortening { steps: found.path.len() });
        let shortest = self.shortest(found.path);
        let again = match drive::drive(target, self.spec, shortest).verdict {
            Verdict::Diverges(again) if is_as_good(&again, &found.divergence) => *again,
            Verdict::Diverges(_)
            | Verdict::Conforms
            | Verdict::Unsupported(_)
            | Verdict::Failed(_)
            | Verdict::CutOff => found.divergence,
        };
        drive::shorten(target, self.spec, again).into()
    }

    /// A shortest path to the last step of a path, and that step.
    fn shortest(&self, path: &[u32]) -> Vec<Action> {
        let (last, before) = path.split_last().expect("a path that diverges has a step");
        let from = before.last().map_or(0, |step| self.graph.edge(*step).target);
        let codes = self.graph.path_to(from).into_iter().chain([self.graph.edge(*last).code]);
        codes.map(action).collect()
    }
}

fn is_as_good(again: &Divergence, found: &Divergence) -> bool {
    let rule: Rule = found.rule;
    again.rule == rule && again.trace.steps.len() <= found.trace.steps.len()
}
