//! `--json` is JSON, whatever is asked for and whatever comes of it: a verb that succeeds and one that fails, of each.

use std::process::Command;

use rps_tests::program::isolate;
use serde_json::Value;

use crate::support::{Run, Stage};

/// Returns a stage in a repository of git: the store `mine`, which has two previous generations and a journal.
fn stage() -> Stage {
    let stage = Stage::new();
    for program in [
        "keep new object as origin",
        "origin.x = 1",
        "migration(\"first\", |m| m.add_attribute(object, \"y\", 2))",
    ] {
        must(stage.run(&["--store", "mine", "--dump", "-e", program], ""));
    }
    git(&stage, "init --quiet .");
    must(stage.run(&["git-setup", "mine"], ""));
    git(&stage, "add .");
    git(&stage, "commit --quiet -m first");
    std::fs::write(stage.path("good.rps"), "check(\"true\", || 1 < 2)\n").unwrap();
    std::fs::write(stage.path("bad.rps"), "check(\"true\", || 1 > 2) +\n").unwrap();
    std::fs::write(stage.path("plain.json"), "{}").unwrap();
    stage
}

fn must(run: Run) {
    assert_eq!(run.status, 0, "{}{}", run.out, run.err);
}

fn git(stage: &Stage, line: &str) {
    let mut command = Command::new("git");
    isolate(&mut command, &stage.path(""));
    let output = command.args(line.split(' ')).current_dir(stage.path("")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Runs a line with `--json`: all that is written must be JSON. Returns the documents of both outputs.
fn documents(stage: &Stage, line: &str) -> (i32, Vec<Value>, Vec<Value>) {
    let run = stage.run(&["--json"].into_iter().chain(line.split(' ')).collect::<Vec<_>>(), "");
    let read = |text: &str| -> Vec<Value> {
        let document = |line| serde_json::from_str(line).unwrap_or_else(|_| panic!("`{line}` is no JSON"));
        text.lines().map(document).collect()
    };
    (run.status, read(&run.out), read(&run.err))
}

/// Makes sure that a line succeeds, and returns what stands under the key of its last document.
#[track_caller]
fn good(stage: &Stage, line: &str, key: &str) -> Value {
    let (status, out, err) = documents(stage, line);
    assert_eq!(status, 0, "{line}: {out:?} {err:?}");
    let found = out.last().and_then(|document| document.get(key)).cloned();
    found.unwrap_or_else(|| panic!("{line}: no `{key}` in {out:?} {err:?}"))
}

/// Makes sure that a line fails with this code.
#[track_caller]
fn bad(stage: &Stage, line: &str, code: &str) {
    let (status, out, err) = documents(stage, line);
    assert_ne!(status, 0, "{line}: {out:?}");
    // Verbs of plugins answer on standard output, also when they fail.
    let errors = err.iter().chain(&out).filter_map(|document| document.get("error"));
    let codes: Vec<_> = errors.filter_map(|error| error["code"].as_str()).collect();
    assert!(codes.contains(&code), "{line}: {codes:?}, not {code}");
}

#[test]
fn a_dump_and_a_commit_tell_all_that_is_known_of_them() {
    let stage = stage();
    let dump = good(&stage, "--store mine --migrate never --dump -e origin.x=2", "dump");
    for key in ["objects", "spaces", "adopted", "transient_references"] {
        assert!(dump[key].is_u64(), "{key}: {dump}");
    }
    assert_eq!((&dump["is_incremental"], &dump["generation"]["is_new"]), (&true.into(), &true.into()));
    assert!(dump["encoded"].as_u64() < dump["objects"].as_u64(), "{dump}");
    assert!(dump["pause_ms"].is_number() && dump["duration_ms"].is_number() && dump["states"].is_array());
    let commit = good(&stage, "--store mine --migrate never --commit -e origin.x=3", "commit");
    assert_eq!((&commit["commit"], &commit["objects"]), (&1.into(), &1.into()));
    assert!(commit["bytes"].is_u64() && commit["removed"].is_u64() && commit["adopted"].is_u64());
    bad(&stage, "--store mine --dump -e 1", "migration::pending");
    bad(&stage, "--store good.rps --commit -e 1", "store::not-a-directory");
}

#[test]
fn verbs_of_stores_write_json() {
    let stage = stage();
    good(&stage, "version", "version");
    assert_eq!(good(&stage, "check mine", "check")["errors"], 0);
    bad(&stage, "check nowhere", "store::not-found");
    assert_eq!(good(&stage, "check mine --salvage --dry-run", "salvage")["dry_run"], true);
    bad(&stage, "check nowhere --salvage", "store::not-found");
    good(&stage, "check mine --accept", "accept");
    bad(&stage, "check nowhere --accept", "store::not-found");
    assert!(good(&stage, "restore mine --list", "generations").is_array());
    bad(&stage, "restore mine 999", "store::no-generation");
    good(&stage, "restore mine", "restore");
    good(&stage, "restore mine", "restore");
    assert!(good(&stage, "migrate mine --list", "migrations").is_array());
    good(&stage, "migrate mine --dry-run", "migrate");
    good(&stage, "migrate mine", "migrate");
    bad(&stage, "migrate mine --only nobody", "migration::unknown");
    bad(&stage, "migrate nowhere", "store::not-found");
    good(&stage, "space inspect mine", "success");
    bad(&stage, "space inspect nowhere", "store::not-found");
    must(stage.run(&["--store", "mine", "--commit", "-e", "origin.x = 5"], ""));
    assert_eq!(good(&stage, "journal show mine", "journal")["commits"][0]["objects"], 1);
    bad(&stage, "journal show nowhere", "store::not-found");
    bad(&stage, "journal discard mine", "journal::not-confirmed");
    good(&stage, "journal apply mine", "applied");
    bad(&stage, "journal apply nowhere", "store::not-found");
    good(&stage, "journal discard mine --yes", "discarded");
    bad(&stage, "journal discard nowhere --yes", "store::not-found");
    assert!(!stage.path("nowhere").exists(), "nothing is made there");
    bad(&stage, "export mine out", "export::refused");
    good(&stage, "export mine out --lossy", "export");
    bad(&stage, "import nowhere to", "store::not-found");
    good(&stage, "import out to", "import");
}

#[test]
fn verbs_of_git_write_json() {
    let stage = stage();
    must(stage.run(&["--store", "mine", "--migrate", "never", "--commit", "-e", "origin.x = 5"], ""));
    assert_eq!(good(&stage, "diff", "diff")["changed"], 1);
    assert_eq!(documents(&stage, "diff --exit-code").0, 1);
    bad(&stage, "diff nobody", "git::unknown-revision");
    assert_eq!(good(&stage, "status mine", "status")["commits"], 1);
    good(&stage, "status mine --verify", "status");
    bad(&stage, "status nowhere", "store::not-found");
    good(&stage, "merge --preview HEAD HEAD mine", "merge");
    bad(&stage, "merge HEAD HEAD mine -o merged", "store::undumped-commits");
    bad(&stage, "merge HEAD", "command::usage");
    bad(&stage, "pack mine", "store::undumped-commits");
    good(&stage, "journal apply mine", "applied");
    good(&stage, "merge HEAD HEAD mine -o merged", "merge");
    good(&stage, "pack mine --dry-run", "pack");
    good(&stage, "pack mine", "pack");
    bad(&stage, "pack nowhere", "store::not-found");
    good(&stage, "seal mine", "seal");
    bad(&stage, "seal nowhere", "store::not-found");
    let three = "mine/spaces/user.json copy.json mine/spaces/user.json user.json";
    std::fs::copy(stage.path("mine/spaces/user.json"), stage.path("copy.json")).unwrap();
    assert_eq!(good(&stage, &format!("merge-driver {three}"), "merge_driver")["conflicts"], 0);
    bad(&stage, "merge-driver a b c", "store::not-found");
    assert!(good(&stage, "textconv mine/spaces/user.json", "textconv")["text"].is_string());
    bad(&stage, "textconv nowhere", "store::not-found");
    assert!(!stage.path("nowhere").exists(), "nothing is made there");
    good(&stage, "git-hook pre-commit", "git_hook");
    good(&stage, "git-setup mine", "git_setup");
    bad(&stage, "git-setup nowhere", "store::not-found");
}

#[test]
fn other_verbs_write_json() {
    let stage = stage();
    good(&stage, "fmt --check good.rps", "format");
    bad(&stage, "fmt --check bad.rps", "syntax::expected-expression");
    good(&stage, "test good.rps", "summary");
    bad(&stage, "test bad.rps", "test::failed");
    good(&stage, "codec list", "success");
    good(&stage, "plugin list", "success");
    bad(&stage, "plugin info nobody", "plugin::not-found");
    good(&stage, "config show", "success");
    bad(&stage, "--config nowhere.yaml config show", "plugin::config-unreadable");
    bad(&stage, "nonsense.rps", "store::not-found");
    bad(&stage, "check", "command::usage");
    bad(&stage, "check mine --salvage --accept", "command::usage");
}
