//! Objects as the JSON of RefPerSys, and what its loader could not read of them.

use rps_runtime::object::payload::{Agenda, ClassInfo, Environment};
use rps_runtime::object::{ObjectRef, Payload};
use rps_runtime::value::{JsonForm, JsonRef, View};
use rps_runtime::{Mutator, Oid, Value};
use serde_json::{Map, Number, Value as Json, json};

use crate::native::KEPT_PAYLOAD;

/// The integers that RefPerSys's loader does not wrap.
const INTEGERS: std::ops::RangeInclusive<i64> = -(1 << 62)..=(1 << 62) - 1;

/// Writes one object, and notes what RefPerSys could not load.
pub(super) struct Encoder<'e, 'r> {
    pub(super) m: &'e Mutator<'r>,
    /// What was left out, or written in a form that its loader reads otherwise.
    pub(super) refused: Vec<String>,
}

impl Encoder<'_, '_> {
    /// Returns the members of an object's record, but for `oid` and `mtime`.
    pub(super) fn members(&mut self, object: ObjectRef) -> Map<String, Json> {
        let mut members = Map::new();
        let class = object.class();
        if class.is_none_or(|class| class.space().is_none()) {
            self.refuse("a class that is not stored");
        }
        members.insert("class".into(), class.map_or(Json::Null, |class| self.stored(class)));
        let attributes = self.attributes(object);
        if !attributes.is_empty() {
            members.insert("attrs".into(), Json::Array(attributes));
        }
        if object.component_count() > 0 {
            let mut values = self.m.root_vec();
            values.extend(object.components());
            members.insert("comps".into(), self.values(&values));
        }
        if object.has_payload() {
            // The values of a payload are copied out of the lock's reach: encoding one may look at other objects.
            let copied = object.with_payload(self.m, |payload| payload.map(|payload| self.copy(payload)));
            if let Some((kind, copied)) = copied {
                if !matches!(copied, Copied::Refused(_)) {
                    members.insert("payload".into(), kind.into());
                }
                self.payload(copied, &mut members);
            }
        }
        let extras = object.extras();
        for pair in extras.iter().flat_map(|extras| extras.items().chunks_exact(2)) {
            if let (Some(key), Some(text)) = (pair[0].as_string(), pair[1].as_string()) {
                if key.as_str() == KEPT_PAYLOAD {
                    members.remove(KEPT_PAYLOAD);
                    self.refuse("a payload of a plugin's type");
                    continue;
                }
                match serde_json::from_str(text.as_str()) {
                    Ok(json) => drop(members.insert(key.as_str().into(), json)),
                    Err(_) => self.refuse(&format!("a member `{}` that is no JSON", key.as_str())),
                }
            }
        }
        members
    }

    fn refuse(&mut self, what: &str) {
        self.refused.push(what.to_owned());
    }

    fn attributes(&mut self, object: ObjectRef) -> Vec<Json> {
        let mut entries = Vec::new();
        for (key, value) in object.attributes() {
            if key.space().is_none() {
                self.refuse("an attribute whose key is not stored");
                continue;
            }
            if value.is_nil() {
                self.refuse("an attribute that is nil");
                continue;
            }
            if let Some(value) = self.value(value) {
                entries.push(json!({ "at": key.oid().to_string(), "va": value }));
            }
        }
        entries
    }

    /// Returns values; one that can not be written is null, so that positions stay.
    fn values(&mut self, values: &[Value]) -> Json {
        values.iter().map(|&value| self.value(value).unwrap_or(Json::Null)).collect()
    }

    fn stored(&mut self, object: ObjectRef) -> Json {
        if object.space().is_none() {
            self.refuse(&format!("a reference to {}, which is not stored", object.oid()));
            return Json::Null;
        }
        object.oid().to_string().into()
    }

