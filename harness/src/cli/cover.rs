//! `authloom cover`: from the graph to traces.

use std::io::Write;
use std::path::PathBuf;

use authloom_model::Spec;
use clap::{Args, ValueEnum};

use super::failure::Failure;
use super::flags::time_limit::TimeLimit;
use super::flags::{Bounds, Format, Subject};
use super::folder::{Folder, Form};
use super::outputs::Outputs;
use crate::cover::{self, KindOptions, StepOptions};
use crate::explore::Completeness;
use crate::explore::exact::Way;
use crate::report;
use crate::report::cover::Cost;
use crate::report::progress::Progress;
use crate::run::{self, MOST_TOURED, NotDriven, Space, Stage, Status, Watch};
use crate::servers::Abilities;
use crate::servers::askable::Askable;
use crate::stop::Stop;
use crate::trace::Trace;

/// Draw traces that together take every step of the graph, a step of every kind, or every race of two requests.
#[derive(Args, Clone, Debug)]
pub(super) struct Cover {
    #[command(flatten)]
    subject: Subject,
    #[command(flatten)]
    bounds: Bounds,
    #[command(flatten)]
    pub(super) time: TimeLimit,

    /// What the traces take.
    #[arg(long, value_enum, default_value_t = CoverGoal::Kinds)]
    goal: CoverGoal,

    /// Write the traces into this folder. For --goal steps they may be thousands.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,

    /// How to write them.
    #[arg(long, value_enum, default_value_t = Form::Mermaid)]
    form: Form,

    /// How to say what they cost: text or json.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum CoverGoal {
    /// Every step of the graph, in long tours of the least cost there is.
    Steps,
    /// One step of every kind (role state, action, outcome), in a few short traces.
    Kinds,
    /// Every pair of requests to the AuthService whose order matters, let go at once, a short trace each.
    Races,
}

impl CoverGoal {
    fn name(self) -> &'static str {
        match self {
            Self::Steps => "steps",
            Self::Kinds => "kinds",
            Self::Races => "races",
        }
    }
}

impl Cover {
    /// Covers, writes the traces, and reports the cost.
    pub(super) fn run(&self, out: &mut dyn Write, stop: Stop) -> Result<Status, Failure> {
        if self.format == Format::Junit {
            return Err(Failure::input("`cover` has no verdict to say in JUnit: use --format text or json"));
        }
        let spec = match self.goal {
            CoverGoal::Steps => self.subject.in_ticks()?,
            CoverGoal::Kinds | CoverGoal::Races => self.subject.spec()?,
        };
        let folder = self.out.as_deref().map(|path| Folder::tried("--out", path, self.form)).transpose()?;
        let mut outputs = Outputs::of(out);
        let mut progress = Progress::start();
        let (checked, space) = run::explore(&spec, self.bounds.until(stop), &mut progress);
        let Some(space) = space else {
            return Err(Failure::input("not even one world fits: allow more with --memory"));
        };
        if let (Some(why), None) = (why_not(&space), stop.by()) {
            return Err(why.into());
        }
        progress.saw(&Stage::Covering { steps: space.steps().into() });
        let (mut cost, traces) = self.drawn(&spec, &space, stop)?;
        let mut is_whole = traces.is_some();
        let mut saved = None;
        if let (Some(traces), Some(folder)) = (traces, folder) {
            let written = outputs.keep(traces.save(&spec, folder, stop));
            is_whole = written != Some(None);
            saved = written.flatten().and(self.out.as_deref());
        }
        progress.finish();
        if let (false, Some(by)) = (is_whole, stop.by()) {
            cost.completeness = "cut";
            cost.cut_short = Some(format!("cut off by {by}: no trace is written"));
        } else if checked.completeness != Completeness::Complete {
            cost.completeness = if checked.cut_by().is_some() { "cut" } else { "bounded" };
            cost.cut_short = Some(report::text::extent(&checked));
        }
        outputs.print(|out| match self.format {
            Format::Text | Format::Junit => report::cover::text(out, &cost, saved),
            Format::Json => report::cover::json(out, &cost),
        });
        Ok(outputs.end(if cost.completeness == "complete" { Status::Holds } else { Status::Unfinished }))
    }

