//! The explorer against naive ones, on graphs drawn at random and on machines of known size.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use proptest::prelude::*;

use super::toy::{Listed, Wheels};
use super::{
    Completeness, CutReason, Explored, Graph, Limits, Question, Verdict, check, collision_probability, explore,
};
use crate::stop::{Stop, StoppedBy};

const NEVER: Question = Question::Never { mark: 0 };
const REACHABLE: Question = Question::Reachable { mark: 1 };
const RECOVERABLE: Question = Question::Recoverable { goal: 2 };
const QUESTIONS: [Question; 3] = [NEVER, REACHABLE, RECOVERABLE];

fn kept<S: super::System>(system: &S, limits: Limits) -> (Explored<S::Action>, Graph) {
    let (explored, graph) = explore(system, &QUESTIONS, limits, &mut |_| {});
    (explored, graph.expect("the memory limit leaves room for the initial world"))
}

fn checked<S: super::System>(system: &S, limits: Limits) -> Explored<S::Action> {
    check(system, &QUESTIONS, limits, &mut |_| {})
}

/// A random graph. Not every world need be reachable.
fn listed() -> impl Strategy<Value = Listed> {
    (1u16..24).prop_flat_map(|worlds| {
        let step = (0..worlds, prop_oneof![5 => Just(0u64), 1 => 0u64..4], 0u64..6);
        let steps = prop::collection::vec(prop::collection::vec(step, 0..7), usize::from(worlds));
        let goals = prop::collection::vec(prop_oneof![3 => Just(0u64), 1 => Just(1 << 2)], usize::from(worlds));
        (steps, goals).prop_map(|(steps, goals)| Listed { steps, goals, overflow: None })
    })
}

/// Distances from the initial world, by the simplest search there is.
fn naive_distances(system: &Listed) -> BTreeMap<u16, usize> {
    let mut distances = BTreeMap::from([(0, 0)]);
    let mut open = VecDeque::from([0u16]);
    while let Some(world) = open.pop_front() {
        for &(target, _, _) in &system.steps[usize::from(world)] {
            if !distances.contains_key(&target) {
                distances.insert(target, distances[&world] + 1);
                open.push_back(target);
            }
        }
    }
    distances
}

/// The worlds reachable from `from` without the action that no recovery may lean on.
fn naive_reach(system: &Listed, from: u16) -> BTreeSet<u16> {
    let mut reach = BTreeSet::from([from]);
    let mut open = vec![from];
    while let Some(world) = open.pop() {
        for (action, &(target, _, _)) in system.steps[usize::from(world)].iter().enumerate() {
            if action != usize::from(Listed::UNAIDED) && reach.insert(target) {
                open.push(target);
            }
        }
    }
    reach
}

/// Steps from the initial world to the first step that sets `mark`, itself included.
fn naive_mark_distance(system: &Listed, mark: u8) -> Option<usize> {
    let distances = naive_distances(system);
    let sets = |world: &u16| system.steps[usize::from(*world)].iter().any(|&(_, marks, _)| marks & (1 << mark) != 0);
    distances.iter().filter(|(world, _)| sets(world)).map(|(_, distance)| distance + 1).min()
}

/// Walks `path` from the initial world; the last world and the marks of the last step.
fn walk(system: &Listed, path: &[u8]) -> (u16, u64) {
    path.iter().fold((0, 0), |(world, _), &action| {
        let (target, marks, _) = system.steps[usize::from(world)][usize::from(action)];
        (target, marks)
    })
}

