//! Whole stores: `rps merge`, whichever files the objects are in.

use crate::stage::Stage;

/// Programs that make more than a file's worth of objects.
fn many() -> Vec<String> {
    let text = "x".repeat(900);
    let make = format!("let i = 0; while i < 1400 {{ bulk.push(\"{text}\"); i = i + 1 }}");
    vec!["keep new vector [] as bulk".to_owned(), make]
}

#[test]
fn a_preview_tells_what_comes_from_whom_and_writes_nothing() {
    let stage = Stage::shop();
    stage.fork(
        |stage| stage.dump(&["apple.price = 4"]),
        |stage| stage.dump(&["apple.price = 5", "pear.price = 6"]),
    );
    let preview = stage.rps("merge --preview theirs");
    assert!(preview.contains("both   apple (_") && preview.contains("theirs pear (_"), "{preview}");
    assert!(preview.contains("conflict: apple (_"), "{preview}");
    assert_eq!(stage.git("status --porcelain"), "");
    let json: serde_json::Value =
        serde_json::from_str(&stage.rps("--json merge --preview theirs")).expect("it is JSON");
    assert_eq!(json["merge"]["conflicts"][0]["name"], "apple");
}

#[test]
fn three_versions_become_a_store() {
    let stage = Stage::shop();
    stage.fork(|stage| stage.dump(&["apple.price = 4"]), |stage| stage.dump(&["pear.price = 6"]));
    stage.rps("merge main ours theirs -o merged");
    let checked = stage.rps("check merged");
    assert!(checked.contains("0 errors, 0 warnings, 0 read leniently"), "{checked}");
    let found = stage.rps("diff --of shop ours merged");
    assert!(found.contains("changed pear (_") && !found.contains("apple"), "{found}");
    // A dump of the merged store writes the same: it is laid out as a dump lays it out.
    let again = stage.rps("diff merged merged");
    assert_eq!(again, "");
}

#[test]
fn a_space_that_one_side_cut_into_files_is_merged_by_object() {
    let stage = Stage::shop();
    let many = many();
    stage.fork(
        |stage| stage.dump(&["apple.price = 4"]),
        |stage| stage.dump(&many.iter().map(|text| &**text).collect::<Vec<_>>()),
    );
    let merged = stage.try_git("merge --no-edit theirs");
    assert!(!merged.ok, "git sees a removed file and a changed one: {}{}", merged.text, merged.errors);
    stage.rps("merge");
    stage.git("commit --no-edit");
    stage.sound();
    assert_eq!(stage.value("[apple.price, bulk.len()]"), "[4, 1400]");
    assert!(!stage.spaces().join("user.json").exists());
}
