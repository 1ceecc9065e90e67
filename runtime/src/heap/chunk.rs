//! Chunks: 4 MiB of blocks, with mark bits and a block table in front.

use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering};

use super::cell::{CellPtr, Header, Kind};
use super::layout::{BLOCK_BYTES, BLOCKS_PER_CHUNK, CHUNK_BYTES, CLASS_BYTES, CLASSES, GRAIN, HEADER_BLOCKS};
use super::sys::pages;

/// What a block is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Use {
    /// Nothing; its bytes may hold old content.
    Free,
    /// The chunk's own header.
    Header,
    /// Cells of one size class.
    Small,
    /// The first block of one large cell.
    LargeHead,
    /// A later block of a large cell.
    LargeTail,
}

/// The description of one block.
pub(crate) struct Block {
    used_as: AtomicU8,
    /// For small cells: the index of the list, which is the size class plus [`CLASSES`] where cells are dropped.
    list: AtomicU8,
    /// Whether a collection has marked since the block was last swept.
    pub(crate) unswept: AtomicBool,
    /// For a tail: how many blocks before this one the head is. For a head: how many blocks the cell has.
    extent: AtomicU32,
}

impl Block {
    pub(crate) fn used_as(&self) -> Use {
        match self.used_as.load(Ordering::Acquire) {
            1 => Use::Header,
            2 => Use::Small,
            3 => Use::LargeHead,
            4 => Use::LargeTail,
            _ => Use::Free,
        }
    }

    fn set_use(&self, used_as: Use, extent: u32) {
        self.extent.store(extent, Ordering::Relaxed);
        self.used_as.store(used_as as u8, Ordering::Release);
    }

    /// Returns the index of the block list that the block belongs to.
    pub(crate) fn list(&self) -> usize {
        self.list.load(Ordering::Relaxed) as usize
    }

    /// Returns the size of the block's cells.
    pub(crate) fn cell_bytes(&self) -> usize {
        CLASS_BYTES[self.list() % CLASSES] as usize
    }

    /// Returns whether dead cells of the block must be dropped before their memory is used again.
    pub(crate) fn has_drops(&self) -> bool {
        self.list() >= CLASSES
    }

    /// Returns how many blocks the large cell takes that begins here.
    pub(crate) fn large_blocks(&self) -> usize {
        self.extent.load(Ordering::Relaxed) as usize
    }
}

/// The header of a chunk, at its first byte.
#[repr(C)]
pub(crate) struct Chunk {
    marks: [AtomicU64; CHUNK_BYTES / GRAIN / 64],
    blocks: [Block; BLOCKS_PER_CHUNK],
    /// Bytes of the whole mapping: more than [`CHUNK_BYTES`] for a cell with a mapping of its own.
    bytes: usize,
    /// A bit for every free block; guarded by the heap's block lock, atomic only to be shared.
    free: [AtomicU64; BLOCKS_PER_CHUNK / 64],
    /// A bit for every free block that was used before, whose bytes are therefore not zero.
    stale: [AtomicU64; BLOCKS_PER_CHUNK / 64],
}

const _: () = assert!(size_of::<Chunk>() <= HEADER_BLOCKS * BLOCK_BYTES);

/// The address of a chunk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct ChunkPtr(NonNull<Chunk>);

// SAFETY: all fields of a chunk that change after its creation are atomic or guarded by the heap's block lock.
unsafe impl Send for ChunkPtr {}
// SAFETY: as above.
unsafe impl Sync for ChunkPtr {}

impl std::ops::Deref for ChunkPtr {
    type Target = Chunk;

    #[inline]
    fn deref(&self) -> &Chunk {
        // SAFETY: a chunk lives until the heap releases it, and the heap does so only for chunks that nothing
        // points into (empty after a collection, or when the heap itself is dropped).
        unsafe { self.0.as_ref() }
    }
}

impl ChunkPtr {
    /// Maps a chunk for small and middling cells.
    pub(crate) fn map() -> Option<ChunkPtr> {
        ChunkPtr::map_bytes(CHUNK_BYTES)
    }

