//! Programs that people wrote: the examples of the documentation, the scripts, and the texts within the tests.

use std::fs;
use std::path::{Path, PathBuf};

use rps_lang::syntax::parse;

use super::grammar::blocks;

/// Returns all programs of the workspace that are found in its documents, scripts and tests, with their origins.
pub(crate) fn programs() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut programs = Vec::new();
    for folder in ["docs", "lang/tests", "library/src", "bench", "tests"] {
        for path in files_below(&root.join(folder)) {
            let Ok(text) = fs::read_to_string(&path) else { continue };
            let texts = match path.extension().and_then(|extension| extension.to_str()) {
                Some("md") => blocks(&text, "rps"),
                Some("rps") => vec![text],
                Some("rs") => string_literals(&text),
                _ => continue,
            };
            let origin = path.strip_prefix(&root).unwrap_or(&path).display().to_string();
            programs.extend(texts.into_iter().map(|text| (origin.clone(), text)));
        }
    }
    programs.retain(|(_, text)| text.len() > 2 && !parse(text).has_errors());
    programs
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return files };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// The string literals of a Rust text, roughly: escapes other than the common ones stay as they are.
fn string_literals(rust: &str) -> Vec<String> {
    let mut literals = Vec::new();
    let mut rest = rust;
    while let Some(at) = rest.find('"') {
        let before = rest[..at].trim_end_matches('#');
        let hashes = &rest[before.len()..at];
        rest = &rest[at + 1..];
        if before.ends_with('r') {
            let closing = format!("\"{hashes}");
            let Some(end) = rest.find(&closing) else { break };
            literals.push(rest[..end].to_owned());
            rest = &rest[end + closing.len()..];
            continue;
        }
        let mut literal = String::new();
        let mut characters = rest.char_indices();
        let mut end = rest.len();
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    end = at + 1;
                    break;
                }
                '\\' => match characters.next() {
                    Some((_, 'n')) => literal.push('\n'),
                    Some((_, 't')) => literal.push('\t'),
                    Some((_, quoted @ ('"' | '\\'))) => literal.push(quoted),
                    Some((_, other)) => literal.extend(['\\', other]),
                    None => break,
                },
                _ => literal.push(character),
            }
        }
        literals.push(literal);
        rest = &rest[end..];
    }
    literals
}
