//! `rps pack` and `rps status`.

use crate::stage::Stage;

#[test]
fn what_is_dead_is_dropped_in_a_later_generation_only() {
    let stage = Stage::shop();
    // A vector belongs to what it was first put into; when it is taken out there, nothing leads to it, nor to its attribute.
    stage.dump(&["apple.box = new vector [1, 2]"]);
    stage.dump(&[":remove apple : box"]);
    let first = stage.rps("pack shop");
    assert!(first.contains("dropped 0 of") && first.contains("2 more are dead"), "{first}");
    let again = stage.rps("pack shop");
    assert!(again.contains("dropped 0 of"), "not in the cycle that first found them dead: {again}");
    stage.dump(&["apple.price = 9"]);
    let dry = stage.rps("pack --dry-run shop");
    assert!(dry.contains("would drop 2 of"), "{dry}");
    let json: serde_json::Value = serde_json::from_str(&stage.rps("--json pack shop")).expect("it is JSON");
    assert_eq!(json["pack"]["dropped"].as_array().map(Vec::len), Some(2), "{json}");
    let previous = json["pack"]["previous"].as_str().expect("it is told where they still are").to_owned();
    let checked = stage.rps("check shop");
    assert!(checked.contains("0 errors, 0 warnings, 0 read leniently"), "{checked}");
    assert_eq!(stage.value("let b = new basket {}; [b.weight(), b.cost(), apple.price]"), "[2, 15, 9]");
    let found = stage.rps(&format!("diff --stat {previous} shop"));
    assert!(found.lines().any(|line| line.split_whitespace().eq(["user", "0", "2", "0"])), "{found}");
    assert!(stage.rps("pack shop").contains("dropped 0 of"));
}

#[test]
fn a_new_store_has_nothing_dead() {
    let stage = Stage::shop();
    let packed = stage.rps("pack --dry-run shop");
    assert!(packed.contains("would drop 0 of") && packed.contains("0 more are dead"), "{packed}");
}

#[test]
fn a_damaged_store_is_not_packed() {
    let stage = Stage::shop();
    stage.edit("user.json", |text| text[..text.len() / 2].to_owned());
    let packed = stage.try_rps("pack shop");
    assert!(!packed.ok && packed.errors.contains("may lead anywhere"), "{packed:?}");
}

#[test]
fn the_status_tells_files_and_generations() {
    let stage = Stage::shop();
    stage.dump(&["apple.price = 9"]);
    let status = stage.rps("status shop");
    assert!(
        status.contains("no commits since the last dump") && status.contains("generation before: "),
        "{status}"
    );
    stage.edit("user.json", |text| text.replace(":9\n", ":8\n"));
    crate::stage::write(&stage.spaces().join("other.json"), "{}\n");
    let json: serde_json::Value = serde_json::from_str(&stage.rps("--json status shop")).expect("it is JSON");
    let files = json["status"]["files"].as_array().expect("a list");
    let found: Vec<_> = files.iter().map(|file| (file["path"].as_str(), file["change"].as_str())).collect();
    assert_eq!(found, [(Some("other.json"), Some("unlisted")), (Some("user.json"), Some("changed"))]);
    assert_eq!(json["status"]["writer"], serde_json::Value::Null);
}
