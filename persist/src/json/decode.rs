//! Taking a JSON tree apart: every missing, mistyped and unknown key is reported, not only the first.

use std::path::Path;

use rps_runtime::Oid;
use serde_json::{Map, Value};

use super::path::JsonPath;
use crate::{Code, Place, Problem, Report, Severity};

/// Members of an object that nobody here understands: kept and written back.
pub type UnknownKeys = Map<String, Value>;

/// So many problems of a document get their line; the path is in the message of all.
const LOCATED: usize = 1000;

/// The document that is taken apart, and what was found wrong with it.
#[derive(Debug)]
pub(crate) struct Document<'t> {
    file: &'t Path,
    text: &'t [u8],
    pub(crate) report: Report,
}

/// The members of an object that were not taken yet.
pub(crate) struct Members<'p> {
    path: JsonPath<'p>,
    map: Map<String, Value>,
}

impl<'t> Document<'t> {
    /// Returns a document without problems; `text` is used to find lines.
    pub(crate) fn new(file: &'t Path, text: &'t [u8]) -> Self {
        Self { file, text, report: Report::new() }
    }

    /// Reports a problem of the value at `path`.
    pub(crate) fn problem(&mut self, severity: Severity, code: Code, path: &JsonPath<'_>, message: String) {
        let mut problem = Problem { severity, ..Problem::error(code, self.file, message) };
        // Finding a line reads the text from its beginning: not once more for each of a million wrong values.
        if self.report.problems().len() < LOCATED {
            problem = problem.at(Place::of_offset(self.text, path.find(self.text)));
        }
        self.report.push(problem);
    }

    /// Reports an error of the value at `path`.
    pub(crate) fn error(&mut self, code: Code, path: &JsonPath<'_>, message: String) {
        self.problem(Severity::Error, code, path, message);
    }

    fn mistyped(&mut self, path: &JsonPath<'_>, expected: &str, found: &Value) {
        let name = match path {
            JsonPath::Root => "the document".to_owned(),
            _ => format!("`{path}`"),
        };
        self.error(Code::WrongType, path, format!("{name} must be {expected}, and is {}", kind_of(found)));
    }

    /// Returns the members of an object.
    pub(crate) fn members<'p>(&mut self, value: Value, path: JsonPath<'p>) -> Option<Members<'p>> {
        match value {
            Value::Object(map) => Some(Members { path, map }),
            other => {
                self.mistyped(&path, "an object", &other);
                None
            }
        }
    }

    /// Returns what `each` makes of the elements of an array; those of which it makes nothing are left out.
    pub(crate) fn array<T>(
        &mut self,
        value: Value,
        path: &JsonPath<'_>,
        mut each: impl FnMut(&mut Self, Value, &JsonPath<'_>) -> Option<T>,
    ) -> Option<Vec<T>> {
        match value {
            Value::Array(elements) => {
                let taken = elements.into_iter().enumerate();
                Some(taken.filter_map(|(index, element)| each(self, element, &path.index(index))).collect())
            }
            other => {
                self.mistyped(path, "an array", &other);
                None
            }
        }
    }

    /// Returns a string.
    pub(crate) fn string(&mut self, value: Value, path: &JsonPath<'_>) -> Option<String> {
        match value {
            Value::String(text) => Some(text),
            other => {
                self.mistyped(path, "a string", &other);
                None
            }
        }
    }

    /// Returns a whole number that is not negative.
    pub(crate) fn number(&mut self, value: Value, path: &JsonPath<'_>) -> Option<u64> {
        let number = value.as_u64();
        if number.is_none() {
            self.mistyped(path, "a whole number, not negative", &value);
        }
        number
    }

    /// Returns an oid.
    pub(crate) fn oid(&mut self, value: Value, path: &JsonPath<'_>) -> Option<Oid> {
        let text = self.string(value, path)?;
        match Oid::parse(&text) {
            Ok(oid) => Some(oid),
            Err(error) => {
                self.error(Code::BadOid, path, format!("`{path}` is `{text}`: {error}"));
                None
            }
        }
    }

    /// Returns an array of oids.
    pub(crate) fn oids(&mut self, value: Value, path: &JsonPath<'_>) -> Option<Vec<Oid>> {
        self.array(value, path, Self::oid)
    }
}

