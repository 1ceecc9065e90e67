//! The payloads, in both directions: one arm of [`encode`] and one of [`decode`] for every kind. Functions have a file
//! of their own, and what plugins define is in [`foreign`](super::foreign).

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use rps_runtime::object::Payload;
use rps_runtime::object::payload::{Agenda, ClassInfo, Environment, StringBuffer, Tasklet};
use rps_runtime::{ObjectRef, Value};

use super::decode::{Decoder, boolean, integer};
use super::encode::Encoder;
use super::foreign::Pending;
use super::function;
use super::reader::{Fault, Reader, Result};
use crate::Code;

/// The kinds that [`decode`] reads; all others are for [`foreign`](super::foreign).
pub(super) const KINDS: [&str; 14] = [
    "symbol",
    "classinfo",
    "setob",
    "vectob",
    "vectval",
    "string_dictionary",
    "dictionary",
    "string_buffer",
    "objmap",
    "environment",
    "agenda",
    "tasklet",
    "function",
    "space",
];

/// Writes a payload as a section of a record. Returns whether its kind is known here.
pub(super) fn encode(encoder: &mut Encoder<'_, '_>, payload: &Payload) -> bool {
    encoder.raw("\n,\"payload\":{\"kind\":");
    encoder.text(payload.kind());
    match payload {
        Payload::ClassInfo(info) => {
            field(encoder, "superclass", info.superclass.map(Value::from));
            field(encoder, "symbol", info.symbol.map(Value::from));
            field(encoder, "attributes", info.attribute_set.map(Value::from));
            encoder.bindings("\n,\"methods\":", info.methods().iter().copied());
        }
        Payload::Symbol(symbol) => {
            encoder.raw("\n,\"name\":");
            encoder.text(&symbol.name);
            field(encoder, "value", Some(symbol.value));
            if symbol.weak {
                encoder.raw("\n,\"weak\":true");
            }
        }
        Payload::Set(set) => encoder.list("\n,\"elements\":", set.iter().copied()),
        Payload::ObjectVector(values) | Payload::ValueVector(values) => {
            encoder.list("\n,\"elements\":", values.iter().copied());
        }
        Payload::StringDictionary(entries) => {
            encoder.block("\n,\"entries\":", ["{", "}"], entries.iter(), |encoder, (key, &value)| {
                encoder.text(key);
                encoder.raw(":");
                encoder.value(value);
            });
        }
        Payload::Dictionary(dictionary) => {
            let entries = dictionary.sorted().into_iter();
            encoder.block("\n,\"entries\":", ["[", "]"], entries, |encoder, (key, value)| {
                encoder.raw("[");
                encoder.value(key);
                encoder.raw(",");
                encoder.value(value);
                encoder.raw("]");
            });
        }
        Payload::StringBuffer(buffer) => {
            lines(encoder, "text", &buffer.text);
            if let Some(indent) = buffer.indent {
                encoder.raw("\n,\"indent\":");
                encoder.integer(indent);
            }
        }
        Payload::ObjectMap(map) | Payload::Environment(map) => {
            field(encoder, "description", Some(map.description));
            field(encoder, "parent", map.parent.map(Value::from));
            encoder.bindings("\n,\"bindings\":", map.bindings.iter().map(|(&key, &value)| (key, value)));
        }
        Payload::Agenda(agenda) => {
            for (name, queue) in Agenda::QUEUE_NAMES.iter().zip(&agenda.queues) {
                encoder.list(&format!("\n,\"{name}\":"), queue.iter().copied().map(Value::from));
            }
        }
        Payload::Tasklet(tasklet) => {
            field(encoder, "todo", Some(tasklet.todo));
            field(encoder, "obsolete_delay", Some(tasklet.obsolete_delay));
        }
        Payload::Function(content) => function::encode(encoder, content),
        Payload::Space | Payload::Marker(_) | Payload::Unknown(_) => {}
        _ => return false,
    }
    encoder.raw("\n}");
    true
}

/// Writes a field unless it is nil.
pub(super) fn field(encoder: &mut Encoder<'_, '_>, name: &str, value: Option<Value>) {
    if let Some(value) = value.filter(|value| !value.is_nil()) {
        encoder.raw("\n,\"");
        encoder.raw(name);
        encoder.raw("\":");
        encoder.value(value);
    }
}

/// Writes a text; one of several lines as a list of them, so that a change of one line is a change of one line.
pub(super) fn lines(encoder: &mut Encoder<'_, '_>, name: &str, text: &str) {
    let before = format!("\n,\"{name}\":");
    if text.contains('\n') {
        encoder.block(&before, ["[", "]"], text.split('\n'), Encoder::text);
    } else {
        encoder.raw(&before);
        encoder.text(text);
    }
}

