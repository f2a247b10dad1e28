//! Where a run must stop, and how far it has come.

use crate::stop::Stop;

/// Where a run must stop. Reaching a limit cuts the run off; it never hides anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Worlds at most. They are numbered with 32 bits.
    pub worlds: u32,
    /// Bytes at most that the run's growing structures may hold.
    pub memory_bytes: u64,
    /// Steps from the initial world at most, when only that much is asked for.
    pub depth: Option<u32>,
    /// Ends the run early. It is asked once in some dozens of steps.
    pub stop: Stop,
}

impl Limits {
    /// Four gibibytes: fits the machines that continuous integration gives away, and holds well over 100 million worlds.
    pub const DEFAULT_MEMORY_BYTES: u64 = 4 << 30;
}

impl Default for Limits {
    fn default() -> Self {
        Self { worlds: u32::MAX, memory_bytes: Self::DEFAULT_MEMORY_BYTES, depth: None, stop: Stop::NEVER }
    }
}

/// How far a run has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Worlds all of whose steps were taken.
    pub explored: u64,
    /// Worlds found but not expanded.
    pub frontier: u64,
    /// Steps from the initial world to the worlds being expanded.
    pub depth: u32,
}
