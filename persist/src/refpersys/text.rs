//! A space file of RefPerSys, split into its parts.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

use rps_runtime::Oid;
use serde_json::Value;

use super::comments::{self, Remark};
use super::leniency::{Leniencies, Leniency};
use super::record::{Line, LineKind, Record};
use super::{Format, Header, Prologue};
use crate::json::decode::Document;
use crate::json::{self, path::JsonPath};
use crate::report::saturated;
use crate::text::{self, Limits};
use crate::{Code, Place, Problem, Report};

/// A space file, split into header, prologue, records and trailer.
#[derive(Debug)]
pub struct SpaceText<'t> {
    /// The name of the file, for problems.
    pub file: &'t Path,
    /// The whole text.
    pub text: &'t str,
    /// The lines above the prologue.
    pub header: Header,
    /// What the file says about itself.
    pub prologue: Prologue,
    /// The objects, in the order of the file.
    pub records: Vec<Record>,
    /// The last line, where it is there.
    pub trailer: Option<Line>,
    /// The text with blanks instead of comments, at the same offsets.
    blanked: Vec<u8>,
}

impl<'t> SpaceText<'t> {
    /// Splits a space file, and reports what is wrong with it and what was understood leniently.
    ///
    /// Nothing comes back where nothing can be split: bytes that are no text, conflict markers, no prologue. The JSON of
    /// the records is not looked into; that is up to [`SpaceText::parse`] or a visitor.
    pub fn read(file: &'t Path, bytes: &'t [u8], limits: &Limits) -> (Option<Self>, Report) {
        let checked = text::decode(file, bytes, limits.space_file);
        let checked = checked.and_then(|text| text::conflict_marker(file, bytes).map_or(Ok(text), Err));
        match checked {
            Ok(text) => Splitter::new(file, text).split(),
            Err(problem) => (None, Report::from_iter([problem])),
        }
    }

    /// Returns the JSON of a record, without comments; its offsets are those of the file, less the record's.
    #[must_use]
    pub fn json(&self, record: &Record) -> &[u8] {
        &self.blanked[record.json.clone()]
    }

    /// Returns the members of a record's JSON.
    ///
    /// # Errors
    ///
    /// The problem, at its place in the file: not JSON, no object, or an `oid` other than the start line's.
    pub fn parse(&self, record: &Record) -> Result<serde_json::Map<String, Value>, Problem> {
        let located = |problem: Problem| problem.about(record.oid);
        let text = self.json(record);
        let value = json::parse(self.file, text).map_err(|problem| located(self.in_file(record, problem)))?;
        let Value::Object(members) = value else {
            let message = "the text of a record must be a JSON object";
            return Err(located(
                Problem::error(Code::BadRecord, self.file, message).at_line(record.json_line),
            ));
        };
        match members.get("oid").and_then(Value::as_str) {
            Some(oid) if Oid::parse(oid) == Ok(record.oid) => Ok(members),
            Some(oid) => {
                let message = format!("the member `oid` is {oid}, and the start line says {}", record.oid);
                Err(located(Problem::error(Code::BadOid, self.file, message).at_line(record.json_line)))
            }
            None => {
                let message = "the record has no member `oid`";
                Err(located(Problem::error(Code::MissingKey, self.file, message).at_line(record.json_line)))
            }
        }
    }

    /// Turns an error of a parser that read [`SpaceText::json`] into a problem at its place in the file.
    #[must_use]
    pub fn syntax_problem(&self, record: &Record, error: &serde_json::Error) -> Problem {
        let problem = json::syntax_problem(self.file, self.json(record), error);
        self.in_file(record, problem).about(record.oid)
    }

    /// Moves the place of a problem from the record's JSON to the file.
    fn in_file(&self, record: &Record, mut problem: Problem) -> Problem {
        if let Some(place) = &mut problem.place {
            if place.line == 1 {
                place.column += Place::of_offset(self.text.as_bytes(), record.json.start).column - 1;
            }
            place.line += record.json_line - 1;
        }
        problem
    }
}

struct Splitter<'t> {
    file: &'t Path,
    text: &'t str,
    lines: Vec<Range<usize>>,
    blanked: Vec<u8>,
    leniencies: Leniencies,
    report: Report,
    first_lines: HashMap<Oid, u32>,
}

