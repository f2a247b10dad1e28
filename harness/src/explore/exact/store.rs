//! The states that were found: worlds, each with its zones.

use authloom_model::World;
use authloom_model::time::zone::{Bound, includes};
use authloom_model::time::{Region, Zone};

use crate::explore::budget::{Budget, OutOfMemory};
use crate::explore::table::{Fingerprint, Indexed, Inserted, Table};

/// No state.
const NONE: u32 = u32::MAX;

/// A step that was taken: from which state, by which code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Taken {
    pub(super) from: u32,
    pub(super) code: u8,
}

/// A world with a zone, and how it was found.
#[derive(Clone, Copy)]
struct State {
    world: u32,
    /// Rows of its zone.
    side: u8,
    /// Where its zone begins.
    zone: usize,
    taken: Taken,
    /// The last of the other ways to it; none where there is no other.
    also: u32,
    /// The state that includes it; itself where none does.
    included_in: u32,
    /// The state of the same world that was found before it, of those that none includes.
    before: u32,
}

/// What of a world all its states share.
#[derive(Clone, Copy)]
struct Place {
    /// The last of its states that none includes.
    newest: u32,
    /// How often two of its zones were merged.
    merged: u32,
}

/// How the zones of a world are brought together.
pub(super) struct Closing<'c> {
    /// Merges of one world after which its zones are widened.
    pub(super) patience: u32,
    /// Zones of one world that are kept apart at most.
    pub(super) most_zones: usize,
    /// Where widening stops, sorted.
    pub(super) stations: &'c [i32],
}

/// What came of a region that was entered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Entered {
    /// It is a new state.
    New(u32),
    /// A state includes it.
    Known(u32),
}

impl Entered {
    pub(super) fn state(self) -> u32 {
        match self {
            Self::New(state) | Self::Known(state) => state,
        }
    }
}

pub(super) struct Store {
    table: Table<Indexed>,
    worlds: Vec<World>,
    places: Vec<Place>,
    states: Vec<State>,
    /// Other ways to states, each with the one before it.
    also: Vec<(Entry, u32)>,
    bounds: Vec<Bound>,
}

/// A way to a state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Entry {
    /// By a step.
    Step(Taken),
    /// By any way to this state, which it has taken in.
    State(u32),
}

impl Store {
    pub(super) fn new(initial: &Region, budget: &mut Budget) -> Result<Self, OutOfMemory> {
        let table = Table::new(budget)?;
        let mut store = Self {
            table,
            worlds: Vec::new(),
            places: Vec::new(),
            states: Vec::new(),
            also: Vec::new(),
            bounds: Vec::new(),
        };
        store.enter(initial, Taken { from: 0, code: 0 }, 0, budget)?;
        Ok(store)
    }

    /// How many worlds there are.
    pub(super) fn worlds(&self) -> u32 {
        number(self.worlds.len())
    }

    /// How many states there are.
    pub(super) fn states(&self) -> u32 {
        number(self.states.len())
    }

    pub(super) fn world(&self, state: u32) -> &World {
        &self.worlds[self.states[state as usize].world as usize]
    }

    pub(super) fn zone(&self, state: u32) -> &[Bound] {
        let State { zone, side, .. } = self.states[state as usize];
        let side = usize::from(side);
        &self.bounds[zone..zone + side * side]
    }

    pub(super) fn region(&self, state: u32) -> Region {
        Region { world: *self.world(state), zone: Zone::of(self.zone(state)) }
    }

    /// The step that found a state. The first state was found by none.
    pub(super) fn taken(&self, state: u32) -> Option<Taken> {
        (state != 0).then(|| self.states[state as usize].taken)
    }

    /// Whether no state includes this one.
    pub(super) fn is_live(&self, state: u32) -> bool {
        self.states[state as usize].included_in == state
    }

    /// For each state, the one that includes it and that no other includes.
    pub(super) fn including(&self) -> Vec<u32> {
        let mut including: Vec<u32> = self.states.iter().map(|state| state.included_in).collect();
        let mut chain = Vec::new();
        for state in 0..self.states() {
            let mut at = state;
            while including[at as usize] != at {
                chain.push(at);
                at = including[at as usize];
            }
            for passed in chain.drain(..) {
                including[passed as usize] = at;
            }
        }
        including
    }

    /// Bytes that the zones take, all together.
    pub(super) fn zone_bytes(&self) -> u64 {
        (self.bounds.len() * size_of::<Bound>()) as u64
    }

    /// Enters a region that a step has led to. Where its union with a state that still waits, from number `waiting` on, is a zone, that state
    /// takes it in.
    pub(super) fn enter(
        &mut self,
        region: &Region,
        taken: Taken,
        waiting: u32,
        budget: &mut Budget,
    ) -> Result<Entered, OutOfMemory> {
        let world = self.world_number(&region.world, budget)?;
        if let Some(known) = self.live_of(world).find(|state| includes(self.zone(*state), region.zone.bounds())) {
            return Ok(Entered::Known(known));
        }
        match self.merging(world, &region.zone, waiting, None) {
            None => self.add(world, &region.zone, taken, budget),
            Some((hull, by)) => {
                self.grow(by, &hull, Entry::Step(taken), budget)?;
                while let Some((hull, other)) = self.merging(world, &Zone::of(self.zone(by)), waiting, Some(by)) {
                    self.states[other as usize].included_in = by;
                    self.grow(by, &hull, Entry::State(other), budget)?;
                }
                Ok(Entered::Known(by))
            }
        }
    }