    /// Returns a value as its loader reads it, or `None` when there is no such form.
    pub(super) fn value(&mut self, value: Value) -> Option<Json> {
        Some(match value.view() {
            View::Nil => Json::Null,
            View::Int(int) if INTEGERS.contains(&int) => int.into(),
            View::Double(double) if double.is_finite() && double.fract() != 0.0 => {
                Json::Number(Number::from_f64(double)?)
            }
            View::String(string) if Oid::has_shape(string.as_str()) => json!({ "string": string.as_str() }),
            View::String(string) => string.as_str().into(),
            View::Object(object) if object.space().is_some() => self.stored(object),
            View::Set(set) if set.items().iter().all(|item| item.as_object().is_some()) => {
                let elements: Vec<Json> = set
                    .items()
                    .iter()
                    .filter_map(|item| item.as_object())
                    .map(|object| self.stored(object))
                    .filter(|json| !json.is_null())
                    .collect();
                json!({ "vtype": "set", "elem": elements })
            }
            View::Closure(closure) if closure.function().space().is_some() => {
                let mut json = json!({ "vtype": "closure", "fn": closure.function().oid().to_string() });
                json["env"] = self.values(closure.env());
                if let Some((meta, rank)) = closure.meta() {
                    json["metaobj"] = self.stored(meta);
                    json["metarank"] = rank.into();
                }
                json
            }
            View::Json(tree) => json!({ "vtype": "json", "json": json_of(tree) }),
            other => {
                let what = match other {
                    View::Bool(_) => "a boolean",
                    View::Int(_) | View::BigInt(_) => "an integer beyond 63 bits",
                    View::Double(_) => "a double without a fraction, or not finite",
                    View::Tuple(_) => "a tuple",
                    View::Instance(_) => "an instance",
                    View::Set(_) => "a set of other things than objects",
                    View::Closure(_) => "a closure whose function is not stored",
                    _ => "a reference to an object that is not stored",
                };
                self.refuse(what);
                return None;
            }
        })
    }

    /// Returns the kind of a payload and a copy of what it refers to.
    fn copy(&self, payload: &Payload) -> (String, Copied) {
        let copied = match payload {
            Payload::ClassInfo(info) => {
                let mut copy = ClassInfo::new(info.superclass, info.symbol);
                copy.attribute_set = info.attribute_set;
                info.methods().iter().for_each(|&(selector, method)| copy.put_method(selector, method));
                Copied::Class(copy)
            }
            Payload::Symbol(symbol) => Copied::Symbol(symbol.name.to_string(), symbol.value, symbol.weak),
            Payload::Set(set) => Copied::Values("setob", set.iter().copied().collect(), true),
            Payload::ObjectVector(values) => Copied::Values("vectob", values.clone(), true),
            Payload::ValueVector(values) => Copied::Values("vectval", values.clone(), false),
            Payload::StringDictionary(entries) => {
                Copied::Dictionary(entries.iter().map(|(key, &value)| (key.to_string(), value)).collect())
            }
            Payload::StringBuffer(buffer) => Copied::Text(buffer.text.clone(), buffer.indent),
            Payload::ObjectMap(map) | Payload::Environment(map) => Copied::Map(
                Environment {
                    bindings: map.bindings.clone(),
                    description: map.description,
                    parent: map.parent,
                },
                matches!(payload, Payload::Environment(_)),
            ),
            Payload::Agenda(agenda) => Copied::Agenda(Agenda { queues: agenda.queues.clone() }),
            Payload::Tasklet(tasklet) => Copied::Tasklet(tasklet.todo, tasklet.obsolete_delay),
            Payload::Dictionary(_) => Copied::Refused("a dictionary with any keys"),
            Payload::Function(_) => Copied::Refused("a function in the language of Repersys"),
            Payload::Foreign(_) => Copied::Refused("a payload of a plugin's type"),
            _ => Copied::Nothing,
        };
        (payload.kind().to_owned(), copied)
    }

