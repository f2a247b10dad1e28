//! A zone: every reading that a few clocks may have, as bounds on their differences.
//!
//! A difference-bound matrix (Dill, 1989): for each two clocks the most by which one may be ahead of the other, in units of time, strictly or
//! not. Row and column 0 stand for a clock that is always zero, so that bounds on single clocks are bounds on differences too.
//!
//! Invariant: every zone is *closed*: no bound follows more tightly from others. Then equal zones have equal bounds, and inclusion is a
//! comparison bound by bound. Invariant: no zone is empty; what would empty one says so instead.

use smallvec::SmallVec;

use super::planted::{Mistake, planted};

/// Clocks that a zone has room for.
pub const MOST_CLOCKS: usize = 19;

/// The most by which a clock may be ahead of another.
///
/// Twice the number of units, and one more where the number itself is allowed: so a tighter bound is a smaller number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Bound(i32);

impl Bound {
    /// No bound.
    pub const NONE: Self = Self(i32::MAX);
    /// At most nothing.
    pub const ZERO: Self = Self(1);
    /// The longest time that may be counted, in units: sums of two are still bounds.
    pub const LONGEST: i32 = 1 << 28;

    /// Less than so many units.
    #[must_use]
    pub const fn below(units: i32) -> Self {
        Self(units * 2)
    }

    /// At most so many units.
    #[must_use]
    pub const fn at_most(units: i32) -> Self {
        Self(units * 2 + 1)
    }

    /// The number of units, and whether it is itself allowed; none where there is no bound.
    #[must_use]
    pub const fn units(self) -> Option<(i32, bool)> {
        if self.0 == i32::MAX { None } else { Some((self.0 >> 1, self.0 & 1 == 1)) }
    }

    /// The bound that follows from two: of the first clock on the second, and of the second on a third.
    #[inline]
    fn then(self, other: Self) -> Self {
        if self.0 == i32::MAX || other.0 == i32::MAX {
            return Self::NONE;
        }
        if planted(Mistake::SumForgetsStrictness) {
            return Self((self.0 & !1) + (other.0 & !1) + ((self.0 | other.0) & 1));
        }
        Self((self.0 & !1) + (other.0 & !1) + (self.0 & other.0 & 1))
    }

    /// The bound of the other clock on this one where this bound does not hold.
    fn refused(self) -> Self {
        if planted(Mistake::RefusalIsStrictWhereItIsNot) {
            return Self(-(self.0 >> 1) * 2 + (self.0 & 1));
        }
        Self(-(self.0 >> 1) * 2 + 1 - (self.0 & 1))
    }
}

/// Where a clock of a new zone comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// It was set to zero now.
    Zero,
    /// It goes on as this clock of the zone before, by its number from 0.
    Clock(u8),
}

/// Bounds that a zone holds without memory of its own: those of six clocks and zero.
const INLINE: usize = 7 * 7;

/// A zone of some clocks.
pub struct Zone {
    side: usize,
    /// Row after row.
    bounds: SmallVec<[Bound; INLINE]>,
}

impl Clone for Zone {
    fn clone(&self) -> Self {
        Self::of(self.bounds())
    }
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.bounds() == other.bounds()
    }
}

impl Eq for Zone {}

impl std::fmt::Debug for Zone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.bounds().chunks(self.side)).finish()
    }
}

impl Zone {
    /// The zone of no clocks.
    #[must_use]
    pub fn new() -> Self {
        Self { side: 1, bounds: SmallVec::from_slice(&[Bound::ZERO]) }
    }

    /// The zone that has these bounds, row after row. They are those of a zone.
    #[must_use]
    pub fn of(bounds: &[Bound]) -> Self {
        let side = bounds.len().isqrt();
        debug_assert_eq!(side * side, bounds.len());
        Self { side, bounds: SmallVec::from_slice(bounds) }
    }

    /// Its bounds, row after row: of each clock on each.
    #[must_use]
    pub fn bounds(&self) -> &[Bound] {
        &self.bounds
    }

