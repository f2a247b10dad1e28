//! What came of trying a target out, for people.

use std::io::{self, Write};

use super::layout::{entry, heading};
use super::style::{BAD, DIM, GOOD, TITLE, UNSURE};
use crate::run::{Attempt, Trial};

/// Writes what came of trying the target of that name out.
///
/// # Errors
/// When `out` cannot be written to.
pub fn text(out: &mut dyn Write, name: &str, trial: &Trial) -> io::Result<()> {
    heading(out, name, TITLE, "")?;
    for (what, came, exchanges) in &trial.things {
        let (style, sign, said) = match came {
            Attempt::Works => (GOOD, '✓', (*what).to_owned()),
            Attempt::NotAsked(why) => (UNSURE, '·', format!("{what}: not asked, {why}")),
            Attempt::Fails(why) => (BAD, '✗', format!("{what}: {why}")),
        };
        entry(out, &format!("  {sign}"), 4, &said, style)?;
        for exchange in exchanges {
            entry(out, "", 6, exchange, DIM)?;
        }
    }
    Ok(())
}
