//! Why a command did not come to a verdict, and the status that says so.

use std::fmt::Display;
use std::io;

use crate::files;
use crate::run::{NotDriven, Status};
use crate::servers::Fault;
use crate::trace::FileError;

/// Why a command did not come to a verdict: what is wrong, where, and the way out.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub(super) struct Failure {
    /// What the program exits with.
    pub(super) status: Status,
    /// What a person is told, beginning in lower case.
    pub(super) message: String,
}

impl Failure {
    /// What a person gave is wrong.
    pub(super) fn input(message: impl Display) -> Self {
        Self { status: Status::WrongInput, message: message.to_string() }
    }

    /// There is nothing to run.
    pub(super) fn nothing_run(message: impl Display) -> Self {
        Self { status: Status::NothingRun, message: message.to_string() }
    }

    /// The surroundings failed.
    pub(super) fn fault(message: impl Display) -> Self {
        Self { status: Status::Fault, message: message.to_string() }
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        let status = if fault.is_cut_off() { Status::Unfinished } else { Status::Fault };
        Self { status, message: fault.to_string() }
    }
}

impl From<NotDriven> for Failure {
    fn from(why: NotDriven) -> Self {
        Self { status: why.status(), message: why.to_string() }
    }
}

impl From<FileError> for Failure {
    fn from(error: FileError) -> Self {
        match &error {
            FileError::Wrong(_) | FileError::Extension(_) => Self::input(error),
            FileError::Fault { doing: "read", why, .. } if files::is_wrong_file(why) => Self::input(error),
            FileError::Fault { .. } => Self::fault(error),
        }
    }
}

/// What came of writing a report. A reader who has left (`| head`) is no failure.
pub(super) fn written(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::fault(format_args!("cannot write the report: {error}")))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}
