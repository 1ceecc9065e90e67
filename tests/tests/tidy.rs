//! The rules of the house that neither compiler, formatter nor linter knows.

#![forbid(unsafe_code)]

use rps_tests::source::{code_only, lines_with_word};
use rps_tests::workspace::{self, TextFile};

/// A file of this many lines is split.
const TOO_LONG: usize = 1000;
/// A file of this many lines is looked at hard, and split or named in [`LONG`].
const QUITE_LONG: usize = 600;
/// Files over [`QUITE_LONG`] that stay one concept, each with its reason.
const LONG: &[(&str, &str)] = &[(
    "plugins/abi/include/rps_plugin.h",
    "generated, and what the author of a plugin reads from top to bottom",
)];

const TEXT: &[&str] = &[
    "rs", "toml", "md", "rps", "c", "h", "sh", "yml", "yaml", "json", "txt", "lock", "conf", "ebnf", "html",
    "css",
];

#[test]
fn files_are_of_readable_length() {
    let mut wrong = Vec::new();
    for file in workspace::files(&["rs", "c", "h", "rps", "sh"]) {
        let lines = file.text.lines().count();
        let excused = LONG.iter().any(|(path, _)| *path == file.path);
        if lines > TOO_LONG || (lines > QUITE_LONG && !excused) {
            wrong.push(format!("{}: {lines} lines: split it by concept", file.path));
        } else if lines <= QUITE_LONG && excused {
            wrong.push(format!("{}: {lines} lines: no longer in need of an excuse", file.path));
        }
    }
    wrong.extend(
        LONG.iter()
            .filter(|(path, _)| !workspace::root().join(path).is_file())
            .map(|(path, _)| format!("{path}: excused, but not there")),
    );
    none(&wrong);
}

#[test]
fn white_space_is_tidy() {
    let mut wrong = Vec::new();
    for file in workspace::files(TEXT) {
        // Golden files and data keep what the program writes, byte by byte.
        if file.path.contains("/fixtures/") || file.path.contains("/golden/") {
            continue;
        }
        let mut in_golden_text = false;
        for (index, line) in file.text.split('\n').enumerate() {
            // What a test expects is kept byte by byte, too.
            in_golden_text |= line.contains("expect![[r");
            in_golden_text &= !line.trim_start().starts_with("\"#");
            if in_golden_text {
                continue;
            }
            if line.ends_with([' ', '\t', '\r']) {
                wrong.push(format!("{}:{}: white space at the end", file.path, index + 1));
            }
            if file.path.ends_with(".rs") && line.contains('\t') {
                wrong.push(format!("{}:{}: a tab", file.path, index + 1));
            }
        }
        if !file.text.is_empty() && (!file.text.ends_with('\n') || file.text.ends_with("\n\n")) {
            wrong.push(format!("{}: does not end with one line end", file.path));
        }
    }
    none(&wrong);
}

#[test]
fn every_folder_of_code_says_what_is_inside() {
    let mut wrong = Vec::new();
    for file in workspace::files(&["rs"]) {
        let is_entrance =
            ["lib.rs", "mod.rs", "main.rs"].iter().any(|name| file.path.ends_with(&format!("/{name}")));
        let shared_by_tests = file.path.contains("/tests/") && file.path.ends_with("/mod.rs");
        let comment = file.text.lines().take_while(|line| line.starts_with("//!")).count();
        if is_entrance && !shared_by_tests && comment < 3 {
            wrong.push(format!(
                "{}: begins with {comment} lines of `//!`: say what is inside, in which order",
                file.path
            ));
        }
    }
    none(&wrong);
}

#[test]
fn every_exception_from_a_lint_has_its_reason() {
    let mut wrong = Vec::new();
    for_each_code(|file, code| {
        for attribute in ["#[allow", "#![allow", "#[expect", "#![expect"] {
            for (start, _) in code.match_indices(attribute) {
                // Strings are blanked out in the code, the word before them is not.
                let end = code[start..].find(")]").map_or(code.len(), |end| start + end);
                if lines_with_word(&code[start..end], "reason").is_empty() {
                    wrong.push(format!("{}: {attribute} without a reason", place(file, code, start)));
                }
            }
        }
    });
    none(&wrong);
}

#[test]
fn nothing_is_left_open() {
    let mut wrong = Vec::new();
    for_each_code(|file, code| {
        for open in ["#[ignore", "todo!(", "unimplemented!("] {
            wrong.extend(
                code.match_indices(open).map(|(start, _)| format!("{}: {open}", place(file, code, start))),
            );
        }
    });
    none(&wrong);
}

