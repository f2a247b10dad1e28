//! Where a run is told: on standard output, in a summary, as traces in a folder.
//!
//! Each place is tried before the run. Invariant: what was found is told in every place, also where another one fails; the status of what was
//! found comes first, and what failed is told beside it.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::failure::{Failure, written};
use super::folder::{Folder, Form};
use super::say;
use crate::files;
use crate::report::progress::Progress;
use crate::run::{Stage, Status, Watch};
use crate::trace::Trace;

/// The places that a run is told in, and what went wrong in them.
pub(super) struct Outputs<'o> {
    out: &'o mut dyn Write,
    summary: Option<Appended>,
    folder: Option<Folder>,
    /// Traces as they were found, until what has become of them is saved.
    drafts: Vec<PathBuf>,
    faults: Vec<Failure>,
}

impl<'o> Outputs<'o> {
    /// Standard output alone.
    pub(super) fn of(out: &'o mut dyn Write) -> Self {
        Self { out, summary: None, folder: None, drafts: Vec::new(), faults: Vec::new() }
    }

    /// Also a file that a summary is appended to, if there is one.
    ///
    /// # Errors
    /// When it cannot be written to.
    pub(super) fn with_summary(self, path: Option<&Path>) -> Result<Self, Failure> {
        Ok(Self { summary: path.map(Appended::open).transpose()?, ..self })
    }

    /// Also a folder of traces, that `--out` or another flag names.
    ///
    /// # Errors
    /// When it cannot be written into.
    pub(super) fn with_folder(self, flag: &str, path: &Path) -> Result<Self, Failure> {
        Ok(Self { folder: Some(Folder::tried(flag, path, Form::Mermaid)?), ..self })
    }

    /// Prints a report on standard output.
    pub(super) fn print(&mut self, report: impl FnOnce(&mut dyn Write) -> io::Result<()>) {
        let printed = written(report(self.out));
        self.keep(printed);
    }

    /// Appends to the summary, if there is one.
    pub(super) fn summarise(&mut self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) {
        if let Some(summary) = &mut self.summary {
            let appended = summary.append(write);
            self.keep(appended);
        }
    }

    /// Saves a trace under a name without an ending, and says where it is now.
    pub(super) fn save(&mut self, name: &str, trace: &Trace) -> Option<PathBuf> {
        let saved = self.folder.as_ref()?.write(name, trace);
        self.keep(saved)
    }

    /// Watches a run, and saves each trace as it is found: should the program be killed, it is there.
    pub(super) fn watching<'w>(&'w mut self, progress: &'w mut Progress) -> Watching<'w, 'o> {
        Watching { progress, outputs: self }
    }

    /// Keeps for the end what has failed.
    pub(super) fn keep<T>(&mut self, result: Result<T, Failure>) -> Option<T> {
        result.map_err(|failure| self.faults.push(failure)).ok()
    }

    /// The status of the run, given the one of what was found. What has failed is said on standard error.
    pub(super) fn end(self, status: Status) -> Status {
        let (status, faults) = self.concluded(status);
        faults.iter().for_each(|failure| say(&failure.message));
        status
    }

    /// The status that counts, and what has failed.
    fn concluded(self, status: Status) -> (Status, Vec<Failure>) {
        if self.faults.is_empty() {
            // What has become of them is saved.
            self.drafts.iter().for_each(|draft| drop(fs::remove_file(draft)));
        }
        (Status::worst(self.faults.iter().map(|failure| failure.status).chain([status])), self.faults)
    }
}

/// Whoever watches a run, and saves what it finds as it goes.
pub(super) struct Watching<'w, 'o> {
    progress: &'w mut Progress,
    outputs: &'w mut Outputs<'o>,
}

impl Watch for Watching<'_, '_> {
    fn saw(&mut self, stage: &Stage) {
        self.progress.saw(stage);
    }

    fn elapsed(&self) -> Duration {
        self.progress.elapsed()
    }

    fn found(&mut self, target: &str, trace: &Trace) {
        let number = self.outputs.drafts.len() + 1;
        let saved = self.outputs.save(&format!("{target}-as-found-{number}"), trace);
        self.outputs.drafts.extend(saved);
    }
}

/// Tries whether a file that a flag names can be written.
///
/// # Errors
/// When it cannot.
pub(super) fn writable(flag: &str, path: &Path) -> Result<(), Failure> {
    files::try_to_write(path).map_err(|error| {
        let path = path.display();
        Failure::input(format_args!("{flag} {path}: cannot write there: {error}; choose another file with {flag}"))
    })
}

