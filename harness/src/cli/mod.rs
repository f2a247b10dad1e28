//! The command line: one file for each verb.
//!
//! A verb reads its flags, asks [`crate::run`] for an outcome and [`crate::report`] to print it. Deliberately absent: how anything is
//! explored, driven or worded.

mod audit;
mod check;
mod cover;
mod failure;
mod flags;
mod folder;
mod help;
mod outputs;
mod policy;
mod probe;
mod replay;
mod rules;
pub mod serve;
mod show;
mod stopping;
mod target;
mod verify;

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::report;
use crate::run::Status;
use crate::stop::Stop;
use failure::{Failure, written};
use flags::Format;

const EXIT_STATUSES: &str = "\
Exit statuses, where several are true the first in the order 2, 1, 3, 4, 5, 0:
  0  everything asked for holds
  1  a property is violated, or a target diverges from the model
  2  the input is wrong: a flag, a policy, a trace
  3  the run was cut off, or bounded below what was asked
  4  nothing could be run
  5  a fault in the surroundings: a port in use, a full disk";

/// Finds, proves and replays what goes wrong in the life of an OAuth token.
#[derive(Parser, Debug)]
#[command(name = "authloom", version, max_term_width = 80, args_conflicts_with_subcommands = true)]
#[command(after_help = EXIT_STATUSES, after_long_help = help::verify())]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// What the bare command does.
    #[command(flatten)]
    verify: verify::Verify,
}

#[derive(Subcommand, Debug)]
enum Command {
    #[command(after_long_help = help::verify())]
    Verify(verify::Verify),
    #[command(after_long_help = help::check())]
    Check(check::Check),
    #[command(after_long_help = help::cover())]
    Cover(cover::Cover),
    #[command(after_long_help = help::replay())]
    Replay(replay::Replay),
    #[command(after_long_help = help::show())]
    Show(show::Show),
    #[command(after_long_help = help::probe())]
    Probe(probe::Probe),
    #[command(after_long_help = help::audit())]
    Audit(audit::Audit),
    #[command(after_long_help = help::target())]
    Target(target::TargetCommand),
    #[command(after_long_help = help::policy())]
    Policy(policy::PolicyCommand),
    #[command(after_long_help = help::rules())]
    Rules(rules::Rules),
    #[command(after_long_help = help::serve())]
    Serve(serve::Serve),
}

/// Does what the command line asks for, and says how it went.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let command = cli.command.unwrap_or(Command::Verify(cli.verify));
    let mut out = anstream::stdout().lock();
    let ran = command.stop().and_then(|stop| command.run(&mut out, stop));
    let status = ran.unwrap_or_else(|Failure { status, message }| {
        // What cannot be written to was the failure, or makes none of what is said below.
        let _ = match command.format() {
            None | Some(Format::Text) => Ok(()),
            Some(Format::Json) => report::failure::json(&mut out, status, &message),
            Some(Format::Junit) => report::failure::junit(&mut out, status, &message),
        };
        say(&message);
        status
    });
    let flushed = written(out.flush()).err().map(|failure| {
        say(&failure.message);
        failure.status
    });
    Status::worst(flushed.into_iter().chain([status])).into()
}

/// Says on standard error what has failed.
fn say(message: &str) {
    // With that gone too there is nobody left to tell.
    let _ = writeln!(anstream::stderr(), "error: {message}");
}

impl Command {
    /// The format that the report was asked for in; none where the verb has just one.
    fn format(&self) -> Option<Format> {
        match self {
            Self::Verify(verify) => Some(verify.format),
            Self::Check(check) => Some(check.format),
            Self::Cover(cover) => Some(cover.format),
            Self::Replay(replay) => Some(replay.format),
            Self::Probe(probe) => Some(probe.format),
            Self::Audit(audit) => Some(audit.format),
            Self::Show(_) | Self::Target(_) | Self::Policy(_) | Self::Rules(_) | Self::Serve(_) => None,
        }
    }

    /// The word that ends it early. A server listens for signals itself.
    fn stop(&self) -> Result<Stop, Failure> {
        match self {
            Self::Verify(verify) => stopping::listen(verify.time.limit()),
            Self::Check(check) => stopping::listen(check.time.limit()),
            Self::Cover(cover) => stopping::listen(cover.time.limit()),
            Self::Replay(replay) => stopping::listen(replay.time.limit()),
            Self::Probe(probe) => stopping::listen(probe.time.limit()),
            Self::Audit(audit) => stopping::listen(audit.time.limit()),
            Self::Show(_) | Self::Target(_) => stopping::listen(None),
            Self::Policy(_) | Self::Rules(_) | Self::Serve(_) => Ok(Stop::NEVER),
        }
    }

    fn run(&self, out: &mut dyn Write, stop: Stop) -> Result<Status, Failure> {
        match self {
            Self::Verify(verify) => verify.run(out, stop),
            Self::Check(check) => check.run(out, stop),
            Self::Cover(cover) => cover.run(out, stop),
            Self::Replay(replay) => replay.run(out, stop),
            Self::Show(show) => show.run(out, stop),
            Self::Probe(probe) => probe.run(out, stop),
            Self::Audit(audit) => audit.run(out, stop),
            Self::Target(target) => target.run(out, stop),
            Self::Policy(policy) => policy.run(out),
            Self::Rules(rules) => rules.run(out),
            Self::Serve(serve) => serve.run(out),
        }
    }
}
