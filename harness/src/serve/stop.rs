//! Waits for the word to stop: a signal, or the end of standard input.
//!
//! Invariant: once [`Stop::prepare`] has returned, no word is missed.

use std::io::{self, Read as _};

use tokio::sync::oneshot;

use super::Until;

/// The words to stop that are listened for.
pub(super) struct Stop {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    stdin: Option<oneshot::Receiver<()>>,
}

impl Stop {
    /// Begins to listen. From then on an interrupt no longer ends the process by itself.
    pub(super) fn prepare(until: Until) -> io::Result<Self> {
        #[cfg(unix)]
        use tokio::signal::unix::{SignalKind, signal};
        let stdin = match until {
            Until::Signal => None,
            Until::SignalOrStdin => Some(end_of_stdin()?),
        };
        Ok(Self {
            #[cfg(unix)]
            interrupt: signal(SignalKind::interrupt())?,
            #[cfg(unix)]
            terminate: signal(SignalKind::terminate())?,
            stdin,
        })
    }

    /// Returns when the first word has come.
    pub(super) async fn wait(self) {
        let stdin = async {
            match self.stdin {
                // Nobody left to say that it ended: then it has.
                Some(end) => drop(end.await),
                None => std::future::pending().await,
            }
        };
        #[cfg(unix)]
        let signal = async {
            let (mut interrupt, mut terminate) = (self.interrupt, self.terminate);
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        };
        #[cfg(not(unix))]
        let signal = async {
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = stdin => {}
            () = signal => {}
        }
    }
}

/// Reads standard input away and tells when it has ended. The thread is nobody's: a read cannot be called off, and the process need not
/// wait for it.
fn end_of_stdin() -> io::Result<oneshot::Receiver<()>> {
    let (ended, end) = oneshot::channel();
    std::thread::Builder::new().name("stdin".to_owned()).spawn(move || {
        let mut stdin = io::stdin().lock();
        let mut ignored = [0; 1024];
        while stdin.read(&mut ignored).is_ok_and(|read| read > 0) {}
        // Whoever waited may have stopped for another reason.
        let _ = ended.send(());
    })?;
    Ok(end)
}
