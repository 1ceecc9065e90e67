//! What people call the objects of a version, found in the text.

use std::collections::HashMap;

use memchr::memmem::Finder;
use rps_runtime::{Oid, known};

use super::version::{Version, VersionFile};
use crate::json::string_end;
use crate::native::outline::{Body, Outline};

/// The names of objects: that of the global variable that holds the object, else what its attribute `name` says, else
/// that of a symbol, or of a class's symbol; of a function, else, that of its class and its selector.
#[derive(Debug, Default)]
pub struct Names {
    names: HashMap<Oid, (Rank, String)>,
}

/// How good a name is, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Global,
    Attribute,
    Symbol,
    /// As a method of a class.
    Method,
}

impl Names {
    /// Returns the names in versions; those of earlier versions count more.
    #[must_use]
    pub fn of(versions: &[&Version]) -> Names {
        let mut names = Names::default();
        for version in versions {
            names.add(version);
        }
        names
    }

    /// Adds the names of a version, for objects that have none yet.
    pub fn add(&mut self, version: &Version) {
        let mut found = Names::default();
        found.find(&version.files.iter().collect::<Vec<_>>());
        for (oid, name) in found.names {
            self.names.entry(oid).or_insert(name);
        }
    }

    /// Returns the name of an object.
    #[must_use]
    pub fn get(&self, oid: Oid) -> Option<&str> {
        self.names.get(&oid).map(|(_, name)| name.as_str())
    }

    /// Returns the name of an object with the oid beside it, or the oid alone.
    #[must_use]
    pub fn label(&self, oid: Oid) -> String {
        match self.get(oid) {
            Some(name) => format!("{name} ({oid})"),
            None => oid.to_string(),
        }
    }

    /// Finds the names in files, which may refer to each other.
    pub(crate) fn find(&mut self, files: &[&VersionFile]) {
        for file in files {
            self.find_attributes(file);
            for start in Finder::new("\"kind\":\"symbol\"").find_iter(&file.bytes) {
                if let Some(outline) = file.record_at(start) {
                    self.symbol(&outline);
                }
            }
        }
        // After the symbols, as their names are those of the classes and selectors.
        for file in files {
            for start in Finder::new("\"kind\":\"classinfo\"").find_iter(&file.bytes) {
                if let Some(outline) = file.record_at(start) {
                    self.class(&outline);
                }
            }
        }
    }

    fn class(&mut self, outline: &Outline<'_>) {
        let Some(class) = outline.oid else { return };
        let symbol = inline(outline, "symbol").and_then(oid);
        if let Some(name) = symbol.and_then(|symbol| self.get(symbol)).map(str::to_owned) {
            self.note(class, Rank::Symbol, name);
        }
        let methods = outline.payload.as_ref().and_then(|payload| payload.field("methods"));
        let (Some(name), Some(Body::Table(methods))) = (self.get(class).map(str::to_owned), methods) else {
            return;
        };
        for method in methods {
            let selector = Oid::parse(&method.key).ok().and_then(|selector| self.get(selector));
            if let (Some(function), Some(selector)) = (oid(&method.value), selector) {
                let name = format!("{name}.{selector}");
                self.note(function, Rank::Method, name);
            }
        }
    }

    /// Notes what the attribute `name` says: a text that follows the oid of the attribute, at the beginning of a line.
    fn find_attributes(&mut self, file: &VersionFile) {
        let key = format!("\"{}\":\"", known::NAME);
        for start in Finder::new(&key).find_iter(&file.bytes) {
            let quote = start + key.len() - 1;
            let end = string_end(&file.bytes, quote);
            let is_entry = start >= 2
                && file.bytes[start - 2] == b'\n'
                && matches!(file.bytes.get(end), Some(b'\n' | b','));
            let name =
                file.bytes.get(quote..end).and_then(|text| serde_json::from_slice::<String>(text).ok());
            if let (true, Some(name), Some(span)) = (is_entry, name, file.span_at(start))
                && !name.is_empty()
            {
                self.note(file.records()[span].oid, Rank::Attribute, name);
            }
        }
    }

    fn symbol(&mut self, outline: &Outline<'_>) {
        let Some(name) = inline(outline, "name").and_then(|name| serde_json::from_str::<String>(name).ok())
        else {
            return;
        };
        if let Some(value) = inline(outline, "value").and_then(oid) {
            self.note(value, Rank::Global, name.clone());
        }
        if let Some(symbol) = outline.oid {
            self.note(symbol, Rank::Symbol, name);
        }
    }

    fn note(&mut self, oid: Oid, rank: Rank, name: String) {
        let better = self.names.get(&oid).is_none_or(|(before, _)| rank < *before);
        if better {
            self.names.insert(oid, (rank, name));
        }
    }
}

fn inline<'o>(outline: &'o Outline<'_>, field: &str) -> Option<&'o str> {
    match outline.payload.as_ref()?.field(field)? {
        Body::Inline(text) => Some(text),
        _ => None,
    }
}

/// Returns the oid that a value is.
pub(crate) fn oid(text: &str) -> Option<Oid> {
    Oid::parse(text.strip_prefix('"')?.strip_suffix('"')?).ok()
}
