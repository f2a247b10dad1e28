//! Why nothing was driven, and what to do about it.

use std::fmt;

use serde::Serialize;

use super::Shard;
use crate::run::Status;

/// Why a replay drove nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case", tag = "why")]
pub enum NotDriven {
    /// The graph has more steps than traces are drawn through.
    TooManySteps {
        /// Steps of the graph.
        steps: u32,
        /// The most that traces are drawn through.
        most: u32,
    },
    /// The exploration was cut off: what its graph lacks would look covered.
    NotExplored,
    /// Nothing can happen within the bounds.
    NoStep,
    /// No two requests are under way at once whose order matters.
    NoRace,
    /// No trace was given.
    NoTrace,
    /// Every trace that there is falls to other parts.
    EmptyPart {
        /// The part that was asked for.
        #[serde(serialize_with = "as_text")]
        part: Shard,
        /// Traces in all parts.
        of: u64,
    },
}

impl NotDriven {
    /// The status of a replay that drove nothing for this reason: bounded below what was asked, or nothing to run.
    #[must_use]
    pub fn status(self) -> Status {
        match self {
            Self::TooManySteps { .. } | Self::NotExplored => Status::Unfinished,
            Self::NoStep | Self::NoRace | Self::NoTrace | Self::EmptyPart { .. } => Status::NothingRun,
        }
    }
}

impl fmt::Display for NotDriven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManySteps { steps, most } => write!(
                f,
                "not replayed: the graph has {steps} steps, and traces are drawn through {most} at most; ask for less with --scope or \
                 --depth"
            ),
            Self::NotExplored => {
                f.write_str("not replayed: the exploration was cut off; allow more with --memory or --max-worlds")
            }
            Self::NoStep => f.write_str("nothing to drive: no step lies within the bounds; allow more with --depth"),
            Self::NoRace => f.write_str(
                "nothing to drive: no two requests are under way at once whose order matters; ask for a larger --scope",
            ),
            Self::NoTrace => f.write_str(
                "nothing to drive: there is no trace; give files, or a folder with files that end in .mmd or .json",
            ),
            Self::EmptyPart { part, of } => {
                write!(f, "nothing to drive: of {of} traces, none is in part {part}; ask for fewer parts with --shard")
            }
        }
    }
}

fn as_text<S: serde::Serializer>(part: &Shard, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(part)
}
