//! What belongs to the graph as a whole: its roots, its constants, and what a store says of it.

use std::collections::BTreeMap;

use parking_lot::RwLock;

use crate::heap::{Marker, Root};
use crate::object::ObjectRef;
use crate::runtime::{Mutator, Runtime};

/// What belongs to the graph as a whole.
#[derive(Default)]
pub(crate) struct Whole(RwLock<Parts>);

#[derive(Default)]
struct Parts {
    roots: Vec<ObjectRef>,
    constants: Vec<ObjectRef>,
    /// What a store says of the graph as a whole that nobody here understands: verbatim text by key.
    annotations: BTreeMap<String, String>,
}

/// A change of what belongs to the graph as a whole, as it is taken back.
pub(crate) enum WholeChange {
    /// The object has to be a root again, or not any more.
    Root(Root, bool),
    /// The object has to be a constant again, or not any more.
    Constant(Root, bool),
    /// The annotation has to be this again.
    Annotation(String, Option<String>),
}

impl Whole {
    /// Marks the roots and the constants.
    pub(crate) fn mark(&self, marker: &mut Marker<'_>) {
        let parts = self.0.read();
        for &object in parts.roots.iter().chain(&parts.constants) {
            marker.value(object.into());
        }
    }
}

impl Runtime {
    /// Returns what a store says of the graph as a whole that nobody here understands: verbatim text by key. A dump
    /// writes it back.
    pub fn annotations(&self) -> BTreeMap<String, String> {
        self.whole().0.read().annotations.clone()
    }

    /// Sets or removes an annotation.
    pub fn set_annotation(&self, key: &str, text: Option<String>) {
        let before = self.put_annotation(key, text);
        self.note_whole_change(|| WholeChange::Annotation(key.to_owned(), before));
    }

    fn put_annotation(&self, key: &str, text: Option<String>) -> Option<String> {
        let annotations = &mut self.whole().0.write().annotations;
        match text {
            Some(text) => annotations.insert(key.into(), text),
            None => annotations.remove(key),
        }
    }

    /// Takes a change back.
    pub(crate) fn undo_whole_change(&self, change: &WholeChange) {
        let put = |objects: &mut Vec<ObjectRef>, root: &Root, is_in: bool| {
            if let Some(object) = root.get().as_object() {
                let _changed =
                    if is_in { insert_sorted(objects, object) } else { remove_sorted(objects, object) };
            }
        };
        match change {
            WholeChange::Root(object, is_in) => put(&mut self.whole().0.write().roots, object, *is_in),
            WholeChange::Constant(object, is_in) => {
                put(&mut self.whole().0.write().constants, object, *is_in);
            }
            WholeChange::Annotation(key, text) => {
                self.put_annotation(key, text.clone());
            }
        }
    }
}

impl Mutator<'_> {
    /// Returns the roots, in the order of their oids.
    pub fn roots(&self) -> Vec<ObjectRef> {
        self.runtime().whole().0.read().roots.clone()
    }

    /// Makes an object a root; returns whether it was none.
    pub fn add_root(&self, object: ObjectRef) -> bool {
        let is_new = insert_sorted(&mut self.runtime().whole().0.write().roots, object);
        if is_new {
            let undo = || WholeChange::Root(self.heap().root(object.into()), false);
            self.runtime().note_whole_change(undo);
        }
        is_new
    }

    /// Makes an object no root any more; returns whether it was one.
    pub fn remove_root(&self, object: ObjectRef) -> bool {
        let was_one = remove_sorted(&mut self.runtime().whole().0.write().roots, object);
        if was_one {
            let undo = || WholeChange::Root(self.heap().root(object.into()), true);
            self.runtime().note_whole_change(undo);
        }
        was_one
    }

    /// Returns the constants, in the order of their oids.
    pub fn constants(&self) -> Vec<ObjectRef> {
        self.runtime().whole().0.read().constants.clone()
    }

    /// Makes an object a constant; returns whether it was none.
    pub fn add_constant(&self, object: ObjectRef) -> bool {
        let is_new = insert_sorted(&mut self.runtime().whole().0.write().constants, object);
        if is_new {
            let undo = || WholeChange::Constant(self.heap().root(object.into()), false);
            self.runtime().note_whole_change(undo);
        }
        is_new
    }

    /// Makes an object no constant any more; returns whether it was one.
    pub fn remove_constant(&self, object: ObjectRef) -> bool {
        let was_one = remove_sorted(&mut self.runtime().whole().0.write().constants, object);
        if was_one {
            let undo = || WholeChange::Constant(self.heap().root(object.into()), true);
            self.runtime().note_whole_change(undo);
        }
        was_one
    }
}

fn insert_sorted(objects: &mut Vec<ObjectRef>, object: ObjectRef) -> bool {
    match objects.binary_search(&object) {
        Ok(_) => false,
        Err(at) => {
            objects.insert(at, object);
            true
        }
    }
}

fn remove_sorted(objects: &mut Vec<ObjectRef>, object: ObjectRef) -> bool {
    objects.binary_search(&object).map(|at| objects.remove(at)).is_ok()
}