/// Reads a payload and gives it to an object.
pub(super) fn decode(
    decoder: &mut Decoder<'_, '_>,
    object: ObjectRef,
    reader: &mut Reader<'_>,
) -> Result<()> {
    let at = reader.offset();
    let mut fields = Fields { first: true };
    reader.expect(b'{')?;
    if reader.next_key(&mut fields.first)?.as_deref() != Some("kind") {
        return Err(Fault { at, ..reader.fault(Code::BadRecord, "the first key of a payload is `kind`") });
    }
    let kind = reader.string()?;
    let payload = match &*kind {
        "symbol" => return symbol(decoder, object, reader, &mut fields, at),
        "classinfo" => class_info(decoder, reader, &mut fields)?,
        "setob" | "vectob" | "vectval" => {
            let mut values = Vec::new();
            while fields.next(reader, &kind, &["elements"])?.is_some() {
                values = decoder.elements(reader, |_, elements| elements.to_vec())?;
            }
            match &*kind {
                "setob" => Payload::Set(BTreeSet::from_iter(values)),
                "vectob" => Payload::ObjectVector(values),
                _ => Payload::ValueVector(values),
            }
        }
        "string_dictionary" => {
            let mut entries = BTreeMap::new();
            while fields.next(reader, &kind, &["entries"])?.is_some() {
                let mut first = true;
                reader.expect(b'{')?;
                while let Some(key) = reader.next_key(&mut first)? {
                    entries.insert(Box::from(&*key), decoder.value(reader)?);
                }
            }
            Payload::StringDictionary(entries)
        }
        "dictionary" => {
            let mut entries = Vec::new();
            while fields.next(reader, &kind, &["entries"])?.is_some() {
                let mut first = true;
                reader.expect(b'[')?;
                while reader.next_element(&mut first)? {
                    let at = reader.offset();
                    let entry = decoder.elements(reader, |_, pair| <[Value; 2]>::try_from(&*pair).ok())?;
                    let message = "an entry of a dictionary is a key and a value";
                    let [key, value] = entry.ok_or(Fault { at, ..reader.fault(Code::BadRecord, message) })?;
                    entries.push((key, value));
                }
            }
            Payload::Dictionary(entries.into_iter().collect())
        }
        "string_buffer" => {
            let mut buffer = StringBuffer::default();
            while let Some(key) = fields.next(reader, &kind, &["text", "indent"])? {
                match key {
                    "text" => buffer.text = text(reader)?,
                    _ => buffer.indent = Some(integer(reader)?),
                }
            }
            Payload::StringBuffer(buffer)
        }
        "objmap" => Payload::ObjectMap(environment(
            decoder,
            reader,
            &mut fields,
            &kind,
            &["description", "bindings"],
        )?),
        "environment" => {
            let known = ["description", "parent", "bindings"];
            Payload::Environment(environment(decoder, reader, &mut fields, &kind, &known)?)
        }
        "agenda" => {
            let mut agenda = Agenda::default();
            while let Some(key) = fields.next(reader, &kind, &Agenda::QUEUE_NAMES)? {
                let queue = decoder.elements(reader, |_, queue| {
                    queue.iter().filter_map(|value| value.as_object()).collect()
                })?;
                let index = Agenda::QUEUE_NAMES.iter().position(|name| *name == key).unwrap_or(0);
                agenda.queues[index] = queue;
            }
            Payload::Agenda(agenda)
        }
        "tasklet" => {
            let mut tasklet = Tasklet::default();
            while let Some(key) = fields.next(reader, &kind, &["todo", "obsolete_delay"])? {
                let value = decoder.value(reader)?;
                match key {
                    "todo" => tasklet.todo = value,
                    _ => tasklet.obsolete_delay = value,
                }
            }
            Payload::Tasklet(tasklet)
        }
        "function" => function::decode(decoder, reader, &mut fields, at)?,
        "space" => Payload::Space,
        _ => return unknown(decoder, object, reader, &kind, at),
    };
    fields.end(reader, &kind)?;
    decoder.install_payload(object, payload);
    Ok(())
}

/// Notes a payload of another kind, which may be that of a plugin's type, unless there is nothing but its kind.
fn unknown(
    decoder: &mut Decoder<'_, '_>,
    object: ObjectRef,
    reader: &mut Reader<'_>,
    kind: &str,
    at: usize,
) -> Result<()> {
    let has_members = reader.peek() != Some(b'}');
    reader.back_to(at);
    reader.skip()?;
    decoder.install_payload(object, Payload::Unknown(kind.into()));
    if has_members {
        decoder.pending.push(Pending { object, kind: kind.into(), range: at..reader.position() });
    }
    Ok(())
}

