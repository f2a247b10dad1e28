//! A trace as a picture for the terminal.

use crate::run::Breach;
use crate::trace::Trace;
use crate::trace::diagram::{Marked, draw};

/// Draws a trace; where it breaks a rule, the last step says how.
pub(super) fn picture(trace: &Trace, breach: Option<&Breach>) -> String {
    let marked = breach.map(|breach| Marked {
        step: trace.steps.len(),
        expected: breach.expected.clone(),
        rule: Some(breach.rule),
        observed: breach.seen.clone(),
    });
    draw(trace, marked.as_ref())
}
