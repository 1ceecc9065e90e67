//! Finding the records of a space file without parsing them: the first phase of loading.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

use rps_runtime::Oid;
use serde_json::Value;

use super::frame::SpaceHeader;
use super::relaxed;
use super::scan::{RECORD_START, Scan, scan};
use crate::json::decode::Document;
use crate::json::{self, path::JsonPath};
use crate::report::saturated;
use crate::text::{self, Limits};
use crate::{Code, Place, Problem, Report, Severity, format};

/// The line that begins the records, with the newline before it.
const OBJECTS: &[u8] = b"\n,\"objects\":[\n";

/// How a file ends after its last record.
const END: &[u8] = b"\n]}\n";

/// Where the records of a space file are.
#[derive(Debug, Clone, PartialEq)]
pub struct SpaceIndex {
    /// What the file says before its records.
    pub header: SpaceHeader,
    /// The records, in the order of the file.
    pub records: Vec<RecordSpan>,
}

/// Where one record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordSpan {
    /// The object.
    pub oid: Oid,
    /// The offset of its first byte.
    pub start: u64,
    /// How many bytes it has, from `{` to `}`.
    pub len: u32,
    /// The line on which it begins, from 1.
    pub line: u32,
}

impl RecordSpan {
    /// Returns the range of the record's bytes in its file.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        let start = usize::try_from(self.start).unwrap_or(usize::MAX);
        start..start.saturating_add(self.len as usize)
    }

    /// Turns an error of `serde_json`, which read the record's bytes, into a problem at its place in the file.
    #[must_use]
    pub fn syntax_problem(&self, file: &Path, bytes: &[u8], error: &serde_json::Error) -> Problem {
        let problem = json::syntax_problem(file, &bytes[self.range()], error);
        let place = problem.place.unwrap_or(Place { line: 1, column: 1 });
        let place = Place { line: place.line.saturating_add(self.line - 1), ..place };
        problem.at(place).about(self.oid)
    }
}

impl SpaceIndex {
    /// Finds the records of a space file, and reports what is wrong with the file as a whole.
    ///
    /// Nothing comes back where nothing can be told: bytes that are no text, another format, conflict markers. In other
    /// cases the records that were found come back even if there are errors, so that those inside them can be reported
    /// too. A record is not looked into but for its oid.
    pub fn read(file: &Path, bytes: &[u8], limits: &Limits) -> (Option<Self>, Report) {
        let mut report = Report::new();
        let index = match check(file, bytes, limits) {
            Ok(scan) => index(file, bytes, &scan, &mut report),
            Err(problem) => {
                report.push(problem);
                None
            }
        };
        if let Some(index) = &index {
            check_order(file, &index.records, &mut report);
        }
        (index, report)
    }
}

/// Checks that the file is a text of our format.
fn check(file: &Path, bytes: &[u8], limits: &Limits) -> Result<Scan, Problem> {
    text::check_extent(file, bytes, limits.space_file)?;
    let scan = scan(bytes);
    if let Some(offset) = scan.not_utf8 {
        return Err(text::not_utf8(file, bytes, offset));
    }
    // The scan looks behind newlines; a marker may also come first.
    if (scan.conflict.is_some() || bytes.starts_with(b"<<<<<<< "))
        && let Some(problem) = text::conflict_marker(file, bytes)
    {
        return Err(problem);
    }
    format::check(file, bytes)?;
    match scan.carriage_return {
        Some(_) => text::carriage_return(file, bytes).map_or(Ok(scan), Err),
        None => Ok(scan),
    }
}

fn index(file: &Path, bytes: &[u8], scan: &Scan, report: &mut Report) -> Option<SpaceIndex> {
    let objects = memchr::memmem::find(bytes, OBJECTS);
    let header = match objects {
        Some(end) => header(file, bytes, end, report),
        None => relaxed_header(file, bytes, report),
    }?;
    let first = objects.map(|at| at + OBJECTS.len());
    let (records, is_regular) = regular_records(file, bytes, first, scan, report);
    if is_regular {
        return Some(SpaceIndex { header, records });
    }
    match relaxed::records(file, bytes) {
        Ok(found) => {
            let message = "the file is JSON, but not in the layout of space files";
            report.push(Problem::lenient(Code::OldForm, file, message).at_line(1));
            // Oids that the first way of reading did not like are reported by this one again.
            report.retain(|problem| problem.code != Code::BadOid);
            let records = relaxed_records(bytes, found, report);
            Some(SpaceIndex { header, records })
        }
        Err(problem) => {
            report.push(problem);
            Some(SpaceIndex { header, records })
        }
    }
}

/// Returns the header of a file whose records begin behind `end`.
fn header(file: &Path, bytes: &[u8], end: usize, report: &mut Report) -> Option<SpaceHeader> {
    let mut text = bytes[..end].to_vec();
    text.push(b'}');
    match json::parse(file, &text) {
        Ok(value) => decode_header(file, &text, value, report),
        Err(problem) => {
            report.push(problem);
            None
        }
    }
}

