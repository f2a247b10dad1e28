//! A trace: what happens, in which order, and what must be seen of it.
//!
//! A trace is a function of its policy, its scope and its actions: everything that must be seen follows from the model. So a file is
//! believed only as far as the model agrees with it, step by step. Names last: one tab, one call and one token keep theirs from the first
//! line to the last, however the worlds under them are renamed.

pub mod diagram;
mod figure;
pub mod file;
pub mod json;
pub mod mermaid;
#[cfg(test)]
mod samples;
mod walk;
pub mod words;

use std::fmt;

use authloom_model::seen::{Event, Refusal, Symbols};
use authloom_model::{Action, Policy, Scope};

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

/// One step of a trace.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TraceStep {
    /// What happens. Its tabs and calls are the trace's.
    pub action: Action,
    /// What must be seen of it, in any order.
    pub seen: Vec<Event<InTrace>>,
    /// How each token that somebody still refers to must stand afterwards, where the step could have changed that.
    pub standing: Vec<(Token, Standing)>,
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
}

/// What happens, in which order, and what must be seen of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trace {
    /// What it is about.
    pub header: Header,
    /// Its steps.
    pub steps: Vec<TraceStep>,
}

impl Trace {
    /// The actions alone. With the header they are the whole trace.
    pub fn actions(&self) -> impl Iterator<Item = Action> + '_ {
        self.steps.iter().map(|step| step.action)
    }
}
