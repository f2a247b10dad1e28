//! Why a command came to no verdict, for machines: they get a whole document, whatever happens.

use std::io::{self, Write};

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use serde::Serialize;

use super::json::write_line;
use crate::run::Status;

/// Writes a failure as JUnit XML: a suite with one error.
///
/// # Errors
/// When `out` cannot be written to.
pub fn junit(out: &mut dyn Write, status: Status, message: &str) -> io::Result<()> {
    let mut error = TestCaseStatus::non_success(NonSuccessKind::Error);
    error.set_type(name(status)).set_message(message);
    let mut case = TestCase::new("comes to a verdict", error);
    case.set_classname("authloom");
    let mut suite = TestSuite::new("authloom");
    suite.add_test_case(case);
    let mut report = Report::new("authloom");
    report.add_test_suite(suite);
    out.write_all(report.to_string().map_err(io::Error::other)?.as_bytes())
}

/// Writes a failure as one JSON object on one line.
///
/// # Errors
/// When `out` cannot be written to.
pub fn json(out: &mut dyn Write, status: Status, message: &str) -> io::Result<()> {
    #[derive(Serialize)]
    struct Failed<'f> {
        error: Error<'f>,
    }
    #[derive(Serialize)]
    struct Error<'f> {
        status: u8,
        kind: &'static str,
        message: &'f str,
    }
    write_line(out, &Failed { error: Error { status: status as u8, kind: name(status), message } })
}

fn name(status: Status) -> &'static str {
    match status {
        Status::Holds => "holds",
        Status::Broken => "broken",
        Status::WrongInput => "wrong input",
        Status::Unfinished => "unfinished",
        Status::NothingRun => "nothing run",
        Status::Fault => "fault",
    }
}
