//! `authloom check`: explore every world, judge every property.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::failure::{Failure, written};
use super::flags::{Bounds, Format, Subject, Summary, today};
use super::folder::Folder;
use crate::report::progress::Progress;
use crate::report::{json, junit, markdown, text};
use crate::run::{self, Outcome, Status};

/// Explore every interleaving, and say of each property whether it holds.
#[derive(Args, Clone, Debug)]
pub(super) struct Check {
    #[command(flatten)]
    subject: Subject,
    #[command(flatten)]
    bounds: Bounds,

    #[command(flatten)]
    summary: Summary,

    /// How to say what came of it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,

    /// Who explores. stateright is the second opinion: it counts worlds and says what can happen, but not what can always be reached again.
    #[arg(long, value_enum, default_value_t = Engine::Own)]
    engine: Engine,

    /// Keep no graph: a third of the memory, but what can always be reached again stays unknown.
    #[arg(long)]
    no_graph: bool,

    /// Write a trace of each counterexample into this folder.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Engine {
    /// The explorer of authloom.
    Own,
    /// stateright's breadth-first search.
    Stateright,
}

impl Check {
    /// Checks, and reports.
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<Status, Failure> {
        let (spec, accepted) = self.subject.spec_and_accepted()?;
        let mut progress = Progress::start();
        let limits = self.bounds.into();
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
        self.summary.append(|out| markdown::outcome(out, &outcome))?;
        report(out, &outcome, self.format, &self.subject)?;
        Ok(outcome.status())
    }
}

/// Writes an outcome in the format that was asked for.
pub(super) fn report(out: &mut dyn Write, outcome: &Outcome, format: Format, subject: &Subject) -> Result<(), Failure> {
    written(match format {
        Format::Text => text::outcome(out, outcome, &subject.again()),
        Format::Json => json::outcome(out, outcome),
        Format::Junit => junit::outcome(out, outcome),
    })
}

fn save(outcome: &Outcome, folder: &Path) -> Result<(), Failure> {
    let mut folder = Folder::at(folder);
    let findings = outcome.checked.findings.iter().filter(|finding| finding.is_broken());
    for finding in findings {
        if let Some(way) = finding.way.clone() {
            let shows = format!("broken: {}", finding.property.sentence);
            folder.write(finding.property.name, &run::trace_along(&outcome.checked.spec, way, shows))?;
        }
    }
    Ok(())
}