impl<'t> Splitter<'t> {
    fn new(file: &'t Path, text: &'t str) -> Self {
        let mut lines = Vec::new();
        let mut start = 0;
        for end in memchr::memchr_iter(b'\n', text.as_bytes()).chain([text.len()]) {
            lines.push(start..end);
            start = end + 1;
        }
        // A final newline ends the last line and does not begin another one.
        if lines.last().is_some_and(|last| last.start == last.end) {
            lines.pop();
        }
        let blanked = text.as_bytes().to_vec();
        let (leniencies, report, first_lines) = (Leniencies::default(), Report::new(), HashMap::new());
        Self { file, text, lines, blanked, leniencies, report, first_lines }
    }

    fn split(mut self) -> (Option<SpaceText<'t>>, Report) {
        if let Some(offset) = memchr::memchr(b'\r', self.text.as_bytes()) {
            self.leniencies.note(Leniency::CarriageReturn, self.line_at(offset));
        }
        let starts = self.starts();
        let first = starts.first().map_or(self.lines.len(), |(line, _)| *line);
        let parts = self.prologue(first);
        let ends = starts.iter().skip(1).map(|(line, _)| *line).chain([self.lines.len()]);
        let mut trailer = None;
        let mut records = Vec::with_capacity(starts.len());
        for ((start, oid), end) in starts.iter().zip(ends) {
            let (record, last) = self.record(*oid, *start, end);
            records.push(record);
            trailer = last;
        }
        if trailer.is_none() {
            self.leniencies.note(Leniency::NoTrailer, saturated(self.lines.len()));
        }
        if let Some((_, prologue)) = &parts {
            self.check_count(prologue, records.len());
        }
        self.leniencies.report(self.file, &mut self.report);
        let Self { file, text, blanked, report, .. } = self;
        let split = parts.map(|(header, prologue)| SpaceText {
            file,
            text,
            header,
            prologue,
            records,
            trailer,
            blanked,
        });
        (split, report)
    }

    /// Returns the lines on which records begin, and reports those that are no good.
    fn starts(&mut self) -> Vec<(usize, Oid)> {
        let mut starts: Vec<(usize, Oid)> = Vec::new();
        for index in 0..self.lines.len() {
            let number = saturated(index + 1);
            let error = |code, message: String| Problem::error(code, self.file, message).at_line(number);
            match LineKind::of(self.line(index)) {
                LineKind::Start { oid, is_indented } => match Oid::parse(oid) {
                    Ok(oid) => {
                        if is_indented {
                            self.leniencies.note(Leniency::IndentedStart, number);
                        }
                        if let Some(first) = self.first_lines.get(&oid) {
                            let message =
                                format!("a second object with this oid; the first one is on line {first}");
                            self.report.push(error(Code::DuplicateOid, message).about(oid));
                        } else {
                            self.first_lines.insert(oid, number);
                            if starts.last().is_some_and(|(_, last)| *last > oid) {
                                self.leniencies.note(Leniency::Unsorted, number);
                            }
                        }
                        starts.push((index, oid));
                    }
                    Err(reason) => self.report.push(error(Code::BadOid, format!("`{oid}`: {reason}"))),
                },
                LineKind::BadStart => {
                    let message = "the line begins like the start of a record, but no oid follows `//+ob`";
                    self.report.push(error(Code::BadOid, message.to_owned()));
                }
                _ => {}
            }
        }
        starts
    }

    /// Takes apart what comes before the first record.
    fn prologue(&mut self, end: usize) -> Option<(Header, Prologue)> {
        let region = 0..self.offset(end);
        let remarks = comments::blank(&mut self.blanked, region.clone());
        let Some(json) = comments::first_value(&self.blanked, region.clone()) else {
            let message = "the file has no prologue: no JSON comes before the first object";
            self.report.push(Problem::error(Code::BadRecord, self.file, message).at_line(1));
            return None;
        };
        let header = Header::from_text(&self.text[..json.start]);
        if !header.has_prologue_mark() {
            self.leniencies.note(Leniency::NoPrologueMark, self.line_at(json.start));
        }
        for remark in remarks.iter().filter(|remark| remark.range.start > json.start || remark.is_hash) {
            self.note_remark(remark);
        }
        self.note_text_after(json.end..region.end);
        let text = self.json_in_place(&json);
        let parsed = json::parse(self.file, &text);
        let mut document = Document::new(self.file, &text);
        let prologue = match parsed {
            Ok(value) => Prologue::decode(&mut document, value),
            Err(problem) => {
                self.report.push(problem);
                None
            }
        };
        self.report.merge(document.report);
        let prologue = prologue?;
        if prologue.format != Format::V2024A {
            let at = JsonPath::Root.key("format").find(&text);
            self.leniencies.note(Leniency::OldFormat, self.line_at(at));
        }
        Some((header, prologue))
    }

