//! Damaged files of RefPerSys: each damage has its code and its line, and all of them are found at once.

use std::path::Path;

use rps_persist::refpersys::{Manifest, SpaceText};
use rps_persist::text::Limits;
use rps_persist::{Code, Problem, Severity};

const SPACE: &str = include_str!("fixtures/refpersys-2024/persistore/sp_8J6vNYtP5E800eCr5q-rps.json");
const MANIFEST: &str = include_str!("fixtures/refpersys-2024/rps_manifest.json");
const PLUM: &str = "_3plumPlumP00pLumPl";

/// Returns the errors of a space file with the lines on which they are, those of its records included.
fn errors(bytes: &[u8]) -> Vec<(Code, u32)> {
    let (text, report) = SpaceText::read(Path::new("sp.json"), bytes, &Limits::default());
    let mut problems: Vec<Problem> = report.into_iter().filter(|p| p.severity == Severity::Error).collect();
    if let Some(text) = text {
        problems.extend(text.records.iter().filter_map(|record| text.parse(record).err()));
    }
    problems.iter().map(|problem| (problem.code, problem.place.map_or(0, |place| place.line))).collect()
}

fn line_of(text: &str, part: &str) -> u32 {
    text[..text.find(part).unwrap()].matches('\n').count() as u32 + 1
}

#[test]
fn a_file_that_is_no_text_is_refused_as_a_whole() {
    assert_eq!(errors(b""), [(Code::EmptyFile, 0)]);
    assert_eq!(errors(b"\n\n  \n"), [(Code::EmptyFile, 0)]);
    assert_eq!(errors(format!("\u{feff}{SPACE}").as_bytes()), [(Code::Bom, 0)]);
    let mut bytes = SPACE.as_bytes().to_vec();
    let at = SPACE.find("mtime").unwrap();
    bytes[at] = 0xFF;
    assert_eq!(errors(&bytes), [(Code::NotUtf8, line_of(SPACE, "mtime"))]);
    let merged = SPACE.replacen("\n \"mtime\"", "\n<<<<<<< ours\n \"mtime\"", 1);
    assert_eq!(errors(merged.as_bytes()), [(Code::ConflictMarkers, line_of(&merged, "<<<<<<<"))]);
    let small = Limits { space_file: 100, ..Limits::default() };
    let (_, report) = SpaceText::read(Path::new("sp.json"), SPACE.as_bytes(), &small);
    assert_eq!(report.codes(), [Code::TooLarge]);
}

#[test]
fn damaged_prologues_are_told_apart() {
    let code = |text: String| errors(text.as_bytes());
    assert_eq!(
        code(SPACE.replace("2024A\"", "2031B\"")),
        [(Code::UnknownFormat, line_of(SPACE, "\"format\""))]
    );
    assert_eq!(code(SPACE.replace(" \"spaceid\"", " \"other\"")), [(Code::MissingKey, line_of(SPACE, "{"))]);
    assert_eq!(code(SPACE.replace(" : 4", " : \"4\"")), [(Code::WrongType, line_of(SPACE, "\"nbobjects\""))]);
    assert_eq!(code(SPACE.replace(" : 4", " : 5")), [(Code::WrongCount, line_of(SPACE, "\"nbobjects\""))]);
    let without = format!("///. header\n{}", &SPACE[SPACE.find("\n//+ob").unwrap()..]);
    assert_eq!(code(without)[0], (Code::BadRecord, 1));
}

