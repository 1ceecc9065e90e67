//! Closures: a function object and the values that it captured.

use std::ptr::NonNull;

use super::{Value, ValueError, cell_ref, depth_above, hash};
use crate::heap::cell::{CellPtr, Header, Kind};
use crate::heap::{LocalHeap, Marker};
use crate::object::ObjectRef;

#[repr(C)]
struct ClosureCell {
    header: Header,
    function: ObjectRef,
    /// An object or nil: RefPerSys's metadata.
    meta: Value,
    rank: i64,
    len: usize,
    env: [Value; 0],
}

pub(super) const FUNCTION: usize = std::mem::offset_of!(ClosureCell, function);
pub(super) const META: usize = std::mem::offset_of!(ClosureCell, meta);
pub(super) const RANK: usize = std::mem::offset_of!(ClosureCell, rank);
pub(super) const LEN: usize = std::mem::offset_of!(ClosureCell, len);
pub(super) const VALUES: usize = std::mem::offset_of!(ClosureCell, env);

cell_ref! {
    /// A closure.
    ClosureRef, ClosureCell, Kind::Closure
}

impl ClosureRef {
    /// Returns a closure of this function over these values.
    ///
    /// # Errors
    ///
    /// [`ValueError::TooDeep`] when it would nest too deep.
    pub fn new(heap: &LocalHeap<'_>, function: ObjectRef, env: &[Value]) -> Result<ClosureRef, ValueError> {
        ClosureRef::with_meta(heap, function, env, None)
    }

    /// Returns a closure with metadata: an object and a number that come with it from a RefPerSys store.
    ///
    /// # Errors
    ///
    /// [`ValueError::TooDeep`] when it would nest too deep.
    pub fn with_meta(
        heap: &LocalHeap<'_>,
        function: ObjectRef,
        env: &[Value],
        meta: Option<(ObjectRef, i64)>,
    ) -> Result<ClosureRef, ValueError> {
        let depth = depth_above(env)?;
        let cell = heap.allocate(size_of::<ClosureCell>() + size_of_val(env), env).cast::<ClosureCell>();
        // SAFETY: the memory is fresh and large enough for the fields and the values.
        unsafe {
            cell.write(ClosureCell {
                header: Header::with_depth(Kind::Closure, depth),
                function,
                meta: meta.map_or(Value::NIL, |(object, _)| object.into()),
                rank: meta.map_or(0, |(_, rank)| rank),
                len: env.len(),
                env: [],
            });
            let to = (&raw mut (*cell.as_ptr()).env).cast::<Value>();
            to.copy_from_nonoverlapping(env.as_ptr(), env.len());
        }
        Ok(ClosureRef(cell))
    }

    /// Returns the function object.
    pub fn function(self) -> ObjectRef {
        self.get().function
    }

    /// Returns the captured values; they live as long as the closure.
    pub fn env<'c>(self) -> &'c [Value] {
        // SAFETY: `with_meta` wrote `len` values behind the cell's fields, and nothing changes them.
        unsafe { std::slice::from_raw_parts((&raw const (*self.0.as_ptr()).env).cast(), self.get().len) }
    }

    /// Returns the metadata.
    pub fn meta(self) -> Option<(ObjectRef, i64)> {
        Some((self.get().meta.as_object()?, self.get().rank))
    }

    /// Returns the structural hash.
    pub(crate) fn hash32(self) -> u32 {
        hash::cached(&self.get().header, || hash::of_values(self.function().oid().hash32(), self.env()))
    }
}

/// Marks what a closure refers to.
pub(crate) fn trace(cell: CellPtr, marker: &mut Marker<'_>) {
    let closure = ClosureRef(NonNull::cast(cell));
    marker.cell(closure.function().cell());
    marker.value(closure.get().meta);
    marker.values(closure.env());
}
