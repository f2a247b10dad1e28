//! Whatever exact time says that happens, under real policies: run again second by second, and on the reference.

use std::collections::BTreeMap;
use std::fmt;

use authloom::drive::{Verdict as Drive, drive_trace};
use authloom::explore::{Completeness, CutReason, Limits};
use authloom::run::{Finding, Unwatched, Verdict, explore, trace_of};
use authloom::servers::Reference;
use authloom::trace::{Trace, Walker};
use authloom_model::property::Kind;
use authloom_model::{Action, Exchange, Flight, Policy, Scope, Seconds, Spec};
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

use crate::draw;
use crate::support::policies::any_real_policy;

/// Policies that are tried where `PROPTEST_CASES` does not say how many.
const EVERY_DAY: u32 = 5;
/// States that are followed under a policy each day. Where so many policies are asked for, as many as `check` follows.
const MOST_STATES: u32 = 300_000;
/// Of so many questions one may stay unanswered.
const UNKNOWN_IN: usize = 100;
#[test]
fn whatever_happens_under_a_real_policy_runs_again() {
    let mut survey = Survey::default();
    let (drawn, result) = draw(&any_real_policy(), EVERY_DAY, |policy| survey.try_again(&policy));
    println!("{drawn}\n{survey}");
    result.unwrap_or_else(|why| panic!("{why}"));
    assert!(survey.ways > 0 && survey.violated > 0, "{survey}");
    assert!(survey.unknown.values().sum::<usize>() * UNKNOWN_IN <= survey.asked, "{survey}");
    assert!(survey.too_large.len() < survey.policies, "none was followed to its end: {survey}");
}

/// What came of all policies.
#[derive(Default)]
struct Survey {
    policies: usize,
    /// Policies that were not followed to the end: what happens under them runs again, and nothing is said to be unknown.
    too_large: Vec<String>,
    asked: usize,
    /// For each property, under how many policies nobody knows.
    unknown: BTreeMap<&'static str, usize>,
    /// Ways that ran again, and those of them to a violation.
    ways: usize,
    violated: usize,
}

impl Survey {
    fn try_again(&mut self, policy: &Policy) -> TestCaseResult {
        let spec = Spec::exact(policy.clone(), Scope::DEFAULT).expect("its durations can be counted together");
        let worlds = if std::env::var_os("PROPTEST_CASES").is_some() { u32::MAX } else { MOST_STATES };
        let limits = Limits { worlds, ..Limits::default() };
        let (checked, _) = explore(&spec, limits, &mut Unwatched);
        self.policies += 1;
        let complete = match checked.completeness {
            Completeness::Complete => true,
            Completeness::Cut { reason: CutReason::Worlds { .. }, .. } => false,
            cut @ (Completeness::Bounded { .. } | Completeness::Cut { .. }) => {
                return Err(TestCaseError::fail(format!("{cut:?} under\n{}", policy.to_toml())));
            }
        };
        if !complete {
            self.too_large.push(policy.to_toml());
        }
        for finding in &checked.findings {
            self.asked += usize::from(complete);
            let why = |what: &str| format!("{}: {what}, under\n{}", finding.property.name, policy.to_toml());
            match finding.verdict {
                Verdict::Holds | Verdict::NotReached => continue,
                Verdict::Unknown if !complete => {}
                Verdict::Unknown => *self.unknown.entry(finding.property.name).or_default() += 1,
                Verdict::Violated | Verdict::Reached => {
                    let trace = trace_of(&checked, finding).expect("what happens has a way");
                    happens(&spec, finding).map_err(|what| TestCaseError::fail(why(&what)))?;
                    in_time(&spec, &trace).map_err(|what| TestCaseError::fail(why(&what)))?;
                    conforms(&spec, &trace).map_err(|what| TestCaseError::fail(why(&what)))?;
                    self.ways += 1;
                    self.violated += usize::from(finding.verdict == Verdict::Violated);
                }
            }
        }
        Ok(())
    }
}

