//! Blocks: who has which, which are to be swept, which are free.
//!
//! For every size class there are two lists, one for plain cells and one for cells that own memory outside the heap
//! and are dropped when they die. After a collection every block in use is *unswept*: whoever allocates next in its
//! class sweeps it first, so that the pause of a collection does not pay for the dead (lazy sweep).

use std::ptr::NonNull;
use std::sync::atomic::Ordering;

use hashbrown::HashMap;
use parking_lot::Mutex;

use super::cell::{CellPtr, Header, Kind};
use super::chunk::{ChunkPtr, Use};
use super::free_run::{FreeRun, RunList};
use super::layout::{BLOCK_BYTES, BLOCKS_PER_CHUNK, CHUNK_BYTES, CLASSES, HEADER_BLOCKS, MAX_SMALL};
use super::sys::pages;

/// Number of block lists: every class plain, then every class with drops.
pub(crate) const LISTS: usize = 2 * CLASSES;

/// Above this many bytes of chunks the heap asks the kernel for huge pages: a small session stays small.
const HUGE_PAGES_FROM: usize = 32 << 20;

/// So many empty chunks at least are kept: what is allocated until the next collection, so that a program whose objects die
/// young does not have the kernel map its memory anew after each.
const KEPT_EMPTY: usize = 1 + super::MIN_BUDGET / CHUNK_BYTES;

/// Drops what a dead cell owns outside the heap.
pub(crate) type DropCell = unsafe fn(CellPtr);

/// All blocks of a heap.
pub(crate) struct Blocks {
    inner: Mutex<Inner>,
    drop_cell: DropCell,
    poison: bool,
}

struct Inner {
    chunks: Vec<ChunkPtr>,
    /// Chunks by the number of their 4 MiB of address space; one of more than 4 MiB is here several times.
    by_address: HashMap<usize, ChunkPtr, foldhash::fast::FixedState>,
    lowest: usize,
    highest: usize,
    /// Where the search for free blocks begins: no chunk before it has one.
    first_with_free: usize,
    unswept: Vec<Vec<(ChunkPtr, usize)>>,
    /// Free runs that threads left behind.
    left: Vec<RunList>,
    mapped: usize,
}

impl Blocks {
    /// Makes an empty heap's blocks. With `poison`, dead cells are overwritten, to make stale values visible.
    pub(crate) fn new(drop_cell: DropCell, poison: bool) -> Blocks {
        let inner = Inner {
            chunks: Vec::new(),
            by_address: HashMap::default(),
            lowest: usize::MAX,
            highest: 0,
            first_with_free: 0,
            unswept: vec![Vec::new(); LISTS],
            left: (0..LISTS).map(|_| RunList::EMPTY).collect(),
            mapped: 0,
        };
        Blocks { inner: Mutex::new(inner), drop_cell, poison }
    }

    /// Returns free memory for cells of this list, sweeping a block if there is one to sweep, and the number of
    /// bytes handed out. Returns `None` when the system has no memory.
    pub(crate) fn refill(&self, list: usize) -> Option<(RunList, usize)> {
        loop {
            let (chunk, index, fresh) = {
                let mut inner = self.inner.lock();
                // A block's worth: what is handed out counts as allocated, and others want some of it, too.
                let (left, bytes) = inner.left[list].split_off(BLOCK_BYTES);
                if !left.is_empty() {
                    return Some((left, bytes));
                }
                match inner.unswept[list].pop() {
                    Some((chunk, index)) => (chunk, index, false),
                    None => {
                        let (chunk, index) = inner.take(1)?;
                        chunk.use_small(index, list);
                        (chunk, index, true)
                    }
                }
            };
            let runs = if fresh {
                RunList::whole_block(chunk.block_start(index), chunk.block(index).cell_bytes())
            } else {
                self.sweep(chunk, index)
            };
            if !runs.is_empty() {
                let bytes = runs.bytes();
                return Some((runs, bytes));
            }
        }
    }

    /// Returns memory for one large cell, or `None` when the system has none.
    pub(crate) fn allocate_large(&self, bytes: usize) -> Option<NonNull<u8>> {
        debug_assert!(bytes > MAX_SMALL);
        let mut inner = self.inner.lock();
        let count = bytes.div_ceil(BLOCK_BYTES);
        if count > BLOCKS_PER_CHUNK - HEADER_BLOCKS {
            let chunk = ChunkPtr::map_huge(bytes)?;
            inner.add_chunk(chunk);
            return Some(chunk.block_start(HEADER_BLOCKS));
        }
        let (chunk, first) = inner.take(count)?;
        chunk.use_large(first, count);
        Some(chunk.block_start(first))
    }

    /// Takes back free runs that a thread did not use.
    pub(crate) fn give_back(&self, list: usize, runs: RunList) {
        if !runs.is_empty() {
            self.inner.lock().left[list].append(runs);
        }
    }