    /// Takes apart the record on the lines `start..end`; returns the trailer, too, if that is among them.
    fn record(&mut self, oid: Oid, start: usize, end: usize) -> (Record, Option<Line>) {
        let region = self.offset(start)..self.offset(end);
        let remarks = comments::blank(&mut self.blanked, region.clone());
        let json = comments::first_value(&self.blanked, region.clone());
        if let Some(json) = &json {
            self.note_text_after(json.end..region.end);
        } else {
            let problem = Problem::error(Code::BadRecord, self.file, "no JSON follows the start line");
            self.report.push(problem.at_line(saturated(start + 1)).about(oid));
        }
        let json = json.unwrap_or(region.end..region.end);
        let json_line = self.line_at(json.start);
        let mut record = Record {
            oid,
            start: self.whole_line(start),
            class: None,
            json,
            json_line,
            end: None,
            remarks: vec![],
        };
        let mut trailer = None;
        for remark in &remarks {
            let index = self.line_index(remark.range.start);
            let line = self.whole_line(index);
            match LineKind::of(self.line(index)) {
                LineKind::Start { .. } if index == start => {}
                LineKind::Class if index == start + 1 => {
                    self.leniencies.note(Leniency::ClassLine, line.number);
                    record.class = Some(line);
                }
                LineKind::End(name) if record.end.is_none() => {
                    if name.get(..19) != Some(&oid.to_string()) {
                        self.leniencies.note(Leniency::EndOfOther, line.number);
                    }
                    record.end = Some(line);
                }
                LineKind::Trailer => trailer = Some(line),
                _ => {
                    self.note_remark(remark);
                    record.remarks.push(line);
                }
            }
        }
        if record.end.is_none() {
            self.leniencies.note(Leniency::NoEndLine, record.start.number);
        }
        (record, trailer)
    }

    fn check_count(&mut self, prologue: &Prologue, found: usize) {
        if prologue.objects != found as u64 {
            let message =
                format!("the prologue announces {} objects, and {found} are there", prologue.objects);
            let line = self.line_at(memchr::memmem::find(&self.blanked, b"\"nbobjects\"").unwrap_or(0));
            self.report.push(Problem::error(Code::WrongCount, self.file, message).at_line(line));
        }
    }

    fn note_remark(&mut self, remark: &Remark) {
        let kind = if remark.is_hash { Leniency::HashLine } else { Leniency::Comment };
        self.leniencies.note(kind, self.line_at(remark.range.start));
    }

    /// Notes text behind the JSON of a record: jsoncpp ignores it.
    fn note_text_after(&mut self, range: Range<usize>) {
        let first = self.blanked[range.clone()].iter().position(|byte| !byte.is_ascii_whitespace());
        if let Some(offset) = first {
            self.leniencies.note(Leniency::TextAfter, self.line_at(range.start + offset));
        }
    }

    /// Returns the JSON in `range` below as many blank lines as come before it, so that lines are those of the file.
    fn json_in_place(&self, range: &Range<usize>) -> Vec<u8> {
        let blank = |byte: &u8| if *byte == b'\n' { b'\n' } else { b' ' };
        let mut text: Vec<u8> = self.blanked[..range.start].iter().map(blank).collect();
        text.extend_from_slice(&self.blanked[range.clone()]);
        text
    }

    fn line(&self, index: usize) -> &'t str {
        self.text[self.lines[index].clone()].trim_end_matches('\r')
    }

    fn whole_line(&self, index: usize) -> Line {
        Line { number: saturated(index + 1), range: self.lines[index].clone() }
    }

    /// Returns where a line begins; that of the line behind the last one is the end.
    fn offset(&self, index: usize) -> usize {
        self.lines.get(index).map_or(self.text.len(), |line| line.start)
    }

    fn line_index(&self, offset: usize) -> usize {
        self.lines.partition_point(|line| line.start <= offset).saturating_sub(1)
    }

    fn line_at(&self, offset: usize) -> u32 {
        saturated(self.line_index(offset) + 1)
    }
}
