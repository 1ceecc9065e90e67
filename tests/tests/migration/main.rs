//! Migrations of a store, through the command: looked at, applied, dumped, and not applied again.
//!
//! [`stage`] is the support, [`resume`] about a process that is killed and about stores that are not read when they are opened.

#![forbid(unsafe_code)]

mod resume;
mod stage;

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::stage::{RENAME, Stage};

/// First a dry run, which writes nothing; then the run; after it a load finds everything, and nothing to apply.
#[test]
fn migrations_are_tried_applied_dumped_and_not_applied_again() {
    let stage = Stage::new();
    stage.write("s", RENAME);
    stage.write(
        "s",
        r#"migration("split", |m| { class label { name }; m.split(person, ["name"], label, "label") })
        class book : dict { }
        keep new book ["a": 1] as pages
        migration("vector", |m| {
            m.convert_payloads(book, |b| if b.is_a(dict) { (new vector []).extend(b.entries()) })
            class book : vector { }
        })"#,
    );
    let before = stage.content("s");
    let told = stage.must(&["migrate", "s", "--dry-run"]);
    for line in [
        "would apply `rename_title`: ",
        "person (2 changed)",
        "- title: \"Dr\"",
        "+ salutation: \"Dr\"",
        "label (2 made)",
        "book (1 changed)",
    ] {
        assert!(told.contains(line), "{line:?} is not in\n{told}");
    }
    assert_eq!(stage.content("s"), before, "a dry run writes nothing");
    assert_eq!(stage.value("s", "pending_migrations().len()"), "3");

    let told: Value = serde_json::from_str(&stage.must(&["migrate", "s", "--json"])).expect("JSON");
    let applied = told["migrate"]["applied"].as_array().expect("a list");
    let names: Vec<_> = applied.iter().filter_map(|one| one["name"].as_str()).collect();
    assert_eq!(names, ["rename_title", "split", "vector"]);
    let after = stage.content("s");
    assert_ne!(after, before);
    assert_eq!(stage.must(&["migrate", "s"]), "no migration is pending\n");
    assert_eq!(stage.content("s"), after, "nothing is applied again");
    let values = "[ada.salutation, bob.label.name, ada.has(\"title\"), pages[0], migrate()]";
    assert_eq!(stage.value("s", values), r#"["Dr", "Bob", false, ["a", 1], []]"#);
    stage.must(&["check", "s"]);
    let list = stage.must(&["migrate", "s", "--list"]);
    assert_eq!(list.matches("applied").count(), 3, "{list}");
}

#[test]
fn what_fails_leaves_the_store_as_it_was_but_for_those_before_it() {
    let stage = Stage::new();
    stage.write("s", RENAME);
    stage.write("s", r#"migration("bad", |m| { ada.name = "gone"; m.each(person, |p| p.nobody.upper()) })"#);
    let told = stage.fails(&["migrate", "s"], "migration::failed");
    let oid = stage.value("s", "ada.oid() < bob.oid() and ada.oid() or bob.oid()").replace('"', "");
    assert!(told.contains("`bad`") && told.contains("run::not-understood"), "{told}");
    assert!(oid.is_empty() || told.contains(" at _"), "the object is named: {told}");
    assert_eq!(stage.value("s", "[ada.name, ada.salutation]"), r#"["Ada", "Dr"]"#);
    assert_eq!(stage.value("s", "pending_migrations().map(|m| m.name)"), r#"["bad"]"#);
}

#[test]
fn who_would_write_a_store_with_pending_migrations_says_what_is_to_be_done() {
    let stage = Stage::new();
    stage.write("s", RENAME);
    let before = stage.content("s");
    let told = stage.fails(&["--store", "s", "--dump", "-e", "ada.name = \"x\""], "migration::pending");
    assert!(told.contains("`rename_title`") && told.contains("--migrate auto"), "{told}");
    assert_eq!(stage.content("s"), before);
    let read = stage.rps(&["--store", "s", "-e", "ada.title"]);
    assert_eq!((read.status, read.out.as_str()), (Some(0), "\"Dr\"\n"));
    assert!(read.err.contains("warning[migration::pending]"), "{}", read.err);
    stage.must(&["--store", "s", "--migrate", "auto", "--dump", "-e", "ada.name = \"Ada L.\""]);
    assert_eq!(
        stage.value("s", "[ada.salutation, ada.name, pending_migrations()]"),
        r#"["Dr", "Ada L.", []]"#
    );
    let usage = stage.rps(&["--migrate", "sometimes", "-e", "1"]);
    assert_eq!(usage.status, Some(2));
}

#[test]
fn one_is_applied_by_name_and_once_more_if_that_is_said() {
    let stage = Stage::new();
    stage.write("s", RENAME);
    stage.write("s", r#"migration("second", |m| nil)"#);
    stage.fails(&["migrate", "s", "--only", "second"], "migration::out-of-order");
    stage.fails(&["migrate", "s", "--only", "rename_titel"], "migration::unknown");
    stage.must(&["migrate", "s", "--only", "rename_title"]);
    stage.fails(&["migrate", "s", "--only", "rename_title"], "migration::applied");
    stage.write("s", r#"keep new person { name: "Eve", title: "Ms" } as eve"#);
    stage.must(&["migrate", "s", "--again", "rename_title"]);
    assert_eq!(stage.value("s", "[eve.salutation, eve.has(\"title\")]"), r#"["Ms", false]"#);
    assert_eq!(stage.value("s", "pending_migrations().map(|m| m.name)"), r#"["second"]"#);
}

#[test]
fn a_circle_and_a_missing_one_are_refused_before_anything_is_written() {
    let stage = Stage::new();
    stage.write("s", r#"migration("a", ["b"], |m| nil)"#);
    let before = stage.content("s");
    stage.fails(&["migrate", "s"], "migration::missing-dependency");
    stage.fails(&["--store", "s", "--dump", "-e", "1"], "migration::missing-dependency");
    assert_eq!(stage.content("s"), before);
    stage.write("s", r#"migration("b", ["a"], |m| nil)"#);
    stage.fails(&["migrate", "s"], "migration::cycle");
    stage.fails(&["migrate", "nowhere"], "store::not-found");
}

/// Two copies of a store, each with a migration of its own that was applied; the merge has both, in one order, and what
/// came on the other branch is found by applying it once more.
#[test]
fn migrations_of_two_branches_are_merged() {
    let stage = Stage::new();
    stage.write("s", r#"migration("start", |m| nil)"#);
    stage.must(&["migrate", "s"]);
    for copy in ["ours", "theirs"] {
        copy_store(&stage.path("s"), &stage.path(copy));
    }
    stage.write("ours", r#"migration("zebra", |m| m.add_attribute(person, "name", "nobody"))"#);
    stage.must(&["migrate", "ours"]);
    stage.write("theirs", r#"migration("ant", |m| m.add_attribute(person, "title", "none"))"#);
    stage.must(&["merge", "s", "ours", "theirs", "-o", "merged"]);
    stage.must(&["merge", "s", "theirs", "ours", "-o", "mirrored"]);
    let texts = |folder| stage.content(folder).into_values().collect::<Vec<_>>();
    assert!(texts("mirrored") == texts("merged"), "whoever merged what into what");
    stage.must(&["check", "merged"]);
    assert_eq!(stage.value("merged", "migrations().map(|m| m.name)"), r#"["start", "ant", "zebra"]"#);
    assert_eq!(stage.value("merged", "pending_migrations().map(|m| m.name)"), r#"["ant"]"#);
    stage.must(&["migrate", "merged"]);
    assert_eq!(stage.must(&["migrate", "merged"]), "no migration is pending\n");
}

fn copy_store(from: &Path, to: &Path) {
    fs::create_dir_all(to.join("spaces")).expect("a folder can be made");
    for entry in fs::read_dir(from.join("spaces")).expect("the store is there") {
        let path = entry.expect("it can be listed").path();
        let name = path.file_name().expect("a file has a name");
        fs::copy(&path, to.join("spaces").join(name)).expect("it can be copied");
    }
}
