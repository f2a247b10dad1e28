//! Replays given traces on a target.

use std::collections::BTreeMap;
use std::path::PathBuf;

use authloom_model::rules::Rule;
use authloom_model::{Action, Spec};
use itertools::Itertools as _;
use serde::Serialize;

use super::breach::seen_again;
use super::{
    Again, Breach, Coverage, How, MOST_BREACHES, NotDriven, Replay, Stage, Watch, accepted_otherwise, journal,
};
use crate::drive::{self, Divergence, Driven, Raced, Verdict};
use crate::servers::askable::Askable;
use crate::servers::{Abilities, Fault, Support, Target, Unsupported};
use crate::trace::{Trace, Walker, words};

/// Makes a target that obeys the policy of a spec.
pub type OpenFor<'o> = dyn Fn(&Spec) -> Result<Box<dyn Target>, Fault> + 'o;

/// What came of one trace.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TraceVerdict {
    /// Everything that had to be seen was seen, and nothing else.
    Conforms,
    /// It was so in an earlier run.
    Before,
    /// The target did something else.
    Diverges,
    /// The target did something else that is accepted.
    Accepted,
    /// The target cannot be asked this.
    Unsupported,
    /// We failed to ask.
    Failed,
}

/// A trace that was replayed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Replayed {
    /// Its file.
    pub file: PathBuf,
    /// Its steps.
    pub steps: usize,
    /// Those that were taken and conformed.
    pub conformed: usize,
    /// What came of it.
    pub verdict: TraceVerdict,
    /// What came of its runs, where messages are let go at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub race: Option<Tally>,
}

/// What came of letting messages go at once so often.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Tally {
    /// What was let go at once, in the words of the trace.
    pub what: String,
    /// Runs.
    pub runs: u32,
    /// Runs that only one order explains, for each order.
    pub orders: BTreeMap<String, u32>,
    /// Runs that several orders explain.
    pub undecided: u32,
    /// Runs that no order explains.
    pub diverged: u32,
}

/// A trace, where it comes from, and what it is about.
#[derive(Clone, Debug)]
pub struct Given {
    /// Its file.
    pub file: PathBuf,
    /// The policy and scope it was made for.
    pub spec: Spec,
    /// The trace.
    pub trace: Trace,
}

/// Drives a target through given traces, one after the other, and shortens where it diverges.
pub fn replay_traces(
    target: &str,
    given: &[Given],
    open: &OpenFor<'_>,
    how: How<'_>,
    watch: &mut dyn Watch,
) -> (Replay, Vec<Replayed>) {
    if given.is_empty() {
        return (Replay::of_nothing(target, Coverage::GivenTraces, NotDriven::NoTrace), Vec::new());
    }
    let ours: Vec<&Given> = given.iter().filter(|given| how.shard.has(given.trace.actions())).collect();
    let total = ours.iter().map(|given| given.trace.steps.len() as u64).sum();
    let mut replay = Replay::begin(target, Coverage::GivenTraces, ours.len() as u64, total);
    replay.is_part(how.shard, given.len());
    replay.begin_journal(how.journal);
    let mut run = Run { replay, opened: None, found: Vec::new(), failures_in_a_row: 0, how, watch };
    let began = run.watch.elapsed();
    let mut replayed = Vec::new();
    for given in ours {
        if run.replay.cut_by.is_some() {
            break;
        }
        replayed.extend(run.once(given, open));
    }
    run.replay.ended_in_failures(run.failures_in_a_row);
    run.replay.elapsed = run.watch.elapsed().saturating_sub(began);
    for Found { divergence, spec, again } in std::mem::take(&mut run.found) {
        run.watch.saw(&Stage::Shortening { steps: divergence.trace.steps.len() });
        let rule = divergence.rule;
        let (shortened, again) = match run.target_for(&spec, open) {
            Ok(target) if !divergence.trace.races() => {
                let shortened = drive::shorten(target, &spec, divergence);
                let again = seen_again(target, &spec, (&shortened.trace, rule), how.confirmations);
                (shortened, again)
            }
            // What shows by chance cannot be shortened by trying.
            Ok(_) | Err(_) => (divergence, again),
        };
        if again.never() {
            run.replay.was_seen_once(rule, again);
        } else {
            run.replay.breaches.push(Breach { again, ..shortened.into() });
        }
    }
    (run.replay, replayed)
}

/// A divergence that is to be told.
struct Found {
    divergence: Divergence,
    spec: Spec,
    again: Again,
}

struct Run<'w> {
    replay: Replay,
    /// The target that was opened last, and for which spec. Traces of one policy share it.
    opened: Option<(Spec, Box<dyn Target>)>,
    found: Vec<Found>,
    failures_in_a_row: u64,
    how: How<'w>,
    watch: &'w mut dyn Watch,
}

