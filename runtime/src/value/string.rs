//! Strings: immutable UTF-8, with the hash cached in the cell.

use super::{cell_ref, hash};
use crate::heap::LocalHeap;
use crate::heap::cell::{Header, Kind};

#[repr(C)]
struct StringCell {
    header: Header,
    len: usize,
    bytes: [u8; 0],
}

cell_ref! {
    /// A string.
    StringRef, StringCell, Kind::String
}

impl StringRef {
    /// Returns a string with this text.
    #[inline]
    pub fn new(heap: &LocalHeap<'_>, text: &str) -> StringRef {
        let cell = heap.allocate(size_of::<StringCell>() + text.len(), &[]).cast::<StringCell>();
        // SAFETY: the memory is fresh and large enough for the header and the text.
        unsafe {
            cell.write(StringCell { header: Header::new(Kind::String), len: text.len(), bytes: [] });
            let to = (&raw mut (*cell.as_ptr()).bytes).cast::<u8>();
            to.copy_from_nonoverlapping(text.as_ptr(), text.len());
        }
        StringRef(cell)
    }

    /// Returns the text; it lives as long as the string.
    #[inline]
    pub fn as_str<'s>(self) -> &'s str {
        // SAFETY: `new` copied `len` bytes of a `str` behind the cell's fields, and nothing changes them.
        unsafe {
            let bytes = (&raw const (*self.0.as_ptr()).bytes).cast::<u8>();
            std::str::from_utf8_unchecked(std::slice::from_raw_parts(bytes, self.get().len))
        }
    }

    /// Returns the hash of the text.
    pub fn hash32(self) -> u32 {
        hash::cached(&self.get().header, || hash::of_bytes(self.as_str().as_bytes()))
    }
}
