//! Commands that a description names, each run to its end: they turn a clock, forget grants, make people up, or sign somebody in.
//!
//! Invariant: none outlives its time, or this program. What it prints on standard error goes to whoever runs us.

use std::io::Read as _;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::servers::Fault;
use crate::servers::group::Group;
use crate::servers::wait::{Waited, wait_for};
use crate::stop::Stop;

/// Bytes that are read of what a command prints. An address is a hundredth of it.
const MOST_BYTES: u64 = 1024 * 1024;

/// How a command is run.
#[derive(Clone, Copy)]
pub(in crate::servers) struct Surroundings<'s> {
    /// Where.
    pub(in crate::servers) folder: &'s Path,
    /// What it finds in its environment.
    pub(in crate::servers) env: &'s [(&'s str, &'s str)],
    /// How long it may take.
    pub(in crate::servers) patience: Duration,
    /// Ends it early.
    pub(in crate::servers) stop: Stop,
}

/// Runs a command, and gives what it prints. `what` says what it is for.
pub(in crate::servers) fn run(what: &str, command: &[String], surroundings: Surroundings<'_>) -> Result<String, Fault> {
    let Surroundings { folder, env, patience, stop } = surroundings;
    let Some((program, arguments)) = command.split_first() else {
        return Err(Fault(format!("the command {what} is empty")));
    };
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).envs(env.iter().copied()).stdin(Stdio::null()).stdout(Stdio::piped());
    let (mut child, group) = Group::start(&mut command)?;
    let (tell, told) = oneshot::channel::<(Option<ExitStatus>, String)>();
    let mut stdout = child.stdout.take();
    let waits = thread::Builder::new().name("command".to_owned()).spawn(move || {
        let mut said = String::new();
        if let Some(stdout) = &mut stdout {
            // What is no text says nothing, and what is too much is not read.
            let _ = stdout.take(MOST_BYTES).read_to_string(&mut said);
            let _ = std::io::copy(stdout, &mut std::io::sink());
        }
        // Nobody may be waiting any more.
        let _ = tell.send((child.wait().ok(), said));
    });
    let waits = waits.map_err(|error| Fault(format!("no thread: {error}")));
    let ended = waits.and_then(|_| wait_for(told, patience, stop));
    // What it may have started goes too.
    drop(group);
    match ended? {
        Waited::Came((Some(status), said)) if status.success() => Ok(said),
        Waited::Came((Some(status), _)) => Err(Fault(format!("`{program}`, the command {what}, ends with {status}"))),
        Waited::Came((None, _)) | Waited::Lost => Err(Fault(format!("`{program}`, the command {what}, is gone"))),
        Waited::TooLate => Err(Fault(format!("`{program}`, the command {what}, does not end within {patience:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stop::StoppedBy;

    fn surroundings(patience: Duration) -> Surroundings<'static> {
        Surroundings { folder: Path::new("/"), env: &[("NAME", "ann")], patience, stop: Stop::NEVER }
    }

    fn shell(script: &str, patience: Duration) -> Result<String, Fault> {
        let command = ["sh", "-c", script].map(ToOwned::to_owned);
        run("of a test", &command, surroundings(patience))
    }

    #[test]
    fn a_command_says_what_it_prints_or_why_it_does_not() {
        let long = Duration::from_mins(5);
        assert_eq!(shell("pwd; echo $NAME", long), Ok("/\nann\n".to_owned()));
        let why = shell("exit 3", long).unwrap_err().0;
        assert_eq!(why, "`sh`, the command of a test, ends with exit status: 3");
        assert_eq!(run("of a test", &[], surroundings(long)).unwrap_err().0, "the command of a test is empty");
        let nowhere = ["no-such-program".to_owned()];
        let why = run("of a test", &nowhere, surroundings(long)).unwrap_err().0;
        assert!(why.starts_with("cannot start `no-such-program`: "), "{why}");
    }

    #[test]
    fn a_command_that_does_not_end_is_ended_with_all_that_it_started() {
        let why = shell("sleep 600 & sleep 600", Duration::from_millis(50)).unwrap_err().0;
        assert_eq!(why, "`sh`, the command of a test, does not end within 50ms");
    }

    #[test]
    fn a_command_is_ended_by_the_word_to_stop() {
        let stop = Stop::new();
        stop.give(StoppedBy::Interrupt);
        let command = ["sh", "-c", "sleep 600"].map(ToOwned::to_owned);
        let why = run("of a test", &command, Surroundings { stop, ..surroundings(Duration::from_mins(5)) });
        assert_eq!(why, Err(Fault::stopped(StoppedBy::Interrupt)));
    }
}
