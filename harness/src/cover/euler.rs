//! An Euler circuit: one closed walk that takes every arc exactly as often as it should be taken.

use super::network::Network;

/// Hierholzer's method, without recursion, from the initial world. `times` says how often each arc is to be taken; it must
/// lead into every world as often as out of it, and hang together with the initial world.
pub(super) fn circuit(network: &Network, mut times: Vec<u32>) -> Vec<u32> {
    let mut cursors: Vec<u32> = (0..network.worlds()).map(|world| network.steps_from(world).start).collect();
    let mut circuit = Vec::new();
    let mut open: Vec<Option<u32>> = vec![None];
    let mut at = 0;
    while let Some(&entered_by) = open.last() {
        if let Some(arc) = next_arc(network, &times, &mut cursors, at) {
            times[arc as usize] -= 1;
            open.push(Some(arc));
            at = network.target(arc);
            continue;
        }
        open.pop();
        if let Some(arc) = entered_by {
            circuit.push(arc);
            at = network.source(arc);
        }
    }
    circuit.reverse();
    assert!(times.iter().all(|&left| left == 0), "a balanced, connected network has a circuit");
    circuit
}

/// An arc out of `world` that is still to be taken: a step while there is one, then the reset.
fn next_arc(network: &Network, times: &[u32], cursors: &mut [u32], world: u32) -> Option<u32> {
    let cursor = &mut cursors[world as usize];
    let steps = network.steps_from(world);
    while *cursor < steps.end {
        if times[*cursor as usize] > 0 {
            return Some(*cursor);
        }
        *cursor += 1;
    }
    network.reset_of(world).filter(|&reset| times[reset as usize] > 0)
}
