//! From an object to the text of its record, in the layout that the [module](super) describes.

use std::collections::HashMap;
use std::io::Write;
use std::sync::Arc;

use rps_runtime::change::Frozen;
use rps_runtime::object::Payload;
use rps_runtime::value::{JsonForm, JsonRef, View};
use rps_runtime::{Mutator, ObjectRef, Oid, Value, known};

use super::{foreign, payload};
use crate::error::PayloadError;

/// The functions whose closures capture the call that their `return` ends, and where that is in an environment.
pub(super) type Homes = HashMap<ObjectRef, usize>;

/// The graph as it is written.
#[derive(Clone, Copy)]
pub(super) enum Moment<'v> {
    /// As it is.
    Now,
    /// As it was when a view began.
    Of(&'v Frozen<'v>),
}

impl Moment<'_> {
    /// Returns whether a load will find the object.
    pub(super) fn keeps(self, object: ObjectRef) -> bool {
        self.is_stored(object) || always_there(object.oid())
    }

    /// Returns whether the object is in a space.
    pub(super) fn is_stored(self, object: ObjectRef) -> bool {
        match self {
            Moment::Now => object.space().is_some(),
            Moment::Of(frozen) => frozen.space_of(object).is_some(),
        }
    }
}

/// Writes records one after the other, and counts what they do not hold.
pub(super) struct Encoder<'e, 'm> {
    pub(super) m: &'e Mutator<'m>,
    moment: Moment<'e>,
    homes: &'e Homes,
    pub(super) out: Vec<u8>,
    /// How many references lead to objects that are not stored.
    pub(super) transients: usize,
    /// Objects with a payload that this version can not write.
    pub(super) refused: Vec<Oid>,
    /// What kept payloads of plugins from being written.
    pub(super) failed: Vec<PayloadError>,
}

impl<'e, 'm> Encoder<'e, 'm> {
    /// Returns an encoder of objects as they are at a moment.
    pub(super) fn new(m: &'e Mutator<'m>, moment: Moment<'e>, homes: &'e Homes) -> Encoder<'e, 'm> {
        Encoder { m, moment, homes, out: Vec::new(), transients: 0, refused: Vec::new(), failed: Vec::new() }
    }

    /// Writes the record of an object as it is at the moment, from `{"oid":` to the closing `}`.
    pub(super) fn record(&mut self, object: ObjectRef) {
        let Moment::Of(frozen) = self.moment else { return self.record_as_it_is(object) };
        let (length, transients) = (self.out.len(), self.transients);
        let (refused, failed) = (self.refused.len(), self.failed.len());
        frozen.read(self.m, object, |object| {
            // If the object changes meanwhile, it is read once more.
            self.out.truncate(length);
            self.transients = transients;
            self.refused.truncate(refused);
            self.failed.truncate(failed);
            self.record_as_it_is(object);
        });
    }

    fn record_as_it_is(&mut self, object: ObjectRef) {
        self.raw("{\"oid\":");
        self.oid(object.oid());
        if let Some(class) = object.class() {
            self.raw(",\"class\":");
            self.oid(class.oid());
        }
        self.raw("\n,\"mtime\":");
        self.mtime(object.mtime());
        self.bindings("\n,\"attributes\":", object.attributes());
        self.list("\n,\"components\":", object.components());
        // A plugin is asked without the object's lock: it may look at the object.
        let foreign = object.with_payload(self.m, |content| match content? {
            Payload::Foreign(content) => Some(Arc::clone(content)),
            Payload::Unknown(kind) if foreign::encode_kept(self, object, kind) => None,
            content => {
                if !payload::encode(self, content) {
                    self.refused.push(object.oid());
                }
                None
            }
        });
        if let Some(content) = foreign
            && let Err(error) = foreign::encode(self, object, &*content)
        {
            self.failed.push(error);
        }
        if let Some(extras) = object.extras() {
            let extras = extras.items().chunks_exact(2).filter(|pair| !foreign::is_kept_key(pair[0]));
            let mut extras: Vec<_> = extras.filter_map(extra).collect();
            extras.sort_unstable();
            for (key, text) in extras {
                self.raw("\n,");
                self.text(key);
                self.raw(":");
                self.verbatim(text);
            }
        }
        self.raw("\n}");
    }

