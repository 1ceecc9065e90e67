//! Payloads: what an object holds besides attributes and components, at most one of a kind.
//!
//! A payload is guarded by its object's lock; see [`super::ObjectRef::with_payload`]. A kind that is not here is kept
//! verbatim ([`Payload::Unknown`]), its members among the object's extras. A new kind is added in this file (the
//! variant, its name, its trace) and in the two formats of `rps-persist`.

pub(crate) mod cell;
mod class_info;
mod collections;
mod function;
mod tasks;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use self::class_info::ClassInfo;
pub use self::collections::{Dictionary, Environment, StringBuffer};
pub use self::function::{Capture, Function};
pub use self::tasks::{Agenda, Tasklet};

use super::ObjectRef;
use crate::extension::ForeignPayload;
use crate::heap::Marker;
use crate::value::Value;

/// A payload. A clone of one that a plugin defines is the same content once more, not a copy of it.
#[derive(Clone, Debug)]
#[non_exhaustive]
// The tag is the first byte: machine code looks at it.
#[repr(u8)]
pub enum Payload {
    /// A class: its superclass and methods.
    ClassInfo(Box<ClassInfo>),
    /// A symbol: a name and its value.
    Symbol(Symbol),
    /// A space; what it holds are the objects that name it as theirs.
    Space,
    /// A mutable set.
    Set(BTreeSet<Value>),
    /// A mutable vector of objects, nil where one is missing.
    ObjectVector(Vec<Value>),
    /// A mutable vector of values.
    ValueVector(Vec<Value>),
    /// A dictionary with strings for keys, ordered.
    StringDictionary(BTreeMap<Box<str>, Value>),
    /// A dictionary with any values for keys.
    Dictionary(Dictionary),
    /// A text under construction.
    StringBuffer(StringBuffer),
    /// A map from objects to values.
    ObjectMap(Environment),
    /// A map from objects to values with a parent that is asked next.
    Environment(Environment),
    /// Tasklets by priority.
    Agenda(Agenda),
    /// A closure to be run once.
    Tasklet(Tasklet),
    /// A function in the language.
    Function(Box<Function>),
    /// Data of a type that a plugin defines.
    Foreign(Arc<dyn ForeignPayload>),
    /// A kind without members that is known here.
    Marker(&'static str),
    /// A kind that is not known here; its members are among the object's extras.
    Unknown(Box<str>),
}

/// The payload of a symbol.
#[derive(Clone, Debug)]
pub struct Symbol {
    /// The name, unique in the runtime.
    pub name: Box<str>,
    /// What the symbol stands for, or nil.
    pub value: Value,
    /// Whether the symbol dies when nothing else refers to it.
    pub weak: bool,
}

impl Payload {
    /// Returns the byte that tells the kind, for machine code.
    pub(crate) fn tag(&self) -> u8 {
        // SAFETY: the type is `repr(u8)`: it begins with its tag (Rust reference, "Type layout").
        unsafe { *std::ptr::from_ref(self).cast::<u8>() }
    }

    /// Returns the name of the kind, as stores write it.
    pub fn kind(&self) -> &str {
        match self {
            Payload::ClassInfo(_) => "classinfo",
            Payload::Symbol(_) => "symbol",
            Payload::Space => "space",
            Payload::Set(_) => "setob",
            Payload::ObjectVector(_) => "vectob",
            Payload::ValueVector(_) => "vectval",
            Payload::StringDictionary(_) => "string_dictionary",
            Payload::Dictionary(_) => "dictionary",
            Payload::StringBuffer(_) => "string_buffer",
            Payload::ObjectMap(_) => "objmap",
            Payload::Environment(_) => "environment",
            Payload::Agenda(_) => "agenda",
            Payload::Tasklet(_) => "tasklet",
            Payload::Function(_) => "function",
            Payload::Foreign(content) => content.type_name(),
            Payload::Marker(kind) => kind,
            Payload::Unknown(kind) => kind,
        }
    }

    /// Returns whether elements are found by key.
    pub fn has_keys(&self) -> bool {
        matches!(
            self,
            Payload::Dictionary(_)
                | Payload::StringDictionary(_)
                | Payload::ObjectMap(_)
                | Payload::Environment(_)
        )
    }

    /// Returns about how many bytes the payload has outside the heap.
    pub(super) fn outside_bytes(&self) -> usize {
        // A node of a B-tree has room for eleven entries and is two thirds full.
        const TREE: usize = 24;
        match self {
            Payload::ClassInfo(info) => size_of::<ClassInfo>() + size_of_val(info.methods()),
            Payload::Symbol(symbol) => symbol.name.len(),
            Payload::Set(set) => set.len() * TREE,
            Payload::ObjectVector(values) | Payload::ValueVector(values) => {
                values.capacity() * size_of::<Value>()
            }
            Payload::StringDictionary(entries) => entries.len() * 2 * TREE,
            Payload::Dictionary(dictionary) => dictionary.outside_bytes(),
            Payload::StringBuffer(buffer) => buffer.text.capacity(),
            Payload::ObjectMap(map) | Payload::Environment(map) => map.bindings.len() * TREE,
            Payload::Agenda(agenda) => agenda.queues.iter().map(|queue| queue.capacity() * 8).sum(),
            Payload::Function(function) => function.outside_bytes(),
            Payload::Foreign(content) => content.outside_bytes(),
            Payload::Tasklet(_) | Payload::Space | Payload::Marker(_) | Payload::Unknown(_) => 0,
        }
    }

    /// Calls `f` with every value that the payload refers to.
    pub fn for_each_value(&self, f: &mut dyn FnMut(Value)) {
        let object = |object: ObjectRef| Value::from(object);
        match self {
            Payload::ClassInfo(info) => info.for_each_value(f),
            Payload::Symbol(symbol) => f(symbol.value),
            Payload::Set(set) => set.iter().copied().for_each(f),
            Payload::ObjectVector(values) | Payload::ValueVector(values) => {
                values.iter().copied().for_each(f);
            }
            Payload::StringDictionary(entries) => entries.values().copied().for_each(f),
            Payload::Dictionary(dictionary) => {
                for (key, value) in dictionary.iter() {
                    f(key);
                    f(value);
                }
            }
            Payload::ObjectMap(map) | Payload::Environment(map) => {
                for (&key, &value) in &map.bindings {
                    f(object(key));
                    f(value);
                }
                f(map.description);
                f(map.parent.map_or(Value::NIL, object));
            }
            Payload::Agenda(agenda) => agenda.queues.iter().flatten().copied().map(object).for_each(f),
            Payload::Tasklet(tasklet) => {
                f(tasklet.todo);
                f(tasklet.obsolete_delay);
            }
            Payload::Function(function) => f(function.class.map_or(Value::NIL, object)),
            Payload::Foreign(content) => content.for_each_value(f),
            Payload::Space | Payload::StringBuffer(_) | Payload::Marker(_) | Payload::Unknown(_) => {}
        }
    }

    fn trace(&self, marker: &mut Marker<'_>) {
        self.for_each_value(&mut |value| marker.value(value));
        if let Payload::Function(function) = self
            && let Some(code) = function.code
        {
            marker.cell(code.cell());
        }
    }
}
