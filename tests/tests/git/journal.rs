//! Commits that no dump has taken over: they are compared, and never left behind.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rps_tests::rps;

use crate::stage::Stage;

/// Returns a shop to which a price was committed that no dump has taken over.
fn committed() -> Stage {
    let stage = Stage::shop();
    commit(&stage, "apple.price = 4");
    stage
}

/// Runs a program on the store and commits to its journal.
fn commit(stage: &Stage, program: &str) {
    let mut command = rps(stage.root().parent().expect("the root is in a home"));
    command
        .args(["--store", "shop", "--migrate", "never", "--commit", "-e", program])
        .current_dir(stage.root());
    let output = command.output().expect("the program starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Returns all that makes a store: its generation and its journal.
fn content(stage: &Stage) -> BTreeMap<PathBuf, Vec<u8>> {
    let folders = ["spaces", ".rps/journal"].map(|name| stage.root().join("shop").join(name));
    let files = folders.iter().flat_map(|folder| fs::read_dir(folder).expect("it is there"));
    let read = |path: PathBuf| (path.clone(), fs::read(path).expect("it can be read"));
    files.map(|entry| read(entry.expect("it can be listed").path())).collect()
}

#[test]
fn what_was_committed_is_compared() {
    let stage = committed();
    commit(&stage, "keep new object as fig; fig.price = 9; root pear");
    let found = stage.rps("diff");
    assert!(found.contains("changed apple (_") && found.contains("3 -> 4"), "{found}");
    assert!(found.contains("added fig (_") && found.contains("root"), "{found}");
    let json: serde_json::Value = serde_json::from_str(&stage.rps("--json diff")).expect("it is JSON");
    // The dump of the same differs from the same in the same, but for who is noted when.
    stage.dump(&["nil"]);
    let dumped: serde_json::Value = serde_json::from_str(&stage.rps("--json diff")).expect("it is JSON");
    assert_eq!(json["diff"], dumped["diff"]);
}

#[test]
fn what_left_its_space_is_told_as_removed() {
    let stage = Stage::shop();
    stage.dump(&["migration(\"early\", |m| nil)"]);
    stage.commit("a migration");
    commit(&stage, "migrations()[0].forget()");
    let found = stage.rps("diff --stat");
    assert!(found.contains("removed"), "{found}");
    stage.dump(&["nil"]);
    assert_eq!(found, stage.rps("diff --stat"));
}

#[test]
fn a_journal_of_another_generation_is_told_and_the_files_are_compared() {
    let stage = committed();
    stage.edit("manifest.json", |text| text.replace("\"roots\":[", "\"roots\": ["));
    let outcome = stage.try_rps("diff");
    assert!(outcome.ok && outcome.errors.contains("warning[journal::other-base]"), "{outcome:?}");
    assert!(!outcome.text.contains("apple"), "{outcome:?}");
}

#[test]
fn a_merge_leaves_no_commit_behind() {
    let stage = Stage::shop();
    stage.fork(|stage| stage.dump(&["apple.price = 4"]), |stage| stage.dump(&["pear.price = 6"]));
    commit(&stage, "quince.price = 8");
    let before = content(&stage);
    for line in ["merge main ours theirs -o shop", "merge main shop theirs -o merged"] {
        let outcome = stage.try_rps(line);
        assert!(!outcome.ok && outcome.errors.contains("error[store::undumped-commits]"), "{outcome:?}");
        assert!(outcome.errors.contains("rps journal apply"), "{outcome:?}");
    }
    assert!(content(&stage) == before && !stage.root().join("merged").exists());
    let preview = stage.try_rps("merge main shop theirs --preview");
    assert!(preview.ok && preview.text.contains("ours   quince (_"), "{preview:?}");
    assert!(preview.errors.contains("warning[store::undumped-commits]"), "{preview:?}");
    stage.rps("journal apply shop");
    stage.rps("merge main shop theirs -o merged");
    let found = stage.rps("diff --of shop ours merged");
    assert!(found.contains("changed pear (_") && found.contains("changed quince (_"), "{found}");
}

/// Git asks for the merge of a file: the driver says no, and git leaves everything as it was.
#[test]
fn git_does_not_merge_over_commits() {
    let stage = Stage::shop();
    stage.fork(|stage| stage.dump(&["apple.price = 4"]), |stage| stage.dump(&["pear.price = 6"]));
    commit(&stage, "quince.price = 8");
    let merged = stage.try_git("merge --no-edit theirs");
    assert!(!merged.ok && merged.errors.contains("error[store::undumped-commits]"), "{merged:?}");
    stage.try_git("merge --abort");
    assert_eq!(stage.git("status --porcelain"), "");
    assert_eq!(stage.value("[apple.price, quince.price]"), "[4, 8]");
    stage.rps("journal apply shop");
    stage.commit("quince");
    stage.merge();
    assert_eq!(stage.value("[apple.price, pear.price, quince.price]"), "[4, 6, 8]");
}

#[test]
fn a_seal_leaves_no_commit_behind() {
    let stage = committed();
    assert!(stage.rps("seal shop").starts_with("nothing to do"), "the manifest is the one that there is");
    stage.edit("user.json", |text| text.replacen(":5", ":50", 1));
    let before = content(&stage);
    let outcome = stage.try_rps("seal shop");
    assert!(!outcome.ok && outcome.errors.contains("error[store::undumped-commits]"), "{outcome:?}");
    assert!(outcome.errors.contains("rps check shop --accept"), "{outcome:?}");
    assert!(content(&stage) == before, "nothing was changed");
    stage.rps("check shop --accept");
    assert_eq!(stage.value("[apple.price, pear.price]"), "[4, 50]");
}

/// As after a merge of git that found nothing to ask the driver for.
#[test]
fn a_seal_keeps_the_commits_of_an_earlier_generation() {
    let stage = committed();
    let replace = |name: &str, from: &str, to: &str| stage.edit(name, |text| text.replacen(from, to, 1));
    replace("manifest.json", "\"objects\":", "\"objects\": ");
    replace("user.json", ":5", ":50");
    let outcome = stage.try_rps("seal shop");
    assert!(outcome.ok && outcome.errors.contains("warning[journal::other-base]"), "{outcome:?}");
    let refused = stage.try_rps("--store shop -e apple.price");
    assert!(!refused.ok && refused.errors.contains("journal::other-base"), "{refused:?}");
    stage.rps("journal apply shop");
    assert_eq!(stage.value("[apple.price, pear.price]"), "[4, 50]");
}

#[test]
fn nothing_is_packed_over_commits() {
    let stage = committed();
    for line in ["pack shop", "pack shop --dry-run"] {
        let outcome = stage.try_rps(line);
        assert!(!outcome.ok && outcome.errors.contains("error[store::undumped-commits]"), "{outcome:?}");
    }
    assert!(Path::new(&stage.root()).join("shop/.rps/journal").is_dir());
}
