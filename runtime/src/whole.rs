//! What belongs to the graph as a whole: its roots, its constants, and what a store says of it.

use std::collections::BTreeMap;

use parking_lot::RwLock;

use crate::heap::{Marker, RootVec};
use crate::object::ObjectRef;
use crate::runtime::{Mutator, Runtime};
use crate::value::Value;

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

/// What belonged to the graph as a whole at one moment, kept alive.
pub(crate) struct WholeCopy {
    roots: RootVec,
    constants: RootVec,
    annotations: BTreeMap<String, String>,
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
        self.note_graph_change();
        let annotations = &mut self.whole().0.write().annotations;
        match text {
            Some(text) => annotations.insert(key.into(), text),
            None => annotations.remove(key),
        };
    }

    /// Returns roots, constants and annotations as they are now.
    pub(crate) fn copy_whole(&self) -> WholeCopy {
        let parts = self.whole().0.read();
        let keep = |objects: &[ObjectRef]| {
            let mut kept = self.heap().root_vec();
            kept.extend(objects.iter().copied().map(Value::from));
            kept
        };
        WholeCopy {
            roots: keep(&parts.roots),
            constants: keep(&parts.constants),
            annotations: parts.annotations.clone(),
        }
    }

    /// Makes roots, constants and annotations what they were.
    pub(crate) fn restore_whole(&self, copy: &WholeCopy) {
        let objects = |values: &[Value]| values.iter().filter_map(|value| value.as_object()).collect();
        *self.whole().0.write() = Parts {
            roots: objects(&copy.roots),
            constants: objects(&copy.constants),
            annotations: copy.annotations.clone(),
        };
    }
}

impl Mutator<'_> {
    /// Returns the roots, in the order of their oids.
    pub fn roots(&self) -> Vec<ObjectRef> {
        self.runtime().whole().0.read().roots.clone()
    }

    /// Makes an object a root; returns whether it was none.
    pub fn add_root(&self, object: ObjectRef) -> bool {
        self.runtime().note_graph_change();
        insert_sorted(&mut self.runtime().whole().0.write().roots, object)
    }

    /// Makes an object no root any more; returns whether it was one.
    pub fn remove_root(&self, object: ObjectRef) -> bool {
        self.runtime().note_graph_change();
        remove_sorted(&mut self.runtime().whole().0.write().roots, object)
    }

    /// Returns the constants, in the order of their oids.
    pub fn constants(&self) -> Vec<ObjectRef> {
        self.runtime().whole().0.read().constants.clone()
    }

    /// Makes an object a constant; returns whether it was none.
    pub fn add_constant(&self, object: ObjectRef) -> bool {
        self.runtime().note_graph_change();
        insert_sorted(&mut self.runtime().whole().0.write().constants, object)
    }

    /// Makes an object no constant any more; returns whether it was one.
    pub fn remove_constant(&self, object: ObjectRef) -> bool {
        self.runtime().note_graph_change();
        remove_sorted(&mut self.runtime().whole().0.write().constants, object)
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
