//! What is in a record, as text: its sections and their entries, without a runtime.
//!
//! Comparing, merging and listing stores work on this. An outline is read from a record in any layout, and written in the
//! layout that the [module](super) describes; the values stay as they are written.

use std::borrow::Cow;

use rps_runtime::Oid;
use rps_runtime::oid::TEXT_LEN;

use super::reader::{Fault, Reader, Result};
use crate::Code;
use crate::json::string_end;

/// The kinds of payloads whose fields this version knows. Others are one text: nobody here knows what belongs together.
const KNOWN_KINDS: &[&str] = &[
    "classinfo",
    "symbol",
    "space",
    "setob",
    "vectob",
    "vectval",
    "string_dictionary",
    "dictionary",
    "string_buffer",
    "objmap",
    "environment",
    "agenda",
    "tasklet",
    "function",
];

/// The fields that are a list or a table with one entry on a line; all others are on one line.
const BLOCKS: &[&str] = &[
    "methods",
    "bindings",
    "entries",
    "elements",
    "parameters",
    "captured",
    "source",
    "text",
    "low_priority",
    "normal_priority",
    "high_priority",
];

/// A record, taken apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Outline<'t> {
    /// Nothing in an outline of no record.
    pub(crate) oid: Option<Oid>,
    /// The class, as it is written: an oid in quotes.
    pub(crate) class: Option<Cow<'t, str>>,
    pub(crate) mtime: Option<Cow<'t, str>>,
    /// By the oid of the attribute, without quotes.
    pub(crate) attributes: Vec<Entry<'t>>,
    pub(crate) components: Vec<Cow<'t, str>>,
    pub(crate) payload: Option<PayloadOutline<'t>>,
    /// The members that this version does not know.
    pub(crate) extras: Vec<Entry<'t>>,
}

/// A key and a value of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry<'t> {
    pub(crate) key: Cow<'t, str>,
    pub(crate) value: Cow<'t, str>,
}

/// The payload of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PayloadOutline<'t> {
    pub(crate) kind: Cow<'t, str>,
    /// The fields, the kind left out.
    pub(crate) fields: Vec<Field<'t>>,
    /// The text of a payload of another kind than those of the format: it is never taken apart, since its fields may
    /// depend on each other.
    pub(crate) verbatim: Option<&'t str>,
}

/// A field of a payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Field<'t> {
    pub(crate) name: Cow<'t, str>,
    pub(crate) body: Body<'t>,
}

/// What is in a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Body<'t> {
    /// A value on the line of the field.
    Inline(Cow<'t, str>),
    /// A list, one element on a line.
    List(Vec<Cow<'t, str>>),
    /// A table, one entry on a line.
    Table(Vec<Entry<'t>>),
}

/// A line of a record, and what it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) text: String,
    pub(crate) part: LinePart,
}

/// What a line belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LinePart {
    /// Brackets, and what is of no interest by itself.
    Frame,
    Class,
    Mtime,
    /// By its oid.
    Attribute(String),
    Component,
    Kind,
    Field(String),
    /// An entry of a table in a field.
    Entry(String, String),
    Extra(String),
    /// A line of something that was not taken apart.
    Whole,
}

