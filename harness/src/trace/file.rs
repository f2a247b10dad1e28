//! Traces as files, in either form. What a file is, its content says: JSON begins with a brace, everything else is Mermaid.
//!
//! Both forms have a version of their own, apart from that of the policy in the header, which is read like any policy's file: a knob that it
//! does not name has its default, so that a kept trace lasts when a knob is added.
//!
//! A file is written whole or not at all.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Trace, json, mermaid};
use crate::files::{self, Kind};

/// The version of both forms. It changes when a file that was right before would be read otherwise.
pub const FORMAT_VERSION: u64 = 2;

/// What some editors write before a text. It is no part of it.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// What to say of a trace in another version of its form, as the file has it.
pub(super) fn other_version(said: &str) -> String {
    match said.parse::<u64>() {
        Ok(version) if version > FORMAT_VERSION => format!(
            "this trace is in version {version} of the format, and this authloom reads up to {FORMAT_VERSION}: use the authloom that wrote \
             it, or a newer one"
        ),
        Ok(1) => format!(
            "this trace is in version 1 of the format, which counted ticks: write each tick as the time that it is, such as `5m later`, and \
             the version as {FORMAT_VERSION}"
        ),
        Ok(_) | Err(_) => {
            format!(
                "`{said}` is no version of the format: the newest, and the only one that this authloom reads, is {FORMAT_VERSION}"
            )
        }
    }
}

/// A text is not a trace.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{file}:{line}:{column}: {why}")]
pub struct TraceError {
    /// The file, as its reader called it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// What is wrong there, and what would be right. Where there is more to say, it follows on lines of its own, each with its place.
    pub why: String,
}

impl TraceError {
    /// Several faults as one.
    pub(super) fn of_all(faults: impl IntoIterator<Item = Self>) -> Option<Self> {
        faults.into_iter().reduce(|all, fault| Self { why: format!("{}\n{fault}", all.why), ..all })
    }
}

/// A file of traces cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// What it says is not a trace.
    #[error(transparent)]
    Wrong(#[from] TraceError),
    /// Its name does not say which form to write.
    #[error("cannot write {}: a trace's file ends in .mmd (Mermaid) or .json", .0.display())]
    Extension(PathBuf),
    /// The surroundings failed.
    #[error("cannot {doing} {}: {why}", .path.display())]
    Fault {
        /// What was tried: `read` or `write`.
        doing: &'static str,
        /// With what.
        path: PathBuf,
        /// What came of it.
        #[source]
        why: io::Error,
    },
}

/// The form of a file, by its name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Form {
    Mermaid,
    Json,
}

impl Form {
    fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "mmd" => Some(Self::Mermaid),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}

/// Reads the text of a trace in either form. `file` is what an error calls it.
///
/// # Errors
/// When the text is not a trace, or the model does not agree with it.
pub fn read_text(file: &str, text: &str) -> Result<Trace, TraceError> {
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    if text.trim_start().starts_with('{') { json::read(file, text) } else { mermaid::read(file, text) }
}

/// Reads one trace.
///
/// # Errors
/// When the file cannot be read or is not a trace.
pub fn read(path: &Path) -> Result<Trace, FileError> {
    let bytes = files::read(path, Kind::TRACE).map_err(|why| fault("read", path, why))?;
    let file = path.display().to_string();
    match String::from_utf8(bytes) {
        Ok(text) => Ok(read_text(&file, &text)?),
        Err(error) => {
            let valid = error.utf8_error().valid_up_to();
            let before = String::from_utf8_lossy(&error.as_bytes()[..valid]);
            let last = before.rsplit('\n').next().unwrap_or_default();
            let (line, column) = (before.matches('\n').count() + 1, last.chars().count() + 1);
            Err(FileError::Wrong(TraceError { file, line, column, why: "a trace is text in UTF-8".to_owned() }))
        }
    }
}

/// Reads every trace of a folder, in the order of their names: files that end in `.mmd` or `.json`.
///
/// # Errors
/// When the folder or a file cannot be read, or one of them is not a trace.
pub fn read_folder(folder: &Path) -> Result<Vec<(PathBuf, Trace)>, FileError> {
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>);
    let entries = entries.map_err(|why| fault("read", folder, why))?;
    let mut paths: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    paths.retain(|path| Form::of(path).is_some() && !path.is_dir());
    paths.sort();
    let traces = paths.into_iter().map(|path| {
        if !path.is_file() {
            let why = "it is no regular file, as a trace in a folder is";
            return Err(fault("read", &path, io::Error::new(io::ErrorKind::InvalidInput, why)));
        }
        read(&path).map(|trace| (path, trace))
    });
    traces.collect()
}

