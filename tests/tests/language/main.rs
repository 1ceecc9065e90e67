//! The language's test suite: every case of `tests/language/` gives what it says, however it is run.
//!
//! Each case is run three times: in this process; in two processes, of which the second loads what the first defined
//! and dumped (see [`mod@split`]); and in a process that collects at every allocation. [`rps_tests::golden`] says
//! what a case looks like. `UPDATE_EXPECT=1` writes what the cases give in this process into the files: read the
//! difference before you believe it.

#![forbid(unsafe_code)]

mod in_process;
mod process;
mod split;

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::PathBuf;

use rps_tests::golden::{self, Case, GoldenFile, Outcome};
use rps_tests::{stores, workspace};

/// How many cases there are at least.
const AT_LEAST: usize = 450;

/// The codes of errors of which there must be cases, apart from those of mistakes in the text: `run::interrupted` and
/// `run::deadline` come from outside of the program.
const CODES: &[&str] = &[
    "compile::misplaced",
    "compile::not-assignable",
    "name::duplicate",
    "name::unknown",
    "name::unknown-oid",
    "object::magic-attribute",
    "object::not-a-class",
    "object::superclass-cycle",
    "run::arity",
    "run::division-by-zero",
    "run::home-is-gone",
    "run::no-code",
    "run::no-match",
    "run::no-such-element",
    "run::no-such-key",
    "run::not-applicable",
    "run::not-understood",
    "run::raised",
    "run::stack-overflow",
    "run::wrong-kind",
    "value::too-deep",
];

/// A file of cases with its path.
struct Topic {
    path: PathBuf,
    file: GoldenFile,
}

#[test]
fn cases_are_many_and_have_names_of_their_own() {
    let topics = topics();
    let mut names = BTreeSet::new();
    for topic in &topics {
        for case in &topic.file.cases {
            let name = format!("{}: {}", topic.path.display(), case.name);
            assert!(names.insert(name), "{}: there are two such cases", place(topic, case));
        }
    }
    assert!(names.len() >= AT_LEAST, "there are {} cases", names.len());
}

/// Of every error there is a case that nobody catches.
#[test]
fn cases_have_every_error() {
    let topics = topics();
    let cases = topics.iter().flat_map(|topic| &topic.file.cases);
    let failures = cases.filter_map(|case| case.expected.result.as_ref().err()).flatten();
    let codes: BTreeSet<_> = failures.map(|failure| failure.code.as_str()).collect();
    let missing: Vec<_> = CODES.iter().filter(|code| !codes.contains(*code)).collect();
    assert!(missing.is_empty(), "there is no case of {missing:?}");
}

#[test]
fn cases_give_what_they_say() {
    let mut wrong = Vec::new();
    for mut topic in topics() {
        let before = topic.file.to_string();
        for index in 0..topic.file.cases.len() {
            let outcome = in_process::run(&split::texts(&topic.file.cases[index]));
            if is_blessing() {
                topic.file.cases[index].expected = outcome;
            } else {
                wrong.extend(difference(&topic, &topic.file.cases[index], &outcome));
            }
        }
        let after = topic.file.to_string();
        if after != before {
            fs::write(&topic.path, after).expect("the file can be written");
        }
    }
    none(&wrong);
}

#[test]
fn cases_give_the_same_in_a_new_process_after_dump_and_reload() {
    let folder = stores::temporary();
    each_case("after dump and reload", |index, case| {
        let store = folder.path().join(index.to_string());
        let (first, second) = split::split(case);
        let mut defining = process::rps(folder.path(), &store);
        defining.arg("--dump");
        let has_more = !second.trim().is_empty();
        let defined = process::run(defining, &[if first.trim().is_empty() { "nil" } else { &first }], &first);
        if defined.result.is_err() || !has_more {
            return defined;
        }
        let mut outcome = process::run(process::rps(folder.path(), &store), &[&second], &case.program());
        outcome.out.splice(0..0, defined.out);
        outcome
    });
}

#[test]
fn cases_give_the_same_with_a_collection_at_every_allocation() {
    let folder = stores::temporary();
    let store = folder.path().join("store");
    let mut making = process::rps(folder.path(), &store);
    making.arg("--dump");
    assert_eq!(process::run(making, &["nil"], "nil").result.as_deref(), Ok("nil"));
    each_case("with a collection at every allocation", |_, case| {
        let mut command = process::rps(folder.path(), &store);
        // A collection reads the whole stack, which an endless recursion fills: there, one at every allocation takes minutes.
        let every = if case.name.contains("endless recursion") { "500" } else { "1" };
        command.env("RPS_GC_STRESS", every);
        let texts = split::texts(case);
        process::run(command, &texts.iter().map(String::as_str).collect::<Vec<_>>(), &case.program())
    });
}

/// Runs every case in another way, and makes sure that it gives what it says.
fn each_case(way: &str, run: impl Fn(usize, &Case) -> Outcome) {
    let mut wrong = Vec::new();
    let mut index = 0;
    for mut topic in topics() {
        for at in 0..topic.file.cases.len() {
            if is_blessing() {
                // The files are being written: what counts is that all ways agree.
                let case = &mut topic.file.cases[at];
                case.expected = in_process::run(&split::texts(case));
            }
            let case = &topic.file.cases[at];
            let outcome = run(index, case);
            wrong.extend(difference(&topic, case, &outcome).map(|text| format!("{way}: {text}")));
            index += 1;
        }
    }
    none(&wrong);
}

fn topics() -> Vec<Topic> {
    let folder = workspace::root().join("tests/language");
    let entries = fs::read_dir(&folder).expect("the folder of the cases can be read");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("its entries can be read").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    paths.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("a file of cases can be read");
        let file = golden::parse(&text);
        let file = file.unwrap_or_else(|(line, why)| panic!("{}:{line}: {why}", path.display()));
        Topic { path, file }
    };
    let only = env::var("RPS_LANGUAGE_TOPIC").unwrap_or_default();
    paths.into_iter().filter(|path| path.to_string_lossy().contains(&only)).map(read).collect()
}

fn is_blessing() -> bool {
    env::var_os("UPDATE_EXPECT").is_some()
}

/// Returns how an outcome is not what the case says.
fn difference(topic: &Topic, case: &Case, outcome: &Outcome) -> Option<String> {
    (case.expected != *outcome).then(|| {
        let indented =
            |outcome: &Outcome| format!("    {}", outcome.to_string().trim_end().replace('\n', "\n    "));
        format!(
            "{}: {}\n  it says\n{}\n  it gives\n{}",
            place(topic, case),
            case.name,
            indented(&case.expected),
            indented(outcome)
        )
    })
}

fn place(topic: &Topic, case: &Case) -> String {
    let path = topic.path.strip_prefix(workspace::root()).unwrap_or(&topic.path);
    format!("{}:{}", path.display(), case.line)
}

fn none(wrong: &[String]) {
    assert!(
        wrong.is_empty(),
        "\n{}\n\n{} cases; to write what they give into the files: UPDATE_EXPECT=1\n",
        wrong.join("\n\n"),
        wrong.len()
    );
}
