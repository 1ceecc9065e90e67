//! Files of RefPerSys are split without loss, and put together again byte for byte.

use std::collections::HashMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use expect_test::expect;
use rps_persist::Report;
use rps_persist::refpersys::{self, Format, Manifest, SpaceText, write};
use rps_persist::text::Limits;
use rps_persist::vfs::RealVfs;
use rps_runtime::Oid;
use serde_json::{Map, Value};

const NAME: &str = "_1EBVGSfW2m200z18rx";

fn fixture(year: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/refpersys-{year}"))
}

/// A store whose files are in memory.
struct Store {
    top: PathBuf,
    manifest_bytes: Vec<u8>,
    manifest: Manifest,
    report: Report,
    spaces: Vec<(PathBuf, Vec<u8>)>,
}

impl Store {
    fn read(top: PathBuf) -> Self {
        let path = Path::new(refpersys::MANIFEST);
        let manifest_bytes = fs::read(top.join(path)).unwrap();
        let (manifest, report) = Manifest::read(path, &manifest_bytes, &Limits::default()).unwrap();
        let path_of = |space: &Oid| PathBuf::from(refpersys::space_path(*space));
        let read = |path: PathBuf| (path.clone(), fs::read(top.join(&path)).unwrap());
        let spaces = manifest.spaces.iter().map(path_of).map(read).collect();
        Self { top, manifest_bytes, manifest, report, spaces }
    }

    /// Returns everything that is reported about the store.
    fn full_report(&self) -> Report {
        let mut report = self.report.clone();
        report.merge(refpersys::unlisted_files(&RealVfs, &self.top, &self.manifest).unwrap());
        for (path, bytes) in &self.spaces {
            report.merge(SpaceText::read(path, bytes, &Limits::default()).1);
        }
        report.sort();
        report
    }
}

fn split<'t>(path: &'t Path, bytes: &'t [u8]) -> SpaceText<'t> {
    let (split, report) = SpaceText::read(path, bytes, &Limits::default());
    assert!(!report.has_errors(), "{report}");
    split.unwrap()
}

/// Takes every record of a file apart and writes the file anew; start lines are computed from the objects.
fn rewrite(text: &SpaceText<'_>) -> String {
    let objects: Vec<(Oid, Map<String, Value>)> =
        text.records.iter().map(|record| (record.oid, text.parse(record).unwrap())).collect();
    let by_oid: HashMap<Oid, &Map<String, Value>> =
        objects.iter().map(|(oid, members)| (*oid, members)).collect();
    let mut out = String::new();
    write::begin_file(&mut out, &text.header, &text.prologue);
    for (oid, members) in &objects {
        let class = Oid::parse(members["class"].as_str().unwrap()).unwrap();
        let caption = write::Caption {
            oid: *oid,
            name: name(members),
            class,
            class_symbol: symbol(&by_oid, class),
            space: text.prologue.space,
        };
        let mtime = members["mtime"].as_f64().unwrap();
        let others = members.iter().filter(|(key, _)| !matches!(key.as_str(), "oid" | "mtime"));
        write::object(&mut out, &caption, mtime, others.map(|(key, value)| (key.as_str(), value)));
    }
    write::end_file(&mut out, text.prologue.space);
    out
}

fn name(members: &Map<String, Value>) -> Option<&str> {
    let attributes = members.get("attrs")?.as_array()?;
    let entry = attributes.iter().find(|entry| entry["at"] == NAME)?;
    entry["va"].as_str().filter(|name| !name.is_empty())
}

/// Returns the name of a class's symbol; classes that the fixtures only refer to have known ones.
fn symbol<'o>(objects: &HashMap<Oid, &'o Map<String, Value>>, class: Oid) -> Option<&'o str> {
    let Some(members) = objects.get(&class) else {
        return match class.to_string().as_str() {
            "_41OFI3r0S1t03qdB2E" => Some("class"),
            "_36I1BY2NetN03WjrOv" => Some("symbol"),
            _ => None,
        };
    };
    let symbol = Oid::parse(members["class_symb"].as_str()?).unwrap();
    objects[&symbol]["symb_name"].as_str()
}