    pub(super) fn raw(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    /// Writes an oid, quoted.
    pub(super) fn oid(&mut self, oid: Oid) {
        self.out.push(b'"');
        self.out.extend_from_slice(&oid.to_text());
        self.out.push(b'"');
    }

    /// Writes a JSON string.
    pub(super) fn text(&mut self, text: &str) {
        // Writing to a vector does not fail, nor does a string have a form that JSON lacks.
        let _ = serde_json::to_writer(&mut self.out, text);
    }

    pub(super) fn integer(&mut self, integer: i64) {
        self.raw(itoa::Buffer::new().format(integer));
    }

    /// Writes hundredths of a second as seconds with two decimals.
    fn mtime(&mut self, mtime: i64) {
        let hundredths = mtime.unsigned_abs();
        let sign = if mtime < 0 { "-" } else { "" };
        // Writing to a vector does not fail.
        let _ = write!(self.out, "{sign}{}.{:02}", hundredths / 100, hundredths % 100);
    }

    /// Writes text that came from a store, on one line.
    fn verbatim(&mut self, text: &str) {
        // A newline is a blank between tokens here: strings can not hold one.
        self.out.extend(text.bytes().map(|byte| if byte == b'\n' { b' ' } else { byte }));
    }

    /// Writes a block of keys and values, one on a line; nothing if there are none.
    pub(super) fn bindings(&mut self, before: &str, entries: impl Iterator<Item = (ObjectRef, Value)>) {
        self.block(before, ["{", "}"], entries, |encoder, (key, value)| {
            encoder.oid(key.oid());
            encoder.raw(":");
            encoder.value(value);
        });
    }

    /// Writes a block of values, one on a line; nothing if there are none.
    pub(super) fn list(&mut self, before: &str, values: impl Iterator<Item = Value>) {
        self.block(before, ["[", "]"], values, Encoder::value);
    }

    /// Writes a block with one entry on a line; nothing if there are none.
    pub(super) fn block<T>(
        &mut self,
        before: &str,
        [open, close]: [&str; 2],
        entries: impl Iterator<Item = T>,
        mut each: impl FnMut(&mut Self, T),
    ) {
        let mut is_empty = true;
        for entry in entries {
            if is_empty {
                self.raw(before);
                self.raw(open);
            }
            self.raw(if is_empty { "\n " } else { "\n," });
            is_empty = false;
            each(self, entry);
        }
        if !is_empty {
            self.raw("\n");
            self.raw(close);
        }
    }

    /// Writes a value, on one line.
    pub(super) fn value(&mut self, value: Value) {
        match value.view() {
            View::Nil => self.raw("null"),
            View::Bool(true) => self.raw("true"),
            View::Bool(false) => self.raw("false"),
            View::Int(int) => self.integer(int),
            View::BigInt(int) => self.raw(&int.to_bigint().to_string()),
            View::Double(double) => self.double(double),
            View::String(string) if Oid::has_shape(string.as_str()) => {
                self.raw("{\"string\":");
                self.text(string.as_str());
                self.raw("}");
            }
            View::String(string) => self.text(string.as_str()),
            View::Object(object) => self.reference(object),
            View::Tuple(tuple) => self.sequence("{\"tuple\":[", tuple.items(), "]}"),
            View::Set(set) => self.sequence("{\"set\":[", set.items(), "]}"),
            View::Closure(closure) => {
                self.raw("{\"closure\":");
                self.oid(closure.function().oid());
                let home = self.homes.get(&closure.function());
                match home.filter(|&&at| at < closure.env().len()) {
                    None => self.sequence(",\"env\":[", closure.env(), "]"),
                    Some(&at) => {
                        let mut env = closure.env().to_vec();
                        env[at] = Value::NIL;
                        self.sequence(",\"env\":[", &env, "]");
                    }
                }
                self.meta(closure.meta());
                self.raw("}");
            }
            View::Instance(instance) => {
                self.raw("{\"instance\":");
                self.oid(instance.class().oid());
                let mut before = ",\"attributes\":{";
                for (key, value) in instance.attributes() {
                    self.raw(before);
                    before = ",";
                    self.oid(key.oid());
                    self.raw(":");
                    self.value(value);
                }
                if before == "," {
                    self.raw("}");
                }
                if !instance.components().is_empty() {
                    self.sequence(",\"components\":[", instance.components(), "]");
                }
                self.meta(instance.meta());
                self.raw("}");
            }
            View::Json(json) => {
                self.raw("{\"json\":");
                self.json(json);
                self.raw("}");
            }
        }
    }

    fn double(&mut self, double: f64) {
        let special = match double {
            _ if double.is_finite() => {
                let mut buffer = zmij::Buffer::new();
                return self.raw(buffer.format_finite(double));
            }
            _ if double.is_nan() => "nan",
            _ if double > 0.0 => "inf",
            _ => "-inf",
        };
        self.raw("{\"double\":\"");
        self.raw(special);
        self.raw("\"}");
    }

    /// Writes a reference to an object, which need not be stored.
    pub(super) fn reference(&mut self, object: ObjectRef) {
        self.reference_as(object.oid(), self.moment.is_stored(object));
    }

    /// Writes a reference to an object that need not even exist.
    pub(super) fn reference_to(&mut self, oid: Oid) {
        self.reference_as(oid, self.m.object(oid).is_some_and(|object| self.moment.is_stored(object)));
    }

    fn reference_as(&mut self, oid: Oid, is_stored: bool) {
        if is_stored || always_there(oid) {
            self.oid(oid);
        } else {
            self.transients += 1;
            self.raw("{\"transient\":");
            self.oid(oid);
            self.raw("}");
        }
    }

    fn meta(&mut self, meta: Option<(ObjectRef, i64)>) {
        if let Some((object, rank)) = meta {
            self.raw(",\"meta\":[");
            self.reference(object);
            self.raw(",");
            self.integer(rank);
            self.raw("]");
        }
    }

    fn sequence(&mut self, open: &str, items: &[Value], close: &str) {
        self.raw(open);
        for (index, &item) in items.iter().enumerate() {
            if index > 0 {
                self.raw(",");
            }
            self.value(item);
        }
        self.raw(close);
    }

    fn json(&mut self, json: JsonRef) {
        match json.form() {
            JsonForm::Scalar => self.json_part(json.items()[0]),
            JsonForm::Array => {
                let mut before = "[";
                for &item in json.items() {
                    self.raw(std::mem::replace(&mut before, ","));
                    self.json_part(item);
                }
                self.raw(if before == "[" { "[]" } else { "]" });
            }
            JsonForm::Object => {
                let mut before = "{";
                for member in json.items().chunks_exact(2) {
                    self.raw(std::mem::replace(&mut before, ","));
                    self.json_part(member[0]);
                    self.raw(":");
                    self.json_part(member[1]);
                }
                self.raw(if before == "{" { "{}" } else { "}" });
            }
        }
    }

    /// Writes a part of a JSON value: strings are strings here, whatever their shape.
    fn json_part(&mut self, value: Value) {
        match value.view() {
            View::String(string) => self.text(string.as_str()),
            View::Json(json) => self.json(json),
            _ => self.value(value),
        }
    }
}

/// Returns whether every runtime has an object with this oid: it may be referred to without being stored.
pub(super) fn always_there(oid: Oid) -> bool {
    oid == known::NAME
        || oid == known::COMMENT
        || known::ERROR_ATTRIBUTES.iter().any(|(_, attribute)| oid == *attribute)
        || known::CLASSES.iter().any(|known| oid == known.class || oid == known.symbol)
}

/// Returns a key and a verbatim text.
fn extra<'v>(pair: &[Value]) -> Option<(&'v str, &'v str)> {
    Some((pair[0].as_string()?.as_str(), pair[1].as_string()?.as_str()))
}
