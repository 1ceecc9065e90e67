//! From the text of a record to a filled object, straight into heap cells.
//!
//! This file reads values; `record` reads objects and `payload` payloads with it.

use rps_runtime::object::payload::Symbol;
use rps_runtime::object::{FrozenOids, Payload};
use rps_runtime::value::{
    ClosureRef, InstanceRef, JsonRef, MAX_DEPTH, SetRef, StringRef, TupleRef, ValueError, number,
};
use rps_runtime::{Mutator, ObjectRef, Oid, RuntimeError, Value};

use super::foreign::Pending;
use super::reader::{Fault, Reader, Result};
use crate::Code;

/// Reads the records of one file into the objects that were made for them.
///
/// No collection runs meanwhile: values may lie in plain vectors.
pub(super) struct Decoder<'d, 'm> {
    pub(super) m: &'d Mutator<'m>,
    objects: Objects<'d>,
    /// What is wrong and does not keep the rest of a record from being read.
    pub(super) faults: Vec<Fault>,
    /// Payloads of kinds that this crate does not know, to be installed later.
    pub(super) pending: Vec<Pending>,
    /// Elements of the sequences that are being read, the innermost last.
    stack: Vec<Value>,
}

/// Where the objects are that records refer to.
#[derive(Clone, Copy)]
enum Objects<'d> {
    /// All of them exist: another oid is a fault.
    Existing(&'d FrozenOids<'d>),
    /// They are found, or made as skeletons, and not looked into.
    Skeletons,
}

impl<'d, 'm> Decoder<'d, 'm> {
    /// Returns a decoder for a whole store, all of whose objects exist.
    pub(super) fn new(m: &'d Mutator<'m>, oids: &'d FrozenOids<'d>) -> Decoder<'d, 'm> {
        Decoder {
            m,
            objects: Objects::Existing(oids),
            faults: Vec::new(),
            pending: Vec::new(),
            stack: Vec::new(),
        }
    }

    /// Returns a decoder for single records, each into a cell that nobody else sees: other objects are made as skeletons,
    /// the name of a symbol is not registered, and no cache is told of a payload.
    ///
    /// Until the cell is in its place, the caller lets no collection begin.
    pub(super) fn of_fresh(m: &'d Mutator<'m>) -> Decoder<'d, 'm> {
        Decoder { m, objects: Objects::Skeletons, faults: Vec::new(), pending: Vec::new(), stack: Vec::new() }
    }

    /// Gives an object its payload.
    pub(super) fn install_payload(&self, object: ObjectRef, payload: Payload) {
        match self.objects {
            Objects::Existing(_) => object.install_payload(self.m, Some(payload)),
            Objects::Skeletons => object.install_fresh_payload(self.m, payload),
        }
    }

    /// Makes an object a symbol.
    ///
    /// # Errors
    ///
    /// Why it can not have the name.
    pub(super) fn install_symbol(
        &self,
        object: ObjectRef,
        name: &str,
        value: Value,
        weak: bool,
    ) -> std::result::Result<(), RuntimeError> {
        match self.objects {
            Objects::Existing(_) => self.m.install_symbol(object, name, value, weak),
            Objects::Skeletons => {
                let symbol = Symbol { name: name.into(), value, weak };
                object.install_fresh_payload(self.m, Payload::Symbol(symbol));
                Ok(())
            }
        }
    }

    /// Forgets a record that was given up in its middle.
    pub(super) fn abandon(&mut self) {
        self.stack.clear();
    }

    /// Reads a value.
    pub(super) fn value(&mut self, reader: &mut Reader<'_>) -> Result<Value> {
        self.value_at(reader, 0)
    }

    fn value_at(&mut self, reader: &mut Reader<'_>, depth: u16) -> Result<Value> {
        match reader.peek() {
            Some(b'"') => {
                let at = reader.offset();
                let text = reader.string()?;
                if Oid::has_shape(&text) {
                    return Ok(self.object_named(&text, at).map_or(Value::NIL, Value::from));
                }
                Ok(Value::string(self.m, &text))
            }
            Some(b'{') => self.tagged(reader, depth),
            Some(b'-' | b'0'..=b'9') => self.number(reader),
            Some(b'[') => Err(reader.fault(Code::BadRecord, "an array is no value: write {\"tuple\":[…]}")),
            _ => word(reader),
        }
    }

    /// Reads what refers to an object, or `None` after a fault that was noted.
    pub(super) fn object(&mut self, reader: &mut Reader<'_>) -> Result<Option<ObjectRef>> {
        let at = reader.offset();
        let value = self.value(reader)?;
        if value.as_object().is_none() && !value.is_nil() {
            return Err(Fault { at, ..reader.fault(Code::WrongType, "an object is needed here") });
        }
        Ok(value.as_object())
    }

