//! The text of a commit, in both directions.

use rps_runtime::Oid;
use serde_json::{Value, json};

use super::super::index::RecordSpan;
use super::super::reader::{Fault, Reader, Result};
use crate::Code;
use crate::manifest::UnknownKeys;
use crate::report::saturated;

const FORMAT: &str = "repersys-commit-1";

/// What a commit says; of the records, where they are.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct CommitText {
    pub(crate) spaces: Vec<SpacePart>,
    /// The records of objects that have left their space, and of what those can not do without.
    pub(crate) left: Vec<RecordSpan>,
    pub(crate) removed: Vec<Oid>,
    pub(crate) graph: Option<Graph>,
}

/// The records that a commit has for one space.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SpacePart {
    pub(crate) name: String,
    pub(crate) oid: Oid,
    pub(crate) records: Vec<RecordSpan>,
}

/// What a commit says of the graph as a whole.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Graph {
    pub(crate) roots: Vec<Oid>,
    pub(crate) constants: Vec<Oid>,
    pub(crate) annotations: UnknownKeys,
}

/// Writes the text of a commit.
#[derive(Debug)]
pub(super) struct Writer {
    out: Vec<u8>,
    left: Vec<u8>,
    spaces: usize,
    records: usize,
}

impl Writer {
    pub(super) fn new() -> Writer {
        let out = format!("{{\"format\":\"{FORMAT}\"\n,\"spaces\":[").into_bytes();
        Writer { out, left: Vec::new(), spaces: 0, records: 0 }
    }

    /// Begins the records of another space.
    pub(super) fn space(&mut self, name: &str, oid: Oid) {
        self.end_space();
        let before = if self.spaces == 0 { "" } else { "," };
        let head = format!("{before}\n{{\"name\":{},\"oid\":\"{oid}\",\"objects\":[", Value::from(name));
        self.out.extend_from_slice(head.as_bytes());
        self.spaces += 1;
        self.records = 0;
    }

    /// Appends the record of an object that has left its space, or of what such a one can not do without.
    pub(super) fn left(&mut self, record: &[u8]) {
        self.left.extend_from_slice(if self.left.is_empty() { b"\n" } else { b",\n" });
        self.left.extend_from_slice(record);
    }

    /// Appends a record to the space that was begun.
    pub(super) fn record(&mut self, record: &[u8]) {
        self.out.extend_from_slice(if self.records == 0 { b"\n" } else { b",\n" });
        self.out.extend_from_slice(record);
        self.records += 1;
    }

    fn end_space(&mut self) {
        if self.spaces > 0 {
            self.out.extend_from_slice(b"\n]}");
        }
    }

    /// Returns the whole text.
    pub(super) fn finish(mut self, removed: &[Oid], graph: Option<&Graph>) -> Vec<u8> {
        self.end_space();
        self.out.extend_from_slice(b"\n]");
        if !self.left.is_empty() {
            self.out.extend_from_slice(b"\n,\"left\":[");
            self.out.append(&mut self.left);
            self.out.extend_from_slice(b"\n]");
        }
        let texts = |oids: &[Oid]| oids.iter().map(Oid::to_string).collect::<Vec<_>>();
        if !removed.is_empty() {
            self.out.extend_from_slice(format!("\n,\"removed\":{}", json!(texts(removed))).as_bytes());
        }
        if let Some(Graph { roots, constants, annotations }) = graph {
            let (roots, constants, annotations) =
                (json!(texts(roots)), json!(texts(constants)), json!(annotations));
            let graph = format!(
                "\n,\"graph\":{{\"roots\":{roots},\"constants\":{constants},\"annotations\":{annotations}}}"
            );
            self.out.extend_from_slice(graph.as_bytes());
        }
        self.out.extend_from_slice(b"\n}\n");
        self.out
    }
}

impl CommitText {
    /// Reads the text of a commit; records are not looked into but for their oids.
    pub(super) fn read(text: &str) -> Result<CommitText> {
        let mut commit = CommitText::default();
        let reader = &mut Reader::new(text, 0);
        let mut first = true;
        reader.expect(b'{')?;
        if reader.next_key(&mut first)?.as_deref() != Some("format") {
            return Err(reader.fault(Code::UnknownFormat, "the first key of a commit is `format`"));
        }
        let format = reader.string()?;
        if format != FORMAT {
            let message = format!("it has the format `{format}`, and this version reads `{FORMAT}`");
            return Err(reader.fault(Code::UnknownFormat, message));
        }
        let lines = &mut Lines { line: 1, counted: 0 };
        while let Some(key) = reader.next_key(&mut first)? {
            match &*key {
                "spaces" => commit.spaces = spaces(reader, text, lines)?,
                "left" => commit.left = records(reader, text, lines)?,
                "removed" => commit.removed = oids(reader)?,
                "graph" => commit.graph = Some(graph(reader)?),
                other => return Err(reader.fault(Code::UnknownKey, format!("a commit has no `{other}`"))),
            }
        }
        reader.end()?;
        Ok(commit)
    }
}

/// Counts lines up to ascending offsets.
struct Lines {
    line: usize,
    counted: usize,
}

