//! Native space files: written, indexed, damaged in every way, and reformatted.

use std::fmt::Write;
use std::path::Path;

use proptest::prelude::*;
use rps_persist::native::{RecordSpan, SpaceFileWriter, SpaceHeader, SpaceIndex};
use rps_persist::text::Limits;
use rps_persist::{Code, Report, Severity};
use rps_runtime::Oid;
use serde_json::{Value, json};

const FILE: &str = "spaces/core.json";
const OIDS: [&str; 3] = ["_006mAbXTG4G00QR5HS", "_0cSUtWqTYdZ00mjeNR", "_8J6vNYtP5E800eCr5q"];

fn header() -> SpaceHeader {
    SpaceHeader { name: "core".to_owned(), oid: Oid::known(OIDS[2]), unknown: serde_json::Map::new() }
}

/// Returns a record of some lines, whose strings look as much like the layout as strings can.
fn record(oid: &str, lines: usize) -> String {
    let mut text =
        format!("{{\"oid\":\"{oid}\",\"class\":\"{}\"\n,\"mtime\":1.50\n,\"components\":[", OIDS[1]);
    for line in 0..lines {
        let comma = if line == 0 { ' ' } else { ',' };
        let _ = write!(text, "\n{comma}\"é {{\\\"oid\\\":\\\"_\\n}},\\n]}} \\\\\"");
    }
    text + "\n]\n}"
}

fn file(records: &[String]) -> String {
    let mut writer = SpaceFileWriter::begin(Vec::new(), &header()).unwrap();
    for record in records {
        writer.record(record.as_bytes()).unwrap();
    }
    assert_eq!(writer.records(), records.len() as u64);
    String::from_utf8(writer.finish().unwrap()).unwrap()
}

fn sample() -> String {
    file(&OIDS.map(|oid| record(oid, 2)))
}

fn read(text: impl AsRef<[u8]>) -> (Option<SpaceIndex>, Report) {
    SpaceIndex::read(Path::new(FILE), text.as_ref(), &Limits::default())
}

/// Returns the codes and lines of the errors.
fn errors(text: impl AsRef<[u8]>) -> Vec<(Code, u32)> {
    let errors = read(text).1.into_iter().filter(|problem| problem.severity == Severity::Error);
    errors.map(|problem| (problem.code, problem.place.map_or(0, |place| place.line))).collect()
}

fn line_of(text: &str, part: &str) -> u32 {
    text[..text.find(part).unwrap()].matches('\n').count() as u32 + 1
}

fn check_spans(text: &str, spans: &[RecordSpan], records: &[String]) {
    assert_eq!(spans.len(), records.len());
    for (span, record) in spans.iter().zip(records) {
        let start = usize::try_from(span.start).unwrap();
        assert_eq!(&text[span.range()], record);
        assert_eq!(span.line, text[..start].matches('\n').count() as u32 + 1);
        assert!(record.contains(&span.oid.to_string()));
    }
}

#[test]
fn what_is_written_is_found_again_and_is_strict_json() {
    for count in 0..=OIDS.len() {
        let records: Vec<_> = OIDS[..count].iter().map(|oid| record(oid, count)).collect();
        let text = file(&records);
        let (index, report) = read(&text);
        assert_eq!(report, Report::new());
        let index = index.unwrap();
        assert_eq!(index.header, header());
        check_spans(&text, &index.records, &records);
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["objects"].as_array().unwrap().len(), count);
    }
}

#[test]
fn unknown_keys_of_a_file_are_told_and_written_back_rps_44() {
    let mut header = header();
    header.unknown.insert("color".to_owned(), json!({"b": [1.5, null]}));
    let text =
        String::from_utf8(SpaceFileWriter::begin(Vec::new(), &header).unwrap().finish().unwrap()).unwrap();
    let (index, report) = read(&text);
    assert_eq!(index.unwrap().header, header);
    assert_eq!((report.codes(), report.count(Severity::Warning)), (vec![Code::UnknownKey], 1));
}

#[test]
fn a_file_that_is_no_text_of_ours_is_refused_as_a_whole() {
    let sound = sample();
    assert_eq!(errors(""), [(Code::EmptyFile, 0)]);
    assert_eq!(errors(format!("\u{feff}{sound}")), [(Code::Bom, 0)]);
    assert_eq!(errors(sound.replace('\n', "\r\n")), [(Code::Crlf, 1)]);
    assert_eq!(errors(sound.replacen("1.50\n", "1.50\r\n", 1)), [(Code::Crlf, line_of(&sound, "1.50"))]);
    assert_eq!(errors(sound.replace("repersys-1", "repersys-2")), [(Code::UnknownFormat, 1)]);
    assert_eq!(errors("[]"), [(Code::UnknownFormat, 1)]);
    let mut bytes = sound.clone().into_bytes();
    bytes[sound.find("mtime").unwrap()] = 0xC3;
    assert_eq!(errors(bytes), [(Code::NotUtf8, line_of(&sound, "mtime"))]);
    let merged = sound.replacen("\n,\"mtime\"", "\n<<<<<<< ours\n,\"mtime\"", 1);
    assert_eq!(errors(&merged), [(Code::ConflictMarkers, line_of(&merged, "<<<<<<<"))]);
    assert_eq!(errors(format!("<<<<<<< ours\n{sound}")), [(Code::ConflictMarkers, 1)]);
    let small = Limits { space_file: 10, ..Limits::default() };
    let (_, report) = SpaceIndex::read(Path::new(FILE), sound.as_bytes(), &small);
    assert_eq!(report.codes(), [Code::TooLarge]);
}

