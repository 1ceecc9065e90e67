//! `docs/library.md` is what the library says of itself, and its examples are what happens.
//!
//! `cargo xtask bless page` writes it anew.

#![forbid(unsafe_code)]

#[allow(dead_code, reason = "each test uses a part")]
mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use rps_lang::Session;
use rps_lang::compile::eval_library;
use rps_lang::syntax::ast::{ExpressionKind, Function, MemberKind};
use rps_lang::syntax::parse;
use rps_library::TOPICS;
use rps_library::topic::{self, Topic};
use rps_runtime::object::Payload;
use rps_runtime::send::Method;
use rps_runtime::{Mutator, ObjectRef, Oid, Value, known};

const INTRODUCTION: &str = "# The library

<!-- Written by `cargo xtask bless page` from the documentation in library/src. -->

Every program has these, with every store: none of it is kept in one. A method of your own with the same name, in the class or below it, comes
first. The same texts are what `doc(function)` and `doc(class, \"selector\")` give.

In a list, a parameter in brackets may be left out, and `…` stands for any number of them. An argument of the wrong kind raises
`run::wrong-kind`, a wrong number of them `run::arity`. Errors of the library itself have these codes:

| code | what is wrong |
|---|---|
| `library::bad-json` | a text that is no JSON |
| `library::bad-radix` | a radix that is not from 2 to 36 |
| `library::bad-time` | a text that is no time, or a time that has no text |
| `library::empty-text` | an empty string where it means nothing |
| `library::file` | a file that cannot be read or written |
| `library::negative` | a negative number where something is counted |
| `library::no-character` | what is not one character |
| `library::no-number` | a text that is no number |
| `library::no-pair` | what is not a tuple of two |
| `library::no-random` | a system without random numbers |
| `library::not-json` | a value that JSON has no form for |
| `library::output` | output that cannot be written |
| `library::too-large` | a result that would take too much memory |
";

/// A method or function as the page shows it.
struct Entry {
    signature: String,
    doc: String,
}

/// What is registered, by class and selector.
type Registered = BTreeMap<(Oid, String), Method>;

#[test]
fn the_page_is_what_the_library_says() {
    let runtime = common::runtime();
    let page = runtime.enter(page);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/library.md");
    let kept = fs::read_to_string(&path).unwrap_or_default();
    if kept != page && env::var_os("RPS_BLESS").is_some() {
        fs::write(&path, page).expect("the page can be written");
        return;
    }
    let first = kept.lines().zip(page.lines()).find(|(kept, page)| kept != page);
    assert!(kept == page, "docs/library.md is out of date at {first:?}: run `cargo xtask bless page`");
}

#[test]
fn every_method_and_name_is_documented() {
    let runtime = common::runtime();
    runtime.enter(|m| {
        let page = page(m);
        let mut wrong = Vec::new();
        for ((class, name), method) in registered(m) {
            let entry = entry(m, &name, method);
            let first = entry.doc.lines().next().unwrap_or_default();
            if !first.ends_with(['.', '…']) && !entry.doc.contains(".\n") {
                wrong.push(format!("{class} {name}: {first:?} is no sentence"));
            }
            if !page.contains(&format!("`{name}(")) && !page.contains(&format!(".{name}(")) {
                wrong.push(format!("{class} {name} is missing"));
            }
        }
        // What works on programs is the language's: `docs/code.md`.
        for name in m.library_names().iter().filter(|name| *name != "code" && !name.starts_with("code_")) {
            if !page.contains(&format!("`{name}`")) && !page.contains(&format!("`{name}(")) {
                wrong.push(format!("{name} is missing"));
            }
        }
        assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    });
}

