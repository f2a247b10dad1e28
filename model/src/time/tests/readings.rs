//! What a zone means: the readings in it, on a grid that is fine enough for every bound to show.

use crate::time::zone::{Bound, Zone};

/// Steps of a unit. Between two readings of quarters lies one of eighths, so that what some moment is asked for has one.
pub(super) const EIGHTHS: i32 = 8;
/// Three clocks order their fractions of a unit in ways that quarters already tell apart.
const QUARTER: usize = 2;
/// Units that a clock is looked at for.
pub(super) const LONGEST: i32 = 5;

/// What each clock shows, in eighths of a unit.
pub(super) type Reading = Vec<i32>;

/// Whether a bound allows a difference in eighths.
pub(super) fn allows(bound: Bound, eighths: i32) -> bool {
    bound.units().is_none_or(|(units, reached)| eighths < units * EIGHTHS || reached && eighths == units * EIGHTHS)
}

/// Whether a zone holds a reading.
pub(super) fn holds(zone: &Zone, reading: &[i32]) -> bool {
    let shown = |at: usize| if at == 0 { 0 } else { reading[at - 1] };
    let side = zone.clocks() + 1;
    (0..side).all(|one| (0..side).all(|other| allows(zone.bounds()[one * side + other], shown(one) - shown(other))))
}

/// Every reading in quarters of a unit, of so many clocks.
pub(super) fn all(clocks: usize) -> Vec<Reading> {
    let mut all = vec![Vec::new()];
    for _ in 0..clocks {
        let on = |reading: Reading| {
            (0..=LONGEST * EIGHTHS).step_by(QUARTER).map(move |shown| [reading.as_slice(), &[shown]].concat())
        };
        all = all.into_iter().flat_map(on).collect();
    }
    all
}

/// The readings of a zone, in quarters of a unit.
pub(super) fn of(zone: &Zone) -> Vec<Reading> {
    all(zone.clocks()).into_iter().filter(|reading| holds(zone, reading)).collect()
}

/// The tightest bounds that hold some readings, which are all quarters of those of a zone.
pub(super) fn bounds_of(clocks: usize, readings: &[Reading]) -> Vec<Bound> {
    let shown = |reading: &Reading, at: usize| if at == 0 { 0 } else { reading[at - 1] };
    let side = clocks + 1;
    let bound = |one: usize, other: usize| {
        let most = readings.iter().map(|reading| shown(reading, one) - shown(reading, other)).max();
        let most = most.expect("no zone is empty");
        let whole = most.rem_euclid(EIGHTHS) == 0;
        let units = most.div_euclid(EIGHTHS);
        if whole { Bound::at_most(units) } else { Bound::below(units + 1) }
    };
    (0..side * side).map(|at| bound(at / side, at % side)).collect()
}