/// A file that is appended to. One that was made and never written to goes again.
struct Appended {
    path: PathBuf,
    file: File,
    is_new: bool,
}

impl Appended {
    fn open(path: &Path) -> Result<Self, Failure> {
        let is_new = !path.exists();
        let opened = File::options().create(true).append(true).open(path);
        let opened = opened.map(|file| Self { path: path.to_owned(), file, is_new });
        opened.map_err(|error| {
            let path = path.display();
            Failure::input(format_args!(
                "--summary {path}: cannot write there: {error}; choose another file with --summary"
            ))
        })
    }

    /// Appends what is written, or nothing.
    fn append(&mut self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
        let mut text = Vec::new();
        let before = self.file.metadata().ok().filter(fs::Metadata::is_file).map(|about| about.len());
        let appended = write(&mut text).and_then(|()| self.file.write_all(&text));
        appended.map(|()| self.is_new = false).map_err(|error| {
            if let Some(before) = before {
                // Half a summary would spoil what stands before it.
                let _ = self.file.set_len(before);
            }
            Failure::fault(format_args!("cannot write {}: {error}", self.path.display()))
        })
    }
}

impl Drop for Appended {
    fn drop(&mut self) {
        if self.is_new {
            // An empty file says nothing.
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes nothing.
    struct Full;

    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_is_found_is_told_in_every_place_whichever_fails() {
        let place = tempfile::tempdir().unwrap();
        let (summary, traces) = (place.path().join("summary.md"), place.path().join("traces"));
        let mut full = Full;
        let outputs = Outputs::of(&mut full).with_summary(Some(&summary)).unwrap();
        let mut outputs = outputs.with_folder("--out", &traces).unwrap();
        outputs.print(|out| writeln!(out, "found"));
        outputs.summarise(|out| writeln!(out, "found"));
        let saved = outputs.save("found", &crate::trace::samples::two_tabs_race());
        assert_eq!(saved, Some(traces.join("found.mmd")));
        let (status, faults) = outputs.concluded(Status::Broken);
        assert_eq!((status, faults.len()), (Status::Broken, 1));
        assert!(faults[0].message.starts_with("cannot write the report: "), "{}", faults[0]);
        assert_eq!(fs::read_to_string(&summary).unwrap(), "found\n");
        assert!(traces.join("found.mmd").exists());
    }

    #[test]
    fn a_trace_is_saved_as_it_is_found_until_what_has_become_of_it_is() {
        let place = tempfile::tempdir().unwrap();
        let trace = crate::trace::samples::two_tabs_race();
        let names = || {
            let entries = fs::read_dir(place.path()).unwrap().flatten();
            entries.map(|entry| entry.file_name().into_string().unwrap()).collect::<std::collections::BTreeSet<_>>()
        };
        let mut out = Vec::new();
        let mut outputs = Outputs::of(&mut out).with_folder("--out", place.path()).unwrap();
        outputs.watching(&mut Progress::start()).found("it", &trace);
        assert!(names().contains("it-as-found-1.mmd"));
        outputs.save("it-diverges-1", &trace);
        assert_eq!(outputs.end(Status::Broken), Status::Broken);
        assert_eq!(names(), ["it-diverges-1.mmd".to_owned()].into());
    }

    #[test]
    fn a_place_that_fails_is_a_fault_where_nothing_was_found() {
        let mut out = Vec::new();
        let mut outputs = Outputs::of(&mut out).with_summary(Some(Path::new("/dev/full"))).unwrap();
        outputs.summarise(|out| writeln!(out, "nothing found"));
        outputs.print(|out| writeln!(out, "nothing found"));
        let (status, faults) = outputs.concluded(Status::Holds);
        assert_eq!(status, Status::Fault);
        assert!(faults[0].message.starts_with("cannot write /dev/full: "), "{}", faults[0]);
        assert_eq!(out, b"nothing found\n");
    }

    #[test]
    fn a_summary_of_a_run_that_never_was_leaves_no_file() {
        let place = tempfile::tempdir().unwrap();
        let summary = place.path().join("summary.md");
        drop(Outputs::of(&mut Vec::new()).with_summary(Some(&summary)).unwrap());
        assert!(!summary.exists());
        fs::write(&summary, "before\n").unwrap();
        drop(Outputs::of(&mut Vec::new()).with_summary(Some(&summary)).unwrap());
        assert_eq!(fs::read_to_string(&summary).unwrap(), "before\n");
        let refused = Outputs::of(&mut Vec::new()).with_summary(Some(place.path())).err().unwrap();
        assert_eq!(refused.status, Status::WrongInput);
        assert!(refused.message.contains("--summary"), "{}", refused.message);
    }
}