/// The fields of a payload that are still to be read.
pub(super) struct Fields {
    first: bool,
}

impl Fields {
    /// Returns which of the known fields comes next.
    pub(super) fn next<'k>(
        &mut self,
        reader: &mut Reader<'_>,
        kind: &str,
        known: &[&'k str],
    ) -> Result<Option<&'k str>> {
        // The end was read: a caller may ask again.
        if self.first {
            return Ok(None);
        }
        let at = reader.offset();
        match reader.next_key(&mut self.first)? {
            None => {
                self.first = true;
                Ok(None)
            }
            Some(key) => match known.iter().find(|known| **known == key) {
                Some(known) => Ok(Some(known)),
                None => {
                    let message = format!("a payload of kind `{kind}` has no field `{key}`");
                    Err(Fault { code: Code::BadRecord, at, message })
                }
            },
        }
    }

    /// Makes sure that the end was read.
    fn end(&mut self, reader: &mut Reader<'_>, kind: &str) -> Result<()> {
        self.next(reader, kind, &[]).map(drop)
    }
}

fn symbol(
    decoder: &mut Decoder<'_, '_>,
    object: ObjectRef,
    reader: &mut Reader<'_>,
    fields: &mut Fields,
    at: usize,
) -> Result<()> {
    let (mut name, mut value, mut weak) = (None, Value::NIL, false);
    while let Some(key) = fields.next(reader, "symbol", &["name", "value", "weak"])? {
        match key {
            "name" => name = Some(reader.string()?),
            "value" => value = decoder.value(reader)?,
            _ => weak = boolean(reader)?,
        }
    }
    let Some(name) = name else {
        return Err(Fault { at, ..reader.fault(Code::MissingKey, "a symbol needs a `name`") });
    };
    if let Err(error) = decoder.install_symbol(object, &name, value, weak) {
        decoder.faults.push(Fault { code: Code::DuplicateName, at, message: error.to_string() });
    }
    Ok(())
}

fn class_info(
    decoder: &mut Decoder<'_, '_>,
    reader: &mut Reader<'_>,
    fields: &mut Fields,
) -> Result<Payload> {
    let mut info = ClassInfo::default();
    let known = ["superclass", "symbol", "attributes", "methods"];
    while let Some(key) = fields.next(reader, "classinfo", &known)? {
        match key {
            "superclass" => info.superclass = decoder.object(reader)?,
            "symbol" => info.symbol = decoder.object(reader)?,
            "attributes" => {
                let at = reader.offset();
                let set = decoder.value(reader)?.as_set();
                let message = "the attributes of a class are a set";
                info.attribute_set = Some(set.ok_or(Fault { at, ..reader.fault(Code::WrongType, message) })?);
            }
            _ => {
                for (selector, method) in decoder.bindings(reader)? {
                    info.put_method(selector, method);
                }
            }
        }
    }
    Ok(Payload::ClassInfo(Box::new(info)))
}

fn environment(
    decoder: &mut Decoder<'_, '_>,
    reader: &mut Reader<'_>,
    fields: &mut Fields,
    kind: &str,
    known: &[&str],
) -> Result<Environment> {
    let mut environment = Environment::default();
    while let Some(key) = fields.next(reader, kind, known)? {
        match key {
            "description" => environment.description = decoder.value(reader)?,
            "parent" => environment.parent = decoder.object(reader)?,
            _ => environment.bindings = decoder.bindings(reader)?.into_iter().collect(),
        }
    }
    Ok(environment)
}

/// Reads a text, or its lines.
pub(super) fn text(reader: &mut Reader<'_>) -> Result<String> {
    let message = "a text or a list of its lines is needed here";
    if reader.peek() != Some(b'[') {
        return Ok(string(reader, message)?.into_owned());
    }
    let mut lines = Vec::new();
    let mut first = true;
    reader.expect(b'[')?;
    while reader.next_element(&mut first)? {
        lines.push(string(reader, message)?);
    }
    Ok(lines.join("\n"))
}

/// Reads a string; the message says what is needed where something else is.
pub(super) fn string<'t>(reader: &mut Reader<'t>, message: &str) -> Result<Cow<'t, str>> {
    match reader.peek() {
        None | Some(b'"') => reader.string(),
        Some(_) => Err(reader.fault(Code::WrongType, message)),
    }
}