    fn payload(&mut self, copied: Copied, members: &mut Map<String, Json>) {
        let mut put = |key: &str, json: Json| drop(members.insert(key.into(), json));
        match copied {
            Copied::Nothing => {}
            Copied::Refused(what) => self.refuse(what),
            Copied::Class(info) => {
                put("class_super", info.superclass.map_or(Json::Null, |class| self.stored(class)));
                if let Some(symbol) = info.symbol {
                    put("class_symb", self.stored(symbol));
                    if let Some(name) = self.m.symbol_name(symbol) {
                        put("class_name", name.into());
                    }
                }
                if let Some(set) = info.attribute_set.and_then(|set| self.value(set.into())) {
                    put("class_attrset", set);
                }
                let mut methods = Vec::new();
                for &(selector, method) in info.methods() {
                    let selector = self.stored(selector);
                    if let Some(method) = self.value(method) {
                        methods.push(json!({ "methosel": selector, "methclos": method }));
                    }
                }
                put("class_methodict", Json::Array(methods));
            }
            Copied::Symbol(name, value, weak) => {
                put("symb_name", name.into());
                if let Some(value) = self.value(value).filter(|value| !value.is_null()) {
                    put("symb_val", value);
                }
                if weak {
                    put("symb_weak", true.into());
                }
            }
            Copied::Values(key, values, objects_only) => {
                if key != "setob" && values.iter().any(|value| value.is_nil()) {
                    self.refuse("nil in a vector");
                }
                if objects_only && values.iter().any(|value| !value.is_nil() && value.as_object().is_none()) {
                    self.refuse("another value than an object in a collection of objects");
                }
                // What its loader can not read is left out where the caller accepts the loss.
                let loadable = |value: &&Value| match key {
                    "vectval" => !value.is_nil(),
                    _ => value.as_object().is_some_and(|object| object.space().is_some()),
                };
                let kept: Vec<Value> = values.iter().filter(loadable).copied().collect();
                if kept.len() < values.len() && self.refused.is_empty() {
                    self.refuse("a reference to an object that is not stored");
                }
                put(key, self.values(&kept));
            }
            Copied::Dictionary(entries) => {
                let mut items = Vec::new();
                for (key, value) in entries {
                    if key.is_empty() {
                        self.refuse("an empty key in a dictionary");
                        continue;
                    }
                    if let Some(value) = self.value(value) {
                        items.push(json!({ "str": key, "val": value }));
                    }
                }
                put("dictionary", Json::Array(items));
            }
            Copied::Text(text, indent) => {
                match text.contains('\n') {
                    true => put("strbuf_lines", text.split('\n').map(Json::from).collect()),
                    false => put("strbuf_string", text.into()),
                }
                indent.into_iter().for_each(|indent| put("strbuf_indent", indent.into()));
            }
            Copied::Map(map, is_environment) => {
                let mut bindings = Map::new();
                for (key, value) in map.bindings {
                    if let Some(value) = self.value(value) {
                        bindings.insert(key.oid().to_string(), value);
                    }
                }
                put("objmap", Json::Object(bindings));
                if let Some(description) = self.value(map.description).filter(|json| !json.is_null()) {
                    put("descr", description);
                }
                if is_environment {
                    put("parent_env", map.parent.map_or(Json::Null, |parent| self.stored(parent)));
                }
            }
            Copied::Agenda(agenda) => {
                for (name, queue) in Agenda::QUEUE_NAMES.iter().zip(agenda.queues) {
                    if !queue.is_empty() {
                        put(name, queue.into_iter().map(|tasklet| self.stored(tasklet)).collect());
                    }
                }
            }
            Copied::Tasklet(todo, delay) => {
                put("tasklet_todo", self.value(todo).unwrap_or(Json::Null));
                put("tasklet_obsolete_delay", self.value(delay).unwrap_or(Json::Null));
            }
        }
    }
}

/// What a payload refers to, without its lock. No collection happens during an export.
enum Copied {
    Nothing,
    Refused(&'static str),
    Class(ClassInfo),
    Symbol(String, Value, bool),
    Values(&'static str, Vec<Value>, bool),
    Dictionary(Vec<(String, Value)>),
    Text(String, Option<i64>),
    Map(Environment, bool),
    Agenda(Agenda),
    Tasklet(Value, Value),
}

/// Returns the JSON of a JSON value.
fn json_of(tree: JsonRef) -> Json {
    match tree.form() {
        JsonForm::Scalar => json_part(tree.items()[0]),
        JsonForm::Array => tree.items().iter().map(|&item| json_part(item)).collect(),
        JsonForm::Object => tree
            .items()
            .chunks_exact(2)
            .filter_map(|pair| Some((pair[0].as_string()?.as_str().to_owned(), json_part(pair[1]))))
            .collect(),
    }
}

fn json_part(value: Value) -> Json {
    match value.view() {
        View::Bool(truth) => truth.into(),
        View::String(string) => string.as_str().into(),
        View::Double(double) => double.into(),
        View::Json(tree) => json_of(tree),
        View::Int(int) => int.into(),
        View::BigInt(int) => serde_json::from_str(&int.to_bigint().to_string()).unwrap_or(Json::Null),
        _ => Json::Null,
    }
}
