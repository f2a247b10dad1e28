//! The cheapest tours through every step: the directed postman's problem, with resets.

use super::euler::circuit;
use super::flow::cheapest_repetitions;
use super::network::Network;
use super::{Bound, Path, StepCover};
use crate::stop::Stop;

/// Tours of optimal cost; with a limit on their length, those tours cut up.
pub(super) fn optimal(network: &Network, longest_tour: Option<u32>, stop: Stop) -> StepCover {
    let Some(mut times) = cheapest_repetitions(network, stop) else {
        return cover(network, Vec::new(), Bound::AtLeast(network.steps().into()));
    };
    for owed in &mut times[..network.steps() as usize] {
        *owed += 1;
    }
    let optimum = times.iter().map(|&times| u64::from(times)).sum();
    let tours = cut_at_resets(network, &circuit(network, times));
    let tours = match longest_tour {
        Some(longest) => cut_to_length(network, tours, longest),
        None => tours,
    };
    cover(network, tours, Bound::Optimum(optimum))
}

/// Adds up what tours cost.
pub(super) fn cover(network: &Network, tours: Vec<Path>, bound: Bound) -> StepCover {
    let closed = |tour: &Path| tour.last().is_some_and(|&step| network.target(step) == 0);
    let resets = match tours.as_slice() {
        [only] if closed(only) => 0,
        tours => tours.len() as u64,
    };
    let walked: u64 = tours.iter().map(|tour| tour.len() as u64).sum();
    StepCover { tours, edges: u64::from(network.steps()), bound, steps: walked + resets, resets }
}

/// A circuit has no beginning: it is turned so that a reset is its last arc.
fn cut_at_resets(network: &Network, circuit: &[u32]) -> Vec<Path> {
    let turn = circuit.iter().position(|&arc| network.is_reset(arc)).map_or(0, |reset| reset + 1);
    let (end, begin) = circuit.split_at(turn);
    let turned: Path = begin.iter().chain(end).copied().collect();
    let tours = turned.split(|&arc| network.is_reset(arc));
    tours.filter(|tour| !tour.is_empty()).map(<[u32]>::to_vec).collect()
}

/// Cuts tours that are too long; each piece after the first pays a shortest path to where it goes on.
fn cut_to_length(network: &Network, tours: Vec<Path>, longest: u32) -> Vec<Path> {
    let mut pieces = Vec::new();
    for tour in tours {
        let mut piece = Path::new();
        for step in tour {
            if piece.len() >= longest as usize {
                let path = network.path_to(network.source(step));
                // A path as long as the limit still takes the one step it was made for.
                pieces.push(std::mem::replace(&mut piece, path));
            }
            piece.push(step);
        }
        pieces.push(piece);
    }
    pieces
}
