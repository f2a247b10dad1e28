//! The steps of the graph turned round: for each state, those that lead into it.

use super::ways::{Edge, Ways};

/// The steps into each state.
pub(super) struct Sources {
    firsts: Vec<u32>,
    steps: Vec<(u32, Edge)>,
}

impl Sources {
    pub(super) fn of(ways: &Ways) -> Self {
        let into = |edge: Edge| ways.reached(edge.id);
        let mut firsts = vec![0_u32; ways.states() as usize + 1];
        let all = || (0..ways.states()).flat_map(|from| ways.edges(from).map(move |edge| (from, edge)));
        for to in all().filter_map(|(_, edge)| into(edge)) {
            firsts[to as usize + 1] += 1;
        }
        for at in 1..firsts.len() {
            firsts[at] += firsts[at - 1];
        }
        let mut next = firsts.clone();
        let nothing = (0, Edge { id: 0, code: 0, kind: 0, target: None });
        let mut steps = vec![nothing; firsts.last().map_or(0, |count| *count as usize)];
        for (from, edge) in all() {
            let Some(to) = into(edge) else { continue };
            steps[next[to as usize] as usize] = (from, edge);
            next[to as usize] += 1;
        }
        Self { firsts, steps }
    }

    /// The steps into a state, each with the state that it leaves.
    pub(super) fn steps_to(&self, state: u32) -> impl Iterator<Item = (u32, Edge)> + '_ {
        let range = self.firsts[state as usize] as usize..self.firsts[state as usize + 1] as usize;
        self.steps[range].iter().copied()
    }
}