    /// Traces through what was explored, and what they cost; none where the word to stop came before they were drawn.
    fn drawn(&self, spec: &Spec, space: &Space, stop: Stop) -> Result<(Cost, Option<Traces>), NotDriven> {
        let (steps, kinds) = (u64::from(space.steps()), space.kinds() as u64);
        let nothing = || (Cost::of_nothing(spec, self.goal.name(), steps, kinds), None);
        if stop.by().is_some() {
            return Ok(nothing());
        }
        let (cost, traces) = match (self.goal, space) {
            (CoverGoal::Steps, Space::Ticks(graph)) => {
                let cover = cover::every_step(graph, StepOptions { stop, ..StepOptions::default() });
                let ways = cover.tours.iter().map(|path| run::in_ticks(spec, graph, path)).collect();
                (Cost::of_steps(spec, kinds, &cover), Traces::Along(ways, "every step"))
            }
            (CoverGoal::Steps | CoverGoal::Kinds, Space::Exact(ways)) => {
                let mut cover = cover::exact::every_kind(ways);
                cover.ways.extend(cover::exact::both_sides(ways));
                let what = "every kind of step, and both sides of each limit";
                (Cost::of_kinds(spec, steps, cover.kinds, &cover.ways), Traces::Along(cover.ways, what))
            }
            (CoverGoal::Kinds, Space::Ticks(graph)) => {
                let cover = cover::every_kind(graph, KindOptions::default());
                let paths = cover::best_first(graph, cover.traces);
                let ways: Vec<Way> = paths.iter().map(|path| run::in_ticks(spec, graph, path)).collect();
                (Cost::of_kinds(spec, steps, cover.kinds, &ways), Traces::Along(ways, "every kind of step"))
            }
            (CoverGoal::Races, _) => {
                let traces = run::races(&Askable { spec, abilities: Abilities::ALL }, space);
                if traces.is_empty() {
                    return Err(NotDriven::NoRace);
                }
                (Cost::of_races(spec, steps, kinds, &traces), Traces::Whole(traces))
            }
        };
        Ok(if stop.by().is_some() { nothing() } else { (cost, Some(traces)) })
    }
}

/// Why nothing is drawn.
fn why_not(space: &Space) -> Option<NotDriven> {
    match space.steps() {
        0 => Some(NotDriven::NoStep),
        steps if steps > MOST_TOURED => Some(NotDriven::TooManySteps { steps, most: MOST_TOURED }),
        _ => None,
    }
}

/// What was drawn.
enum Traces {
    /// Ways through what was explored, and what they take together.
    Along(Vec<Way>, &'static str),
    /// Traces as they are.
    Whole(Vec<Trace>),
}

impl Traces {
    /// Saves all of them; or none, where the word to stop comes first.
    fn save(self, spec: &Spec, folder: Folder, stop: Stop) -> Result<Option<()>, Failure> {
        let of = match &self {
            Self::Along(ways, _) => ways.len(),
            Self::Whole(traces) => traces.len(),
        };
        let digits = of.to_string().len();
        let together = folder.together()?;
        let write = |number: usize, trace: &Trace| match stop.check() {
            None => together.write(&format!("{number:0digits$}"), trace).map(Some),
            Some(_) => Ok(None),
        };
        let written: Option<()> = match self {
            Self::Along(ways, what) => (1..)
                .zip(ways)
                .map(|(number, way)| {
                    let shows = format!("{what} of the graph: trace {number} of {of}");
                    write(number, &run::trace_along(spec, way.actions, shows))
                })
                .collect::<Result<_, _>>()?,
            Self::Whole(traces) => {
                (1..).zip(&traces).map(|(number, trace)| write(number, trace)).collect::<Result<_, _>>()?
            }
        };
        if written.is_some() {
            together.finish()?;
        }
        Ok(written)
    }
}

#[cfg(test)]
mod tests {
    use authloom_model::Policy;

    use super::*;
    use crate::explore::Limits;
    use crate::run::Unwatched;
    use crate::stop::StoppedBy;

    #[test]
    fn traces_are_all_saved_or_none_wherever_the_word_to_stop_comes() {
        let scope = authloom_model::Scope { losses: 0, thefts: 0, ..authloom_model::Scope::THEFT };
        let spec = Spec::exact(Policy::recommended(), scope).unwrap();
        let Some(Space::Exact(ways)) = run::explore(&spec, Limits::default(), &mut Unwatched).1 else { panic!() };
        let paths = cover::exact::every_kind(&ways).ways;
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("traces");
        let mut saved = None;
        let count = |path: &std::path::Path| std::fs::read_dir(path).map_or(0, Iterator::count);
        for checks in (0..).step_by(paths.len() / 3) {
            assert_eq!((saved, count(place.path())), (None, 0), "what is cut off leaves nothing");
            let folder = Folder::tried("--out", &path, Form::Mermaid).unwrap();
            let stop = Stop::after(checks, StoppedBy::Interrupt);
            saved = Traces::Along(paths.clone(), "every kind").save(&spec, folder, stop).unwrap();
            if saved.is_some() {
                break;
            }
        }
        assert_eq!((count(&path), count(place.path())), (paths.len(), 1));
    }
}
