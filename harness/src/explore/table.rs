//! The set of worlds seen, as 64-bit fingerprints in an open-addressing table.
//!
//! The table is cut into shards that grow one at a time and, because they start with different capacities, at different
//! times: no doubling of the whole shows in the peak. A shard maps fingerprints to slots in order (a multiplication, not
//! a mask), so it can grow by less than a factor of two, and growing reads and writes memory front to back.

use std::hash::{BuildHasher, Hasher};

use foldhash::quality::FixedState;

use super::budget::{Budget, OutOfMemory};

/// One shard for each value of a fingerprint's first byte.
const SHARDS: usize = 256;
/// A shard's capacity at least, before staggering.
const FIRST_CAPACITY: usize = 64;
/// A shard is full at 4/5: linear probing still meets an empty slot within two cache lines.
const FULL: (usize, usize) = (4, 5);
/// A full shard grows to 7/5: at least 4/7 of the slots are in use at any time.
const GROWTH: (usize, usize) = (7, 5);

/// What stands for a world in the table. Never zero, because zero marks an empty slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fingerprint(u64);

impl Fingerprint {
    /// Fixed hash of a world's bytes: the same in every run and on every machine of the same byte order.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let mut hasher = FixedState::with_seed(0).build_hasher();
        hasher.write(bytes);
        Self(hasher.finish().max(1))
    }

    fn shard(self) -> usize {
        usize::from(self.0.to_be_bytes()[0])
    }

    fn home(self, capacity: usize) -> usize {
        let within_shard = u128::from(self.0 << 8);
        usize::try_from((within_shard * capacity as u128) >> 64).expect("a fraction of a usize fits a usize")
    }
}

/// One place of the table.
pub(crate) trait Slot: Copy {
    const EMPTY: Self;

    fn new(fingerprint: Fingerprint, index: u32) -> Self;

    /// Zero when the slot is empty.
    fn fingerprint(self) -> u64;
}

/// A slot that only remembers that a world was seen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen(u64);

impl Slot for Seen {
    const EMPTY: Self = Self(0);

    fn new(fingerprint: Fingerprint, _index: u32) -> Self {
        Self(fingerprint.0)
    }

    fn fingerprint(self) -> u64 {
        self.0
    }
}

/// A slot that also remembers which world it was. The fingerprint lies in two halves, so that a slot takes twelve bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Indexed {
    halves: [u32; 2],
    pub(crate) index: u32,
}

impl Slot for Indexed {
    const EMPTY: Self = Self { halves: [0; 2], index: 0 };

    fn new(fingerprint: Fingerprint, index: u32) -> Self {
        let [a, b, c, d, e, f, g, h] = fingerprint.0.to_be_bytes();
        Self { halves: [u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h])], index }
    }

    fn fingerprint(self) -> u64 {
        u64::from(self.halves[0]) << 32 | u64::from(self.halves[1])
    }
}

/// What an insertion met.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Inserted<L> {
    /// The world was new; this is its slot.
    Fresh(L),
    /// The world was there before, in this slot.
    Known(L),
}

pub(crate) struct Table<L> {
    shards: Vec<Shard<L>>,
}

struct Shard<L> {
    slots: Vec<L>,
    taken: usize,
}

impl<L: Slot> Table<L> {
    pub(crate) fn new(budget: &mut Budget) -> Result<Self, OutOfMemory> {
        let mut shards = Vec::with_capacity(SHARDS);
        for number in 0..SHARDS {
            let stagger = FIRST_CAPACITY * (GROWTH.0 - GROWTH.1) * number / (SHARDS * GROWTH.1);
            shards.push(Shard::with_capacity(FIRST_CAPACITY + stagger, budget)?);
        }
        Ok(Self { shards })
    }

    /// Reads the slot where the search for `fingerprint` would begin. Reading many before using one lets the waits for memory overlap.
    pub(crate) fn touch(&self, fingerprint: Fingerprint) -> u64 {
        let slots = &self.shards[fingerprint.shard()].slots;
        slots[fingerprint.home(slots.len())].fingerprint()
    }

    /// Looks the world up and, when it is new, enters it as number `index`.
    pub(crate) fn insert(
        &mut self,
        fingerprint: Fingerprint,
        index: u32,
        budget: &mut Budget,
    ) -> Result<Inserted<L>, OutOfMemory> {
        let shard = &mut self.shards[fingerprint.shard()];
        let mut place = shard.probe(fingerprint);
        let met = shard.slots[place];
        if met.fingerprint() != 0 {
            return Ok(Inserted::Known(met));
        }
        if shard.is_full() {
            shard.grow(budget)?;
            place = shard.probe(fingerprint);
        }
        let slot = L::new(fingerprint, index);
        shard.slots[place] = slot;
        shard.taken += 1;
        Ok(Inserted::Fresh(slot))
    }

    /// Drops the table and returns its room.
    pub(crate) fn discard(self, budget: &mut Budget) {
        for shard in self.shards {
            budget.release::<L>(shard.slots.len());
        }
    }
}

impl<L: Slot> Shard<L> {
    fn with_capacity(capacity: usize, budget: &mut Budget) -> Result<Self, OutOfMemory> {
        budget.claim::<L>(capacity)?;
        Ok(Self { slots: vec![L::EMPTY; capacity], taken: 0 })
    }

    fn is_full(&self) -> bool {
        self.taken * FULL.1 >= self.slots.len() * FULL.0
    }

    /// The place of `fingerprint`, or the empty place where it belongs. There is one: a shard is never filled up.
    fn probe(&self, fingerprint: Fingerprint) -> usize {
        let mut place = fingerprint.home(self.slots.len());
        loop {
            let met = self.slots[place].fingerprint();
            if met == fingerprint.0 || met == 0 {
                return place;
            }
            place += 1;
            if place == self.slots.len() {
                place = 0;
            }
        }
    }

    fn grow(&mut self, budget: &mut Budget) -> Result<(), OutOfMemory> {
        let mut grown = Self::with_capacity(self.slots.len() * GROWTH.0 / GROWTH.1, budget)?;
        for &slot in &self.slots {
            if slot.fingerprint() != 0 {
                let place = grown.probe(Fingerprint(slot.fingerprint()));
                grown.slots[place] = slot;
            }
        }
        grown.taken = self.taken;
        budget.release::<L>(self.slots.len());
        *self = grown;
        Ok(())
    }
}
