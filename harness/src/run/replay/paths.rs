//! Replays ways through what was explored on a target, and counts what they cover.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;

use authloom_model::rules::Rule;
use authloom_model::{Action, Spec};

use super::breach::seen_again;
use super::crew::{Crew, Next, Open};
use super::pasts::with_a_past;
use super::{Breach, Coverage, CutShort, How, NotDriven, Replay, Stage, Watch, accepted_otherwise, journal};
use crate::drive::{self, Divergence, Driven, Verdict};
use crate::explore::exact::Way;
use crate::run::Space;
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

/// Leads a target through what was explored, and shortens where it diverges.
pub fn replay(spec: &Spec, space: &Space, plan: &Plan<'_>, watch: &mut dyn Watch) -> Replay {
    let (steps, most) = (space.steps(), plan.how.most_toured);
    let suite = match space {
        Space::Ticks(_) => plan.suite,
        // Nobody can take every step of exact time: it has a step for every reading of its clocks.
        Space::Exact(_) => Suite::EveryKind,
    };
    let nothing = |why| Replay {
        steps_total: steps.into(),
        ..Replay::of_nothing(plan.target, goal(suite, space, 0..steps), why)
    };
    if steps == 0 {
        return nothing(NotDriven::NoStep);
    }
    if steps > most {
        return nothing(NotDriven::TooManySteps { steps, most });
    }
    watch.saw(&Stage::Covering { steps: steps.into() });
    let (mut all, without_schedule) = space.suite(spec, suite, plan.how);
    if suite == Suite::EveryKind {
        all.extend(with_a_past(spec, space));
    }
    if let Some(by) = plan.how.stop.by() {
        let mut replay = Replay::begin(plan.target, goal(suite, space, 0..steps), 0, steps.into());
        replay.cut_short(CutShort::Stopped(by));
        return replay;
    }
    let of = all.len();
    let ways: Vec<Way> = all.into_iter().filter(|way| plan.how.shard.has(way.actions.iter().copied())).collect();
    let began = watch.elapsed();
    let (before, ways): (Vec<Way>, Vec<Way>) = ways.into_iter().partition(|way| {
        plan.how.journal.is_some_and(|journal| journal.has(journal::key(plan.target, spec, 1, alone(way))))
    });
    let mut run = Run::begin(spec, space, suite, &ways, &before, plan, watch);
    run.replay.is_part(plan.how.shard, of);
    run.replay.begin_journal(plan.how.journal);
    if without_schedule > 0 {
        let kinds = if without_schedule == 1 { "kind of step has" } else { "kinds of step have" };
        run.replay.note(format!("{without_schedule} {kinds} no schedule in whole seconds: not driven"));
    }
    let crew = Crew { spec, ways: &ways, open: plan.open, workers: plan.workers };
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

/// The steps along a way, each let go alone.
fn alone(way: &Way) -> impl Iterator<Item = (Action, Release)> + '_ {
    way.actions.iter().map(|action| (*action, Release::Alone))
}

/// What it means to take these steps.
fn goal(suite: Suite, space: &Space, steps: impl Iterator<Item = u32>) -> Coverage {
    match suite {
        Suite::EveryStep => Coverage::EveryStep,
        Suite::EveryKind => {
            let kinds: BTreeSet<u16> = steps.map(|step| space.kind(step)).collect();
            Coverage::EveryKind { kinds: kinds.len() as u64 }
        }
    }
}

/// A divergence, and the way it was found on up to and with the action that diverges.
struct Found {
    divergence: Divergence,
    way: Way,
}

struct Run<'r> {
    spec: &'r Spec,
    space: &'r Space,
    ways: &'r [Way],
    watch: &'r mut dyn Watch,
    replay: Replay,
    covered: Vec<bool>,
    found: Vec<Found>,
    /// The paths on which the target did something else, by their numbers, each with the rule.
    diverging: Vec<(usize, Rule)>,
    /// Steps that there are to drive.
    to_drive: u64,
    failures_in_a_row: u64,
    how: How<'r>,
}