    /// Maps a chunk for one cell of `cell_bytes`, and returns it with its only cell allocated.
    pub(crate) fn map_huge(cell_bytes: usize) -> Option<ChunkPtr> {
        let bytes =
            cell_bytes.checked_add(HEADER_BLOCKS * BLOCK_BYTES)?.checked_next_multiple_of(CHUNK_BYTES)?;
        let chunk = ChunkPtr::map_bytes(bytes)?;
        for word in &chunk.free {
            word.store(0, Ordering::Relaxed);
        }
        let count = bytes / BLOCK_BYTES - HEADER_BLOCKS;
        chunk.blocks[HEADER_BLOCKS].set_use(Use::LargeHead, count as u32);
        for index in HEADER_BLOCKS + 1..BLOCKS_PER_CHUNK {
            chunk.blocks[index].set_use(Use::LargeTail, (index - HEADER_BLOCKS) as u32);
        }
        Some(chunk)
    }

    fn map_bytes(bytes: usize) -> Option<ChunkPtr> {
        let chunk = pages::reserve(bytes, CHUNK_BYTES)?.cast::<Chunk>();
        // SAFETY: the mapping is fresh, large enough and aligned; zero bytes are a valid `Chunk`, whose fields are
        // all integers.
        unsafe { (*chunk.as_ptr()).bytes = bytes };
        let chunk = ChunkPtr(chunk);
        for index in 0..BLOCKS_PER_CHUNK {
            if index < HEADER_BLOCKS {
                chunk.blocks[index].set_use(Use::Header, 0);
            } else {
                chunk.free[index / 64].fetch_or(1 << (index % 64), Ordering::Relaxed);
            }
        }
        Some(chunk)
    }

    /// Returns the chunk of a cell.
    #[inline]
    pub(crate) fn of(cell: CellPtr) -> ChunkPtr {
        let address = cell.as_ptr() as usize & !(CHUNK_BYTES - 1);
        // SAFETY: cells lie inside chunks, behind the header, so the rounded address is the chunk's and not null.
        ChunkPtr(unsafe { NonNull::new_unchecked(address as *mut Chunk) })
    }

    /// Unmaps the chunk.
    ///
    /// # Safety
    ///
    /// Nothing points into the chunk, and the heap has forgotten it.
    pub(crate) unsafe fn unmap(self) {
        let bytes = self.bytes;
        // SAFETY: by this function's contract; the mapping was made by `map_bytes`.
        unsafe { pages::release(self.0.cast(), bytes) };
    }

    /// Returns the address of the chunk.
    pub(crate) fn address(self) -> usize {
        self.0.as_ptr() as usize
    }

    /// Returns the address of a block.
    pub(crate) fn block_start(self, index: usize) -> NonNull<u8> {
        // SAFETY: `index` is below `BLOCKS_PER_CHUNK`, so the address lies in the chunk's mapping.
        unsafe { self.0.cast::<u8>().add(index * BLOCK_BYTES) }
    }
}

impl Chunk {
    /// Returns the bytes of the mapping.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Returns the description of a block.
    pub(crate) fn block(&self, index: usize) -> &Block {
        &self.blocks[index]
    }

    /// Takes `count` adjacent free blocks, and returns the index of the first and whether one of them holds old
    /// bytes. The caller holds the block lock.
    pub(crate) fn take_blocks(&self, count: usize) -> Option<(usize, bool)> {
        let mut run = 0;
        for index in HEADER_BLOCKS..BLOCKS_PER_CHUNK {
            let free = self.free[index / 64].load(Ordering::Relaxed) >> (index % 64) & 1 == 1;
            run = if free { run + 1 } else { 0 };
            if run == count {
                let first = index + 1 - count;
                let mut stale = false;
                for taken in first..=index {
                    let bit = 1 << (taken % 64);
                    self.free[taken / 64].fetch_and(!bit, Ordering::Relaxed);
                    stale |= self.stale[taken / 64].fetch_and(!bit, Ordering::Relaxed) & bit != 0;
                }
                return Some((first, stale));
            }
        }
        None
    }

    /// Returns the number of free blocks.
    pub(crate) fn free_blocks(&self) -> usize {
        self.free.iter().map(|word| word.load(Ordering::Relaxed).count_ones() as usize).sum()
    }

    /// Makes a taken block one of small cells.
    pub(crate) fn use_small(&self, index: usize, list: usize) {
        self.blocks[index].list.store(list as u8, Ordering::Relaxed);
        self.blocks[index].unswept.store(false, Ordering::Relaxed);
        self.blocks[index].set_use(Use::Small, 0);
    }

