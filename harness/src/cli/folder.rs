//! A folder that traces are written into. It is made when the first is.

use std::path::{Path, PathBuf};

use super::failure::Failure;
use crate::trace::{Trace, file};

/// The form that traces are written in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub(super) enum Form {
    /// A sequence diagram that code hosts show as a picture.
    Mermaid,
    /// For machines.
    Json,
}

/// A folder that traces are written into.
pub(super) struct Folder<'p> {
    path: &'p Path,
    form: Form,
    made: bool,
}

impl<'p> Folder<'p> {
    /// The folder at this path, for Mermaid.
    pub(super) fn at(path: &'p Path) -> Self {
        Self::of(path, Form::Mermaid)
    }

    /// The folder at this path.
    pub(super) fn of(path: &'p Path, form: Form) -> Self {
        Self { path, form, made: false }
    }

    /// Writes a trace under a name without an ending, and says where.
    pub(super) fn write(&mut self, name: &str, trace: &Trace) -> Result<PathBuf, Failure> {
        if !self.made {
            std::fs::create_dir_all(self.path).map_err(|error| {
                let folder = self.path.display();
                Failure::fault(format_args!("cannot make the folder {folder}: {error}; choose another with --out"))
            })?;
            self.made = true;
        }
        let ending = match self.form {
            Form::Mermaid => "mmd",
            Form::Json => "json",
        };
        let path = self.path.join(format!("{name}.{ending}"));
        file::write(&path, trace)?;
        Ok(path)
    }
}
