//! Payloads of RefPerSys's JSON: their members are siblings of the object's own.

use std::collections::{BTreeMap, BTreeSet};

use rps_runtime::object::payload::{Agenda, ClassInfo, Environment, StringBuffer, Tasklet};
use rps_runtime::object::{ObjectRef, Payload};
use rps_runtime::{Oid, Value};
use serde_json::{Map, Value as Json};

use super::value::Reader;
use crate::Code;

/// Kinds and members that were named otherwise in older formats.
const RENAMED_KINDS: [(&str, &str); 2] =
    [("class", "classinfo"), ("string_dictionnary", "string_dictionary")];
const RENAMED_MEMBERS: [(&str, &str); 1] = [("dictionnary", "dictionary")];

/// Reads the payload of a kind out of the members, and gives it to the object.
///
/// A kind that is not known, or whose members have a form that only RefPerSys itself could make sense of, is kept
/// verbatim: the members stay, and become the object's extras.
pub(super) fn read(
    reader: &mut Reader<'_, '_>,
    object: ObjectRef,
    kind: &Json,
    members: &mut Map<String, Json>,
) {
    let Json::String(kind) = kind else {
        reader.error(Code::WrongType, "the member `payload` must be a string");
        return;
    };
    let current = RENAMED_KINDS.iter().find(|(old, _)| old == kind).map_or(kind.as_str(), |(_, new)| new);
    if current != kind {
        reader.lenient(format!("the payload kind `{kind}` is called `{current}` now"));
    }
    for (old, new) in RENAMED_MEMBERS {
        if let Some(json) = members.remove(old) {
            members.insert(new.into(), json);
        }
    }
    if current == "symbol" {
        symbol(reader, object, members);
        return;
    }
    let payload = match current {
        "classinfo" => class_info(reader, members),
        "space" => Payload::Space,
        "setob" => {
            Payload::Set(reader.objects(take(members, "setob")).iter().copied().collect::<BTreeSet<_>>())
        }
        "vectob" => Payload::ObjectVector(reader.objects(take(members, "vectob")).to_vec()),
        "vectval" => Payload::ValueVector(reader.values(take(members, "vectval")).to_vec()),
        "string_dictionary" => Payload::StringDictionary(dictionary(reader, members)),
        "string_buffer" if strings_of(members).is_some() => string_buffer(members),
        "objmap" if has_oid_keys(members) => Payload::ObjectMap(environment(reader, members)),
        "environment" if has_oid_keys(members) => Payload::Environment(environment(reader, members)),
        "agenda" => agenda(reader, members),
        "tasklet" => Payload::Tasklet(Tasklet {
            todo: members.remove("tasklet_todo").map_or(Value::NIL, |json| reader.value(json)),
            obsolete_delay: members
                .remove("tasklet_obsolete_delay")
                .map_or(Value::NIL, |json| reader.value(json)),
        }),
        _ => {
            reader.lenient(format!("the payload kind `{kind}` is kept as it is"));
            Payload::Unknown(kind.as_str().into())
        }
    };
    object.install_payload(reader.m, Some(payload));
}

fn take(members: &mut Map<String, Json>, key: &str) -> Json {
    members.remove(key).unwrap_or(Json::Array(Vec::new()))
}

fn symbol(reader: &mut Reader<'_, '_>, object: ObjectRef, members: &mut Map<String, Json>) {
    let Some(name) = reader.required(members, "symb_name") else { return };
    let value = members.remove("symb_val").map_or(Value::NIL, |json| reader.value(json));
    let weak = members.remove("symb_weak").is_some_and(|weak| weak == Json::Bool(true));
    match name {
        Json::String(name) => {
            if let Err(error) = reader.m.install_symbol(object, &name, value, weak) {
                reader.error(Code::DuplicateName, error.to_string());
            }
        }
        _ => reader.error(Code::WrongType, "the member `symb_name` must be a string"),
    }
}