/// Returns the header of a file in another layout: all its members but the objects.
fn relaxed_header(file: &Path, bytes: &[u8], report: &mut Report) -> Option<SpaceHeader> {
    let value = json::parse(file, bytes).map_err(|problem| report.push(problem)).ok()?;
    let Value::Object(mut members) = value else {
        report.push(Problem::error(Code::BadRecord, file, "the file must be a JSON object").at_line(1));
        return None;
    };
    if members.remove("objects").is_none() {
        report.push(Problem::error(Code::MissingKey, file, "the key `objects` is missing").at_line(1));
        return None;
    }
    decode_header(file, bytes, Value::Object(members), report)
}

fn decode_header(file: &Path, text: &[u8], value: Value, report: &mut Report) -> Option<SpaceHeader> {
    let mut document = Document::new(file, text);
    let header = document.members(value, JsonPath::Root).and_then(|mut members| {
        members.required(&mut document, "format", Document::string);
        let space = members.required(&mut document, "space", |document, value, path| {
            let mut members = document.members(value, *path)?;
            let name = members.required(document, "name", Document::string);
            let oid = members.required(document, "oid", Document::oid);
            members.unknown(document, Severity::Warning);
            Some((name?, oid?))
        });
        let unknown = members.unknown(&mut document, Severity::Warning);
        let (name, oid) = space?;
        Some(SpaceHeader { name, oid, unknown })
    });
    report.merge(document.report);
    header
}

/// Returns the records by their first lines, and whether everything between and around them is as it must be.
///
/// The first record, or the end, has to be at `first`.
fn regular_records(
    file: &Path,
    bytes: &[u8],
    first: Option<usize>,
    scan: &Scan,
    report: &mut Report,
) -> (Vec<RecordSpan>, bool) {
    let found = scan.starts.first().map_or(bytes.len().saturating_sub(END.len() - 1), |(start, _)| *start);
    let mut is_regular = first == Some(found) && bytes.ends_with(END);
    let mut records = Vec::with_capacity(scan.starts.len());
    for (number, (start, line)) in scan.starts.iter().copied().enumerate() {
        let (next, tail): (usize, &[u8]) = match scan.starts.get(number + 1) {
            Some((next, _)) => (*next, b"\n},\n"),
            None => (bytes.len(), b"\n}\n]}\n"),
        };
        let end = if bytes[start..next].ends_with(tail) {
            next - tail.len() + 2
        } else {
            is_regular = false;
            json::path::value_end(&bytes[..next], start)
        };
        if start + RECORD_START.len() + 20 > bytes.len() {
            // Cut off within its oid, which the other way of reading reports.
            is_regular = false;
            continue;
        }
        match oid_at(bytes, start) {
            Ok(oid) => {
                let len = saturated(end - start);
                records.push(RecordSpan { oid, start: start as u64, len, line: line + 1 });
            }
            Err(message) => report.push(Problem::error(Code::BadOid, file, message).at_line(line + 1)),
        }
    }
    (records, is_regular)
}

/// Returns the oid at its fixed place in the record at `start`.
fn oid_at(bytes: &[u8], start: usize) -> Result<Oid, String> {
    // The start is `\n{"oid":"_`: the newline is before the record, the underscore belongs to the oid.
    let at = start + RECORD_START.len() - 2;
    let text = bytes.get(at..at + 20).unwrap_or_default();
    match text.split_last() {
        Some((b'"', oid)) => {
            Oid::parse_bytes(oid).map_err(|error| format!("{}: {error}", String::from_utf8_lossy(oid)))
        }
        _ => Err("the record does not begin with an oid of 19 characters".to_owned()),
    }
}

/// Returns the records of a file in another layout; those without a sound oid are reported.
fn relaxed_records(bytes: &[u8], found: Vec<relaxed::Found>, report: &mut Report) -> Vec<RecordSpan> {
    let mut records = Vec::with_capacity(found.len());
    let (mut line, mut counted) = (1, 0);
    for relaxed::Found { oid, range } in found {
        line += memchr::memchr_iter(b'\n', &bytes[counted..range.start]).count();
        counted = range.start;
        match oid {
            Ok(oid) => {
                let (start, len) = (range.start as u64, saturated(range.len()));
                records.push(RecordSpan { oid, start, len, line: saturated(line) });
            }
            Err(problem) => report.push(problem),
        }
    }
    records
}

/// Reports oids that occur twice, and the first record that is not in its place.
fn check_order(file: &Path, records: &[RecordSpan], report: &mut Report) {
    if records.windows(2).all(|pair| pair[0].oid < pair[1].oid) {
        return;
    }
    let mut lines = HashMap::with_capacity(records.len());
    let mut out_of_place = records.windows(2).filter(|pair| pair[1].oid < pair[0].oid);
    if let Some([_, later]) = out_of_place.next() {
        let message = "the record is not in the order of oids";
        report.push(Problem::lenient(Code::Unsorted, file, message).at_line(later.line).about(later.oid));
    }
    for record in records {
        if let Some(first) = lines.get(&record.oid) {
            let message = format!("a second object with this oid; the first one is on line {first}");
            report.push(
                Problem::error(Code::DuplicateOid, file, message).at_line(record.line).about(record.oid),
            );
        } else {
            lines.insert(record.oid, record.line);
        }
    }
}
