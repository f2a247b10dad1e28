//! `authloom policy`: lists the policies that come with authloom, shows and checks one of your own, and makes it small enough to explore.

use std::io::Write;
use std::path::PathBuf;

use authloom_model::Policy;
use authloom_model::policy::PolicyFile;
use clap::{Args, Subcommand};

use super::failure::{Failure, written};
use super::flags::{policy_file, too_many_ticks};
use crate::report;
use crate::run::Status;

/// List the profiles, show or check a policy, or make one small enough to explore.
#[derive(Args, Clone, Debug)]
pub(super) struct PolicyCommand {
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Subcommand, Clone, Debug)]
enum Verb {
    /// List the profiles that come with authloom.
    List,
    /// Print a policy's file with every knob that means something, and each duration in ticks as a comment.
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
    /// Print a policy whose limits come in the same order, each one tick apart: small enough to explore. Sums of durations are lost: a
    /// promise that holds under it can be broken under the real durations.
    Shrink {
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
            Some(Verb::Show { policy: name }) => {
                let shown = policy_file(name)?;
                let ticks = shown.policy.ticks();
                written(report::policy::show(out, &shown, ticks.as_ref().ok()))?;
                if let Err(error) = ticks {
                    return Err(too_many_ticks(name, &error));
                }
            }
            Some(Verb::Check { file }) => {
                let name = file.to_string_lossy();
                let checked = policy_file(&name)?;
                let ticks = checked.policy.ticks().map_err(|error| too_many_ticks(&name, &error))?;
                written(report::policy::check(out, &name, &checked, &ticks))?;
            }
            Some(Verb::Shrink { file }) => {
                let PolicyFile { policy, accepted } = policy_file(&file.to_string_lossy())?;
                let shrunk = PolicyFile { policy: policy.shrunk(), accepted };
                written(report::policy::show(out, &shrunk, shrunk.policy.ticks().as_ref().ok()))?;
            }
        }
        Ok(Status::Holds)
    }
}