    /// Makes `count` taken blocks the place of one large cell.
    pub(crate) fn use_large(&self, first: usize, count: usize) {
        for offset in 1..count {
            self.blocks[first + offset].set_use(Use::LargeTail, offset as u32);
        }
        self.blocks[first].set_use(Use::LargeHead, count as u32);
    }

    /// Makes blocks free again. The caller holds the block lock.
    pub(crate) fn give_blocks(&self, first: usize, count: usize) {
        for index in first..(first + count).min(BLOCKS_PER_CHUNK) {
            self.blocks[index].set_use(Use::Free, 0);
            self.free[index / 64].fetch_or(1 << (index % 64), Ordering::Relaxed);
            self.stale[index / 64].fetch_or(1 << (index % 64), Ordering::Relaxed);
        }
    }

    /// Clears all mark bits.
    pub(crate) fn clear_marks(&self) {
        for word in &self.marks[HEADER_BLOCKS * BLOCK_BYTES / GRAIN / 64..] {
            word.store(0, Ordering::Relaxed);
        }
    }

    /// Returns whether no cell of a block is marked.
    pub(crate) fn block_is_unmarked(&self, index: usize) -> bool {
        const WORDS: usize = BLOCK_BYTES / GRAIN / 64;
        self.marks[index * WORDS..(index + 1) * WORDS].iter().all(|word| word.load(Ordering::Relaxed) == 0)
    }

    /// Returns how many cells of a block are marked.
    pub(crate) fn marked_in_block(&self, index: usize) -> usize {
        const WORDS: usize = BLOCK_BYTES / GRAIN / 64;
        let words = &self.marks[index * WORDS..(index + 1) * WORDS];
        words.iter().map(|word| word.load(Ordering::Relaxed).count_ones() as usize).sum()
    }

    #[inline]
    fn mark_of(&self, cell: CellPtr) -> (&AtomicU64, u64) {
        let grain = (cell.as_ptr() as usize & (CHUNK_BYTES - 1)) / GRAIN;
        (&self.marks[grain / 64], 1 << (grain % 64))
    }

    /// Returns whether a cell of this chunk is marked.
    #[inline]
    pub(crate) fn is_marked(&self, cell: CellPtr) -> bool {
        let (word, bit) = self.mark_of(cell);
        word.load(Ordering::Relaxed) & bit != 0
    }

    /// Marks a cell, and returns whether it was not marked before.
    #[inline]
    pub(crate) fn mark(&self, cell: CellPtr) -> bool {
        let (word, bit) = self.mark_of(cell);
        word.load(Ordering::Relaxed) & bit == 0 && word.fetch_or(bit, Ordering::Relaxed) & bit == 0
    }

    /// Returns the live cell that holds the byte at `address`, for an address inside this chunk's mapping.
    ///
    /// Interior pointers resolve to their cell by arithmetic; free memory and headers resolve to nothing. All
    /// blocks must be swept: in an unswept block a dead cell still looks alive.
    pub(crate) fn resolve(&self, address: usize) -> Option<CellPtr> {
        let chunk = self as *const Chunk as usize;
        let mut index = (address - chunk) / BLOCK_BYTES;
        if index >= BLOCKS_PER_CHUNK {
            index = HEADER_BLOCKS; // the inside of a cell that is larger than a chunk
        }
        let block = &self.blocks[index];
        let start = match block.used_as() {
            Use::Free | Use::Header => return None,
            Use::Small => {
                let first = chunk + index * BLOCK_BYTES;
                let size = block.cell_bytes();
                let cell = (address - first) / size;
                if (cell + 1) * size > BLOCK_BYTES {
                    return None; // the waste at the end of the block
                }
                first + cell * size
            }
            Use::LargeHead => chunk + index * BLOCK_BYTES,
            Use::LargeTail => chunk + (index - block.extent.load(Ordering::Relaxed) as usize) * BLOCK_BYTES,
        };
        let cell = NonNull::new(start as *mut Header)?;
        // SAFETY: the address is the first byte of a cell-sized place in a block that is in use, and a block's
        // memory is zeroed before its use is set: its first bytes are a header, if only a free one.
        (unsafe { cell.as_ref() }.kind() != Kind::Free).then_some(cell)
    }
}
