//! Laws of zones: each operation beside what it does to readings.

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{RngAlgorithm, TestCaseResult, TestRng, TestRunner};

use super::readings::{self, EIGHTHS, LONGEST, Reading, allows, holds};
use crate::time::zone::{Bound, Source, Zone};

/// Zones that are drawn for each law.
const DRAWN: u32 = 120;

/// A step in the life of a zone.
#[derive(Clone, Debug)]
enum Turn {
    /// Time passes until the clocks reach these bounds.
    Delay(Vec<Bound>),
    /// The clocks come from these.
    Carry(Vec<Source>),
    /// A clock is within a bound.
    Within(usize, Bound),
    /// A clock shows at least so many units.
    From(usize, i32),
}

/// A law, tried on what is drawn.
type Law = fn(&mut TestRunner) -> Result<(), String>;

/// Whether every law holds; else the first that does not.
pub(super) fn hold() -> Result<(), String> {
    let laws: [(&str, Law); 5] = [
        ("what each step leaves", |runner| run(runner, &lives(), |life| each_step(&life))),
        ("inclusion", |runner| run(runner, &pairs(), |(one, other)| inclusion(&one, &other))),
        ("hull", |runner| run(runner, &pairs(), |(one, other)| hull(&one, &other))),
        ("merging", |runner| run(runner, &pairs(), |(one, other)| merging(&one, &other))),
        ("widening", |runner| {
            run(runner, &(pairs(), any_stations()), |((one, other), at)| widening(&one, &other, &at))
        }),
    ];
    for (name, law) in laws {
        let config =
            ProptestConfig { cases: DRAWN, failure_persistence: None, max_shrink_iters: 0, ..Default::default() };
        let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
        law(&mut runner).map_err(|why| format!("{name}: {why}"))?;
    }
    Ok(())
}

fn run<S: Strategy>(
    runner: &mut TestRunner,
    strategy: &S,
    law: impl Fn(S::Value) -> TestCaseResult,
) -> Result<(), String> {
    runner.run(strategy, law).map_err(|error| error.to_string())
}

fn any_bound() -> impl Strategy<Value = Bound> {
    (1..=LONGEST, any::<bool>()).prop_map(|(units, reached)| bound(units, reached))
}

fn bound(units: i32, reached: bool) -> Bound {
    if reached { Bound::at_most(units) } else { Bound::below(units) }
}

fn any_turn() -> impl Strategy<Value = Turn> {
    let source = prop_oneof![1 => Just(Source::Zero), 3 => (0..3_u8).prop_map(Source::Clock)];
    prop_oneof![
        3 => prop::collection::vec(any_bound(), 3).prop_map(Turn::Delay),
        2 => prop::collection::vec(source, 1..=3).prop_map(Turn::Carry),
        1 => (0..3_usize, any_bound()).prop_map(|(clock, bound)| Turn::Within(clock, bound)),
        1 => (0..3_usize, 0..LONGEST).prop_map(|(clock, units)| Turn::From(clock, units)),
    ]
}

/// Random lives of a zone, from one clock at zero.
fn lives() -> impl Strategy<Value = Vec<Turn>> {
    prop::collection::vec(any_turn(), 1..=8)
}

/// Two zones of as many clocks: two ends of lives, each of which ends with as many clocks and a delay.
fn pairs() -> impl Strategy<Value = (Zone, Zone)> {
    (1..=3_usize).prop_flat_map(|clocks| (zones(clocks), zones(clocks)))
}

fn zones(clocks: usize) -> impl Strategy<Value = Zone> {
    let sources =
        prop::collection::vec(prop_oneof![1 => Just(Source::Zero), 3 => (0..3_u8).prop_map(Source::Clock)], clocks);
    let within = prop::collection::vec(any_bound(), 3);
    (lives(), sources, within, prop::option::of((0..clocks, 0..3_i32))).prop_map(|(life, sources, within, from)| {
        let turns = life.into_iter().chain([Turn::Carry(sources), Turn::Delay(within)]);
        let turns = turns.chain(from.map(|(clock, units)| Turn::From(clock, units)));
        turns.fold(start(), |zone, turn| taken(&zone, &turn).unwrap_or(zone))
    })
}

/// One clock at zero.
fn start() -> Zone {
    Zone::new().carried(&[Source::Zero])
}

/// A turn as far as the zone has the clocks for it; none where nothing is left.
fn taken(zone: &Zone, turn: &Turn) -> Option<Zone> {
    let clocks = zone.clocks();
    let mut after = zone.clone();
    let left = match turn {
        Turn::Delay(within) => {
            let within = reachable(zone, within);
            after.delay(|clock| within[clock]);
            true
        }
        Turn::Carry(sources) => {
            after = zone.carried(&fitting(clocks, sources));
            true
        }
        Turn::Within(clock, bound) => after.keep_within(clock % clocks, *bound),
        Turn::From(clock, units) => after.keep_from(clock % clocks, *units),
    };
    left.then_some(after)
}

/// The sources, of clocks that there are.
fn fitting(clocks: usize, sources: &[Source]) -> Vec<Source> {
    let fit = |source: &Source| match source {
        Source::Zero => Source::Zero,
        Source::Clock(clock) => Source::Clock(u8::try_from(usize::from(*clock) % clocks).expect("clocks are few")),
    };
    sources.iter().map(fit).collect()
}

/// Bounds within which every clock is already.
fn reachable(zone: &Zone, within: &[Bound]) -> Vec<Bound> {
    let side = zone.clocks() + 1;
    (1..side).map(|clock| within[clock - 1].max(zone.bounds()[clock * side])).collect()
}

