//! `authloom show`: a trace as a picture.

use std::io::Write;
use std::path::Path;

use authloom_model::property::{PROPERTIES, Property};
use clap::{Args, ValueEnum};
use itertools::Itertools as _;

use super::failure::{Failure, written};
use super::flags::{Bounds, Subject};
use crate::report;
use crate::report::progress::Progress;
use crate::run::{self, Status, Verdict};
use crate::stop::Stop;
use crate::trace::{Trace, file, json, mermaid};

/// Draw a trace as a sequence diagram: one from a file, or the shortest one that a property has.
#[derive(Args, Clone, Debug)]
pub(super) struct Show {
    /// The file of a trace, or the name of a property: then the shortest trace that breaks it, or that shows it happen.
    #[arg(value_name = "FILE-OR-PROPERTY")]
    what: String,

    #[command(flatten)]
    subject: Subject,
    #[command(flatten)]
    bounds: Bounds,

    /// The form to draw it in.
    #[arg(long, value_enum, default_value_t = Drawn::Diagram)]
    form: Drawn,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Drawn {
    /// For this terminal.
    Diagram,
    /// As a file that code hosts show as a picture and that `replay` reads.
    Mermaid,
    /// As a file for machines that `replay` reads.
    Json,
}

impl Show {
    /// Draws.
    pub(super) fn run(&self, out: &mut dyn Write, stop: Stop) -> Result<Status, Failure> {
        let path = Path::new(&self.what);
        let known = PROPERTIES.iter().any(|property| property.name == self.what);
        let trace = if known && !path.exists() { self.of_property(stop)? } else { self.of_file(path)? };
        written(match self.form {
            Drawn::Diagram => report::trace(out, &trace),
            Drawn::Mermaid => out.write_all(mermaid::write(&trace).as_bytes()),
            Drawn::Json => out.write_all(json::write(&trace).as_bytes()),
        })?;
        Ok(Status::Holds)
    }

    fn of_file(&self, path: &Path) -> Result<Trace, Failure> {
        if !path.exists() {
            return Err(Failure::input(format_args!(
                "no file and no property `{}`: {}",
                self.what,
                instead(&self.what)
            )));
        }
        Ok(file::read(path)?)
    }

    fn of_property(&self, stop: Stop) -> Result<Trace, Failure> {
        let spec = self.subject.spec()?;
        let mut progress = Progress::start();
        let (checked, _) = run::explore(&spec, self.bounds.until(stop), &mut progress);
        progress.finish();
        let finding = checked.finding(&self.what).expect("every property has a finding");
        let (policy, scope) = (&spec.policy.name, spec.scope);
        match (run::trace_of(&checked, finding), finding.verdict) {
            (Some(trace), _) => Ok(trace),
            (None, Verdict::Holds) => Err(Failure {
                status: Status::NothingRun,
                message: format!("`{}` holds under {policy} in scope {scope}: there is nothing to draw", self.what),
            }),
            (None, Verdict::NotReached) => Err(Failure {
                status: Status::NothingRun,
                message: format!("`{}` never happens under {policy} in scope {scope}: try a larger one", self.what),
            }),
            (None, Verdict::Violated | Verdict::Reached | Verdict::Unknown) => {
                let why = match stop.by() {
                    None => "allow more with --memory".to_owned(),
                    Some(by) => format!("cut off by {by} after {} worlds", checked.worlds),
                };
                let message = format!("the run saw too little to decide `{}`: {why}", self.what);
                Err(Failure { status: Status::Unfinished, message })
            }
        }
    }
}

/// What could be meant by a name that no property has.
fn instead(name: &str) -> String {
    /// Properties that are named at most.
    const MOST: usize = 3;
    /// From 0, nothing in common, to 1, the same.
    const ALIKE: f64 = 0.5;
    let likeness = |property: &Property| strsim::normalized_damerau_levenshtein(name, property.name);
    let near =
        PROPERTIES.iter().map(|property| (likeness(property), property.name)).filter(|(alike, _)| *alike >= ALIKE);
    let near = near.sorted_by(|(one, _), (other, _)| other.total_cmp(one)).take(MOST);
    match near.map(|(_, name)| format!("`{name}`")).join(" or ") {
        near if near.is_empty() => {
            "give a file that ends in .mmd or .json, or a property: `authloom check --verbose` lists them".to_owned()
        }
        near => format!("did you mean {near}?"),
    }
}
