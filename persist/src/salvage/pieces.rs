//! The records of a damaged file, one by one.
//!
//! A record is found by its first line, or in a file of another layout by its first key; it ends with the line `},`, or where
//! its brackets close. So what is damaged takes nothing else with it.

use std::ops::Range;
use std::path::Path;

use rps_runtime::Oid;
use rps_runtime::oid::TEXT_LEN;
use serde_json::Value;

use crate::Code;
use crate::json::path::value_end;
use crate::json::{self, string_end};
use crate::text;

/// How the line begins on which a record begins.
pub(super) const RECORD: &[u8] = b"{\"oid\":\"_";

/// A text that a file holds: the file itself, or what one side of a conflict of git makes of it.
pub(super) struct Side {
    pub(super) bytes: Vec<u8>,
    /// The number of each line in the file, from 1.
    lines: Vec<u32>,
    /// Whether it is the side that came in by the merge.
    pub(super) is_theirs: bool,
}

/// A part of a text.
pub(super) struct Piece {
    pub(super) range: Range<usize>,
    /// The object, as far as it can be told.
    pub(super) oid: Option<Oid>,
    /// Why it can not be used, if so.
    pub(super) fault: Option<(Code, String)>,
}

/// Returns the texts of a file, and what was wrong with it as a whole: a byte order mark, line ends, a conflict of git.
pub(super) fn sides(content: &[u8]) -> (Vec<Side>, Vec<(Code, &'static str)>) {
    let mut wrong = Vec::new();
    let mut bytes = content.to_vec();
    if bytes.starts_with(b"\xEF\xBB\xBF") {
        bytes.drain(..3);
        wrong.push((Code::Bom, "the file begins with a byte order mark; it is read without"));
    }
    if memchr::memmem::find(&bytes, b"\r\n").is_some() {
        wrong.push((Code::Crlf, "lines end in a carriage return; they are read without"));
        bytes = without_returns(&bytes);
    }
    if text::find_conflict_marker(&bytes).is_none() {
        let lines = Vec::new();
        return (vec![Side { bytes, lines, is_theirs: false }], wrong);
    }
    wrong.push((
        Code::ConflictMarkers,
        "git left a conflict here; records of the side that the store had before the merge are taken first",
    ));
    (vec![side(&bytes, false), side(&bytes, true)], wrong)
}

fn without_returns(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(bytes.len());
    for (at, byte) in bytes.iter().enumerate() {
        if *byte != b'\r' || bytes.get(at + 1) != Some(&b'\n') {
            plain.push(*byte);
        }
    }
    plain
}

/// Returns one side of a file with conflicts.
fn side(bytes: &[u8], is_theirs: bool) -> Side {
    #[derive(PartialEq)]
    enum Within {
        Both,
        Ours,
        Base,
        Theirs,
    }
    let mut side = Side { bytes: Vec::with_capacity(bytes.len()), lines: Vec::new(), is_theirs };
    let mut within = Within::Both;
    for (number, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let is_inner = within != Within::Both;
        if line.starts_with(b"<<<<<<< ") {
            within = Within::Ours;
        } else if is_inner && line.starts_with(b"|||||||") {
            within = Within::Base;
        } else if is_inner && line.trim_ascii_end() == b"=======" {
            within = Within::Theirs;
        } else if line.starts_with(b">>>>>>> ") {
            within = Within::Both;
        } else if within == Within::Both || within == if is_theirs { Within::Theirs } else { Within::Ours } {
            side.bytes.extend_from_slice(line);
            side.lines.push(crate::report::saturated(number + 1));
        }
    }
    side
}

impl Side {
    /// Returns the first and the last line of a part, as they are in the file.
    pub(super) fn lines_of(&self, range: &Range<usize>) -> (u32, u32) {
        let count = |end: usize| memchr::memchr_iter(b'\n', &self.bytes[..end.min(self.bytes.len())]).count();
        let first = count(range.start);
        let last = count(range.end.max(range.start + 1) - 1);
        let line = |index: usize| {
            self.lines
                .get(index)
                .or(self.lines.last())
                .copied()
                .unwrap_or_else(|| crate::report::saturated(index + 1))
        };
        if self.lines.is_empty() {
            (crate::report::saturated(first + 1), crate::report::saturated(last + 1))
        } else {
            (line(first), line(last))
        }
    }
}

/// Returns the name and the oid of the space that a damaged file says to hold.
pub(super) fn header(bytes: &[u8]) -> Option<(String, Oid)> {
    let at = memchr::memmem::find(bytes, b"\"space\"")?;
    let rest = bytes[at + 7..].trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
    let value: Value = serde_json::from_slice(&rest[..value_end(rest, 0)]).ok()?;
    Some((value["name"].as_str()?.to_owned(), Oid::parse(value["oid"].as_str()?).ok()?))
}

/// Returns the parts of a damaged text: its records, and what is neither a record nor around them.
pub(super) fn split(file: &Path, bytes: &[u8]) -> Vec<Piece> {
    let is_ours = bytes.starts_with(RECORD) || memchr::memmem::find(bytes, b"\n{\"oid\":\"_").is_some();
    let mut pieces = Vec::new();
    if is_ours {
        lines(bytes, |range, is_record| part(file, bytes, range, is_record, &mut pieces));
    } else {
        keys(bytes, |range| part(file, bytes, range, true, &mut pieces));
    }
    pieces
}

/// Calls `f` with the parts of a text in the layout of space files, and whether each begins like a record.
fn lines(bytes: &[u8], mut f: impl FnMut(Range<usize>, bool)) {
    /// What is between two records belongs to one that has lost its first line, or to none.
    struct Open {
        start: usize,
        is_record: bool,
    }
    let mut open: Option<Open> = None;
    let mut at = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let (start, end) = (at, at + line.len());
        at = end;
        if line.starts_with(RECORD) {
            if let Some(Open { start: before, is_record }) = open.take() {
                f(before..start, is_record);
            }
            open = Some(Open { start, is_record: true });
        } else if open.is_none() && !is_frame(line) {
            open = Some(Open { start, is_record: false });
        }
        if line.trim_ascii_end() == b"},"
            && let Some(Open { start, is_record }) = open.take()
        {
            f(start..end, is_record);
        }
    }
    if let Some(Open { start, is_record }) = open {
        let rest = &bytes[start..];
        let end = rest.strip_suffix(b"\n]}\n").map_or(bytes.len(), |rest| start + rest.len() + 1);
        f(start..end, is_record);
    }
}

