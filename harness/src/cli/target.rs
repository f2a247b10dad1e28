//! `authloom target`: describes a live server, and tries what its description says.

use std::io::Write;
use std::path::PathBuf;

use authloom_model::Scope;
use clap::{Args, Subcommand};

use super::failure::{Failure, written};
use super::flags::chosen::Chosen;
use super::flags::exact;
use crate::report;
use crate::run::{Status, try_out};
use crate::servers::described::file::draft;
use crate::servers::described::file::server::check_web_address;
use crate::stop::Stop;

/// Describe a live server in a file, or try what such a file says.
#[derive(Args, Clone, Debug)]
pub(super) struct TargetCommand {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand, Clone, Debug)]
enum Verb {
    /// Print a description to fill in, from what the server says of itself.
    Init {
        /// The server's issuer identifier.
        #[arg(long, value_name = "URL")]
        issuer: String,

        /// The certificates, in PEM, of the authorities that are trusted beside those of the machine.
        #[arg(long, value_name = "FILE")]
        ca: Option<PathBuf>,
    },
    /// Try what a description says, line by line, and say what works.
    Check {
        /// The file that describes the server.
        #[arg(value_name = "FILE")]
        file: String,
    },
}

impl TargetCommand {
    /// Describes, or tries.
    pub(super) fn run(&self, out: &mut dyn Write, stop: Stop) -> Result<Status, Failure> {
        match &self.verb {
            Verb::Init { issuer, ca } => {
                check_web_address(issuer).map_err(|why| Failure::input(format_args!("--issuer: {why}")))?;
                let found = draft::ask(issuer, ca.as_deref(), stop)?;
                if let Some(own) = found.is_of_another(issuer) {
                    let why = format!("--issuer: the server at {issuer} calls itself {own}: write `--issuer {own}`");
                    return Err(Failure::input(why));
                }
                written(out.write_all(draft::description(issuer, &found).as_bytes()))?;
                Ok(Status::Holds)
            }
            Verb::Check { file } => {
                let mut target = Chosen::of(file)?;
                target.until(stop);
                let Some((name, policy)) = target.policy()? else {
                    let why = "it is one of ours: name a file that describes a server, such as `target init` prints";
                    return Err(Failure::input(format_args!("{file}: {why}")));
                };
                let spec = exact(name, policy, Scope::THEFT)?;
                let tried = try_out(&mut *target.open(&spec, stop)?);
                written(report::trial::text(out, target.name(), &tried, &|thing| target.see(thing.keys())))?;
                Ok(tried.status())
            }
        }
    }
}
