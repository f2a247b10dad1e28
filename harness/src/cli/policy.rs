//! `authloom policy`: lists the policies that come with authloom, shows one, and checks one of your own.

use std::io::Write;
use std::path::PathBuf;

use authloom_model::{Policy, Scope};
use clap::{Args, Subcommand};

use super::failure::{Failure, written};
use super::flags::{exact, policy_file};
use crate::report;
use crate::run::Status;

/// List the profiles, or show or check a policy.
#[derive(Args, Clone, Debug)]
pub(super) struct PolicyCommand {
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Subcommand, Clone, Debug)]
enum Verb {
    /// List the profiles that come with authloom.
    List,
    /// Print a policy's file with every knob that means something.
    Show {
        /// The name of a profile, or a policy file.
        #[arg(value_name = "NAME-OR-FILE")]
        policy: String,
    },
    /// Say whether a file is a policy, and what in it differs from the recommended profile.
    Check {
        /// The policy file.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

impl PolicyCommand {
    /// Runs the verb; without one, lists the profiles.
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<Status, Failure> {
        match &self.verb {
            None | Some(Verb::List) => written(report::policy::profiles(out, &Policy::PROFILES))?,
            Some(Verb::Show { policy: name }) => written(report::policy::show(out, &policy_file(name)?))?,
            Some(Verb::Check { file }) => {
                let name = file.to_string_lossy();
                let checked = policy_file(&name)?;
                exact(&name, checked.policy.clone(), Scope::DEFAULT)?;
                written(report::policy::check(out, &name, &checked))?;
            }
        }
        Ok(Status::Holds)
    }
}
