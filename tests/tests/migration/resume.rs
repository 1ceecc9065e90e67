//! Migrations are durable one by one: what a process that was killed had told of is there, and the next one goes on.

use std::fs;

use serde_json::Value;

use crate::stage::{RENAME, Stage};

/// Three migrations: an attribute is renamed, a class is split, and the last one waits for a file to go.
fn three(stage: &Stage) {
    stage.write("s", RENAME);
    stage.write(
        "s",
        r#"migration("split", |m| { class label { name }; m.split(person, ["name"], label, "label") })
        migration("waiting", |m| {
            m.add_attribute(person, "colour", "red")
            print("under way")
            while file_exists("wait") { nil }
        })"#,
    );
    fs::write(stage.path("wait"), "").expect("a file can be written");
}

fn status(stage: &Stage) -> Value {
    serde_json::from_str::<Value>(&stage.must(&["status", "s", "--json"])).expect("JSON")["status"].take()
}

/// Returns the number of the newest previous generation.
fn generation(stage: &Stage) -> u64 {
    let listed: Value =
        serde_json::from_str(&stage.must(&["restore", "s", "--list", "--json"])).expect("JSON");
    let numbers =
        listed["generations"].as_array().expect("a list").iter().filter_map(|one| one["number"].as_u64());
    numbers.max().unwrap_or(0)
}

#[test]
fn a_process_that_was_killed_is_gone_on_from() {
    for lazy in ["never", "always"] {
        let stage = Stage::opened(lazy);
        three(&stage);
        let (before, content) = (generation(&stage), stage.content("s"));
        let said = stage.kill_under_way();
        let names: Vec<_> = said.iter().filter_map(|line| line.split('`').nth(1)).collect();
        assert_eq!(names, ["rename_title", "split"], "{lazy}: {said:?}");
        // They are in the journal, and nothing was dumped.
        assert_eq!((&status(&stage)["commits"], generation(&stage)), (&2.into(), before), "{lazy}");
        assert!(stage.content("s") == content, "{lazy}: the files are as they were");
        let look = "[ada.salutation, bob.label.name, ada.has(\"name\"), ada.has(\"colour\"), pending_migrations().map(|m| m.name)]";
        assert_eq!(stage.value("s", look), r#"["Dr", "Bob", false, false, ["waiting"]]"#, "{lazy}");
        stage.must(&["check", "s"]);

        fs::remove_file(stage.path("wait")).expect("it is there");
        let told = stage.must(&["migrate", "s"]);
        assert!(told.contains("applied `waiting`") && !told.contains("split"), "{lazy}: {told}");
        assert_eq!((&status(&stage)["commits"], generation(&stage)), (&0.into(), before + 1), "{lazy}");
        assert_eq!(stage.value("s", look), r#"["Dr", "Bob", false, true, []]"#, "{lazy}");
        stage.must(&["check", "s"]);
    }
}

#[test]
fn all_of_them_are_dumped_at_once() {
    let stage = Stage::new();
    three(&stage);
    fs::remove_file(stage.path("wait")).expect("it is there");
    let before = generation(&stage);
    stage.must(&["migrate", "s"]);
    assert_eq!((generation(&stage), &status(&stage)["commits"]), (before + 1, &0.into()));
}

/// Objects that nobody has looked at are migrated, too, and those that nothing concerns stay as they are.
#[test]
fn a_store_that_is_not_read_when_it_is_opened_is_migrated_whole() {
    let stage = Stage::opened("always");
    let many = r#"class book : dict { }; keep new book ["a": 1] as pages; keep new vector [1, 2] as other
        migration("many", |m| for i in 0..300 { m.keep_with(new person { name: f"p{i}", title: "Mx" }, ada) })"#;
    stage.write("s", many);
    stage.must(&["migrate", "s"]);
    stage.write("s", RENAME);
    stage.write(
        "s",
        r#"migration("split", |m| { class label { name }; m.split(person, ["name"], label, "label") })
        migration("vector", |m| {
            m.convert_payloads(book, |b| if b.is_a(dict) { (new vector []).extend(b.entries()) })
            class book : vector { }
        })"#,
    );
    let told = stage.must(&["migrate", "s", "--dry-run"]);
    assert!(told.contains("person (302 changed)") && told.contains("label (302 made)"), "{told}");
    stage.must(&["migrate", "s"]);
    let look = r#"[instances(person).filter(|p| p.salutation == nil or p.has("name")).len(), pages[0], other.len()]"#;
    for lazy in ["always", "never"] {
        let out =
            stage.command(&["--store", "s", "-e", look]).env("RPS_LAZY", lazy).output().expect("it starts");
        assert_eq!(String::from_utf8_lossy(&out.stdout), "[0, [\"a\", 1], 2]\n", "{lazy}");
    }
    stage.must(&["check", "s"]);
}