fn spaces(reader: &mut Reader<'_>, text: &str, lines: &mut Lines) -> Result<Vec<SpacePart>> {
    let mut spaces = Vec::new();
    let mut first = true;
    reader.expect(b'[')?;
    while reader.next_element(&mut first)? {
        let (mut name, mut oid, mut records) = (None, None, Vec::new());
        let mut first = true;
        reader.expect(b'{')?;
        while let Some(key) = reader.next_key(&mut first)? {
            match &*key {
                "name" => name = Some(reader.string()?.into_owned()),
                "oid" => oid = Some(self::oid(reader)?),
                "objects" => records = self::records(reader, text, lines)?,
                other => return Err(reader.fault(Code::UnknownKey, format!("a space has no `{other}`"))),
            }
        }
        let (Some(name), Some(oid)) = (name, oid) else {
            return Err(reader.fault(Code::MissingKey, "a space has a `name` and an `oid`"));
        };
        spaces.push(SpacePart { name, oid, records });
    }
    Ok(spaces)
}

fn records(reader: &mut Reader<'_>, text: &str, lines: &mut Lines) -> Result<Vec<RecordSpan>> {
    let mut records = Vec::new();
    let mut first = true;
    reader.expect(b'[')?;
    while reader.next_element(&mut first)? {
        records.push(record(reader, text, lines)?);
    }
    Ok(records)
}

fn record(reader: &mut Reader<'_>, text: &str, lines: &mut Lines) -> Result<RecordSpan> {
    let start = reader.offset();
    reader.expect(b'{')?;
    let mut first = true;
    if reader.next_key(&mut first)?.as_deref() != Some("oid") {
        return Err(reader.fault(Code::BadRecord, "the first key of a record is `oid`"));
    }
    let oid = oid(reader)?;
    reader.back_to(start);
    let len = saturated(reader.skip()?.len());
    lines.line += memchr::memchr_iter(b'\n', &text.as_bytes()[lines.counted..start]).count();
    lines.counted = start;
    Ok(RecordSpan { oid, start: start as u64, len, line: saturated(lines.line) })
}

fn graph(reader: &mut Reader<'_>) -> Result<Graph> {
    let mut graph = Graph::default();
    let mut first = true;
    reader.expect(b'{')?;
    while let Some(key) = reader.next_key(&mut first)? {
        match &*key {
            "roots" => graph.roots = oids(reader)?,
            "constants" => graph.constants = oids(reader)?,
            "annotations" => {
                let text = reader.skip()?;
                graph.annotations = serde_json::from_str(text)
                    .map_err(|error| reader.fault(Code::BadJson, error.to_string()))?;
            }
            other => return Err(reader.fault(Code::UnknownKey, format!("a graph has no `{other}`"))),
        }
    }
    Ok(graph)
}

fn oids(reader: &mut Reader<'_>) -> Result<Vec<Oid>> {
    let mut oids = Vec::new();
    let mut first = true;
    reader.expect(b'[')?;
    while reader.next_element(&mut first)? {
        oids.push(oid(reader)?);
    }
    Ok(oids)
}

fn oid(reader: &mut Reader<'_>) -> Result<Oid> {
    let at = reader.offset();
    let text = reader.string()?;
    Oid::parse(&text).map_err(|error| Fault {
        code: Code::BadOid,
        at,
        message: format!("`{text}` is no oid: {error}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn oid(text: &str) -> Oid {
        Oid::parse(text).unwrap()
    }

    #[test]
    fn what_is_written_is_read_with_the_places_of_the_records() {
        let [core, a, b] = ["_8J6vNYtP5E800eCr5q", "_006mAbXTG4G00QR5HS", "_02iWbXmFx8f04ldLRt"].map(oid);
        let records = [
            format!("{{\"oid\":\"{a}\"\n,\"mtime\":1.00\n}}"),
            format!("{{\"oid\":\"{b}\"\n,\"mtime\":2.00\n}}"),
        ];
        let mut writer = Writer::new();
        writer.space("co\"re", core);
        for record in &records {
            writer.record(record.as_bytes());
        }
        writer.space("empty", a);
        writer.left(records[0].as_bytes());
        let graph = Graph {
            roots: vec![a],
            constants: Vec::new(),
            annotations: UnknownKeys::from_iter([("note".to_owned(), json!({ "x": 1.50 }))]),
        };
        let text = String::from_utf8(writer.finish(&[b], Some(&graph))).unwrap();
        let read = CommitText::read(&text).unwrap();
        assert_eq!((read.spaces.len(), &*read.spaces[0].name, read.spaces[0].oid), (2, "co\"re", core));
        let found: Vec<&str> = read.spaces[0].records.iter().map(|span| &text[span.range()]).collect();
        assert_eq!(found, records);
        assert_eq!(read.spaces[0].records.iter().map(|span| span.line).collect::<Vec<_>>(), [4, 7]);
        assert_eq!(&text[read.left[0].range()], records[0]);
        assert_eq!((read.removed, read.graph), (vec![b], Some(graph)));
        assert!(serde_json::from_str::<Value>(&text).is_ok(), "any tool reads it");
    }

    #[test]
    fn an_empty_commit_and_one_of_another_version() {
        let text = String::from_utf8(Writer::new().finish(&[], None)).unwrap();
        assert_eq!(CommitText::read(&text), Ok(CommitText::default()));
        let newer = text.replace("commit-1", "commit-2");
        assert_eq!(CommitText::read(&newer).unwrap_err().code, Code::UnknownFormat);
        for broken in [&text[..text.len() - 3], "[]", "{}"] {
            assert!(CommitText::read(broken).is_err(), "{broken}");
        }
    }
}
