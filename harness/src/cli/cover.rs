//! `authloom cover`: from the graph to traces.

use std::io::Write;
use std::path::PathBuf;

use authloom_model::{Action, Spec};
use clap::{Args, ValueEnum};

use super::failure::{Failure, written};
use super::flags::{Bounds, Format, Subject};
use super::folder::{Folder, Form};
use crate::cover::{self, KindOptions, Path, StepOptions};
use crate::explore::{Completeness, Graph};
use crate::report;
use crate::report::cover::Cost;
use crate::report::progress::Progress;
use crate::run::{self, MOST_TOURED, NotDriven, Stage, Status, Watch};
use crate::servers::Abilities;
use crate::servers::askable::Askable;
use crate::trace::Trace;

/// Draw traces that together take every step of the graph, a step of every kind, or every race of two requests.
#[derive(Args, Clone, Debug)]
pub(super) struct Cover {
    #[command(flatten)]
    subject: Subject,
    #[command(flatten)]
    bounds: Bounds,

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

impl Cover {
    /// Covers, writes the traces, and reports the cost.
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<Status, Failure> {
        if self.format == Format::Junit {
            return Err(Failure::input("`cover` has no verdict to say in JUnit: use --format text or json"));
        }
        let spec = self.subject.spec()?;
        let mut progress = Progress::start();
        let (checked, graph) = run::explore(&spec, self.bounds.into(), &mut progress);
        let Some(graph) = graph else {
            return Err(Failure::input("not even one world fits: allow more with --memory"));
        };
        if let Some(why) = why_not(&graph) {
            return Err(why.into());
        }
        progress.saw(&Stage::Covering { steps: graph.steps().into() });
        let kinds = graph.kinds() as u64;
        let (cost, traces) = match self.goal {
            CoverGoal::Steps => {
                let cover = cover::every_step(&graph, StepOptions::default());
                (Cost::of_steps(&spec, kinds, &cover), Traces::Along(cover.tours, "every step"))
            }
            CoverGoal::Kinds => {
                let cover = cover::every_kind(&graph, KindOptions::default());
                let cost = Cost::of_kinds(&spec, graph.steps().into(), &cover);
                (cost, Traces::Along(cover::best_first(&graph, cover.traces), "every kind of step"))
            }
            CoverGoal::Races => {
                let traces = run::races(&Askable { spec: &spec, abilities: Abilities::ALL }, &graph);
                if traces.is_empty() {
                    return Err(NotDriven::NoRace.into());
                }
                (Cost::of_races(&spec, graph.steps().into(), kinds, &traces), Traces::Whole(traces))
            }
        };
        progress.finish();
        if let Some(folder) = &self.out {
            traces.save(&spec, &graph, Folder::of(folder, self.form))?;
        }
        written(match self.format {
            Format::Text | Format::Junit => report::cover::text(out, &cost, self.out.as_deref()),
            Format::Json => report::cover::json(out, &cost),
        })?;
        Ok(match checked.completeness {
            Completeness::Complete => Status::Holds,
            Completeness::Bounded { .. } | Completeness::Cut { .. } => Status::Unfinished,
        })
    }
}

/// Why nothing is drawn through a graph.
fn why_not(graph: &Graph) -> Option<NotDriven> {
    match graph.steps() {
        0 => Some(NotDriven::NoStep),
        steps if steps > MOST_TOURED => Some(NotDriven::TooManySteps { steps, most: MOST_TOURED }),
        _ => None,
    }
}

/// What was drawn.
enum Traces {
    /// Ways through the graph, and what they take together.
    Along(Vec<Path>, &'static str),
    /// Traces as they are.
    Whole(Vec<Trace>),
}

impl Traces {
    fn save(self, spec: &Spec, graph: &Graph, mut folder: Folder<'_>) -> Result<(), Failure> {
        let of = match &self {
            Self::Along(paths, _) => paths.len(),
            Self::Whole(traces) => traces.len(),
        };
        let digits = of.to_string().len();
        let mut write = |number: usize, trace: &Trace| folder.write(&format!("{number:0digits$}"), trace).map(drop);
        match self {
            Self::Along(paths, what) => (1..).zip(paths).try_for_each(|(number, path)| {
                let way = path.iter().map(|step| action(graph, *step));
                write(number, &run::trace_along(spec, way, format!("{what} of the graph: trace {number} of {of}")))
            }),
            Self::Whole(traces) => (1..).zip(&traces).try_for_each(|(number, trace)| write(number, trace)),
        }
    }
}

fn action(graph: &Graph, step: u32) -> Action {
    Action::of_code(graph.edge(step).code).expect("only codes of actions are remembered")
}
