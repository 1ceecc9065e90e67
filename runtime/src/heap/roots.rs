//! Handles: values that Rust code keeps where no collection looks.
//!
//! A value lives on the stack, in a heap cell, or in a [`Root`] or [`RootVec`]; never in a plain Rust collection
//! across a safepoint. Handles may move between threads.

use std::sync::Arc;

use parking_lot::Mutex;

use super::mark::Marker;
use crate::value::Value;

/// All handles of a heap.
pub(crate) struct Roots {
    table: Arc<Table>,
}

#[derive(Default)]
struct Table {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    single: Slots<Value>,
    vectors: Slots<VectorPtr>,
    slices: Slots<SlicePtr>,
}

/// The address of a `RootVec`'s boxed vector, read only while the world is stopped.
struct VectorPtr(*const Vec<Value>);
/// A slice that one call keeps alive.
struct SlicePtr(*const Value, usize);

// SAFETY: the addresses are read by the collecting thread while their owner is stopped.
unsafe impl Send for VectorPtr {}
// SAFETY: as above.
unsafe impl Send for SlicePtr {}

impl Roots {
    pub(crate) fn new() -> Roots {
        Roots { table: Arc::default() }
    }

    /// Returns a handle of a value.
    pub(crate) fn root(&self, value: Value) -> Root {
        let index = self.table.state.lock().single.add(value);
        Root { table: Arc::clone(&self.table), index }
    }

    /// Returns an empty vector of values.
    pub(crate) fn vector(&self) -> RootVec {
        let values = Box::new(Vec::new());
        let index = self.table.state.lock().vectors.add(VectorPtr(&raw const *values));
        RootVec { table: Arc::clone(&self.table), index, values }
    }

    /// Keeps the values of a slice until the result is dropped.
    pub(crate) fn keep_slice<'s>(&self, values: &'s [Value]) -> impl Drop + use<'s> {
        let index = self.table.state.lock().slices.add(SlicePtr(values.as_ptr(), values.len()));
        KeptSlice { table: Arc::clone(&self.table), index, _values: values }
    }

    /// Marks all handles, while the world is stopped.
    pub(crate) fn mark(&self, marker: &mut Marker<'_>) {
        let state = self.table.state.lock();
        for &value in state.single.iter() {
            marker.value(value);
        }
        for vector in state.vectors.iter() {
            // SAFETY: a registered vector lives until its `RootVec` is dropped, which removes it; its owner is
            // stopped at a safepoint, where it does not change the vector.
            marker.values(unsafe { &*vector.0 });
        }
        for slice in state.slices.iter() {
            // SAFETY: a registered slice is borrowed for as long as its guard, which removes it.
            marker.values(unsafe { std::slice::from_raw_parts(slice.0, slice.1) });
        }
    }
}

/// A value kept alive from outside the heap.
///
/// A root outlives the frame, the thread and even the heap that made it; reading it is sound only while that heap
/// lives.
pub struct Root {
    table: Arc<Table>,
    index: usize,
}

impl Root {
    /// Returns the value.
    pub fn get(&self) -> Value {
        *self.table.state.lock().single.get(self.index)
    }

    /// Returns whether the root is one of a heap: only then its value may be used there.
    pub fn is_of(&self, heap: &super::Heap) -> bool {
        Arc::ptr_eq(&self.table, &heap.roots.table)
    }

    /// Makes the root keep another value.
    pub fn set(&self, value: Value) {
        *self.table.state.lock().single.get_mut(self.index) = value;
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        self.table.state.lock().single.remove(self.index);
    }
}

impl std::fmt::Debug for Root {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Not the value: its heap may be gone.
        f.debug_tuple("Root").field(&self.index).finish()
    }
}

/// A vector of values kept alive from outside the heap.
///
/// Derefs to a slice; the collector finds it wherever it lies. Changing its length takes the lock that a collection
/// holds while it reads it: the owner may be outside the heap, where no collection waits for it.
pub struct RootVec {
    table: Arc<Table>,
    index: usize,
    #[expect(clippy::box_collection, reason = "the collector needs an address that stays")]
    values: Box<Vec<Value>>,
}

impl RootVec {
    /// Adds a value at the end.
    pub fn push(&mut self, value: Value) {
        let _state = self.table.state.lock();
        self.values.push(value);
    }

    /// Removes the last value, and returns it.
    pub fn pop(&mut self) -> Option<Value> {
        let _state = self.table.state.lock();
        self.values.pop()
    }

    /// Removes all values from `len` on.
    pub fn truncate(&mut self, len: usize) {
        let _state = self.table.state.lock();
        self.values.truncate(len);
    }

    /// Makes the vector `len` long, filling with nil.
    pub fn resize(&mut self, len: usize) {
        let _state = self.table.state.lock();
        self.values.resize(len, Value::NIL);
    }
}

impl Extend<Value> for RootVec {
    fn extend<I: IntoIterator<Item = Value>>(&mut self, values: I) {
        // Not `Vec::extend`: the iterator may allocate, and must find what was pushed so far.
        for value in values {
            self.push(value);
        }
    }
}

impl std::ops::Deref for RootVec {
    type Target = [Value];

    fn deref(&self) -> &[Value] {
        &self.values
    }
}

impl std::ops::DerefMut for RootVec {
    fn deref_mut(&mut self) -> &mut [Value] {
        &mut self.values
    }
}

impl Drop for RootVec {
    fn drop(&mut self) {
        self.table.state.lock().vectors.remove(self.index);
    }
}

impl std::fmt::Debug for RootVec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

struct KeptSlice<'s> {
    table: Arc<Table>,
    index: usize,
    _values: &'s [Value],
}

impl Drop for KeptSlice<'_> {
    fn drop(&mut self) {
        self.table.state.lock().slices.remove(self.index);
    }
}

/// A vector with holes, whose indices stay.
struct Slots<T> {
    entries: Vec<Option<T>>,
    free: Vec<usize>,
}

impl<T> Default for Slots<T> {
    fn default() -> Slots<T> {
        Slots { entries: Vec::new(), free: Vec::new() }
    }
}

impl<T> Slots<T> {
    fn add(&mut self, entry: T) -> usize {
        match self.free.pop() {
            Some(index) => {
                self.entries[index] = Some(entry);
                index
            }
            None => {
                self.entries.push(Some(entry));
                self.entries.len() - 1
            }
        }
    }

    fn remove(&mut self, index: usize) {
        self.entries[index] = None;
        self.free.push(index);
    }

    fn get(&self, index: usize) -> &T {
        self.entries[index].as_ref().expect("a handle's entry lives as long as the handle")
    }

    fn get_mut(&mut self, index: usize) -> &mut T {
        self.entries[index].as_mut().expect("a handle's entry lives as long as the handle")
    }

    fn iter(&self) -> impl Iterator<Item = &T> {
        self.entries.iter().flatten()
    }
}
