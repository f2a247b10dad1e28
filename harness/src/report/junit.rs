//! JUnit XML for continuous integration: a suite for the properties, and one for each target.

use std::io::{self, Write};

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::acceptance;
use super::policy::caution;
use crate::run::{AcceptanceState, Breach, Checked, Finding, Outcome, Replay, Status, Verdict};

/// Writes an outcome as JUnit XML.
///
/// # Errors
/// When `out` cannot be written to.
pub fn outcome(out: &mut dyn Write, outcome: &Outcome) -> io::Result<()> {
    let mut report = Report::new("authloom");
    report.add_test_suite(properties(&outcome.checked));
    report.add_test_suites(outcome.replays.iter().flatten().map(suite));
    write(out, &report)
}

/// Writes replays alone as JUnit XML.
///
/// # Errors
/// When `out` cannot be written to.
pub fn replays(out: &mut dyn Write, replays: &[Replay]) -> io::Result<()> {
    let mut report = Report::new("authloom");
    report.add_test_suites(replays.iter().map(suite));
    write(out, &report)
}

fn write(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    let text = report.to_string().map_err(io::Error::other)?;
    out.write_all(text.as_bytes())
}

fn properties(checked: &Checked) -> TestSuite {
    let mut suite = TestSuite::new("properties");
    suite.add_property(("policy", checked.spec.policy.name.as_str()));
    suite.add_property(("scope", checked.spec.scope.to_string().as_str()));
    suite.add_property(("worlds", checked.worlds.to_string().as_str()));
    if let (Some(from), Some(caution)) = (&checked.spec.policy.shrunk_from, caution(&checked.spec.policy)) {
        suite.add_property(("shrunk_from", from.as_str()));
        suite.add_property(("caution", caution.as_str()));
    }
    suite.add_test_cases(checked.findings.iter().map(property));
    suite
}

fn property(finding: &Finding) -> TestCase {
    let status = accepted(finding).unwrap_or_else(|| judged(finding));
    let mut case = TestCase::new(finding.property.name, status);
    case.set_classname(finding.property.kind.name());
    case
}

/// What an acceptance makes of a verdict, where it makes something else of it.
fn accepted(finding: &Finding) -> Option<TestCaseStatus> {
    let acceptance = finding.acceptance.as_ref()?;
    let said = acceptance::sentence(acceptance);
    match acceptance.state {
        AcceptanceState::InForce => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(said);
            Some(status)
        }
        AcceptanceState::Over => Some(failure("violated", format!("{}; {said}", violated(finding)))),
        AcceptanceState::Stale => Some(failure("stale", said)),
        AcceptanceState::Untested => None,
    }
}

fn violated(finding: &Finding) -> String {
    let steps = finding.way.as_ref().map_or(0, Vec::len);
    format!("violated after {steps} steps: {}", finding.property.sentence)
}

fn judged(finding: &Finding) -> TestCaseStatus {
    match finding.verdict {
        Verdict::Holds | Verdict::Reached => TestCaseStatus::success(),
        Verdict::NotReached => {
            let mut status = TestCaseStatus::skipped();
            status.set_message("it does not happen in this scope");
            status
        }
        Verdict::Violated => failure("violated", violated(finding)),
        Verdict::Unknown => error("unknown", "the run saw too little to tell".to_owned()),
    }
}

fn suite(replay: &Replay) -> TestSuite {
    let mut suite = TestSuite::new(format!("replay on {}", replay.target));
    suite.set_time(replay.elapsed);
    suite.add_test_cases(replay.breaches.iter().map(|breach| breached(replay, breach)));
    let covered = format!("{} of {} steps covered", replay.steps_covered, replay.steps_total);
    let said = [covered].into_iter().chain(replay.reasons.iter().cloned()).collect::<Vec<_>>().join("; ");
    let status = match replay.status() {
        // A runner that takes what is skipped for passed would take a run of nothing for a pass.
        Status::NothingRun | Status::Unfinished if replay.not_driven.is_some() => {
            error("not driven", replay.reasons.join("; "))
        }
        Status::Holds => TestCaseStatus::success(),
        Status::NothingRun => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(said);
            status
        }
        Status::Broken => failure("diverges", said),
        Status::WrongInput | Status::Unfinished | Status::Fault => error("unfinished", said),
    };
    let mut case = TestCase::new("does what the model says", status);
    case.set_classname(replay.target.as_str());
    suite.add_test_case(case);
    suite
}

fn breached(replay: &Replay, breach: &Breach) -> TestCase {
    let mut status = failure("diverges", format!("expected {}; seen {}", breach.expected, breach.seen));
    let steps = breach.trace.actions().map(crate::trace::words::action).collect::<Vec<_>>();
    status.set_description(format!("{} ({})\n{}", breach.rule.sentence, breach.rule.source, steps.join("\n")));
    let mut case = TestCase::new(breach.rule.sentence, status);
    case.set_classname(replay.target.as_str());
    case
}

fn error(kind: &str, message: String) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_type(kind).set_message(message);
    status
}

fn failure(kind: &str, message: String) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_type(kind).set_message(message);
    status
}