    /// How many clocks it has.
    #[must_use]
    pub fn clocks(&self) -> usize {
        self.side - 1
    }

    #[inline]
    fn at(&self, one: usize, other: usize) -> Bound {
        self.bounds[one * self.side + other]
    }

    #[inline]
    fn put(&mut self, one: usize, other: usize, bound: Bound) {
        self.bounds[one * self.side + other] = bound;
    }

    /// The zone of clocks that each come from one of this zone, or from zero. What is named by none is forgotten.
    #[must_use]
    pub fn carried(&self, sources: &[Source]) -> Self {
        let row = |place: usize| match place.checked_sub(1).map(|clock| sources[clock]) {
            None | Some(Source::Zero) => 0,
            Some(Source::Clock(clock)) => usize::from(clock) + 1,
        };
        let side = sources.len() + 1;
        let mut to = Self { side, bounds: SmallVec::from_elem(Bound::ZERO, side * side) };
        for one in 0..to.side {
            for other in (0..to.side).filter(|other| *other != one) {
                let turned = planted(Mistake::CarriedTurnedRound) && one > 0 && other > 0;
                let (from, on) = if turned { (other, one) } else { (one, other) };
                to.put(one, other, self.at(row(from), row(on)));
            }
        }
        to
    }

    /// Lets time pass as long as each clock stays within its bound, which it is within now.
    pub fn delay(&mut self, within: impl Fn(usize) -> Bound) {
        for one in 1..self.side {
            let asked = |other: &usize| *other == one || !planted(Mistake::DelayIgnoresOtherClocks);
            let stops = (1..self.side).filter(asked).map(|other| self.at(one, other).then(within(other - 1)));
            let most = stops.fold(Bound::NONE, Bound::min);
            let most = if planted(Mistake::DelayPastTheThreshold) { Bound::NONE } else { most };
            debug_assert!(self.at(one, 0) <= most, "each clock is within its bound already");
            self.put(one, 0, most);
        }
    }

    /// Lets any time pass.
    pub fn elapse(&mut self) {
        for clock in 1..self.side {
            self.put(clock, 0, Bound::NONE);
        }
    }

    /// Keeps the readings at which a clock is within a bound. False where there are none; the zone then means nothing.
    #[must_use]
    pub fn keep_within(&mut self, clock: usize, bound: Bound) -> bool {
        self.tighten(clock + 1, 0, bound)
    }

    /// Keeps the readings at which a clock shows at least so many units. False where there are none; the zone then means nothing.
    #[must_use]
    pub fn keep_from(&mut self, clock: usize, units: i32) -> bool {
        let bound = if planted(Mistake::FromLeavesOutTheStart) { Bound::below } else { Bound::at_most };
        self.tighten(0, clock + 1, bound(-units))
    }

    /// Whether there are readings at which a clock shows exactly so many units.
    #[must_use]
    pub fn can_show(&self, clock: usize, units: i32) -> bool {
        let (at_most, at_least) = (Bound::at_most(units), Bound::at_most(-units));
        self.at(0, clock + 1).then(at_most) >= Bound::ZERO && self.at(clock + 1, 0).then(at_least) >= Bound::ZERO
    }

    fn tighten(&mut self, one: usize, other: usize, bound: Bound) -> bool {
        if bound >= self.at(one, other) {
            return true;
        }
        if self.at(other, one).then(bound) < Bound::ZERO {
            return false;
        }
        if planted(Mistake::KeptWithoutClosing) {
            self.put(one, other, bound);
            return true;
        }
        for from in 0..self.side {
            let via = self.at(from, one).then(bound);
            if via == Bound::NONE {
                continue;
            }
            for to in 0..self.side {
                let bound = via.then(self.at(other, to));
                if bound < self.at(from, to) {
                    self.put(from, to, bound);
                }
            }
        }
        true
    }

    /// Whether it holds every reading of the other, which has the same clocks.
    #[must_use]
    pub fn includes(&self, other: &[Bound]) -> bool {
        includes(self.bounds(), other)
    }