    /// Returns the object whose oid is `text`, which was read at `at`; notes when there is none.
    pub(super) fn object_named(&mut self, text: &str, at: usize) -> Option<ObjectRef> {
        let (code, message) = match Oid::parse(text) {
            Ok(oid) => match self.objects {
                Objects::Skeletons => return Some(self.m.object_or_skeleton(oid)),
                Objects::Existing(oids) => match oids.get(oid) {
                    Some(object) => return Some(object),
                    None => (Code::DanglingOid, format!("no object has the oid {oid}")),
                },
            },
            Err(error) => (Code::BadOid, format!("`{text}` is no oid: {error}")),
        };
        self.faults.push(Fault { code, at, message });
        None
    }

    /// Reads the elements of an array of values, and gives them to `f`.
    pub(super) fn elements<R>(
        &mut self,
        reader: &mut Reader<'_>,
        f: impl FnOnce(&Mutator<'m>, &mut [Value]) -> R,
    ) -> Result<R> {
        self.elements_at(reader, 0, f)
    }

    fn elements_at<R>(
        &mut self,
        reader: &mut Reader<'_>,
        depth: u16,
        f: impl FnOnce(&Mutator<'m>, &mut [Value]) -> R,
    ) -> Result<R> {
        let base = self.stack.len();
        let mut first = true;
        reader.expect(b'[')?;
        while reader.next_element(&mut first)? {
            let value = self.value_at(reader, depth)?;
            self.stack.push(value);
        }
        let result = f(self.m, &mut self.stack[base..]);
        self.stack.truncate(base);
        Ok(result)
    }

    /// Reads an object whose keys are oids, and returns what it binds.
    pub(super) fn bindings(&mut self, reader: &mut Reader<'_>) -> Result<Vec<(ObjectRef, Value)>> {
        self.bindings_at(reader, 0)
    }

    fn bindings_at(&mut self, reader: &mut Reader<'_>, depth: u16) -> Result<Vec<(ObjectRef, Value)>> {
        let mut bindings = Vec::new();
        let mut first = true;
        reader.expect(b'{')?;
        let mut at = reader.offset();
        while let Some(key) = reader.next_key(&mut first)? {
            let key = self.object_named(&key, at);
            let value = self.value_at(reader, depth)?;
            bindings.extend(key.map(|key| (key, value)));
            at = reader.offset() + 1;
        }
        Ok(bindings)
    }

    fn number(&mut self, reader: &mut Reader<'_>) -> Result<Value> {
        let at = reader.offset();
        let (text, is_integer) = reader.number()?;
        let out_of_range = || Fault { code: Code::WrongType, at, message: format!("{text} is out of range") };
        if !is_integer {
            let double: f64 = text.parse().map_err(|_| out_of_range())?;
            return if double.is_finite() { Ok(Value::double(self.m, double)) } else { Err(out_of_range()) };
        }
        match text.parse::<i64>() {
            Ok(int) => Ok(Value::int(self.m, int)),
            Err(_) => Ok(number::from_bigint(self.m, &text.parse().map_err(|_| out_of_range())?)),
        }
    }

    /// Reads a value that is written as a JSON object: its first key says what it is.
    fn tagged(&mut self, reader: &mut Reader<'_>, depth: u16) -> Result<Value> {
        let at = reader.offset();
        let depth = depth + 1;
        if depth > MAX_DEPTH {
            return Err(too_deep(at));
        }
        let mut first = true;
        reader.expect(b'{')?;
        let Some(tag) = reader.next_key(&mut first)? else {
            return Err(reader.fault(Code::BadRecord, "an empty record is no value"));
        };
        let value = match &*tag {
            "tuple" => {
                let tuple = self.elements_at(reader, depth, |m, items| TupleRef::new(m, items))?;
                tuple.map_err(|error| refused(error, at))?.into()
            }
            "set" => {
                let set = self.elements_at(reader, depth, |m, items| SetRef::new(m, items))?;
                set.map_err(|error| refused(error, at))?.into()
            }
            "string" => Value::string(self.m, &reader.string()?),
            "double" => self.special_double(reader)?,
            "transient" => {
                let at = reader.offset();
                let oid = reader.string()?;
                self.object_named(&oid, at).map_or(Value::NIL, Value::from)
            }
            "json" => {
                let value = self.json(reader, depth)?;
                JsonRef::scalar(self.m, value).map_err(|error| refused(error, at))?.into()
            }
            "closure" | "instance" => return self.composite(reader, depth, at, &tag),
            other => {
                return Err(Fault {
                    at,
                    ..reader.fault(Code::BadRecord, format!("`{other}` is no kind of value"))
                });
            }
        };
        match reader.next_key(&mut first)? {
            None => Ok(value),
            Some(key) => Err(reader.fault(Code::BadRecord, format!("`{key}` does not belong to a {tag}"))),
        }
    }

    fn special_double(&mut self, reader: &mut Reader<'_>) -> Result<Value> {
        let at = reader.offset();
        let double = match &*reader.string()? {
            "nan" => f64::NAN,
            "inf" => f64::INFINITY,
            "-inf" => f64::NEG_INFINITY,
            other => {
                let message = format!("`{other}` is none of `nan`, `inf`, `-inf`");
                return Err(Fault { code: Code::BadRecord, at, message });
            }
        };
        Ok(Value::double(self.m, double))
    }

    /// Reads a closure or an instance, whose first key was read.
    fn composite(&mut self, reader: &mut Reader<'_>, depth: u16, at: usize, tag: &str) -> Result<Value> {
        let head = self.object(reader)?;
        let is_closure = tag == "closure";
        let (mut attributes, mut items) = (Vec::new(), Vec::new());
        let mut meta = None;
        let mut first = false;
        while let Some(key) = reader.next_key(&mut first)? {
            match &*key {
                "env" if is_closure => items = self.elements_at(reader, depth, |_, env| env.to_vec())?,
                "components" if !is_closure => {
                    items = self.elements_at(reader, depth, |_, components| components.to_vec())?;
                }
                "attributes" if !is_closure => attributes = self.bindings_at(reader, depth)?,
                "meta" => meta = self.meta(reader)?,
                _ => return Err(reader.fault(Code::BadRecord, format!("`{key}` does not belong to a {tag}"))),
            }
        }
        let Some(head) = head else {
            // Noted already, unless it is written as null.
            self.faults.push(Fault { code: Code::BadRecord, at, message: format!("a {tag} of nothing") });
            return Ok(Value::NIL);
        };
        let made = if is_closure {
            ClosureRef::with_meta(self.m, head, &items, meta).map(Value::from)
        } else {
            InstanceRef::new(self.m, head, &attributes, &items, meta).map(Value::from)
        };
        made.map_err(|error| refused(error, at))
    }

    /// Reads metadata: an object and a number.
    fn meta(&mut self, reader: &mut Reader<'_>) -> Result<Option<(ObjectRef, i64)>> {
        reader.expect(b'[')?;
        let object = self.object(reader)?;
        reader.expect(b',')?;
        let rank = integer(reader)?;
        reader.expect(b']')?;
        Ok(object.map(|object| (object, rank)))
    }

    /// Reads a value that is JSON in the graph, too. In it strings are strings, whatever their shape.
    fn json(&mut self, reader: &mut Reader<'_>, depth: u16) -> Result<Value> {
        let at = reader.offset();
        if depth > MAX_DEPTH {
            return Err(too_deep(at));
        }
        let made = match reader.peek() {
            Some(b'"') => return Ok(Value::string(self.m, &reader.string()?)),
            Some(b'-' | b'0'..=b'9') => return self.number(reader),
            Some(b'[') => {
                let mut items = Vec::new();
                let mut first = true;
                reader.expect(b'[')?;
                while reader.next_element(&mut first)? {
                    items.push(self.json(reader, depth + 1)?);
                }
                JsonRef::array(self.m, &items)
            }
            Some(b'{') => {
                let mut members = Vec::new();
                let mut first = true;
                reader.expect(b'{')?;
                while let Some(key) = reader.next_key(&mut first)? {
                    members.push((StringRef::new(self.m, &key), self.json(reader, depth + 1)?));
                }
                JsonRef::object(self.m, &members)
            }
            _ => return word(reader),
        };
        made.map(Value::from).map_err(|error| refused(error, at))
    }
}

/// Reads an integer that fits 64 bits.
pub(super) fn integer(reader: &mut Reader<'_>) -> Result<i64> {
    let at = reader.offset();
    let (text, _) = reader.number()?;
    text.parse().map_err(|_| Fault {
        code: Code::WrongType,
        at,
        message: format!("{text} is no small integer"),
    })
}

/// Reads `true` or `false`.
pub(super) fn boolean(reader: &mut Reader<'_>) -> Result<bool> {
    let at = reader.offset();
    let message = "true or false is needed here".to_owned();
    word(reader)?.as_bool().ok_or(Fault { code: Code::WrongType, at, message })
}

fn word(reader: &mut Reader<'_>) -> Result<Value> {
    let (word, value) = match reader.peek() {
        Some(b't') => ("true", Value::TRUE),
        Some(b'f') => ("false", Value::FALSE),
        _ => ("null", Value::NIL),
    };
    reader.word(word)?;
    Ok(value)
}

fn too_deep(at: usize) -> Fault {
    Fault { code: Code::TooDeep, at, message: format!("values nest at most {MAX_DEPTH} deep") }
}

fn refused(error: ValueError, at: usize) -> Fault {
    match error {
        ValueError::TooDeep => too_deep(at),
        other => Fault { code: Code::BadRecord, at, message: other.to_string() },
    }
}
