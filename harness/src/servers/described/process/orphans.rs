//! Servers that must not be left behind when this program is told to stop.

use std::collections::BTreeSet;
use std::os::unix::process::CommandExt as _;
use std::process::{self, Child, Command};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::signal::unix::{SignalKind, signal};

use crate::servers::Fault;

/// What a program exits with that was ended by Ctrl-C, by the custom of shells.
const INTERRUPTED: i32 = 130;

static GROUPS: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());

/// Starts a command in a process group of its own. From then on, a signal that ends this program ends that group first: it waits for a start
/// that is under way.
pub(in crate::servers) fn start(command: &mut Command) -> Result<Child, Fault> {
    static LISTENING: OnceLock<Result<(), String>> = OnceLock::new();
    LISTENING.get_or_init(listen).clone().map_err(Fault)?;
    let mut groups = GROUPS.lock().unwrap_or_else(PoisonError::into_inner);
    let program = command.get_program().to_string_lossy().into_owned();
    let child = command.process_group(0).spawn();
    let child = child.map_err(|error| Fault(format!("cannot start `{program}`: {error}")))?;
    groups.extend(i32::try_from(child.id()));
    Ok(child)
}

/// That process group has ended.
pub(in crate::servers) fn forget(group: Pid) {
    sweep(group);
    GROUPS.lock().unwrap_or_else(PoisonError::into_inner).remove(&group.as_raw_nonzero().get());
}

/// Removes what libfaketime leaves in shared memory of a process that is killed.
fn sweep(group: Pid) {
    let leader = group.as_raw_nonzero();
    for left in [format!("/dev/shm/faketime_shm_{leader}"), format!("/dev/shm/sem.faketime_sem_{leader}")] {
        // Mostly it is not there.
        let _ = std::fs::remove_file(left);
    }
}

fn listen() -> Result<(), String> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
    let (mut interrupt, mut terminate) = {
        let _entered = runtime.enter();
        let listen = |kind| signal(kind).map_err(|error| error.to_string());
        (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?)
    };
    let wait = move || {
        runtime.block_on(async {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        });
        for group in
            GROUPS.lock().unwrap_or_else(PoisonError::into_inner).iter().filter_map(|group| Pid::from_raw(*group))
        {
            // One that has ended is what is wanted.
            let _ = kill_process_group(group, Signal::KILL);
            sweep(group);
        }
        process::exit(INTERRUPTED);
    };
    thread::Builder::new().name("signals".to_owned()).spawn(wait).map(drop).map_err(|error| error.to_string())
}
