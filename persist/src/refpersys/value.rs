//! Values of RefPerSys's JSON, in every form that its loader or its dumper knows, into the heap.

use std::path::Path;

use num_bigint::BigInt;
use rps_runtime::value::number;
use rps_runtime::value::{ClosureRef, InstanceRef, JsonRef, SetRef, TupleRef, ValueError};
use rps_runtime::{Mutator, ObjectRef, Oid, RootVec, Value};
use serde_json::{Map, Value as Json};

use super::Record;
use crate::{Code, Problem, Report};

/// Reads the JSON of one record, and reports what is wrong with it.
pub(super) struct Reader<'v, 'r> {
    pub(super) m: &'v Mutator<'r>,
    file: &'v Path,
    record: &'v Record,
    report: &'v mut Report,
}

impl<'v, 'r> Reader<'v, 'r> {
    pub(super) fn new(
        m: &'v Mutator<'r>,
        file: &'v Path,
        record: &'v Record,
        report: &'v mut Report,
    ) -> Reader<'v, 'r> {
        Reader { m, file, record, report }
    }

    pub(super) fn error(&mut self, code: Code, message: impl Into<Box<str>>) {
        let problem = Problem::error(code, self.file, message);
        self.report.push(problem.at_line(self.record.json_line).about(self.record.oid));
    }

    pub(super) fn lenient(&mut self, message: impl Into<Box<str>>) {
        let problem = Problem::lenient(Code::OldForm, self.file, message);
        self.report.push(problem.at_line(self.record.json_line).about(self.record.oid));
    }

    /// Takes a member that must be there.
    pub(super) fn required(&mut self, members: &mut Map<String, Json>, key: &str) -> Option<Json> {
        let member = members.remove(key);
        if member.is_none() {
            self.error(Code::MissingKey, format!("the record has no member `{key}`"));
        }
        member
    }

    /// Returns a time in hundredths of a second.
    pub(super) fn mtime(&mut self, json: &Json) -> Option<i64> {
        let mtime = json.as_f64().filter(|seconds| seconds.abs() < 1e15);
        if mtime.is_none() {
            self.error(Code::WrongType, "the member `mtime` must be a number of seconds");
        }
        mtime.map(|seconds| (seconds * 100.0).round() as i64)
    }

    /// Returns the object that an oid names, or `None` for null.
    pub(super) fn object(&mut self, json: &Json) -> Option<ObjectRef> {
        match json {
            Json::Null => None,
            Json::String(text) => self.object_of_text(text),
            _ => {
                self.error(Code::WrongType, "an oid must stand here");
                None
            }
        }
    }

    /// Returns the stored object with an oid.
    pub(super) fn object_of_text(&mut self, text: &str) -> Option<ObjectRef> {
        match Oid::parse(text) {
            Ok(oid) => {
                let object = self.m.object(oid).filter(|object| object.space().is_some());
                if object.is_none() {
                    self.error(Code::DanglingOid, format!("refers to {oid}, which no space file has"));
                }
                object
            }
            Err(reason) => {
                self.error(Code::BadOid, format!("`{text}`: {reason}"));
                None
            }
        }
    }

    /// Returns the objects of an array of oids; null is nil.
    pub(super) fn objects(&mut self, json: Json) -> RootVec {
        let mut objects = self.m.root_vec();
        match json {
            Json::Array(items) => {
                for item in items {
                    objects.push(self.object(&item).map_or(Value::NIL, Value::from));
                }
            }
            _ => self.error(Code::WrongType, "an array of oids must stand here"),
        }
        objects
    }

    /// Returns the values of an array.
    pub(super) fn values(&mut self, json: Json) -> RootVec {
        let mut values = self.m.root_vec();
        match json {
            Json::Array(items) => {
                for item in items {
                    let value = self.value(item);
                    values.push(value);
                }
            }
            _ => self.error(Code::WrongType, "an array of values must stand here"),
        }
        values
    }

    /// Returns the attributes of an array of `at` and `va`, sorted by oid; of several with one key the last counts.
    pub(super) fn attributes(&mut self, json: Json) -> Vec<(ObjectRef, Value)> {
        let Json::Array(entries) = json else {
            self.error(Code::WrongType, "the member `attrs` must be an array");
            return Vec::new();
        };
        let mut attributes: Vec<(ObjectRef, Value)> = Vec::new();
        for entry in entries {
            let (mut entry, complete) = match entry {
                Json::Object(entry) => {
                    let complete = entry.len() == 2;
                    (entry, complete)
                }
                _ => (Map::new(), false),
            };
            match (entry.remove("at"), entry.remove("va")) {
                (Some(key), Some(value)) if complete => {
                    let (key, value) = (self.object(&key), self.value(value));
                    attributes.extend(key.map(|key| (key, value)));
                }
                _ => self.error(
                    Code::BadRecord,
                    "an attribute must have the members `at` and `va`, and no others",
                ),
            }
        }
        let count = attributes.len();
        attributes.reverse();
        attributes.sort_by_key(|(key, _)| key.oid());
        attributes.dedup_by_key(|(key, _)| key.oid());
        if attributes.len() < count {
            self.lenient("an attribute occurs twice; the last one counts");
        }
        attributes
    }

