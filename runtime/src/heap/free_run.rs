//! Runs of free cells inside a block, linked through their own memory.

use std::ptr::NonNull;

/// What a run's first sixteen bytes hold. The lowest byte of the first word stays zero: the kind of free memory.
#[repr(C)]
pub(crate) struct FreeRun {
    /// The next run's address, shifted left by eight.
    next: u64,
    end: *mut u8,
}

/// A list of runs of free memory.
pub(crate) struct RunList {
    first: *mut FreeRun,
}

// SAFETY: the runs of a list belong to whoever owns the list.
unsafe impl Send for RunList {}

impl RunList {
    /// The list without runs.
    pub(crate) const EMPTY: RunList = RunList { first: std::ptr::null_mut() };

    /// Returns whether there are no runs.
    pub(crate) fn is_empty(&self) -> bool {
        self.first.is_null()
    }

    /// Returns the one run of a fresh, zeroed block with cells of `size` bytes.
    pub(crate) fn whole_block(start: NonNull<u8>, size: usize) -> RunList {
        let mut list = RunList::EMPTY;
        let bytes = super::layout::BLOCK_BYTES / size * size;
        // SAFETY: `bytes` is at most the size of the block.
        list.push(start, unsafe { start.add(bytes) });
        list
    }

    /// Adds the free memory from `start` to `end`, which the list now owns.
    pub(crate) fn push(&mut self, start: NonNull<u8>, end: NonNull<u8>) {
        let run = start.cast::<FreeRun>().as_ptr();
        // SAFETY: a run is at least one cell, which has at least sixteen bytes, aligned to sixteen.
        unsafe { run.write(FreeRun { next: (self.first as u64) << 8, end: end.as_ptr() }) };
        self.first = run;
    }

    /// Takes the first run, as its start and end.
    #[inline]
    pub(crate) fn pop(&mut self) -> Option<(*mut u8, *mut u8)> {
        if self.first.is_null() {
            return None;
        }
        let run = self.first;
        // SAFETY: runs of the list are free memory with a `FreeRun` at their start, written by `push`.
        let FreeRun { next, end } = unsafe { run.read() };
        self.first = (next >> 8) as *mut FreeRun;
        // SAFETY: as above; the first word becomes plain free memory.
        unsafe { (*run).next = 0 };
        Some((run.cast(), end))
    }

    /// Takes runs until they have so many bytes, or there are no more, and returns them with their bytes.
    pub(crate) fn split_off(&mut self, wanted: usize) -> (RunList, usize) {
        let (mut taken, mut bytes) = (RunList::EMPTY, 0);
        while bytes < wanted
            && let Some((start, end)) = self.pop()
            && let (Some(start), Some(last)) = (NonNull::new(start), NonNull::new(end))
        {
            bytes += end as usize - start.as_ptr() as usize;
            taken.push(start, last);
        }
        (taken, bytes)
    }

    /// Adds all runs of another list.
    pub(crate) fn append(&mut self, mut other: RunList) {
        while let Some((start, end)) = other.pop() {
            if let (Some(start), Some(end)) = (NonNull::new(start), NonNull::new(end)) {
                self.push(start, end);
            }
        }
    }

    /// Returns the bytes of all runs.
    pub(crate) fn bytes(&self) -> usize {
        let (mut run, mut bytes) = (self.first, 0);
        while !run.is_null() {
            // SAFETY: as in `pop`.
            let FreeRun { next, end } = unsafe { run.read() };
            bytes += end as usize - run as usize;
            run = (next >> 8) as *mut FreeRun;
        }
        bytes
    }
}