/// Tells whether a line is one of those around the records.
fn is_frame(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    line.is_empty()
        || matches!(line, b",\"objects\":[" | b"]}")
        || line.starts_with(b"{\"format\":")
        || line.starts_with(b",\"space\":")
}

/// Calls `f` with the parts of a text in another layout that begin like a record.
fn keys(bytes: &[u8], mut f: impl FnMut(Range<usize>)) {
    let mut at = 0;
    let mut starts = memchr::memmem::find_iter(bytes, b"\"oid\"").filter_map(|key| {
        let before = bytes[..key].trim_ascii_end();
        // The space of the file has an oid too, which does not come first.
        before.ends_with(b"{").then(|| before.len() - 1)
    });
    let mut next = starts.next();
    while let Some(start) = next {
        next = starts.next();
        if start < at {
            continue;
        }
        let whole = value_end(bytes, start);
        // What is not closed goes up to the next record.
        let is_closed = serde_json::from_slice::<serde::de::IgnoredAny>(&bytes[start..whole]).is_ok();
        at = if is_closed { whole } else { next.unwrap_or(bytes.len()) };
        f(start..at);
    }
}

/// Adds a part, cut where its record ends, and what is behind that.
fn part(file: &Path, bytes: &[u8], range: Range<usize>, is_record: bool, pieces: &mut Vec<Piece>) {
    let text = &bytes[range.clone()];
    let trimmed = text.trim_ascii_end();
    let trimmed = trimmed.strip_suffix(b",").unwrap_or(trimmed).trim_ascii_end();
    if trimmed.is_empty() {
        return;
    }
    let mut piece = |len: usize, oid, fault| {
        pieces.push(Piece { range: range.start..range.start + len, oid, fault });
    };
    if !is_record {
        let message = "this is no record, nor what is around records".to_owned();
        return piece(text.len(), oid_in(text), Some((Code::BadRecord, message)));
    }
    let end = value_end(trimmed, 0);
    let rest = trimmed[end..].trim_ascii();
    match sound(file, &trimmed[..end]) {
        Ok(oid) if rest.is_empty() => piece(trimmed.len(), Some(oid), None),
        Ok(oid) => {
            let message = "this is no record, nor what is around records".to_owned();
            let behind = range.start + end..range.end;
            piece(end, Some(oid), None);
            if !matches!(rest, b"]}" | b"]" | b"}") {
                let oid = oid_in(rest);
                pieces.push(Piece { range: behind, oid, fault: Some((Code::BadRecord, message)) });
            }
        }
        Err(fault) => piece(text.len(), oid_in(text), Some(fault)),
    }
}

