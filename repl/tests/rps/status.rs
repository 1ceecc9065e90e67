//! `rps status`: what is looked at, and what is read.

use std::fs;

use serde_json::Value;

use crate::support::{Run, Stage};

/// Runs the command on a store that has a snapshot however small it is.
fn run(stage: &Stage, arguments: &[&str]) -> Run {
    let mut command = stage.command(arguments);
    command.env("RPS_LAZY", "always");
    stage.start(command, "")
}

fn status(stage: &Stage, arguments: &[&str]) -> Value {
    let run = run(stage, &[&["--json", "status", "s"], arguments].concat());
    assert_eq!(run.status, 0, "{}", run.err);
    run.json_out()[0]["status"].take()
}

/// Returns a stage with a store that was dumped, and opened after that: its snapshot is newer than its files.
fn stage() -> Stage {
    let stage = Stage::new();
    for program in ["keep new object as origin", "nil"] {
        let run = run(&stage, &["--store", "s", "--dump", "-e", program]);
        assert_eq!(run.status, 0, "{}", run.err);
    }
    stage
}

#[test]
fn files_that_look_as_they_did_are_not_read() {
    let stage = stage();
    let found = status(&stage, &[]);
    assert_eq!((&found["read"], &found["files"]), (&0.into(), &Value::Array(Vec::new())), "{found}");
    assert_eq!(status(&stage, &["--verify"])["read"], 2);
    // Without a snapshot there is nothing to compare with.
    fs::remove_dir_all(stage.path("s/.rps/snapshot")).unwrap();
    assert_eq!(status(&stage, &[])["read"], 2);
}

#[test]
fn a_file_that_was_changed_is_found_also_with_its_old_length_and_time() {
    let stage = stage();
    let path = stage.path("s/spaces/user.json");
    let (text, times) =
        (fs::read_to_string(&path).unwrap(), fs::metadata(&path).unwrap().modified().unwrap());
    let changed = text.replacen("origin", "0rigin", 1);
    assert_ne!(text, changed);
    fs::write(&path, changed).unwrap();
    fs::File::options().append(true).open(&path).unwrap().set_modified(times).unwrap();
    for arguments in [&[][..], &["--verify"]] {
        let found = status(&stage, arguments);
        assert_eq!(found["files"][0]["path"], "user.json", "{found}");
    }
    // One that is the same, and only looks otherwise, is read, and is no change.
    fs::write(&path, text).unwrap();
    let found = status(&stage, &[]);
    assert_eq!((&found["read"], &found["files"]), (&1.into(), &Value::Array(Vec::new())), "{found}");
    fs::remove_file(&path).unwrap();
    assert_eq!(status(&stage, &[])["files"][0]["change"], "missing");
}
