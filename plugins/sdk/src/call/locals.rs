use core::cell::{Cell, UnsafeCell};

/// How many values are kept without asking the host for anything.
const INLINE: usize = 16;

/// What keeps alive the values of a direct call.
///
/// The host scans the stacks of its threads: a word that lies here, in the frame of the callback, keeps its cell alive. So
/// the author may put values wherever they like. When it is full, all of it is made a tuple, which becomes the first
/// entry: the stack holds one word, and the chain behind it the rest.
pub(super) struct Locals {
    direct: bool,
    used: Cell<usize>,
    words: UnsafeCell<[u64; INLINE]>,
}

impl Locals {
    pub(super) fn new(direct: bool) -> Locals {
        Locals { direct, used: Cell::new(0), words: UnsafeCell::new([0; INLINE]) }
    }

    /// Returns whether a value must be noted at all: in a guarded call the host keeps them, and most have no cell.
    #[inline]
    pub(super) fn wants(&self, bits: u64) -> bool {
        self.direct && bits != 0 && bits & 0b111 == 0
    }

    /// Notes a word; returns the words to make a tuple of, if there is no room left.
    pub(super) fn note(&self, bits: u64) -> Option<[u64; INLINE]> {
        let used = self.used.get();
        if used == INLINE {
            // SAFETY: no reference into the words is ever made; the call stays on its thread.
            return Some(unsafe { self.words.get().read_volatile() });
        }
        self.write(used, bits);
        self.used.set(used + 1);
        None
    }

    /// Puts a tuple of all words in their place.
    pub(super) fn fold(&self, tuple: u64) {
        self.write(0, tuple);
        self.used.set(1);
    }

    fn write(&self, index: usize, bits: u64) {
        // Volatile, since nobody but the collector of the host reads it: the store must not be left out.
        // SAFETY: the index is below the length; no reference into the words is ever made.
        unsafe { self.words.get().cast::<u64>().add(index).write_volatile(bits) };
    }
}
