//! JSON values: trees of scalars, arrays and objects, which know no syntax here.

use std::ptr::NonNull;

use super::{Value, ValueError, View, cell_ref, depth_above, hash};
use crate::heap::cell::{CellPtr, Header, Kind};
use crate::heap::{LocalHeap, Marker};

/// What kind of JSON value one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum JsonForm {
    /// Null, a boolean, a number or a string: one item. Only the outermost value has this form.
    Scalar,
    /// An array: its items are scalars, arrays and objects.
    Array,
    /// An object: its items are keys and values in turn, sorted by key.
    Object,
}

#[repr(C)]
struct JsonCell {
    header: Header,
    form: JsonForm,
    len: u32,
    items: [Value; 0],
}

cell_ref! {
    /// A JSON value.
    JsonRef, JsonCell, Kind::Json
}

impl JsonRef {
    /// Returns the JSON value of nil, a boolean, a number, a string; of a JSON value, itself.
    ///
    /// # Errors
    ///
    /// [`ValueError::NotJson`] for other values.
    pub fn scalar(heap: &LocalHeap<'_>, value: Value) -> Result<JsonRef, ValueError> {
        match value.as_json() {
            Some(json) => Ok(json),
            None => JsonRef::allocate(heap, JsonForm::Scalar, &[part(value)?]),
        }
    }

    /// Returns the JSON array of these values.
    ///
    /// # Errors
    ///
    /// [`ValueError::NotJson`] when one is no JSON, [`ValueError::TooDeep`] when it would nest too deep.
    pub fn array(heap: &LocalHeap<'_>, items: &[Value]) -> Result<JsonRef, ValueError> {
        let items = items.iter().map(|&item| part(item)).collect::<Result<Vec<_>, _>>()?;
        JsonRef::allocate(heap, JsonForm::Array, &items)
    }

    /// Returns the JSON object with these members; of members with the same key the last one counts.
    ///
    /// # Errors
    ///
    /// As [`JsonRef::array`].
    pub fn object(
        heap: &LocalHeap<'_>,
        members: &[(super::StringRef, Value)],
    ) -> Result<JsonRef, ValueError> {
        let mut sorted = members.to_vec();
        sorted.reverse();
        sorted.sort_by_key(|(key, _)| key.as_str());
        sorted.dedup_by_key(|(key, _)| key.as_str());
        let mut items = Vec::with_capacity(2 * sorted.len());
        for (key, value) in sorted {
            items.extend([key.into(), part(value)?]);
        }
        JsonRef::allocate(heap, JsonForm::Object, &items)
    }

    /// Returns what kind of JSON value this is.
    pub fn form(self) -> JsonForm {
        self.get().form
    }

    /// Returns the items, as [`JsonForm`] says; they live as long as the value.
    pub fn items<'j>(self) -> &'j [Value] {
        // SAFETY: `allocate` wrote `len` values behind the cell's fields, and nothing changes them.
        unsafe {
            std::slice::from_raw_parts((&raw const (*self.0.as_ptr()).items).cast(), self.get().len as usize)
        }
    }

    /// Returns the structural hash.
    pub(crate) fn hash32(self) -> u32 {
        hash::cached(&self.get().header, || hash::of_values(3 + self.form() as u32, self.items()))
    }

    fn allocate(heap: &LocalHeap<'_>, form: JsonForm, items: &[Value]) -> Result<JsonRef, ValueError> {
        let depth = depth_above(items)?;
        let cell = heap.allocate(size_of::<JsonCell>() + size_of_val(items), items).cast::<JsonCell>();
        // SAFETY: the memory is fresh and large enough for the fields and the values.
        unsafe {
            let header = Header::with_depth(Kind::Json, depth);
            cell.write(JsonCell { header, form, len: items.len() as u32, items: [] });
            let to = (&raw mut (*cell.as_ptr()).items).cast::<Value>();
            to.copy_from_nonoverlapping(items.as_ptr(), items.len());
        }
        Ok(JsonRef(cell))
    }
}

/// Returns a value as a part of a larger JSON value.
fn part(value: Value) -> Result<Value, ValueError> {
    match value.view() {
        View::Nil | View::Bool(_) | View::Int(_) | View::BigInt(_) | View::String(_) => Ok(value),
        View::Double(double) if double.is_finite() => Ok(value),
        View::Json(json) if json.form() == JsonForm::Scalar => Ok(json.items()[0]),
        View::Json(_) => Ok(value),
        _ => Err(ValueError::NotJson),
    }
}

/// Marks what a JSON value holds.
pub(crate) fn trace(cell: CellPtr, marker: &mut Marker<'_>) {
    marker.values(JsonRef(NonNull::cast(cell)).items());
}
