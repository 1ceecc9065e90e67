//! A file of a store for people, line by line: what `git diff` is given instead of the file.

use rps_runtime::Oid;
use rps_runtime::extension::Extensions;

use super::change::{Change, Edit, Part, changes};
use super::names::Names;
use super::readable::readable;
use super::version::VersionFile;
use crate::format;
use crate::manifest::Manifest;
use crate::text::Limits;
use crate::vfs::Bytes;

/// Returns what is in a file of a store as people read it: objects with names beside oids, functions as their source, and
/// of a manifest what is no consequence of the other files. Names that are not in the file are taken from `names`. A file
/// of another kind, or one that is damaged, comes back as it is.
#[must_use]
pub fn listing(content: Bytes, names: &mut Names, extensions: &dyn Extensions) -> String {
    let as_it_is = String::from_utf8_lossy(&content).into_owned();
    if let Ok((manifest, _)) = Manifest::read("manifest.json".as_ref(), &content, &Limits::default()) {
        return of_manifest(&manifest, names);
    }
    let (file, _) = VersionFile::read("file.json".to_owned(), content, &Limits::default(), extensions);
    let Some(file) = file.filter(|file| file.index.is_some()) else { return as_it_is };
    names.find(&[&file]);
    let mut out = String::new();
    if let Some((name, oid)) = file.space() {
        out.push_str(&format!("space {name} ({oid})\n"));
    }
    for span in file.records() {
        out.push_str(&format!("\n{}\n", names.label(span.oid)));
        for change in changes(None, Some(file.text(span))) {
            entry(&mut out, &change, names);
        }
    }
    out
}

fn entry(out: &mut String, change: &Change, names: &Names) {
    match &change.edit {
        Edit::Value { after, .. } => {
            let text = after.as_deref().unwrap_or_default();
            let value = match change.part {
                Part::Kind | Part::Mtime => text.to_owned(),
                _ => readable(text, names),
            };
            out.push_str(&format!("  {}: {value}\n", change.part.label(names)));
        }
        Edit::Text { after, .. } => {
            out.push_str(&format!("  {}:\n", change.part.label(names)));
            for line in after.as_deref().unwrap_or_default().split('\n') {
                out.push_str(if line.is_empty() { "" } else { "    " });
                out.push_str(line);
                out.push('\n');
            }
        }
    }
}

fn of_manifest(manifest: &Manifest, names: &Names) -> String {
    let mut out = format!("store {}\n", format::FORMAT);
    let mut list = |what: &str, oids: &[Oid]| {
        for oid in oids {
            out.push_str(&format!("{what} {}\n", names.label(*oid)));
        }
    };
    list("root", &manifest.roots);
    list("constant", &manifest.constants);
    list("name", &manifest.names);
    for space in &manifest.spaces {
        out.push_str(&format!("space {} ({})\n", space.name, space.oid));
    }
    for state in &manifest.state {
        out.push_str(&format!("state {}\n", state.path));
    }
    for (key, value) in manifest.annotations.iter().chain(&manifest.unknown) {
        out.push_str(&format!("{key}: {value}\n"));
    }
    out
}

impl Part {
    /// Returns what people call the part.
    #[must_use]
    pub fn label(&self, names: &Names) -> String {
        match self {
            Part::Class => "class".to_owned(),
            Part::Mtime => "changed".to_owned(),
            Part::Attribute(oid) => names.label(*oid),
            Part::Component(index) => format!("[{index}]"),
            Part::Kind => "payload".to_owned(),
            Part::Field(name) => name.clone(),
            Part::Element(field) => format!("{field} element"),
            Part::Entry(field, key) => {
                let key = match Oid::parse(key.trim_matches('"')) {
                    Ok(oid) => names.label(oid),
                    Err(_) => key.clone(),
                };
                match field.as_str() {
                    "methods" => format!("method {key}"),
                    _ => format!("{field} {key}"),
                }
            }
            Part::Extra(key) => format!("{key} (not known here)"),
            Part::Record => "record".to_owned(),
        }
    }
}
