//! The graph as flat arrays, with a reset arc from every world back to the initial one.

use crate::explore::Graph;

use super::Path;

/// Arcs `0..steps` are the steps of the graph, arranged by the world they leave. After them come the resets: the reset of
/// world `w` is arc `steps + w - 1`; the initial world has none.
pub(super) struct Network {
    worlds: u32,
    steps: u32,
    /// For each world, its first step; one more at the end.
    firsts: Vec<u32>,
    sources: Vec<u32>,
    targets: Vec<u32>,
    kinds: Vec<u16>,
    /// For each world, the step by which a shortest path enters it; unused for the initial one.
    entries: Vec<u32>,
}

impl Network {
    pub(super) fn of(graph: &Graph) -> Self {
        let (worlds, steps) = (graph.worlds(), graph.steps());
        let mut network = Self {
            worlds,
            steps,
            firsts: Vec::with_capacity(worlds as usize + 1),
            sources: Vec::with_capacity(steps as usize),
            targets: Vec::with_capacity(steps as usize),
            kinds: Vec::with_capacity(steps as usize),
            entries: vec![u32::MAX; worlds as usize],
        };
        for world in 0..worlds {
            network.firsts.push(network.count());
            for edge in graph.edges(world) {
                let entry = &mut network.entries[edge.target as usize];
                *entry = (*entry).min(edge.id);
                network.sources.push(world);
                network.targets.push(edge.target);
                network.kinds.push(edge.kind);
            }
        }
        network.firsts.push(network.count());
        network
    }

    fn count(&self) -> u32 {
        u32::try_from(self.targets.len()).expect("steps are numbered with 32 bits")
    }

    pub(super) fn worlds(&self) -> u32 {
        self.worlds
    }

    pub(super) fn steps(&self) -> u32 {
        self.steps
    }

    pub(super) fn arcs(&self) -> u32 {
        self.steps + self.worlds - 1
    }

    pub(super) fn is_reset(&self, arc: u32) -> bool {
        arc >= self.steps
    }

    pub(super) fn reset_of(&self, world: u32) -> Option<u32> {
        (world != 0).then(|| self.steps + world - 1)
    }

    pub(super) fn source(&self, arc: u32) -> u32 {
        if self.is_reset(arc) { arc - self.steps + 1 } else { self.sources[arc as usize] }
    }

    pub(super) fn target(&self, arc: u32) -> u32 {
        if self.is_reset(arc) { 0 } else { self.targets[arc as usize] }
    }

    pub(super) fn kind(&self, step: u32) -> u16 {
        self.kinds[step as usize]
    }

    /// The steps that leave `world`.
    pub(super) fn steps_from(&self, world: u32) -> std::ops::Range<u32> {
        self.firsts[world as usize]..self.firsts[world as usize + 1]
    }

    /// For each world, how many more steps enter it than leave it.
    pub(super) fn surplus(&self) -> Vec<i64> {
        let mut surplus = vec![0; self.worlds as usize];
        for (&source, &target) in self.sources.iter().zip(&self.targets) {
            surplus[source as usize] -= 1;
            surplus[target as usize] += 1;
        }
        surplus
    }

    /// For each world, how many steps it is from the initial one.
    pub(super) fn depths(&self) -> Vec<u32> {
        let mut depths = vec![0; self.worlds as usize];
        for world in 1..self.worlds as usize {
            depths[world] = depths[self.source(self.entries[world]) as usize] + 1;
        }
        depths
    }

    /// A shortest path from the initial world. Worlds are numbered breadth first, so the first step that enters a world enters it on one.
    pub(super) fn path_to(&self, world: u32) -> Path {
        let mut path = Path::new();
        let mut at = world;
        while at != 0 {
            let step = self.entries[at as usize];
            path.push(step);
            at = self.source(step);
        }
        path.reverse();
        path
    }
}
