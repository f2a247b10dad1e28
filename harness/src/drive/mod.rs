//! Drives a target through a trace and compares, step by step, what is seen with what must be seen.
//!
//! Things that are not the same stay apart: the target did something else ([`Verdict::Diverges`]), the target cannot be asked this
//! ([`Verdict::Unsupported`]), we failed to ask ([`Verdict::Failed`], or [`Verdict::CutOff`] where no more is allowed).

mod bindings;
mod compare;
mod race;
mod record;
mod shorten;
mod standing;

use authloom_model::rules::Rule;
use authloom_model::rules::backend::NOT_FOR_BACKENDS;
use authloom_model::seen::{Answer, Event};
use authloom_model::{Action, Exchange, Spec};

use crate::servers::{Concrete, Fault, Lens, Support, Target, Unsupported};
use crate::trace::{Header, InTrace, Standing, Token, Trace, TraceStep, Walker};

use bindings::Bindings;
pub use race::{Raced, race};
pub(crate) use record::Foretold;
pub use record::{Reading, Record, Recorder};
pub use shorten::shorten;

/// What came of driving one trace.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// Everything that had to be seen was seen, and nothing else.
    Conforms,
    /// The target did something else.
    Diverges(Box<Divergence>),
    /// The target cannot be asked this.
    Unsupported(Unsupported),
    /// We failed to ask.
    Failed(Fault),
    /// Nothing more may be asked.
    CutOff,
}

impl Verdict {
    /// That we failed, or that nothing more may be asked.
    fn failed(target: &dyn Target, fault: Fault) -> Self {
        if target.may_ask_more() { Self::Failed(fault) } else { Self::CutOff }
    }
}

/// Where a target and the model part ways.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Divergence {
    /// The trace up to and with the step at which they part.
    pub trace: Trace,
    /// What differs.
    pub difference: Difference,
    /// The rule that the model goes by, and its source.
    pub rule: Rule,
    /// The HTTP exchanges that led there, one in a line, without any secret.
    pub evidence: Vec<String>,
}

impl Divergence {
    /// Where a spec and a target part ways at the last of these actions.
    pub(crate) fn of(
        spec: &Spec,
        actions: &[Action],
        difference: Difference,
        rule: Rule,
        evidence: Vec<String>,
    ) -> Self {
        Self { trace: retrace(spec, actions), difference, rule, evidence }
    }
}

/// What differs between what had to be seen and what was.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Difference {
    /// Something else was seen in its place.
    Other {
        /// What had to be seen.
        expected: Event<InTrace>,
        /// What was seen.
        observed: Event<Concrete>,
    },
    /// It was not seen.
    Missing(Event<InTrace>),
    /// It had not to be seen.
    Extra(Event<Concrete>),
    /// The right thing was seen, with the wrong token or code in it.
    Mixed {
        /// What had to be seen.
        expected: Event<InTrace>,
        /// The symbol whose place was taken, and what took it.
        why: String,
    },
    /// A token is active that must not be, or is not that must be.
    Standing {
        /// The token.
        token: Token,
        /// How it must stand.
        expected: Standing,
    },
    /// The backend serves whoever presents this token, which is not for backends.
    AcceptedByTheBackend(Token),
    /// What was let go at once is not answered as in any order.
    NoOrder {
        /// What had to be seen in each order.
        expected: Vec<Vec<Event<InTrace>>>,
        /// What was seen.
        observed: Vec<Event<Concrete>>,
        /// What differs from the order that fits best.
        nearest: Box<Self>,
    },
}

/// How far a drive came, and what came of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Driven {
    /// Steps that conformed.
    pub steps: usize,
    /// What came of it.
    pub verdict: Verdict,
}

/// Drives a target along a way through the model, given as the model's worlds have the actions.
pub fn drive(target: &mut dyn Target, spec: &Spec, way: impl IntoIterator<Item = Action>) -> Driven {
    let mut walker = Walker::new(spec);
    let mut way = way.into_iter();
    drive_steps(target, spec, || way.next().map(|placed| walker.step(placed)))
}

/// Drives a target through a trace. Where messages are let go at once, any order of them explains what is seen.
pub fn drive_trace(target: &mut dyn Target, spec: &Spec, trace: &Trace) -> Driven {
    if trace.races() {
        return race(target, spec, trace).driven;
    }
    let mut steps = trace.steps.iter().cloned();
    drive_steps(target, spec, || steps.next())
}

