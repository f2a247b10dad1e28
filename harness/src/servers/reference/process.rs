//! A server in a process of its own, from its ready line to its end.
//!
//! Invariant: the process does not outlive its owner. It is killed when that is dropped; and should the owner be killed first, its group goes
//! with it ([`Group`]).

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use authloom_model::Policy;
use serde::Deserialize;
use tempfile::TempDir;

use crate::servers::group::Group;
use crate::servers::settings::BACKEND_SECRET;
use crate::servers::{Fault, Secret};

/// How long one of our servers may take. Loopback answers come within a millisecond, on the busiest machine within a second.
pub(in crate::servers) const PATIENCE: Duration = Duration::from_secs(10);

/// A running server.
pub(in crate::servers) struct Process {
    child: Child,
    group: Option<Group>,
    url: String,
}

/// What a server says when it is ready.
#[derive(Deserialize)]
struct ReadyLine {
    url: String,
}

impl Process {
    /// Starts `serve` with these flags and waits until it is ready.
    pub(in crate::servers) fn start(
        program: &Path,
        policy: &Path,
        flags: &[&str],
        secret: &Secret,
    ) -> Result<Self, Fault> {
        let mut command = Command::new(program);
        command
            .args(["serve", "--stop-with-stdin", "--policy"])
            .arg(policy)
            .args(flags)
            .env(BACKEND_SECRET, secret.expose())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let (child, group) = Group::start(&mut command)?;
        // From here on it ends with this value, whatever comes.
        let mut process = Self { child, group: Some(group), url: String::new() };
        let stdout = process.child.stdout.take().expect("standard output is piped");
        let line = first_line(stdout)?;
        process.url = match serde_json::from_str::<ReadyLine>(&line) {
            Ok(ready) => ready.url,
            Err(_) => return Err(process.complaint()),
        };
        Ok(process)
    }

    /// Where it listens, without a slash at the end.
    pub(in crate::servers) fn url(&self) -> &str {
        &self.url
    }

    /// Why it did not get ready, in its own words.
    fn complaint(mut self) -> Fault {
        // One that has said something else is not going to end by itself.
        drop(self.group.take());
        let mut said = String::new();
        if let Some(mut stderr) = self.child.stderr.take() {
            // What cannot be read is not told.
            let _ = stderr.read_to_string(&mut said);
        }
        let said = said.trim();
        let said = said.strip_prefix("error: ").unwrap_or(said);
        Fault(format!("a server did not get ready: {}", if said.is_empty() { "it said nothing" } else { said }))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.group.take());
        // It may have ended before; either way it is gone once it has been waited for.
        let _ = self.child.wait();
    }
}

/// The first line, read by a thread of its own since a pipe has no time-out. It ends with the pipe.
fn first_line(stdout: ChildStdout) -> Result<String, Fault> {
    let (tell, told) = mpsc::channel();
    let read = move || {
        let mut line = String::new();
        // What cannot be read is not JSON either. Nobody may be waiting any more.
        let _ = BufReader::new(stdout).read_line(&mut line);
        let _ = tell.send(line);
    };
    let thread = thread::Builder::new().name("ready line".to_owned()).spawn(read);
    thread.map_err(|error| Fault(format!("no thread: {error}")))?;
    told.recv_timeout(PATIENCE)
        .map_err(|_| Fault(format!("a server did not get ready within {} s", PATIENCE.as_secs())))
}

/// A policy as a file that lives as long as this.
pub(in crate::servers) struct PolicyFile {
    path: PathBuf,
    _folder: TempDir,
}

impl PolicyFile {
    /// Where it is.
    pub(in crate::servers) fn path(&self) -> &Path {
        &self.path
    }
}

/// Writes a policy down for the servers to read.
pub(in crate::servers) fn policy_file(policy: &Policy) -> Result<PolicyFile, Fault> {
    let fault = |error| Fault(format!("cannot write the policy down: {error}"));
    let folder = TempDir::with_prefix("authloom-").map_err(fault)?;
    let path = folder.path().join("policy.toml");
    fs::write(&path, policy.to_toml()).map_err(fault)?;
    Ok(PolicyFile { path, _folder: folder })
}
