//! What something leads to, found in the texts of the records.

use std::collections::{BTreeSet, HashMap};

use memchr::memmem::{self, Finder};
use rps_runtime::{Oid, known};
use serde_json::Value;

use super::PackOptions;
use crate::base64_lines;
use crate::diff::{Version, VersionFile};
use crate::json::string_end;
use crate::manifest::Manifest;
use crate::native::RecordSpan;
use crate::native::outline::{Body, Outline, references};

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
            pending.extend(named_in(text).into_iter().filter(|oid| !alive.contains(oid)));
        }
    }
    places.into_keys().filter(|oid| !alive.contains(oid)).collect()
}

/// Returns the objects that a record may refer to, also where another program has formatted it: rather one too many.
fn named_in(text: &str) -> Vec<Oid> {
    let mut named: Vec<Oid> = references(text.as_bytes()).collect();
    if memmem::find(text.as_bytes(), ESCAPE).is_some() {
        let (bytes, mut at) = (text.as_bytes(), 0);
        while let Some(start) = memchr::memchr(b'"', &bytes[at..]).map(|found| at + found) {
            at = string_end(bytes, start);
            let decoded: Option<String> = serde_json::from_slice(&bytes[start..at]).ok();
            named.extend(decoded.and_then(|text| Oid::parse(&text).ok()));
        }
    }
    named
}

/// How a character is escaped that no dump escapes: those of an oid or of a kind can be written so.
const ESCAPE: &[u8] = b"\\u00";

/// Adds the objects that a program can get at by name: symbols, and classes that have a name. What can not be understood
/// may be one of them.
fn named(file: &VersionFile, pending: &mut Vec<Oid>) {
    let finders = [&b"symbol"[..], b"classinfo", ESCAPE].map(Finder::new);
    let name = known::NAME.to_string();
    for span in file.records() {
        let text = file.text(span);
        if !finders.iter().any(|finder| finder.find(text.as_bytes()).is_some()) {
            continue;
        }
        let is_named = match Outline::read(text) {
            Ok(Outline { payload: Some(payload), attributes, .. }) => match &*payload.kind {
                "symbol" => payload.field("weak") != Some(&Body::Inline("true".into())),
                "classinfo" => {
                    payload.field("symbol").is_some() || attributes.iter().any(|entry| entry.key == name)
                }
                _ => false,
            },
            Ok(_) => false,
            Err(_) => true,
        };
        if is_named {
            pending.push(span.oid);
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