impl<'t> Outline<'t> {
    /// Reads a record, from its `{` to its `}`.
    pub(crate) fn read(text: &'t str) -> Result<Outline<'t>> {
        let reader = &mut Reader::new(text, 0);
        let (mut oid, mut class, mut mtime, mut payload) = (None, None, None, None);
        let (mut attributes, mut components, mut extras) = (Vec::new(), Vec::new(), Vec::new());
        let mut first = true;
        reader.expect(b'{')?;
        while let Some(key) = reader.next_key(&mut first)? {
            match &*key {
                "oid" => {
                    let at = reader.offset();
                    let text = reader.string()?;
                    let message =
                        |error| Fault { code: Code::BadOid, at, message: format!("`{text}`: {error}") };
                    oid = Some(Oid::parse(&text).map_err(message)?);
                }
                "class" => class = Some(compact(reader.skip()?)),
                "mtime" => mtime = Some(compact(reader.skip()?)),
                "attributes" => attributes = table(reader)?,
                "components" => components = list(reader)?,
                "payload" => payload = Some(PayloadOutline::read(reader)?),
                _ => extras.push(Entry { key, value: one_line(reader.skip()?) }),
            }
        }
        reader.end()?;
        let oid = oid.ok_or_else(|| reader.fault(Code::BadRecord, "the record has no `oid`"))?;
        Ok(Outline { oid: Some(oid), class, mtime, attributes, components, payload, extras })
    }

    /// Returns the lines of the record, the last one being its `}`.
    pub(crate) fn lines(&self) -> Vec<Line> {
        let mut lines = Lines(Vec::new());
        let class = self.class.as_ref().map_or_else(String::new, |class| format!(",\"class\":{class}"));
        let oid = self.oid.map_or_else(String::new, |oid| oid.to_string());
        lines.push(LinePart::Class, format!("{{\"oid\":\"{oid}\"{class}"));
        if let Some(mtime) = &self.mtime {
            lines.push(LinePart::Mtime, format!(",\"mtime\":{mtime}"));
        }
        lines.table(",\"attributes\":", &self.attributes, LinePart::Attribute);
        lines.list(",\"components\":", &self.components, &LinePart::Component);
        if let Some(payload) = &self.payload {
            payload.lines(&mut lines);
        }
        for Entry { key, value } in &self.extras {
            lines.push(LinePart::Extra(key.to_string()), format!(",{}:{value}", quoted(key)));
        }
        lines.push(LinePart::Frame, "}".to_owned());
        lines.0
    }

    /// Returns the record as it is written to a file.
    #[cfg(test)]
    pub(crate) fn to_text(&self) -> String {
        self.lines().into_iter().map(|line| line.text).collect::<Vec<_>>().join("\n")
    }

    /// Returns whether two records say the same but for the time of their last change.
    pub(crate) fn is_same_content(&self, other: &Outline<'_>) -> bool {
        (&self.class, &self.attributes, &self.components, &self.payload, &self.extras)
            == (&other.class, &other.attributes, &other.components, &other.payload, &other.extras)
    }
}

impl<'t> PayloadOutline<'t> {
    fn read(reader: &mut Reader<'t>) -> Result<PayloadOutline<'t>> {
        let start = reader.offset();
        let whole = reader.skip()?;
        let end = reader.position();
        reader.back_to(start);
        let (mut kind, mut fields) = (Cow::Borrowed(""), Vec::new());
        let mut first = true;
        reader.expect(b'{')?;
        while let Some(name) = reader.next_key(&mut first)? {
            if name == "kind" {
                kind = reader.string()?;
                continue;
            }
            let body = match reader.peek() {
                Some(b'{') if BLOCKS.contains(&&*name) => Body::Table(table(reader)?),
                Some(b'[') if BLOCKS.contains(&&*name) => Body::List(list(reader)?),
                _ => Body::Inline(compact(reader.skip()?)),
            };
            fields.push(Field { name, body });
        }
        reader.back_to(end);
        let verbatim = (!KNOWN_KINDS.contains(&&*kind)).then_some(whole);
        Ok(PayloadOutline { kind, fields, verbatim })
    }

    /// Returns the field with a name.
    pub(crate) fn field(&self, name: &str) -> Option<&Body<'t>> {
        self.fields.iter().find(|field| field.name == name).map(|field| &field.body)
    }

    fn lines(&self, lines: &mut Lines) {
        if let Some(verbatim) = self.verbatim {
            let mut before = ",\"payload\":";
            for line in verbatim.split('\n') {
                lines.push(LinePart::Kind, format!("{before}{line}"));
                before = "";
            }
            return;
        }
        lines.push(LinePart::Kind, format!(",\"payload\":{{\"kind\":{}", quoted(&self.kind)));
        for Field { name, body } in &self.fields {
            let before = format!(",{}:", quoted(name));
            let of_field = LinePart::Field(name.to_string());
            match body {
                Body::Inline(value) => lines.push(of_field, format!("{before}{value}")),
                Body::List(values) => lines.list(&before, values, &of_field),
                Body::Table(entries) => {
                    lines.table(&before, entries, |key| LinePart::Entry(name.to_string(), key));
                }
            }
        }
        lines.push(LinePart::Frame, "}".to_owned());
    }
}

/// Lines that are written one after the other.
struct Lines(Vec<Line>);

impl Lines {
    fn push(&mut self, part: LinePart, text: String) {
        self.0.push(Line { text, part });
    }

    fn list(&mut self, before: &str, values: &[Cow<'_, str>], part: &LinePart) {
        self.block(before, ["[", "]"], values, |value| (part.clone(), value.to_string()));
    }

    fn table(&mut self, before: &str, entries: &[Entry<'_>], part: impl Fn(String) -> LinePart) {
        self.block(before, ["{", "}"], entries, |Entry { key, value }| {
            (part(key.to_string()), format!("{}:{value}", quoted(key)))
        });
    }

    /// Writes a block with one entry on a line; nothing if there are none.
    fn block<T>(
        &mut self,
        before: &str,
        [open, close]: [&str; 2],
        entries: &[T],
        each: impl Fn(&T) -> (LinePart, String),
    ) {
        if entries.is_empty() {
            return;
        }
        self.push(LinePart::Frame, format!("{before}{open}"));
        for (index, entry) in entries.iter().enumerate() {
            let (part, text) = each(entry);
            self.push(part, format!("{}{text}", if index == 0 { ' ' } else { ',' }));
        }
        self.push(LinePart::Frame, close.to_owned());
    }
}

fn table<'t>(reader: &mut Reader<'t>) -> Result<Vec<Entry<'t>>> {
    let (mut entries, mut first) = (Vec::new(), true);
    reader.expect(b'{')?;
    while let Some(key) = reader.next_key(&mut first)? {
        entries.push(Entry { key, value: compact(reader.skip()?) });
    }
    Ok(entries)
}

fn list<'t>(reader: &mut Reader<'t>) -> Result<Vec<Cow<'t, str>>> {
    let (mut elements, mut first) = (Vec::new(), true);
    reader.expect(b'[')?;
    while reader.next_element(&mut first)? {
        reader.peek();
        elements.push(compact(reader.skip()?));
    }
    Ok(elements)
}

