//! Shortens a trace that diverges: what can be left out, and still the model allows the rest and the target diverges by the same rule.

use authloom_model::{Action, Spec};

use super::{Divergence, Verdict, drive_trace, retrace};
use crate::servers::Target;
use crate::trace::{Trace, Walker};

/// The most runs a shortening may cost. A divergence of a hundred steps is done with a tenth of it.
const MOST_RUNS: usize = 4_000;

/// A divergence that shows the same breach in as few steps as leaving out brings it to.
pub fn shorten(target: &mut dyn Target, spec: &Spec, found: Divergence) -> Divergence {
    let mut best = found;
    let mut runs = 0;
    let mut length = best.trace.steps.len() / 2;
    while length > 0 {
        let mut start = 0;
        let mut shorter = false;
        while start < best.trace.steps.len() && runs < MOST_RUNS && target.may_ask_more() {
            if let Some(trace) = without(spec, &best.trace, start, length) {
                runs += 1;
                if let Some(again) = same_breach(target, spec, &trace, &best) {
                    best = again;
                    shorter = true;
                    continue;
                }
            }
            start += 1;
        }
        if !shorter || length > best.trace.steps.len() {
            length /= 2;
        }
    }
    best
}

/// The trace without some of its steps, where the model allows that. Steps after them that thereby become impossible go too.
fn without(spec: &Spec, trace: &Trace, start: usize, length: usize) -> Option<Trace> {
    let mut walker = Walker::new(spec);
    let mut kept: Vec<Action> = Vec::new();
    for (at, action) in trace.actions().enumerate() {
        if (start..start + length).contains(&at) {
            continue;
        }
        if walker.take(action).is_ok() {
            kept.push(action);
        }
    }
    (kept.len() < trace.steps.len()).then(|| retrace(spec, &kept))
}

fn same_breach(target: &mut dyn Target, spec: &Spec, trace: &Trace, best: &Divergence) -> Option<Divergence> {
    match drive_trace(target, spec, trace).verdict {
        Verdict::Diverges(again) => {
            (again.rule == best.rule && again.trace.steps.len() < best.trace.steps.len()).then_some(*again)
        }
        Verdict::Conforms | Verdict::Unsupported(_) | Verdict::Failed(_) | Verdict::CutOff => None,
    }
}
