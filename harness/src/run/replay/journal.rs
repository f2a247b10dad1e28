//! Which traces have conformed, kept in a file, so that a run that was cut off goes on where it was.
//!
//! A line is written as soon as its trace has conformed. What diverged or failed is not in it: it is asked again.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use authloom_model::{Action, Spec};

use super::shard::fnv;
use crate::trace::Release;

const LINE: &str = "conforms ";

/// The traces that have conformed, of all runs that used its file.
#[derive(Debug)]
pub struct Journal {
    /// What it is asked of, and how: what conforms under other circumstances counts for nothing.
    about: u64,
    kept: Mutex<Kept>,
}

#[derive(Debug)]
struct Kept {
    file: File,
    done: BTreeSet<u64>,
    lost: Option<io::Error>,
}

impl Journal {
    /// Reads the file, or makes it. `about` says what is asked, and how: only what conformed under the same counts. A last line that was not
    /// written to its end counts for nothing.
    ///
    /// # Errors
    /// When it cannot be read or made, or holds something else.
    pub fn open(path: &Path, about: &str) -> io::Result<Self> {
        let mut file = File::options().read(true).write(true).create(true).truncate(false).open(path)?;
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        let whole = text.rfind('\n').map_or(0, |last| last + 1);
        let known = |line: &str| u64::from_str_radix(line.strip_prefix(LINE)?, 16).ok();
        let mut done = BTreeSet::new();
        for (line, number) in text[..whole].lines().zip(1..) {
            let Some(trace) = known(line) else {
                let why = format!("line {number} is no journal's: `{LINE}` and a number in hexadecimal would be");
                return Err(io::Error::new(io::ErrorKind::InvalidData, why));
            };
            done.insert(trace);
        }
        let begun = format!("{LINE}0123456789abcdef").len() > text.len() - whole
            && (LINE.starts_with(&text[whole..]) || text[whole..].starts_with(LINE));
        if !begun {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "its last line is no journal's"));
        }
        file.set_len(whole as u64)?;
        file.seek(SeekFrom::End(0))?;
        Ok(Self { about: fnv(about.bytes()), kept: Mutex::new(Kept { file, done, lost: None }) })
    }

    /// Whether a trace has conformed.
    pub(super) fn has(&self, trace: u64) -> bool {
        let trace = self.key(trace);
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).done.contains(&trace)
    }

    /// Notes that a trace has conformed.
    pub(super) fn note(&self, trace: u64) {
        let trace = self.key(trace);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let Kept { file, done, lost } = &mut *kept;
        if done.insert(trace)
            && let Err(error) = writeln!(file, "{LINE}{trace:016x}")
        {
            lost.get_or_insert(error);
        }
    }

    fn key(&self, trace: u64) -> u64 {
        fnv(self.about.to_le_bytes().into_iter().chain(trace.to_le_bytes()))
    }

    /// Why something could not be written, if it could not.
    #[must_use]
    pub fn lost(&self) -> Option<String> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).lost.as_ref().map(io::Error::to_string)
    }
}

/// What a trace on a target that is run so often is known by in a journal.
pub(super) fn key(target: &str, spec: &Spec, times: u32, steps: impl IntoIterator<Item = (Action, Release)>) -> u64 {
    let about = format!("{target}\n{times}\n{}\n{}\n", spec.scope, spec.policy.to_toml());
    let steps = steps.into_iter().flat_map(|(action, release)| [action.code(), u8::from(release == Release::WithNext)]);
    fnv(about.into_bytes().into_iter().chain(steps))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_noted_is_there_the_next_time_but_for_a_line_that_was_cut() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let journal = Journal::open(&path, "it").unwrap();
        journal.note(7);
        journal.note(7);
        journal.note(255);
        drop(journal);
        assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 2);
        File::options().append(true).open(&path).unwrap().write_all(b"conforms 00000000000").unwrap();
        let journal = Journal::open(&path, "it").unwrap();
        assert!(journal.has(7) && journal.has(255) && !journal.has(0));
        journal.note(9);
        assert_eq!(journal.lost(), None);
        assert!(Journal::open(&path, "it").unwrap().has(9));
        assert!(!Journal::open(&path, "something else").unwrap().has(9));
    }

    #[test]
    fn another_file_is_refused_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes");
        for notes in ["buy milk\n", "buy milk", "conforms to what I know, and more than that"] {
            std::fs::write(&path, notes).unwrap();
            assert!(Journal::open(&path, "it").unwrap_err().to_string().contains("is no journal's"));
            assert_eq!(std::fs::read_to_string(&path).unwrap(), notes);
        }
    }
}