/// Writes a trace, in the form that the path's ending asks for. What stood there before is replaced.
///
/// # Errors
/// When the ending asks for neither form, or the file cannot be written; then what stood there before still does.
pub fn write(path: &Path, trace: &Trace) -> Result<(), FileError> {
    let Some(form) = Form::of(path) else { return Err(FileError::Extension(path.to_owned())) };
    let text = match form {
        Form::Mermaid => mermaid::write(trace),
        Form::Json => json::write(trace),
    };
    files::write_whole(path, &text).map_err(|why| fault("write", path, why))
}

fn fault(doing: &'static str, path: &Path, why: io::Error) -> FileError {
    FileError::Fault { doing, path: path.to_owned(), why }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn a_trace_reads_back_from_a_file_of_either_form() {
        let folder = tempfile::tempdir().unwrap();
        let trace = samples::two_tabs_race();
        for name in ["race.mmd", "race.json"] {
            let path = folder.path().join(name);
            write(&path, &trace).unwrap();
            assert_eq!(read(&path).unwrap(), trace, "{name}");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "no draft is left behind");
    }

    #[test]
    fn the_content_says_the_form_whatever_the_name() {
        let trace = samples::two_tabs_race();
        assert_eq!(read_text("trace.mmd", &json::write(&trace)), Ok(trace.clone()));
        assert_eq!(read_text("trace.json", &mermaid::write(&trace)), Ok(trace));
    }

    #[test]
    fn a_byte_order_mark_and_line_ends_of_windows_are_no_part_of_a_trace() {
        let trace = samples::two_tabs_race();
        for text in [mermaid::write(&trace), json::write(&trace)] {
            assert_eq!(read_text("a", &format!("\u{feff}{}", text.replace('\n', "\r\n"))), Ok(trace.clone()));
        }
        let error = read_text("a", "\u{feff}sequenceDiagram\n").unwrap_err().to_string();
        assert!(error.starts_with("a:1:1: this is no trace"), "{error}");
    }

    #[test]
    fn a_folder_is_read_in_the_order_of_names_and_without_what_is_no_trace_by_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let trace = samples::two_tabs_race();
        for name in ["b.mmd", "a.json", "c.mmd"] {
            write(&folder.path().join(name), &trace).unwrap();
        }
        fs::write(folder.path().join("README.md"), "not a trace").unwrap();
        let read = read_folder(folder.path()).unwrap();
        let names: Vec<_> = read.iter().map(|(path, _)| path.file_name().unwrap().to_str().unwrap()).collect();
        assert_eq!(names, ["a.json", "b.mmd", "c.mmd"]);
    }

    #[test]
    fn a_file_in_a_folder_that_is_no_trace_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.mmd");
        fs::write(&path, "sequenceDiagram\n").unwrap();
        let error = read_folder(folder.path()).unwrap_err().to_string();
        assert!(error.starts_with(&format!("{}:1:1: ", path.display())), "{error}");
    }

    #[test]
    fn what_is_no_text_is_refused_where_the_text_ends() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.mmd");
        fs::write(&path, b"%% authloom trace 1\n%% \xff").unwrap();
        let error = read(&path).unwrap_err().to_string();
        assert_eq!(error, format!("{}:2:4: a trace is text in UTF-8", path.display()));
    }

    #[test]
    fn what_cannot_be_read_or_written_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("missing");
        let error = read(&missing.join("a.mmd")).unwrap_err().to_string();
        assert!(error.starts_with(&format!("cannot read {}/a.mmd: ", missing.display())), "{error}");
        let error = read_folder(&missing).unwrap_err().to_string();
        assert!(error.starts_with(&format!("cannot read {}: ", missing.display())), "{error}");
        let error = write(&missing.join("a.mmd"), &samples::two_tabs_race()).unwrap_err().to_string();
        assert!(error.starts_with(&format!("cannot write {}/a.mmd: ", missing.display())), "{error}");
    }

    #[test]
    fn a_name_that_asks_for_no_form_is_refused_with_the_forms_there_are() {
        let error = write(Path::new("trace.txt"), &samples::two_tabs_race()).unwrap_err().to_string();
        assert_eq!(error, "cannot write trace.txt: a trace's file ends in .mmd (Mermaid) or .json");
    }

    #[test]
    fn a_write_that_fails_leaves_no_draft() {
        let folder = tempfile::tempdir().unwrap();
        let taken = folder.path().join("taken.mmd");
        fs::create_dir(&taken).unwrap();
        assert!(write(&taken, &samples::two_tabs_race()).is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_is_no_file_or_too_large_for_a_trace_is_refused_without_being_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.mmd");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        let error = read_folder(folder.path()).unwrap_err().to_string();
        assert_eq!(error, format!("cannot read {}: it is no regular file, as a trace in a folder is", path.display()));
        fs::remove_file(&path).unwrap();
        fs::File::create(&path).unwrap().set_len(10 << 30).unwrap();
        let error = read_folder(folder.path()).unwrap_err().to_string();
        assert_eq!(error, format!("cannot read {}: it is larger than 256 MiB, and no trace is", path.display()));
    }
}
