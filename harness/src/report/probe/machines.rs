//! What a probe came to, for machines.

use std::io::{self, Write};

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use serde_json::{Value, json};

use super::Probe;
use crate::probe::{End, Lifetimes};
use crate::report::json::{Divergence, write_line};
use crate::report::junit::{self, breached, failure, skipped};
use crate::run::Status;

/// Writes what a probe came to as one JSON object on one line.
///
/// # Errors
/// When `out` cannot be written to.
pub fn json(out: &mut dyn Write, probe: &Probe<'_>) -> io::Result<()> {
    write_line(out, &object(probe))
}

/// Writes what a probe came to as JUnit XML.
///
/// # Errors
/// When `out` cannot be written to.
pub fn junit(out: &mut dyn Write, probe: &Probe<'_>) -> io::Result<()> {
    let mut report = Report::new("authloom");
    report.add_test_suite(suite(probe));
    junit::write(out, &report)
}

/// What a probe came to.
pub(in crate::report) fn object(probe: &Probe<'_>) -> Value {
    let probed = probe.probed;
    let (_, _, summary) = probe.verdict();
    let knob = |(knob, choices): (crate::probe::Knob, Vec<String>)| json!({ "name": knob.name, "choices": choices });
    let mut object = json!({
        "status": probe.status as u8,
        "summary": summary,
        "target": probe.target,
        "candidates": probed.candidates,
        "left": probed.left.len(),
        "end": match probed.end {
            End::Done => "done",
            End::Fruitless => "fruitless",
            End::CutOff => "cut_off",
            End::Failed => "failed",
        },
        "traces": probed.runs.len(),
        "steps": probe.steps(),
        "settings": probed.knobs().into_iter().map(knob).collect::<Vec<_>>(),
        "left_out": probed.left_out,
    });
    if let Some(breach) = probe.unexplained() {
        object["unexplained"] = json!(Divergence::from(&breach));
    }
    if let Some(fault) = &probed.cut_by {
        object["cut_by"] = json!(fault.to_string());
    }
    if let Some(window) = probed.grace_window {
        object["grace_window"] = json!(window.to_string());
    }
    if let Some(Lifetimes { access, code, refresh_idle, refresh_absolute, runs }) = probe.lifetimes {
        object["lifetimes"] = json!({
            "access_seconds": access.as_secs(),
            "code_seconds": code.as_secs(),
            "refresh_idle_seconds": refresh_idle.map(|length| length.as_secs()),
            "refresh_absolute_seconds": refresh_absolute.map(|length| length.as_secs()),
            "sign_ins": runs,
        });
    }
    object
}

/// A suite with one case, and what is known of each setting as its properties.
pub(in crate::report) fn suite(probe: &Probe<'_>) -> TestSuite {
    let (_, _, summary) = probe.verdict();
    let mut suite = TestSuite::new(format!("probe of {}", probe.target));
    for (knob, choices) in probe.probed.knobs() {
        suite.add_property((knob.name, super::said(&choices).as_str()));
    }
    let status = match probe.status {
        Status::Holds => TestCaseStatus::success(),
        Status::Broken => failure("unexplained", summary),
        Status::NothingRun => skipped(&summary),
        Status::WrongInput | Status::Unfinished | Status::Fault => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_type("unfinished").set_message(summary);
            status
        }
    };
    let mut case = TestCase::new("follows one policy", status);
    case.set_classname(probe.target);
    suite.add_test_case(case);
    suite.add_test_cases(probe.unexplained().iter().map(|breach| breached(probe.target, breach)));
    suite
}
