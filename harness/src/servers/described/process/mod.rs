//! A server that was started here, from its ready line to its end.
//!
//! Invariant: it does not outlive its owner. It has a group of its own ([`Group`]), which is asked to stop when this is dropped, then killed;
//! and the end of its standard input tells it to go should the owner be killed first.

pub(in crate::servers) mod command;

use std::io::{BufRead, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use serde::Deserialize;
use tokio::sync::oneshot;

use crate::servers::described::file::auth_service;
use crate::servers::group::Group;
use crate::servers::wait::{Waited, wait_for};
use crate::servers::{Fault, Secret};
use crate::stop::Stop;
use command::Surroundings;

/// A running server.
pub(in crate::servers) struct Server {
    /// None once it is being stopped.
    running: Option<(Child, Group)>,
    url: String,
    /// The last line that it has complained in.
    said: Arc<Mutex<String>>,
    /// How it is stopped, if not by being told to go.
    stopping: Option<Stopping>,
}

/// The command that stops a server.
struct Stopping {
    command: Vec<String>,
    folder: PathBuf,
    patience: Duration,
}

/// How long a server may take to stop when it is asked to. Then it is killed.
const TO_STOP: Duration = Duration::from_secs(3);
/// Bytes of a line that are read. A ready line is a hundredth of it.
const LONGEST_LINE: u64 = 64 * 1024;

#[derive(Deserialize)]
struct ReadyLine {
    url: String,
}

impl Server {
    /// Starts a server and waits until it says that it is ready.
    pub(in crate::servers) fn start(
        (folder, described): (&Path, &auth_service::Server),
        command: &[String],
        env: Vec<(&'static str, PathBuf)>,
        secrets: &[(String, Secret)],
    ) -> Result<Self, Fault> {
        let Some((program, arguments)) = command.split_first() else {
            return Err(Fault("the command that starts the server is empty".to_owned()));
        };
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(folder)
            .envs(&described.env)
            .envs(secrets.iter().map(|(name, secret)| (name, secret.expose())))
            .envs(env)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let (mut child, group) = Group::start(&mut command)?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        // From here on it ends with this value, whatever comes.
        let (folder, patience) = (folder.to_owned(), described.patience);
        let stopping = described.stop.clone().map(|command| Stopping { command, folder, patience });
        let running = Some((child, group));
        let mut server = Self { running, url: String::new(), said: Arc::default(), stopping };
        server.listen(stderr.expect("standard error is piped"))?;
        let line = first_line(stdout.expect("standard output is piped"), described.patience, described.until)?;
        match serde_json::from_str::<ReadyLine>(&line) {
            Ok(ready) => server.url = ready.url.trim_end_matches('/').to_owned(),
            Err(_) => {
                server.stop();
                let said = server.said.lock().unwrap_or_else(PoisonError::into_inner).clone();
                let said = [said.trim(), line.trim(), "it said nothing"].into_iter().find(|said| !said.is_empty());
                let said = discreetly(said.unwrap_or_default(), secrets);
                return Err(Fault(format!("the server did not get ready: {said}")));
            }
        }
        Ok(server)
    }

    /// Where it says it is, without a slash at the end.
    pub(in crate::servers) fn url(&self) -> &str {
        &self.url
    }

    /// Whether it has ended by itself.
    pub(in crate::servers) fn has_ended(&mut self) -> bool {
        self.running.as_mut().is_some_and(|(child, _)| matches!(child.try_wait(), Ok(Some(_))))
    }

    /// Reads what it complains about, so that it never waits for a reader, and keeps the last of it.
    fn listen(&self, stderr: ChildStderr) -> Result<(), Fault> {
        let said = Arc::clone(&self.said);
        spawn("complaints", move || {
            let mut lines = BufReader::new(stderr);
            while let Some(line) = next_line(&mut lines) {
                if !line.trim().is_empty() {
                    *said.lock().unwrap_or_else(PoisonError::into_inner) = line;
                }
            }
        })
    }

    /// Asks it to stop, and kills it with all that it started if it does not.
    fn stop(&mut self) {
        let Some((mut child, group)) = self.running.take() else { return };
        if let Some(Stopping { command, folder, patience }) = &self.stopping {
            // If it fails, the server is told to go all the same.
            let surroundings = Surroundings { folder, env: &[], patience: *patience, stop: Stop::NEVER };
            let _ = command::run("that stops the server", command, surroundings);
        }
        // Each of these may fail because it has ended already, which is what is wanted.
        drop(child.stdin.take());
        group.ask_to_end();
        let (tell, told) = mpsc::channel();
        let waits = spawn("end of a server", move || {
            let _ = child.wait();
            let _ = tell.send(());
        });
        let ended = waits.is_ok() && told.recv_timeout(TO_STOP).is_ok();
        drop(group);
        if !ended {
            let _ = told.recv_timeout(TO_STOP);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// What a server said, without the secrets that it was told.
fn discreetly(said: &str, secrets: &[(String, Secret)]) -> String {
    secrets.iter().fold(said.to_owned(), |said, (_, secret)| said.replace(secret.expose(), "***"))
}

/// The first line, read by a thread of its own since a pipe has no time-out. What else is printed is read and dropped.
fn first_line(stdout: ChildStdout, patience: Duration, stop: Stop) -> Result<String, Fault> {
    let (tell, told) = oneshot::channel();
    spawn("ready line", move || {
        let mut lines = BufReader::new(stdout);
        // What cannot be read is not JSON either. Nobody may be waiting any more.
        let _ = tell.send(next_line(&mut lines).unwrap_or_default());
        let _ = std::io::copy(&mut lines, &mut std::io::sink());
    })?;
    match wait_for(told, patience, stop)? {
        Waited::Came(line) => Ok(line),
        Waited::Lost | Waited::TooLate => Err(Fault(format!("the server did not get ready within {patience:?}"))),
    }
}

/// The next line, with what is no text in it replaced; one that is too long comes in pieces. None at the end.
fn next_line(lines: &mut impl BufRead) -> Option<String> {
    let mut line = Vec::new();
    let read = lines.take(LONGEST_LINE).read_until(b'\n', &mut line).ok()?;
    (read > 0).then(|| String::from_utf8_lossy(&line).trim_end().to_owned())
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), Fault> {
    let thread = thread::Builder::new().name(name.to_owned()).spawn(work);
    thread.map(drop).map_err(|error| Fault(format!("no thread: {error}")))
}