#[test]
fn a_file_cut_anywhere_is_noticed() {
    let sound = sample();
    let last = sound.trim_end().len();
    for len in 0..last {
        if !sound.is_char_boundary(len) {
            continue;
        }
        let codes: Vec<_> = errors(&sound[..len]).into_iter().map(|(code, _)| code).collect();
        let expected = if len == 0 { Code::EmptyFile } else { Code::Truncated };
        assert_eq!(codes, [expected], "cut after {len} of {last}");
    }
    assert!(errors(&sound[..last]).is_empty(), "only the last newline is missing");
}

#[test]
fn damages_between_records_have_their_line() {
    let sound = sample();
    let third = line_of(&sound, &format!("{{\"oid\":\"{}", OIDS[2]));
    let no_comma = sound.replacen("\n},\n{", "\n}\n{", 2);
    assert_eq!(errors(&no_comma), [(Code::BadJson, line_of(&sound, &format!("{{\"oid\":\"{}", OIDS[1])))]);
    let (index, _) = read(&no_comma);
    check_spans(&no_comma, &index.unwrap().records, &OIDS.map(|oid| record(oid, 2)));
    assert_eq!(errors(format!("{sound}x")), [(Code::BadJson, sound.matches('\n').count() as u32 + 1)]);
    assert_eq!(errors(format!("{sound}{sound}"))[0].0, Code::BadJson);
    let bad = sound.replace(&format!("{{\"oid\":\"{}\"", OIDS[2]), "{\"oid\":\"_8J6v\"");
    assert_eq!(errors(&bad), [(Code::BadOid, third)]);
    let bad = sound.replace(&format!("{{\"oid\":\"{}\"", OIDS[2]), "{\"oid\":\"_zzzzzzzzzzzzzzzzzz\"");
    assert_eq!(errors(&bad), [(Code::BadOid, third)]);
    let no_space = sound.replace(",\"space\"", ",\"room\"");
    assert_eq!(errors(&no_space), [(Code::MissingKey, 1)]);
}

#[test]
fn objects_that_occur_twice_are_named_with_both_lines_rps_7() {
    let text = file(&[record(OIDS[1], 1), record(OIDS[0], 1), record(OIDS[1], 1)]);
    let (index, report) = read(&text);
    assert_eq!(index.unwrap().records.len(), 3);
    assert_eq!(report.codes(), [Code::Unsorted, Code::DuplicateOid]);
    let twice = &report.problems()[1];
    assert!(twice.message.contains("line 4"), "{}", twice.message);
    assert_eq!((twice.oid, twice.place.unwrap().line), (Some(Oid::known(OIDS[1])), 16));
    let unsorted = file(&[record(OIDS[1], 1), record(OIDS[0], 1)]);
    assert!(errors(unsorted).is_empty(), "an order is no error: the next dump sorts");
}

#[test]
fn a_file_that_a_tool_has_formatted_is_still_read() {
    let sound = sample();
    let value: Value = serde_json::from_str(&sound).unwrap();
    // `serde_json` sorts keys, and `format` has to stay the first.
    let body = |text: String| {
        text.replacen("\"format\"", "\"x\"", 1).replacen('{', "{\"format\":\"repersys-1\",", 1)
    };
    for text in [body(value.to_string()), body(serde_json::to_string_pretty(&value).unwrap())] {
        let (index, report) = read(&text);
        let index = index.unwrap();
        assert_eq!(
            (report.count(Severity::Error), report.codes().last()),
            (0, Some(&Code::OldForm)),
            "{report}"
        );
        assert_eq!(index.records.iter().map(|r| r.oid.to_string()).collect::<Vec<_>>(), OIDS);
        for (span, original) in index.records.iter().zip(OIDS.map(|oid| record(oid, 2))) {
            let ours: Value = serde_json::from_str(&text[span.range()]).unwrap();
            assert_eq!(ours, serde_json::from_str::<Value>(&original).unwrap());
            assert_eq!(span.line, text[..span.range().start].matches('\n').count() as u32 + 1);
        }
    }
    let odd = body(value.to_string()).replace(&format!("\"oid\":\"{}\"", OIDS[0]), "\"id\":7");
    assert_eq!(errors(odd)[0].0, Code::BadRecord);
    let deep = sound.replace("\n]}\n", &format!("\n,{}{}]}}", "[".repeat(100_000), "]".repeat(100_000)));
    assert_eq!(errors(deep)[0].0, Code::TooDeep);
}

#[test]
fn errors_inside_records_have_their_place_in_the_file() {
    let sound = sample();
    let text = sound.replacen("1.50", "1.5x", 2).replacen("1.5x", "1.50", 1);
    let (index, report) = read(&text);
    assert!(report.is_empty(), "records are not looked into");
    let span = index.unwrap().records[1];
    let error = serde_json::from_slice::<Value>(&text.as_bytes()[span.range()]).unwrap_err();
    let problem = span.syntax_problem(Path::new(FILE), text.as_bytes(), &error);
    let place = problem.place.unwrap();
    assert_eq!(
        (problem.code, problem.oid, place.line),
        (Code::BadJson, Some(span.oid), line_of(&text, "1.5x"))
    );
    assert_eq!(place.column, 13);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// Files larger than the pieces of a scan, with records of any size.
    #[test]
    fn large_files_are_indexed_like_small_ones(sizes in prop::collection::vec(0usize..10_000, 1..20)) {
        let oid = |n: usize| Oid::from_words(1 << 40, 1 << 20 | n as u64).unwrap().to_string();
        let records: Vec<_> = sizes.iter().enumerate().map(|(n, size)| record(&oid(n), *size)).collect();
        let text = file(&records);
        let (index, report) = read(&text);
        prop_assert!(report.is_empty(), "{}", report);
        check_spans(&text, &index.unwrap().records, &records);
    }
}
