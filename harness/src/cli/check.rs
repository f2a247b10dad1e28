//! `authloom check`: explore every world, judge every property.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::failure::{Failure, written};
use super::flags::saying::{Mend, Saying};
use super::flags::{Bounds, Format, Subject, Summary, today};
use super::folder::Folder;
use crate::explore::Limits;
use crate::report;
use crate::report::progress::Progress;
use crate::report::text::Detail;
use crate::report::{json, junit, markdown, text};
use crate::run::{self, Mending, Outcome, Status};

/// Explore everything that can happen under a policy, and report which promises hold.
#[derive(Args, Clone, Debug)]
pub(super) struct Check {
    #[command(flatten)]
    subject: Subject,
    #[command(flatten)]
    bounds: Bounds,

    #[command(flatten)]
    summary: Summary,
    #[command(flatten)]
    saying: Saying,
    #[command(flatten)]
    mend: Mend,

    /// The form of the report.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,

    /// What explores. stateright gives a second opinion: it counts worlds and says what can happen, but not what stays within reach.
    #[arg(long, value_enum, default_value_t = Engine::Own)]
    engine: Engine,

    /// Keep no graph: this needs a third of the memory, but leaves undecided what stays within reach.
    #[arg(long)]
    no_graph: bool,

    /// Write a trace of each counterexample into this folder.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Engine {
    /// authloom's explorer.
    Own,
    /// stateright's breadth-first search.
    Stateright,
}

impl Check {
    /// Checks, and reports.
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<Status, Failure> {
        let detail = self.saying.detail(self.format)?;
        let (spec, accepted) = self.subject.spec_and_accepted()?;
        let mut progress = Progress::start();
        let limits = Limits::from(self.bounds);
        let checked = match (self.engine, self.no_graph) {
            (Engine::Own, false) => run::explore(&spec, limits, &mut progress).0,
            (Engine::Own, true) => run::check(&spec, limits, &mut progress),
            (Engine::Stateright, _) => run::second_opinion(&spec, limits, &mut progress),
        };
        progress.finish();
        let checked = checked.accepting(&accepted, today());
        let outcome = Outcome { checked, replays: None };
        if let Some(folder) = &self.out {
            save(&outcome, folder)?;
        }
        let mend = || self.mend.tried(&outcome.checked, limits, progress.explored());
        report(out, &outcome, (self.format, detail), &self.subject.again(), (&self.summary, mend))?;
        Ok(outcome.status())
    }
}

/// Writes an outcome in the format that was asked for, and in the summary, with what would mend it. The verdict does not wait for that
/// but where the format is one document.
pub(super) fn report(
    out: &mut dyn Write,
    outcome: &Outcome,
    (format, detail): (Format, Detail),
    again: &str,
    (summary, mend): (&Summary, impl FnOnce() -> Option<Mending>),
) -> Result<(), Failure> {
    summary.append(|out| markdown::outcome(out, outcome))?;
    let summed_up = |mending: Option<&Mending>| {
        mending.map_or(Ok(()), |mending| summary.append(|out| markdown::mending(out, mending)))
    };
    if format == Format::Text {
        written(text::outcome(out, outcome, again, detail).and_then(|()| out.flush()))?;
        let mending = if detail == Detail::Verdict { None } else { mend() };
        mending.as_ref().map_or(Ok(()), |mending| written(report::mend::text(out, mending)))?;
        return summed_up(mending.as_ref());
    }
    // What is one document comes last: nothing that fails can then follow it.
    let mending = mend();
    summed_up(mending.as_ref())?;
    written(match format {
        Format::Text => Ok(()),
        Format::Json => json::outcome(out, outcome, mending.as_ref()),
        Format::Junit => junit::outcome(out, outcome, mending.as_ref()),
    })
}

fn save(outcome: &Outcome, folder: &Path) -> Result<(), Failure> {
    let mut folder = Folder::at(folder);
    let findings = outcome.checked.findings.iter().filter(|finding| finding.is_broken());
    for finding in findings {
        if let Some(trace) = run::trace_of(&outcome.checked, finding) {
            folder.write(finding.property.name, &trace)?;
        }
    }
    Ok(())
}