proptest! {
    #[test]
    fn every_reachable_world_and_step_is_counted_once(system in listed()) {
        let distances = naive_distances(&system);
        let (explored, graph) = kept(&system, Limits::default());
        let steps: usize = distances.keys().map(|&world| system.steps[usize::from(world)].len()).sum();
        prop_assert_eq!(explored.worlds, distances.len() as u64);
        prop_assert_eq!(explored.steps, steps as u64);
        prop_assert_eq!(explored.depth as usize, distances.values().copied().max().unwrap());
        prop_assert_eq!(explored.completeness, Completeness::Complete);
        prop_assert_eq!(u64::from(graph.worlds()), explored.worlds);
        prop_assert_eq!(u64::from(graph.steps()), explored.steps);
    }

    #[test]
    fn the_graph_has_the_systems_steps_and_shortest_paths(system in listed()) {
        let distances = naive_distances(&system);
        let (_, graph) = kept(&system, Limits::default());
        for world in 0..graph.worlds() {
            let number = u16::from_le_bytes(graph.world_of(&system, world));
            prop_assert_eq!(graph.path_to(world).len(), distances[&number]);
            prop_assert_eq!(graph.depth_of(world) as usize, distances[&number]);
            let targets: Vec<(u8, u16)> =
                graph.edges(world).map(|edge| (edge.code, u16::from_le_bytes(graph.world_of(&system, edge.target)))).collect();
            let expected: Vec<(u8, u16)> = (0u8..).zip(system.steps[usize::from(number)].iter().map(|step| step.0)).collect();
            prop_assert_eq!(targets, expected);
        }
    }

    #[test]
    fn a_mark_is_found_by_a_shortest_path(system in listed()) {
        let (explored, _) = kept(&system, Limits::default());
        match (&explored.verdicts[0], naive_mark_distance(&system, 0)) {
            (Verdict::Violated(path), Some(distance)) => {
                prop_assert_eq!(path.len(), distance);
                prop_assert!(walk(&system, path).1 & 1 != 0);
            }
            (Verdict::Holds, None) => {}
            (verdict, distance) => prop_assert!(false, "{verdict:?} against {distance:?}"),
        }
        match (&explored.verdicts[1], naive_mark_distance(&system, 1)) {
            (Verdict::Reached(path), Some(distance)) => {
                prop_assert_eq!(path.len(), distance);
                prop_assert!(walk(&system, path).1 & 2 != 0);
            }
            (Verdict::NotReached, None) => {}
            (verdict, distance) => prop_assert!(false, "{verdict:?} against {distance:?}"),
        }
    }

    #[test]
    fn recoverability_agrees_with_searching_from_every_world(system in listed()) {
        let stuck = |world: u16| naive_reach(&system, world).iter().all(|&reached| system.goals[usize::from(reached)] == 0);
        let nearest = naive_distances(&system).into_iter().filter(|&(world, _)| stuck(world)).map(|(_, distance)| distance).min();
        let (explored, _) = kept(&system, Limits::default());
        match (&explored.verdicts[2], nearest) {
            (Verdict::Holds, None) => {}
            (Verdict::Violated(path), Some(distance)) => {
                prop_assert_eq!(path.len(), distance);
                prop_assert!(stuck(walk(&system, path).0));
            }
            (verdict, distance) => prop_assert!(false, "{verdict:?} against {distance:?}"),
        }
    }

    #[test]
    fn checking_and_keeping_the_graph_agree(system in listed(), worlds in 1u32..30, depth in prop::option::of(0u32..8)) {
        let limits = Limits { worlds, depth, ..Limits::default() };
        let mut expected = kept(&system, limits).0;
        let actual = checked(&system, limits);
        expected.verdicts[2] = Verdict::Unknown;
        expected.peak_bytes = actual.peak_bytes;
        prop_assert_eq!(actual, expected);
    }

    #[test]
    fn a_run_that_did_not_see_everything_never_says_holds(system in listed(), worlds in 1u32..12, depth in prop::option::of(0u32..5)) {
        let (explored, _) = kept(&system, Limits { worlds, depth, ..Limits::default() });
        let all = naive_distances(&system).len() as u64;
        if explored.completeness == Completeness::Complete {
            prop_assert_eq!(explored.worlds, all);
        } else {
            prop_assert!(!explored.verdicts.contains(&Verdict::Holds));
            prop_assert!(!explored.verdicts.contains(&Verdict::NotReached));
        }
    }

    #[test]
    fn a_capacity_that_is_hit_cuts_the_run_and_is_named(system in listed(), from in 0u16..24, action in 0u8..7) {
        let mut system = system;
        system.overflow = Some((from, action));
        let hit = naive_distances(&system).contains_key(&from) && system.steps[usize::from(from)].len() > usize::from(action);
        let (explored, _) = kept(&system, Limits::default());
        let named = matches!(explored.completeness, Completeness::Cut { reason: CutReason::Capacity { name: "room" }, .. });
        prop_assert_eq!(named, hit);
    }
}

#[test]
fn a_machine_of_known_size_is_counted_exactly() {
    let system = Wheels { wheels: 7, teeth: 5 };
    let explored = checked(&system, Limits::default());
    let worlds = 5u64.pow(7);
    assert_eq!(explored.worlds, worlds);
    assert_eq!(explored.steps, 7 * worlds);
    assert_eq!(explored.depth, 7 * 4);
    assert_eq!(explored.verdicts[0], Verdict::Violated(vec![0; 5]));
    assert_eq!(explored.verdicts[1], Verdict::NotReached);
}

#[test]
fn wheels_can_always_be_turned_back() {
    let questions = [Question::Recoverable { goal: Wheels::ALL_AT_REST }];
    let (explored, _) = explore(&Wheels { wheels: 4, teeth: 5 }, &questions, Limits::default(), &mut |_| {});
    assert_eq!(explored.verdicts, [Verdict::Holds]);
}

#[test]
fn a_recovery_does_not_lean_on_what_only_a_thief_or_an_operator_does() {
    let home = 1 << 2;
    let stuck_but_for_help =
        Listed { steps: vec![vec![(1, 0, 0)], vec![(1, 0, 0), (0, 0, 0)]], goals: vec![home, 0], overflow: None };
    let (explored, _) = kept(&stuck_but_for_help, Limits::default());
    assert_eq!(explored.verdicts[2], Verdict::Violated(vec![0]));
}

