//! What came of trying a target out, for people.

use std::io::{self, Write};

use super::layout::{entry, heading};
use super::style::{BAD, DIM, GOOD, TITLE, UNSURE};
use crate::run::{Attempt, Thing, Trial};

/// Writes what came of trying the target of that name out. `see` says where in its file stands what a thing depends on.
///
/// # Errors
/// When `out` cannot be written to.
pub fn text(out: &mut dyn Write, name: &str, trial: &Trial, see: &dyn Fn(Thing) -> Option<String>) -> io::Result<()> {
    heading(out, name, TITLE, "")?;
    for (what, attempt, exchanges) in &trial.things {
        let (style, sign, said) = match attempt {
            Attempt::Works => (GOOD, '✓', what.to_string()),
            Attempt::NotAsked(why) => (UNSURE, '·', format!("{what}: not asked, {why}")),
            Attempt::Fails(why) => (BAD, '✗', format!("{what}: {why}")),
        };
        entry(out, &format!("  {sign}"), 4, &said, style)?;
        for exchange in exchanges {
            entry(out, "", 6, exchange, DIM)?;
        }
        if let (Attempt::Fails(_), Some(see)) = (attempt, see(*what)) {
            entry(out, "", 6, &format!("check {see}"), UNSURE)?;
        }
    }
    Ok(())
}