fn assert_same(written: &str, original: &[u8], what: &Path) {
    let original = std::str::from_utf8(original).unwrap();
    if let Some((line, (ours, theirs))) =
        written.split('\n').zip(original.split('\n')).enumerate().find(|(_, (ours, theirs))| ours != theirs)
    {
        panic!("{}: line {} is\n{ours}\nand was\n{theirs}", what.display(), line + 1);
    }
    assert_eq!(written.len(), original.len(), "{}", what.display());
}

fn check_writes_itself(top: PathBuf) {
    let store = Store::read(top);
    assert_eq!(store.manifest.format, Format::V2024A);
    assert_eq!(store.full_report(), Report::new());
    assert_same(&store.manifest.to_text(), &store.manifest_bytes, Path::new(refpersys::MANIFEST));
    for (path, bytes) in &store.spaces {
        assert_same(&rewrite(&split(path, bytes)), bytes, path);
    }
}

/// Returns each object's members, whatever the format.
fn objects(top: PathBuf) -> Vec<(Oid, Map<String, Value>)> {
    let store = Store::read(top);
    let of_space = |(path, bytes): &(PathBuf, Vec<u8>)| {
        let text = split(path, bytes);
        text.records.iter().map(|record| (record.oid, text.parse(record).unwrap())).collect::<Vec<_>>()
    };
    store.spaces.iter().flat_map(of_space).collect()
}

#[test]
fn a_store_of_2024_writes_itself() {
    check_writes_itself(fixture(2024));
}

