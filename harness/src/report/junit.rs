//! JUnit XML for continuous integration: a suite for the properties, and one for each target.

use std::io::{self, Write};

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::acceptance;
use super::lived::lived;
use super::mend;
use super::picture::picture;
use crate::run::{
    AcceptanceState, Breach, Checked, Finding, Mending, Outcome, Premise, Replay, Status, Verdict, trace_of,
};

/// Writes an outcome as JUnit XML, with what would mend it where that was looked for.
///
/// # Errors
/// When `out` cannot be written to.
pub fn outcome(out: &mut dyn Write, outcome: &Outcome, mending: Option<&Mending>) -> io::Result<()> {
    let mut report = Report::new("authloom");
    report.add_test_suites(suites(outcome, mending));
    write(out, &report)
}

/// A suite for the properties, and one for each target.
pub(super) fn suites(outcome: &Outcome, mending: Option<&Mending>) -> Vec<TestSuite> {
    let replays = outcome.replays.iter().flatten().map(suite);
    std::iter::once(properties(&outcome.checked, mending)).chain(replays).collect()
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

pub(super) fn write(out: &mut dyn Write, report: &Report) -> io::Result<()> {
    let text = report.to_string().map_err(io::Error::other)?;
    out.write_all(text.as_bytes())
}

fn properties(checked: &Checked, mending: Option<&Mending>) -> TestSuite {
    let mut suite = TestSuite::new("properties");
    suite.add_property(("policy", checked.spec.policy.name.as_str()));
    suite.add_property(("scope", checked.spec.scope.to_string().as_str()));
    suite.add_property(("worlds", checked.worlds.to_string().as_str()));
    suite.add_property(("completeness", super::text::extent(checked).as_str()));
    suite.add_test_cases(checked.findings.iter().map(|finding| property(checked, finding, mending)));
    suite
}

fn property(checked: &Checked, finding: &Finding, mending: Option<&Mending>) -> TestCase {
    let status = accepted(checked, finding, mending).unwrap_or_else(|| judged(checked, finding, mending));
    let mut case = TestCase::new(finding.property.name, status);
    case.set_classname(finding.property.kind.name());
    case
}

/// What an acceptance makes of a verdict, where it makes something else of it.
fn accepted(checked: &Checked, finding: &Finding, mending: Option<&Mending>) -> Option<TestCaseStatus> {
    let acceptance = finding.acceptance.as_ref()?;
    let said = acceptance::sentence(acceptance);
    match acceptance.state {
        AcceptanceState::InForce => Some(skipped(&said)),
        AcceptanceState::Over => {
            let mut status = violated(checked, finding, mending);
            status.set_message(format!("{}; {said}", violation(finding)));
            Some(status)
        }
        AcceptanceState::Stale => Some(failure("stale", said)),
        AcceptanceState::Untested => None,
    }
}

fn judged(checked: &Checked, finding: &Finding, mending: Option<&Mending>) -> TestCaseStatus {
    match (finding.verdict, finding.premise) {
        (Verdict::Holds, Premise::NeverHappens(name)) => {
            skipped(&format!("not put to the test: `{name}` never happens in this scope"))
        }
        (Verdict::Holds, Premise::Tested | Premise::Unknown) | (Verdict::Reached, _) => TestCaseStatus::success(),
        (Verdict::NotReached, _) => skipped("it does not happen in this scope"),
        (Verdict::Violated, _) => violated(checked, finding, mending),
        (Verdict::Unknown, _) => error("unknown", "the run saw too little to say".to_owned()),
    }
}

fn violation(finding: &Finding) -> String {
    let steps = finding.way.as_ref().map_or(0, Vec::len);
    format!("violated after {steps} steps: {}", finding.property.sentence)
}

fn violated(checked: &Checked, finding: &Finding, mending: Option<&Mending>) -> TestCaseStatus {
    let mut status = failure("violated", violation(finding));
    let source = format!("{} ({})", finding.property.sentence, finding.property.source);
    let lived = lived(finding.property).map(str::to_owned);
    let drawn = trace_of(checked, finding).map(|trace| picture(&trace, None));
    let mended = mending.map(|mending| mend::sentences(mending, finding.property).join("\n"));
    let parts: Vec<String> = std::iter::once(source).chain(lived).chain(drawn).chain(mended).collect();
    status.set_description(parts.join("\n\n"));
    status
}

fn suite(replay: &Replay) -> TestSuite {
    let mut suite = TestSuite::new(format!("replay on {}", replay.target));
    suite.set_time(replay.elapsed);
    suite.add_test_cases(replay.breaches.iter().map(|breach| breached(&replay.target, breach)));
    let covered = format!("{} of {} steps covered", replay.steps_covered, replay.steps_total);
    let said = [covered]
        .into_iter()
        .chain(replay.left_out.iter().cloned())
        .chain(replay.reasons.iter().cloned())
        .collect::<Vec<_>>()
        .join("; ");
    let status = match replay.status() {
        // A runner that takes what is skipped for passed would take a run of nothing for a pass.
        Status::NothingRun | Status::Unfinished if replay.not_driven.is_some() => {
            error("not driven", replay.reasons.join("; "))
        }
        Status::Holds => TestCaseStatus::success(),
        Status::NothingRun => skipped(&said),
        Status::Broken => failure("diverges", said),
        Status::WrongInput | Status::Unfinished | Status::Fault => error("unfinished", said),
    };
    let mut case = TestCase::new("does what the model says", status);
    case.set_classname(replay.target.as_str());
    suite.add_test_case(case);
    suite
}

pub(super) fn breached(target: &str, breach: &Breach) -> TestCase {
    let mut status = failure("diverges", format!("expected {}; seen {}", breach.expected, breach.seen));
    let rule = breach.rule.to_string();
    let drawn = picture(&breach.trace, Some(breach));
    let exchanges = (!breach.evidence.is_empty()).then(|| breach.evidence.join("\n"));
    let saved = breach.saved.as_ref().map(|path| format!("saved as {}", path.display()));
    let parts: Vec<String> = [rule, drawn].into_iter().chain(exchanges).chain(saved).collect();
    status.set_description(parts.join("\n\n"));
    let mut case = TestCase::new(breach.rule.sentence, status);
    case.set_classname(target);
    case
}

fn error(kind: &str, message: String) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_type(kind).set_message(message);
    status
}

pub(super) fn skipped(why: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(why);
    status
}

pub(super) fn failure(kind: &str, message: String) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_type(kind).set_message(message);
    status
}
