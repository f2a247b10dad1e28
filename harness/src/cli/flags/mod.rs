//! The flags that several verbs share: what to look at, how far, and how to say it.

pub(in crate::cli) mod budget;
pub(in crate::cli) mod chosen;
pub(in crate::cli) mod saying;
pub(in crate::cli) mod time_limit;

use std::fmt::Write as _;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use authloom_model::policy::{Accepted, PolicyFile, TooManyTicks};
use authloom_model::{Policy, Scope, Spec};
use clap::{Args, ValueEnum};
use toml::value::{Date, Datetime};

use crate::cli::failure::Failure;
use crate::explore::Limits;
use crate::files::{self, Kind};
use crate::stop::Stop;

const RECOMMENDED: &str = "recommended";

/// What each scope allows.
pub(in crate::cli) const SCOPES: &str = "\
What may happen around it. In each of these one message may be lost,
and sessions are of any length:
  theft    one tab, one call at a time, and a thief who copies a
           code or a session once
  small    one tab with two calls at a time
  default  two tabs that share a session, one call at a time each
  large    two tabs with two calls at a time each: for `check`
           alone, a minute or more
Or in full, like `tabs=3,calls=1,flows=1,losses=0,thefts=0`: tabs,
calls at a time in each, sign-ins and sign-outs at a time, messages
that may be lost, times that a thief may copy something. What is
left out is as in default.";

/// What to look at.
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct Subject {
    /// What the deployment chose: the name of a profile (`authloom policy` lists them), or a policy file. Unless told, recommended.
    #[arg(long, value_name = "NAME-OR-FILE")]
    policy: Option<String>,

    /// What may happen around it: theft, small, default, large, or in full like `tabs=3,losses=0`.
    #[arg(long, value_name = "NAME-OR-SPEC", default_value_t = Scope::DEFAULT, long_help = SCOPES)]
    pub(in crate::cli) scope: Scope,
}

/// How far to look.
#[derive(Args, Clone, Copy, Debug)]
pub(in crate::cli) struct Bounds {
    /// Memory that the exploration may use, like 512MiB or 4GiB. It stops before it would need more.
    #[arg(long, value_name = "SIZE", value_parser = memory, default_value = "4GiB")]
    pub(in crate::cli) memory: u64,

    /// Explore at most this many worlds.
    #[arg(long, value_name = "COUNT", default_value_t = u32::MAX, hide_default_value = true,
          value_parser = clap::value_parser!(u32).range(1..))]
    pub(in crate::cli) max_worlds: u32,

    /// Explore at most this many steps from the beginning.
    #[arg(long, value_name = "STEPS")]
    pub(in crate::cli) depth: Option<u32>,
}

/// The form of a report.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(in crate::cli) enum Format {
    /// For people.
    Text,
    /// One object on one line, for machines; harness/schema/report.schema.json in the repository describes it.
    Json,
    /// JUnit XML, for continuous integration.
    Junit,
}

/// Where else to say it.
#[derive(Args, Clone, Debug)]
pub(in crate::cli) struct Summary {
    /// Append a summary in Markdown to this file, with each trace as a Mermaid picture: for pull requests.
    #[arg(long, value_name = "FILE")]
    summary: Option<PathBuf>,
}

impl Summary {
    /// The file, if anybody asked for it.
    pub(in crate::cli) fn path(&self) -> Option<&Path> {
        self.summary.as_deref()
    }
}

impl Subject {
    /// Reads the policy and makes the spec.
    pub(in crate::cli) fn spec(&self) -> Result<Spec, Failure> {
        self.spec_and_accepted().map(|(spec, _)| spec)
    }

    /// The same, and which promises the policy's file says are known not to be kept.
    pub(in crate::cli) fn spec_and_accepted(&self) -> Result<(Spec, Vec<Accepted>), Failure> {
        let name_or_file = self.policy();
        let PolicyFile { policy, accepted } = policy_file(name_or_file)?;
        let spec = exact(name_or_file, policy, self.scope)?;
        Ok((spec, accepted))
    }

    /// That there is another word on the policy, by which a described server is held to it.
    pub(in crate::cli) fn leaves_the_policy_to(&self, file_says: &str) -> Result<(), Failure> {
        match &self.policy {
            None => Ok(()),
            Some(_) => Err(Failure::input(format_args!(
                "--policy is for reference and http: this target is held to the policy that its file names, `{file_says}`: change \
                 `policy` there"
            ))),
        }
    }

