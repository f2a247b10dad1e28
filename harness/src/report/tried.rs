//! What came of trying a target out, for people.

use std::io::{self, Write};

use super::layout::{entry, heading};
use super::style::{BAD, DIM, GOOD, TITLE, UNSURE};
use crate::run::{Tried, TriedCame as Came};

/// Writes what came of trying the target of that name out.
///
/// # Errors
/// When `out` cannot be written to.
pub fn text(out: &mut dyn Write, name: &str, tried: &Tried) -> io::Result<()> {
    heading(out, name, TITLE, "")?;
    for (what, came, exchanges) in &tried.things {
        let (style, sign, said) = match came {
            Came::Works => (GOOD, '✓', (*what).to_owned()),
            Came::NotAsked(why) => (UNSURE, '·', format!("{what}: not asked, {why}")),
            Came::Fails(why) => (BAD, '✗', format!("{what}: {why}")),
        };
        entry(out, &format!("  {sign}"), 4, &said, style)?;
        for exchange in exchanges {
            entry(out, "", 6, exchange, DIM)?;
        }
    }
    Ok(())
}
