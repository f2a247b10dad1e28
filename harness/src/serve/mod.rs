//! Serves the reference's roles on loopback: for people with curl, and for a harness that drives them as it would a stranger's servers.
//!
//! Invariant: whatever reaches into a server from outside its protocol, the hand-turned clock and the reset, is there only under
//! [`Time::ByHand`], which only an explicit flag chooses.
//!
//! Deliberately absent: TLS, other addresses than loopback, and everything that the servers do; they come from `authloom_reference`.

mod controls;
mod guide;
mod roles;
mod stop;
#[cfg(test)]
mod tests;

use std::io::{self, Write};
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::Duration;

use authloom_model::Policy;
use authloom_reference::{auth, backend, clock::Timestamp, gui};
use axum::Router;
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::servers::Secret;
use stop::Stop;

/// Where everything listens.
pub const HOST: Ipv4Addr = Ipv4Addr::LOCALHOST;

/// How long whoever is still asking may wait for an answer once the servers are told to stop.
const FAREWELL: Duration = Duration::from_secs(2);

/// Threads: a second one, so that checking a password keeps nobody else waiting.
const WORKERS: usize = 2;

/// What to serve, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// What the deployment chose.
    pub policy: Policy,
    /// Which servers, and where.
    pub role: Role,
    /// What they take the time from.
    pub time: Time,
    /// Where the AuthService remembers.
    pub memory: Memory,
    /// What ends it.
    pub until: Until,
}

/// Which servers run in this process. A port of 0 is any free one; a URL has no slash at its end.
#[derive(Clone, Debug)]
pub enum Role {
    /// All three, for people. The backend introspects with a secret made for the occasion.
    All {
        /// Where the AuthService listens.
        auth_port: u16,
        /// Where the backend listens.
        backend_port: u16,
        /// Where the GUI listens.
        gui_port: u16,
    },
    /// The AuthService alone.
    Auth {
        /// Where it listens.
        port: u16,
        /// Its issuer identifier, where it is reached through something else; its URL unless told.
        issuer: Option<String>,
        /// The resource that its access tokens are for: the backend's identifier. RFC 9068 section 2.2.
        resource: String,
        /// What the backend introspects with. RFC 7662 section 2.1.
        backend_secret: Secret,
    },
    /// The backend alone.
    Backend {
        /// Where it listens.
        port: u16,
        /// Its own identifier; its URL unless told.
        resource: Option<String>,
        /// The AuthService that it trusts.
        issuer: String,
        /// Where it reaches that AuthService.
        auth_url: String,
        /// What it introspects with. RFC 7662 section 2.1.
        secret: Secret,
    },
    /// The GUI alone.
    Gui {
        /// Where it listens.
        port: u16,
        /// The AuthService that signs people in.
        issuer: String,
        /// The backend's URL.
        backend_url: String,
    },
}

/// What the servers take the time from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    /// The machine's clock.
    Machine,
    /// A clock, one for all roles of the process, that whoever reaches `POST /test/clock/advance?seconds=N` of one of them turns. `POST
    /// /test/reset` makes an AuthService forget what it issued, and a backend the keys it fetched.
    ByHand {
        /// What it shows first.
        start: Timestamp,
    },
}

/// Where the AuthService remembers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Memory {
    /// Nowhere: it forgets everything when it ends.
    Process,
    /// In a database in this folder, which is made if it is not there.
    Folder(PathBuf),
}

/// What ends a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// An interrupt (Ctrl-C) or a request to terminate.
    Signal,
    /// These, or the end of standard input: the server goes when whoever started it does.
    SignalOrStdin,
}

/// Why nothing can be served. Each text fits after "cannot serve: ".
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// Somebody else listens there.
    #[error("port {port} of {HOST} is in use: choose another with `{flag} PORT`, or any free one with `{flag} 0`")]
    PortInUse {
        /// The port.
        port: u16,
        /// The flag that chooses another.
        flag: &'static str,
    },
    /// The port cannot be listened at.
    #[error("port {port} of {HOST}: {source}: choose another with `{flag} PORT`, or any free one with `{flag} 0`")]
    Port {
        /// The port.
        port: u16,
        /// The flag that chooses another.
        flag: &'static str,
        /// Why.
        source: io::Error,
    },
    /// The folder for the database cannot be made.
    #[error("the folder {}: {source}: choose another with `--data FOLDER`", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The database cannot be used.
    #[error("the database {}: {source}: choose another folder with `--data FOLDER`", path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// Why.
        source: auth::Fault,
    },
    /// The AuthService cannot be set up.
    #[error("the AuthService: {0}")]
    AuthService(#[from] auth::Fault),
    /// The backend cannot be set up.
    #[error("the backend: {0}")]
    Backend(#[from] backend::Unreachable),
    /// The GUI cannot be set up.
    #[error(transparent)]
    Gui(#[from] gui::NoWire),
    /// An address cannot be that of a server.
    #[error("{0}")]
    Address(String),
    /// The operating system has no threads, signals or sockets for us, or nobody reads what is announced.
    #[error("{0}")]
    System(#[from] io::Error),
}

/// A server that is ready to be run, and what to tell of it.
struct Ready {
    servers: Vec<(TcpListener, Router)>,
    announcement: String,
}

/// Serves until it is told to stop; announces on `out` when everything listens.
///
/// # Errors
/// When a port, the database or anything else that a server needs cannot be had.
pub fn serve(options: &Options, out: &mut dyn Write) -> Result<(), Fault> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(WORKERS).enable_all().build()?;
    runtime.block_on(run(options, out))
}

async fn run(options: &Options, out: &mut dyn Write) -> Result<(), Fault> {
    let stop = Stop::prepare(options.until)?;
    let ready = roles::ready(options).await?;
    out.write_all(ready.announcement.as_bytes())?;
    out.flush()?;
    let (told, tell) = watch::channel(());
    let mut running = JoinSet::new();
    for (listener, router) in ready.servers {
        let mut tell = tell.clone();
        // The sender's end is the message.
        let farewell = async move { while tell.changed().await.is_ok() {} };
        let listener = listener.tap_io(|socket| {
            // Without it the connection is slower and as good.
            let _ = socket.set_nodelay(true);
        });
        running.spawn(async move { axum::serve(listener, router).with_graceful_shutdown(farewell).await });
    }
    stop.wait().await;
    drop(told);
    let once_more = Stop::prepare(Until::Signal)?;
    // Cutting off whoever is still asking then loses nothing: each decision was saved when it was made.
    tokio::select! {
        _ = timeout(FAREWELL, running.join_all()) => {}
        () = once_more.wait() => {}
    }
    Ok(())
}
