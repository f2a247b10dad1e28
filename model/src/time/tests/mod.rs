//! Zones beside what they mean, the search of phases beside one of single seconds, and that these notice every mistake that is planted.

mod laws;
mod readings;
mod search;

use super::planted::{Mistake, plant};

/// What is to notice a mistake.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Check {
    /// The laws of zones.
    Laws,
    /// The worlds that are found second by second.
    Seconds,
}

impl Check {
    fn fails(self) -> bool {
        let check = match self {
            Self::Laws => laws::hold,
            Self::Seconds => search::agrees_with_seconds,
        };
        // Also a panic shows that something is wrong.
        !matches!(std::panic::catch_unwind(check), Ok(Ok(())))
    }
}

/// What is to notice a mistake: the laws where it is one of zones alone.
fn to_notice(mistake: Mistake) -> Check {
    match mistake {
        Mistake::SumForgetsStrictness
        | Mistake::RefusalIsStrictWhereItIsNot
        | Mistake::DelayIgnoresOtherClocks
        | Mistake::DelayPastTheThreshold
        | Mistake::KeptWithoutClosing
        | Mistake::FromLeavesOutTheStart
        | Mistake::CarriedTurnedRound
        | Mistake::InclusionTurnedRound
        | Mistake::HullOfWhatIsCommon
        | Mistake::MergedWithWhatNeitherHolds
        | Mistake::WidenedBackwards
        | Mistake::WidenedWithoutClosing => Check::Laws,
        Mistake::ThresholdMayBeShown
        | Mistake::ThresholdAUnitLater
        | Mistake::StaysBehindWithoutBound
        | Mistake::PassedOneByOne
        | Mistake::IdleNotRestarted
        | Mistake::IdleNotInherited
        | Mistake::GraceNotCounted
        | Mistake::AccessForgottenEarly
        | Mistake::LongSpentIsTold
        | Mistake::FlightNotRestarted
        | Mistake::FlightNotCounted => Check::Seconds,
    }
}

#[test]
fn zones_obey_their_laws() {
    assert_eq!(laws::hold(), Ok(()));
}

#[test]
fn phases_and_zones_find_the_worlds_that_are_found_second_by_second() {
    assert_eq!(search::agrees_with_seconds(), Ok(()));
}

#[test]
fn every_planted_mistake_is_noticed() {
    let unnoticed = Mistake::ALL.into_iter().filter(|mistake| {
        let _planted = plant(*mistake);
        !to_notice(*mistake).fails()
    });
    assert_eq!(unnoticed.collect::<Vec<_>>(), []);
}
