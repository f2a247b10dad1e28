//! What a probe came to, for people.

use std::io::{self, Write};
use std::time::Duration;

use anstyle::Style;
use indicatif::HumanCount;

use super::layout::{entry, heading};
use super::numbers::count;
use super::picture::picture;
use super::style::{BAD, DIM, GOOD, TITLE, UNSURE};
use crate::probe::{End, GraceWindow, Lifetimes, Probed};
use crate::run::Breach;

/// Where the choices begin.
const CHOICES: usize = 22;

/// Writes how long things live.
///
/// # Errors
/// When `out` cannot be written to.
pub fn lifetimes(out: &mut dyn Write, lifetimes: &Lifetimes) -> io::Result<()> {
    let asked = format!("measured in {}", count(lifetimes.runs.into(), "sign-in"));
    heading(out, "How long things live", TITLE, &asked)?;
    let long = |length: Duration| humantime::format_duration(length).to_string();
    let until = |limit: Option<Duration>, what: &str| limit.map_or_else(|| what.to_owned(), long);
    for (name, said) in [
        ("access_lifetime", long(lifetimes.access)),
        ("code_lifetime", long(lifetimes.code)),
        ("refresh_idle", until(lifetimes.refresh_idle, "none within 400 days")),
        ("refresh_absolute", until(lifetimes.refresh_absolute, "none within 40 uses")),
    ] {
        entry(out, &format!("  {name}"), CHOICES, &said, Style::new())?;
    }
    Ok(())
}

/// Writes what a probe of the target of that name came to.
///
/// # Errors
/// When `out` cannot be written to.
pub fn text(out: &mut dyn Write, name: &str, probed: &Probed) -> io::Result<()> {
    let traces = count(probed.runs.len() as u64, "trace");
    let steps: usize = probed.runs.iter().map(|(steps, _)| steps).sum();
    let asked = format!("{traces}, {}", count(steps as u64, "step"));
    let of = format!("{} policies", HumanCount(probed.candidates as u64));
    writeln!(out)?;
    let (style, sign, sentence) = match probed.left.len() {
        0 => (BAD, '✗', format!("none of {of} explains {name}")),
        1 => (GOOD, '✓', format!("{name} follows one of {of}")),
        left if probed.runs.is_empty() => {
            (UNSURE, '?', format!("{name} could not be asked what sets {left} policies apart"))
        }
        left if probed.end == End::CutOff => {
            (UNSURE, '?', format!("cut off: {name} follows one of {left} still, of {of}"))
        }
        left if probed.end == End::Fruitless => {
            (UNSURE, '?', format!("{name} follows one of {left} that could not be told apart, of {of}"))
        }
        left => (GOOD, '✓', format!("{name} follows one of {left} that look alike, of {of}")),
    };
    entry(out, &format!("{sign} "), 2, &sentence, style)?;
    heading(out, "What it does", style, &asked)?;
    if let Some(divergence) = &probed.unexplained {
        writeln!(out)?;
        let breach = Breach::from(divergence.clone());
        out.write_all(picture(&breach.trace, Some(&breach)).as_bytes())?;
        for exchange in &breach.evidence {
            entry(out, "", 4, exchange, DIM)?;
        }
        return Ok(());
    }
    for (knob, choices) in probed.knobs() {
        let style = if choices.len() == 1 { Style::new() } else { UNSURE };
        let said =
            if choices.len() == 1 { choices.concat() } else { format!("cannot be told: {}", choices.join(", ")) };
        entry(out, &format!("  {}", knob.name), CHOICES, &said, style)?;
        if let (Some(window), "grace") = (probed.grace_window, knob.name) {
            let style = if matches!(window, GraceWindow::Measured(_)) { Style::new() } else { UNSURE };
            entry(out, "  grace_window", CHOICES, &window.to_string(), style)?;
        }
    }
    for sentence in &probed.left_out {
        entry(out, "", 2, sentence, DIM)?;
    }
    Ok(())
}
