//! Small tools for small JSON documents: manifests and prologues. Objects never come through here.
//!
//! - [`parse`]: text to a tree, every failure a [`Problem`] with its place;
//! - `path`: names a place inside a document, `spaces[2].files[0].size`, and finds its line;
//! - `decode`: takes a tree apart, reporting every missing, mistyped and unknown key.

pub(crate) mod decode;
pub(crate) mod path;

use std::path::Path;

use serde_json::Value;

use crate::{Code, Place, Problem};

/// Documents of this depth are still read. It is what jsoncpp reads, too.
pub(crate) const MAX_DEPTH: usize = 1000;

/// Returns the tree of a JSON document.
///
/// # Errors
///
/// The problem, at its line: not JSON, cut off, or nested too deeply.
pub(crate) fn parse(file: &Path, text: &[u8]) -> Result<Value, Problem> {
    if let Some(offset) = too_deep(text, MAX_DEPTH) {
        let message = format!("values are nested more than {MAX_DEPTH} deep");
        return Err(Problem::error(Code::TooDeep, file, message).at(Place::of_offset(text, offset)));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    // Sound because the depth was checked above.
    deserializer.disable_recursion_limit();
    let parsed = serde::Deserialize::deserialize(&mut deserializer).and_then(|value| {
        deserializer.end()?;
        Ok(value)
    });
    parsed.map_err(|error| syntax_problem(file, text, &error))
}

/// Turns an error of `serde_json` into a problem, and tells a document that is cut off from one that is wrong.
pub(crate) fn syntax_problem(file: &Path, text: &[u8], error: &serde_json::Error) -> Problem {
    let offset = offset_of(text, error);
    // The position is reported apart from the message.
    let message = error.to_string();
    let message = message.rsplit_once(" at line ").map_or(message.as_str(), |(message, _)| message);
    // A number or a word that is cut off is an error of its own to the parser.
    let is_cut = error.is_eof() || (offset + 1 >= text.trim_ascii_end().len() && is_open(text));
    let code = if is_cut { Code::Truncated } else { Code::BadJson };
    Problem::error(code, file, message).at(Place::of_offset(text, offset))
}

/// Returns the offset that an error of `serde_json` names.
fn offset_of(text: &[u8], error: &serde_json::Error) -> usize {
    let line_start =
        memchr::memchr_iter(b'\n', text).nth(error.line().wrapping_sub(2)).map_or(0, |at| at + 1);
    // Columns count from 1; column 0 is the newline above, as in a string that is not closed.
    (line_start + error.column()).saturating_sub(1)
}

/// Tells whether a bracket is still open at the end of a text.
fn is_open(text: &[u8]) -> bool {
    let mut depth = 0usize;
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match byte {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            b'"' => at = string_end(text, at) - 1,
            _ => {}
        }
        at += 1;
    }
    depth > 0
}

/// Returns where the nesting of a document exceeds `limit`, looking at brackets outside strings only.
pub(crate) fn too_deep(text: &[u8], limit: usize) -> Option<usize> {
    let mut depth = 0usize;
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match byte {
            b'[' | b'{' => {
                depth += 1;
                if depth > limit {
                    return Some(at);
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            b'"' => at = string_end(text, at) - 1,
            _ => {}
        }
        at += 1;
    }
    None
}

/// Returns the offset behind the string that begins with the quote at `start`; the end of the text if it is cut off.
pub(crate) fn string_end(text: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(found) = text.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
        at += found;
        if text[at] == b'"' {
            return at + 1;
        }
        at += 2;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> (Code, u32, u32, String) {
        let problem = parse(Path::new("f"), text.as_bytes()).unwrap_err();
        let place = problem.place.unwrap();
        (problem.code, place.line, place.column, problem.message.into_string())
    }

    #[test]
    fn failures_have_a_code_and_a_place() {
        assert!(parse(Path::new("f"), b"[1, \"[[\"]").is_ok());
        assert_eq!(problem("[1,\n 2,"), (Code::Truncated, 2, 3, "EOF while parsing a value".to_owned()));
        assert_eq!(problem("[1,\n \"é\" x]"), (Code::BadJson, 2, 6, "expected `,` or `]`".to_owned()));
        assert_eq!(problem("[1, 2.").0, Code::Truncated);
        assert_eq!(problem("[1, tr").0, Code::Truncated);
        assert_eq!(problem("[1, 2.]").0, Code::BadJson);
        assert_eq!(problem("[1,]").0, Code::BadJson);
        assert_eq!(problem("{}\n{}").0, Code::BadJson);
        let deep = "[".repeat(MAX_DEPTH + 1);
        assert_eq!(problem(&deep).0, Code::TooDeep);
        let fits = "[".repeat(MAX_DEPTH) + &"]".repeat(MAX_DEPTH);
        assert!(parse(Path::new("f"), fits.as_bytes()).is_ok());
    }

    #[test]
    fn brackets_in_strings_do_not_count() {
        assert_eq!(too_deep(br#"["[[[\"[[[", []]"#, 2), None);
        assert_eq!(too_deep(b"[[[]]]", 2), Some(2));
        assert_eq!(string_end(br#""a\"b" "#, 0), 6);
        assert_eq!(string_end(br#""a\"#, 0), 3);
    }
}
