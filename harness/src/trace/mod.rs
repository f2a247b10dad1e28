//! A trace: what happens, in which order, and what must be seen of it.
//!
//! A trace is a function of its policy, its scope and its actions: everything that must be seen follows from the model. So a file is
//! believed only as far as the model agrees with it, step by step. Names last: one tab, one call and one token keep theirs from the first
//! line to the last, however the worlds under them are renamed.

pub mod diagram;
mod figure;
pub mod file;
pub mod json;
pub mod kept;
pub mod mermaid;
pub mod orders;
#[cfg(test)]
pub(crate) mod samples;
mod standings;
mod walk;
pub mod words;

use std::fmt;

use authloom_model::seen::{Event, Refusal, Symbols};
use authloom_model::{Action, Policy, Scope, Spec};
use itertools::Itertools as _;
use serde::{Deserialize, Serialize};

pub use file::{FileError, TraceError};
pub use walk::{NotEnabled, Walker};

/// By names that last as long as the trace.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum InTrace {}

impl Symbols for InTrace {
    type Code = Code;
    type Refresh = Refresh;
    type Access = Access;
    type Why = Refusal;
    type Unexpected = std::convert::Infallible;
}

macro_rules! symbols {
    ($($(#[$doc:meta])* $name:ident as $letter:literal),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub struct $name(pub u32);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($letter, "{}"), self.0)
            }
        }
    )+};
}

symbols! {
    /// The n-th authorization code of a trace.
    Code as "c",
    /// The n-th refresh token of a trace.
    Refresh as "r",
    /// The n-th access token of a trace.
    Access as "a",
}

/// A token that an AuthService can be asked about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Token {
    /// An access token.
    Access(Access),
    /// A refresh token.
    Refresh(Refresh),
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Access(token) => token.fmt(f),
            Self::Refresh(token) => token.fmt(f),
        }
    }
}

/// What introspection says of a token. RFC 7662 section 2.2.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Standing {
    /// It is active.
    Active,
    /// It is not.
    Inactive,
}

/// A limit that time passes. See [`authloom_model::Limit`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Passed {
    /// A client that refreshes early finds it due.
    Due(Access),
    /// It is past its `exp`.
    Exp(Access),
    /// It is past its `exp` plus a backend's leeway.
    ExpPlusLeeway(Access),
    /// It has not been used for too long.
    Idle(Refresh),
    /// It is spent, and past its grace period.
    Grace(Refresh),
    /// It is expired.
    Code(Code),
    /// Its grant is past the lifetime of its refresh tokens.
    Lifetime(Code),
}

/// One step of a trace.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TraceStep {
    /// What happens. Its tabs and calls are the trace's.
    pub action: Action,
    /// The limits that time passes.
    pub passed: Vec<Passed>,
    /// What must be seen of it, in any order.
    pub seen: Vec<Event<InTrace>>,
    /// How each token that somebody still refers to must stand afterwards, where the step could have changed that.
    pub standing: Vec<(Token, Standing)>,
    /// When its message is let go.
    pub release: Release,
}

/// When a message is let go.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Release {
    /// When everything before it has been answered.
    Alone,
    /// At once with that of the next step, so that both are inside the server together. What must be seen is then told as if the steps
    /// were taken in the order in which they stand; whatever fits another order is as right.
    WithNext,
}

/// What a trace is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Header {
    /// The policy it was made for.
    pub policy: Policy,
    /// The scope it was made in.
    pub scope: Scope,
    /// What it shows, in a sentence without a line break.
    pub shows: String,
    /// How a target departed from the model at the last step, if one did.
    pub parting: Option<Parting>,
}

impl Header {
    /// The header of a trace that a spec allows and no target has departed from.
    #[must_use]
    pub fn new(spec: &Spec, shows: impl Into<String>) -> Self {
        Self { policy: spec.policy.clone(), scope: spec.scope, shows: shows.into(), parting: None }
    }
}

/// What the model expected of a step, and what a target did instead: in words, without line breaks and without any secret.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parting {
    /// What had to be seen.
    pub expected: String,
    /// What was seen.
    pub seen: String,
}

/// What happens, in which order, and what must be seen of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trace {
    /// What it is about.
    pub header: Header,
    /// Its steps.
    pub steps: Vec<TraceStep>,
}

/// Steps, those together that are let go at once.
fn rounds(steps: &[TraceStep]) -> impl Iterator<Item = &[TraceStep]> {
    steps.split_inclusive(|step| step.release == Release::Alone)
}

impl Trace {
    /// The actions alone. With the header they are the whole trace.
    pub fn actions(&self) -> impl Iterator<Item = Action> + '_ {
        self.steps.iter().map(|step| step.action)
    }

    /// The steps, those together that are let go at once.
    pub fn rounds(&self) -> impl Iterator<Item = &[TraceStep]> {
        rounds(&self.steps)
    }

    /// The trace for each order of what is let go at once, with everything one after the other.
    #[must_use]
    pub fn one_after_the_other(&self, spec: &Spec) -> Vec<Self> {
        let of_round =
            |round: &[TraceStep]| orders::orders(&round.iter().map(|step| step.action).collect::<Vec<Action>>());
        let walked = |way: Vec<Vec<Action>>| {
            let mut walker = Walker::new(spec);
            let step = |action| walker.take(action).expect("a trace is possible in every order");
            Self { header: self.header.clone(), steps: way.into_iter().flatten().map(step).collect() }
        };
        self.rounds().map(of_round).multi_cartesian_product().map(walked).collect()
    }

    /// Whether there are steps that are let go at once.
    #[must_use]
    pub fn races(&self) -> bool {
        self.steps.iter().any(|step| step.release == Release::WithNext)
    }
}
