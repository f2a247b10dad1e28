//! Minimum-cost flow: which arcs must be taken again, so that the walk can go on wherever it arrives.
//!
//! Taking every step once brings a walk into some worlds more often than out of them. The missing ways out are a flow from
//! the worlds with a surplus to the worlds with a deficit, over steps and resets, each at price 1 and without a capacity.
//! Primal-dual: *prices* hold the distance from the surplus, and arcs whose reduced cost is zero carry what they can,
//! in blocking flows by Dinic's method, before the prices rise. Because a reset and a shortest path lead anywhere, prices never
//! pass the depth of the graph plus one; so there are few rounds, and each reads the network a few times.

use std::collections::VecDeque;

use super::network::Network;
use crate::stop::Stop;

/// For each arc, how often a cheapest circulation through every step takes it *beyond* the once that each step is owed. None where the word
/// to stop came first.
pub(super) fn cheapest_repetitions(network: &Network, stop: Stop) -> Option<Vec<u32>> {
    let mut flow = Flow::new(network);
    while flow.raise_prices() {
        while flow.layer() {
            if stop.check().is_some() {
                return None;
            }
            flow.block();
        }
    }
    Some(flow.carried)
}

const UNREACHED: u32 = u32::MAX;

/// One direction of an arc: forwards it can always carry more, backwards it can give up what it carries.
#[derive(Clone, Copy)]
struct Half {
    to: u32,
    arc: u32,
    forwards: bool,
}

struct Flow {
    /// The halves that leave each world, one world after the other.
    halves: Vec<Half>,
    firsts: Vec<u32>,
    carried: Vec<u32>,
    /// What each world still has to send on (positive) or to receive (negative).
    surplus: Vec<i64>,
    prices: Vec<i32>,
    layers: Vec<u32>,
    /// For each world, the first of its halves that is not yet known to lead nowhere.
    cursors: Vec<u32>,
}

impl Flow {
    fn new(network: &Network) -> Self {
        let worlds = network.worlds() as usize;
        let mut firsts = vec![0u32; worlds + 1];
        for arc in 0..network.arcs() {
            firsts[network.source(arc) as usize] += 1;
            firsts[network.target(arc) as usize] += 1;
        }
        let mut end = 0;
        for first in &mut firsts {
            end += *first;
            *first = end;
        }
        let mut halves = vec![Half { to: 0, arc: 0, forwards: true }; end as usize];
        let mut place = |world: u32, half: Half| {
            let first = &mut firsts[world as usize];
            *first -= 1;
            halves[*first as usize] = half;
        };
        for arc in (0..network.arcs()).rev() {
            let (source, target) = (network.source(arc), network.target(arc));
            place(target, Half { to: source, arc, forwards: false });
            place(source, Half { to: target, arc, forwards: true });
        }
        Self {
            halves,
            cursors: firsts.clone(),
            firsts,
            carried: vec![0; network.arcs() as usize],
            surplus: network.surplus(),
            prices: vec![0; worlds],
            layers: vec![UNREACHED; worlds],
        }
    }

    fn halves_of(&self, world: u32) -> &[Half] {
        &self.halves[self.firsts[world as usize] as usize..self.firsts[world as usize + 1] as usize]
    }

    /// What it costs to use a half, net of the prices at its ends; `None` when it has nothing to give. Never negative.
    fn reduced_cost(&self, from: u32, half: Half) -> Option<u32> {
        let cost = match (half.forwards, self.carried[half.arc as usize]) {
            (true, _) => 1,
            (false, 0) => return None,
            (false, _) => -1,
        };
        let reduced = cost + self.prices[from as usize] - self.prices[half.to as usize];
        Some(u32::try_from(reduced).expect("prices keep reduced costs from being negative"))
    }

