//! Ctrl-C, SIGTERM and the time limit: who gives the word to stop.

use std::future::pending;
use std::io::{self, Write as _};
use std::process;
use std::thread;
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::timeout;

use super::failure::Failure;
use crate::stop::{Stop, StoppedBy};

/// What a program adds to the number of the signal that ended it, by the custom of shells.
const SIGNALLED: i32 = 128;

/// The word to stop, which comes with the first signal or at the end of the time. A second signal ends the program at once, and with it
/// every process that it has started.
///
/// # Errors
/// When the operating system gives no signals or threads.
pub(super) fn listen(limit: Option<Duration>) -> Result<Stop, Failure> {
    let fault = |error: io::Error| Failure::fault(format_args!("cannot listen for signals: {error}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(fault)?;
    let mut signals = {
        let _entered = runtime.enter();
        Signals::new().map_err(fault)?
    };
    let stop = Stop::new();
    let listen = move || {
        stop.give(signals.first(&runtime, limit));
        let signal = match runtime.block_on(signals.next()) {
            StoppedBy::Termination => SignalKind::terminate(),
            StoppedBy::Interrupt | StoppedBy::TimeLimit(_) => SignalKind::interrupt(),
        };
        process::exit(SIGNALLED + signal.as_raw_value());
    };
    thread::Builder::new().name("signals".to_owned()).spawn(listen).map_err(fault)?;
    Ok(stop)
}

struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// What comes first, a signal or the end of the time. To a signal it is said what another one would do.
    fn first(&mut self, runtime: &Runtime, limit: Option<Duration>) -> StoppedBy {
        let by = runtime.block_on(async {
            match limit {
                None => self.next().await,
                Some(limit) => timeout(limit, self.next()).await.unwrap_or(StoppedBy::TimeLimit(limit)),
            }
        });
        if !matches!(by, StoppedBy::TimeLimit(_)) {
            let more = "what was found so far is reported; once more ends at once";
            // With stderr gone there is nobody to tell.
            let _ = writeln!(anstream::stderr(), "stopping by {by}: {more}");
        }
        by
    }

    /// The next signal.
    async fn next(&mut self) -> StoppedBy {
        tokio::select! {
            Some(()) = self.interrupt.recv() => StoppedBy::Interrupt,
            Some(()) = self.terminate.recv() => StoppedBy::Termination,
            // No more signals can come.
            else => pending().await,
        }
    }
}