    /// The same in ticks.
    pub(in crate::cli) fn in_ticks(&self) -> Result<Spec, Failure> {
        let policy = policy(self.policy())?;
        Spec::in_ticks(policy, self.scope).map_err(|error| too_many_ticks(self.policy(), &error))
    }

    fn policy(&self) -> &str {
        self.policy.as_deref().unwrap_or(RECOMMENDED)
    }

    /// The flags that ask for the same again, each after a space; what is the default is left out.
    pub(in crate::cli) fn again(&self) -> String {
        let mut flags = String::new();
        if self.policy() != RECOMMENDED {
            write!(flags, " --policy {}", self.policy()).expect("a string can be written to");
        }
        if self.scope != Scope::DEFAULT {
            write!(flags, " --scope {}", self.scope).expect("a string can be written to");
        }
        flags
    }
}

impl Bounds {
    /// Where an exploration must stop: at these bounds, or at the word.
    pub(in crate::cli) fn until(self, stop: Stop) -> Limits {
        Limits { worlds: self.max_worlds, memory_bytes: self.memory, depth: self.depth, stop }
    }
}

/// The profile of that name, or else the policy in the file of that name.
pub(in crate::cli) fn policy(name_or_file: &str) -> Result<Policy, Failure> {
    policy_file(name_or_file).map(|file| file.policy)
}

/// The same, with whatever else the file says.
pub(in crate::cli) fn policy_file(name_or_file: &str) -> Result<PolicyFile, Failure> {
    if let Some(policy) = Policy::profile(name_or_file) {
        return Ok(PolicyFile { policy, accepted: Vec::new() });
    }
    let text = files::read_text(Path::new(name_or_file), Kind::POLICY).map_err(|error| unread(name_or_file, &error))?;
    PolicyFile::from_toml(name_or_file, &text).map_err(Failure::input)
}

/// The day by the machine's clock, in UTC.
#[expect(
    clippy::disallowed_methods,
    reason = "what is accepted for a time is so by the calendar of whoever accepts it"
)]
pub(in crate::cli) fn today() -> Date {
    let now = humantime::format_rfc3339_seconds(std::time::SystemTime::now()).to_string();
    let now: Datetime = now.parse().expect("both read and write RFC 3339");
    now.date.expect("it has a date")
}

/// What to say of a policy file that cannot be read.
fn unread(file: &str, error: &io::Error) -> Failure {
    if error.kind() == ErrorKind::NotFound {
        return Failure::input(format_args!(
            "no profile and no file `{file}`: the profiles are {}; a file of your own can start from `authloom policy \
             show {RECOMMENDED} > my.toml`",
            profiles()
        ));
    }
    let message = format!("cannot read {file}: {error}");
    if files::is_wrong_file(error) { Failure::input(message) } else { Failure::fault(message) }
}

/// A policy in a scope, with time exactly as it is.
pub(in crate::cli) fn exact(name_or_file: &str, policy: Policy, scope: Scope) -> Result<Spec, Failure> {
    Spec::exact(policy, scope).map_err(|error| Failure::input(format_args!("{name_or_file}: {error}")))
}

/// What to say of a policy that has too many ticks, with the way out.
pub(in crate::cli) fn too_many_ticks(name_or_file: &str, error: &TooManyTicks) -> Failure {
    Failure::input(format_args!(
        "{name_or_file}: {error}\nWithout ticks any durations can be asked: leave out `--engine`, and for `cover` ask for `--goal kinds`"
    ))
}

fn profiles() -> String {
    Policy::PROFILES.map(|(name, _)| name).join(", ")
}

/// Reads a size like `4GiB`.
fn memory(text: &str) -> Result<u64, String> {
    const UNITS: [(&str, u32); 4] = [("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40)];
    let wrong = || "a size is a whole number with KiB, MiB, GiB or TiB, like 512MiB or 4GiB".to_owned();
    let (number, shift) =
        UNITS.into_iter().find_map(|(unit, shift)| Some((text.strip_suffix(unit)?, shift))).ok_or_else(wrong)?;
    let number: u64 = number.trim().parse().map_err(|_| wrong())?;
    number.checked_mul(1 << shift).filter(|bytes| *bytes > 0).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_a_number_with_its_unit() {
        assert_eq!(memory("4GiB"), Ok(4 << 30));
        assert_eq!(memory("512 MiB"), Ok(512 << 20));
        for wrong in ["4", "4GB", "GiB", "-1GiB", "0GiB", "1.5GiB", "99999999999TiB"] {
            assert!(memory(wrong).is_err(), "{wrong}");
        }
    }
}