#[test]
fn damaged_records_are_all_found_with_their_lines_rps_47() {
    let start = format!("//+ob{PLUM}");
    let twice = SPACE.replacen("//+ob_4pearPearP00pearPe", &start, 1);
    let second = line_of(SPACE, "//+ob_4pear");
    assert_eq!(errors(twice.as_bytes()), [(Code::DuplicateOid, second), (Code::BadOid, second + 1)]);

    let bad = SPACE.replacen(&start, "//+ob_3plum", 1);
    assert_eq!(errors(bad.as_bytes())[0], (Code::BadOid, line_of(SPACE, &start)));
    let out_of_range = SPACE.replacen(&start, "//+ob_zzzzzzzzzzzzzzzzzz", 1);
    assert_eq!(errors(out_of_range.as_bytes())[0], (Code::BadOid, line_of(SPACE, &start)));

    // Two damages in different records: neither hides the other, nor what lies between.
    let damaged = SPACE.replacen("\"symb_name\" : \"fruit\"", "\"symb_name\" : \"fruit", 1);
    let damaged = damaged.replacen("\"applying\" : true", "\"applying\" : yes", 1);
    let expected =
        [(Code::BadJson, line_of(SPACE, "\"symb_name\"")), (Code::BadJson, line_of(SPACE, "\"applying\""))];
    assert_eq!(errors(damaged.as_bytes()), expected);

    let cut = &SPACE[..SPACE.find("\"two\"").unwrap()];
    let codes: Vec<_> = errors(cut.as_bytes()).into_iter().map(|(code, _)| code).collect();
    assert_eq!(codes, [Code::WrongCount, Code::Truncated]);

    let nothing = SPACE.replacen("{\n \"oid\": \"_4pear", "//{\n// \"oid\": \"_4pear", 1);
    assert!(
        errors(nothing.as_bytes()).iter().any(|(code, _)| matches!(code, Code::BadRecord | Code::BadJson))
    );

    let deep = SPACE.replacen("\"two\"", &("[".repeat(100_000) + &"]".repeat(100_000)), 1);
    assert_eq!(errors(deep.as_bytes()), [(Code::TooDeep, line_of(SPACE, "\"two\""))]);
}

#[test]
fn a_file_with_carriage_returns_is_the_same_file() {
    let file = Path::new("sp.json");
    let dos = SPACE.replace('\n', "\r\n");
    let (text, report) = SpaceText::read(file, dos.as_bytes(), &Limits::default());
    assert_eq!(report.codes(), [Code::Crlf]);
    let text = text.unwrap();
    let (unix, _) = SpaceText::read(file, SPACE.as_bytes(), &Limits::default());
    let unix = unix.unwrap();
    assert_eq!(text.records.len(), 4);
    for (ours, theirs) in text.records.iter().zip(&unix.records) {
        assert_eq!(text.parse(ours).unwrap(), unix.parse(theirs).unwrap());
        assert!(ours.end.is_some() && ours.remarks.is_empty());
    }
}

#[test]
fn damaged_manifests_are_told_apart() {
    let codes =
        |text: &str| Manifest::read(Path::new("m"), text.as_bytes(), &Limits::default()).unwrap_err().codes();
    assert_eq!(codes(""), [Code::EmptyFile]);
    assert_eq!(codes("//!! only a header\n"), [Code::Truncated]);
    assert_eq!(codes(&MANIFEST.replace("2024A\"", "2031B\"")), [Code::UnknownFormat]);
    assert_eq!(codes(&MANIFEST[..MANIFEST.len() / 2]), [Code::Truncated]);
    let merged = MANIFEST.replace(" \"globalroots\"", ">>>>>>> theirs\n \"globalroots\"");
    assert_eq!(codes(&merged), [Code::ConflictMarkers]);
    let wrong = MANIFEST
        .replace("globalroots", "roots")
        .replace("\"nam\" : \"fruit\"", "\"nam\" : 7")
        .replace(PLUM, "_3plum");
    assert_eq!(codes(&wrong), [Code::MissingKey, Code::WrongType, Code::BadOid]);
}

#[test]
fn keys_that_nobody_knows_are_kept() {
    let more = MANIFEST.replace(" \"plugins\" : [],", " \"mood\" : [ 1.5, null ],\n \"plugins\" : [],");
    let (manifest, _) = Manifest::read(Path::new("m"), more.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(manifest.to_text(), more);
}
