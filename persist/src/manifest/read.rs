//! Reading a manifest: every problem of it is reported, with its path inside the document and its line.

use std::collections::HashSet;
use std::path::Path;

use serde_json::Value;

use super::{FileEntry, Manifest, SpaceEntry, is_sound_path};
use crate::json::decode::Document;
use crate::json::path::JsonPath;
use crate::text::{self, Limits};
use crate::{Code, Problem, Report, Severity, format, json};

impl Manifest {
    /// Returns the manifest in `bytes`, and what deserves a warning, such as keys that are not known.
    ///
    /// # Errors
    ///
    /// All problems of the document; `file` is the name that they bear.
    pub fn read(file: &Path, bytes: &[u8], limits: &Limits) -> Result<(Self, Report), Report> {
        let value = parse(file, bytes, limits).map_err(|problem| Report::from_iter([problem]))?;
        let mut document = Document::new(file, bytes);
        let manifest = manifest(&mut document, value);
        match manifest {
            Some(manifest) if !document.report.has_errors() => Ok((manifest, document.report)),
            _ => Err(document.report),
        }
    }
}

fn parse(file: &Path, bytes: &[u8], limits: &Limits) -> Result<Value, Problem> {
    text::decode(file, bytes, limits.manifest)?;
    if let Some(problem) = text::conflict_marker(file, bytes) {
        // A manifest is derived from the other files, so there is an easy way out.
        return Err(problem.with_hint("take either side; the next dump writes the manifest anew"));
    }
    format::check(file, bytes)?;
    match text::carriage_return(file, bytes) {
        Some(problem) => Err(problem),
        None => json::parse(file, bytes),
    }
}

fn manifest(document: &mut Document<'_>, value: Value) -> Option<Manifest> {
    let root = JsonPath::Root;
    let mut members = document.members(value, root)?;
    members.required(document, "format", Document::string)?;
    let spaces =
        members.required(document, "spaces", |document, value, path| document.array(value, path, space));
    let roots = members.required(document, "roots", Document::oids);
    let constants = members.optional(document, "constants", Document::oids);
    let names = members.optional(document, "names", Document::oids);
    let state =
        members.optional(document, "state", |document, value, path| document.array(value, path, file));
    let annotations = members.optional(document, "annotations", |document, value, path| {
        document.members(value, *path).map(|members| members.rest())
    });
    let unknown = members.unknown(document, Severity::Warning);
    let mut manifest = Manifest {
        spaces: spaces?,
        roots: roots?,
        constants: constants?,
        names: names?,
        state: state?,
        annotations: annotations?,
        unknown,
    };
    distinct(document, &manifest);
    manifest.sort();
    Some(manifest)
}

fn space(document: &mut Document<'_>, value: Value, path: &JsonPath<'_>) -> Option<SpaceEntry> {
    let mut members = document.members(value, *path)?;
    let name = members.required(document, "name", Document::string);
    let oid = members.required(document, "oid", Document::oid);
    let objects = members.required(document, "objects", Document::number);
    let files =
        members.required(document, "files", |document, value, path| document.array(value, path, file));
    let unknown = members.unknown(document, Severity::Warning);
    Some(SpaceEntry { name: name?, oid: oid?, objects: objects?, files: files?, unknown })
}

fn file(document: &mut Document<'_>, value: Value, path: &JsonPath<'_>) -> Option<FileEntry> {
    let mut members = document.members(value, *path)?;
    let name = members.required(document, "path", Document::string);
    if let Some(name) = name.as_ref().filter(|name| !is_sound_path(name)) {
        document.error(
            Code::BadPath,
            &path.key("path"),
            format!("`{path}.path` is `{name}`, which can not be used"),
        );
    }
    let size = members.required(document, "size", Document::number);
    let hash = members.required(document, "blake3", |document, value, path| {
        let text = document.string(value, path)?;
        let hash = blake3::Hash::from_hex(&text).ok();
        if hash.is_none() {
            document.error(
                Code::WrongType,
                path,
                format!("`{path}` must be 64 hexadecimal digits, and is `{text}`"),
            );
        }
        hash
    });
    let unknown = members.unknown(document, Severity::Warning);
    Some(FileEntry { path: name?, size: size?, hash: hash?, unknown })
}