    fn surplus_worlds(&self) -> impl Iterator<Item = u32> + '_ {
        (0u32..).zip(&self.surplus).filter(|&(_, &surplus)| surplus > 0).map(|(world, _)| world)
    }

    /// Raises the prices until some deficit is in reach at no reduced cost; false when there is nothing left to send.
    fn raise_prices(&mut self) -> bool {
        let mut distances = vec![UNREACHED; self.prices.len()];
        let mut buckets: Vec<Vec<u32>> = vec![self.surplus_worlds().collect()];
        if buckets[0].is_empty() {
            return false;
        }
        for &world in &buckets[0] {
            distances[world as usize] = 0;
        }
        let mut distance = 0;
        let nearest = loop {
            let Some(world) = buckets[distance].pop() else {
                distance += 1;
                assert!(distance < buckets.len(), "every deficit can be reached over a reset");
                continue;
            };
            let so_far = u32::try_from(distance).expect("distances are bounded by the depth of the graph");
            if distances[world as usize] < so_far {
                continue;
            }
            if self.surplus[world as usize] < 0 {
                break so_far;
            }
            for &half in self.halves_of(world) {
                let Some(cost) = self.reduced_cost(world, half) else {
                    continue;
                };
                if so_far + cost < distances[half.to as usize] {
                    distances[half.to as usize] = so_far + cost;
                    let bucket = distance + cost as usize;
                    if bucket >= buckets.len() {
                        buckets.resize_with(bucket + 1, Vec::new);
                    }
                    buckets[bucket].push(half.to);
                }
            }
        };
        for (price, &distance) in self.prices.iter_mut().zip(&distances) {
            *price += i32::try_from(distance.min(nearest)).expect("prices are bounded by the depth of the graph");
        }
        true
    }

    /// Lays the worlds out in layers over arcs of no reduced cost; false when no deficit is reached.
    fn layer(&mut self) -> bool {
        self.layers.fill(UNREACHED);
        self.cursors.copy_from_slice(&self.firsts);
        let mut open: VecDeque<u32> = self.surplus_worlds().collect();
        for &world in &open {
            self.layers[world as usize] = 0;
        }
        let mut reached = false;
        while let Some(world) = open.pop_front() {
            reached |= self.surplus[world as usize] < 0;
            for at in self.firsts[world as usize]..self.firsts[world as usize + 1] {
                let half = self.halves[at as usize];
                if self.layers[half.to as usize] == UNREACHED && self.reduced_cost(world, half) == Some(0) {
                    self.layers[half.to as usize] = self.layers[world as usize] + 1;
                    open.push_back(half.to);
                }
            }
        }
        reached
    }

    /// Sends along the layers until no way is left in them.
    fn block(&mut self) {
        let sources: Vec<u32> = self.surplus_worlds().collect();
        let mut way = Vec::new();
        for source in sources {
            while self.surplus[source as usize] > 0 && self.find_way(source, &mut way) {
                self.send(source, &way);
            }
        }
    }

    /// Finds a way from `source` to a deficit, one layer a step.
    fn find_way(&mut self, source: u32, way: &mut Vec<Half>) -> bool {
        way.clear();
        let mut at = source;
        loop {
            if self.surplus[at as usize] < 0 {
                return true;
            }
            if let Some(half) = self.advance(at) {
                way.push(half);
                at = half.to;
                continue;
            }
            if way.pop().is_none() {
                return false;
            }
            at = way.last().map_or(source, |half| half.to);
            self.cursors[at as usize] += 1;
        }
    }

    /// The next half that leads from `world` to the next layer at no reduced cost.
    fn advance(&mut self, world: u32) -> Option<Half> {
        let end = self.firsts[world as usize + 1];
        while self.cursors[world as usize] < end {
            let half = self.halves[self.cursors[world as usize] as usize];
            if self.layers[half.to as usize] == self.layers[world as usize].saturating_add(1)
                && self.reduced_cost(world, half) == Some(0)
            {
                return Some(half);
            }
            self.cursors[world as usize] += 1;
        }
        None
    }

    fn send(&mut self, source: u32, way: &[Half]) {
        let sink = way.last().expect("a deficit is no surplus, so the way is not empty").to;
        let ends = self.surplus[source as usize].min(-self.surplus[sink as usize]);
        let given = way.iter().filter(|half| !half.forwards).map(|half| self.carried[half.arc as usize]).min();
        let amount = u32::try_from(ends).unwrap_or(u32::MAX).min(given.unwrap_or(u32::MAX));
        for half in way {
            let carried = &mut self.carried[half.arc as usize];
            if half.forwards {
                *carried += amount;
            } else {
                *carried -= amount;
            }
        }
        self.surplus[source as usize] -= i64::from(amount);
        self.surplus[sink as usize] += i64::from(amount);
    }
}