fn drive_steps(target: &mut dyn Target, spec: &Spec, mut next: impl FnMut() -> Option<TraceStep>) -> Driven {
    let unsupported = target.unsupported(&spec.policy);
    if !unsupported.0.is_empty() {
        return Driven { steps: 0, verdict: Verdict::Unsupported(unsupported) };
    }
    if let Err(fault) = target.reset() {
        return Driven { steps: 0, verdict: Verdict::failed(target, fault) };
    }
    let mut bindings = Bindings::default();
    let mut taken: Vec<Action> = Vec::new();
    while let Some(step) = next() {
        taken.push(step.action);
        match take(target, &mut bindings, spec, &taken, &step) {
            Ok(None) => {}
            Ok(Some((difference, rule))) => {
                let trace = retrace(spec, &taken);
                let divergence = Divergence { trace, difference, rule, evidence: target.evidence() };
                return Driven { steps: taken.len() - 1, verdict: Verdict::Diverges(Box::new(divergence)) };
            }
            Err(fault) => {
                return Driven { steps: taken.len() - 1, verdict: Verdict::failed(target, fault) };
            }
        }
    }
    Driven { steps: taken.len(), verdict: Verdict::Conforms }
}

/// Takes the last of the steps taken, and says how what is seen differs from what must be.
fn take(
    target: &mut dyn Target,
    bindings: &mut Bindings,
    spec: &Spec,
    taken: &[Action],
    step: &TraceStep,
) -> Result<Option<(Difference, Rule)>, Fault> {
    let observed = target.apply(step.action)?;
    let lens = target.lens();
    let issued = step.seen.iter().filter_map(issued_refresh);
    // Where a grace period gives the same successor again, it is known already.
    let issued: Vec<Token> = issued.filter(|token| bindings.token(*token).is_none()).collect();
    let expected: Vec<_> = step.seen.iter().filter(|event| is_seen(lens, event)).cloned().collect();
    if let Some(difference) = compare::compare(&expected, observed, bindings) {
        return Ok(Some(difference));
    }
    let wrong =
        wrong_standing(step.standing.iter().map(|(token, standing)| (token, standing)), |token| {
            match bindings.token(token).filter(|_| support(lens, token) == Support::Yes) {
                Some(secret) => target.is_active(secret),
                None => Ok(None),
            }
        })?;
    if let Some((token, expected)) = wrong {
        let (walker, _) = walked(spec, taken);
        let rule = standing::rule(&walker, &step.seen, token, expected);
        return Ok(Some((Difference::Standing { token, expected }, rule)));
    }
    for token in issued {
        let Some(secret) = bindings.token(token) else { continue };
        if target.backend_accepts(secret)? == Some(true) {
            return Ok(Some((Difference::AcceptedByTheBackend(token), NOT_FOR_BACKENDS)));
        }
    }
    Ok(None)
}

/// The first token that stands otherwise than it must, and how it must, of those whose standing the target reports.
fn wrong_standing<'t, E>(
    foretold: impl IntoIterator<Item = (&'t Token, &'t Standing)>,
    mut is_active: impl FnMut(Token) -> Result<Option<bool>, E>,
) -> Result<Option<(Token, Standing)>, E> {
    for (token, expected) in foretold {
        let Some(active) = is_active(*token)? else { continue };
        let standing = if active { Standing::Active } else { Standing::Inactive };
        if standing != *expected {
            return Ok(Some((*token, *expected)));
        }
    }
    Ok(None)
}

/// Whether a target tells how such a token stands.
fn support(lens: Lens, token: Token) -> Support {
    match token {
        Token::Access(_) => lens.access,
        Token::Refresh(_) => lens.refresh,
    }
}

/// Whether an event can be seen on a target.
fn is_seen(lens: Lens, event: &Event<InTrace>) -> bool {
    match event {
        Event::Sent(exchange, _) | Event::Answered(exchange, _) => {
            lens.introspection == Support::Yes || !matches!(exchange, Exchange::Introspect(_))
        }
        Event::CallEnded(..) | Event::SignInFailed(_) | Event::Session(_) => true,
    }
}

/// The refresh token that an event issues.
fn issued_refresh(event: &Event<InTrace>) -> Option<Token> {
    match event {
        Event::Answered(_, Answer::Tokens(_, Some(refresh)) | Answer::GraceTokens(_, Some(refresh))) => {
            Some(Token::Refresh(*refresh))
        }
        Event::Answered(..) | Event::Sent(..) | Event::CallEnded(..) | Event::SignInFailed(_) | Event::Session(_) => {
            None
        }
    }
}

/// The model after actions that it is known to allow, and the steps that they are.
fn walked<'s>(spec: &'s Spec, actions: &[Action]) -> (Walker<'s>, Vec<TraceStep>) {
    let mut walker = Walker::new(spec);
    let steps = actions.iter().map(|action| walker.take(*action).expect("the model has allowed it before")).collect();
    (walker, steps)
}

/// The trace of actions that the model is known to allow.
fn retrace(spec: &Spec, actions: &[Action]) -> Trace {
    let (_, steps) = walked(spec, actions);
    Trace { header: Header::new(spec, "where a target diverges"), steps }
}
