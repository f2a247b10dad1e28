//! Tells people and machines what came of a run. The only place that prints.
//!
//! Every report reads a finished [`crate::run::Outcome`] and writes to whatever it is given. Invariant: no report changes or decides
//! anything; the verdict is the outcome's. Colour is written as escape codes, and stripped by the writer where nobody sees it.

mod acceptance;
pub mod audit;
pub mod cover;
pub mod failure;
pub mod json;
pub mod junit;
mod layout;
mod lived;
pub mod markdown;
pub mod mend;
mod numbers;
mod picture;
pub mod policy;
pub mod probe;
pub mod progress;
pub mod replay;
pub mod rules;
mod style;
#[cfg(test)]
mod tests;
pub mod text;
pub mod trial;

use std::io::{self, Write};

use crate::trace::Trace;

/// Draws a trace.
///
/// # Errors
/// When `out` cannot be written to.
pub fn trace(out: &mut dyn Write, trace: &Trace) -> io::Result<()> {
    out.write_all(picture::picture(trace, None).as_bytes())
}