/// Returns the elements of a list that is written on one line, such as that of a set.
pub(crate) fn elements(text: &str) -> Option<Vec<Cow<'_, str>>> {
    list(&mut Reader::new(text, 0)).ok()
}

/// Returns the objects that a text of a store refers to, one after the other; one that is referred to twice comes twice.
pub(crate) fn references(text: &[u8]) -> impl Iterator<Item = Oid> + '_ {
    const STRING: &[u8] = b"{\"string\":";
    memchr::memmem::find_iter(text, b"\"_").filter_map(move |at| {
        let end = at + 1 + TEXT_LEN;
        let is_string = text[..at].ends_with(STRING);
        let oid = text.get(at + 1..end).filter(|_| !is_string && text.get(end) == Some(&b'"'))?;
        Oid::parse_bytes(oid).ok()
    })
}

/// Returns a JSON value without the blanks between its tokens. A file in the layout has none.
fn compact(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    if !bytes.iter().any(u8::is_ascii_whitespace) {
        return Cow::Borrowed(text);
    }
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    while at < bytes.len() {
        let end = match bytes[at] {
            b'"' => string_end(bytes, at),
            byte if byte.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            // Outside of strings JSON is ASCII.
            _ => at + 1,
        };
        out.push_str(text.get(at..end).unwrap_or_default());
        at = end;
    }
    if out.len() == text.len() { Cow::Borrowed(text) } else { Cow::Owned(out) }
}

/// Returns a value of the kind that is kept verbatim, on one line.
fn one_line(text: &str) -> Cow<'_, str> {
    if text.contains('\n') { Cow::Owned(text.replace('\n', " ")) } else { Cow::Borrowed(text) }
}

/// Returns a JSON string.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FUNCTION: &str = r#"{"oid":"_0cSUtWqTYdZ00mjeNx","class":"_9BnrMLXUhfG00llx8X"
,"mtime":1795216686.21
,"attributes":{
 "_1EBVGSfW2m200z18rx":"step by step"
,"_64aLLlJEHskr3ObumV":{"tuple":[1,2.50]}
}
,"components":[
 {"set":["a b"]}
]
,"payload":{"kind":"function"
,"source":[
 "|step| {"
,"    count = count + step * n"
,"}"
]
,"captured":[
 "n"
,{"shared":"count"}
]
,"method":true
}
,"later":[1, 2]
}"#;

    #[test]
    fn an_outline_is_written_as_it_was_read() {
        let outline = Outline::read(FUNCTION).unwrap();
        assert_eq!(outline.to_text(), FUNCTION);
        let payload = outline.payload.as_ref().unwrap();
        assert_eq!(payload.field("method"), Some(&Body::Inline("true".into())));
        assert!(matches!(payload.field("source"), Some(Body::List(lines)) if lines.len() == 3));
    }

    #[test]
    fn a_formatted_record_has_the_same_outline() {
        let spread = FUNCTION.replace(':', " :\n ").replace("_1795", "1795").replace("2.50]", "2.50\n ]");
        let again = Outline::read(&spread).unwrap();
        assert_eq!(again.to_text(), FUNCTION);
    }

    #[test]
    fn a_payload_of_a_plugin_is_one_text() {
        let text = "{\"oid\":\"_0cSUtWqTYdZ00mjeNx\"\n,\"mtime\":1.00\n,\"payload\":{\"kind\":\"geo/Point\"\n,\"schema\":\"00\"\n,\"data\":{\n \"x\":[1,2.50]\n}\n}\n}";
        let outline = Outline::read(text).unwrap();
        assert_eq!(outline.to_text(), text);
        assert!(outline.payload.unwrap().verbatim.is_some());
    }

    #[test]
    fn references_are_found_and_strings_are_none() {
        let text = br#","x":{"tuple":["_0cSUtWqTYdZ00mjeNx",{"string":"_1EBVGSfW2m200z18rx"},"_"]}"#;
        let found: Vec<_> = references(text).map(|oid| oid.to_string()).collect();
        assert_eq!(found, ["_0cSUtWqTYdZ00mjeNx"]);
    }

    #[test]
    fn what_is_no_record_is_refused() {
        for text in ["", "{", "{}", "{\"oid\":\"x\"}", "{\"oid\":\"_0cSUtWqTYdZ00mjeNx\"", "[1]"] {
            assert!(Outline::read(text).is_err(), "{text}");
        }
    }
}
