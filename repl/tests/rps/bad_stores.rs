//! Damaged stores on the command line: what is told, and that nothing is touched (issue 2, point 6).

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};

use crate::support::{Run, Stage};

/// A damage, and what must be told of it.
struct Case {
    code: &'static str,
    /// The file that is named.
    file: &'static str,
    /// What stands on the line that is named, or nothing where no line is.
    line: &'static str,
    damage: fn(&Path),
}

const USER: &str = "spaces/user.json";
const CORE: &str = "spaces/core.json";
const MANIFEST: &str = "spaces/manifest.json";
const COMMENT: &str = "\"What is made at the prompt and in scripts.\"";

const CASES: &[Case] = &[
    Case { code: "store::not-found", file: "", line: "", damage: |s| fs::remove_dir_all(s).unwrap() },
    Case {
        code: "store::missing-file",
        file: USER,
        line: "",
        damage: |s| fs::remove_file(s.join(USER)).unwrap(),
    },
    Case { code: "store::empty-file", file: USER, line: "", damage: |s| write(s, USER, "") },
    Case {
        code: "store::truncated",
        file: USER,
        line: "",
        damage: |s| edit(s, USER, |t| t[..t.len() / 2].into()),
    },
    Case {
        code: "store::too-large",
        file: MANIFEST,
        line: "",
        damage: |s| {
            fs::File::options().write(true).open(s.join(MANIFEST)).unwrap().set_len(257 << 20).unwrap();
        },
    },
    Case {
        code: "store::not-utf8",
        file: USER,
        line: "What",
        damage: |s| {
            let latin = |byte| if byte == b'W' { 0xE9 } else { byte };
            write(s, USER, read(s, USER).into_bytes().into_iter().map(latin).collect::<Vec<_>>());
        },
    },
    Case { code: "store::bom", file: USER, line: "", damage: |s| edit(s, USER, |t| format!("\u{feff}{t}")) },
    Case {
        code: "store::crlf",
        file: USER,
        line: "\"format\"",
        damage: |s| edit(s, USER, |t| t.replace('\n', "\r\n")),
    },
    Case {
        code: "store::unknown-format",
        file: USER,
        line: "\"format\"",
        damage: |s| edit(s, USER, |t| t.replace("repersys-1", "repersys-9")),
    },
    Case {
        code: "store::conflict-markers",
        file: USER,
        line: "<<<<<<<",
        damage: |s| edit(s, USER, |t| t.replace(",\"attributes\"", "<<<<<<< ours\n,\"attributes\"")),
    },
    Case {
        code: "store::duplicate-oid",
        file: USER,
        line: "{\"oid\":",
        damage: |s| edit(s, USER, |t| t.replacen("}\n]}", &format!("}},\n{}\n]}}", record(&t)), 1)),
    },
    Case {
        code: "store::duplicate-oid",
        file: USER,
        line: "{\"oid\":\"_0cSUtWqTYdZ00mjeNR\"",
        damage: |s| {
            let other = record(&read(s, CORE));
            edit(s, USER, |t| t.replacen("{\"oid\"", &format!("{other},\n{{\"oid\""), 1));
        },
    },
    Case {
        code: "store::dangling-oid",
        file: USER,
        line: "_0cSUtWqTYdZ00mjeNx",
        damage: |s| edit(s, USER, |t| t.replace(COMMENT, "\"_0cSUtWqTYdZ00mjeNx\"")),
    },
    Case {
        code: "store::wrong-count",
        file: MANIFEST,
        line: "",
        damage: |s| write(s, MANIFEST, read(s, MANIFEST).replace("\"objects\":1,", "\"objects\":2,")),
    },
    Case {
        code: "store::not-a-class",
        file: USER,
        line: "\"class\"",
        damage: |s| edit(s, USER, |t| t.replace("_2i66FFjmS7n03HNNBx", "_8J6vNYtP5E800eCr5q")),
    },
    Case {
        code: "store::superclass-cycle",
        file: CORE,
        line: "{\"oid\":\"_0cSUtWqTYdZ00mjeNR\"",
        // The class of selectors is below that of symbols, which comes to be below it.
        damage: |s| {
            edit(s, CORE, |text| {
                let symbol = text.find("{\"oid\":\"_36I1BY2NetN03WjrOv\"").unwrap();
                let (before, after) = text.split_at(symbol);
                before.to_owned() + &after.replacen("_5yhJGgxLwLp00X0xEQ", "_0cSUtWqTYdZ00mjeNR", 1)
            });
        },
    },
    Case {
        code: "store::too-deep",
        file: USER,
        line: "\"tuple\"",
        damage: |s| {
            let deep = format!("{}1{}", "{\"tuple\":[".repeat(100_000), "]}".repeat(100_000));
            edit(s, USER, |t| t.replace(COMMENT, &deep));
        },
    },
    Case {
        code: "store::not-a-directory",
        file: "",
        line: "",
        damage: |s| {
            fs::remove_dir_all(s).unwrap();
            fs::write(s, "a file").unwrap();
        },
    },
];

#[test]
fn damaged_stores_are_told_and_not_touched_rps_47() {
    for case in CASES {
        let stage = Stage::new();
        let store = sound(&stage);
        (case.damage)(&store);
        let before = snapshot(&store);
        for arguments in [["check", "store"].as_slice(), &["--store", "store", "-e", "1"]] {
            let text = stage.run(arguments, "");
            told(case, &format!("{}{}", text.out, text.err), &text, arguments);
            let json = stage.run(&[&["--json"], arguments].concat(), "");
            structured(case, &store, &json, arguments);
        }
        assert_eq!(snapshot(&store), before, "{}", case.code);
    }
}

