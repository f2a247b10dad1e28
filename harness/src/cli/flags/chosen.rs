//! The targets that can be named, and those that a file describes.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use authloom_model::rules::Rule;
use authloom_model::{Policy, Spec};

use crate::cli::failure::Failure;
use crate::cli::flags;
use crate::files::{self, Kind};
use crate::run::Suite;
use crate::servers::described::file::auth_service::Description;
use crate::servers::described::file::backend::{BackendDescription, Role};
use crate::servers::described::{Allowance, Live, LiveBackend};
use crate::servers::reference::over_http::Http;
use crate::servers::{Fault, Reference, Stoppable, Target};
use crate::stop::Stop;

/// A target.
#[derive(Clone, Debug)]
pub(in crate::cli) enum Chosen {
    /// The reference servers in this process.
    Reference,
    /// The reference servers as processes of their own, over HTTP on loopback.
    Http,
    /// An AuthService that a file describes.
    Live(Box<Description>),
    /// A backend that a file describes.
    Backend(Box<BackendDescription>),
}

impl Chosen {
    /// Those that come with authloom, in the order in which they are verified.
    pub(in crate::cli) const OURS: [Self; 2] = [Self::Reference, Self::Http];

    /// The target of that name, or the one that the file of that name describes.
    pub(in crate::cli) fn of(name_or_file: &str) -> Result<Self, Failure> {
        match name_or_file {
            "reference" => Ok(Self::Reference),
            "http" => Ok(Self::Http),
            file => {
                let text = read(file)?;
                match Role::of(&text) {
                    Role::AuthService => described(file).map(|described| Self::Live(Box::new(described))),
                    Role::Backend => BackendDescription::from_toml(Path::new(file), &text)
                        .map(|described| Self::Backend(Box::new(described)))
                        .map_err(Failure::input),
                }
            }
        }
    }

    /// The name.
    pub(in crate::cli) fn name(&self) -> &str {
        match self {
            Self::Reference => "reference",
            Self::Http => "http",
            Self::Live(described) => &described.name,
            Self::Backend(described) => &described.name,
        }
    }

    /// What of a graph it is led through: everything, where a step costs next to nothing.
    pub(in crate::cli) fn suite(&self) -> Suite {
        match self {
            Self::Reference => Suite::EveryStep,
            Self::Http | Self::Live(_) | Self::Backend(_) => Suite::EveryKind,
        }
    }

    /// Makes one that obeys the policy of a spec, or is to be held to it, and that is asked nothing more once the word to stop has come.
    pub(in crate::cli) fn open(&self, spec: &Spec, stop: Stop) -> Result<Box<dyn Target>, Fault> {
        if let Some(by) = stop.by() {
            return Err(Fault::stopped(by));
        }
        let target: Box<dyn Target> = match self {
            Self::Reference => Box::new(Reference::new(spec)?),
            Self::Http => Box::new(Http::start(spec, &program()?)?),
            Self::Live(described) => Box::new(Live::before(described, spec)?),
            Self::Backend(described) => Box::new(LiveBackend::of(described, spec, &program()?)?),
        };
        Ok(Box::new(Stoppable::new(target, stop)))
    }

    /// Ends every wait for a described server with the word to stop.
    pub(in crate::cli) fn until(&mut self, stop: Stop) {
        match self {
            // Ours answer at once.
            Self::Reference | Self::Http => {}
            Self::Live(described) => described.server.until = stop,
            Self::Backend(described) => described.server.until = stop,
        }
    }

    /// The policy that the file of a described server names, with what to call it; none where there is no file.
    pub(in crate::cli) fn policy(&self) -> Result<Option<(&str, Policy)>, Failure> {
        match self {
            Self::Reference | Self::Http => Ok(None),
            Self::Live(described) => Ok(Some((&described.policy, policy_of(described)?))),
            Self::Backend(described) => {
                let policy = policy_beside(&described.folder, &described.policy)?;
                Ok(Some((&described.policy, policy)))
            }
        }
    }

    /// All that says what it is and how it is asked, but for what is accepted of it.
    pub(in crate::cli) fn described_as(&self) -> String {
        match self {
            Self::Reference | Self::Http => self.name().to_owned(),
            Self::Live(described) => {
                let mut bare = (**described).clone();
                bare.accepted.clear();
                bare.allowance = Allowance::unlimited(None);
                format!("{bare:?}")
            }
            Self::Backend(described) => {
                format!("{:?}", BackendDescription { accepted: Vec::new(), ..(**described).clone() })
            }
        }
    }

    /// Where some keys stand in the file of a described AuthService; none where none does.
    pub(in crate::cli) fn see(&self, keys: &[&str]) -> Option<String> {
        match self {
            Self::Reference | Self::Http | Self::Backend(_) => None,
            Self::Live(described) => {
                let keys = described.places.present(keys);
                let see: Vec<_> = keys.iter().map(|key| format!("`{key}` at {}", described.places.at(key))).collect();
                (!see.is_empty()).then(|| see.join(", "))
            }
        }
    }

    /// The rules that a described server is known not to keep, each with the reason why that is accepted today.
    pub(in crate::cli) fn accepted(&self) -> Vec<(Rule, String)> {
        let accepted = match self {
            Self::Reference | Self::Http => return Vec::new(),
            Self::Live(described) => &described.accepted,
            Self::Backend(described) => &described.accepted,
        };
        let today = flags::today().to_string();
        let accepted = accepted.iter().filter(|accepted| accepted.holds_on(&today));
        accepted.map(|accepted| (accepted.rule, accepted.reason.clone())).collect()
    }

    /// How many to drive at once: as many as there are cores, where one is no more than memory.
    pub(in crate::cli) fn workers(&self) -> NonZeroUsize {
        match self {
            Self::Reference => std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            Self::Http | Self::Live(_) | Self::Backend(_) => NonZeroUsize::MIN,
        }
    }
}

fn program() -> Result<PathBuf, Fault> {
    std::env::current_exe().map_err(|error| Fault(format!("cannot find the program that serves: {error}")))
}

/// Reads the description of an AuthService.
pub(in crate::cli) fn described(file: &str) -> Result<Description, Failure> {
    if matches!(file, "reference" | "http") {
        return Err(Failure::input(format_args!(
            "`{file}` is ours, and its policy is known: name a file that describes a server, such as `authloom target init` prints"
        )));
    }
    let text = read(file)?;
    if Role::of(&text) == Role::Backend {
        return Err(Failure::input(format_args!(
            "{file} describes a backend, which `verify` and `replay` drive: only an AuthService is probed, audited or checked"
        )));
    }
    Description::from_toml(Path::new(file), &text).map_err(Failure::input)
}

fn read(file: &str) -> Result<String, Failure> {
    files::read_text(Path::new(file), Kind::TARGET).map_err(|error| {
        Failure::input(format_args!(
            "no target `{file}`: it is reference, http, or a file that describes a server, which cannot be read: {error}"
        ))
    })
}

/// The policy that a described AuthService is held to.
pub(in crate::cli) fn policy_of(described: &Description) -> Result<Policy, Failure> {
    policy_beside(&described.folder, &described.policy)
        .map_err(|why| Failure { message: format!("{}: {}", described.places.at("policy"), why.message), ..why })
}

/// The profile of that name, or the policy in a file in that folder.
fn policy_beside(folder: &Path, name_or_file: &str) -> Result<Policy, Failure> {
    match Policy::profile(name_or_file) {
        Some(policy) => Ok(policy),
        None => flags::policy(&folder.join(name_or_file).to_string_lossy()),
    }
}
