//! `rps_manifest.json`: the spaces, roots, names and constants of a RefPerSys store.

use std::path::Path;

use rps_runtime::Oid;
use serde_json::{Map, Value, json};

use super::leniency::{Leniencies, Leniency};
use super::prologue::decode_format;
use super::{FileRole, Format, Header, MANIFEST, comments, jsoncpp};
use crate::json::decode::Document;
use crate::json::{self, path::JsonPath};
use crate::text::{self, Limits};
use crate::{Place, Problem, Report};

/// The manifest of a RefPerSys store.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// The lines above the JSON.
    pub header: Header,
    /// The format of the store.
    pub format: Format,
    /// The constants, sorted.
    pub constants: Vec<Oid>,
    /// The names that are known everywhere, in the order of their objects.
    pub names: Vec<GlobalName>,
    /// The roots, sorted.
    pub roots: Vec<Oid>,
    /// The objects whose plugins belong to the store, sorted.
    pub plugins: Vec<Oid>,
    /// The spaces, sorted.
    pub spaces: Vec<Oid>,
    /// All other members, such as dates, versions and git ids: kept as they are.
    pub rest: Map<String, Value>,
}

/// A name that is known everywhere.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct GlobalName {
    /// The symbol.
    pub object: Oid,
    /// Its name.
    pub name: String,
}

impl Manifest {
    /// Returns a manifest of the current format with nothing in it.
    #[must_use]
    pub fn new() -> Self {
        let none = Vec::new;
        Self {
            header: Header::plain(FileRole::Manifest, MANIFEST),
            format: Format::V2024A,
            constants: none(),
            names: Vec::new(),
            roots: none(),
            plugins: none(),
            spaces: none(),
            rest: Map::new(),
        }
    }

    /// Returns the manifest in `bytes`, and what was understood leniently.
    ///
    /// # Errors
    ///
    /// All problems of the document; `file` is the name that they bear.
    pub fn read(file: &Path, bytes: &[u8], limits: &Limits) -> Result<(Self, Report), Report> {
        let one = |problem: Problem| Report::from_iter([problem]);
        let text = text::decode(file, bytes, limits.manifest).map_err(one)?;
        if let Some(problem) = text::conflict_marker(file, bytes) {
            return Err(one(problem));
        }
        let mut blanked = bytes.to_vec();
        let remarks = comments::blank(&mut blanked, 0..bytes.len());
        let json = comments::first_value(&blanked, 0..bytes.len()).unwrap_or(0..0);
        let mut leniencies = Leniencies::default();
        let line = |offset| Place::of_offset(bytes, offset).line;
        for remark in
            remarks.iter().filter(|remark| remark.range.start > json.start && remark.range.start < json.end)
        {
            let kind = if remark.is_hash { Leniency::HashLine } else { Leniency::Comment };
            leniencies.note(kind, line(remark.range.start));
        }
        let after = blanked[json.end..].iter().position(|byte| !byte.is_ascii_whitespace());
        if let Some(offset) = after {
            leniencies.note(Leniency::TextAfter, line(json.end + offset));
            blanked.truncate(json.end);
        }
        if let Some(offset) = memchr::memchr(b'\r', bytes) {
            leniencies.note(Leniency::CarriageReturn, line(offset));
        }
        let value = json::parse(file, &blanked).map_err(one)?;
        let mut document = Document::new(file, &blanked);
        let manifest = Self::decode(&mut document, value, Header::from_text(&text[..json.start]));
        match manifest {
            Some(manifest) if !document.report.has_errors() => {
                if manifest.format != Format::V2024A {
                    leniencies.note(Leniency::OldFormat, line(JsonPath::Root.key("format").find(&blanked)));
                }
                leniencies.report(file, &mut document.report);
                Ok((manifest, document.report))
            }
            _ => Err(document.report),
        }
    }

    fn decode(document: &mut Document<'_>, value: Value, header: Header) -> Option<Self> {
        let mut members = document.members(value, JsonPath::Root)?;
        let format = members.required(document, "format", decode_format)?;
        let spaces = members.required(document, "spaceset", Document::oids);
        let roots = members.required(document, "globalroots", Document::oids);
        let names = members.optional(document, "globalnames", |document, value, path| {
            document.array(value, path, |document, value, path| {
                let mut members = document.members(value, *path)?;
                let name = members.required(document, "nam", Document::string);
                let object = members.required(document, "obj", Document::oid);
                Some(GlobalName { object: object?, name: name? })
            })
        });
        let constants = members.optional(document, "constset", Document::oids);
        let plugins = members.optional(document, "plugins", Document::oids);
        let rest = members.rest();
        Some(Self {
            header,
            format,
            constants: constants?,
            names: names?,
            roots: roots?,
            plugins: plugins?,
            spaces: spaces?,
            rest,
        })
    }

    /// Returns the whole file in the form of [`Format::V2024A`].
    #[must_use]
    pub fn to_text(&self) -> String {
        let oids = |oids: &[Oid]| {
            let mut sorted = oids.to_vec();
            sorted.sort_unstable();
            Value::from_iter(sorted.iter().map(Oid::to_string))
        };
        let mut names = self.names.clone();
        names.sort();
        let names = names.iter().map(|entry| json!({ "nam": entry.name, "obj": entry.object.to_string() }));
        let mut members = self.rest.clone();
        members.insert("format".to_owned(), Format::V2024A.name().into());
        members.insert("constset".to_owned(), oids(&self.constants));
        members.insert("globalnames".to_owned(), names.collect());
        members.insert("globalroots".to_owned(), oids(&self.roots));
        members.insert("plugins".to_owned(), oids(&self.plugins));
        members.insert("spaceset".to_owned(), oids(&self.spaces));
        let mut text = self.header.text().to_owned();
        jsoncpp::write_manifest_style(&mut text, &Value::Object(members));
        text.push_str("\n\n//// end of RefPerSys manifest file\n");
        text
    }
}

impl Default for Manifest {
    fn default() -> Self {
        Self::new()
    }
}
