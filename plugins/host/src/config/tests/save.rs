//! What is written: edits, copies of invalid files, default files, rights.

use std::fs;
use std::path::Path;
use std::time::Duration;

use super::super::*;
use super::Place;

/// DYN-30: what is invalid is kept aside, byte for byte, when it is saved over.
#[test]
fn dyn_30_an_invalid_file_is_kept_aside() {
    let place = Place::new("config.yaml", "plugins: [unclosed");
    let saved = place.file().save(&[Edit::enable("zip", false)]).expect("it is saved");
    let aside = saved.kept_aside.expect("it was kept");
    assert!(aside.file_name().expect("a name").to_string_lossy().starts_with("config.yaml.invalid-"));
    assert_eq!(fs::read_to_string(aside).expect("it is read"), "plugins: [unclosed");
    assert!(!place.file().load().strict().expect("it is sound").is_enabled("zip"));
}

/// DYN-30: the edit that repairs a file needs no new one.
#[test]
fn dyn_30_a_file_can_be_repaired_in_place() {
    let place = Place::new("config.yaml", "timeout_ms: 0 # oh\nx: 1\n");
    let saved = place.file().save(&[Edit::set("timeout_ms", 9).expect("a path")]).expect("it is saved");
    assert_eq!((saved.kept_aside, place.text().as_str()), (None, "timeout_ms: 9 # oh\nx: 1\n"));
}

/// DYN-30: a default file is made when it is asked for, and never over another.
#[test]
fn dyn_30_create_default() {
    for name in ["config.yaml", "config.toml", "config.json"] {
        let place = Place::empty(&format!("deep/er/{name}"));
        place.file().create_default().expect("it is made");
        let config = place.file().required().load().strict().expect("it is sound");
        assert!(config.entries().iter().all(|entry| entry.origin == Origin::Default), "{name}");
        let error = place.file().create_default().expect_err("it is there");
        assert_eq!(error.code(), "plugin::config-exists");
        place.file().save(&[Edit::enable("zip", false)]).expect("it is saved");
        assert!(!place.file().load().config.is_enabled("zip"), "{}", place.text());
    }
}

/// DYN-7: a save changes what it is about; unknown keys and comments stay, and nothing is left beside the file.
#[test]
fn dyn_7_save_keeps_the_rest() {
    let text =
        "# mine\nfuture: {a: [1, 2]} # later\nplugins:\n  zip: # packs\n    enabled: true\n    zzz: 1\n";
    let place = Place::new("config.yaml", text);
    let edits = [Edit::enable("zip", false), Edit::enable("tar", false)];
    let saved = place.file().save(&edits).expect("it is saved");
    assert!(saved.comments_kept && saved.kept_aside.is_none());
    let wanted = text.replace("true", "false") + "  tar:\n    enabled: false\n";
    assert_eq!(place.text(), wanted);
    place.file().save(&[Edit::remove(KeyPath::new(["plugins", "tar"]))]).expect("it is saved");
    assert_eq!(place.text(), text.replace("true", "false"));
    assert_eq!(place.others(), [""; 0]);
}

/// DYN-7: saves at once wait for each other, and who reads meanwhile sees the old text or the new one.
#[test]
fn dyn_7_saves_at_once_lose_nothing() {
    for name in ["config.yaml", "config.toml", "config.json"] {
        let place = Place::empty(name);
        place.file().save(&[Edit::set("timeout_ms", 1).expect("a path")]).expect("it is saved");
        std::thread::scope(|scope| {
            let savers: Vec<_> = (0..8)
                .map(|number| {
                    let file = place.file();
                    scope.spawn(move || file.save(&[Edit::enable(&format!("p{number}"), false)]).map(|_| ()))
                })
                .collect();
            while !savers.iter().all(std::thread::ScopedJoinHandle::is_finished) {
                let config = place.file().required().load().strict().expect("it is whole");
                assert_eq!(config.timeout.as_millis(), 1);
            }
            for saver in savers {
                saver.join().expect("no panic").expect("it is saved");
            }
        });
        let config = place.file().load().strict().expect("it is sound");
        assert!((0..8).all(|number| !config.is_enabled(&format!("p{number}"))), "{}", place.text());
        assert_eq!(place.others(), [""; 0]);
    }
}

