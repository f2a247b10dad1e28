//! An append-only array in pieces: growing copies nothing, so that the peak is what is stored.

use super::budget::{Budget, OutOfMemory};

/// Values in one piece. Large enough that the list of pieces is nothing, small enough that the last piece wastes little.
const PIECE: usize = 1 << 14;

#[derive(Debug, Clone)]
pub(crate) struct Segments<T> {
    pieces: Vec<Vec<T>>,
    len: usize,
}

impl<T: Copy> Segments<T> {
    pub(crate) fn new() -> Self {
        Self { pieces: Vec::new(), len: 0 }
    }

    pub(crate) fn push(&mut self, value: T, budget: &mut Budget) -> Result<(), OutOfMemory> {
        if self.len.is_multiple_of(PIECE) {
            budget.claim::<T>(PIECE)?;
            self.pieces.push(Vec::with_capacity(PIECE));
        }
        self.pieces[self.len / PIECE].push(value);
        self.len += 1;
        Ok(())
    }

    pub(crate) fn get(&self, at: u32) -> T {
        self.pieces[at as usize / PIECE][at as usize % PIECE]
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }
}
