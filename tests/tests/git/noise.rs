//! Nothing is in a diff that nobody changed.

use crate::stage::{Stage, changed_lines};

#[test]
fn what_is_loaded_and_dumped_again_is_no_change() {
    let stage = Stage::shop();
    for _ in 0..2 {
        stage.dump(&["nil"]);
        assert_eq!(stage.git("status --porcelain"), "");
    }
    assert_eq!(stage.rps("diff"), "");
    assert_eq!(stage.rps("diff HEAD shop"), "");
    assert!(stage.try_rps("diff --exit-code").ok);
}

#[test]
fn one_changed_attribute_is_its_line_the_time_and_the_manifest() {
    let stage = Stage::shop();
    stage.dump(&["apple.price = 4"]);
    let diff = stage.git("diff --no-textconv -U0 -- shop/spaces/user.json");
    let lines = changed_lines(&diff);
    assert_eq!(lines.len(), 4, "{diff}");
    assert!(lines[0].starts_with("-,\"mtime\":") && lines[1].starts_with("+,\"mtime\":"), "{diff}");
    assert!(lines[2].ends_with(":3") && lines[3].ends_with(":4"), "{diff}");
    let diff = stage.git("diff --no-textconv -U0 -- shop/spaces/manifest.json");
    assert_eq!(changed_lines(&diff).len(), 2, "{diff}");
    assert_eq!(stage.git("diff --name-only").lines().count(), 2);
    // For people: the attribute by its name, and nothing of the manifest.
    let shown = stage.git("diff -U0");
    let lines = changed_lines(&shown);
    assert!(lines.iter().any(|line| line.starts_with("+  price (_") && line.ends_with(": 4")), "{shown}");
    assert!(!shown.contains("blake3"), "{shown}");
    let found = stage.rps("diff");
    assert!(found.contains("changed apple (_"), "{found}");
    assert!(found.contains("  price (_") && found.contains(": 3 -> 4"), "{found}");
    assert_eq!(found.lines().count(), 3, "{found}");
    assert!(!stage.try_rps("diff --exit-code").ok);
    let json: serde_json::Value = serde_json::from_str(&stage.rps("--json diff")).expect("it is JSON");
    assert_eq!((&json["diff"]["changed"], &json["diff"]["added"]), (&1.into(), &0.into()));
    assert_eq!(json["diff"]["objects"][0]["name"], "apple");
}

#[test]
fn a_function_is_shown_as_its_source_line_by_line() {
    let stage = Stage::shop();
    stage.edit("user.json", |text| text.replace("  let cents = 10", "  let cents = 11"));
    let found = stage.rps("diff");
    assert!(found.contains("-   let cents = 10") && found.contains("+   let cents = 11"), "{found}");
    let status = stage.rps("status shop");
    assert!(status.contains("changed: spaces/user.json"), "{status}");
    stage.rps("seal shop");
    stage.commit("by hand");
    assert_eq!(stage.value("(new basket {}).cost()"), "16");
    let found = stage.rps("diff HEAD~1 HEAD");
    assert!(found.contains("+   let cents = 11"), "{found}");
}

#[test]
fn added_and_removed_objects_are_told_by_name() {
    let stage = Stage::shop();
    stage.dump(&["keep new object { price: 2 } as fig"]);
    stage.commit("figs");
    let found = stage.rps("diff HEAD~1:shop HEAD:shop");
    assert!(found.contains("added fig (_"), "{found}");
    let found = stage.rps("diff HEAD HEAD~1");
    assert!(found.contains("removed fig (_"), "{found}");
    let stat = stage.rps("diff --stat HEAD~1 HEAD");
    assert!(stat.lines().any(|line| line.split_whitespace().eq(["user", "2", "0", "0"])), "{stat}");
    // A generation before is a version, too.
    let previous = std::fs::read_dir(stage.root().join("shop/.rps/previous")).expect("it is kept");
    let previous = previous.filter_map(Result::ok).map(|entry| entry.path()).max().expect("there is one");
    let found = stage.rps(&format!("diff {} shop", previous.display()));
    assert!(found.contains("added fig (_"), "{found}");
}
