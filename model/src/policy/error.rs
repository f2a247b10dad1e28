//! What is wrong with a file, each fault with its place.

use std::fmt;

/// A fault in a file.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{file}:{line}:{column}: {why}")]
pub struct PolicyError {
    /// The file, or the profile, as its reader called it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1, in characters.
    pub column: usize,
    /// What is wrong there, and what would be right.
    pub why: String,
}

/// A file is not a policy: everything that is wrong with it, in the order of its lines. There is at least one fault.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PolicyErrors(Vec<PolicyError>);

impl PolicyErrors {
    /// Every fault, where there is one.
    pub(super) fn of(faults: Vec<PolicyError>) -> Option<Self> {
        (!faults.is_empty()).then_some(Self(faults))
    }

    /// Every fault, in the order of the file's lines.
    pub fn iter(&self) -> std::slice::Iter<'_, PolicyError> {
        self.0.iter()
    }
}

impl<'e> IntoIterator for &'e PolicyErrors {
    type Item = &'e PolicyError;
    type IntoIter = std::slice::Iter<'e, PolicyError>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for PolicyErrors {
    /// Each fault on a line of its own.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, fault) in self.0.iter().enumerate() {
            if n > 0 {
                writeln!(f)?;
            }
            write!(f, "{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for PolicyErrors {}
