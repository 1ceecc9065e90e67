//! The invariants of docs/architecture.md, as tests.
//!
//! The crates are those that the workspace has now: a new one fails the first test until its place is decided here.

#![forbid(unsafe_code)]

use std::fs;

use rps_tests::source::{code_only, lines_with_word, without_unit_tests};
use rps_tests::workspace::{self, Member, TextFile, members};

/// What each crate may depend on among the crates of the workspace. Nobody depends on the command, `rps`.
const MAY_DEPEND_ON: &[(&str, &[&str])] = &[
    ("rps-runtime", &[]),
    ("rps-jit-ir", &[]),
    ("rps-jit-llvm", &["rps-jit-ir", "rps-plugin"]),
    ("rps-lang", &["rps-runtime", "rps-jit-ir"]),
    ("rps-library", &["rps-runtime", "rps-lang"]),
    ("rps-persist", &["rps-runtime"]),
    ("rps-plugin-abi", &[]),
    ("rps-codecs", &["rps-plugin"]),
    ("rps-codecs-library", &["rps-codecs", "rps-plugin"]),
    ("rps-plugin-host", &["rps-runtime", "rps-plugin-abi"]),
    ("rps-plugin", &["rps-plugin-abi", "rps-plugin-derive"]),
    ("rps-plugin-derive", &[]),
    ("rps-example-counter", &["rps-plugin"]),
    ("rps-example-geo", &["rps-plugin"]),
    ("rps-example-metric", &["rps-plugin"]),
    ("rps-jit", &["rps-runtime", "rps-jit-ir", "rps-plugin-host"]),
    (
        "rps",
        &[
            "rps-runtime",
            "rps-lang",
            "rps-library",
            "rps-persist",
            "rps-plugin-host",
            "rps-codecs",
            "rps-jit",
        ],
    ),
    (
        "rps-bench",
        &[
            "rps-runtime",
            "rps-lang",
            "rps-library",
            "rps-persist",
            "rps-plugin-host",
            "rps-plugin",
            "rps-codecs",
            "rps-jit",
            "rps-jit-ir",
        ],
    ),
    ("rps-tests", &[]),
    ("xtask", &[]),
];

/// The crates that cross others to test them: their development dependencies may be any library.
const MAY_TEST_ALL: &[&str] = &["rps", "rps-tests", "rps-bench"];

/// Where unsafe code may stand: below these paths. A crate without one forbids it as a whole.
const MAY_BE_UNSAFE: &[(&str, &[&str])] = &[
    // `trace` calls what the heap is told of the cells, `runtime` finds the mutator of an outer `enter`, `code` runs
    // verified instructions, `direct` calls the functions that plugins give for machine code.
    (
        "rps-runtime",
        &["src/heap", "src/value", "src/object", "src/code", "src/trace", "src/runtime", "src/send/direct"],
    ),
    ("rps-persist", &["src/vfs/mmap", "src/mmap"]),
    // The peers of the heap are allocators, whose cells are freed by hand; machine code is called by its address.
    ("rps-bench", &["src/heap/peer", "src/jit/modules"]),
    ("rps-plugin-abi", &["src"]),
    ("rps-plugin-host", &["src"]),
    // Its tests count what is allocated.
    ("rps-plugin", &["src", "tests/zero_copy"]),
    ("rps-jit", &["src"]),
    ("rps-jit-llvm", &["src"]),
];

/// The crates that are programs or serve tests: they may print. Every other library must not.
const MAY_PRINT: &[&str] = &["rps", "rps-bench", "rps-tests", "xtask"];

#[test]
fn crates_depend_only_downwards() {
    let mut wrong = Vec::new();
    for member in members() {
        let Some(allowed) = find(MAY_DEPEND_ON, &member.name) else {
            wrong.push(format!("{} has no place in MAY_DEPEND_ON", member.name));
            continue;
        };
        for dependency in member.dependencies.iter().filter(|dependency| is_member(&dependency.name)) {
            let name = dependency.name.as_str();
            let tests = dependency.development
                && (name == "rps-tests" || (name != "rps" && MAY_TEST_ALL.contains(&&*member.name)));
            if !allowed.contains(&name) && !tests {
                wrong.push(format!("{} must not depend on {name}", member.name));
            }
        }
    }
    none(&wrong);
}

