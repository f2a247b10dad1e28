//! A run of the program that is watched and cut off at a moment that can be seen from outside.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread;

use serde_json::Value;

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_authloom");

/// Looks at most, until something can be seen. A look takes at least a microsecond.
const MOST_LOOKS: u64 = 20_000_000;

/// A run.
pub(crate) struct Run {
    child: Child,
}

/// What came of it.
pub(crate) struct Came {
    pub(crate) status: Option<i32>,
    pub(crate) out: String,
    pub(crate) said: String,
}

impl From<Output> for Came {
    fn from(output: Output) -> Self {
        Self {
            status: output.status.code(),
            out: String::from_utf8(output.stdout).expect("a report is text"),
            said: String::from_utf8(output.stderr).expect("an error is text"),
        }
    }
}

impl Came {
    /// The report, which is one object on one line.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}{}", self.out, self.said))
    }
}

impl Run {
    /// Starts the program in a folder.
    pub(crate) fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new(PROGRAM);
        command
            .args(arguments)
            .current_dir(folder)
            .env("AUTHLOOM_TARGET_PASSWORD", "demo")
            .env("AUTHLOOM_BACKEND_SECRET", "secret")
            .stdin(Stdio::null());
        Self::of(&mut command)
    }

    /// Starts a command.
    pub(crate) fn of(command: &mut Command) -> Self {
        Self { child: command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts") }
    }

    /// Waits until the program listens for signals: until then, they end it as they end any program.
    pub(crate) fn listens(&mut self) {
        const BOTH: u64 = 1 << (2 - 1) | 1 << (15 - 1);
        self.until("it listens for signals", |proc| {
            let status = fs::read_to_string(proc.join("status")).unwrap_or_default();
            let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
            caught.and_then(|caught| u64::from_str_radix(caught.trim(), 16).ok()).is_some_and(|of| of & BOTH == BOTH)
        });
    }

    /// Waits until the program has taken that many pages of memory.
    pub(crate) fn has_pages(&mut self, pages: u64) {
        self.until("it has grown", |proc| {
            let statm = fs::read_to_string(proc.join("statm")).unwrap_or_default();
            statm.split(' ').nth(1).and_then(|resident| resident.parse().ok()).is_some_and(|now: u64| now >= pages)
        });
    }

    /// Waits until something can be seen: of the program's folder in /proc, or anywhere else.
    pub(crate) fn until(&mut self, what: &str, seen: impl Fn(&Path) -> bool) {
        let proc = Path::new("/proc").join(self.child.id().to_string());
        for _ in 0..MOST_LOOKS {
            if seen(&proc) {
                return;
            }
            if let Some(status) = self.child.try_wait().expect("it was started here") {
                panic!("before {what}, it ends with {status}");
            }
            thread::yield_now();
        }
        panic!("{what} is never seen");
    }

    /// Sends a signal, by the name that kill(1) has for it.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status();
        assert!(sent.expect("kill is there").success(), "it has ended before it is signalled");
    }

    /// The processes that the program has started, with all that they have.
    pub(crate) fn descendants(&self) -> Vec<u32> {
        descendants(&Path::new("/proc").join(self.child.id().to_string()))
    }

    /// Waits for its end.
    pub(crate) fn end(self) -> Came {
        self.child.wait_with_output().expect("it was started here").into()
    }
}

/// The processes that one has started, with all that they have, given its folder in /proc.
pub(crate) fn descendants(process: &Path) -> Vec<u32> {
    let mut found: Vec<u32> = Vec::new();
    let mut at = 0;
    let mut parent = process.to_owned();
    loop {
        let threads = fs::read_dir(parent.join("task")).into_iter().flatten().flatten();
        for children in threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok()) {
            found.extend(children.split(' ').filter_map(|id| id.parse::<u32>().ok()));
        }
        let Some(next) = found.get(at) else { return found };
        parent = Path::new("/proc").join(next.to_string());
        at += 1;
    }
}

/// Waits until a process is gone, or is nothing but a number that its parent has not taken back.
pub(crate) fn gone(process: u32) {
    for _ in 0..MOST_LOOKS {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        if stat.rsplit(") ").next().is_none_or(|state| state.is_empty() || state.starts_with('Z')) {
            return;
        }
        thread::yield_now();
    }
    panic!("process {process} is never gone");
}

/// Whether anything in a folder, or below it, is a draft.
pub(crate) fn has_drafts(folder: &Path) -> bool {
    fs::read_dir(folder).into_iter().flatten().flatten().any(|entry| {
        entry.file_name().to_string_lossy().ends_with(".part") || entry.path().is_dir() && has_drafts(&entry.path())
    })
}