fn told(case: &Case, all: &str, run: &Run, arguments: &[&str]) {
    assert_eq!(run.status, 1, "{arguments:?}: {all}");
    assert!(all.contains(&format!("error[{}]", case.code)), "{arguments:?}: {all}");
    assert!(all.contains(case.file), "{arguments:?}: {all}");
    assert!(all.contains("hint: ") || all.contains("help: "), "{arguments:?}: {all}");
}

/// Makes sure that a program is told the same as a person, in JSON.
fn structured(case: &Case, store: &Path, run: &Run, arguments: &[&str]) {
    let context = format!("{arguments:?}, {}: {}{}", case.code, run.out, run.err);
    assert_eq!(run.status, 1, "{context}");
    let errors = run.json_err();
    assert_eq!(errors.len(), 1, "{context}");
    let error = &errors[0]["error"];
    assert_eq!(error["code"], case.code, "{context}");
    assert!(error["hint"].is_string(), "{context}");
    let found = match run.json_out().first() {
        Some(check) => check["check"]["problems"].clone(),
        None => error["problems"].clone(),
    };
    if case.file.is_empty() {
        return;
    }
    let matching =
        |problem: &&serde_json::Value| problem["code"] == case.code && problem["file"] == case.file;
    let problem = found.as_array().and_then(|all| all.iter().find(matching)).expect(&context);
    assert!(problem["hint"].is_string(), "{context}");
    if !case.line.is_empty() {
        let number = problem["line"].as_u64().expect(&context) as usize;
        let content = fs::read(store.join(case.file)).unwrap();
        let line = content.split(|byte| *byte == b'\n').nth(number - 1).expect(&context);
        let line = String::from_utf8_lossy(line);
        assert!(line.contains(case.line) || line.contains('\u{fffd}'), "{context}: {line}");
    }
}

/// Root may read everything, so that the command is started as nobody.
#[test]
fn a_store_that_may_not_be_read_is_told_rps_47() {
    let stage = Stage::new();
    let store = sound(&stage);
    fs::set_permissions(stage.path(""), PermissionsExt::from_mode(0o755)).unwrap();
    fs::set_permissions(store.join(USER), PermissionsExt::from_mode(0o000)).unwrap();
    let mut command = stage.command(&["--json", "check", "store"]);
    if fs::read(store.join(USER)).is_ok() {
        command.uid(65534);
    }
    let Ok(output) = command.output() else {
        return rps_tests::skip("the command can not be started as another user");
    };
    let out = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{out}");
    assert!(out.contains("store::permission") && out.contains(USER), "{out}");
}

/// Returns a store that is sound: the spaces that every store begins with.
fn sound(stage: &Stage) -> PathBuf {
    let store = stage.path("store");
    fs::create_dir_all(store.join("spaces")).unwrap();
    let spaces = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spaces");
    for entry in fs::read_dir(spaces).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), store.join("spaces").join(entry.file_name())).unwrap();
    }
    store
}

fn read(store: &Path, file: &str) -> String {
    fs::read_to_string(store.join(file)).unwrap()
}

/// Returns the first record of a space file.
fn record(text: &str) -> String {
    let start = text.find("{\"oid\"").unwrap();
    let end = text[start..].find("\n}").unwrap();
    text[start..start + end + 2].to_owned()
}

fn edit(store: &Path, file: &str, change: impl FnOnce(String) -> String) {
    let before = read(store, file);
    let after = change(before.clone());
    assert_ne!(after, before);
    write(store, file, after);
}

/// Writes a file. The manifest goes on describing the old one, as after a change by hand.
fn write(store: &Path, file: &str, content: impl AsRef<[u8]>) {
    fs::write(store.join(file), content).unwrap();
}

/// Returns the names and contents of all files, of large ones the size.
fn snapshot(path: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let Ok(meta) = fs::symlink_metadata(path) else { return Vec::new() };
    if meta.is_dir() {
        let mut paths: Vec<_> = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        return std::iter::once((path.into(), Vec::new()))
            .chain(paths.iter().flat_map(|path| snapshot(path)))
            .collect();
    }
    let content =
        if meta.len() > 1 << 20 { meta.len().to_le_bytes().into() } else { fs::read(path).unwrap() };
    vec![(path.into(), content)]
}

/// As on a full disk: the session goes on, and the store is as it was.
#[test]
fn a_write_that_is_too_large_is_an_error() {
    let stage = Stage::new();
    let run = stage.run(&["--store", "s", "--dump", "-e", "keep new vector [] as v"], "");
    assert_eq!(run.status, 0, "{}", run.err);
    let rps = env!("CARGO_BIN_EXE_rps");
    for flag in ["--commit", "--dump"] {
        let mut command = std::process::Command::new("sh");
        rps_tests::program::isolate(&mut command, &stage.path(""));
        let line = format!("ulimit -f 8; exec {rps} --store s {flag} -e 'for i in 0..20000 {{ v.push(i) }}'");
        command.args(["-c", &line]).current_dir(stage.path(""));
        let run = stage.start(command, "");
        assert!(
            run.status == 1 && run.err.contains("error[store::too-large]"),
            "{}: {}",
            run.status,
            run.err
        );
    }
    stage.check(&["--store", "s", "-e", "v.len()"], "0\n");
}

#[test]
fn a_mistyped_verb_is_told() {
    let stage = Stage::new();
    let run = stage.run(&["stauts", "s"], "");
    assert!(run.status == 1 && run.err.contains("did you mean `rps status`?"), "{}", run.err);
    let run = stage.run(&["journal", "discard", "s"], "");
    assert!(run.status == 1 && run.err.contains("error[store::not-found]"), "{}", run.err);
}
