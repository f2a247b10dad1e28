//! Drives a target through a trace in which messages are let go at once.
//!
//! Nobody sees in which order a server takes them. So the trace is read in every order, and each reading is dropped at the first thing
//! that is not as it foretells: what is left are the orders in which everything makes sense. Where none is left, the target diverges.

use authloom_model::rules::Rule;
use authloom_model::rules::at_once::at_once;
use authloom_model::{Action, Exchange, Spec};

use super::{Difference, Divergence, Driven, Reading, Record, Recorder, Verdict, is_seen};
use crate::servers::{Fault, Lens, Target};
use crate::trace::orders::orders;
use crate::trace::{Header, Trace, TraceStep, Walker};

/// What came of driving a trace with messages that are let go at once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Raced {
    /// How far the drive came, and what came of it.
    pub driven: Driven,
    /// The orders that explain all that was seen, each with everything that was let go at once.
    pub orders: Vec<Vec<Action>>,
}

/// One order of what was let go at once so far, and the specification along it.
struct Ordered<'s> {
    order: Vec<Action>,
    reading: Reading<'s>,
}

/// Drives a target through a trace in which messages are let go at once.
pub fn race(target: &mut dyn Target, spec: &Spec, trace: &Trace) -> Raced {
    let unsupported = target.unsupported(&spec.policy);
    if !unsupported.0.is_empty() {
        let driven = Driven { steps: 0, verdict: Verdict::Unsupported(unsupported) };
        return Raced { driven, orders: Vec::new() };
    }
    let lens = target.lens();
    let mut steps = 0;
    let mut left = vec![Ordered { order: Vec::new(), reading: Reading::new(spec) }];
    let verdict = match follow(target, lens, trace, &mut left, &mut steps) {
        Ok(None) => Verdict::Conforms,
        Ok(Some(divergence)) => Verdict::Diverges(Box::new(divergence)),
        Err(fault) => Verdict::failed(target, fault),
    };
    Raced { driven: Driven { steps, verdict }, orders: left.into_iter().map(|ordered| ordered.order).collect() }
}

fn follow(
    target: &mut dyn Target,
    lens: Lens,
    trace: &Trace,
    left: &mut Vec<Ordered<'_>>,
    steps: &mut usize,
) -> Result<Option<Divergence>, Fault> {
    let mut recorder = Recorder::begin(target)?;
    let mut raced = None;
    for round in trace.rounds() {
        let actions: Vec<Action> = round.iter().map(|step| step.action).collect();
        let together: Vec<Exchange> = actions.iter().filter_map(|action| action.arriving()).collect();
        let record = match (round, together.as_slice()) {
            ([_], _) => recorder.apply(actions[0])?,
            (_, [one, other, ..]) => {
                raced = Some(at_once(*one, *other));
                recorder.at_once(&together)?
            }
            (_, _) => return Err(Fault("only what arrives at the AuthService is let go at once".to_owned())),
        };
        let (next, parted) = explained(left, &actions, record);
        if let (true, Some((difference, rule))) = (next.is_empty(), parted) {
            let difference = if round.len() > 1 { no_order(left, round, lens, record, difference) } else { difference };
            let header = Header { shows: "where a target diverges".to_owned(), ..trace.header.clone() };
            let trace = Trace { header, steps: trace.steps[..*steps + round.len()].to_vec() };
            left.clear();
            let rule = raced.unwrap_or(rule);
            return Ok(Some(Divergence { trace, difference, rule, evidence: recorder.evidence() }));
        }
        *left = next;
        *steps += round.len();
    }
    Ok(None)
}

/// The orders that explain what was seen of a round; and how it differs from the first that comes nearest.
fn explained<'s>(
    left: &[Ordered<'s>],
    actions: &[Action],
    record: &Record,
) -> (Vec<Ordered<'s>>, Option<(Difference, Rule)>) {
    let mut explain = Vec::new();
    let mut nearest: Option<(Difference, Rule)> = None;
    for before in left {
        for order in orders(actions) {
            let mut reading = before.reading.clone();
            match reading.explain(&order, record) {
                None => {
                    let raced = if order.len() > 1 { order } else { Vec::new() };
                    explain.push(Ordered { order: [before.order.as_slice(), &raced].concat(), reading });
                }
                // Where the answers are right and only a token stands otherwise, that says more.
                Some((difference @ Difference::Standing { .. }, rule)) => nearest = Some((difference, rule)),
                Some(parted) => {
                    nearest.get_or_insert(parted);
                }
            }
        }
    }
    (explain, nearest)
}

/// That what was seen of a round fits no order, with what each would have shown.
fn no_order(left: &[Ordered<'_>], round: &[TraceStep], lens: Lens, record: &Record, nearest: Difference) -> Difference {
    let actions: Vec<Action> = round.iter().map(|step| step.action).collect();
    let walked = |mut walker: Walker<'_>, order: &[Action]| {
        let steps = order.iter().map(|action| walker.take(*action).expect("a trace is possible in every order"));
        let seen = steps.flat_map(|step| step.seen).filter(|event| is_seen(lens, event));
        seen.collect::<Vec<_>>()
    };
    let mut expected: Vec<Vec<_>> = Vec::new();
    for before in left {
        for order in orders(&actions) {
            let seen = walked(before.reading.walker().clone(), &order);
            if !expected.contains(&seen) {
                expected.push(seen);
            }
        }
    }
    Difference::NoOrder { expected, observed: record.events().to_vec(), nearest: Box::new(nearest) }
}
