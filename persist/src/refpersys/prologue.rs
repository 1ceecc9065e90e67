//! The prologue of a space file: what the file says about itself.

use rps_runtime::Oid;
use serde_json::{Map, Value};

use super::{Format, jsoncpp};
use crate::json::decode::Document;
use crate::json::path::JsonPath;
use crate::{Code, Severity};

/// The prologue of a space file.
#[derive(Debug, Clone, PartialEq)]
pub struct Prologue {
    /// The format of the file.
    pub format: Format,
    /// The space whose objects are in the file.
    pub space: Oid,
    /// How many objects follow.
    pub objects: u64,
    /// All other members, such as dates and versions: kept as they are.
    pub rest: Map<String, Value>,
}

impl Prologue {
    /// Takes the JSON of a prologue apart.
    pub(super) fn decode(document: &mut Document<'_>, value: Value) -> Option<Self> {
        let mut members = document.members(value, JsonPath::Root)?;
        let format = members.required(document, "format", decode_format);
        let space = members.required(document, "spaceid", Document::oid);
        let objects = members.required(document, "nbobjects", Document::number);
        Some(Self { format: format?, space: space?, objects: objects?, rest: members.rest() })
    }

    /// Returns the text in the form of [`Format::V2024A`], as it stands below the prologue line.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut members = self.rest.clone();
        members.insert("format".to_owned(), Format::V2024A.name().into());
        members.insert("spaceid".to_owned(), self.space.to_string().into());
        members.insert("nbobjects".to_owned(), self.objects.into());
        let mut text = String::new();
        jsoncpp::write_manifest_style(&mut text, &Value::Object(members));
        text
    }
}

/// Returns the format that a value names.
pub(super) fn decode_format(
    document: &mut Document<'_>,
    value: Value,
    path: &JsonPath<'_>,
) -> Option<Format> {
    let name = document.string(value, path)?;
    let format = Format::from_name(&name);
    if format.is_none() {
        let [first, .., last] = Format::ALL;
        let message =
            format!("the file has the format `{name}`, and this version reads `{first}` to `{last}`");
        document.problem(Severity::Error, Code::UnknownFormat, path, message);
    }
    format
}