#[test]
fn the_runtime_knows_no_format_no_terminal_no_file_and_no_llvm() {
    const FOREIGN: &[&str] = &[
        "serde",
        "serde_json",
        "rkyv",
        "memmap2",
        "tempfile",
        "rustix",
        "rustyline",
        "crossterm",
        "indicatif",
        "clap",
        "figment",
        "blake3",
        "flate2",
        "zstd",
        "libloading",
        "inkwell",
        "llvm-sys",
        "annotate-snippets",
        "miette",
    ];
    let tree = dependency_tree("rps-runtime");
    assert!(tree.iter().any(|name| name == "num-bigint"), "the tree is read: {tree:?}");
    none(&tree.into_iter().filter(|name| FOREIGN.contains(&&**name)).collect::<Vec<_>>());
}

#[test]
fn only_the_compiled_tier_knows_llvm_and_only_the_host_opens_libraries() {
    const RESERVED: &[(&str, &[&str])] = &[
        ("inkwell", &["rps-jit-llvm"]),
        ("llvm-sys", &["rps-jit-llvm"]),
        ("libloading", &["rps-plugin-host", "rps"]),
    ];
    let mut wrong = Vec::new();
    for member in members() {
        for dependency in &member.dependencies {
            if find(RESERVED, &dependency.name).is_some_and(|allowed| !allowed.contains(&&*member.name)) {
                wrong.push(format!("{} depends on {}", member.name, dependency.name));
            }
        }
    }
    none(&wrong);
}

#[test]
fn there_is_no_async_runtime() {
    const ASYNC: &[&str] =
        &["tokio", "async-std", "smol", "async-executor", "futures-executor", "actix-rt", "monoio"];
    let lock = fs::read_to_string(workspace::root().join("Cargo.lock")).expect("Cargo.lock is kept");
    let names: Vec<_> = lock.lines().filter_map(|line| line.strip_prefix("name = ")).collect();
    assert!(names.contains(&"\"rps-tests\""), "the names are read");
    none(&names.into_iter().filter(|name| ASYNC.contains(&name.trim_matches('"'))).collect::<Vec<_>>());
}

#[test]
fn unsafe_code_stands_only_where_it_may() {
    let mut wrong = Vec::new();
    for (member, file) in sources() {
        let allowed = find(MAY_BE_UNSAFE, &member.name).unwrap_or(&[]);
        let inside = inside(member, &file);
        let code = code_only(&file.text);
        let may = allowed.iter().any(|place| {
            let rest = inside.strip_prefix(place);
            rest.is_some_and(|rest| rest.starts_with('/') || rest == ".rs")
        });
        if !may {
            wrong.extend(
                lines_with_word(&code, "unsafe").into_iter().map(|line| format!("{}:{line}", file.path)),
            );
        }
        let root = ["src/lib.rs", "src/main.rs"].contains(&inside) || inside.starts_with("src/bin/");
        if root && allowed.is_empty() && !code.contains("#![forbid(unsafe_code)]") {
            wrong.push(format!("{} has no #![forbid(unsafe_code)]", file.path));
        }
    }
    none(&wrong);
}

#[test]
fn the_syntax_knows_text_only() {
    let syntax = |(member, file): &(&Member, TextFile)| {
        member.name == "rps-lang" && (inside(member, file).starts_with("src/syntax/"))
    };
    let mut wrong = Vec::new();
    for (_, file) in sources().into_iter().filter(syntax) {
        wrong.extend(places(
            &file.path,
            &code_only(&file.text),
            &["rps_runtime", "std::fs", "std::io", "std::process"],
        ));
    }
    none(&wrong);
}

#[test]
fn only_the_store_renames_and_syncs() {
    const DURABLE: &[&str] = &[
        "fs::rename",
        "sync_all",
        "sync_data",
        "fsync",
        "fdatasync",
        "renameat",
        "renameat2",
        "renameat_with",
    ];
    let mut wrong = Vec::new();
    for (path, code) in code_in_earnest(|member| !["rps-persist", "rps-bench"].contains(&&*member.name)) {
        // The configuration is no part of a store, and must not be lost either.
        // What is renamed in the code cache may be lost.
        if ["plugins/host/src/config/save.rs", "jit/src/cache/folder.rs"].contains(&&*path) {
            continue;
        }
        // The peers of a benchmark sync as peers do.
        wrong.extend(places(&path, &code, DURABLE));
    }
    none(&wrong);
}

