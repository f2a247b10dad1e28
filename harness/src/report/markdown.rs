//! A summary in Markdown for pull requests, with each trace as a Mermaid picture that can be run.

use std::io::{self, Write};

use super::acceptance;
use super::lived::lived;
use super::mend;
use super::numbers::count;
use super::replay::{covered, driven, races_in_words, troubles, verdict};
use super::text::{extent, sentence};
use crate::run::{Breach, Checked, Mending, Outcome, Replay, Replayed, Status, TraceVerdict, trace_of};
use crate::trace::{Trace, mermaid};

/// Pictures at most: whoever mends these will run it again.
const MOST_DRAWN: usize = 5;

/// Writes an outcome.
///
/// # Errors
/// When `out` cannot be written to.
pub fn outcome(out: &mut dyn Write, outcome: &Outcome) -> io::Result<()> {
    writeln!(out, "## {} {}\n", sign(outcome.status()), plain(&sentence(outcome)))?;
    properties(out, &outcome.checked)?;
    outcome.replays.iter().flatten().try_for_each(|replay| target(out, replay, &[]))
}

/// Writes what would mend a policy.
///
/// # Errors
/// When `out` cannot be written to.
pub fn mending(out: &mut dyn Write, mending: &Mending) -> io::Result<()> {
    writeln!(out, "### What would mend it\n\n{}.\n", mend::tried(mending))?;
    for way_out in mending.ways_out() {
        writeln!(out, "* `{}`: {}", code(&way_out.change.join(", ")), plain(&mend::effect(&way_out)))?;
    }
    writeln!(out)?;
    for remark in mend::remarks(mending) {
        writeln!(out, "{}\n", plain(&remark))?;
    }
    Ok(())
}

/// Writes what came of a target alone; of given traces, each.
///
/// # Errors
/// When `out` cannot be written to.
pub fn replay(out: &mut dyn Write, replay: &Replay, replayed: &[Replayed]) -> io::Result<()> {
    let (_, sign, sentence) = verdict(replay);
    writeln!(out, "## {sign} {}\n", plain(&sentence))?;
    target(out, replay, replayed)
}

fn properties(out: &mut dyn Write, checked: &Checked) -> io::Result<()> {
    let (steps, worlds) = (checked.steps.map(|steps| format!(", {}", count(steps, "step"))), checked.worlds);
    let extent = extent(checked);
    writeln!(out, "{}{} explored: {extent}.\n", count(worlds, "world"), steps.unwrap_or_default())?;
    acceptance::markdown(out, checked)?;
    let broken: Vec<_> = checked.findings.iter().filter(|finding| finding.is_broken()).collect();
    if broken.is_empty() {
        return Ok(());
    }
    writeln!(out, "| broken promise | | source |\n|---|---|---|")?;
    for finding in &broken {
        let property = finding.property;
        writeln!(out, "| `{}` | {} | {} |", property.name, plain(property.sentence), plain(property.source))?;
    }
    writeln!(out)?;
    for finding in &broken {
        let lived = lived(finding.property).unwrap_or_default();
        writeln!(out, "**`{}`** {}\n", finding.property.name, plain(lived))?;
    }
    for finding in broken.into_iter().take(MOST_DRAWN) {
        if let Some(trace) = trace_of(checked, finding) {
            picture(out, &format!("How <code>{}</code> is broken", finding.property.name), &trace)?;
        }
    }
    Ok(())
}

fn target(out: &mut dyn Write, replay: &Replay, replayed: &[Replayed]) -> io::Result<()> {
    writeln!(out, "### {} {}\n", sign(replay.status()), plain(&replay.target))?;
    let driven = replay.not_driven.is_none().then(|| [covered(replay), driven(replay)]);
    let facts = driven.into_iter().flatten().chain(troubles(replay));
    for fact in facts.chain(replay.left_out.iter().cloned()).chain(replay.reasons.iter().cloned()) {
        writeln!(out, "* {}", plain(&fact))?;
    }
    writeln!(out)?;
    let unlike = |one: &&Replayed| !matches!(one.verdict, TraceVerdict::Conforms | TraceVerdict::Before);
    for one in replayed.iter().filter(unlike) {
        writeln!(out, "* `{}`: {}", code(&one.file.display().to_string()), in_words(one.verdict))?;
    }
    races(out, replayed)?;
    replay.breaches.iter().take(MOST_DRAWN).try_for_each(|breach| diverges(out, breach))
}

/// What came of messages that were let go at once.
pub(super) fn races(out: &mut dyn Write, replayed: &[Replayed]) -> io::Result<()> {
    for (what, lines) in races_in_words(replayed) {
        writeln!(out, "* {}: {}", plain(&what), plain(&lines.join(", ")))?;
    }
    if replayed.is_empty() { Ok(()) } else { writeln!(out) }
}

fn in_words(verdict: TraceVerdict) -> &'static str {
    match verdict {
        TraceVerdict::Conforms => "conforms",
        TraceVerdict::Before => "conformed in an earlier run",
        TraceVerdict::Diverges => "diverges",
        TraceVerdict::Accepted => "diverges, which is accepted",
        TraceVerdict::Unsupported => "cannot be asked",
        TraceVerdict::Failed => "failed",
    }
}

pub(super) fn diverges(out: &mut dyn Write, breach: &Breach) -> io::Result<()> {
    writeln!(out, "**Rule** {}  ", plain(&breach.rule.to_string()))?;
    writeln!(out, "**Expected** {}  ", plain(&breach.expected))?;
    writeln!(out, "**Seen** {}", plain(&breach.seen))?;
    if breach.again.of > 0 {
        writeln!(out, "seen in {} of {} runs", breach.again.times, breach.again.of)?;
    }
    writeln!(out)?;
    picture(out, "The way there", &breach.trace)?;
    if breach.evidence.is_empty() {
        return Ok(());
    }
    writeln!(out, "<details><summary>HTTP</summary>\n\n```text")?;
    breach.evidence.iter().try_for_each(|exchange| writeln!(out, "{}", code(exchange)))?;
    writeln!(out, "```\n\n</details>\n")
}

/// A trace, folded in. Its text is the whole file, so that it can be saved and replayed.
fn picture(out: &mut dyn Write, title: &str, trace: &Trace) -> io::Result<()> {
    let steps = count(trace.steps.len() as u64, "step");
    writeln!(out, "<details><summary>{title}, {steps}</summary>\n\n```mermaid")?;
    // A fence of the policy's name or of the sentence would end this one.
    out.write_all(code(&mermaid::write(trace)).as_bytes())?;
    writeln!(out, "```\n\n</details>\n")
}

fn sign(status: Status) -> &'static str {
    match status {
        Status::Holds => "✓",
        Status::Broken => "✗",
        Status::WrongInput | Status::Unfinished | Status::NothingRun | Status::Fault => "?",
    }
}

/// A text in which nothing is taken for Markdown or HTML.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::new();
    for letter in text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }) {
        match letter {
            '<' => plain.push_str("&lt;"),
            '&' => plain.push_str("&amp;"),
            '|' | '*' | '[' | ']' | '\\' | '#' | '~' => plain.extend(['\\', letter]),
            other => plain.push(other),
        }
    }
    plain
}

/// A text that ends no code.
fn code(text: &str) -> String {
    text.replace('`', "'")
}