    /// Returns the value that JSON stands for.
    pub(super) fn value(&mut self, json: Json) -> Value {
        let m = self.m;
        match json {
            Json::Null => Value::NIL,
            Json::Bool(truth) => truth.into(),
            Json::Number(text) => self.number(&text.to_string()),
            Json::String(text) if Oid::has_shape(&text) => {
                self.object_of_text(&text).map_or(Value::NIL, Value::from)
            }
            Json::String(text) => m.string(&text),
            Json::Array(_) => {
                self.error(Code::BadRecord, "an array is no value");
                Value::NIL
            }
            Json::Object(members) => self.tagged(members),
        }
    }

    fn number(&mut self, text: &str) -> Value {
        if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
            return number::from_bigint(self.m, &text.parse::<BigInt>().unwrap_or_default());
        }
        Value::double(self.m, text.parse().unwrap_or(f64::NAN))
    }

    fn tagged(&mut self, mut members: Map<String, Json>) -> Value {
        let m = self.m;
        if members.len() == 1 {
            for key in ["string", "str"] {
                if let Some(Json::String(text)) = members.get(key) {
                    return m.string(text);
                }
            }
        }
        let kind = match members.remove("vtype") {
            Some(Json::String(kind)) => kind,
            _ => String::new(),
        };
        let mut array = |key: &str| members.remove(key).unwrap_or(Json::Array(Vec::new()));
        let made: Result<Value, ValueError> = match kind.as_str() {
            "set" => {
                let elements = array("elem");
                let mut elements = self.values(elements);
                SetRef::new(m, &mut elements).map(Value::from)
            }
            "tuple" => {
                let components = array("comp");
                let components = self.values(components);
                TupleRef::new(m, &components).map(Value::from)
            }
            "closure" => {
                let env = array("env");
                let env = self.values(env);
                let meta = self.meta(&mut members);
                match self.member_object(&mut members, "fn") {
                    Some(function) => ClosureRef::with_meta(m, function, &env, meta).map(Value::from),
                    None => return Value::NIL,
                }
            }
            "instance" => {
                let (attributes, components) = (array("iattrs"), array("icomps"));
                let attributes = self.attributes(attributes);
                let components = self.values(components);
                let meta = self.meta(&mut members);
                let size = members.remove("isize").and_then(|size| size.as_u64());
                let key = if members.contains_key("class") { "class" } else { "iclass" };
                match self.member_object(&mut members, key) {
                    Some(class) => {
                        if size.is_some_and(|size| size as usize > attributes.len() + components.len()) {
                            self.lenient("an instance was dumped without its content");
                        }
                        InstanceRef::new(m, class, &attributes, &components, meta).map(Value::from)
                    }
                    None => return Value::NIL,
                }
            }
            "json" => match members.remove("json") {
                Some(json) => return self.json(json),
                None => {
                    self.error(Code::BadRecord, "a JSON value has no member `json`");
                    return Value::NIL;
                }
            },
            _ => {
                self.error(Code::BadRecord, format!("`{kind}` is no kind of value"));
                return Value::NIL;
            }
        };
        if let Some(key) = members.keys().next() {
            let message = format!("a {kind} has an unknown member `{key}`");
            self.error(Code::BadRecord, message);
        }
        self.made(made)
    }

    fn made(&mut self, made: Result<Value, ValueError>) -> Value {
        made.unwrap_or_else(|error| {
            self.error(Code::TooDeep, error.to_string());
            Value::NIL
        })
    }

    fn member_object(&mut self, members: &mut Map<String, Json>, key: &str) -> Option<ObjectRef> {
        match members.remove(key) {
            Some(json @ Json::String(_)) => self.object(&json),
            _ => {
                self.error(Code::BadRecord, format!("the member `{key}` must be an oid"));
                None
            }
        }
    }

    fn meta(&mut self, members: &mut Map<String, Json>) -> Option<(ObjectRef, i64)> {
        let object = members.remove("metaobj");
        let rank = members.remove("metarank").and_then(|rank| rank.as_i64()).unwrap_or(0);
        Some((self.object(&object?)?, rank))
    }

    /// Returns the JSON value of a JSON tree.
    fn json(&mut self, json: Json) -> Value {
        let part = self.json_part(json);
        let made = JsonRef::scalar(self.m, part).map(Value::from);
        self.made(made)
    }

    fn json_part(&mut self, json: Json) -> Value {
        let m = self.m;
        let made = match json {
            Json::Null => return Value::NIL,
            Json::Bool(truth) => return truth.into(),
            Json::Number(text) => return self.number(&text.to_string()),
            Json::String(text) => return m.string(&text),
            Json::Array(items) => {
                let mut parts = m.root_vec();
                for item in items {
                    let part = self.json_part(item);
                    parts.push(part);
                }
                JsonRef::array(m, &parts)
            }
            Json::Object(members) => {
                let mut parts = m.root_vec();
                for (key, item) in members {
                    parts.push(m.string(&key));
                    let part = self.json_part(item);
                    parts.push(part);
                }
                let pairs: Vec<_> =
                    parts.chunks_exact(2).filter_map(|pair| Some((pair[0].as_string()?, pair[1]))).collect();
                JsonRef::object(m, &pairs)
            }
        };
        self.made(made.map(Value::from))
    }

    /// Keeps the members that nobody here understands with the object, verbatim.
    pub(super) fn extras(&mut self, object: ObjectRef, members: Map<String, Json>) {
        if members.is_empty() {
            return;
        }
        let mut extras = self.m.root_vec();
        for (key, json) in members {
            extras.push(self.m.string(&key));
            extras.push(self.m.string(&json.to_string()));
        }
        match TupleRef::new(self.m, &extras) {
            Ok(extras) => object.set_extras(Some(extras)),
            Err(error) => self.error(Code::TooDeep, error.to_string()),
        }
    }
}
