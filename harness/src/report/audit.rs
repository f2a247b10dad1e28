//! What an audit came to: a probe, what the policies promise that the server may follow, and whether it keeps to the first of them.

use std::io::{self, Write};

use quick_junit::Report;
use serde_json::json;

use super::json::{Object, write_line};
use super::probe::{self, Probe};
use super::{junit, markdown};
use crate::run::{Outcome, Replayed};

/// What an audit came to.
#[derive(Clone, Copy, Debug)]
pub struct Audit<'a> {
    /// What the probe came to.
    pub probe: Probe<'a>,
    /// What the policies promise and how the server was driven; none where the probe had nothing to go on with.
    pub held: Option<Held<'a>>,
}

/// What the policies promise that a server may follow, and how it was driven.
#[derive(Clone, Copy, Debug)]
pub struct Held<'a> {
    /// What was checked, and what was driven.
    pub outcome: &'a Outcome,
    /// Requests that were let go at once.
    pub races: &'a [Replayed],
}

/// Writes what an audit came to as one JSON object on one line.
///
/// # Errors
/// When `out` cannot be written to.
pub fn json(out: &mut dyn Write, audit: &Audit<'_>) -> io::Result<()> {
    let status = audit.held.map_or(audit.probe.status, |held| held.outcome.status());
    let mut object = json!({ "status": status as u8, "probe": probe::object(&audit.probe) });
    if let Some(Held { outcome, races }) = audit.held {
        object["outcome"] = json!(Object::new(outcome, None));
        object["races"] = json!(races);
    }
    write_line(out, &object)
}

/// Writes what an audit came to as JUnit XML.
///
/// # Errors
/// When `out` cannot be written to.
pub fn junit(out: &mut dyn Write, audit: &Audit<'_>) -> io::Result<()> {
    let mut report = Report::new("authloom");
    report.add_test_suite(probe::suite(&audit.probe));
    report.add_test_suites(audit.held.into_iter().flat_map(|held| junit::suites(held.outcome, None)));
    junit::write(out, &report)
}

/// Writes what an audit came to, in Markdown.
///
/// # Errors
/// When `out` cannot be written to.
pub fn markdown(out: &mut dyn Write, audit: &Audit<'_>) -> io::Result<()> {
    probe::markdown(out, &audit.probe)?;
    let Some(Held { outcome, races }) = audit.held else { return Ok(()) };
    markdown::outcome(out, outcome)?;
    markdown::races(out, races)
}
