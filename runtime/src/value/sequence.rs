//! Tuples and sets: immutable sequences of values, sets in order and without duplicates.

use std::cmp::Ordering;
use std::ptr::NonNull;

use super::{Value, ValueError, cell_ref, depth_above, hash};
use crate::heap::cell::{CellPtr, Header, Kind};
use crate::heap::{LocalHeap, Marker};

#[repr(C)]
struct SequenceCell {
    header: Header,
    len: usize,
    items: [Value; 0],
}

pub(super) const LEN: usize = std::mem::offset_of!(SequenceCell, len);
pub(super) const VALUES: usize = std::mem::offset_of!(SequenceCell, items);

cell_ref! {
    /// A tuple of values.
    TupleRef, SequenceCell, Kind::Tuple
}

cell_ref! {
    /// A set of values, kept in the total order.
    SetRef, SequenceCell, Kind::Set
}

impl TupleRef {
    /// Returns a tuple of these values.
    ///
    /// # Errors
    ///
    /// [`ValueError::TooDeep`] when it would nest too deep.
    pub fn new(heap: &LocalHeap<'_>, items: &[Value]) -> Result<TupleRef, ValueError> {
        Ok(TupleRef(allocate(heap, Kind::Tuple, items)?))
    }

    /// Returns the values; they live as long as the tuple.
    #[inline]
    pub fn items<'t>(self) -> &'t [Value] {
        items(self.0)
    }

    /// Returns the structural hash.
    pub(crate) fn hash32(self) -> u32 {
        hash::cached(&self.get().header, || hash::of_values(1, self.items()))
    }
}

impl SetRef {
    /// Returns the set of these values, sorting them where they lie; duplicates count once.
    ///
    /// # Errors
    ///
    /// [`ValueError::TooDeep`] when it would nest too deep.
    pub fn new(heap: &LocalHeap<'_>, items: &mut [Value]) -> Result<SetRef, ValueError> {
        items.sort_unstable();
        let mut len = 0;
        for index in 0..items.len() {
            if len == 0 || items[len - 1] != items[index] {
                items[len] = items[index];
                len += 1;
            }
        }
        Ok(SetRef(allocate(heap, Kind::Set, &items[..len])?))
    }

    /// Returns the values in order; they live as long as the set.
    #[inline]
    pub fn items<'t>(self) -> &'t [Value] {
        items(self.0)
    }

    /// Returns whether the value is in the set.
    pub fn contains(self, value: Value) -> bool {
        self.index_of(value).is_some()
    }

    /// Returns the position of a value among the set's.
    pub fn index_of(self, value: Value) -> Option<usize> {
        self.items().binary_search(&value).ok()
    }

    /// Returns the set of what is in either.
    ///
    /// # Errors
    ///
    /// [`ValueError::TooDeep`], which can not happen for two sets that exist.
    pub fn union(self, heap: &LocalHeap<'_>, other: SetRef) -> Result<SetRef, ValueError> {
        self.merge(heap, other, [true, true, true])
    }

    /// Returns the set of what is in both.
    ///
    /// # Errors
    ///
    /// As [`SetRef::union`].
    pub fn intersection(self, heap: &LocalHeap<'_>, other: SetRef) -> Result<SetRef, ValueError> {
        self.merge(heap, other, [false, true, false])
    }

    /// Returns the set of what is in this one only.
    ///
    /// # Errors
    ///
    /// As [`SetRef::union`].
    pub fn difference(self, heap: &LocalHeap<'_>, other: SetRef) -> Result<SetRef, ValueError> {
        self.merge(heap, other, [true, false, false])
    }

    /// Merges two sets, keeping what is in the left one only, in both, in the right one only.
    fn merge(self, heap: &LocalHeap<'_>, other: SetRef, keep: [bool; 3]) -> Result<SetRef, ValueError> {
        let (mut left, mut right) = (self.items().iter().peekable(), other.items().iter().peekable());
        let mut merged = Vec::with_capacity(left.len() + right.len());
        loop {
            let order = match (left.peek(), right.peek()) {
                (Some(a), Some(b)) => a.cmp(b),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => break,
            };
            let item = match order {
                Ordering::Less => left.next(),
                Ordering::Greater => right.next(),
                Ordering::Equal => {
                    right.next();
                    left.next()
                }
            };
            if keep[(order as i8 + 1) as usize] {
                merged.extend(item);
            }
        }
        // No safepoint since the values were read: `allocate` keeps them from here on.
        Ok(SetRef(allocate(heap, Kind::Set, &merged)?))
    }

    /// Returns the structural hash.
    pub(crate) fn hash32(self) -> u32 {
        hash::cached(&self.get().header, || hash::of_values(2, self.items()))
    }
}

fn allocate(heap: &LocalHeap<'_>, kind: Kind, items: &[Value]) -> Result<NonNull<SequenceCell>, ValueError> {
    let depth = depth_above(items)?;
    let cell = heap.allocate(size_of::<SequenceCell>() + size_of_val(items), items).cast::<SequenceCell>();
    // SAFETY: the memory is fresh and large enough for the header and the values.
    unsafe {
        cell.write(SequenceCell { header: Header::with_depth(kind, depth), len: items.len(), items: [] });
        let to = (&raw mut (*cell.as_ptr()).items).cast::<Value>();
        to.copy_from_nonoverlapping(items.as_ptr(), items.len());
    }
    Ok(cell)
}

#[inline]
fn items<'t>(cell: NonNull<SequenceCell>) -> &'t [Value] {
    // SAFETY: `allocate` wrote `len` values behind the cell's fields, and nothing changes them.
    unsafe { std::slice::from_raw_parts((&raw const (*cell.as_ptr()).items).cast(), (*cell.as_ptr()).len) }
}

/// Marks what a tuple or set holds.
pub(crate) fn trace(cell: CellPtr, marker: &mut Marker<'_>) {
    marker.values(items(cell.cast()));
}