/// Reports names, oids and paths that stand for two things.
fn distinct(document: &mut Document<'_>, manifest: &Manifest) {
    let root = JsonPath::Root;
    let spaces = root.key("spaces");
    let (mut names, mut oids, mut paths) = (HashSet::new(), HashSet::new(), HashSet::new());
    for (index, space) in manifest.spaces.iter().enumerate() {
        let at = spaces.index(index);
        if !names.insert(&space.name) {
            document.error(
                Code::DuplicateName,
                &at,
                format!("`{at}` is a second space with the name `{}`", space.name),
            );
        }
        if !oids.insert(space.oid) {
            document.error(
                Code::DuplicateOid,
                &at,
                format!("`{at}` is a second space with the oid {}", space.oid),
            );
        }
        for file in &space.files {
            if !paths.insert(&file.path) {
                document.error(
                    Code::DuplicateName,
                    &at,
                    format!("`{at}` lists the file `{}` again", file.path),
                );
            }
        }
    }
    for (index, file) in manifest.state.iter().enumerate() {
        if !paths.insert(&file.path) {
            let state = root.key("state");
            let at = state.index(index);
            document.error(Code::DuplicateName, &at, format!("`{at}` lists the file `{}` again", file.path));
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use rps_runtime::Oid;

    use super::*;
    use crate::manifest::UnknownKeys;

    fn sample() -> Manifest {
        let oid = |text| Oid::parse(text).unwrap();
        let [a, b] = ["_006mAbXTG4G00QR5HS", "_8J6vNYtP5E800eCr5q"].map(oid);
        let file = |path: &str| FileEntry::of_content(path, path.as_bytes());
        let mut manifest = Manifest {
            spaces: vec![
                SpaceEntry {
                    name: "mine \"é\"".to_owned(),
                    oid: a,
                    objects: 3,
                    files: vec![file("mine/1.json"), file("mine/0.json")],
                    unknown: UnknownKeys::new(),
                },
                SpaceEntry {
                    name: "core".to_owned(),
                    oid: b,
                    objects: 0,
                    files: vec![],
                    unknown: UnknownKeys::new(),
                },
            ],
            roots: vec![b, a],
            state: vec![file("state/geo.json")],
            ..Manifest::default()
        };
        manifest.sort();
        manifest
    }

    fn read(text: &str) -> Result<(Manifest, Report), Report> {
        Manifest::read(Path::new("manifest.json"), text.as_bytes(), &Limits::default())
    }

    fn text() -> String {
        String::from_utf8(sample().to_bytes()).unwrap()
    }

    #[test]
    fn a_manifest_reads_back_and_has_one_form() {
        let text = text();
        let (manifest, report) = read(&text).unwrap();
        assert_eq!((&manifest, report.is_empty()), (&sample(), true));
        assert_eq!(manifest.to_bytes(), text.as_bytes());
        expect![[r#"
            {"format":"repersys-1"
            ,"spaces":[
             {"name":"core","oid":"_8J6vNYtP5E800eCr5q","objects":0,"files":[]}
            ,{"name":"mine \"é\"","oid":"_006mAbXTG4G00QR5HS","objects":3,"files":[
              {"path":"mine/0.json","size":11,"blake3":"28ce217b58c0a9d6b47e4b8e95bbe3f3f0f4537c816e0a33bc1f1edbcfe80d96"}
             ,{"path":"mine/1.json","size":11,"blake3":"fa8873b602af577ddd561996e828bd21d9ac7d5dddeabaac4415cd927d07b437"}
             ]}
            ]
            ,"roots":[
             "_006mAbXTG4G00QR5HS"
            ,"_8J6vNYtP5E800eCr5q"
            ]
            ,"constants":[]
            ,"names":[]
            ,"state":[
             {"path":"state/geo.json","size":14,"blake3":"10acf0b6f865165f91225eae928570788ca5c80ac5a3b234eaeec72b57c1fb79"}
            ]
            }
        "#]]
        .assert_eq(&text);
    }

    #[test]
    fn unknown_keys_are_reported_and_written_back_rps_44() {
        let text = text()
            .replace("\"objects\":3", "\"objects\":3,\"color\":[1.50,{\"b\":1,\"a\":2}]")
            .replace("\n}\n", "\n,\"later\":\"x\"\n}\n");
        let (manifest, report) = read(&text).unwrap();
        let messages: Vec<_> = report.problems().iter().map(|p| (p.severity, &*p.message)).collect();
        assert_eq!(
            messages,
            [
                (Severity::Warning, "the key `spaces[1].color` is not known"),
                (Severity::Warning, "the key `later` is not known")
            ]
        );
        let again = String::from_utf8(manifest.to_bytes()).unwrap();
        assert!(again.contains("1.50"), "numbers keep their digits: {again}");
        assert_eq!(read(&again).unwrap().0, manifest);
    }

    #[test]
    fn everything_wrong_is_reported_with_its_path_rps_44() {
        let text = text()
            .replace(",\"objects\":3", "")
            .replace("\"mine/1.json\"", "\"../up.json\"")
            .replace("\"core\"", "7")
            .replacen("\"_006mAbXTG4G00QR5HS\"\n", "\"_006mAbXTG4G00QR5\"\n", 1);
        let report = read(&text).unwrap_err();
        let lines: Vec<_> = report
            .problems()
            .iter()
            .map(|p| format!("{} {}: {}", p.place.unwrap().line, p.code, p.message))
            .collect();
        expect![[r#"
            3 store::wrong-type: `spaces[0].name` must be a string, and is the number 7
            4 store::missing-key: the key `spaces[1].objects` is missing
            6 store::bad-path: `spaces[1].files[1].path` is `../up.json`, which can not be used
            10 store::bad-oid: `roots[0]` is `_006mAbXTG4G00QR5`: an oid has 19 characters, this has 17"#]]
        .assert_eq(&lines.join("\n"));
    }

    #[test]
    fn doubles_are_refused() {
        let twice = text().replace("\"core\"", "\"mine \\\"é\\\"\"").replace("mine/1.json", "mine/0.json");
        let codes = read(&twice).unwrap_err().codes();
        assert_eq!(codes, [Code::DuplicateName, Code::DuplicateName]);
        let twice = text().replace("_8J6vNYtP5E800eCr5q", "_006mAbXTG4G00QR5HS");
        assert_eq!(read(&twice).unwrap_err().codes(), [Code::DuplicateOid]);
    }

    #[test]
    fn damaged_files_have_their_codes_rps_8() {
        let sound = text();
        let code = |text: &str| read(text).unwrap_err().codes()[0];
        assert_eq!(code(""), Code::EmptyFile);
        assert_eq!(code(&sound[..sound.len() - 3]), Code::Truncated);
        assert_eq!(code(&sound.replace("repersys-1", "repersys-2")), Code::UnknownFormat);
        assert_eq!(code(&sound.replace('\n', "\r\n")), Code::Crlf);
        assert_eq!(code(&format!("\u{feff}{sound}")), Code::Bom);
        assert_eq!(code(&sound.replace("\n]", "\n<<<<<<< HEAD\n]")), Code::ConflictMarkers);
        assert_eq!(code(&sound.replace("\n]", "\n,]")), Code::BadJson);
        let small = Limits { manifest: 10, ..Limits::default() };
        let refused = Manifest::read(Path::new("m"), sound.as_bytes(), &small).unwrap_err();
        assert_eq!(refused.codes(), [Code::TooLarge]);
    }
}
