//! Walking to the nearest wanted step, breadth first: the way that always works, at a cost near the optimum.

use super::network::Network;
use super::postman::cover;
use super::{Bound, Path, StepCover};

/// Tours that always go on to the nearest step not yet taken, over a reset where that is nearer.
pub(super) fn every_step(network: &Network, longest_tour: Option<u32>) -> StepCover {
    let mut untaken = Untaken { taken: vec![false; network.steps() as usize] };
    let tours = walk(network, &mut untaken, longest_tour);
    // Each surplus of a world makes a walk take one more step or reset than it owes.
    let forced: i64 = network.surplus().into_iter().filter(|&surplus| surplus > 0).sum();
    let at_least = u64::from(network.steps()) + u64::try_from(forced).expect("a sum of positive numbers");
    cover(network, tours, Bound::AtLeast(at_least))
}

/// Which steps a walk is still to take.
pub(super) trait Wish {
    fn wants(&self, step: u32) -> bool;
    /// Never makes a step wanted that was not.
    fn take(&mut self, step: u32);
}

struct Untaken {
    taken: Vec<bool>,
}

impl Wish for Untaken {
    fn wants(&self, step: u32) -> bool {
        !self.taken[step as usize]
    }

    fn take(&mut self, step: u32) {
        self.taken[step as usize] = true;
    }
}

/// Paths that together take every wanted step, none longer than `longest` unless a shortest path to a wanted step is.
pub(super) fn walk(network: &Network, wish: &mut impl Wish, longest: Option<u32>) -> Vec<Path> {
    let depths = network.depths();
    let mut seeker = Seeker::new(network);
    let mut paths = Vec::new();
    let mut path = Path::new();
    let mut at = 0;
    // The steps are numbered breadth first, so the first wanted one is nearest to the initial world.
    let mut first_wanted = 0;
    loop {
        while first_wanted < network.steps() && !wish.wants(first_wanted) {
            first_wanted += 1;
        }
        if first_wanted == network.steps() {
            break;
        }
        let source = network.source(first_wanted);
        let over_a_reset = depths[source as usize] + 2;
        let room = longest.map_or(u32::MAX, |longest| longest.saturating_sub(length(&path)));
        let onwards = match seeker.nearest(at, over_a_reset.min(room), |step| wish.wants(step)) {
            Some(onwards) => onwards,
            None => {
                paths.push(std::mem::take(&mut path));
                let mut anew = network.path_to(source);
                anew.push(first_wanted);
                anew
            }
        };
        for step in onwards {
            wish.take(step);
            path.push(step);
            at = network.target(step);
        }
    }
    paths.push(path);
    paths.retain(|path| !path.is_empty());
    paths
}

fn length(path: &Path) -> u32 {
    u32::try_from(path.len()).unwrap_or(u32::MAX)
}

/// A breadth-first search that is begun again and again, without clearing what it noted about each world.
struct Seeker<'n> {
    network: &'n Network,
    /// For each world, the search that met it last, and the step by which it did.
    met: Vec<(u32, u32)>,
    search: u32,
    open: Vec<u32>,
}

impl<'n> Seeker<'n> {
    fn new(network: &'n Network) -> Self {
        Self { network, met: vec![(0, 0); network.worlds() as usize], search: 0, open: Vec::new() }
    }

    /// A shortest path from `from` that ends with a wanted step, of `longest` steps at most.
    fn nearest(&mut self, from: u32, longest: u32, wanted: impl Fn(u32) -> bool) -> Option<Path> {
        self.begin(from);
        let mut taken = 0;
        let mut layer_end = self.open.len();
        for steps in 1..=longest {
            while taken < layer_end {
                let world = self.open[taken];
                taken += 1;
                if let Some(step) = self.network.steps_from(world).find(|&step| wanted(step)) {
                    return Some(self.path_back(from, step, steps));
                }
                self.open_around(world);
            }
            layer_end = self.open.len();
        }
        None
    }

    fn begin(&mut self, from: u32) {
        if self.search == u32::MAX {
            self.met.fill((0, 0));
            self.search = 0;
        }
        self.search += 1;
        self.met[from as usize].0 = self.search;
        self.open.clear();
        self.open.push(from);
    }

    fn open_around(&mut self, world: u32) {
        for step in self.network.steps_from(world) {
            let target = self.network.target(step);
            let met = &mut self.met[target as usize];
            if met.0 != self.search {
                *met = (self.search, step);
                self.open.push(target);
            }
        }
    }

    fn path_back(&self, from: u32, last: u32, steps: u32) -> Path {
        let mut path = Path::with_capacity(steps as usize);
        path.push(last);
        let mut at = self.network.source(last);
        while at != from {
            let (_, step) = self.met[at as usize];
            path.push(step);
            at = self.network.source(step);
        }
        path.reverse();
        path
    }
}