/// DYN-7: what other systems write is kept as well: a byte order mark, and CR LF.
#[test]
fn dyn_7_foreign_line_ends_are_kept() {
    let place = Place::new(
        "config.yaml",
        "\u{feff}# top\r\ntimeout_ms: 1 # one\r\nplugins:\r\n  zip:\r\n    required: true\r\n",
    );
    let saved = place.file().save(&[Edit::set("timeout_ms", 2).expect("a path"), Edit::enable("zip", false)]);
    assert!(saved.expect("it is saved").comments_kept);
    assert!(
        place.text().starts_with("\u{feff}# top\r\ntimeout_ms: 2 # one\r\nplugins:\r\n"),
        "{:?}",
        place.text()
    );
    let config = place.file().load().strict().expect("it is sound");
    assert!(!config.is_enabled("zip") && config.plugins["zip"].required);
}

/// DYN-7: an edit that changes nothing does not touch the file.
#[test]
fn dyn_7_nothing_to_save_is_no_save() {
    let place = Place::new("config.yaml", "plugins: {zip: {enabled: false}} # so\n");
    let before = fs::metadata(&place.path).expect("it is there").modified().expect("a time");
    place.file().save(&[Edit::enable("zip", false)]).expect("it is saved");
    assert_eq!(fs::metadata(&place.path).expect("it is there").modified().expect("a time"), before);
    place.file().save(&[Edit::enable("tar", true)]).expect("it is saved");
    assert_eq!(place.text(), "plugins: {tar: {\"enabled\":true}, zip: {enabled: false}} # so\n");
}

/// DYN-7: an edit that is not allowed changes nothing.
#[test]
fn dyn_7_a_bad_edit_is_refused() {
    for (name, text) in
        [("c.yaml", "timeout_ms: 5\n"), ("c.toml", "timeout_ms = 5\n"), ("c.json", "{\"timeout_ms\": 5}")]
    {
        let place = Place::new(name, text);
        let edits = [Edit::enable("zip", false), Edit::set("timeout_ms", "never").expect("a path")];
        let error = place.file().save(&edits).expect_err("it is refused");
        assert_eq!(error.code(), "plugin::config-invalid");
        assert_eq!(place.text(), text);
        assert_eq!(place.others(), [""; 0]);
    }
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("it is there").permissions().mode() & 0o777
    }

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("it is mine");
    }

    /// DYN-23: a file that everybody may write is not believed, and not written either.
    #[test]
    fn dyn_23_a_world_writable_file_is_ignored() {
        let place = Place::new("config.yaml", "timeout_ms: 1\n");
        set_mode(&place.path, 0o666);
        let loaded = place.file().load();
        assert_eq!(loaded.config.timeout, Duration::from_secs(30));
        let error = loaded.strict().expect_err("it is refused");
        assert_eq!(error.code(), "plugin::config-world-writable");
        assert!(error.hint().contains("chmod o-w"), "{}", error.hint());
        assert!(place.file().save(&[Edit::enable("zip", false)]).is_err());
        assert_eq!(place.text(), "timeout_ms: 1\n");
    }

    /// DYN-7: a save keeps the permission bits, and writes through a symbolic link; a new file is its owner's.
    #[test]
    fn dyn_7_rights_and_links_stay() {
        let place = Place::new("real.yaml", "x: 1\n");
        set_mode(&place.path, 0o640);
        let link = place.directory.path().join("config.yaml");
        symlink("real.yaml", &link).expect("a link");
        let file = ConfigFile::new(&link, Environment::of_process(), Overrides::default());
        file.save(&[Edit::enable("zip", false)]).expect("it is saved");
        assert!(fs::symlink_metadata(&link).expect("it is there").is_symlink());
        assert_eq!(mode(&place.path), 0o640);
        assert!(place.text().starts_with("x: 1\nplugins:"), "{}", place.text());

        let new = Place::empty("config.yaml");
        new.file().save(&[Edit::enable("zip", false)]).expect("it is saved");
        assert_eq!(mode(&new.path), 0o600);
    }
}
