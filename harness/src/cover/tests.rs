//! Covers of random graphs: legal, complete, and, where it is promised, of least cost.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::flow::cheapest_repetitions;
use super::network::Network;
use super::{Bound, KindOptions, Path, StepOptions, best_first, every_kind, every_step};
use crate::explore::toy::Listed;
use crate::explore::{Graph, Limits, explore};
use crate::stop::{Stop, StoppedBy};

fn graph_of(system: &Listed) -> Graph {
    let (_, graph) = explore(system, &[], Limits::default(), &mut |_| {});
    graph.expect("the memory limit leaves room for the initial world")
}

fn graph() -> impl Strategy<Value = Graph> {
    (1u16..20).prop_flat_map(|worlds| {
        let step = (0..worlds, Just(0u64), 0u64..8);
        prop::collection::vec(prop::collection::vec(step, 0..5), usize::from(worlds)).prop_map(|steps| {
            let goals = vec![0; steps.len()];
            graph_of(&Listed { steps, goals, overflow: None })
        })
    })
}

/// The world a path ends in; fails where the path takes a step that does not leave the world it is in.
fn end_of(graph: &Graph, path: &Path) -> Result<u32, TestCaseError> {
    let mut at = 0;
    for &step in path {
        prop_assert!(graph.edges(at).any(|edge| edge.id == step), "step {step} does not leave world {at}");
        at = graph.edge(step).target;
    }
    Ok(at)
}

fn assert_covers_steps(graph: &Graph, tours: &[Path]) -> Result<(), TestCaseError> {
    let mut taken = vec![false; graph.steps() as usize];
    for tour in tours {
        prop_assert!(!tour.is_empty());
        end_of(graph, tour)?;
        tour.iter().for_each(|&step| taken[step as usize] = true);
    }
    prop_assert!(taken.iter().all(|&taken| taken));
    Ok(())
}

/// Whether rerouting could make the circulation cheaper: a cycle of negative cost among the ways it could change.
fn could_be_cheaper(network: &Network, repetitions: &[u32]) -> bool {
    let mut distances = vec![0i64; network.worlds() as usize];
    for _ in 0..=network.worlds() {
        let before = distances.clone();
        for arc in 0..network.arcs() {
            let (source, target) = (network.source(arc) as usize, network.target(arc) as usize);
            distances[target] = distances[target].min(distances[source] + 1);
            if repetitions[arc as usize] > 0 {
                distances[source] = distances[source].min(distances[target] - 1);
            }
        }
        if distances == before {
            return false;
        }
    }
    true
}

