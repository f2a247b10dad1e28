//! Mistakes in zones and phases, which this crate's own tests plant one at a time to see that their comparisons notice each.
//!
//! Only a test build has them. Everywhere else [`planted`] is the constant `false`, and what it guards is not compiled.

/// A mistake.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mistake {
    /// A sum of two bounds is strict only where both are.
    SumForgetsStrictness,
    /// What does not keep a strict bound need not have reached it, and the other way round.
    RefusalIsStrictWhereItIsNot,
    /// Time goes on for a clock though another must stop.
    DelayIgnoresOtherClocks,
    /// A clock is not kept below its threshold.
    DelayPastTheThreshold,
    /// A bound is kept without what follows from it.
    KeptWithoutClosing,
    /// Who has reached a threshold is not past it.
    FromLeavesOutTheStart,
    /// The differences of clocks change sign where they move.
    CarriedTurnedRound,
    /// A zone includes those that include it.
    InclusionTurnedRound,
    /// A hull holds what both zones hold.
    HullOfWhatIsCommon,
    /// Two zones become their hull, whatever that holds.
    MergedWithWhatNeitherHolds,
    /// A bound is moved back to the station before it.
    WidenedBackwards,
    /// Bounds that are widened are not closed.
    WidenedWithoutClosing,
    /// A clock may show its threshold and not have passed it.
    ThresholdMayBeShown,
    /// A clock may go on to a unit past its threshold.
    ThresholdAUnitLater,
    /// What passes no threshold may be past it all the same.
    StaysBehindWithoutBound,
    /// Only one threshold is passed at a moment.
    PassedOneByOne,
    /// Using a token does not restart its idle time.
    IdleNotRestarted,
    /// An idle time that runs on begins anew.
    IdleNotInherited,
    /// Nobody counts how long ago a token was spent.
    GraceNotCounted,
    /// An access token has no clock after its first threshold.
    AccessForgottenEarly,
    /// How long ago a token was spent is told though it cannot matter.
    LongSpentIsTold,
    /// A message that goes on is as old as the one before it.
    FlightNotRestarted,
    /// A message is on its way for ever.
    FlightNotCounted,
}

#[cfg(test)]
impl Mistake {
    /// All of them.
    pub(crate) const ALL: [Self; 23] = [
        Self::SumForgetsStrictness,
        Self::RefusalIsStrictWhereItIsNot,
        Self::DelayIgnoresOtherClocks,
        Self::DelayPastTheThreshold,
        Self::KeptWithoutClosing,
        Self::FromLeavesOutTheStart,
        Self::CarriedTurnedRound,
        Self::InclusionTurnedRound,
        Self::HullOfWhatIsCommon,
        Self::MergedWithWhatNeitherHolds,
        Self::WidenedBackwards,
        Self::WidenedWithoutClosing,
        Self::ThresholdMayBeShown,
        Self::ThresholdAUnitLater,
        Self::StaysBehindWithoutBound,
        Self::PassedOneByOne,
        Self::IdleNotRestarted,
        Self::IdleNotInherited,
        Self::GraceNotCounted,
        Self::AccessForgottenEarly,
        Self::LongSpentIsTold,
        Self::FlightNotRestarted,
        Self::FlightNotCounted,
    ];
}

/// Whether a mistake is planted: never but in a test of this crate.
#[cfg(not(test))]
#[inline]
pub(crate) const fn planted(_: Mistake) -> bool {
    false
}

#[cfg(test)]
pub(crate) use in_tests::{plant, planted};

#[cfg(test)]
mod in_tests {
    use std::cell::Cell;

    use super::Mistake;

    thread_local! {
        static PLANTED: Cell<Option<Mistake>> = const { Cell::new(None) };
    }

    /// Whether a mistake is planted on this thread.
    pub(crate) fn planted(mistake: Mistake) -> bool {
        PLANTED.get() == Some(mistake)
    }

    /// A mistake is planted on this thread as long as this lives.
    pub(crate) struct Planted;

    /// Plants a mistake.
    #[must_use]
    pub(crate) fn plant(mistake: Mistake) -> Planted {
        PLANTED.set(Some(mistake));
        Planted
    }

    impl Drop for Planted {
        fn drop(&mut self) {
            PLANTED.set(None);
        }
    }
}
