//! Several files, one plugin (RPS-19, RPS-23).

use std::fs;

use rps_plugin_host::Manager;

use crate::support::{Plugins, assert_error, assert_works, error_of};

fn over(plugins: &Plugins, folders: &[&str]) -> Manager {
    let mut options = plugins.options();
    options.search_path = folders.iter().map(|folder| plugins.folder().join(folder)).collect();
    let manager = Manager::new(options);
    manager.discover();
    manager.start();
    manager
}

fn put_version(plugins: &Plugins, name: &str, version: &str) {
    let version = format!("\"{version}\"");
    plugins.put(name, "requires.c", &[("FIXTURE_ID", "\"geo\""), ("FIXTURE_VERSION", &version)]);
}

#[test]
fn rps_19_of_two_files_with_one_id_the_first_on_the_path_wins_and_it_is_told() {
    let plugins = Plugins::new();
    put_version(&plugins, "a/geo", "1.0.0");
    put_version(&plugins, "b/other-name", "2.0.0");
    for (folders, version, loser) in [(["a", "b"], "1.0.0", "b/other-name"), (["b", "a"], "2.0.0", "a/geo")] {
        let manager = over(&plugins, &folders);
        assert_eq!(manager.execute("geo", b"").unwrap(), version.as_bytes());
        let notes = manager.notes();
        let [note] = &notes[..] else { panic!("{notes:?}") };
        assert!(note.path.ends_with(format!("{loser}.so")), "{note:?}");
        assert!(note.message.starts_with("geo is there already, from "), "{note:?}");
        // Asked for by its path, it is refused by name.
        let loser = plugins.folder().join(format!("{loser}.so")).display().to_string();
        let error = manager.load(&loser).unwrap_err();
        assert_error(&error, "plugin::duplicate-id", "another plugin has the id geo");
        // A second look changes nothing.
        manager.discover();
        assert_eq!(manager.notes(), notes);
    }
}

/// A broken file is no plugin: it does not take the place of one.
#[test]
fn rps_19_a_broken_file_does_not_hide_a_plugin_of_its_name() {
    let plugins = Plugins::new();
    plugins.write("a/geo.so", "broken");
    plugins.put("b/geo", "requires.c", &[("FIXTURE_ID", "\"geo\"")]);
    for folders in [["a", "b"], ["b", "a"]] {
        let manager = over(&plugins, &folders);
        assert_works(&manager, "geo");
        let notes = manager.notes();
        assert!(notes.iter().any(|note| note.path.ends_with("a/geo.so")), "{notes:?}");
    }
}

/// Two broken files of one name are both told of.
#[test]
fn rps_19_no_broken_file_is_passed_over_in_silence() {
    let plugins = Plugins::new();
    plugins.write("a/x.so", "broken");
    plugins.write("b/x.so", "");
    let manager = over(&plugins, &["a", "b"]);
    assert_error(&error_of(&manager, "x"), "plugin::bad-file", "a/x.so is a text");
    let notes = manager.notes();
    assert!(notes.iter().any(|note| note.path.ends_with("b/x.so")), "{notes:?}");
}

#[test]
#[cfg(unix)]
fn rps_23_one_file_by_two_names_is_one_plugin() {
    let plugins = Plugins::new();
    let real = plugins.put("a/geo", "requires.c", &[("FIXTURE_ID", "\"geo\"")]);
    plugins.path("b/x");
    std::os::unix::fs::symlink(&real, plugins.folder().join("b/linked.so")).unwrap();
    fs::hard_link(&real, plugins.folder().join("b/hard.so")).unwrap();
    std::os::unix::fs::symlink(plugins.folder().join("nowhere"), plugins.folder().join("b/dangling.so"))
        .unwrap();
    let manager = over(&plugins, &["a", "b", "a/../b"]);
    assert_eq!(manager.list().len(), 1, "{:?}", manager.list());
    assert_eq!(manager.notes(), []);
    for name in ["b/linked.so", "b/hard.so", "a/geo.so", "b/../a/geo.so"] {
        let path = plugins.folder().join(name).display().to_string();
        assert_eq!(manager.load(&path).unwrap(), "geo", "{name}");
    }
    assert_eq!(manager.info("geo").unwrap().generation, 0);
    assert_works(&manager, "geo");
}

#[test]
fn rps_23_loading_what_is_loaded_changes_nothing() {
    let plugins = Plugins::new();
    plugins.put("state", "state.c", &[]);
    let manager = plugins.started();
    assert_eq!(manager.execute("count", b"").unwrap(), b"1");
    assert_eq!(manager.load("state").unwrap(), "state");
    manager.start();
    manager.discover();
    assert_eq!(manager.execute("count", b"").unwrap(), b"2");
    assert_eq!(manager.info("state").unwrap().extensions.len(), 2);
}

/// BMUX-12, CRUSH-21: what can be there only once is there once, whoever comes at the same time.
#[test]
fn crush_21_two_codecs_with_one_magic_and_two_states_with_one_id_are_refused() {
    for _ in 0..10 {
        let plugins = Plugins::new();
        plugins.put("one", "codec.c", &[]);
        plugins.put("two", "codec.c", &[("FIXTURE_ID", "\"codec-two\"")]);
        let manager = plugins.started();
        let failed: Vec<_> = manager.list().into_iter().filter_map(|info| info.error).collect();
        let [error] = &failed[..] else { panic!("{failed:?}") };
        assert_error(error, "plugin::duplicate-registration", "`plain` at the point `space.codec`");
        assert_eq!(rps_runtime::extension::Extensions::codecs(&manager).len(), 1);
    }
}

#[test]
fn a_name_that_nobody_has_is_told_with_what_is_similar() {
    let plugins = Plugins::new();
    plugins.put_good("geometry");
    let manager = plugins.started();
    let error = manager.load("geometri").unwrap_err();
    assert_error(&error, "plugin::not-found", "Plugin not found: geometri");
    assert!(error.hint().unwrap().contains("did you mean `geometry`?"));
    assert_error(
        &manager.load("/no/such/file.so").unwrap_err(),
        "plugin::file",
        "/no/such/file.so can not be read",
    );
}