proptest! {
    #[test]
    fn tours_take_every_step_at_exactly_the_optimum(graph in graph()) {
        let cover = every_step(&graph, StepOptions::default());
        assert_covers_steps(&graph, &cover.tours)?;
        prop_assert_eq!(cover.bound, Bound::Optimum(cover.steps));
        let walked: usize = cover.tours.iter().map(Vec::len).sum();
        prop_assert_eq!(cover.steps, walked as u64 + cover.resets);
    }

    #[test]
    fn the_optimum_is_balanced_and_cannot_be_made_cheaper(graph in graph()) {
        let network = Network::of(&graph);
        let repetitions = cheapest_repetitions(&network, Stop::NEVER).expect("nobody stops it");
        let mut surplus = network.surplus();
        for arc in 0..network.arcs() {
            surplus[network.source(arc) as usize] -= i64::from(repetitions[arc as usize]);
            surplus[network.target(arc) as usize] += i64::from(repetitions[arc as usize]);
        }
        prop_assert!(surplus.iter().all(|&surplus| surplus == 0));
        prop_assert!(!could_be_cheaper(&network, &repetitions));
    }

    #[test]
    fn walking_to_the_nearest_step_also_takes_every_step_and_keeps_to_its_bound(graph in graph()) {
        let nearest = every_step(&graph, StepOptions { exact_up_to: 0, ..StepOptions::default() });
        assert_covers_steps(&graph, &nearest.tours)?;
        let optimum = every_step(&graph, StepOptions::default()).bound.steps();
        prop_assert!(nearest.bound.steps() <= optimum);
        prop_assert!(nearest.steps >= optimum);
    }

    #[test]
    fn a_limit_on_tours_is_kept_where_a_shortest_path_allows_it(graph in graph(), longest in 1u32..30, exact_up_to in prop_oneof![Just(0), Just(u32::MAX)]) {
        let cover = every_step(&graph, StepOptions { longest_tour: Some(longest), exact_up_to, ..StepOptions::default() });
        assert_covers_steps(&graph, &cover.tours)?;
        for tour in &cover.tours {
            let needed = graph.depth_of(end_of(&graph, &tour[..tour.len() - 1].to_vec())?) + 1;
            prop_assert!(tour.len() <= longest as usize || tour.len() == needed as usize);
        }
        prop_assert!(cover.steps >= cover.bound.steps());
    }

    #[test]
    fn traces_take_every_kind(graph in graph(), longest_trace in 1u32..30) {
        let cover = every_kind(&graph, KindOptions { longest_trace });
        let mut taken = vec![false; graph.kinds()];
        for trace in &cover.traces {
            prop_assert!(!trace.is_empty());
            end_of(&graph, trace)?;
            trace.iter().for_each(|&step| taken[usize::from(graph.edge(step).kind)] = true);
            prop_assert!(trace.len() <= longest_trace.max(graph.depth_of(graph.worlds() - 1) + 1) as usize);
        }
        prop_assert!(taken.iter().all(|&taken| taken));
        prop_assert!(cover.steps >= cover.kinds);
    }

    #[test]
    fn the_best_comes_first_and_nothing_is_lost(graph in graph()) {
        let traces = every_kind(&graph, KindOptions::default()).traces;
        let sorted = best_first(&graph, traces.clone());
        let kinds = |trace: &Path| trace.iter().map(|step| graph.edge(*step).kind).collect::<BTreeSet<_>>().len();
        if let Some(first) = sorted.first() {
            let better = |trace: &&Path| kinds(trace) * (first.len() + 1) > kinds(first) * (trace.len() + 1);
            prop_assert!(traces.iter().find(better).is_none());
        }
        let in_order = |mut traces: Vec<Path>| { traces.sort(); traces };
        prop_assert_eq!(in_order(sorted), in_order(traces));
    }

    #[test]
    fn the_same_graph_gives_the_same_covers(graph in graph()) {
        prop_assert_eq!(every_step(&graph, StepOptions::default()), every_step(&graph, StepOptions::default()));
        prop_assert_eq!(every_kind(&graph, KindOptions::default()), every_kind(&graph, KindOptions::default()));
    }
}

#[test]
fn a_ring_is_one_tour_without_a_reset() {
    let cover = every_step(&graph_of(&Listed::plain(&[&[1], &[2], &[0]])), StepOptions::default());
    assert_eq!((cover.tours.len(), cover.steps, cover.resets), (1, 3, 0));
}

#[test]
fn dead_ends_cost_a_reset_each() {
    let cover = every_step(&graph_of(&Listed::plain(&[&[1, 2, 3], &[], &[], &[]])), StepOptions::default());
    assert_eq!((cover.tours.len(), cover.steps, cover.resets), (3, 6, 3));
}

#[test]
fn a_short_way_back_is_cheaper_than_a_reset_far_from_home() {
    // Far out at world 3, two loops over 4 and 5; going round costs less than coming back from the initial world.
    let cover =
        every_step(&graph_of(&Listed::plain(&[&[1], &[2], &[3], &[4, 5], &[3], &[3, 0]])), StepOptions::default());
    assert_eq!((cover.tours.len(), cover.steps, cover.resets), (1, 9, 0));
}

#[test]
fn a_graph_without_steps_needs_no_tour() {
    let graph = graph_of(&Listed::plain(&[&[]]));
    assert!(every_step(&graph, StepOptions::default()).tours.is_empty());
    assert!(every_kind(&graph, KindOptions::default()).traces.is_empty());
}

#[test]
fn a_later_trace_makes_an_earlier_one_superfluous() {
    let kinds = [vec![(1, 0, 7), (2, 0, 8)], vec![], vec![(3, 0, 7)], vec![(3, 0, 9)]];
    let graph = graph_of(&Listed { steps: kinds.to_vec(), goals: vec![0; 4], overflow: None });
    let cover = every_kind(&graph, KindOptions::default());
    assert_eq!((cover.traces.len(), cover.steps), (1, 4));
}

#[test]
fn what_is_stopped_before_its_tours_are_drawn_has_none_and_says_so() {
    let graph = graph_of(&Listed::plain(&[&[1], &[2], &[3], &[4, 5], &[3], &[3, 0]]));
    let stop = Stop::after(0, StoppedBy::Interrupt);
    let cover = every_step(&graph, StepOptions { stop, ..StepOptions::default() });
    assert!(cover.tours.is_empty() && cover.bound == Bound::AtLeast(graph.steps().into()));
}
