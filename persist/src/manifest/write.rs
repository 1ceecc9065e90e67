//! Writing a manifest: the same bytes for the same content, always.

use std::fmt::Display;

use serde_json::Value;

use super::{FileEntry, Manifest, SpaceEntry, UnknownKeys};
use crate::format::FORMAT;

impl Manifest {
    /// Returns the bytes of the manifest. The lists must be sorted, see [`Manifest::sort`].
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = format!("{{\"format\":\"{FORMAT}\"\n,\"spaces\":");
        list(&mut out, "", &self.spaces, space);
        for (key, oids) in [("roots", &self.roots), ("constants", &self.constants), ("names", &self.names)] {
            push(&mut out, &format!("\n,\"{key}\":"));
            list(&mut out, "", oids, |out, oid| push(out, &format!("\"{oid}\"")));
        }
        out.push_str("\n,\"state\":");
        list(&mut out, "", &self.state, file);
        if !self.annotations.is_empty() {
            out.push_str("\n,\"annotations\":{");
            for (index, (key, value)) in self.annotations.iter().enumerate() {
                let before = if index == 0 { ' ' } else { ',' };
                push(&mut out, &format!("\n{before}{}:{value}", quoted(key)));
            }
            out.push_str("\n}");
        }
        unknown(&mut out, &self.unknown, "\n");
        out.push_str("\n}\n");
        out.into_bytes()
    }
}

fn space(out: &mut String, space: &SpaceEntry) {
    let SpaceEntry { name, oid, objects, files, unknown: extra } = space;
    push(out, &format!("{{\"name\":{},\"oid\":\"{oid}\",\"objects\":{objects},\"files\":", quoted(name)));
    list(out, " ", files, file);
    unknown(out, extra, "");
    out.push('}');
}

fn file(out: &mut String, file: &FileEntry) {
    let FileEntry { path, size, hash, unknown: extra } = file;
    push(out, &format!("{{\"path\":{},\"size\":{size},\"blake3\":\"{}\"", quoted(path), hash.to_hex()));
    unknown(out, extra, "");
    out.push('}');
}

/// Writes an array, one item per line; `indent` comes before every line.
fn list<T>(out: &mut String, indent: &str, items: &[T], mut each: impl FnMut(&mut String, &T)) {
    out.push('[');
    for (index, item) in items.iter().enumerate() {
        push(out, &format!("\n{indent}{}", if index == 0 { ' ' } else { ',' }));
        each(out, item);
    }
    push(out, &if items.is_empty() { "]".to_owned() } else { format!("\n{indent}]") });
}

fn unknown(out: &mut String, extra: &UnknownKeys, before: &str) {
    for (key, value) in extra {
        push(out, &format!("{before},{}:{value}", quoted(key)));
    }
}

fn push(out: &mut String, text: &str) {
    out.push_str(text);
}

fn quoted(text: &str) -> impl Display {
    Value::from(text)
}
