//! The targets that can be named, and those that a file describes.

use std::num::NonZeroUsize;
use std::path::Path;

use authloom_model::{Policy, Spec};

use super::asked;
use super::failure::Failure;
use crate::run::Suite;
use crate::target::http::Http;
use crate::target::live::Live;
use crate::target::live::description::Description;
use crate::target::{Fault, Reference, Target};

/// A target.
#[derive(Clone, Debug)]
pub(super) enum Chosen {
    /// The reference servers in this process.
    Reference,
    /// The reference servers as processes of their own, over HTTP on loopback.
    Http,
    /// A server that a file describes.
    Live(Box<Description>),
}

impl Chosen {
    /// Those that come with authloom, in the order in which they are verified.
    pub(super) const OURS: [Self; 2] = [Self::Reference, Self::Http];

    /// The target of that name, or the one that the file of that name describes.
    pub(super) fn of(name_or_file: &str) -> Result<Self, Failure> {
        match name_or_file {
            "reference" => Ok(Self::Reference),
            "http" => Ok(Self::Http),
            file => described(file).map(|described| Self::Live(Box::new(described))),
        }
    }

    /// The name.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Reference => "reference",
            Self::Http => "http",
            Self::Live(described) => &described.name,
        }
    }

    /// What of a graph it is led through: everything, where a step costs next to nothing.
    pub(super) fn suite(&self) -> Suite {
        match self {
            Self::Reference => Suite::EveryStep,
            Self::Http | Self::Live(_) => Suite::EveryKind,
        }
    }

    /// Makes one that obeys the policy of a spec, or is to be held to it.
    pub(super) fn open(&self, spec: &Spec) -> Result<Box<dyn Target>, Fault> {
        match self {
            Self::Reference => Ok(Box::new(Reference::new(spec)?)),
            Self::Http => {
                let program = std::env::current_exe()
                    .map_err(|error| Fault(format!("cannot find the program that serves: {error}")))?;
                Ok(Box::new(Http::start(spec, &program)?))
            }
            Self::Live(described) => Ok(Box::new(Live::before(described, spec)?)),
        }
    }

    /// How many to drive at once: as many as there are cores, where one is no more than memory.
    pub(super) fn workers(&self) -> NonZeroUsize {
        match self {
            Self::Reference => std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            Self::Http | Self::Live(_) => NonZeroUsize::MIN,
        }
    }
}

/// Reads the description of a target.
pub(super) fn described(file: &str) -> Result<Description, Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        Failure::input(format_args!(
            "no target `{file}`: it is reference, http, or a file that describes a server, which cannot be read: {error}"
        ))
    })?;
    Description::from_toml(Path::new(file), &text).map_err(Failure::input)
}

/// The policy that a described target is held to.
pub(super) fn policy_of(described: &Description) -> Result<Policy, Failure> {
    if let Some(policy) = Policy::profile(&described.policy) {
        return Ok(policy);
    }
    asked::policy(&described.folder.join(&described.policy).to_string_lossy())
}
