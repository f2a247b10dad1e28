//! What a probe came to.

mod machines;

use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use anstyle::Style;
use indicatif::HumanCount;

use super::layout::{entry, heading};
use super::markdown;
use super::numbers::count;
use super::picture::picture;
use super::style::{BAD, DIM, GOOD, TITLE, UNSURE};
use crate::probe::{End, GraceWindow, Lifetimes, Probed};
use crate::run::{Breach, Status};

pub use machines::{json, junit};
pub(super) use machines::{object, suite};

/// Where the choices begin.
const CHOICES: usize = 22;

/// A probe and what became of it.
#[derive(Clone, Copy, Debug)]
pub struct Probe<'p> {
    /// The target's name.
    pub target: &'p str,
    /// How long things live there, where that was measured.
    pub lifetimes: Option<&'p Lifetimes>,
    /// What it came to.
    pub probed: &'p Probed,
    /// The status that it ends with.
    pub status: Status,
    /// Where the trace was saved that no policy explains.
    pub saved: Option<&'p Path>,
}

impl Probe<'_> {
    /// Where the target parts from the last policy that was left.
    fn unexplained(&self) -> Option<Breach> {
        let breach = Breach::from(self.probed.unexplained.clone()?);
        Some(Breach { saved: self.saved.map(Path::to_owned), ..breach })
    }

    /// The whole in a sentence, with its sign and colour.
    fn verdict(&self) -> (Style, char, String) {
        let (name, probed) = (self.target, self.probed);
        let of = format!("{} policies", HumanCount(probed.candidates as u64));
        match probed.left.len() {
            0 => (BAD, '✗', format!("none of {of} explains {name}")),
            1 => (GOOD, '✓', format!("{name} follows one of {of}")),
            left if probed.runs.is_empty() => {
                (UNSURE, '?', format!("{name} could not be asked what distinguishes {left} policies"))
            }
            left if matches!(probed.end, End::CutOff | End::Failed) => {
                (UNSURE, '?', format!("cut off: {name} follows one of {left} that are left of {of}"))
            }
            left if probed.end == End::Fruitless => {
                (UNSURE, '?', format!("{name} follows one of {left} that could not be told apart, of {of}"))
            }
            left => (GOOD, '✓', format!("{name} follows one of {left} that look alike, of {of}")),
        }
    }

    fn steps(&self) -> usize {
        self.probed.runs.iter().map(|(steps, _)| steps).sum()
    }
}

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

/// Writes how long those things live that were measured before nothing more could be.
///
/// # Errors
/// When `out` cannot be written to.
pub fn lifetimes_so_far(out: &mut dyn Write, limits: &[(&'static str, Option<Duration>)]) -> io::Result<()> {
    heading(out, "How long things live", UNSURE, "cut off")?;
    for (name, limit) in limits {
        let said =
            limit.map_or_else(|| "none was found".to_owned(), |limit| humantime::format_duration(limit).to_string());
        entry(out, &format!("  {name}"), CHOICES, &said, Style::new())?;
    }
    Ok(())
}

/// Writes in a line what a probe came to.
///
/// # Errors
/// When `out` cannot be written to.
pub fn verdict(out: &mut dyn Write, probe: &Probe<'_>) -> io::Result<()> {
    let (style, sign, sentence) = probe.verdict();
    writeln!(out, "{style}{sign} {sentence}{style:#}")
}

/// Writes what a probe came to, for people.
///
/// # Errors
/// When `out` cannot be written to.
pub fn text(out: &mut dyn Write, probe: &Probe<'_>) -> io::Result<()> {
    let probed = probe.probed;
    let (traces, steps) = (count(probed.runs.len() as u64, "trace"), count(probe.steps() as u64, "step"));
    writeln!(out)?;
    let (style, sign, sentence) = probe.verdict();
    entry(out, &format!("{sign} "), 2, &sentence, style)?;
    heading(out, "What it does", style, &format!("{traces}, {steps}"))?;
    if let Some(breach) = probe.unexplained() {
        writeln!(out)?;
        out.write_all(picture(&breach.trace, Some(&breach)).as_bytes())?;
        for exchange in &breach.evidence {
            entry(out, "", 4, exchange, DIM)?;
        }
        return match &breach.saved {
            Some(path) => entry(out, "  saved", 10, &path.display().to_string(), Style::new()),
            None => Ok(()),
        };
    }
    for (knob, choices) in probed.knobs() {
        let style = if choices.len() == 1 { Style::new() } else { UNSURE };
        entry(out, &format!("  {}", knob.name), CHOICES, &said(&choices), style)?;
        if let (Some(window), "grace") = (probed.grace_window, knob.name) {
            let style = if matches!(window, GraceWindow::Measured(_)) { Style::new() } else { UNSURE };
            entry(out, "  grace_window", CHOICES, &window.to_string(), style)?;
        }
    }
    for sentence in probed.left_out.iter().chain(probed.cut_by.iter().map(|fault| &fault.0)) {
        entry(out, "", 2, sentence, DIM)?;
    }
    Ok(())
}

/// Writes what a probe came to, in Markdown.
///
/// # Errors
/// When `out` cannot be written to.
pub fn markdown(out: &mut dyn Write, probe: &Probe<'_>) -> io::Result<()> {
    let (_, sign, sentence) = probe.verdict();
    writeln!(out, "## {sign} {}\n", markdown::plain(&sentence))?;
    let steps = count(probe.steps() as u64, "step");
    writeln!(out, "{}, {steps}.\n", count(probe.probed.runs.len() as u64, "trace"))?;
    if let Some(breach) = probe.unexplained() {
        return markdown::diverges(out, &breach);
    }
    writeln!(out, "| setting | |\n|---|---|")?;
    for (knob, choices) in probe.probed.knobs() {
        writeln!(out, "| `{}` | {} |", knob.name, markdown::plain(&said(&choices)))?;
    }
    writeln!(out)?;
    for sentence in probe.probed.left_out.iter().chain(probe.probed.cut_by.iter().map(|fault| &fault.0)) {
        writeln!(out, "* {}", markdown::plain(sentence))?;
    }
    writeln!(out)
}

/// What is known of a setting.
fn said(choices: &[String]) -> String {
    if choices.len() == 1 { choices.concat() } else { format!("not known: {}", choices.join(", ")) }
}
