//! A trace as a picture for the terminal.

use super::layout::wrap;
use crate::run::Breach;
use crate::trace::{Trace, words};

/// Draws a trace; where it breaks a rule, the last step says how.
pub(super) fn picture(trace: &Trace, breach: Option<&Breach>) -> String {
    let mut lines = vec![trace.header.shows.clone(), String::new()];
    for (step, number) in trace.steps.iter().zip(1..) {
        let seen = step.seen.iter().map(|event| words::event(event, &words::Plainly)).collect::<Vec<_>>().join(", ");
        lines.extend(wrap(&format!("{number:>3}  {}: {seen}", words::action(step.action)), 78));
    }
    if let Some(breach) = breach {
        lines.push(format!("expected  {}", breach.expected));
        lines.push(format!("by rule   {} ({})", breach.rule.sentence, breach.rule.source));
        lines.push(format!("seen      {}", breach.seen));
    }
    lines.iter().map(|line| format!("  {line}\n")).collect()
}
