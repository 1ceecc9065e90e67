//! Sidecars that are wrong or that lie (COMMY-25, DYN-24).

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Plugins, assert_error, assert_works, error_of};

/// Returns a sidecar of the fixture `requires.c` with this id.
fn sidecar(id: &str) -> Value {
    json!({
        "format": "rps-plugin-1", "id": id, "version": "1.0.0", "library": format!("{id}.so"),
        "extensions": [{"point": "service", "name": id}],
    })
}

fn with(mut sidecar: Value, key: &str, value: impl Into<Value>) -> String {
    sidecar[key] = value.into();
    sidecar.to_string()
}

fn hash(path: &Path) -> String {
    blake3::hash(&fs::read(path).unwrap()).to_hex().to_string()
}

#[test]
fn dyn_24_a_sound_sidecar_is_believed_until_the_first_use() {
    let plugins = Plugins::new();
    let library = plugins.put_good("geo");
    plugins.write("geo.plugin.json", with(sidecar("geo"), "blake3", hash(&library)));
    let manager = plugins.started();
    let info = manager.info("geo").unwrap();
    assert!(!info.is_loaded && info.error.is_none(), "{info:?}");
    assert!(!info.extensions[0].is_loaded);
    assert_works(&manager, "geo");
    assert!(manager.info("geo").unwrap().is_loaded);
}

/// The library may be anything: its sidecar is what is read first.
#[test]
fn dyn_24_the_library_is_opened_at_its_first_use_only() {
    let plugins = Plugins::new();
    plugins.write("geo.so", "no library");
    plugins.write("geo.plugin.json", sidecar("geo").to_string());
    plugins.write("gone.plugin.json", sidecar("gone").to_string());
    plugins.put_good("good");
    let manager = plugins.started();
    assert!(manager.info("geo").unwrap().error.is_none());
    assert_error(&manager.execute("geo", b"").unwrap_err(), "plugin::bad-file", "geo.so is a text");
    // At the second use it is not tried again, and the reason is the same.
    assert_error(&manager.execute("geo", b"").unwrap_err(), "plugin::bad-file", "geo.so is a text");
    assert_error(&manager.execute("gone", b"").unwrap_err(), "plugin::file", "gone.so can not be read");
    assert_works(&manager, "good");
}

#[test]
fn a_library_that_is_not_what_its_sidecar_describes_is_not_opened() {
    let plugins = Plugins::new();
    plugins.put_good("geo");
    plugins.write("geo.plugin.json", with(sidecar("geo"), "blake3", "00".repeat(32)));
    plugins.put_good("good");
    let manager = plugins.started();
    let error = manager.execute("geo", b"").unwrap_err();
    assert_error(&error, "plugin::checksum", "its BLAKE3 hash is ");
    assert_error(&error, "plugin::checksum", &format!("not {}", "00".repeat(32)));
    assert!(!manager.info("geo").unwrap().is_loaded);
    assert_works(&manager, "good");
}

#[test]
fn a_hash_in_capitals_is_the_same_hash() {
    let plugins = Plugins::new();
    let library = plugins.put_good("geo");
    plugins.write("geo.plugin.json", with(sidecar("geo"), "blake3", hash(&library).to_uppercase()));
    assert_works(&plugins.started(), "geo");
}

#[test]
fn a_sidecar_that_lies_about_id_or_version_is_found_out() {
    for (key, value, part) in [
        ("version", "2.0.0", "its sidecar says geo 2.0.0, and the library geo 1.0.0"),
        ("id", "other", "its sidecar says other 1.0.0, and the library geo 1.0.0"),
    ] {
        let plugins = Plugins::new();
        plugins.put_good("geo");
        plugins.write("geo.plugin.json", with(sidecar("geo"), key, value));
        plugins.put_good("good");
        let manager = plugins.started();
        assert_error(&manager.execute("geo", b"").unwrap_err(), "plugin::sidecar", part);
        assert_works(&manager, "good");
    }
}

/// What a sidecar declares and its library does not register is not there in the end.
#[test]
fn a_sidecar_that_promises_too_much_is_found_out() {
    let plugins = Plugins::new();
    plugins.put_good("geo");
    let promised = json!([
        {"point": "service", "name": "geo"}, {"point": "service", "name": "more"},
        {"point": "function", "name": "geo_more", "arity": 1}, {"point": "nowhere", "name": "at all"},
    ]);
    plugins.write("geo.plugin.json", with(sidecar("geo"), "extensions", promised));
    let manager = plugins.started();
    assert_error(&manager.execute("more", b"").unwrap_err(), "plugin::not-found", "Plugin not found: more");
    assert_works(&manager, "geo");
    assert_eq!(manager.info("geo").unwrap().extensions.len(), 1);
}

#[test]
fn what_is_no_sidecar_says_why_and_its_library_is_looked_at_instead() {
    let library = |name: &str| with(sidecar("geo"), "library", name);
    let cases: &[(&str, Vec<u8>, &str)] = &[
        ("empty", Vec::new(), "EOF while parsing"),
        ("no-json", b"id: geo".to_vec(), "expected"),
        ("not-utf8", b"{\"format\": \"\xff\"}".to_vec(), "is no sidecar of a plugin"),
        ("a-list", b"[]".to_vec(), "is no sidecar of a plugin"),
        ("nothing", b"{}".to_vec(), "missing field `format`"),
        ("format", with(sidecar("geo"), "format", "rps-plugin-9").into(), "`rps-plugin-9`"),
        ("bad-id", with(sidecar("geo"), "id", "../geo").into(), "its id is `../geo`"),
        ("version", with(sidecar("geo"), "version", "one").into(), "unexpected character 'o'"),
        ("escape", library("../x.so").into(), "`../x.so` is no name of a file"),
        ("absolute", library("/x.so").into(), "`/x.so` is no name of a file"),
        ("dots", library("..").into(), "`..` is no name of a file"),
        ("nameless", library("").into(), "`` is no name of a file"),
        ("deep", ["[".repeat(100_000), "]".repeat(100_000)].concat().into(), "is no sidecar of a plugin"),
        (
            "range",
            with(sidecar("geo"), "requires", json!([{"id": "a", "version": "about 2"}])).into(),
            "unexpected character 'a' while parsing major version",
        ),
    ];
    for (name, text, part) in cases {
        let plugins = Plugins::new();
        plugins.write("bad.plugin.json", text);
        plugins.put_good("bad");
        let manager = plugins.started();
        assert_error(&error_of(&manager, "bad.plugin"), "plugin::bad-file", part);
        assert_error(&error_of(&manager, "bad.plugin"), "plugin::bad-file", "bad.plugin.json is no sidecar");
        assert_works(&manager, "bad");
        println!("{name}");
    }
}

/// A sidecar with what later versions may add is a sidecar; a byte order mark is no JSON.
#[test]
fn a_sidecar_may_have_more_members() {
    let plugins = Plugins::new();
    plugins.put_good("geo");
    plugins.write("geo.plugin.json", with(sidecar("geo"), "colour", "blue"));
    assert_works(&plugins.started(), "geo");
}
