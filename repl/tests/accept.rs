//! A store that was edited by hand: refused as it is, taken with `rps check --accept`.

use std::path::Path;
use std::process::{Command, Output};

use rps_tests::program::isolate;

fn rps(home: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rps"));
    isolate(&mut command, home);
    command.args(arguments).current_dir(home).output().unwrap()
}

#[test]
fn an_edit_by_hand_is_refused_and_can_be_accepted() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path();
    let made =
        rps(home, &["--dump", "-e", "let p = new object { comment: \"before\" }", "-e", "keep p as edited"]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let store = find_store(home);
    let file = store.join("spaces/user.json");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("\"before\"", "\"after, and longer\"")).unwrap();

    let named = store.to_str().unwrap();
    let refused = rps(home, &["check", named]);
    let said = String::from_utf8_lossy(&refused.stdout).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("store::bad-hash") && said.contains("check --accept"), "{said}");

    let accepted = rps(home, &["check", named, "--accept"]);
    assert!(accepted.status.success(), "{}", String::from_utf8_lossy(&accepted.stderr));
    assert!(rps(home, &["check", named]).status.success());
    let value = rps(home, &["--store", named, "-e", "edited.comment"]);
    assert_eq!(String::from_utf8_lossy(&value.stdout), "\"after, and longer\"\n");
}

/// Returns the default store, wherever the command made it.
fn find_store(home: &Path) -> std::path::PathBuf {
    let mut places = vec![home.to_path_buf()];
    while let Some(place) = places.pop() {
        if place.join("spaces/manifest.json").exists() {
            return place;
        }
        places.extend(
            std::fs::read_dir(place).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()),
        );
    }
    panic!("no store was made");
}
