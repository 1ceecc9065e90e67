//! The published schema of the manifest says what the reader asks for and the writer writes (RPS-44).

use std::collections::BTreeSet;
use std::path::Path;

use rps_persist::manifest::Manifest;
use rps_persist::text::Limits;
use serde_json::{Value, json};

fn keys<'v>(values: impl IntoIterator<Item = &'v Value>) -> BTreeSet<String> {
    values.into_iter().filter_map(|value| value.as_str().map(str::to_owned)).collect()
}

fn full() -> Value {
    let file = json!({ "path": "core.json", "size": 1, "blake3": "0".repeat(64) });
    json!({
        "format": "repersys-1",
        "spaces": [{ "name": "core", "oid": "_8J6vNYtP5E800eCr5q", "objects": 1, "files": [file] }],
        "roots": ["_8J6vNYtP5E800eCr5q"], "constants": [], "names": [],
        "state": [{ "path": "state/a.json", "size": 1, "blake3": "0".repeat(64) }],
        "annotations": { "refpersys": {} },
    })
}

/// Reads a manifest; `format` must come first, which JSON trees forget.
fn read(value: &Value) -> Result<Manifest, String> {
    let mut members = value.as_object().unwrap().clone();
    let format = members.remove("format").map(|format| format!("\"format\":{format},")).unwrap_or_default();
    let rest = Value::Object(members).to_string();
    let text = format!("{{{format}{}\n", &rest[1..]);
    let result = Manifest::read(Path::new("manifest.json"), text.as_bytes(), &Limits::default());
    result.map(|(manifest, _)| manifest).map_err(|report| report.to_string())
}

/// Removes each key of an object in turn, and returns those that are missed.
fn missed(whole: &Value, pointer: &str) -> BTreeSet<String> {
    let members = whole.pointer(pointer).and_then(Value::as_object).unwrap().clone();
    let without = |key: &String| {
        let mut damaged = whole.clone();
        damaged.pointer_mut(pointer).and_then(Value::as_object_mut).unwrap().remove(key);
        read(&damaged).is_err()
    };
    members.keys().filter(|key| without(key)).cloned().collect()
}

#[test]
fn the_schema_is_that_of_the_reader_and_the_writer_rps_44() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/manifest.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let manifest = read(&full()).unwrap();
    let written: Value = serde_json::from_slice(&manifest.to_bytes()).unwrap();
    for (of_schema, of_document) in
        [("", ""), ("/$defs/space", "/spaces/0"), ("/$defs/file", "/spaces/0/files/0")]
    {
        let at = |key: &str| schema.pointer(&format!("{of_schema}/{key}")).unwrap().clone();
        let described: BTreeSet<String> = at("properties").as_object().unwrap().keys().cloned().collect();
        let written: BTreeSet<String> =
            written.pointer(of_document).unwrap().as_object().unwrap().keys().cloned().collect();
        assert_eq!(described, written, "{of_schema}");
        assert_eq!(keys(at("required").as_array().unwrap()), missed(&full(), of_document), "{of_schema}");
    }
}