    /// A state that waits and whose union with a zone of the same world is a zone, other than one.
    fn merging(&self, world: u32, zone: &Zone, waiting: u32, but: Option<u32>) -> Option<(Zone, u32)> {
        let others = self.live_of(world).take_while(|state| *state >= waiting).filter(|state| Some(*state) != but);
        others.into_iter().find_map(|state| Some((zone.merged(self.zone(state))?, state)))
    }

    /// Makes a state that waits as wide as this.
    fn grow(&mut self, state: u32, zone: &Zone, entry: Entry, budget: &mut Budget) -> Result<(), OutOfMemory> {
        budget.claim::<(Entry, u32)>(1)?;
        let State { zone: at, world, also, .. } = self.states[state as usize];
        self.bounds[at..at + zone.bounds().len()].copy_from_slice(zone.bounds());
        self.states[state as usize].also = number(self.also.len());
        self.also.push((entry, also));
        self.leave_out(world, state, zone);
        Ok(())
    }

    /// The ways to a state that waited as long as it could take others in.
    pub(super) fn entries(&self, state: u32) -> impl Iterator<Item = Entry> + '_ {
        let State { taken, also, .. } = self.states[state as usize];
        let first = (state != 0).then_some(Entry::Step(taken));
        let some = |at: u32| (at != NONE).then(|| self.also[at as usize]);
        let others = std::iter::successors(some(also), move |(_, before)| some(*before)).map(|(entry, _)| entry);
        first.into_iter().chain(others)
    }

    /// Enters a region that a step has led to, brought together with the zones of its world.
    pub(super) fn enter_closing(
        &mut self,
        region: &Region,
        taken: Taken,
        closing: &Closing<'_>,
        within: &dyn Fn(usize) -> Bound,
        budget: &mut Budget,
    ) -> Result<Entered, OutOfMemory> {
        let world = self.world_number(&region.world, budget)?;
        if let Some(known) = self.live_of(world).find(|state| includes(self.zone(*state), region.zone.bounds())) {
            return Ok(Entered::Known(known));
        }
        let zone = self.brought_together(world, region.zone.clone(), closing, within);
        self.add(world, &zone, taken, budget)
    }

    fn world_number(&mut self, world: &World, budget: &mut Budget) -> Result<u32, OutOfMemory> {
        let next = self.worlds();
        match self.table.insert(Fingerprint::of(world.bytes()), next, budget)? {
            Inserted::Known(slot) => Ok(slot.index),
            Inserted::Fresh(_) => {
                budget.claim::<(World, Place)>(1)?;
                self.worlds.push(*world);
                self.places.push(Place { newest: NONE, merged: 0 });
                Ok(next)
            }
        }
    }

    /// The states of a world that none includes, the newest first.
    fn live_of(&self, world: u32) -> impl Iterator<Item = u32> + '_ {
        let newest = self.places[world as usize].newest;
        let some = |state: u32| (state != NONE).then_some(state);
        std::iter::successors(some(newest), move |state| some(self.states[*state as usize].before))
    }

    /// Merges a zone with those of its world as long as the union of two is a zone; where that has not ended for long, widens it.
    fn brought_together(
        &mut self,
        world: u32,
        mut zone: Zone,
        closing: &Closing<'_>,
        within: &dyn Fn(usize) -> Bound,
    ) -> Zone {
        loop {
            let merged = self.live_of(world).find_map(|state| {
                let hull = zone.merged(self.zone(state)).filter(|hull| *hull != zone)?;
                Some((hull, state))
            });
            let merged = merged.or_else(|| {
                let too_many = self.live_of(world).nth(closing.most_zones)?;
                let newest = self.live_of(world).next().filter(|_| too_many != NONE)?;
                Some((zone.hull(self.zone(newest)), newest)).filter(|(hull, _)| *hull != zone)
            });
            let Some((mut hull, state)) = merged else { return zone };
            self.places[world as usize].merged += 1;
            if self.places[world as usize].merged > closing.patience {
                hull.widen(self.zone(state), closing.stations, within);
            }
            zone = hull;
        }
    }

    fn add(&mut self, world: u32, zone: &Zone, taken: Taken, budget: &mut Budget) -> Result<Entered, OutOfMemory> {
        let state = self.states();
        self.leave_out(world, state, zone);
        budget.claim::<State>(1)?;
        budget.claim::<Bound>(zone.bounds().len())?;
        let place = &mut self.places[world as usize];
        self.states.push(State {
            world,
            side: u8::try_from(zone.clocks() + 1).expect("a zone has fewer rows than a byte counts"),
            zone: self.bounds.len(),
            taken,
            also: NONE,
            included_in: state,
            before: place.newest,
        });
        place.newest = state;
        self.bounds.extend_from_slice(zone.bounds());
        Ok(Entered::New(state))
    }

    /// Leaves out the states of a world that a zone includes, but the one whose zone it is.
    fn leave_out(&mut self, world: u32, by: u32, zone: &Zone) {
        let live: Vec<u32> = self.live_of(world).collect();
        let mut last = NONE;
        for state in live.into_iter().rev() {
            if state != by && (!self.is_live(state) || zone.includes(self.zone(state))) {
                self.states[state as usize].included_in = by;
            } else {
                self.states[state as usize].before = last;
                last = state;
            }
        }
        self.places[world as usize].newest = last;
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).expect("states are numbered with 32 bits")
}
