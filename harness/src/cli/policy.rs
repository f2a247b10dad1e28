//! `authloom policy`: the policies that come with authloom, and what one of your own comes to.

use std::io::{self, Write};
use std::path::PathBuf;

use authloom_model::Policy;
use clap::{Args, Subcommand};

use super::failure::{Failure, written};
use super::flags::{policy, too_many_ticks};
use crate::report;
use crate::run::Status;

/// List the profiles, show a policy, or make one small enough to explore.
#[derive(Args, Clone, Debug)]
pub(super) struct PolicyCommand {
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Subcommand, Clone, Debug)]
enum Verb {
    /// List the profiles that come with authloom.
    List,
    /// Print a policy as a file, with each duration in ticks as a comment.
    Show {
        /// The name of a profile, or a policy file.
        #[arg(value_name = "NAME-OR-FILE")]
        policy: String,
    },
    /// Print a policy whose limits come in the same order, each one tick apart: small enough to explore.
    Shrink {
        /// The policy file.
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

impl PolicyCommand {
    /// Does what was asked of policies.
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<Status, Failure> {
        match &self.verb {
            None | Some(Verb::List) => written(report::policy::profiles(out, &Policy::PROFILES))?,
            Some(Verb::Show { policy: name }) => {
                let shown = policy(name)?;
                let ticks = shown.ticks();
                written(report::policy::show(out, &shown, ticks.as_ref().ok()))?;
                if let Err(error) = ticks {
                    return Err(too_many_ticks(name, &error));
                }
            }
            Some(Verb::Shrink { file }) => {
                let shrunk = policy(&file.to_string_lossy())?.shrunk();
                written(shrink(out, &shrunk))?;
            }
        }
        Ok(Status::Holds)
    }
}

fn shrink(out: &mut dyn Write, policy: &Policy) -> io::Result<()> {
    report::policy::show(out, policy, policy.ticks().as_ref().ok())
}