impl Run<'_> {
    fn target_for(&mut self, spec: &Spec, open: &OpenFor<'_>) -> Result<&mut dyn Target, Fault> {
        let fits = self.opened.as_ref().is_some_and(|(opened, _)| opened == spec);
        if !fits {
            self.opened = None;
            self.opened = Some((spec.clone(), open(spec)?));
        }
        let (_, target) = self.opened.as_mut().expect("a target was just made sure of");
        Ok(&mut **target)
    }

    /// Whether a rule is known not to be kept; then that is said.
    fn accepts(&mut self, rule: Rule) -> bool {
        let known = self.how.accepted.iter().find(|(accepted, _)| *accepted == rule);
        if let Some((rule, reason)) = known {
            self.replay.accepted += 1;
            self.replay.note(accepted_otherwise(rule, reason));
        }
        known.is_some()
    }

    /// Notes what came in between.
    fn also(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::CutOff => self.replay.cut_off(self.how.stop),
            Verdict::Failed(fault) => {
                self.replay.failed += 1;
                self.replay.note(fault.to_string());
            }
            Verdict::Diverges(divergence) => {
                let known = self.how.accepted.iter().find(|(rule, _)| *rule == divergence.rule);
                if let Some((rule, reason)) = known {
                    self.replay.note(accepted_otherwise(rule, reason));
                }
            }
            Verdict::Unsupported(_) | Verdict::Conforms => {}
        }
    }

    /// Drives a trace, unless a run before this one has.
    fn once(&mut self, given: &Given, open: &OpenFor<'_>) -> Option<Replayed> {
        let steps = given.trace.steps.iter().map(|step| (step.action, step.release));
        let times = if given.trace.races() { self.how.times } else { 1 };
        let key = journal::key(&self.replay.target, &given.spec, times, steps);
        let steps = given.trace.steps.len();
        if self.how.journal.is_some_and(|journal| journal.has(key)) {
            self.replay.traces += 1;
            self.replay.resumed += 1;
            self.replay.steps_covered += steps as u64;
            return Some(Replayed {
                file: given.file.clone(),
                steps,
                conformed: steps,
                verdict: TraceVerdict::Before,
                race: None,
            });
        }
        let replayed = self.drive(given, open)?;
        if let (TraceVerdict::Conforms, Some(journal)) = (replayed.verdict, self.how.journal) {
            journal.note(key);
        }
        Some(replayed)
    }

    /// What comes of a trace; none where nothing more may be asked.
    fn drive(&mut self, given: &Given, open: &OpenFor<'_>) -> Option<Replayed> {
        let how = self.how;
        let Driving { driven, race, besides } = match self.target_for(&given.spec, open) {
            Ok(target) => match not_able(target.abilities(), given) {
                Some(why) => Driving::of(Driven { steps: 0, verdict: Verdict::Unsupported(why) }),
                None if given.trace.races() => raced(target, given, how),
                None => Driving::of(drive::drive_trace(target, &given.spec, &given.trace)),
            },
            Err(fault) if fault.is_cut_off() => Driving::of(Driven { steps: 0, verdict: Verdict::CutOff }),
            Err(fault) => Driving::of(Driven { steps: 0, verdict: Verdict::Failed(fault) }),
        };
        if driven.verdict == Verdict::CutOff {
            self.replay.cut_off(how.stop);
            return None;
        }
        if driven.verdict == Verdict::Conforms && besides.contains(&Verdict::CutOff) {
            // As far as it came nothing was wrong, and it did not come as far as was asked.
            self.replay.cut_off(how.stop);
            return None;
        }
        let whole = besides.iter().all(|verdict| matches!(verdict, Verdict::Diverges(_)));
        for verdict in besides {
            self.also(verdict);
        }
        self.replay.traces += 1;
        self.replay.steps_driven += driven.steps as u64 * u64::from(race.as_ref().map_or(1, |race| race.runs.max(1)));
        self.replay.steps_covered += if whole { driven.steps as u64 } else { 0 };
        let (target, done, total) = (self.replay.target.clone(), self.replay.steps_covered, self.replay.steps_total);
        self.watch.saw(&Stage::Replaying { target, done, total });
        let verdict = match driven.verdict {
            Verdict::Conforms if !whole => TraceVerdict::Failed,
            Verdict::Conforms => TraceVerdict::Conforms,
            Verdict::Diverges(divergence) if self.accepts(divergence.rule) => TraceVerdict::Accepted,
            Verdict::Diverges(divergence) => {
                self.replay.diverged += 1;
                let news = self.found.iter().all(|found| found.divergence.rule != divergence.rule);
                if news && self.found.len() < MOST_BREACHES {
                    self.watch.found(&self.replay.target, &divergence.trace);
                    let again = race.as_ref().map(|race| Again { times: race.diverged, of: race.runs });
                    let again = again.unwrap_or_default();
                    self.found.push(Found { divergence: *divergence, spec: given.spec.clone(), again });
                }
                TraceVerdict::Diverges
            }
            Verdict::Unsupported(why) => {
                self.replay.unsupported += 1;
                why.0.into_iter().for_each(|reason| self.replay.note(reason));
                TraceVerdict::Unsupported
            }
            Verdict::Failed(fault) => {
                self.replay.failed += 1;
                self.replay.note(fault.to_string());
                TraceVerdict::Failed
            }
            Verdict::CutOff => return None,
        };
        self.failures_in_a_row = if verdict == TraceVerdict::Failed { self.failures_in_a_row + 1 } else { 0 };
        let steps = given.trace.steps.len();
        Some(Replayed { file: given.file.clone(), steps, conformed: driven.steps, verdict, race })
    }
}