#[test]
fn checking_holds_at_most_32_bytes_a_world_and_the_graph_at_most_100() {
    let system = Wheels { wheels: 4, teeth: 25 };
    let explored = checked(&system, Limits::default());
    assert!(
        explored.peak_bytes <= 32 * explored.worlds,
        "{} bytes for {} worlds",
        explored.peak_bytes,
        explored.worlds
    );
    let (explored, _) = kept(&system, Limits::default());
    assert!(
        explored.peak_bytes <= 100 * explored.worlds,
        "{} bytes for {} worlds",
        explored.peak_bytes,
        explored.worlds
    );
}

#[test]
fn the_memory_limit_is_never_passed_and_cuts_the_run() {
    let system = Wheels { wheels: 7, teeth: 5 };
    for memory_bytes in [0, 1_000, 300_000, 700_000, 1_000_000, 1_500_000] {
        let limits = Limits { memory_bytes, ..Limits::default() };
        for explored in [checked(&system, limits), explore(&system, &QUESTIONS, limits, &mut |_| {}).0] {
            let reason = CutReason::Memory { limit_bytes: memory_bytes };
            assert!(matches!(explored.completeness, Completeness::Cut { reason: why, .. } if why == reason));
            assert!(explored.peak_bytes <= memory_bytes);
            assert_eq!(explored.verdicts[1], Verdict::Unknown);
        }
    }
}

#[test]
fn wherever_memory_ends_the_graph_is_whole() {
    let system = Wheels { wheels: 7, teeth: 4 };
    for memory_bytes in (200_000..2_000_000).step_by(17_000) {
        let limits = Limits { memory_bytes, ..Limits::default() };
        let (explored, graph) = explore(&system, &QUESTIONS, limits, &mut |_| {});
        let Some(graph) = graph else { continue };
        assert_eq!(u64::from(graph.steps()), explored.steps);
        assert!((0..graph.steps()).all(|step| graph.edge(step).target < graph.worlds()));
        assert!((1..graph.worlds()).all(|world| graph.step_into(world).is_some()));
    }
}

#[test]
fn a_violation_found_before_the_cut_is_kept() {
    let explored = checked(&Wheels { wheels: 7, teeth: 5 }, Limits { worlds: 10_000, ..Limits::default() });
    assert_eq!(
        explored.completeness,
        Completeness::Cut { reason: CutReason::Worlds { limit: 10_000 }, explored: 6_097, frontier: 3_903 }
    );
    assert_eq!(explored.worlds, 10_000);
    assert_eq!(explored.verdicts, [Verdict::Violated(vec![0; 5]), Verdict::Unknown, Verdict::Unknown]);
}

#[test]
fn wherever_the_word_to_stop_comes_what_was_found_before_it_is_kept() {
    let system = Wheels { wheels: 7, teeth: 4 };
    let (whole, all) = kept(&system, Limits::default());
    let by = StoppedBy::Interrupt;
    let mut found = 0;
    for checks in (0..).step_by(7) {
        let (cut, graph) = kept(&system, Limits { stop: Stop::after(checks, by), ..Limits::default() });
        let Completeness::Cut { reason, explored, frontier } = cut.completeness else {
            assert_eq!(cut, whole);
            break;
        };
        assert_eq!((reason, explored + frontier), (CutReason::Stopped { by }, cut.worlds));
        assert!(cut.worlds >= found, "a later word finds more");
        found = cut.worlds;
        assert!((0..graph.steps()).all(|step| graph.edge(step) == all.edge(step)), "it is the beginning of the whole");
        assert!(!cut.verdicts.contains(&Verdict::Holds) && !cut.verdicts.contains(&Verdict::NotReached));
    }
    assert!(found > 0, "it is cut off somewhere");
}

#[test]
fn a_depth_that_was_asked_for_bounds_the_run() {
    let explored = checked(&Wheels { wheels: 3, teeth: 5 }, Limits { depth: Some(1), ..Limits::default() });
    assert_eq!(explored.worlds, 4);
    assert_eq!(explored.completeness, Completeness::Bounded { depth: 1, frontier: 3 });
    let explored = checked(&Wheels { wheels: 3, teeth: 5 }, Limits { depth: Some(13), ..Limits::default() });
    assert_eq!(explored.completeness, Completeness::Complete);
}

#[test]
fn progress_is_reported_and_only_grows() {
    let mut reports = Vec::new();
    check(&Wheels { wheels: 8, teeth: 5 }, &[], Limits::default(), &mut |progress| reports.push(progress));
    assert_eq!(reports.len(), 5);
    assert!(reports.is_sorted_by(|before, after| before.explored < after.explored && before.depth <= after.depth));
}

#[test]
fn the_chance_of_a_collision_is_that_of_birthdays() {
    assert!((collision_probability(15_000_000) - 6.1e-6).abs() < 1e-7);
    assert!((collision_probability(1_000_000_000) - 0.027).abs() < 1e-3);
}
