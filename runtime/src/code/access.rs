//! Elements of collections, new objects, keeping.

use std::collections::{BTreeMap, BTreeSet};

use super::iterate::range_of;
use super::operate::{object, wrong_kind};
use crate::error::RuntimeError;
use crate::known;
use crate::object::payload::{ClassInfo, Dictionary, Environment, StringBuffer, Symbol};
use crate::object::{ObjectRef, Payload};
use crate::runtime::Mutator;
use crate::value::{JsonForm, Value, View};

impl Mutator<'_> {
    /// Returns an attribute of an object or instance, nil where it has none; computed attributes of any value.
    ///
    /// # Errors
    ///
    /// [`RuntimeError::WrongKind`] for values that have no attributes.
    pub fn attribute_or_nil(&self, receiver: Value, key: ObjectRef) -> Result<Value, RuntimeError> {
        match (self.attribute(receiver, key), receiver.view()) {
            (Some(value), _) => Ok(value),
            (None, View::Object(_) | View::Instance(_)) => Ok(Value::NIL),
            _ => Err(wrong_kind(self, "what has attributes", "an object or an instance", receiver)),
        }
    }

    /// Returns an element: of a tuple, set, string, JSON array or vector by position, from the end where it is negative;
    /// of a dictionary, environment or JSON object by key; of another object a component.
    ///
    /// # Errors
    ///
    /// [`RuntimeError::NoSuchElement`], [`RuntimeError::NoSuchKey`], [`RuntimeError::WrongKind`].
    pub fn element(&self, collection: Value, index: Value) -> Result<Value, RuntimeError> {
        match collection.view() {
            View::Tuple(tuple) => self.at(tuple.items(), index),
            View::Set(set) => self.at(set.items(), index),
            View::Instance(instance) => match range_of(instance) {
                Some(range) => {
                    let count = usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(0);
                    Ok(Value::int(self, range.start + self.position(index, count)? as i64))
                }
                None => self.at(instance.components(), index),
            },
            View::Json(json) if json.form() == JsonForm::Object => {
                let found = json.items().chunks_exact(2).find(|pair| pair[0] == index);
                found.map(|pair| pair[1]).ok_or_else(|| self.no_key(index))
            }
            View::Json(json) => self.at(json.items(), index),
            View::String(string) => {
                let chars: Vec<char> = string.as_str().chars().collect();
                let at = self.position(index, chars.len())?;
                Ok(self.string(chars[at].encode_utf8(&mut [0; 4])))
            }
            View::Object(object) => self.element_of_object(object, index),
            _ => Err(wrong_kind(self, "what has elements", "a collection", collection)),
        }
    }

    fn element_of_object(&self, object: ObjectRef, index: Value) -> Result<Value, RuntimeError> {
        enum Found {
            Value(Option<Value>),
            Sequence(Vec<Value>),
            Components,
        }
        let found = object.peek_payload(self, |payload| match payload {
            Some(Payload::Dictionary(dictionary)) => Found::Value(dictionary.get(index)),
            Some(Payload::StringDictionary(entries)) => {
                Found::Value(index.as_string().and_then(|key| entries.get(key.as_str()).copied()))
            }
            Some(Payload::ObjectMap(map) | Payload::Environment(map)) => {
                Found::Value(index.as_object().and_then(|key| map.bindings.get(&key).copied()))
            }
            Some(Payload::ObjectVector(values) | Payload::ValueVector(values)) => {
                Found::Sequence(values.clone())
            }
            Some(Payload::Set(values)) => Found::Sequence(values.iter().copied().collect()),
            _ => Found::Components,
        });
        match found {
            Found::Value(value) => value.ok_or_else(|| self.no_key(index)),
            Found::Sequence(values) => self.at(&values, index),
            Found::Components => {
                let at = self.position(index, object.component_count())?;
                object.component(at).ok_or_else(|| self.no_key(index))
            }
        }
    }

    /// Stores an element of a mutable collection, or a component that exists.
    ///
    /// # Errors
    ///
    /// As [`Mutator::element`]; immutable values are of the wrong kind.
    pub fn put_element(&self, collection: Value, index: Value, value: Value) -> Result<(), RuntimeError> {
        let Some(owner) = collection.as_object() else {
            return Err(wrong_kind(self, "what is changed", "an object (values do not change)", collection));
        };
        if owner.put_key(self, index, value) {
            return Ok(());
        }
        enum Place {
            Key,
            Position(usize),
            Objects(usize),
            Other,
        }
        let place = owner.with_payload(self, |payload| match payload {
            Some(Payload::ObjectVector(values)) => Place::Objects(values.len()),
            Some(Payload::ValueVector(values)) => Place::Position(values.len()),
            Some(Payload::Set(_)) | None => Place::Other,
            Some(payload) if payload.has_keys() => Place::Key,
            Some(_) => Place::Other,
        });
        let at = match place {
            Place::Position(len) => Some(self.position(index, len)?),
            Place::Objects(len) => {
                if !value.is_nil() {
                    object(self, "an element of this vector", value)?;
                }
                Some(self.position(index, len)?)
            }
            Place::Key => None,
            Place::Other => {
                let at = self.position(index, owner.component_count())?;
                return owner.put_component(self, at, value);
            }
        };
        let stored = owner.update_payload(self, |payload| match (payload, at) {
            (Some(Payload::ObjectVector(values) | Payload::ValueVector(values)), Some(at)) => {
                // Another thread may have shortened it meanwhile.
                values.get_mut(at).map(|element| *element = value).is_some()
            }
            (Some(Payload::Dictionary(dictionary)), _) => {
                dictionary.insert(index, value);
                true
            }
            (Some(Payload::StringDictionary(entries)), _) => {
                index.as_string().map(|key| entries.insert(key.as_str().into(), value)).is_some()
            }
            (Some(Payload::ObjectMap(map) | Payload::Environment(map)), _) => {
                index.as_object().map(|key| map.bindings.insert(key, value)).is_some()
            }
            _ => false,
        });
        if stored { Ok(()) } else { Err(wrong_kind(self, "the key", "one that this collection has", index)) }
    }

    /// Adds a value to a collection, or a component to another object.
    ///
    /// # Errors
    ///
    /// [`RuntimeError::WrongKind`] when a vector of objects is given another value.
    pub fn push_element(&self, receiver: ObjectRef, value: Value) -> Result<(), RuntimeError> {
        let collects = receiver.with_payload(self, |payload| match payload {
            Some(Payload::ObjectVector(_)) => Some(true),
            Some(Payload::Set(_) | Payload::ValueVector(_)) => Some(false),
            _ => None,
        });
        match collects {
            None => {
                receiver.push_component(self, value);
                return Ok(());
            }
            Some(true) if !value.is_nil() => {
                object(self, "an element of this vector", value)?;
            }
            Some(_) => {}
        }
        receiver.update_payload(self, |payload| match payload {
            Some(Payload::Set(set)) => {
                set.insert(value);
            }
            Some(Payload::ObjectVector(values) | Payload::ValueVector(values)) => values.push(value),
            _ => {}
        });
        Ok(())
    }

    /// Makes a transient object of a class, with the payload that its instances have.
    ///
    /// # Errors
    ///
    /// [`RuntimeError::NotAClass`] when the object is none.
    pub fn new_instance(&self, class: ObjectRef) -> Result<ObjectRef, RuntimeError> {
        if !class.is_class(self) {
            return Err(RuntimeError::NotAClass { oid: class.oid() });
        }
        let payload = self.payload_of_instances(class);
        let object = self.new_object(class);
        if payload.is_some() {
            object.install_payload(self, payload);
        }
        Ok(object)
    }

    /// Returns whether an object is a class whose instances have attributes only.
    pub(crate) fn makes_plain_instances(&self, class: ObjectRef) -> bool {
        class.is_class(self) && self.payload_of_instances(class).is_none()
    }

    /// Returns the payload that a new instance of a class has.
    fn payload_of_instances(&self, class: ObjectRef) -> Option<Payload> {
        class.class_chain(self).find_map(|class| {
            Some(match class.oid() {
                known::MUTABLE_SET => Payload::Set(BTreeSet::new()),
                known::OBJECT_VECTOR => Payload::ObjectVector(Vec::new()),
                known::VALUE_VECTOR => Payload::ValueVector(Vec::new()),
                known::STRING_DICTIONARY => Payload::StringDictionary(BTreeMap::new()),
                known::DICTIONARY => Payload::Dictionary(Dictionary::default()),
                known::STRING_BUFFER => Payload::StringBuffer(StringBuffer::default()),
                known::ENVIRONMENT => Payload::Environment(Environment::default()),
                known::OBJECT_MAP => Payload::ObjectMap(Environment::default()),
                known::SPACE => Payload::Space,
                known::CLASS => {
                    Payload::ClassInfo(Box::new(ClassInfo::new(Some(self.class(known::OBJECT)), None)))
                }
                _ => return None,
            })
        })
    }

    /// Gives an object a global name and, where it has none, the attribute `name` and a space: from then on it is dumped.
    ///
    /// # Errors
    ///
    /// [`RuntimeError::BadName`], [`RuntimeError::DuplicateName`].
    pub fn keep(&self, object: ObjectRef, name: &str, space: Option<ObjectRef>) -> Result<(), RuntimeError> {
        let space = space.or_else(|| object.space());
        let symbol = match self.symbol(name) {
            Some(symbol) => {
                let value = self.value_of_symbol(symbol);
                let free = value.as_object() == Some(symbol) || value == object.into();
                if !free || object == symbol {
                    return Err(RuntimeError::DuplicateName { name: name.into(), taken: symbol.oid() });
                }
                symbol
            }
            None => self.make_symbol(name, false)?,
        };
        self.strengthen_symbol(symbol);
        symbol.update_payload(self, |payload| {
            if let Some(Payload::Symbol(Symbol { value, weak, .. })) = payload {
                (*value, *weak) = (object.into(), false);
            }
        });
        let attribute = self.object(known::NAME);
        if let Some(attribute) = attribute.filter(|&key| object.get_attribute(key).is_none()) {
            object.put_attribute(self, attribute, self.string(name))?;
        }
        for kept in [object, symbol] {
            if kept.space().is_none() {
                kept.set_space(self, space);
            }
        }
        Ok(())
    }

    fn at(&self, items: &[Value], index: Value) -> Result<Value, RuntimeError> {
        Ok(items[self.position(index, items.len())?])
    }

    /// Returns the position that an index means; a negative one counts from the end.
    fn position(&self, index: Value, count: usize) -> Result<usize, RuntimeError> {
        let int = index.as_small_int().ok_or_else(|| wrong_kind(self, "the index", "an integer", index))?;
        let from_start = if int < 0 { int + count as i64 } else { int };
        usize::try_from(from_start)
            .ok()
            .filter(|&at| at < count)
            .ok_or(RuntimeError::NoSuchElement { index: int, count })
    }

    fn no_key(&self, key: Value) -> RuntimeError {
        RuntimeError::NoSuchKey { key: self.text_of(key) }
    }
}