#[test]
fn the_store_touches_files_only_through_its_vfs() {
    const FILES: &[&str] =
        &["std::fs", "fs::File", "File::open", "File::create", "rustix::fs", "tempfile", "memmap2"];
    let mut wrong = Vec::new();
    for (path, code) in code_in_earnest(|member| member.name == "rps-persist") {
        if !path.starts_with("persist/src/vfs/") && path != "persist/src/vfs.rs" {
            wrong.extend(places(&path, &code, FILES));
        }
    }
    none(&wrong);
}

#[test]
fn the_runtime_does_no_input_and_no_output() {
    const OUTSIDE: &[&str] = &["std::fs", "std::net", "std::process::Command", "File", "stdin", "TcpStream"];
    let mut wrong = Vec::new();
    for (path, code) in code_in_earnest(|member| member.name == "rps-runtime") {
        wrong.extend(places(&path, &code, OUTSIDE));
    }
    none(&wrong);
}

#[test]
fn libraries_never_print_and_never_exit() {
    const LOUD: &[&str] =
        &["println!", "print!", "eprintln!", "eprint!", "dbg!", "stdout()", "stderr()", "process::exit"];
    let mut wrong = Vec::new();
    for (path, code) in code_in_earnest(|member| member.library && !MAY_PRINT.contains(&&*member.name)) {
        // It takes the streams of the process away from plugins, so that what they print garbles no protocol.
        if path == "plugins/host/src/process/stdio.rs" {
            continue;
        }
        wrong.extend(places(&path, &code, LOUD));
    }
    none(&wrong);
}

/// Every Rust file of every crate, with its crate.
fn sources() -> Vec<(&'static Member, TextFile)> {
    let with_crate = |file: TextFile| {
        // Some crates lie in the folders of others.
        let mut around: Vec<&Member> = members()
            .iter()
            .filter(|member| file.path.starts_with(&format!("{}/", member.folder.display())))
            .collect();
        around.sort_by_key(|member| member.folder.as_os_str().len());
        Some((around.pop()?, file))
    };
    let sources: Vec<_> = workspace::files(&["rs"]).into_iter().filter_map(with_crate).collect();
    assert!(sources.len() >= members().len(), "the crates have sources");
    sources
}

/// The path and the code of every file of these crates, without comments, strings and unit tests.
fn code_in_earnest(wanted: impl Fn(&Member) -> bool) -> Vec<(String, String)> {
    let is_test =
        |path: &str| path.ends_with("/tests.rs") || path.ends_with("_tests.rs") || path.contains("/tests/");
    sources()
        .into_iter()
        .filter(|(member, file)| {
            wanted(member) && inside(member, file).starts_with("src/") && !is_test(&file.path)
        })
        .map(|(_, file)| (file.path, without_unit_tests(&code_only(&file.text))))
        .collect()
}

fn inside<'file>(member: &Member, file: &'file TextFile) -> &'file str {
    &file.path[member.folder.to_string_lossy().len() + 1..]
}

fn places(path: &str, code: &str, words: &[&str]) -> Vec<String> {
    let lines = |word: &&str| {
        let word = word.to_string();
        lines_with_word(code, &word).into_iter().map(move |line| format!("{path}:{line}: {word}"))
    };
    words.iter().flat_map(lines).collect()
}

/// The names of all packages that a crate is built from, itself included.
fn dependency_tree(package: &str) -> Vec<String> {
    let mut cargo = workspace::cargo();
    cargo.args(["tree", "--offline", "--package", package, "--edges", "normal", "--prefix", "none"]);
    let output = cargo.output().expect("cargo starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("cargo tree writes UTF-8");
    text.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

fn find<'table>(table: &[(&str, &'table [&'table str])], name: &str) -> Option<&'table [&'table str]> {
    table.iter().find(|(key, _)| *key == name).map(|(_, value)| *value)
}

fn is_member(name: &str) -> bool {
    members().iter().any(|member| member.name == name)
}

fn none(wrong: &[impl AsRef<str>]) {
    let wrong: Vec<_> = wrong.iter().map(AsRef::as_ref).collect();
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}