/// Whether the last step of a way does what the finding says, and each before it is possible, in whole seconds.
fn happens(spec: &Spec, finding: &Finding) -> Result<(), String> {
    let mut moment = spec.beginning();
    let mut marks = None;
    for action in finding.way.iter().flatten() {
        let mut enabled = Vec::new();
        spec.enabled(moment.world(), &mut enabled);
        if !matches!(action, Action::Wait(_)) && !enabled.contains(action) {
            return Err(format!("{action:?} is not possible"));
        }
        let (after, step) = spec.take(&moment, *action);
        if let Some(full) = step.overflow {
            return Err(format!("{} overflow", full.name()));
        }
        (moment, marks) = (after, Some(step.marks));
    }
    let shown = match finding.property.kind {
        Kind::Never { bad: mark, .. } | Kind::Reachable(mark) => marks.is_some_and(|marks| marks.has(mark)),
        Kind::Recoverable(goal) => !spec.goals(moment.world()).has(goal),
    };
    if shown { Ok(()) } else { Err("the last step does not show it".to_owned()) }
}

/// Whether no message of a trace is on its way for longer than the scope allows.
fn in_time(spec: &Spec, trace: &Trace) -> Result<(), String> {
    let Flight::AtMost(most) = spec.scope.flight else { return Ok(()) };
    let mut walker = Walker::new(spec);
    let mut now = Seconds::ZERO;
    let mut sent: Vec<(Action, Seconds)> = Vec::new();
    for step in &trace.steps {
        if let Action::Wait(time) = step.action {
            now += time;
        }
        if let Some((action, at)) = sent.iter().find(|(_, at)| now > *at + most) {
            return Err(format!("{action:?} is on its way since {at}, at {now}"));
        }
        walker.take(step.action).map_err(|error| error.to_string())?;
        let under_way: Vec<Action> = walker.enabled().into_iter().filter(|action| is_delivery(*action)).collect();
        sent.retain(|(action, _)| under_way.contains(action) && exchange(*action) != exchange(step.action));
        let new = under_way.into_iter().filter(|action| sent.iter().all(|(known, _)| known != action));
        let new: Vec<(Action, Seconds)> = new.map(|action| (action, now)).collect();
        sent.extend(new);
    }
    Ok(())
}

/// Whether an action takes a message from who sent it to whom it is for. A thief shows what he has whenever he likes.
fn is_delivery(action: Action) -> bool {
    match action {
        Action::Arrive(Exchange::Theft(_)) => false,
        Action::Arrive(_) | Action::Return(_) => true,
        Action::Wait(_)
        | Action::Open(_)
        | Action::SignIn(_)
        | Action::Mistype(_)
        | Action::SignOut(_)
        | Action::CopySession
        | Action::CopyCode(_)
        | Action::Lock(_)
        | Action::Lose(_) => false,
    }
}

/// The exchange whose message an action takes on, or loses.
fn exchange(action: Action) -> Option<Exchange> {
    match action {
        Action::Arrive(exchange) | Action::Return(exchange) | Action::Lose(exchange) => Some(exchange),
        Action::Wait(_)
        | Action::Open(_)
        | Action::SignIn(_)
        | Action::Mistype(_)
        | Action::SignOut(_)
        | Action::CopySession
        | Action::CopyCode(_)
        | Action::Lock(_) => None,
    }
}

/// Whether the reference goes along with a trace.
fn conforms(spec: &Spec, trace: &Trace) -> Result<(), String> {
    let mut reference = Reference::new(spec).map_err(|fault| format!("{fault:?}"))?;
    match drive_trace(&mut reference, spec, trace).verdict {
        Drive::Conforms => Ok(()),
        other @ (Drive::Diverges(_) | Drive::Unsupported(_) | Drive::Failed(_) | Drive::CutOff) => {
            Err(format!("{other:?}"))
        }
    }
}

impl fmt::Display for Survey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { policies, too_large, asked, unknown, ways, violated } = self;
        for policy in too_large {
            writeln!(f, "too many states under\n{policy}")?;
        }
        writeln!(
            f,
            "{policies} policies, {} with too many states, {asked} properties asked, {} unknown: {unknown:?}",
            too_large.len(),
            unknown.values().sum::<usize>()
        )?;
        write!(f, "{ways} ways ran again, {violated} of them to a violation")
    }
}