impl Members<'_> {
    /// Returns what `decode` makes of the member `key`; a missing one is an error.
    pub(crate) fn required<'t, T>(
        &mut self,
        document: &mut Document<'t>,
        key: &str,
        decode: impl FnOnce(&mut Document<'t>, Value, &JsonPath<'_>) -> Option<T>,
    ) -> Option<T> {
        match self.map.remove(key) {
            Some(value) => decode(document, value, &self.path.key(key)),
            None => {
                let message = format!("the key `{}` is missing", self.path.key(key));
                document.error(Code::MissingKey, &self.path, message);
                None
            }
        }
    }

    /// Returns what `decode` makes of the member `key`, or the default when it is missing.
    pub(crate) fn optional<'t, T: Default>(
        &mut self,
        document: &mut Document<'t>,
        key: &str,
        decode: impl FnOnce(&mut Document<'t>, Value, &JsonPath<'_>) -> Option<T>,
    ) -> Option<T> {
        match self.map.remove(key) {
            Some(value) => decode(document, value, &self.path.key(key)),
            None => Some(T::default()),
        }
    }

    /// Returns the members that were not taken, and reports each with the given severity.
    pub(crate) fn unknown(self, document: &mut Document<'_>, severity: Severity) -> UnknownKeys {
        for key in self.map.keys() {
            let path = self.path.key(key);
            document.problem(severity, Code::UnknownKey, &path, format!("the key `{path}` is not known"));
        }
        self.map
    }

    /// Returns the members that were not taken, without a word.
    pub(crate) fn rest(self) -> UnknownKeys {
        self.map
    }
}

fn kind_of(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => format!("the number {number}"),
        Value::String(_) => "a string".to_owned(),
        Value::Array(_) => "an array".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn every_wrong_key_is_reported_with_its_path_rps_44() {
        let text = br#"{
"name": 7,
"list": [{"size": "x"}, {"size": -1, "odd": 0}, {}, 3],
"oids": ["_006mAbXTG4G00QR5HS", "_0"],
"extra": null
}"#;
        let mut document = Document::new(Path::new("m.json"), text);
        let value = serde_json::from_slice(text).unwrap();
        let mut top = document.members(value, JsonPath::Root).unwrap();
        assert_eq!(top.required(&mut document, "name", Document::string), None);
        assert_eq!(top.required(&mut document, "absent", Document::string), None);
        assert_eq!(top.optional(&mut document, "also-absent", Document::string), Some(String::new()));
        let sizes = top.required(&mut document, "list", |document, value, path| {
            document.array(value, path, |document, value, path| {
                let mut members = document.members(value, *path)?;
                let size = members.required(document, "size", Document::number);
                members.unknown(document, Severity::Warning);
                size
            })
        });
        assert_eq!(sizes, Some(vec![]));
        assert_eq!(top.required(&mut document, "oids", Document::oids).unwrap().len(), 1);
        assert_eq!(top.unknown(&mut document, Severity::Warning).keys().collect::<Vec<_>>(), ["extra"]);
        let lines: Vec<String> = document
            .report
            .into_iter()
            .map(|p| format!("{}: {} {}", p.place.unwrap().line, p.code, p.message))
            .collect();
        expect![[r#"
            2: store::wrong-type `name` must be a string, and is the number 7
            1: store::missing-key the key `absent` is missing
            3: store::wrong-type `list[0].size` must be a whole number, not negative, and is a string
            3: store::wrong-type `list[1].size` must be a whole number, not negative, and is the number -1
            3: store::unknown-key the key `list[1].odd` is not known
            3: store::missing-key the key `list[2].size` is missing
            3: store::wrong-type `list[3]` must be an object, and is the number 3
            4: store::bad-oid `oids[1]` is `_0`: an oid has 19 characters, this has 2
            5: store::unknown-key the key `extra` is not known"#]]
        .assert_eq(&lines.join("\n"));
    }
}
