//! Groups of processes that end with this program, however it ends.
//!
//! A group is led by a watcher: a shell that reads the pipe to its standard input to its end. The other end is only here; so when this program
//! ends, killed or not, the pipe does too, and the watcher kills its group. The watcher is there before what it watches, so that no moment is
//! left in which something runs unwatched. Deliberately absent: what leaves its group, as a daemon does.

use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use super::Fault;

/// Reads the number of the process that it watches, waits for the end of its input, and kills everything in its group, itself last. What
/// libfaketime leaves of that process in shared memory goes first. A signal to the whole group is for the others.
const WATCH: &str = "trap '' HUP INT TERM; read -r watched; while read -r _; do :; done
rm -f \"/dev/shm/faketime_shm_$watched\" \"/dev/shm/sem.faketime_sem_$watched\"; kill -KILL 0";

/// A group of processes. All of it is gone once this is dropped.
pub(in crate::servers) struct Group {
    watcher: Child,
    id: Pid,
}

impl Group {
    /// Starts a command in a group of its own.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(in crate::servers) fn start(command: &mut Command) -> Result<(Child, Self), Fault> {
        let watcher = Command::new("sh")
            .args(["-c", WATCH])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .map_err(|error| Fault(format!("cannot start `sh`, which ends servers with this program: {error}")))?;
        let leader = i32::try_from(watcher.id()).ok().and_then(|id| Some((id, Pid::from_raw(id)?)));
        let (leader, id) = leader.ok_or_else(|| Fault("the operating system numbers processes oddly".to_owned()))?;
        let mut group = Self { watcher, id };
        let program = command.get_program().to_string_lossy().into_owned();
        let child = command.process_group(leader).spawn();
        let child = child.map_err(|error| Fault(format!("cannot start `{program}`: {error}")))?;
        if let Some(pipe) = &mut group.watcher.stdin {
            // Without it, only what libfaketime leaves stays behind.
            let _ = writeln!(pipe, "{}", child.id());
        }
        Ok((child, group))
    }

    /// Asks everything in it to end. It may have done so already.
    pub(in crate::servers) fn ask_to_end(&self) {
        let _ = kill_process_group(self.id, Signal::TERM);
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        drop(self.watcher.stdin.take());
        // As long as it is not reaped, the group's number is nobody else's. A watcher that was killed has killed nobody.
        let _ = waitid(WaitId::Pid(self.id), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT);
        let _ = kill_process_group(self.id, Signal::KILL);
        let _ = self.watcher.wait();
    }
}
