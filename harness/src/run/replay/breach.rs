//! Divergences as they are told to people: in words, without any secret.

use std::cell::RefCell;
use std::path::PathBuf;

use authloom_model::Spec;
use authloom_model::rules::Rule;
use authloom_model::seen::{Answer, Event, Symbols};
use itertools::Itertools as _;

use crate::drive::{self, Difference, Divergence, Verdict};
use crate::servers::{Concrete, Secret, Target, Unexpected};
use crate::trace::words::{self, Plainly, Say};
use crate::trace::{Parting, Standing, Trace};

/// Where a target and the model part ways, as it is told to people.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Breach {
    /// The trace up to and with the step at which they part.
    pub trace: Trace,
    /// What had to be seen.
    pub expected: String,
    /// The rule that says so.
    pub rule: Rule,
    /// What was seen.
    pub seen: String,
    /// The HTTP exchanges that led there, without any secret.
    pub evidence: Vec<String>,
    /// How often it was seen again.
    pub again: Again,
    /// Where the trace was saved.
    pub saved: Option<PathBuf>,
}

/// How often something was seen again when it was looked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Again {
    /// Times it was seen.
    pub times: u32,
    /// Times it was looked for.
    pub of: u32,
}

impl Again {
    /// Whether it was looked for and never seen.
    pub(super) fn never(self) -> bool {
        self.of > 0 && self.times == 0
    }
}

/// Looks so many times for a breach of that rule along a trace.
pub(super) fn seen_again(target: &mut dyn Target, spec: &Spec, (trace, rule): (&Trace, Rule), most: u32) -> Again {
    let mut again = Again::default();
    while again.of < most {
        match drive::drive_trace(target, spec, trace).verdict {
            // What cannot be looked for again is believed.
            Verdict::CutOff | Verdict::Unsupported(_) | Verdict::Failed(_) => break,
            Verdict::Diverges(found) if found.rule == rule => again.times += 1,
            Verdict::Diverges(_) | Verdict::Conforms => {}
        }
        again.of += 1;
    }
    again
}

impl From<Divergence> for Breach {
    fn from(divergence: Divergence) -> Self {
        let (expected, seen) = in_words(&divergence.difference);
        let Divergence { mut trace, rule, evidence, .. } = divergence;
        trace.header.parting = Some(Parting { expected: expected.clone(), seen: seen.clone() });
        Self { trace, expected, rule, seen, evidence, again: Again::default(), saved: None }
    }
}

/// An answer, without any secret that is in it.
pub(in crate::run) fn answer_in_words(answer: &Answer<Concrete>) -> String {
    words::answer(answer, &Discreetly)
}

/// What had to be seen, and what was.
fn in_words(difference: &Difference) -> (String, String) {
    match difference {
        Difference::Other { expected, observed } => {
            (words::event(expected, &Plainly), words::event(observed, &Discreetly))
        }
        Difference::Missing(expected) => (words::event(expected, &Plainly), "nothing of the kind".to_owned()),
        Difference::Extra(observed) => ("nothing else".to_owned(), words::event(observed, &Discreetly)),
        Difference::Mixed { expected, why } => (words::event(expected, &Plainly), why.clone()),
        Difference::AcceptedByTheBackend(token) => {
            (format!("the backend refuses {token}"), format!("the backend serves whoever presents {token}"))
        }
        Difference::NoOrder { expected, observed, nearest } => {
            let numbered = Numbered::default();
            let observed = observed.iter().filter_map(|event| answered(event, &numbered)).join(", ");
            let seen = match &**nearest {
                Difference::Standing { .. } => format!("{}; then {}", observed, in_words(nearest).1),
                Difference::Other { .. }
                | Difference::Missing(_)
                | Difference::Extra(_)
                | Difference::Mixed { .. }
                | Difference::AcceptedByTheBackend(_)
                | Difference::NoOrder { .. } => observed,
            };
            let in_order = |order: &Vec<_>| order.iter().filter_map(|event| answered(event, &Plainly)).join(", ");
            (expected.iter().map(in_order).join("; or "), seen)
        }
        Difference::Standing { token, expected } => {
            let (expected, seen) = match expected {
                Standing::Active => ("active", "inactive"),
                Standing::Inactive => ("inactive", "active"),
            };
            (format!("{token} is {expected}"), format!("{token} is {seen}"))
        }
    }
}

/// An answer, and which exchange it answers.
fn answered<S: Symbols>(event: &Event<S>, say: &impl Say<S>) -> Option<String> {
    match event {
        Event::Answered(exchange, answer) => {
            Some(format!("{}: {}", words::exchange(*exchange), words::answer(answer, say)))
        }
        Event::Sent(..) | Event::CallEnded(..) | Event::SignInFailed(_) | Event::Session(_) => None,
    }
}

/// Tells secrets apart, and nothing else of them.
#[derive(Default)]
struct Numbered(RefCell<Vec<Secret>>);

impl Numbered {
    fn number(&self, secret: &Secret) -> usize {
        let mut met = self.0.borrow_mut();
        let at = met.iter().position(|known| known == secret).unwrap_or_else(|| {
            met.push(secret.clone());
            met.len() - 1
        });
        at + 1
    }
}

impl Say<Concrete> for Numbered {
    fn code(&self, code: &Secret) -> String {
        format!("code #{}", self.number(code))
    }

    fn refresh(&self, token: &Secret) -> String {
        format!("refresh token #{}", self.number(token))
    }

    fn access(&self, token: &Secret) -> String {
        format!("access token #{}", self.number(token))
    }

    fn why(&self, (): &()) -> String {
        String::new()
    }

    fn unexpected(&self, unexpected: &Unexpected) -> String {
        unexpected.0.clone()
    }
}

/// Says of a secret only what kind it is.
struct Discreetly;

impl Say<Concrete> for Discreetly {
    fn code(&self, _code: &Secret) -> String {
        "a code".to_owned()
    }

    fn refresh(&self, _token: &Secret) -> String {
        "a refresh token".to_owned()
    }

    fn access(&self, _token: &Secret) -> String {
        "an access token".to_owned()
    }

    fn why(&self, (): &()) -> String {
        String::new()
    }

    fn unexpected(&self, unexpected: &Unexpected) -> String {
        unexpected.0.clone()
    }
}
