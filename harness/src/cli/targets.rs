//! The targets that can be named.

use std::num::NonZeroUsize;

use authloom_model::Spec;
use clap::ValueEnum;

use crate::run::Suite;
use crate::target::http::Http;
use crate::target::{Fault, Reference, Target};

/// A target, by its name.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(super) enum TargetName {
    /// The reference servers in this process.
    Reference,
    /// The reference servers as processes of their own, over HTTP on loopback.
    Http,
}

impl TargetName {
    /// All of them, in the order in which they are verified.
    pub(super) const ALL: [Self; 2] = [Self::Reference, Self::Http];

    /// The name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Reference => "reference",
            Self::Http => "http",
        }
    }

    /// What of a graph it is led through: everything, where a step costs next to nothing.
    pub(super) fn suite(self) -> Suite {
        match self {
            Self::Reference => Suite::EveryStep,
            Self::Http => Suite::EveryKind,
        }
    }

    /// Makes one that obeys the policy of a spec.
    pub(super) fn open(self, spec: &Spec) -> Result<Box<dyn Target>, Fault> {
        match self {
            Self::Reference => Ok(Box::new(Reference::new(spec)?)),
            Self::Http => {
                let program = std::env::current_exe()
                    .map_err(|error| Fault(format!("cannot find the program that serves: {error}")))?;
                Ok(Box::new(Http::start(spec, &program)?))
            }
        }
    }

    /// How many to drive at once: as many as there are cores, where one is no more than memory.
    pub(super) fn workers(self) -> NonZeroUsize {
        match self {
            Self::Reference => std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            Self::Http => NonZeroUsize::MIN,
        }
    }
}
