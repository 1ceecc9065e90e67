//! Cells: what the heap is made of, and the header that begins each.

use std::ptr::NonNull;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};

use parking_lot::RawMutex;
use parking_lot::lock_api::RawMutex as _;

/// What a cell holds. The number is the first byte of the cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    /// No cell: free memory. The one kind that a cell of fresh, zeroed memory has.
    Free = 0,
    Double,
    BigInt,
    String,
    Tuple,
    Set,
    Closure,
    Instance,
    Json,
    Object,
    Slots,
    SlotTable,
    /// What an object has for slots until its content is loaded.
    Unloaded,
    Components,
    Shape,
    Payload,
    /// A unit of code.
    Code,
    /// An entry of an inline cache.
    Entry,
    /// Machine code of a unit.
    Machine,
}

impl Kind {
    /// The number of kinds; every first byte of a cell is below it.
    const COUNT: u8 = Kind::Machine as u8 + 1;
}

/// The first eight bytes of every cell.
///
/// `depth` is the nesting depth of an immutable value (see [`crate::value::MAX_DEPTH`]); `cached` is its hash once
/// that was asked for, and other things in other kinds: of an object, when it changed last (see [`crate::change`]) and
/// whether its content is loaded.
#[repr(C)]
pub(crate) struct Header {
    kind: AtomicU8,
    /// Guards an object's writers; unused in other kinds.
    pub(crate) lock: RawMutex,
    pub(crate) depth: u16,
    pub(crate) cached: AtomicU32,
}

const _: () = assert!(size_of::<Header>() == 8);

/// The address of a cell.
pub(crate) type CellPtr = NonNull<Header>;

impl Header {
    /// Returns a header of this kind, with nothing cached.
    #[inline]
    pub(crate) fn new(kind: Kind) -> Header {
        Header::with_depth(kind, 0)
    }

    /// Returns a header of this kind for a value nested so deep.
    #[inline]
    pub(crate) fn with_depth(kind: Kind, depth: u16) -> Header {
        Header { kind: AtomicU8::new(kind as u8), lock: RawMutex::INIT, depth, cached: AtomicU32::new(0) }
    }

    /// Returns the word of a new header, in which one more for [`Header::DEPTH`] is one level of nesting more.
    pub(crate) fn word(kind: Kind) -> u64 {
        // SAFETY: a header is eight bytes without padding, and any bytes are a word.
        unsafe { std::mem::transmute::<Header, u64>(Header::new(kind)) }
    }

    /// What the word of a header grows by for a level of nesting.
    pub(crate) const DEPTH: u64 = {
        let shift = 8 * std::mem::offset_of!(Header, depth);
        if cfg!(target_endian = "little") { 1 << shift } else { 1 << (48 - shift) }
    };

    /// Returns what the cell holds.
    #[inline]
    pub(crate) fn kind(&self) -> Kind {
        let kind = self.kind.load(Ordering::Relaxed);
        debug_assert!(kind < Kind::COUNT, "not a cell: first byte {kind}");
        // SAFETY: every cell's first byte is written by `Header::new` or is the zero of free memory.
        unsafe { std::mem::transmute::<u8, Kind>(kind) }
    }

    /// Makes the cell free memory.
    #[inline]
    pub(crate) fn set_free(&self) {
        self.kind.store(Kind::Free as u8, Ordering::Relaxed);
    }
}