    /// Sweeps everything that is still unswept; before the next marking, and under `RPS_GC_STRESS`.
    pub(crate) fn sweep_all(&self) {
        self.sweep_lists(0..LISTS);
    }

    /// Sweeps the blocks whose cells are dropped.
    pub(crate) fn sweep_drops(&self) {
        self.sweep_lists(CLASSES..LISTS);
    }

    fn sweep_lists(&self, lists: std::ops::Range<usize>) {
        for list in lists {
            let blocks = std::mem::take(&mut self.inner.lock().unswept[list]);
            for (chunk, index) in blocks {
                let runs = self.sweep(chunk, index);
                self.give_back(list, runs);
            }
        }
    }

    /// Clears all mark bits: the first step of a collection.
    pub(crate) fn clear_marks(&self) {
        for chunk in &self.inner.lock().chunks {
            chunk.clear_marks();
        }
    }

    /// Decides what becomes of every block after marking, while the world is stopped: blocks without a live cell
    /// become free at once, the others unswept. Returns the live bytes.
    pub(crate) fn after_marking(&self) -> usize {
        let mut inner = self.inner.lock();
        let mut live = 0;
        for left in &mut inner.left {
            *left = RunList::EMPTY;
        }
        for chunk in inner.chunks.clone() {
            let mut index = HEADER_BLOCKS;
            while index < BLOCKS_PER_CHUNK {
                let block = chunk.block(index);
                match block.used_as() {
                    Use::Small => {
                        let marked = chunk.marked_in_block(index);
                        if marked == 0 && !block.has_drops() && !self.poison {
                            chunk.give_blocks(index, 1);
                        } else {
                            live += marked * block.cell_bytes();
                            block.unswept.store(true, Ordering::Relaxed);
                            inner.unswept[block.list()].push((chunk, index));
                        }
                        index += 1;
                    }
                    Use::LargeHead => {
                        let count = block.large_blocks();
                        if chunk.block_is_unmarked(index) {
                            if chunk.bytes() > CHUNK_BYTES {
                                inner.remove_chunk(chunk);
                                break;
                            }
                            chunk.give_blocks(index, count);
                        } else {
                            live += count * BLOCK_BYTES;
                        }
                        index += count;
                    }
                    _ => index += 1,
                }
            }
        }
        inner.first_with_free = 0;
        inner.discard_empty_chunks();
        live
    }

    /// Returns the live cell that an arbitrary word points into, if any. The world is stopped, all blocks are swept.
    pub(crate) fn resolver(&self) -> Resolver<'_> {
        Resolver(self.inner.lock())
    }

    /// Returns the bytes of address space that the heap has mapped.
    pub(crate) fn mapped_bytes(&self) -> usize {
        self.inner.lock().mapped
    }

    /// Makes the dead cells of a block free, dropping what they own, and returns its free runs.
    fn sweep(&self, chunk: ChunkPtr, index: usize) -> RunList {
        let block = chunk.block(index);
        let (start, size, drops) = (chunk.block_start(index), block.cell_bytes(), block.has_drops());
        let mut runs = RunList::EMPTY;
        let mut run_start = None;
        let count = BLOCK_BYTES / size;
        for number in 0..count {
            // SAFETY: the cell lies inside the block, whose size is `BLOCK_BYTES`.
            let cell = unsafe { start.add(number * size) }.cast::<Header>();
            if chunk.is_marked(cell) {
                if let Some(first) = run_start.take() {
                    runs.push(first, cell.cast());
                }
                continue;
            }
            // SAFETY: every cell of a block in use begins with a header; an unmarked one is dead or free, and only
            // the thread that took the block from the list touches it.
            let header = unsafe { cell.as_ref() };
            if header.kind() != Kind::Free {
                if drops {
                    // SAFETY: the cell is dead: nothing reaches it, and it is dropped once, here.
                    unsafe { (self.drop_cell)(cell) };
                }
                if self.poison {
                    // SAFETY: the cell is dead and as large as its class.
                    unsafe { cell.cast::<u8>().write_bytes(0xDB, size) };
                }
                header.set_free();
            }
            run_start.get_or_insert(cell.cast::<u8>());
        }
        if let Some(first) = run_start {
            // SAFETY: the end of the last cell is at most the end of the block.
            runs.push(first, unsafe { start.add(count * size) });
        }
        block.unswept.store(false, Ordering::Relaxed);
        runs
    }
}

