//! A section: its name and its text.

use std::fmt::Write as _;
use std::path::Path;

use rps_runtime::extension::StateSection;
use serde_json::Value;

use crate::format::{self, FORMAT};
use crate::json::decode::Document;
use crate::json::{self, path::JsonPath};
use crate::{Code, Problem, Severity, base64_lines, text};

/// Longer names of files are not made.
const MAX_NAME: usize = 150;

/// Returns the path of a section below `spaces/`, which is another one for every id, also where case does not count.
pub(crate) fn path_of(id: &str) -> String {
    let mut name = String::with_capacity(id.len());
    for (at, char) in id.char_indices() {
        match char {
            'a'..='z' | '0'..='9' => name.push(char),
            '-' | '_' if at > 0 => name.push(char),
            'A'..='Z' => name.extend(['+', char.to_ascii_lowercase()]),
            _ => char.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| {
                // Writing to a string does not fail.
                let _ = write!(name, "%{byte:02x}");
            }),
        }
    }
    if name.is_empty() || name.len() > MAX_NAME {
        let kept: String = name.chars().take(MAX_NAME / 2).collect();
        name = format!("{kept}~{}", &blake3::hash(id.as_bytes()).to_hex()[..32]);
    }
    format!("state/{name}.json")
}

/// Returns the id of the section with a path, if its name tells it.
pub(super) fn id_of(path: &str) -> Option<String> {
    let mut rest = path.strip_prefix("state/")?.strip_suffix(".json")?.bytes();
    let mut id = Vec::new();
    while let Some(byte) = rest.next() {
        id.push(match byte {
            b'+' => rest.next()?.to_ascii_uppercase(),
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(id).ok().filter(|id| path_of(id) == path)
}

/// Returns the text of a section.
pub(crate) fn to_bytes(section: &StateSection) -> Vec<u8> {
    let StateSection { id, plugin, version, bytes, is_stale } = section;
    let quoted = |text: &str| Value::from(text).to_string();
    let mut out = format!(
        "{{\"format\":\"{FORMAT}\"\n,\"id\":{}\n,\"plugin\":{}\n,\"version\":{version}\n",
        quoted(id),
        quoted(plugin)
    );
    out.reserve(bytes.len() / 57 * 80 + 100);
    if *is_stale {
        out.push_str(",\"stale\":true\n");
    }
    out.push_str(",\"base64\":[");
    for (number, line) in base64_lines::encode(bytes).enumerate() {
        out.extend([if number == 0 { "\n \"" } else { "\n,\"" }, &line, "\""]);
    }
    out.push_str(if bytes.is_empty() { "]\n}\n" } else { "\n]\n}\n" });
    out.into_bytes()
}

/// Returns the section that a file holds.
///
/// # Errors
///
/// The first thing that is wrong with it. A member that is not known is among that: this version can not say what the
/// section means with it.
pub(crate) fn read(file: &Path, bytes: &[u8], limit: u64) -> Result<StateSection, Problem> {
    let content = text::decode(file, bytes, limit)?;
    format::check(file, bytes)?;
    if let Some(problem) = text::conflict_marker(file, bytes) {
        return Err(problem);
    }
    let value = json::parse(file, content.as_bytes())?;
    let mut document = Document::new(file, bytes);
    let section = section(&mut document, value);
    match (section, document.report.into_iter().next()) {
        (Some(section), None) => Ok(section),
        (_, Some(problem)) => Err(problem),
        (None, None) => Err(Problem::error(Code::BadState, file, "the file holds no state")),
    }
}

/// Returns whether a file holds a state, and that of its name.
pub(crate) fn is_sound(path: &str, content: &[u8], limit: u64) -> bool {
    read(Path::new(path), content, limit).is_ok_and(|section| path_of(&section.id) == path)
}

fn section(document: &mut Document<'_>, value: Value) -> Option<StateSection> {
    let mut members = document.members(value, JsonPath::Root)?;
    members.required(document, "format", Document::string);
    let id = members.required(document, "id", Document::string);
    let plugin = members.required(document, "plugin", Document::string);
    let version = members.required(document, "version", |document, value, path| {
        let number = document.number(value, path)?;
        let version = u32::try_from(number).ok();
        if version.is_none() {
            document.error(Code::WrongType, path, format!("`{path}` is {number}, which is too large"));
        }
        version
    });
    let is_stale = members.optional(document, "stale", |document, value, path| {
        let truth = value.as_bool();
        if truth.is_none() {
            document.error(Code::WrongType, path, format!("`{path}` must be true or false"));
        }
        truth
    });
    let bytes = members.required(document, "base64", |document, value, path| {
        let mut bytes = Vec::new();
        document.array(value, path, |document, line, path| {
            let line = document.string(line, path)?;
            match base64_lines::decode(&line, &mut bytes) {
                Ok(()) => Some(()),
                Err(message) => {
                    document.error(Code::WrongType, path, format!("`{path}`: {message}"));
                    None
                }
            }
        })?;
        Some(bytes)
    });
    members.unknown(document, Severity::Error);
    Some(StateSection { id: id?, plugin: plugin?, version: version?, bytes: bytes?, is_stale: is_stale? })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::manifest::is_sound_path;

    #[test]
    fn every_id_has_a_name_of_its_own_bmux_12() {
        assert_eq!(path_of("geo/counter"), "state/geo%2fcounter.json");
        let ids =
            ["geo/counter", "geo/Counter", "GEO/counter", "é/..", "%2f", "a+b", "_x", "-", "con", "~", "a b"];
        for id in ids {
            let path = path_of(id);
            assert!(is_sound_path(&path) && !path.contains(char::is_uppercase), "{path}");
            assert_eq!(id_of(&path).as_deref(), Some(id));
        }
        let long = "x".repeat(1000);
        let paths = [path_of(&long), path_of(&format!("{long}y")), path_of("")];
        for path in &paths {
            assert!(is_sound_path(path) && path.len() < 200 && id_of(path).is_none(), "{path}");
        }
        assert!(paths[0] != paths[1]);
        for path in
            ["state/%.json", "state/%4.json", "state/+.json", "state/A.json", "x.json", "state/%ff.json"]
        {
            assert_eq!(id_of(path), None, "{path}");
        }
    }

    #[test]
    fn a_section_reads_like_this_bmux_5() {
        let bytes: Vec<u8> = (0..60).collect();
        let section =
            StateSection { id: "geo/\"c\"".into(), plugin: "geo".into(), version: 3, bytes, is_stale: true };
        let text = to_bytes(&section);
        expect![[r#"
            {"format":"repersys-1"
            ,"id":"geo/\"c\""
            ,"plugin":"geo"
            ,"version":3
            ,"stale":true
            ,"base64":[
             "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4"
            ,"OTo7"
            ]
            }
        "#]]
        .assert_eq(std::str::from_utf8(&text).unwrap());
        let file = Path::new("f");
        assert_eq!(read(file, &text, 1000), Ok(section.clone()));
        let empty = StateSection { bytes: vec![], is_stale: false, version: u32::MAX, ..section };
        assert_eq!(read(file, &to_bytes(&empty), 1000), Ok(empty));
        let code = |from: &str, to: &str| {
            let text = String::from_utf8(text.clone()).unwrap();
            assert!(text.contains(from), "{from}");
            read(file, text.replacen(from, to, 1).as_bytes(), 1000).unwrap_err().code
        };
        assert_eq!(code("repersys-1", "repersys-2"), Code::UnknownFormat);
        assert_eq!(code(",\"plugin\":\"geo\"\n", ""), Code::MissingKey);
        assert_eq!(code("\"version\":3", "\"version\":4294967296"), Code::WrongType);
        assert_eq!(code("true", "1"), Code::WrongType);
        assert_eq!(code("OTo7", "OTo"), Code::WrongType);
        assert_eq!(code(",\"stale\"", ",\"later\""), Code::UnknownKey);
        assert_eq!(code("]\n}\n", "]"), Code::Truncated);
        assert_eq!(read(file, &text, 10).unwrap_err().code, Code::TooLarge);
    }
}
