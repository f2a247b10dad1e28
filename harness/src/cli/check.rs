//! `authloom check`: explore every world, judge every property.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::failure::Failure;
use super::flags::saying::{Mend, Saying};
use super::flags::time_limit::TimeLimit;
use super::flags::{Bounds, Format, Subject, Summary, today};
use super::outputs::Outputs;
use crate::report;
use crate::report::progress::Progress;
use crate::report::text::Detail;
use crate::report::{json, junit, markdown, text};
use crate::run::{self, Mending, Outcome, Status};
use crate::stop::Stop;

/// Explore everything that can happen under a policy, and report which promises hold.
#[derive(Args, Clone, Debug)]
pub(super) struct Check {
    #[command(flatten)]
    subject: Subject,
    #[command(flatten)]
    bounds: Bounds,
    #[command(flatten)]
    pub(super) time: TimeLimit,

    #[command(flatten)]
    summary: Summary,
    #[command(flatten)]
    saying: Saying,
    #[command(flatten)]
    mend: Mend,

    /// The form of the report.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,

    /// What explores. zones takes time exactly as it is; ticks and stateright give a second opinion, on ticks of the greatest common divisor
    /// of the policy's durations, where messages may be on their way for ever.
    #[arg(long, value_enum, default_value_t = Engine::Zones)]
    engine: Engine,

    /// With --engine ticks, keep no graph: this needs a third of the memory, but leaves undecided what stays within reach.
    #[arg(long)]
    no_graph: bool,

    /// Write a trace of each counterexample into this folder.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Engine {
    /// authloom's explorer of exact time.
    Zones,
    /// authloom's explorer of ticks.
    Ticks,
    /// stateright's breadth-first search, on ticks. It does not say what stays within reach.
    Stateright,
}

impl Check {
    /// Checks, and reports.
    pub(super) fn run(&self, out: &mut dyn Write, stop: Stop) -> Result<Status, Failure> {
        let detail = self.saying.detail(self.format)?;
        let (exact, accepted) = self.subject.spec_and_accepted()?;
        let spec = match self.engine {
            Engine::Zones => exact,
            Engine::Ticks | Engine::Stateright => self.subject.in_ticks()?,
        };
        let mut outputs = Outputs::of(out).with_summary(self.summary.path())?;
        if let Some(folder) = &self.out {
            outputs = outputs.with_folder("--out", folder)?;
        }
        let mut progress = Progress::start();
        let limits = self.bounds.until(stop);
        let checked = match (self.engine, self.no_graph) {
            (Engine::Zones, _) | (Engine::Ticks, false) => run::explore(&spec, limits, &mut progress).0,
            (Engine::Ticks, true) => run::check(&spec, limits, &mut progress),
            (Engine::Stateright, _) => run::second_opinion(&spec, limits, &mut progress),
        };
        progress.finish();
        let checked = checked.accepting(&accepted, today());
        let outcome = Outcome { checked, replays: None };
        save(&outcome, &mut outputs);
        let mend = || self.mend.tried(&outcome.checked, limits, progress.explored());
        report(&mut outputs, &outcome, (self.format, detail), &self.subject.again(), mend);
        Ok(outputs.end(outcome.status()))
    }
}

/// Writes an outcome in the format that was asked for, and in the summary, with what would mend it. The verdict does not wait for that
/// but where the format is one document.
pub(super) fn report(
    outputs: &mut Outputs<'_>,
    outcome: &Outcome,
    (format, detail): (Format, Detail),
    again: &str,
    mend: impl FnOnce() -> Option<Mending>,
) {
    outputs.summarise(|out| markdown::outcome(out, outcome));
    if format == Format::Text {
        outputs.print(|out| text::outcome(out, outcome, again, detail).and_then(|()| out.flush()));
    }
    let mending = if detail == Detail::Verdict { None } else { mend() };
    if let Some(mending) = &mending {
        outputs.summarise(|out| markdown::mending(out, mending));
    }
    outputs.print(|out| match (format, &mending) {
        (Format::Text, None) => Ok(()),
        (Format::Text, Some(mending)) => report::mend::text(out, mending),
        (Format::Json, mending) => json::outcome(out, outcome, mending.as_ref()),
        (Format::Junit, mending) => junit::outcome(out, outcome, mending.as_ref()),
    });
}

/// Saves a trace of each counterexample.
fn save(outcome: &Outcome, outputs: &mut Outputs<'_>) {
    let findings = outcome.checked.findings.iter().filter(|finding| finding.is_broken());
    for finding in findings {
        if let Some(trace) = run::trace_of(&outcome.checked, finding) {
            outputs.save(finding.property.name, &trace);
        }
    }
}
