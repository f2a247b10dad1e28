//! A small suite of short traces with at least one step of every kind, for targets where each request costs.

use std::collections::BTreeSet;

use crate::explore::Graph;

use super::Path;
use super::nearest::{Wish, walk};
use super::network::Network;

/// How to cover every kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KindOptions {
    /// Steps at most in one trace, where a step of the kind can be reached within it.
    pub longest_trace: u32,
}

impl KindOptions {
    /// Forty steps are a diagram that a person still reads.
    pub const DEFAULT_LONGEST_TRACE: u32 = 40;
}

impl Default for KindOptions {
    fn default() -> Self {
        Self { longest_trace: Self::DEFAULT_LONGEST_TRACE }
    }
}

/// Traces that together take a step of every kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KindCover {
    /// The traces.
    pub traces: Vec<Path>,
    /// Kinds of steps in the graph: what any cover costs at least.
    pub kinds: u64,
    /// What this one costs: the steps of all traces, and one reset for each.
    pub steps: u64,
}

impl KindCover {
    /// Steps in the longest trace.
    pub fn longest(&self) -> usize {
        self.traces.iter().map(Vec::len).max().unwrap_or(0)
    }
}

/// Traces that take a step of every kind of `graph`: always on to the nearest kind not yet taken, then pruned.
pub fn every_kind(graph: &Graph, options: KindOptions) -> KindCover {
    let network = Network::of(graph);
    let mut untaken = UntakenKinds { network: &network, taken: vec![false; graph.kinds()] };
    let traces = walk(&network, &mut untaken, Some(options.longest_trace));
    // A run that was cut off may know a kind from a step that found no room in its graph.
    let kinds = untaken.taken.iter().filter(|&&taken| taken).count() as u64;
    let traces = prune(&network, traces, graph.kinds());
    let steps = traces.iter().map(|trace| trace.len() as u64 + 1).sum();
    KindCover { traces, kinds, steps }
}

struct UntakenKinds<'n> {
    network: &'n Network,
    taken: Vec<bool>,
}

impl Wish for UntakenKinds<'_> {
    fn wants(&self, step: u32) -> bool {
        !self.taken[usize::from(self.network.kind(step))]
    }

    fn take(&mut self, step: u32) {
        self.taken[usize::from(self.network.kind(step))] = true;
    }
}

/// Sorts traces by the new kinds of steps that each takes for what it costs, so that whoever stops early has seen as much as there was to
/// see.
pub fn best_first(graph: &Graph, mut traces: Vec<Path>) -> Vec<Path> {
    let mut taken = vec![false; graph.kinds()];
    let kind = |step: &u32| graph.edge(*step).kind;
    let mut sorted = Vec::with_capacity(traces.len());
    while !traces.is_empty() {
        let worth = |trace: &Path| {
            let new: BTreeSet<u16> = trace.iter().map(kind).filter(|kind| !taken[usize::from(*kind)]).collect();
            (new.len(), trace.len() + 1)
        };
        let mut best = 0;
        for at in 1..traces.len() {
            let ((new, cost), (most, least)) = (worth(&traces[at]), worth(&traces[best]));
            if new * least > most * cost {
                best = at;
            }
        }
        let trace = traces.remove(best);
        for step in &trace {
            taken[usize::from(kind(step))] = true;
        }
        sorted.push(trace);
    }
    sorted
}

/// Shortens each trace from its end, down to nothing, while others take the same kinds. The first traces go first: what
/// they took when everything was new, the later ones often pass on their way.
fn prune(network: &Network, traces: Vec<Path>, kinds: usize) -> Vec<Path> {
    let mut times = vec![0u32; kinds];
    for &step in traces.iter().flatten() {
        times[usize::from(network.kind(step))] += 1;
    }
    let mut pruned = Vec::with_capacity(traces.len());
    for mut trace in traces {
        while let Some(last) = trace.pop_if(|last| times[usize::from(network.kind(*last))] > 1) {
            times[usize::from(network.kind(last))] -= 1;
        }
        if !trace.is_empty() {
            pruned.push(trace);
        }
    }
    pruned
}