    /// The least zone that holds this one and another of the same clocks. It may hold more.
    #[must_use]
    pub fn hull(&self, other: &[Bound]) -> Self {
        let mut hull = self.clone();
        for (bound, also) in hull.bounds.iter_mut().zip(other) {
            let common = planted(Mistake::HullOfWhatIsCommon);
            *bound = if common { (*bound).min(*also) } else { (*bound).max(*also) };
        }
        hull
    }

    /// The least zone that holds this one and another of the same clocks, where it holds nothing else.
    #[must_use]
    pub fn merged(&self, other: &[Bound]) -> Option<Self> {
        let mut hull = self.clone();
        let (mut wider, mut narrower) = (0, 0);
        for (bound, also) in hull.bounds.iter_mut().zip(other) {
            match (*bound).cmp(also) {
                std::cmp::Ordering::Less => {
                    *bound = *also;
                    wider += 1;
                }
                std::cmp::Ordering::Greater => narrower += 1,
                std::cmp::Ordering::Equal => {}
            }
        }
        // What of the hull lies outside of one must lie inside of the other: looked for around the one with fewer sides to leave by.
        let (left, into) = if wider <= narrower { (self.bounds(), other) } else { (other, self.bounds()) };
        let mut rest = hull.clone();
        for one in 0..self.side {
            for to in 0..self.side {
                let bound = left[one * self.side + to];
                if bound >= rest.at(one, to) {
                    continue;
                }
                let mut outside = rest.clone();
                let unchecked = planted(Mistake::MergedWithWhatNeitherHolds);
                if outside.tighten(to, one, bound.refused()) && !includes(into, outside.bounds()) && !unchecked {
                    return None;
                }
                if !rest.tighten(one, to, bound) {
                    return Some(hull);
                }
            }
        }
        Some(hull)
    }

    /// Moves each bound that is wider than it was on to the next of `stations`, sorted, or to where its clock must stop. Holds more than
    /// before.
    pub fn widen(&mut self, before: &[Bound], stations: &[i32], within: impl Fn(usize) -> Bound) {
        for one in 0..self.side {
            for other in 0..self.side {
                let bound = self.at(one, other);
                if one == other || bound <= before[one * self.side + other] {
                    continue;
                }
                let end = if one == 0 { Bound::ZERO } else { within(one - 1) };
                let next = stations.partition_point(|units| Bound::at_most(*units) < bound);
                let next = if planted(Mistake::WidenedBackwards) { next.saturating_sub(1) } else { next };
                let station = stations.get(next).map_or(end, |units| Bound::at_most(*units));
                let least = if planted(Mistake::WidenedBackwards) { station } else { bound };
                self.put(one, other, station.min(end).max(least));
            }
        }
        if !planted(Mistake::WidenedWithoutClosing) {
            self.close();
        }
    }

    /// Makes every bound as tight as the others make it.
    fn close(&mut self) {
        for via in 0..self.side {
            for one in 0..self.side {
                let first = self.at(one, via);
                if first == Bound::NONE {
                    continue;
                }
                for other in 0..self.side {
                    let bound = first.then(self.at(via, other));
                    if bound < self.at(one, other) {
                        self.put(one, other, bound);
                    }
                }
            }
        }
    }

    /// How many units of room its clocks have, all together: what is widest comes first in a search that is to end.
    #[must_use]
    pub fn width(&self) -> i64 {
        let width = |clock: usize| {
            let (most, least) = (self.at(clock, 0), self.at(0, clock));
            match (most.units(), least.units()) {
                (Some((most, _)), Some((least, _))) => i64::from(most) + i64::from(least),
                _ => i64::from(Bound::LONGEST),
            }
        };
        (1..self.side).map(width).sum()
    }
}

impl Default for Zone {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether the bounds of one zone hold every reading within those of another of the same clocks.
#[must_use]
pub fn includes(one: &[Bound], other: &[Bound]) -> bool {
    let (one, other) = if planted(Mistake::InclusionTurnedRound) { (other, one) } else { (one, other) };
    one.iter().zip(other).all(|(one, other)| other <= one)
}
