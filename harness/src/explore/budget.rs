//! The memory account of a run: what its structures hold now, what they held at most, and where they must stop.
//!
//! Counts the bytes that the growing structures ask for, not what the allocator makes of it. Scratch of a fixed size is left out.

/// The account is exhausted: the structure that asked has not grown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OutOfMemory;

#[derive(Debug)]
pub(crate) struct Budget {
    limit_bytes: u64,
    used_bytes: u64,
    peak_bytes: u64,
}

impl Budget {
    pub(crate) fn new(limit_bytes: u64) -> Self {
        Self { limit_bytes, used_bytes: 0, peak_bytes: 0 }
    }

    /// Asks for room for `count` values of `T` before they are allocated.
    pub(crate) fn claim<T>(&mut self, count: usize) -> Result<(), OutOfMemory> {
        let used_bytes = self.used_bytes + bytes_of::<T>(count);
        if used_bytes > self.limit_bytes {
            return Err(OutOfMemory);
        }
        self.used_bytes = used_bytes;
        self.peak_bytes = self.peak_bytes.max(used_bytes);
        Ok(())
    }

    /// Gives back room for `count` values of `T` after they were dropped.
    pub(crate) fn release<T>(&mut self, count: usize) {
        self.used_bytes -= bytes_of::<T>(count);
    }

    pub(crate) fn limit_bytes(&self) -> u64 {
        self.limit_bytes
    }

    pub(crate) fn peak_bytes(&self) -> u64 {
        self.peak_bytes
    }
}

fn bytes_of<T>(count: usize) -> u64 {
    count as u64 * size_of::<T>() as u64
}