#[test]
fn a_store_of_2023_becomes_one_of_2024() {
    let (old, new) = (Store::read(fixture(2023)), Store::read(fixture(2024)));
    let (path, bytes) = &old.spaces[0];
    let written = rewrite(&split(path, bytes))
        .replace("in the form of RefPerSysFormat2023A", "in the form of RefPerSysFormat2024A");
    assert_same(&written, &new.spaces[0].1, path);
    assert_eq!(objects(fixture(2023)), objects(fixture(2024)));
    expect![[r#"
        persistore/sp_8J6vNYtP5E800eCr5q-rps.json:8:1: lenient[store::old-form]: the file has an older format
            hint: the next dump writes the current form
        persistore/sp_8J6vNYtP5E800eCr5q-rps.json:19:1: lenient[store::old-form]: the class is on a line below the start line (4 times in this file, first here)
            hint: the next dump writes the current form
        rps_manifest.json:6:1: lenient[store::old-form]: the file has an older format
            hint: the next dump writes the current form
        0 errors, 0 warnings, 3 read leniently"#]]
    .assert_eq(&old.full_report().to_string());
}

#[test]
fn hand_written_files_of_2019_are_understood_and_every_leniency_is_told() {
    let store = Store::read(fixture(2019));
    expect![[r#"
        persistore/old_8J6vNYtP5E800eCr5q-rps.json: lenient[store::unlisted-file]: the manifest does not name this file
            hint: it is not part of the store: remove it, or list it in the manifest; `rps check --salvage` puts it aside
        persistore/sp_8J6vNYtP5E800eCr5q-rps.json:5:1: lenient[store::old-form]: no line announces the prologue
            hint: the next dump writes the current form
        persistore/sp_8J6vNYtP5E800eCr5q-rps.json:6:1: lenient[store::old-form]: the file has an older format
            hint: the next dump writes the current form
        persistore/sp_8J6vNYtP5E800eCr5q-rps.json:8:1: lenient[store::old-form]: a comment was written by hand (8 times in this file, first here)
            hint: it is not written back
        persistore/sp_8J6vNYtP5E800eCr5q-rps.json:13:1: lenient[store::old-form]: a line begins with `#` (3 times in this file, first here)
            hint: it is not written back
        persistore/sp_8J6vNYtP5E800eCr5q-rps.json:18:1: lenient[store::old-form]: a record has no end line (2 times in this file, first here)
            hint: the next dump writes the current form
        persistore/sp_8J6vNYtP5E800eCr5q-rps.json:19:1: lenient[store::old-form]: the class is on a line below the start line
            hint: the next dump writes the current form
        persistore/sp_8J6vNYtP5E800eCr5q-rps.json:33:1: lenient[store::old-form]: a start line is indented
            hint: the next dump writes the current form
        persistore/sp_8J6vNYtP5E800eCr5q-rps.json:41:1: lenient[store::old-form]: text follows the JSON of a record, and is ignored
            hint: it is not written back
        persistore/sp_8J6vNYtP5E800eCr5q-rps.json:42:1: lenient[store::old-form]: an end line names another object than its start line
            hint: the next dump writes the current form
        persistore/sp_8J6vNYtP5E800eCr5q-rps.json:49:1: lenient[store::old-form]: the last line of a space file is missing
            hint: the next dump writes the current form
        rps_manifest.json:4:1: lenient[store::old-form]: a line begins with `#`
            hint: it is not written back
        rps_manifest.json:6:1: lenient[store::old-form]: the file has an older format
            hint: the next dump writes the current form
        0 errors, 0 warnings, 13 read leniently"#]].assert_eq(&store.full_report().to_string());
    let (path, bytes) = &store.spaces[0];
    let text = split(path, bytes);
    assert_eq!((text.prologue.format, text.prologue.objects, &text.trailer), (Format::V2019A, 3, &None));
    let mut shown = String::new();
    for record in &text.records {
        let line = |line: &Option<refpersys::Line>| line.as_ref().map_or(0, |line| line.number);
        let remarks: Vec<_> = record.remarks.iter().map(|line| line.number).collect();
        let _ = writeln!(
            shown,
            "{} start {} class {} json {} end {} remarks {remarks:?}",
            record.oid,
            record.start.number,
            line(&record.class),
            record.json_line,
            line(&record.end),
        );
    }
    expect![[r#"
        _1aBcDeFgHiJ0kLmNoP start 18 class 19 json 20 end 0 remarks [26, 32]
        _2cherryTree00aPple start 33 class 0 json 34 end 42 remarks [35, 45]
        _3plumPlumP00pLumPl start 46 class 0 json 47 end 0 remarks [49]
    "#]]
    .assert_eq(&shown);
    let symbol = text.parse(&text.records[1]).unwrap();
    assert_eq!(symbol["symb_name"], "fruit // not a comment");
}

#[test]
fn the_real_store_of_today_writes_itself() {
    let Some(top) = rps_tests::refpersys_store() else { return };
    check_writes_itself(top);
}

#[test]
fn every_real_store_is_read_and_its_bodies_written_as_they_were() {
    for top in rps_tests::refpersys_history() {
        let store = Store::read(top);
        let report = store.full_report();
        assert!(!report.has_errors(), "{report}");
        for (path, bytes) in &store.spaces {
            let text = split(path, bytes);
            let written = rewrite(&text);
            match text.prologue.format {
                Format::V2024A => {
                    assert!(report.is_empty(), "{report}");
                    assert_same(&written, bytes, path);
                    assert_same(
                        &store.manifest.to_text(),
                        &store.manifest_bytes,
                        Path::new(refpersys::MANIFEST),
                    );
                }
                // The class lines are gone; below them nothing changed.
                Format::V2023A => assert_eq!(json_lines(&written), json_lines(text.text)),
                Format::V2019A => assert!(!report.is_empty()),
            }
            // What was written reads again as the same objects.
            let (again, report) = SpaceText::read(path, written.as_bytes(), &Limits::default());
            let again = again.unwrap();
            assert!(report.is_empty(), "{report}");
            let members = |text: &SpaceText<'_>| -> Vec<_> {
                text.records.iter().map(|record| without_mtime(text.parse(record).unwrap())).collect()
            };
            assert_eq!(members(&again), members(&text));
        }
    }
}

#[test]
fn a_hand_written_file_that_no_manifest_names_can_be_read_too() {
    for top in rps_tests::refpersys_history() {
        let store = Store::read(top);
        for problem in refpersys::unlisted_files(&RealVfs, &store.top, &store.manifest).unwrap() {
            let bytes = fs::read(store.top.join(&problem.file)).unwrap();
            let text = split(&problem.file, &bytes);
            assert_eq!(text.records.len() as u64, text.prologue.objects);
            for record in &text.records {
                text.parse(record).unwrap();
            }
        }
    }
}

/// Returns the lines of a file that are no comments, those of the prologue's format left out.
fn json_lines(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.starts_with("//") && !line.contains("\"format\"")).collect()
}

/// The number of an mtime is the same, its digits are not.
fn without_mtime(mut members: Map<String, Value>) -> (Option<f64>, Map<String, Value>) {
    let mtime = members.remove("mtime").and_then(|mtime| mtime.as_f64());
    (mtime, members)
}
