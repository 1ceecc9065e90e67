//! Commits that are moved: git runs no hook before it makes these, so the driver itself must get the manifest right.

use crate::stage::Stage;

#[test]
fn a_rebase_seals_every_commit() {
    let stage = Stage::shop();
    stage.fork(|stage| stage.dump(&["apple.price = 4"]), |stage| stage.dump(&["pear.price = 6"]));
    stage.dump(&["quince.price = 8"]);
    stage.commit("ours again");
    stage.git("rebase --quiet theirs");
    stage.sound();
    assert_eq!(stage.value("[apple.price, pear.price, quince.price]"), "[4, 6, 8]");
    stage.git("checkout --quiet HEAD~1");
    stage.sound();
}

#[test]
fn a_picked_and_a_reverted_commit_are_sealed() {
    let stage = Stage::shop();
    stage.fork(|stage| stage.dump(&["apple.price = 4"]), |stage| stage.dump(&["pear.price = 6"]));
    stage.git("cherry-pick theirs");
    stage.sound();
    assert_eq!(stage.value("[apple.price, pear.price]"), "[4, 6]");
    stage.git("revert --no-edit HEAD~1");
    stage.sound();
    assert_eq!(stage.value("[apple.price, pear.price]"), "[3, 6]");
}
