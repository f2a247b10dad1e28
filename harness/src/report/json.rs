//! One JSON object for machines; `schema/report.schema.json` says what is in it. Of two runs of the same only `elapsed_ms` differs, and what
//! a budget of time left untried.

mod outcome;
mod replay;

use std::io::{self, Write};

use serde::Serialize;

use crate::run::{Mending, Outcome};

pub(super) use outcome::Object;
pub(super) use replay::{Divergence, Replayed};

/// Writes an outcome as one object on one line, with what would mend it where that was looked for.
///
/// # Errors
/// When `out` cannot be written to.
pub fn outcome(out: &mut dyn Write, outcome: &Outcome, mending: Option<&Mending>) -> io::Result<()> {
    write_line(out, &Object::new(outcome, mending))
}

/// Writes any object on one line.
///
/// # Errors
/// When `out` cannot be written to.
pub(crate) fn write_line(out: &mut dyn Write, object: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, object)?;
    writeln!(out)
}
