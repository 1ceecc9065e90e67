//! Immutable instances: a class, attributes sorted by key, and components.

use std::ptr::NonNull;

use super::{Value, ValueError, cell_ref, depth_above, hash};
use crate::heap::cell::{CellPtr, Header, Kind};
use crate::heap::{LocalHeap, Marker};
use crate::object::ObjectRef;

#[repr(C)]
struct InstanceCell {
    header: Header,
    class: ObjectRef,
    /// An object or nil: RefPerSys's metadata.
    meta: Value,
    rank: i64,
    attributes: u32,
    components: u32,
    /// Keys and values of the attributes in turn, then the components.
    items: [Value; 0],
}

cell_ref! {
    /// An immutable instance.
    InstanceRef, InstanceCell, Kind::Instance
}

impl InstanceRef {
    /// Returns an instance of a class; of attributes with the same key the last one counts.
    ///
    /// # Errors
    ///
    /// [`ValueError::TooDeep`] when it would nest too deep.
    pub fn new(
        heap: &LocalHeap<'_>,
        class: ObjectRef,
        attributes: &[(ObjectRef, Value)],
        components: &[Value],
        meta: Option<(ObjectRef, i64)>,
    ) -> Result<InstanceRef, ValueError> {
        let mut sorted: Vec<(ObjectRef, Value)> = attributes.to_vec();
        sorted.reverse();
        sorted.sort_by_key(|(key, _)| key.oid());
        sorted.dedup_by_key(|(key, _)| key.oid());
        let mut items = Vec::with_capacity(2 * sorted.len() + components.len());
        for &(key, value) in &sorted {
            items.extend([key.into(), value]);
        }
        items.extend_from_slice(components);
        let depth = depth_above(&items)?;
        let cell = heap.allocate(size_of::<InstanceCell>() + items.len() * 8, &items).cast::<InstanceCell>();
        // SAFETY: the memory is fresh and large enough for the fields and the values.
        unsafe {
            cell.write(InstanceCell {
                header: Header::with_depth(Kind::Instance, depth),
                class,
                meta: meta.map_or(Value::NIL, |(object, _)| object.into()),
                rank: meta.map_or(0, |(_, rank)| rank),
                attributes: sorted.len() as u32,
                components: components.len() as u32,
                items: [],
            });
            let to = (&raw mut (*cell.as_ptr()).items).cast::<Value>();
            to.copy_from_nonoverlapping(items.as_ptr(), items.len());
        }
        Ok(InstanceRef(cell))
    }

    /// Returns the class.
    pub fn class(self) -> ObjectRef {
        self.get().class
    }

    /// Returns the attributes, sorted by the oid of their keys.
    pub fn attributes(self) -> impl ExactSizeIterator<Item = (ObjectRef, Value)> {
        let pairs = &self.items()[..2 * self.get().attributes as usize];
        pairs.chunks_exact(2).map(|pair| (pair[0].as_object().expect("keys are objects"), pair[1]))
    }

    /// Returns the value of an attribute.
    pub fn attribute(self, key: ObjectRef) -> Option<Value> {
        self.attributes().find(|(own, _)| *own == key).map(|(_, value)| value)
    }

    /// Returns the components; they live as long as the instance.
    pub fn components<'i>(self) -> &'i [Value] {
        &self.items()[2 * self.get().attributes as usize..]
    }

    /// Returns the metadata.
    pub fn meta(self) -> Option<(ObjectRef, i64)> {
        Some((self.get().meta.as_object()?, self.get().rank))
    }

    pub(super) fn items<'i>(self) -> &'i [Value] {
        let cell = self.get();
        let len = 2 * cell.attributes as usize + cell.components as usize;
        // SAFETY: `new` wrote so many values behind the cell's fields, and nothing changes them.
        unsafe { std::slice::from_raw_parts((&raw const (*self.0.as_ptr()).items).cast(), len) }
    }

    pub(super) fn attribute_count(self) -> u32 {
        self.get().attributes
    }

    /// Returns the structural hash.
    pub(crate) fn hash32(self) -> u32 {
        hash::cached(&self.get().header, || hash::of_values(self.class().oid().hash32(), self.items()))
    }
}

/// Marks what an instance refers to.
pub(crate) fn trace(cell: CellPtr, marker: &mut Marker<'_>) {
    let instance = InstanceRef(NonNull::cast(cell));
    marker.cell(instance.class().cell());
    marker.value(instance.get().meta);
    marker.values(instance.items());
}