/// What came of driving one trace, once or often.
struct Driving {
    driven: Driven,
    race: Option<Tally>,
    /// What came in between: a run that failed or was cut off after others had come to something, or an accepted divergence that has
    /// nothing to do with what was let go at once.
    besides: Vec<Verdict>,
}

impl Driving {
    fn of(driven: Driven) -> Self {
        Self { driven, race: None, besides: Vec::new() }
    }
}

/// Drives a target so often through a trace in which messages are let go at once. Where no order explains what is seen, each order is
/// tried one after the other: what is not right even then is no race.
fn raced(target: &mut dyn Target, given: &Given, how: How<'_>) -> Driving {
    let accepts = |rule: Rule| how.accepted.iter().any(|(accepted, _)| *accepted == rule);
    let mut tally = Tally { what: given.trace.header.shows.clone(), ..Tally::default() };
    let steps = given.trace.steps.len();
    // What goes wrong before anything is let go at once is no race.
    let quiet = given.trace.rounds().take_while(|round| round.len() == 1).count();
    let mut worst = Driven { steps, verdict: Verdict::Conforms };
    let mut besides: Vec<Verdict> = Vec::new();
    for _ in 0..how.times {
        let Raced { driven, orders } = drive::race(target, &given.spec, &given.trace);
        match &driven.verdict {
            Verdict::Conforms => match orders.as_slice() {
                [order] => *tally.orders.entry(in_words(order)).or_default() += 1,
                _ => tally.undecided += 1,
            },
            Verdict::Diverges(divergence) if driven.steps < quiet => {
                if !accepts(divergence.rule) {
                    return Driving::of(driven);
                }
                besides.push(driven.verdict);
                continue;
            }
            Verdict::Diverges(_) => {
                tally.diverged += 1;
                if worst.verdict == Verdict::Conforms {
                    if let Some(alone) = one_after_the_other(target, given, &accepts) {
                        return Driving::of(alone);
                    }
                    worst = driven;
                }
            }
            // What was found before is found.
            Verdict::Unsupported(_) | Verdict::Failed(_) | Verdict::CutOff => {
                if tally.runs == 0 {
                    return Driving { driven, race: None, besides };
                }
                besides.push(driven.verdict);
                return Driving { driven: worst, race: Some(tally), besides };
            }
        }
        tally.runs += 1;
    }
    match besides.pop() {
        // It never came as far as what is let go at once.
        Some(verdict) if tally.runs == 0 => Driving { driven: Driven { steps: 0, verdict }, race: None, besides },
        elsewhere => {
            besides.extend(elsewhere);
            Driving { driven: worst, race: Some(tally), besides }
        }
    }
}

/// How a trace diverges whose messages are let go one after the other, in any order, other than is accepted.
fn one_after_the_other(target: &mut dyn Target, given: &Given, accepts: &impl Fn(Rule) -> bool) -> Option<Driven> {
    given.trace.one_after_the_other(&given.spec).into_iter().find_map(|trace| {
        let driven = drive::drive_trace(target, &given.spec, &trace);
        let diverges = matches!(&driven.verdict, Verdict::Diverges(divergence) if !accepts(divergence.rule));
        diverges.then_some(driven)
    })
}

fn in_words(order: &[Action]) -> String {
    order.iter().filter_map(|action| action.arriving()).map(words::exchange).join(", then ")
}

/// What a target cannot be made to do of a trace.
fn not_able(abilities: Abilities, given: &Given) -> Option<Unsupported> {
    if given.trace.races() && abilities.at_once == Support::No {
        return Some(Unsupported(vec!["the target takes one request after the other".to_owned()]));
    }
    let askable = Askable { spec: &given.spec, abilities };
    let mut walker = Walker::new(&given.spec);
    let step = given.trace.actions().find(|action| {
        let allowed = askable.allows(walker.world(), *action);
        // A trace was read only as far as the model allows it.
        let _ = walker.take(*action);
        !allowed
    })?;
    Some(Unsupported(vec![format!("the target cannot be made to do this: {}", words::action(step))]))
}
