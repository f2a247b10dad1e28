//! What a run came to, as the status that the program exits with.

use std::process::ExitCode;

/// What a run came to. Where several are true, [`Status::worst`] says which one counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Status {
    /// Everything asked for holds.
    Holds = 0,
    /// A property is violated, or a target diverges.
    Broken = 1,
    /// The input is wrong: a flag, a policy, a trace.
    WrongInput = 2,
    /// The run was cut off, or bounded below what was asked.
    Unfinished = 3,
    /// Nothing could be run.
    NothingRun = 4,
    /// A fault in the surroundings: a port in use, a full disk.
    Fault = 5,
}

impl Status {
    /// Which status counts before which. Wrong input ends a run before it begins, so it comes first.
    const WORST_FIRST: [Self; 6] =
        [Self::WrongInput, Self::Broken, Self::Unfinished, Self::NothingRun, Self::Fault, Self::Holds];

    /// The one that counts: what is known to be wrong before what is not known.
    #[must_use]
    pub fn worst(statuses: impl IntoIterator<Item = Self>) -> Self {
        let rank = |status: &Self| Self::WORST_FIRST.iter().position(|known| known == status);
        statuses.into_iter().min_by_key(rank).unwrap_or(Self::Holds)
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(status as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_to_be_wrong_counts_before_what_is_not_known() {
        let worst_first = Status::WORST_FIRST;
        for (at, status) in worst_first.into_iter().enumerate() {
            assert_eq!(Status::worst(worst_first[at..].iter().rev().copied()), status);
        }
        assert_eq!(Status::WORST_FIRST.map(|status| status as u8), [2, 1, 3, 4, 5, 0]);
        assert_eq!(Status::worst([]), Status::Holds);
    }
}