/// Where something is slow on purpose, or looks again and again until something has happened in another process.
const SLEEPS: &[&str] = &["plugins/host/src/process/tests/child.rs", "plugins/host/src/process/tests/mod.rs"];

/// A test waits for what it waits for, not for a while.
#[test]
fn tests_do_not_sleep() {
    let mut wrong = Vec::new();
    for_each_code(|file, code| {
        if SLEEPS.contains(&&*file.path) {
            return;
        }
        let tests = code.find("#[cfg(test)]").unwrap_or(code.len());
        let from = if file.path.contains("/tests/") || file.path.ends_with("tests.rs") { 0 } else { tests };
        let sleeps = code[from..].match_indices("thread::sleep");
        wrong.extend(sleeps.map(|(start, _)| format!("{}: sleeps", place(file, code, from + start))));
    });
    none(&wrong);
}

/// Nothing in the project depends on the machine on which it was written.
#[test]
fn there_are_no_paths_of_a_machine() {
    // Written in pieces, so that this file does not contain them itself.
    let folders = ["work", "farm", "root", "tmp/target-", "tmp/helpers"].map(|folder| format!("/{folder}"));
    let mut wrong = Vec::new();
    for file in workspace::files(TEXT) {
        for (index, line) in file.text.lines().enumerate() {
            let names = |folder: &String| {
                line.match_indices(folder.as_str()).any(|(start, _)| {
                    let before = line[..start].chars().next_back();
                    let after = line[start + folder.len()..].chars().next();
                    // A path begins here, and the name ends where the folder's name ends.
                    let begins = !before.is_some_and(|c| c.is_alphanumeric() || "._-/})>".contains(c));
                    begins && (folder.ends_with('-') || after == Some('/'))
                })
            };
            if folders.iter().any(names) {
                wrong.push(format!("{}:{}: {}", file.path, index + 1, line.trim()));
            }
        }
    }
    none(&wrong);
}

/// One version of every dependency, named in the root manifest; one edition, one licence, one set of lints.
#[test]
fn manifests_take_everything_from_the_workspace() {
    let mut wrong = Vec::new();
    for file in workspace::files(&["toml"]) {
        // A template is for crates outside of the workspace.
        if file.path == "Cargo.toml"
            || !file.path.ends_with("/Cargo.toml")
            || file.path.contains("/fixtures/")
            || file.path.starts_with("plugins/template/")
        {
            continue;
        }
        let mut section = "";
        for (index, line) in file.text.lines().enumerate() {
            let line = line.trim();
            if line.starts_with('[') && line.ends_with(']') {
                section = line.trim_matches(['[', ']']);
                if section.contains("dependencies.") {
                    wrong.push(format!("{}:{}: write the dependency in one line", file.path, index + 1));
                }
                continue;
            }
            let names_one = section.ends_with("dependencies") && line.contains('=') && !line.starts_with('#');
            let spaceless: String = line.chars().filter(|c| !c.is_whitespace()).collect();
            if names_one && !spaceless.contains("workspace=true") {
                wrong.push(format!("{}:{}: {line}", file.path, index + 1));
            }
        }
        let lines: Vec<_> = file.text.lines().map(|line| line.trim().replace(' ', "")).collect();
        for key in ["version", "edition", "rust-version", "license"] {
            // The version of the ABI is its own: a release that leaves the ABI alone leaves plugins alone.
            if (key, &*file.path) == ("version", "plugins/abi/Cargo.toml") {
                continue;
            }
            if !lines.contains(&format!("{key}.workspace=true")) {
                wrong.push(format!("{}: {key}.workspace = true is missing", file.path));
            }
        }
        if !lines.windows(2).any(|pair| pair == ["[lints]", "workspace=true"]) {
            wrong.push(format!("{}: the lints are not the workspace's", file.path));
        }
    }
    none(&wrong);
}

fn for_each_code(mut check: impl FnMut(&TextFile, &str)) {
    let files = workspace::files(&["rs"]);
    assert!(files.iter().any(|file| file.path == "tests/tests/tidy.rs"));
    for file in &files {
        check(file, &code_only(&file.text));
    }
}

fn place(file: &TextFile, code: &str, position: usize) -> String {
    format!("{}:{}", file.path, code[..position].matches('\n').count() + 1)
}

fn none(wrong: &[String]) {
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}