fn class_info(reader: &mut Reader<'_, '_>, members: &mut Map<String, Json>) -> Payload {
    let superclass = reader.required(members, "class_super").and_then(|json| reader.object(&json));
    let symbol = members.remove("class_symb").and_then(|json| reader.object(&json));
    // The name is that of the symbol, and written again from there.
    members.remove("class_name");
    let mut info = ClassInfo::new(superclass, symbol);
    if let Some(set) = members.remove("class_attrset") {
        info.attribute_set = reader.value(set).as_set();
    }
    match reader.required(members, "class_methodict") {
        Some(Json::Array(methods)) => {
            for method in methods {
                let member = |key: &str| method.get(key).cloned().unwrap_or(Json::Null);
                let selector = reader.object(&member("methosel"));
                let closure = reader.value(member("methclos"));
                match selector {
                    Some(selector) => info.put_method(selector, closure),
                    None => reader
                        .error(Code::BadRecord, "a method must have the members `methosel` and `methclos`"),
                }
            }
        }
        Some(_) => reader.error(Code::WrongType, "the member `class_methodict` must be an array"),
        None => {}
    }
    Payload::ClassInfo(Box::new(info))
}

fn dictionary(reader: &mut Reader<'_, '_>, members: &mut Map<String, Json>) -> BTreeMap<Box<str>, Value> {
    let mut entries = BTreeMap::new();
    let Json::Array(items) = take(members, "dictionary") else {
        reader.error(Code::WrongType, "the member `dictionary` must be an array");
        return entries;
    };
    for item in items {
        match (item.get("str").and_then(Json::as_str), item.get("val")) {
            (Some(key), Some(value)) => {
                let value = reader.value(value.clone());
                entries.insert(key.into(), value);
            }
            _ => reader.error(Code::BadRecord, "an entry must have the members `str` and `val`"),
        }
    }
    entries
}

/// Returns the text of a string buffer, where its members have a form that is known.
fn strings_of(members: &Map<String, Json>) -> Option<String> {
    match (members.get("strbuf_lines"), members.get("strbuf_string")) {
        (None, None) => Some(String::new()),
        (None, Some(Json::String(text))) => Some(text.clone()),
        (Some(Json::Array(lines)), None) => {
            let lines: Option<Vec<&str>> = lines.iter().map(Json::as_str).collect();
            Some(lines?.join("\n"))
        }
        _ => None,
    }
}

fn string_buffer(members: &mut Map<String, Json>) -> Payload {
    let text = strings_of(members).unwrap_or_default();
    members.remove("strbuf_lines");
    members.remove("strbuf_string");
    let indent = members.remove("strbuf_indent").and_then(|indent| indent.as_i64());
    Payload::StringBuffer(StringBuffer { text, indent })
}

/// Returns whether the keys of a map are oids: RefPerSys writes display labels, which name no object for sure.
fn has_oid_keys(members: &Map<String, Json>) -> bool {
    match members.get("objmap") {
        None => true,
        Some(Json::Object(map)) => map.keys().all(|key| Oid::parse(key).is_ok()),
        Some(_) => false,
    }
}

fn environment(reader: &mut Reader<'_, '_>, members: &mut Map<String, Json>) -> Environment {
    let mut environment = Environment::default();
    if let Some(Json::Object(map)) = members.remove("objmap") {
        for (key, value) in map {
            let value = reader.value(value);
            if let Some(key) = reader.object_of_text(&key) {
                environment.bindings.insert(key, value);
            }
        }
    }
    environment.description = members.remove("descr").map_or(Value::NIL, |json| reader.value(json));
    environment.parent = members.remove("parent_env").and_then(|json| reader.object(&json));
    environment
}

fn agenda(reader: &mut Reader<'_, '_>, members: &mut Map<String, Json>) -> Payload {
    let queues = Agenda::QUEUE_NAMES.map(|name| {
        let tasklets = reader.objects(take(members, name));
        tasklets.iter().filter_map(|tasklet| tasklet.as_object()).collect()
    });
    Payload::Agenda(Agenda { queues })
}
