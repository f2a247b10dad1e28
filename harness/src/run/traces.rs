//! Replays given traces on a target.

use std::path::PathBuf;

use authloom_model::Spec;
use authloom_model::rule::Rule;
use serde::Serialize;

use super::replay::accepted_otherwise;
use super::{Asked, Goal, MOST_BREACHES, Replay, Stage, Watch};
use crate::drive::{self, Divergence, Verdict};
use crate::target::{Abilities, Fault, Target, Unsupported};
use crate::trace::{Trace, Walker, words};

/// Makes a target that obeys the policy of a spec.
pub type OpenFor<'o> = dyn Fn(&Spec) -> Result<Box<dyn Target>, Fault> + 'o;

/// What came of one trace.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Came {
    /// Everything that had to be seen was seen, and nothing else.
    Conforms,
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
    pub verdict: Came,
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

/// Drives a target through given traces, one after the other, and shortens where it diverges. `accepted` are rules that it is known not to
/// keep, each with the reason why.
pub fn replay_traces(
    target: &str,
    given: &[Given],
    open: &OpenFor<'_>,
    accepted: &[(String, String)],
    watch: &mut dyn Watch,
) -> (Replay, Vec<Replayed>) {
    let total = given.iter().map(|given| given.trace.steps.len() as u64).sum();
    let mut run = Run {
        replay: Replay::begin(target, Goal::GivenTraces, given.len() as u64, total),
        opened: None,
        found: Vec::new(),
        accepted,
        watch,
    };
    let began = run.watch.elapsed();
    let replayed = given.iter().map(|given| run.drive(given, open)).collect();
    run.replay.elapsed = run.watch.elapsed().saturating_sub(began);
    for (divergence, spec) in std::mem::take(&mut run.found) {
        run.watch.saw(&Stage::Shortening { steps: divergence.trace.steps.len() });
        let shortened = match run.target_for(&spec, open) {
            Ok(target) => drive::shorten(target, &spec, divergence),
            Err(_) => divergence,
        };
        run.replay.breaches.push(shortened.into());
    }
    (run.replay, replayed)
}

struct Run<'w> {
    replay: Replay,
    /// The target that was opened last, and for which spec. Traces of one policy share it.
    opened: Option<(Spec, Box<dyn Target>)>,
    found: Vec<(Divergence, Spec)>,
    accepted: &'w [(String, String)],
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
        let known = self.accepted.iter().find(|(accepted, _)| accepted == rule.sentence);
        if let Some((rule, reason)) = known {
            self.replay.accepted += 1;
            self.replay.note(accepted_otherwise(rule, reason));
        }
        known.is_some()
    }

    fn drive(&mut self, given: &Given, open: &OpenFor<'_>) -> Replayed {
        let driven = match self.target_for(&given.spec, open) {
            Ok(target) => match not_able(target.abilities(), given) {
                Some(why) => drive::Driven { steps: 0, verdict: Verdict::Unsupported(why) },
                None => drive::drive_trace(target, &given.spec, &given.trace),
            },
            Err(fault) => drive::Driven { steps: 0, verdict: Verdict::Failed(fault) },
        };
        self.replay.traces += 1;
        self.replay.steps_driven += driven.steps as u64;
        self.replay.steps_covered += driven.steps as u64;
        let (target, done, total) = (self.replay.target.clone(), self.replay.steps_driven, self.replay.steps_total);
        self.watch.saw(&Stage::Replaying { target, done, total });
        let verdict = match driven.verdict {
            Verdict::Conforms => Came::Conforms,
            Verdict::Diverges(divergence) if self.accepts(divergence.rule) => Came::Accepted,
            Verdict::Diverges(divergence) => {
                self.replay.diverged += 1;
                let news = self.found.iter().all(|(found, _)| found.rule != divergence.rule);
                if news && self.found.len() < MOST_BREACHES {
                    self.found.push((*divergence, given.spec.clone()));
                }
                Came::Diverges
            }
            Verdict::Unsupported(why) => {
                self.replay.unsupported += 1;
                why.0.into_iter().for_each(|reason| self.replay.note(reason));
                Came::Unsupported
            }
            Verdict::Failed(fault) => {
                self.replay.failed += 1;
                self.replay.note(fault.to_string());
                Came::Failed
            }
        };
        Replayed { file: given.file.clone(), steps: given.trace.steps.len(), conformed: driven.steps, verdict }
    }
}

/// What a target cannot be made to do of a trace.
fn not_able(abilities: Abilities, given: &Given) -> Option<Unsupported> {
    let asked = Asked { spec: &given.spec, abilities };
    let mut walker = Walker::new(&given.spec);
    let step = given.trace.actions().find(|action| {
        let allowed = asked.allows(walker.world(), *action);
        // A trace was read only as far as the model allows it.
        let _ = walker.take(*action);
        !allowed
    })?;
    Some(Unsupported(vec![format!("the target cannot be made to do this: {}", words::action(step))]))
}
