//! Small dense numbers for a few distinct 64-bit values, in the order of their first appearance.

use std::collections::HashMap;

use foldhash::fast::FixedState;

#[derive(Debug, Clone)]
pub(crate) struct Interner {
    /// Only looked up, never iterated: its order shows nowhere.
    numbers: HashMap<u64, u16, FixedState>,
    values: Vec<u64>,
}

impl Interner {
    pub(crate) fn new() -> Self {
        Self { numbers: HashMap::with_hasher(FixedState::with_seed(0)), values: Vec::new() }
    }

    /// The number of `value`, or `None` when there are already as many values as a `u16` can number.
    pub(crate) fn intern(&mut self, value: u64) -> Option<u16> {
        if let Some(&number) = self.numbers.get(&value) {
            return Some(number);
        }
        let number = u16::try_from(self.values.len()).ok()?;
        self.numbers.insert(value, number);
        self.values.push(value);
        Some(number)
    }

    pub(crate) fn value(&self, number: u16) -> u64 {
        self.values[usize::from(number)]
    }

    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }
}
