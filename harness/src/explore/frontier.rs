//! The worlds that were found but not yet expanded, first in first out, in chunks that are freed as they are consumed.

use std::collections::VecDeque;

use super::budget::{Budget, OutOfMemory};

/// Worlds in one chunk: at a hundred bytes a world, a chunk is as large as a few pages of memory.
const CHUNK: usize = 512;

pub(crate) struct Frontier<W> {
    chunks: VecDeque<Vec<W>>,
    /// How many worlds of the first chunk were consumed.
    consumed: usize,
    /// The chunk that was consumed last, kept for the next one that is needed.
    spare: Option<Vec<W>>,
}

impl<W: Copy> Frontier<W> {
    pub(crate) fn new() -> Self {
        Self { chunks: VecDeque::new(), consumed: 0, spare: None }
    }

    pub(crate) fn push(&mut self, world: W, budget: &mut Budget) -> Result<(), OutOfMemory> {
        if self.chunks.back().is_none_or(|chunk| chunk.len() == CHUNK) {
            let chunk = match self.spare.take() {
                Some(chunk) => chunk,
                None => {
                    budget.claim::<W>(CHUNK)?;
                    Vec::with_capacity(CHUNK)
                }
            };
            self.chunks.push_back(chunk);
        }
        self.chunks.back_mut().expect("a chunk with room was just made sure of").push(world);
        Ok(())
    }

    pub(crate) fn pop(&mut self, budget: &mut Budget) -> Option<W> {
        let chunk = self.chunks.front()?;
        let world = *chunk.get(self.consumed)?;
        self.consumed += 1;
        if self.consumed == CHUNK {
            self.retire_first_chunk(budget);
        }
        Some(world)
    }

    /// Drops the frontier and returns its room.
    pub(crate) fn discard(self, budget: &mut Budget) {
        budget.release::<W>(CHUNK * (self.chunks.len() + usize::from(self.spare.is_some())));
    }

    fn retire_first_chunk(&mut self, budget: &mut Budget) {
        let mut chunk = self.chunks.pop_front().expect("only a first chunk is retired");
        self.consumed = 0;
        if self.spare.is_some() {
            budget.release::<W>(CHUNK);
        } else {
            chunk.clear();
            self.spare = Some(chunk);
        }
    }
}
