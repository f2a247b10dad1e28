//! A folder that traces are written into. It is tried before a run, and made when the first trace is written.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::failure::Failure;
use crate::files;
use crate::trace::{Trace, file};

/// The form that traces are written in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub(super) enum Form {
    /// A sequence diagram that code hosts show as a picture.
    Mermaid,
    /// For machines.
    Json,
}

impl Form {
    fn ending(self) -> &'static str {
        match self {
            Self::Mermaid => "mmd",
            Self::Json => "json",
        }
    }
}

/// A folder that traces are written into.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    form: Form,
}

impl Folder {
    /// The folder at a path, that a flag names, if it can be written into.
    ///
    /// # Errors
    /// When it cannot be made or written into.
    pub(super) fn tried(flag: &str, path: &Path, form: Form) -> Result<Self, Failure> {
        match writable(path) {
            Ok(()) => Ok(Self { path: path.to_owned(), form }),
            Err(why) => Err(Failure::input(format_args!(
                "{flag} {}: cannot write traces there: {why}; choose another folder with {flag}",
                path.display()
            ))),
        }
    }

    /// Writes a trace under a name without an ending, and says where.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn write(&self, name: &str, trace: &Trace) -> Result<PathBuf, Failure> {
        fs::create_dir_all(&self.path).map_err(|error| self.fault(&error))?;
        let path = self.path.join(format!("{name}.{}", self.form.ending()));
        file::write(&path, trace)?;
        Ok(path)
    }

    /// Begins to write traces that are one whole.
    ///
    /// # Errors
    /// When there is no room for them.
    pub(super) fn together(self) -> Result<Together, Failure> {
        // Where the folder is not there yet, it comes to its place as a whole.
        let within = if self.path.is_dir() { &self.path } else { files::folder_of(&self.path) };
        let draft = fs::create_dir_all(within).and_then(|()| files::draft_folder(within));
        let draft = draft.map_err(|error| self.fault(&error))?;
        Ok(Together { folder: self, draft })
    }

    fn fault(&self, error: &io::Error) -> Failure {
        Failure::fault(format_args!("cannot write into {}: {error}", self.path.display()))
    }
}

/// Traces that are one whole: none is in the folder before all are. Dropped, it leaves nothing behind.
pub(super) struct Together {
    folder: Folder,
    draft: TempDir,
}

impl Together {
    /// Writes one of them, under a name without an ending.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn write(&self, name: &str, trace: &Trace) -> Result<(), Failure> {
        Ok(file::write(&self.draft.path().join(format!("{name}.{}", self.folder.form.ending())), trace)?)
    }

    /// Brings all of them to their place.
    ///
    /// # Errors
    /// When they cannot be brought there.
    pub(super) fn finish(self) -> Result<(), Failure> {
        let Self { folder, draft } = self;
        if fs::rename(draft.path(), &folder.path).is_ok() {
            // There is nothing left to remove.
            let _ = draft.keep();
            return Ok(());
        }
        // Other files are there already.
        let moved = fs::create_dir_all(&folder.path).and_then(|()| {
            fs::read_dir(draft.path())?.try_for_each(|entry| {
                let entry = entry?;
                fs::rename(entry.path(), folder.path.join(entry.file_name()))
            })
        });
        moved.map_err(|error| folder.fault(&error))
    }
}

/// Whether files can be made in a folder, or in the nearest one above it that is there.
fn writable(path: &Path) -> io::Result<()> {
    let there = path.ancestors().map(|above| if above.as_os_str().is_empty() { Path::new(".") } else { above });
    let nearest = there.into_iter().find(|above| fs::symlink_metadata(above).is_ok()).unwrap_or_else(|| Path::new("."));
    if fs::metadata(nearest)?.is_dir() {
        tempfile::tempfile_in(nearest).map(drop)
    } else {
        Err(io::Error::new(io::ErrorKind::NotADirectory, format!("{} is a file", nearest.display())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_tried_without_leaving_anything_in_it() {
        let place = tempfile::tempdir().unwrap();
        let tried = |path: &Path| Folder::tried("--out", path, Form::Mermaid).map(drop);
        assert_eq!(tried(place.path()), Ok(()));
        assert_eq!(tried(&place.path().join("new/below")), Ok(()));
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
        let taken = place.path().join("taken");
        fs::write(&taken, "").unwrap();
        for path in [taken.clone(), taken.join("below")] {
            let message = tried(&path).unwrap_err().message;
            assert!(message.starts_with(&format!("--out {}: ", path.display())), "{message}");
            assert!(message.contains("taken is a file") && message.ends_with("with --out"), "{message}");
        }
        assert!(tried(Path::new("/proc/authloom")).is_err());
    }

    #[test]
    fn traces_that_are_one_whole_are_all_there_or_none() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("traces");
        let count = |path: &Path| fs::read_dir(path).map_or(0, Iterator::count);
        let trace = crate::trace::samples::two_tabs_race();
        for (name, before) in [("1", 0), ("2", 1)] {
            let folder = || Folder::tried("--out", &path, Form::Json).unwrap();
            let cut = folder().together().unwrap();
            cut.write(name, &trace).unwrap();
            drop(cut);
            assert_eq!(count(&path), before, "what is cut off leaves nothing");
            let whole = folder().together().unwrap();
            whole.write(name, &trace).unwrap();
            assert_eq!(file::read_folder(&path).map_or(0, |read| read.len()), before);
            whole.finish().unwrap();
            assert_eq!((count(&path), count(place.path())), (before + 1, 1));
        }
    }
}
