//! What something leads to, found in the texts of the records.

use std::collections::{BTreeSet, HashMap};

use memchr::memmem::Finder;
use rps_runtime::{Oid, known};
use serde_json::Value;

use super::PackOptions;
use crate::base64_lines;
use crate::diff::{Version, VersionFile};
use crate::manifest::Manifest;
use crate::native::RecordSpan;
use crate::native::outline::{Body, references};

/// Returns the objects that nothing leads to.
pub(super) fn dead(version: &Version, manifest: &Manifest, options: &PackOptions) -> BTreeSet<Oid> {
    let places: HashMap<Oid, (usize, RecordSpan)> =
        version.located(|_| true).into_iter().map(|(oid, file, span)| (oid, (file, span))).collect();
    let mut pending: Vec<Oid> = options.keep.iter().copied().collect();
    pending.extend(manifest.roots.iter().chain(&manifest.constants).chain(&manifest.names));
    pending.extend(manifest.spaces.iter().map(|space| space.oid));
    pending.extend(version.files.iter().filter_map(|file| file.space().map(|(_, oid)| oid)));
    for value in manifest.annotations.values().chain(manifest.unknown.values()) {
        pending.extend(references(value.to_string().as_bytes()));
    }
    for state in version.states.values() {
        pending.extend(mentioned(state));
    }
    for file in &version.files {
        named(file, &mut pending);
    }
    let mut alive = BTreeSet::new();
    while let Some(oid) = pending.pop() {
        if let Some((file, span)) = places.get(&oid)
            && alive.insert(oid)
        {
            let text = version.files[*file].text(span);
            pending.extend(references(text.as_bytes()).filter(|oid| !alive.contains(oid)));
        }
    }
    places.into_keys().filter(|oid| !alive.contains(oid)).collect()
}

/// Adds the objects that a program can get at by name: symbols, and classes that have a name.
fn named(file: &VersionFile, pending: &mut Vec<Oid>) {
    let payloads = |kind: &str| {
        let key = format!("\"kind\":\"{kind}\"");
        let starts: Vec<usize> = Finder::new(&key).find_iter(&file.bytes).collect();
        starts.into_iter().filter_map(|start| file.record_at(start))
    };
    for symbol in payloads("symbol") {
        let weak = symbol.payload.as_ref().and_then(|payload| payload.field("weak"));
        if weak != Some(&Body::Inline("true".into())) {
            pending.extend(symbol.oid);
        }
    }
    let name = known::NAME.to_string();
    for class in payloads("classinfo") {
        let has_symbol = class.payload.as_ref().is_some_and(|payload| payload.field("symbol").is_some());
        if has_symbol || class.attributes.iter().any(|attribute| attribute.key == name) {
            pending.extend(class.oid);
        }
    }
}

/// Returns the oids that stand as text in the state of a plugin.
fn mentioned(state: &[u8]) -> Vec<Oid> {
    let parsed: Value = serde_json::from_slice(state).unwrap_or_default();
    let mut bytes = Vec::new();
    for line in parsed["base64"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        // What is damaged is no text.
        let _ = base64_lines::decode(line, &mut bytes);
    }
    let text = |start: usize| bytes.get(start..start + rps_runtime::oid::TEXT_LEN);
    memchr::memchr_iter(b'_', &bytes).filter_map(|start| Oid::parse_bytes(text(start)?).ok()).collect()
}
