//! Commands that a description names, each run to its end: they turn a clock, forget grants, make people up, or sign somebody in.
//!
//! Invariant: none outlives its time, or this program. What it prints on standard error goes to whoever runs us.

use std::io::Read as _;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};

use crate::servers::Fault;
use crate::servers::described::process::orphans;

/// How a command is run.
#[derive(Clone, Copy)]
pub(in crate::servers) struct Surroundings<'s> {
    /// Where.
    pub(in crate::servers) folder: &'s Path,
    /// What it finds in its environment.
    pub(in crate::servers) env: &'s [(&'s str, &'s str)],
    /// How long it may take.
    pub(in crate::servers) patience: Duration,
}

/// Runs a command, and gives what it prints. `what` says what it is for.
pub(in crate::servers) fn run(what: &str, command: &[String], surroundings: Surroundings<'_>) -> Result<String, Fault> {
    let Surroundings { folder, env, patience } = surroundings;
    let Some((program, arguments)) = command.split_first() else {
        return Err(Fault(format!("the command {what} is empty")));
    };
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).envs(env.iter().copied()).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = orphans::start(&mut command)?;
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let (tell, told) = mpsc::channel::<(Option<ExitStatus>, String)>();
    let mut stdout = child.stdout.take();
    let waits = thread::Builder::new().name("command".to_owned()).spawn(move || {
        let mut said = String::new();
        // What is no text says nothing. Nobody may be waiting any more.
        let _ = stdout.as_mut().map(|stdout| stdout.read_to_string(&mut said));
        let _ = tell.send((child.wait().ok(), said));
    });
    let ended = waits.map_err(|error| Fault(format!("no thread: {error}"))).map(|_| told.recv_timeout(patience));
    if let Some(group) = group {
        // One that has ended is what is wanted; what it may have started goes too.
        let _ = kill_process_group(group, Signal::KILL);
        orphans::forget(group);
    }
    match ended? {
        Ok((Some(status), said)) if status.success() => Ok(said),
        Ok((Some(status), _)) => Err(Fault(format!("`{program}`, the command {what}, ends with {status}"))),
        Ok((None, _)) => Err(Fault(format!("`{program}`, the command {what}, is gone"))),
        Err(_) => Err(Fault(format!("`{program}`, the command {what}, does not end within {patience:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, patience: Duration) -> Result<String, Fault> {
        let command = ["sh", "-c", script].map(ToOwned::to_owned);
        run("of a test", &command, Surroundings { folder: Path::new("/"), env: &[("NAME", "ann")], patience })
    }

    #[test]
    fn a_command_says_what_it_prints_or_why_it_does_not() {
        let long = Duration::from_mins(5);
        assert_eq!(shell("pwd; echo $NAME", long), Ok("/\nann\n".to_owned()));
        let why = shell("exit 3", long).unwrap_err().0;
        assert_eq!(why, "`sh`, the command of a test, ends with exit status: 3");
        assert_eq!(
            run("of a test", &[], Surroundings { folder: Path::new("/"), env: &[], patience: long }).unwrap_err().0,
            "the command of a test is empty"
        );
    }

    #[test]
    fn a_command_that_does_not_end_is_ended_with_all_that_it_started() {
        let why = shell("sleep 600 & sleep 600", Duration::from_millis(50)).unwrap_err().0;
        assert_eq!(why, "`sh`, the command of a test, does not end within 50ms");
    }
}
