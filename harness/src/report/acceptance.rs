//! Promises that a team knows it cannot keep, as every report says them.

use std::io::{self, Write};

use serde::Serialize;

use super::layout::{entry, heading};
use super::markdown::plain;
use super::style::{BAD, DIM, UNSURE};
use super::text::{SENTENCES, listed};
use crate::run::{Acceptance, AcceptanceState, Checked, Finding};

/// An acceptance in a sentence.
pub(super) fn sentence(acceptance: &Acceptance) -> String {
    let reason = &acceptance.accepted.reason;
    let until = |said: &str| acceptance.accepted.until.map(|day| format!("{said} {day}"));
    match acceptance.state {
        AcceptanceState::InForce => {
            let until = until(" (until").map(|until| until + ")").unwrap_or_default();
            format!("accepted: {reason}{until}")
        }
        AcceptanceState::Over => {
            format!("accepted{}, and that day is over: {reason}", until(" until").unwrap_or_default())
        }
        AcceptanceState::Stale => {
            format!("accepted as broken, but it holds: drop its [[accepted]] from the policy's file ({reason})")
        }
        AcceptanceState::Untested => format!("accepted, but not put to the test: {reason}"),
    }
}

/// How many promises are broken, which is accepted.
pub(super) fn in_force(checked: &Checked) -> usize {
    checked.findings.iter().filter(|finding| finding.in_force().is_some()).count()
}

/// How many promises are accepted as broken, and hold.
pub(super) fn stale(checked: &Checked) -> usize {
    checked.findings.iter().filter(|finding| finding.is_stale()).count()
}

/// Writes, for people, what is accepted.
pub(super) fn text(out: &mut dyn Write, checked: &Checked) -> io::Result<()> {
    let parts = [
        (AcceptanceState::Stale, "Accepted as broken, but they hold", BAD, '✗'),
        (AcceptanceState::InForce, "Broken, which is accepted", UNSURE, '·'),
        (AcceptanceState::Untested, "Accepted as broken, but not put to the test", DIM, '·'),
    ];
    for (state, title, style, sign) in parts {
        let findings: Vec<(&Finding, &Acceptance)> = with(checked, state).collect();
        if findings.is_empty() {
            continue;
        }
        heading(out, title, style, &findings.len().to_string())?;
        for (finding, acceptance) in findings {
            listed(out, style, sign, finding)?;
            entry(out, "", SENTENCES, &sentence(acceptance), DIM)?;
        }
    }
    Ok(())
}

/// Writes, in Markdown, what is accepted.
pub(super) fn markdown(out: &mut dyn Write, checked: &Checked) -> io::Result<()> {
    let accepted: Vec<_> =
        checked.findings.iter().filter_map(|finding| Some((finding, finding.acceptance.as_ref()?))).collect();
    if accepted.is_empty() {
        return Ok(());
    }
    writeln!(out, "| accepted promise | |\n|---|---|")?;
    for (finding, acceptance) in accepted {
        writeln!(out, "| `{}` | {} |", finding.property.name, plain(&sentence(acceptance)))?;
    }
    writeln!(out)
}

fn with(checked: &Checked, state: AcceptanceState) -> impl Iterator<Item = (&Finding, &Acceptance)> {
    let accepted = checked.findings.iter().filter_map(|finding| Some((finding, finding.acceptance.as_ref()?)));
    accepted.filter(move |(_, acceptance)| acceptance.state == state)
}

/// An acceptance for machines.
#[derive(Serialize)]
pub(super) struct Accepted<'o> {
    state: &'static str,
    reason: &'o str,
    /// The last day, like 2027-01-31; null where it is always accepted.
    until: Option<String>,
}

impl<'o> From<&'o Acceptance> for Accepted<'o> {
    fn from(Acceptance { accepted, state }: &'o Acceptance) -> Self {
        Self {
            state: match state {
                AcceptanceState::InForce => "in_force",
                AcceptanceState::Over => "over",
                AcceptanceState::Stale => "stale",
                AcceptanceState::Untested => "untested",
            },
            reason: &accepted.reason,
            until: accepted.until.map(|day| day.to_string()),
        }
    }
}
