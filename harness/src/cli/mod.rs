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
mod policy;
mod probe;
mod replay;
mod rules;
pub mod serve;
mod show;
mod target;
mod verify;

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::report;
use crate::run::Status;
use failure::Failure;
use flags::Format;

const EXIT_STATUSES: &str = "\
Exit statuses, where several are true the first in the order 2, 1, 3, 4, 5, 0:
  0  everything asked for holds
  1  a property is violated, or a target diverges from the model
  2  the input is wrong: a flag, a policy, a trace
  3  the run was cut off, or bounded below what was asked
  4  nothing could be run
  5  a fault in the surroundings: a port in use, a read-only folder";

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
    let mut out = anstream::stdout().lock();
    let result = match &cli.command {
        Some(command) => command.run(&mut out),
        None => cli.verify.run(&mut out),
    };
    // A reader who has left does not want the rest either.
    let _ = out.flush();
    match result {
        Ok(status) => status.into(),
        Err(Failure { status, message }) => {
            // What cannot be written to was the failure, or makes none of what is said below.
            let _ = match cli.format() {
                None | Some(Format::Text) => Ok(()),
                Some(Format::Json) => report::failure::json(&mut out, status, &message),
                Some(Format::Junit) => report::failure::junit(&mut out, status, &message),
            };
            let _ = out.flush();
            // With stderr gone too there is nobody left to tell.
            let _ = writeln!(anstream::stderr(), "error: {message}");
            status.into()
        }
    }
}

impl Cli {
    /// The format that the report was asked for in; none where the verb has just one.
    fn format(&self) -> Option<Format> {
        match &self.command {
            None => Some(self.verify.format),
            Some(Command::Verify(verify)) => Some(verify.format),
            Some(Command::Check(check)) => Some(check.format),
            Some(Command::Cover(cover)) => Some(cover.format),
            Some(Command::Replay(replay)) => Some(replay.format),
            Some(Command::Probe(probe)) => Some(probe.format),
            Some(Command::Audit(audit)) => Some(audit.format),
            Some(
                Command::Show(_) | Command::Target(_) | Command::Policy(_) | Command::Rules(_) | Command::Serve(_),
            ) => None,
        }
    }
}

impl Command {
    fn run(&self, out: &mut dyn Write) -> Result<Status, Failure> {
        match self {
            Self::Verify(verify) => verify.run(out),
            Self::Check(check) => check.run(out),
            Self::Cover(cover) => cover.run(out),
            Self::Replay(replay) => replay.run(out),
            Self::Show(show) => show.run(out),
            Self::Probe(probe) => probe.run(out),
            Self::Audit(audit) => audit.run(out),
            Self::Target(target) => target.run(out),
            Self::Policy(policy) => policy.run(out),
            Self::Rules(rules) => rules.run(out),
            Self::Serve(serve) => serve.run(out),
        }
    }
}