#[test]
fn examples_give_what_they_say() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    env::set_current_dir(folder.path()).expect("the folder can be entered");
    let mut wrong = Vec::new();
    for topic in TOPICS {
        let runtime = common::runtime();
        runtime.enter(|m| {
            let mut session = Session::new(m);
            for line in examples(&entries_of(m, topic)).lines() {
                let found = match session.eval(m, line) {
                    Ok(value) => format!("{value:?}"),
                    Err(error) => format!("{}: {:?}", error.code(), error.diagnostics()),
                };
                let expected = line.split_once("# → ").map(|(_, expected)| expected);
                if expected.is_some_and(|expected| expected != found) || found.starts_with("syntax::") {
                    wrong.push(format!("{}: {line}\n    gives {found}", topic.title));
                }
            }
        });
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// The loader passes over mistakes without a word, as nobody could be told.
#[test]
fn texts_in_the_language_have_no_mistakes() {
    let runtime = common::runtime();
    runtime.enter(|m| {
        let mut defined = BTreeSet::new();
        for topic in TOPICS {
            let (name, text) = topic.source;
            eval_library(m, name, text).unwrap_or_else(|error| panic!("{name}: {error:?}"));
            for (class, selector) in methods_of(m, topic) {
                assert!(defined.insert((class, selector.clone())), "{name}: {selector} is there twice");
            }
        }
    });
}

/// The codes in the sources are those in the table, and those in the table are in the sources.
#[test]
fn every_code_is_documented() {
    let mut used = BTreeSet::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = fs::read_dir(folder).expect("the sources are there");
    let paths = files.map(|file| file.expect("it can be listed").path());
    for path in paths.filter(|path| path.is_file()) {
        let text = fs::read_to_string(path).expect("sources are text");
        let code = |rest: &str| rest.split('"').next().unwrap_or_default().to_owned();
        used.extend(text.split("\"library::").skip(1).map(code));
    }
    let rows = INTRODUCTION.lines().filter_map(|line| line.strip_prefix("| `library::")?.split('`').next());
    assert_eq!(rows.map(str::to_owned).collect::<BTreeSet<_>>(), used);
}

fn page(m: &Mutator<'_>) -> String {
    let mut page = INTRODUCTION.to_owned();
    let mut shown = BTreeSet::new();
    for topic in TOPICS {
        let entries = entries_of(m, topic);
        section(&mut page, topic.title, topic.about, &entries);
        shown.extend(methods_of(m, topic));
    }
    let others = registered(m).into_iter().filter(|(key, _)| !shown.contains(key));
    let others: Vec<Entry> = others
        .map(|((class, name), method)| {
            let class = m.object(class).and_then(|class| m.name_of(class)).unwrap_or_default();
            let entry = entry(m, &name, method);
            Entry { signature: format!("{class}.{}", entry.signature), doc: entry.doc }
        })
        .collect();
    section(&mut page, "What the runtime has without the library", "", &others);
    page
}

fn section(page: &mut String, title: &str, about: &str, entries: &[Entry]) {
    write!(page, "\n## {title}\n\n").expect("a string takes everything");
    if !about.is_empty() {
        page.push_str(&format!("{about}\n\n"));
    }
    for entry in entries {
        let lines: Vec<&str> = entry.doc.lines().filter(|line| !is_example(&entry.doc, line)).collect();
        page.push_str(&format!("- `{}`: {}\n", entry.signature, lines.join("\n  ")));
    }
    let examples = examples(entries);
    if !examples.is_empty() {
        page.push_str(&format!("\n```rps\n{examples}```\n"));
    }
}

/// The lines of the documentation behind its first sentences: from the first one that is code.
fn is_example(doc: &str, line: &str) -> bool {
    let start = doc.find(".\n").map_or(doc.len(), |_| {
        let mut at = 0;
        for text in doc.split_inclusive('\n') {
            at += text.len();
            if text.ends_with(".\n") {
                return at;
            }
        }
        at
    });
    line.as_ptr() as usize - doc.as_ptr() as usize >= start
}

fn examples(entries: &[Entry]) -> String {
    let lines = |entry: &Entry| -> Vec<String> {
        entry
            .doc
            .lines()
            .filter(|line| is_example(&entry.doc, line))
            .map(|line| format!("{line}\n"))
            .collect()
    };
    entries.iter().flat_map(lines).collect()
}

/// The entries of a topic: functions in their order, then methods by name.
fn entries_of(m: &Mutator<'_>, topic: &Topic) -> Vec<Entry> {
    let from = |&(signature, _, doc): &topic::Entry| Entry { signature: signature.into(), doc: doc.into() };
    let mut entries: Vec<Entry> = topic.functions.iter().map(|(_, entry)| from(entry)).collect();
    let mut methods: BTreeMap<String, Entry> = BTreeMap::new();
    for entry in topic.methods.iter().flat_map(|(_, entries)| *entries) {
        methods.insert(topic::name(entry.0).into(), from(entry));
    }
    let registered = registered(m);
    for (class, name) in methods_of(m, topic) {
        let method = registered[&(class, name.clone())];
        if matches!(method, Method::Kept(_)) {
            methods.insert(name.clone(), entry(m, &name, method));
        }
    }
    entries.extend(methods.into_values());
    entries
}

/// The classes and selectors of the methods of a topic.
fn methods_of(m: &Mutator<'_>, topic: &Topic) -> Vec<(Oid, String)> {
    let mut methods = Vec::new();
    for (classes, entries) in topic.methods {
        for class in *classes {
            methods.extend(entries.iter().map(|entry| (*class, topic::name(entry.0).to_owned())));
        }
    }
    for statement in parse(topic.source.1).program.statements {
        if let ExpressionKind::Class(class) = statement.kind {
            let oid = m.global(&class.name.text).and_then(Value::as_object).expect("the class exists").oid();
            methods.extend(class.methods.iter().map(|method| (oid, name_of(method))));
        }
    }
    methods
}

/// All methods that are not in the dictionary of a class.
fn registered(m: &Mutator<'_>) -> Registered {
    let mut registered = Registered::new();
    let classes = m.all_objects();
    for class in classes.iter().filter_map(|value| value.as_object()).filter(|class| class.is_class(m)) {
        for name in m.library_selectors(class.oid()) {
            let method = m.library_method(class.oid(), &name).expect("a selector has a method");
            registered.insert((class.oid(), name), method);
        }
    }
    assert!(registered.contains_key(&(known::OBJECT, "map".into())), "the part in the language is there");
    registered
}

fn entry(m: &Mutator<'_>, name: &str, method: Method) -> Entry {
    match method {
        Method::Native(native) => {
            let parameters = ["a", "b", "c"].iter().take(native.arity.into());
            let parameters: Vec<&str> = parameters.copied().collect();
            Entry { signature: format!("{name}({})", parameters.join(", ")), doc: native.doc.into() }
        }
        Method::Kept(closure) => {
            let function = closure.as_closure().expect("a method is a closure").function();
            Entry {
                signature: format!("{name}({})", parameters(m, function).join(", ")),
                doc: comments(m, function),
            }
        }
    }
}

fn parameters(m: &Mutator<'_>, function: ObjectRef) -> Vec<String> {
    function.with_payload(m, |payload| match payload {
        Some(Payload::Function(own)) => own.parameters.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    })
}

fn comments(m: &Mutator<'_>, function: ObjectRef) -> String {
    let source = function.with_payload(m, |payload| match payload {
        Some(Payload::Function(own)) => own.source.to_string(),
        _ => String::new(),
    });
    let lines = source.lines().take_while(|line| line.starts_with("# "));
    lines.map(|line| &line[2..]).collect::<Vec<_>>().join("\n")
}

fn name_of(function: &Function) -> String {
    match &function.name.as_ref().expect("it has a name").kind {
        MemberKind::Name(name) => name.to_string(),
        other => panic!("{other:?} is no name"),
    }
}