/// Each turn of a life does to the readings what it says, and leaves a zone whose bounds are as tight as its readings.
fn each_step(life: &[Turn]) -> TestCaseResult {
    let mut zone = start();
    for turn in life {
        let after = taken(&zone, turn);
        for reading in readings::all(after.as_ref().unwrap_or(&zone).clocks()) {
            if let Some(expected) = has(&zone, turn, &reading) {
                let found = after.as_ref().is_some_and(|after| holds(after, &reading));
                prop_assert_eq!(found, expected, "{:?} of {:?} after {:?}", reading, zone, turn);
            }
        }
        let Some(after) = after else { continue };
        let tightest = readings::bounds_of(after.clocks(), &readings::of(&after));
        prop_assert_eq!(after.bounds(), tightest, "after {:?} of {:?}", turn, zone);
        zone = after;
    }
    Ok(())
}

/// Whether a turn leads from some reading of a zone to this one; none where that cannot be told from eighths.
fn has(zone: &Zone, turn: &Turn, reading: &[i32]) -> Option<bool> {
    let clocks = zone.clocks();
    match turn {
        Turn::Delay(within) => {
            let within = reachable(zone, within);
            let may = reading.iter().zip(&within).all(|(shown, within)| allows(*within, *shown));
            let before = |eighths: i32| reading.iter().map(|shown| shown - eighths).collect::<Reading>();
            Some(may && (0..=LONGEST * EIGHTHS).any(|eighths| holds(zone, &before(eighths))))
        }
        Turn::Carry(sources) => carried_from(zone, &fitting(clocks, sources), reading),
        Turn::Within(clock, bound) => Some(holds(zone, reading) && allows(*bound, reading[clock % clocks])),
        Turn::From(clock, units) => Some(holds(zone, reading) && reading[clock % clocks] >= units * EIGHTHS),
    }
}

/// Whether clocks that come from those of a zone can show this. Of what more than one forgotten clock showed, eighths do not tell.
fn carried_from(zone: &Zone, sources: &[Source], reading: &[i32]) -> Option<bool> {
    let mut before: Vec<Option<i32>> = vec![None; zone.clocks()];
    for (source, shown) in sources.iter().zip(reading) {
        match source {
            Source::Zero if *shown != 0 => return Some(false),
            Source::Zero => {}
            Source::Clock(clock) => match before[usize::from(*clock)] {
                Some(also) if also != *shown => return Some(false),
                _ => before[usize::from(*clock)] = Some(*shown),
            },
        }
    }
    let forgotten = before.iter().filter(|shown| shown.is_none()).count();
    if forgotten > 1 {
        return None;
    }
    let with = |shown: i32| before.iter().map(|known| known.unwrap_or(shown)).collect::<Reading>();
    Some((0..=LONGEST * EIGHTHS).any(|shown| holds(zone, &with(shown))))
}

/// A zone includes another exactly where it holds all of its readings.
fn inclusion(one: &Zone, other: &Zone) -> TestCaseResult {
    let all = readings::of(other).iter().all(|reading| holds(one, reading));
    prop_assert_eq!(one.includes(other.bounds()), all, "{:?} {:?}", one, other);
    prop_assert!(one.includes(one.bounds()));
    Ok(())
}

/// The hull of two zones has the tightest bounds that hold the readings of both.
fn hull(one: &Zone, other: &Zone) -> TestCaseResult {
    let both = [readings::of(one), readings::of(other)].concat();
    let tightest = readings::bounds_of(one.clocks(), &both);
    let hull = one.hull(other.bounds());
    prop_assert_eq!(hull.bounds(), tightest, "{:?} {:?}", one, other);
    Ok(())
}

/// Two zones are merged exactly where their hull holds no reading that neither holds.
fn merging(one: &Zone, other: &Zone) -> TestCaseResult {
    let hull = Zone::of(&readings::bounds_of(one.clocks(), &[readings::of(one), readings::of(other)].concat()));
    let nothing_else = readings::of(&hull).iter().all(|reading| holds(one, reading) || holds(other, reading));
    let merged = one.merged(other.bounds());
    prop_assert_eq!(merged, nothing_else.then_some(hull), "{:?} {:?}", one, other);
    Ok(())
}

fn any_stations() -> impl Strategy<Value = Vec<i32>> {
    let station = select((-LONGEST..=LONGEST).collect::<Vec<i32>>());
    prop::collection::btree_set(station, 0..=6).prop_map(|stations| stations.into_iter().collect())
}

/// What has grown is widened to a zone that holds it, whose bounds are as tight as its readings, and in which no clock is past its end.
fn widening(one: &Zone, other: &Zone, stations: &[i32]) -> TestCaseResult {
    let hull = one.hull(other.bounds());
    let end = Bound::at_most(LONGEST);
    let mut wide = hull.clone();
    wide.widen(one.bounds(), stations, |_| end);
    let lost = readings::of(&hull).into_iter().find(|reading| !holds(&wide, reading));
    prop_assert!(lost.is_none(), "{:?} is lost of {:?}, widened from {:?} to {:?}", lost, hull, one, wide);
    prop_assert_eq!(wide.bounds(), readings::bounds_of(wide.clocks(), &readings::of(&wide)), "of {:?}", hull);
    let side = wide.clocks() + 1;
    let ends: Vec<Bound> = (1..side).map(|clock| wide.bounds()[clock * side]).collect();
    prop_assert!(ends.iter().all(|bound| *bound <= end), "{:?}", wide);
    Ok(())
}