/// Returns the oid of a record that is JSON.
fn sound(file: &Path, record: &[u8]) -> Result<Oid, (Code, String)> {
    if let Err(error) = std::str::from_utf8(record) {
        return Err((Code::NotUtf8, format!("byte 0x{:02x} is not UTF-8", record[error.valid_up_to()])));
    }
    if memchr::memchr(b'\r', record).is_some() {
        return Err((Code::Crlf, "there is a carriage return in the record".to_owned()));
    }
    let value = json::parse(file, record).map_err(|problem| (problem.code, problem.message.into_string()))?;
    let oid = value["oid"].as_str().ok_or_else(|| (Code::BadRecord, "the record has no oid".to_owned()))?;
    Oid::parse(oid).map_err(|error| (Code::BadOid, format!("`{oid}`: {error}")))
}

/// Returns the first oid in a text: that of its record, most likely.
fn oid_in(text: &[u8]) -> Option<Oid> {
    let head = &text[..text.len().min(200)];
    memchr::memmem::find_iter(head, b"\"_").find_map(|at| {
        let oid = head.get(at + 1..at + 1 + TEXT_LEN)?;
        (head.get(at + 1 + TEXT_LEN) == Some(&b'"')).then(|| Oid::parse_bytes(oid).ok())?
    })
}

/// Returns a record in the layout that space files need, with everything that it says as it is written.
pub(super) fn in_layout(record: &[u8]) -> Option<Vec<u8>> {
    let has = |pattern: &[u8]| memchr::memmem::find(record, pattern).is_some();
    if record.starts_with(RECORD) && record.ends_with(b"\n}") && !has(b"\n{\"oid\":\"_") && !has(b"\n},\n") {
        return Some(record.to_vec());
    }
    let dense = dense(record);
    let (mut head, mut rest) = (Vec::new(), Vec::new());
    let mut at = 1;
    while dense.get(at) == Some(&b'"') {
        let colon = string_end(&dense, at);
        let end = value_end(&dense, colon + 1);
        let key = &dense[at..colon];
        let member = &dense[at..end];
        if key == b"\"oid\"" && head.is_empty() {
            head = member.to_vec();
        } else if key == b"\"class\"" && rest.is_empty() {
            rest = [b",", member].concat();
        } else {
            rest.extend_from_slice(b"\n,");
            rest.extend_from_slice(member);
        }
        at = end + 1;
    }
    let whole = [b"{", &head[..], &rest, b"\n}"].concat();
    (whole.starts_with(RECORD) && dense.len() + 1 >= at).then_some(whole)
}

/// Returns a JSON text without the blanks between its tokens.
fn dense(text: &[u8]) -> Vec<u8> {
    let mut dense = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => {
                let end = string_end(text, at);
                dense.extend_from_slice(&text[at..end]);
                at = end;
                continue;
            }
            b' ' | b'\n' | b'\t' | b'\r' => {}
            byte => dense.push(*byte),
        }
        at += 1;
    }
    dense
}
