//! Merges without conflicts: the merged store is sound, sealed, and has both changes.

use crate::stage::Stage;

#[test]
fn different_attributes_of_one_object_merge() {
    let stage = Stage::shop();
    stage.fork(|stage| stage.dump(&["apple.price = 4"]), |stage| stage.dump(&["apple.colour = \"green\""]));
    stage.merge();
    assert_eq!(stage.value("[apple.price, apple.colour]"), "[4, \"green\"]");
}

#[test]
fn neighbours_that_both_sides_add_do_not_conflict() {
    let stage = Stage::shop();
    // What comes next to each other in the file: git by itself has a conflict here.
    let ours: Vec<String> =
        (0..40).map(|i| format!("keep new object {{ price: {i} }} as ours_{i}")).collect();
    let theirs: Vec<String> =
        (0..40).map(|i| format!("keep new object {{ price: {i} }} as theirs_{i}")).collect();
    let dump =
        |stage: &Stage, texts: &[String]| stage.dump(&texts.iter().map(|text| &**text).collect::<Vec<_>>());
    stage.fork(|stage| dump(stage, &ours), |stage| dump(stage, &theirs));
    stage.merge();
    assert_eq!(stage.value("ours_39.price + theirs_39.price"), "78");
}

#[test]
fn methods_that_each_side_defines_are_both_there() {
    let stage = Stage::shop();
    stage.fork(
        |stage| stage.dump(&["class basket { fn weight() { 100 } }"]),
        |stage| stage.dump(&["class basket { fn cost() { 200 }\n fn size() { 300 } }"]),
    );
    stage.merge();
    assert_eq!(stage.value("let b = new basket {}; [b.weight(), b.cost(), b.size()]"), "[100, 200, 300]");
}

#[test]
fn one_function_edited_in_different_lines_merges() {
    let stage = Stage::shop();
    let edit = |from: &'static str, to: &'static str| {
        move |stage: &Stage| stage.edit_and_seal(|text| text.replace(from, to))
    };
    stage.edit_and_seal(|text| {
        let longer = ",\"  let cents = 10\"\n,\"  let rebate = 1\"\n,\"  let more = 2\"";
        text.replace(",\"  let cents = 10\"", longer)
    });
    stage.commit("more lines");
    stage.fork(edit("let cents = 10", "let cents = 20"), edit("cents + 5", "cents + 7"));
    stage.merge();
    assert_eq!(stage.value("(new basket {}).cost()"), "27");
}

#[test]
fn what_one_side_removes_and_nobody_needs_is_gone() {
    let stage = Stage::shop();
    stage.dump(&["keep new object as fig", "apple.likes = fig"]);
    stage.commit("a fig");
    stage.fork(|stage| stage.dump(&[":remove apple : likes"]), |stage| stage.dump(&["pear.price = 6"]));
    stage.merge();
    assert_eq!(stage.value("[apple.has(\"likes\"), pear.price]"), "[false, 6]");
}

#[test]
fn a_space_that_one_side_adds_a_root_to_and_the_other_changes_merges() {
    let stage = Stage::shop();
    stage.fork(
        |stage| stage.dump(&[":add_root apple"]),
        |stage| stage.dump(&[":add_root pear", "pear.price = 6"]),
    );
    stage.merge();
    let manifest = stage.read("manifest.json");
    assert!(!manifest.contains("<<<"), "{manifest}");
}

#[test]
fn a_merge_of_merges_is_clean() {
    let stage = Stage::shop();
    stage.fork(|stage| stage.dump(&["apple.price = 4"]), |stage| stage.dump(&["pear.price = 6"]));
    // Each merges the other, and goes on: the next merge has two ancestors.
    stage.git("branch ours_before");
    stage.git("merge --quiet --no-edit theirs");
    stage.dump(&["quince.price = 8"]);
    stage.commit("ours goes on");
    stage.git("checkout --quiet theirs");
    stage.git("merge --quiet --no-edit ours_before");
    stage.dump(&["apple.colour = \"blue\""]);
    stage.commit("theirs goes on");
    stage.git("checkout --quiet ours");
    stage.merge();
    assert_eq!(stage.value("[apple.price, apple.colour, pear.price, quince.price]"), "[4, \"blue\", 6, 8]");
}