impl Inner {
    fn take(&mut self, count: usize) -> Option<(ChunkPtr, usize)> {
        while self.first_with_free < self.chunks.len() {
            let chunk = self.chunks[self.first_with_free];
            if chunk.free_blocks() > 0 {
                break;
            }
            self.first_with_free += 1;
        }
        let mut found = None;
        for &chunk in &self.chunks[self.first_with_free..] {
            if let Some((index, stale)) = chunk.take_blocks(count) {
                found = Some((chunk, index, stale));
                break;
            }
        }
        let (chunk, index, stale) = match found {
            Some(found) => found,
            None => {
                let chunk = ChunkPtr::map()?;
                if self.mapped > HUGE_PAGES_FROM {
                    pages::advise_huge(chunk.block_start(0), CHUNK_BYTES);
                }
                self.add_chunk(chunk);
                let (index, stale) = chunk.take_blocks(count)?;
                (chunk, index, stale)
            }
        };
        if stale {
            let bytes = if count == 1 { BLOCK_BYTES } else { size_of::<Header>() };
            // SAFETY: the blocks are free, so nobody reads them; their old content must not look like cells.
            unsafe { chunk.block_start(index).write_bytes(0, bytes) };
        }
        Some((chunk, index))
    }

    fn add_chunk(&mut self, chunk: ChunkPtr) {
        self.chunks.push(chunk);
        self.mapped += chunk.bytes();
        self.lowest = self.lowest.min(chunk.address());
        self.highest = self.highest.max(chunk.address() + chunk.bytes());
        for part in 0..chunk.bytes() / CHUNK_BYTES {
            self.by_address.insert(chunk.address() / CHUNK_BYTES + part, chunk);
        }
    }

    fn remove_chunk(&mut self, chunk: ChunkPtr) {
        self.chunks.retain(|&other| other != chunk);
        self.mapped -= chunk.bytes();
        for part in 0..chunk.bytes() / CHUNK_BYTES {
            self.by_address.remove(&(chunk.address() / CHUNK_BYTES + part));
        }
        // SAFETY: the caller found no live cell in the chunk while the world is stopped, and it is forgotten.
        unsafe { chunk.unmap() };
    }

    /// Gives chunks without a used block back, but for those that the next allocations will want.
    fn discard_empty_chunks(&mut self) {
        let empty: Vec<ChunkPtr> = self
            .chunks
            .iter()
            .copied()
            .filter(|chunk| chunk.free_blocks() == BLOCKS_PER_CHUNK - HEADER_BLOCKS)
            .collect();
        for &chunk in empty.iter().skip(KEPT_EMPTY.max(self.chunks.len() / 4)) {
            self.remove_chunk(chunk);
        }
    }
}

impl Drop for Blocks {
    fn drop(&mut self) {
        self.clear_marks();
        let drop_cell = self.drop_cell;
        let inner = self.inner.get_mut();
        for &chunk in &inner.chunks {
            for index in HEADER_BLOCKS..BLOCKS_PER_CHUNK {
                let block = chunk.block(index);
                if block.used_as() != Use::Small || !block.has_drops() {
                    continue;
                }
                for number in 0..BLOCK_BYTES / block.cell_bytes() {
                    // SAFETY: the cell lies inside its block.
                    let cell =
                        unsafe { chunk.block_start(index).add(number * block.cell_bytes()) }.cast::<Header>();
                    // SAFETY: every cell of a block in use begins with a header. The heap ends, so each cell that
                    // is not free is dropped once, here.
                    unsafe {
                        if cell.as_ref().kind() != Kind::Free {
                            drop_cell(cell);
                        }
                    }
                }
            }
        }
        for &chunk in &inner.chunks {
            // SAFETY: the heap is being dropped: no thread is in it, and nothing of it is used afterwards.
            unsafe { chunk.unmap() };
        }
    }
}

/// Resolves arbitrary words to cells while the world is stopped.
pub(crate) struct Resolver<'b>(parking_lot::MutexGuard<'b, Inner>);

impl Resolver<'_> {
    /// Returns the live cell that `word` points to or into.
    #[inline]
    pub(crate) fn resolve(&self, word: usize) -> Option<CellPtr> {
        if word < self.0.lowest || word >= self.0.highest {
            return None;
        }
        self.0.by_address.get(&(word / CHUNK_BYTES))?.resolve(word)
    }
}

const _: () = assert!(size_of::<FreeRun>() <= super::layout::GRAIN);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_threads_left_behind_is_handed_out_block_by_block() {
        unsafe fn nothing(_: CellPtr) {}
        let blocks = Blocks::new(nothing, false);
        let handed_out: Vec<(RunList, usize)> = (0..8).map(|_| blocks.refill(0).unwrap()).collect();
        let all: usize = handed_out.iter().map(|(_, bytes)| bytes).sum();
        handed_out.into_iter().for_each(|(runs, _)| blocks.give_back(0, runs));
        let again: Vec<usize> = (0..8).map(|_| blocks.refill(0).unwrap().1).collect();
        assert!(again.iter().all(|&bytes| bytes < 2 * BLOCK_BYTES), "{again:?}");
        assert!(again.iter().sum::<usize>() >= all, "{again:?}");
    }
}