impl<'r> Run<'r> {
    /// `before` are ways that conformed in an earlier run.
    fn begin(
        spec: &'r Spec,
        space: &'r Space,
        suite: Suite,
        ways: &'r [Way],
        before: &[Way],
        plan: &Plan<'r>,
        watch: &'r mut dyn Watch,
    ) -> Self {
        let taken = |ways: &[Way]| ways.iter().flat_map(|way| &way.takes).flatten().copied().collect::<Vec<u32>>();
        let mut covered = vec![false; space.steps() as usize];
        for step in taken(before) {
            covered[step as usize] = true;
        }
        let mut wanted = covered.clone();
        for step in taken(ways) {
            wanted[step as usize] = true;
        }
        let steps_total = wanted.iter().filter(|wanted| **wanted).count() as u64;
        let goal = goal(suite, space, taken(before).into_iter().chain(taken(ways)));
        let planned = (ways.len() + before.len()) as u64;
        let mut replay = Replay::begin(plan.target, goal, planned, steps_total);
        replay.resumed = before.len() as u64;
        replay.traces = replay.resumed;
        Self {
            spec,
            space,
            ways,
            watch,
            replay,
            covered,
            found: Vec::new(),
            diverging: Vec::new(),
            to_drive: ways.iter().map(|way| way.actions.len() as u64).sum(),
            failures_in_a_row: 0,
            how: plan.how,
        }
    }

    fn take(&mut self, number: usize, driven: Driven) -> Next {
        let way: &'r Way = &self.ways[number];
        if driven.verdict == Verdict::CutOff {
            // What others have done meanwhile is taken all the same.
            self.replay.cut_off(self.how.stop);
            return Next::GoOn;
        }
        self.replay.traces += 1;
        self.replay.steps_driven += driven.steps as u64;
        for step in way.takes[..driven.steps].iter().flatten() {
            self.covered[*step as usize] = true;
        }
        let (target, done, total) = (self.replay.target.clone(), self.replay.steps_driven, self.to_drive);
        self.watch.saw(&Stage::Replaying { target, done, total });
        let failed_before = std::mem::take(&mut self.failures_in_a_row);
        match driven.verdict {
            Verdict::Conforms => {
                if let Some(journal) = self.how.journal {
                    journal.note(journal::key(&self.replay.target, self.spec, 1, alone(way)));
                }
                Next::GoOn
            }
            Verdict::CutOff => Next::GoOn,
            Verdict::Diverges(divergence) => self.diverges(*divergence, number, driven.steps),
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

    fn diverges(&mut self, divergence: Divergence, number: usize, last: usize) -> Next {
        if let Some((rule, reason)) = self.how.accepted.iter().find(|(rule, _)| *rule == divergence.rule) {
            self.replay.accepted += 1;
            self.replay.note(accepted_otherwise(rule, reason));
            return Next::GoOn;
        }
        self.replay.diverged += 1;
        self.diverging.push((number, divergence.rule));
        if self.found.iter().all(|found| found.divergence.rule != divergence.rule) {
            self.watch.found(&self.replay.target, &divergence.trace);
            let way = &self.ways[number];
            let way = Way { actions: way.actions[..=last].to_vec(), takes: way.takes[..=last].to_vec() };
            self.found.push(Found { divergence, way });
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
    fn conclude(&mut self, target: &mut dyn Target, found: Found) {
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
        let numbers: Vec<usize> =
            self.diverging.iter().filter(|(_, broken)| *broken == rule).map(|(number, _)| *number).collect();
        for number in numbers {
            let way = &self.ways[number];
            if drive::drive(target, self.spec, way.actions.iter().copied()).verdict == Verdict::Conforms {
                self.replay.diverged -= 1;
                way.takes.iter().flatten().for_each(|step| self.covered[*step as usize] = true);
            }
        }
    }

    /// The same breach on as few steps as can be had: first along a shortest way to its step, then by leaving out.
    fn shortened(&mut self, target: &mut dyn Target, found: Found) -> Breach {
        self.watch.saw(&Stage::Shortening { steps: found.way.actions.len() });
        let again = self.space.shortest(self.spec, &found.way).map(|way| drive::drive(target, self.spec, way).verdict);
        let again = match again {
            Some(Verdict::Diverges(again)) if is_as_good(&again, &found.divergence) => *again,
            Some(
                Verdict::Diverges(_)
                | Verdict::Conforms
                | Verdict::Unsupported(_)
                | Verdict::Failed(_)
                | Verdict::CutOff,
            )
            | None => found.divergence,
        };
        drive::shorten(target, self.spec, again).into()
    }
}

fn is_as_good(again: &Divergence, found: &Divergence) -> bool {
    let rule: Rule = found.rule;
    again.rule == rule && again.trace.steps.len() <= found.trace.steps.len()
}
