//! What is read: defaults, keys, layers, problems, secrets, and the page of the book.

use std::fs;
use std::path::Path;
use std::time::Duration;

use expect_test::expect;
use proptest::prelude::*;
use serde_json::json;

use super::super::*;
use super::{Place, origin_of};

/// DYN-14, CRUSH-1: without a file the defaults hold, 30 seconds among them.
#[test]
fn dyn_14_defaults() {
    let loaded = Place::empty("config.yaml").file().load();
    assert_eq!(loaded.errors().count(), 0);
    let config = loaded.config;
    assert_eq!(config.timeout, Duration::from_secs(30));
    assert_eq!((config.max_leaked_calls, config.max_faults, config.log_level), (3, 3, LogLevel::Info));
    assert_eq!((config.retry.attempts, config.retry.backoff), (1, Duration::from_millis(100)));
    assert_eq!(config.codec, Codec::None);
    assert_eq!(
        (config.server.enabled, config.server.host.as_str(), config.server.port),
        (false, "127.0.0.1", 8080)
    );
    assert!(config.plugins.is_empty() && config.plugins_dir.is_empty() && config.plugins_pattern.is_none());
    assert!(config.entries().iter().all(|entry| entry.origin == Origin::Default));
    assert_eq!(config.plugin("any"), PluginConfig::default());
}

const FULL: &str = "\
plugins_dir: plugins
plugins_pattern: '*.plugin.so'
log_level: debug
timeout_ms: 1500
codec: zip
server: {host: localhost, port: 9000, enabled: true}
plugins:
  zip:
    enabled: false
    required: true
    timeout_ms: 20
    isolation: process
    guard: all
    limits: {memory_mb: 64, cpu_seconds: 2, open_files: 16}
    priority: {space.codec/zip: -5}
    settings: {level: 9, deep: [1, null, 2.5, {x: 18446744073709551615}]}
  org.example.tar:
";

/// DYN-14, CRUSH-12, COMMY-25: DynPlug's keys and ours arrive; the same in TOML and JSON.
#[test]
fn dyn_14_all_keys_in_all_formats() {
    let toml = "\
plugins_dir = 'plugins'\nplugins_pattern = '*.plugin.so'\nlog_level = 'debug'\ntimeout_ms = 1500\ncodec = 'zip'\n
server = {host = 'localhost', port = 9000, enabled = true}\n[plugins.zip]\nenabled = false\nrequired = true\n
timeout_ms = 20\nisolation = 'process'\nguard = 'all'\nlimits = {memory_mb = 64, cpu_seconds = 2, open_files = 16}\n
priority = {'space.codec/zip' = -5}\nsettings = {level = 9, deep = [1, 2.5]}\n[plugins.'org.example.tar']\n";
    let json = json!({"plugins_dir": ["plugins"], "plugins_pattern": "*.plugin.so", "log_level": "debug",
        "timeout_ms": 1500, "codec": "zip", "server": {"host": "localhost", "port": 9000, "enabled": true},
        "plugins": {"zip": {"enabled": false, "required": true, "timeout_ms": 20, "isolation": "process",
            "guard": "all", "limits": {"memory_mb": 64, "cpu_seconds": 2, "open_files": 16},
            "priority": {"space.codec/zip": -5}, "settings": {"level": 9}}, "org.example.tar": null}});
    for (name, text) in [("c.yaml", FULL), ("c.toml", toml), ("c.json", &json.to_string())] {
        let place = Place::new(name, text);
        let config = place.file().load().strict().unwrap_or_else(|error| panic!("{error}"));
        assert!(config.warnings().is_empty(), "{:?}", config.warnings());
        assert_eq!(config.plugins_dir, [place.directory.path().join("plugins")]);
        assert!(config.matches_file_name("a.plugin.so", "so") && !config.matches_file_name("a.so", "so"));
        assert_eq!((config.log_level, &config.codec), (LogLevel::Debug, &Codec::Named("zip".to_owned())));
        assert_eq!(config.server.port, 9000);
        let zip = &config.plugins["zip"];
        assert_eq!(
            (zip.enabled, zip.required, zip.isolation, zip.guard),
            (false, true, Isolation::Process, Guard::All)
        );
        assert_eq!(zip.limits.memory_mb, Some(64));
        assert_eq!(config.timeout_of("zip"), Duration::from_millis(20));
        assert_eq!(config.timeout_of("tar"), Duration::from_millis(1500));
        assert_eq!(config.priority_of("zip", "space.codec", "zip"), Some(-5));
        assert_eq!(zip.settings.0["level"], 9);
        assert!(!config.is_enabled("zip") && config.is_enabled("org.example.tar"));
    }
    let config = Place::new("c.yaml", FULL).file().load().config;
    assert_eq!(config.plugins["zip"].settings.0["deep"], json!([1, null, 2.5, {"x": u64::MAX}]));
}

/// The words that YAML 1.1 took for truth values are words.
#[test]
fn off_is_a_log_level_without_quotes() {
    let config = Place::new("c.yaml", "log_level: off\nserver: {enabled: yes}")
        .file()
        .load()
        .strict()
        .expect("it is a word");
    assert_eq!((config.log_level, config.server.enabled), (LogLevel::Off, true));
}

/// DYN-29: command line over environment over file over defaults, and every value tells where it came from.
#[test]
fn dyn_29_precedence() {
    let place = Place::new("c.yaml", "log_level: warn\ntimeout_ms: 1\nserver:\n  port: 1\n  host: a\n");
    let environment = [("RPS_TIMEOUT_MS", "2"), ("RPS_SERVER_PORT", "2"), ("RPS_PLUGIN_PATH", "/x:/y")];
    let file = place.with(&environment, &[("server.port", "3"), ("plugins.\"a.b\".enabled", "no")]);
    let config = file.load().strict().expect("all is sound");
    assert_eq!((config.timeout.as_millis(), config.server.port, config.server.host.as_str()), (2, 3, "a"));
    assert!(!config.is_enabled("a.b"));
    assert_eq!(config.search_dirs().collect::<Vec<_>>(), [Path::new("/x"), Path::new("/y")]);
    for (key, origin) in [
        ("log_level", "file:1"),
        ("timeout_ms", "$RPS_TIMEOUT_MS"),
        ("server.port", "command line"),
        ("server.host", "file:5"),
        ("max_faults", "default"),
        ("plugins.\"a.b\".enabled", "command line"),
    ] {
        assert_eq!(origin_of(&config, key), origin, "{key}");
    }
}

proptest! {
    /// DYN-29: whichever layers say something, the highest of them holds.
    #[test]
    fn dyn_29_the_highest_layer_holds(file: Option<u16>, variable: Option<u16>, given: Option<u16>) {
        let text = file.map_or_else(String::new, |port| format!("server: {{port: {port}}}"));
        let place = Place::new("c.yaml", &text);
        let variable_text = variable.map(|port| port.to_string());
        let given_text = given.map(|port| port.to_string());
        let environment: Vec<_> = variable_text.iter().map(|text| ("RPS_SERVER_PORT", text.as_str())).collect();
        let overrides: Vec<_> = given_text.iter().map(|text| ("server.port", text.as_str())).collect();
        let config = place.with(&environment, &overrides).load().strict().unwrap();
        prop_assert_eq!(config.server.port, given.or(variable).or(file).unwrap_or(8080));
    }
}

/// DYN-29: all problems at once, each at its place, with what to do.
#[test]
fn dyn_29_all_problems_at_once() {
    let place = Place::new(
        "config.yaml",
        "log_level: wran\ntimeout_ms: 0\nmax_fautls: 2\nserver:\n  port: 70000\n  host: 'a b'\nplugins_pattern: 'a/[*'\n\
         plugins:\n  zip:\n    enabled: maybe\n    priority: {zip: 1}\n    settings: [1]\n  'a b': {}\nplugins_dir: ['']\n",
    );
    let error = place.file().load().strict().expect_err("it is wrong");
    expect![[r#"
        Configuration error: 10 problems
          config.yaml:1:12: `log_level`: one of off, error, warn, info, debug, trace is wanted (did you mean `warn`?)
          config.yaml:2:13: `timeout_ms`: 0 is not between 1 and 86400000
          config.yaml:5:9: `server.port`: 70000 is not between 0 and 65535
          config.yaml:6:9: `server.host`: the name or address of a host is wanted
          config.yaml:7:18: `plugins_pattern`: a pattern of file names is wanted: not empty, without a directory
          config.yaml:10:14: `plugins.zip.enabled`: true or false is wanted
          config.yaml:11:21: `plugins.zip.priority.zip`: the key is not `point/name`
          config.yaml:12:15: `plugins.zip.settings`: a mapping is wanted
          config.yaml:13:3: `plugins.a b`: this is not the id of a plugin
          config.yaml:14:15: `plugins_dir`: a path is wanted, and not an empty one"#]]
    .assert_eq(&place.shown(&error));
    assert_eq!(error.code(), "plugin::config-invalid");
}

/// DYN-29: a variable that is wrong is told and ignored; a word of the command line that is wrong is refused.
#[test]
fn dyn_29_other_layers_are_validated_too() {
    let place = Place::new("c.yaml", "timeout_ms: 5");
    let loaded = place.with(&[("RPS_SERVER_PORT", "many"), ("RPS_MAX_FAULTS", "7")], &[]).load();
    assert_eq!((loaded.config.server.port, loaded.config.max_faults), (8080, 7));
    let error = loaded.strict().expect_err("it is wrong");
    assert_eq!(
        error.to_string(),
        "Configuration error: $RPS_SERVER_PORT: `server.port`: a whole number is wanted"
    );
    let mut overrides = Overrides::default();
    let error = overrides.set("server.prot", "1").expect_err("there is no such key");
    assert_eq!(error.hint(), "did you mean `port`?");
    assert!(overrides.set_value(KeyPath::new(["codec"]), &json!(1)).is_err());
}

/// DYN-7: a key that nobody knows is a warning, with the key that may have been meant, and not an error.
#[test]
fn dyn_7_unknown_keys_are_warned_about() {
    let place = Place::new(
        "config.toml",
        "max_fautls = 2\n[plugins.zip]\nzzz = 1\n[plugins.zip.settings]\nany = 1\n",
    );
    let config = place.file().load().strict().expect("it is sound");
    let warnings: String = config.warnings().iter().map(|warning| place.shown(warning) + "\n").collect();
    expect![[r#"
        config.toml:1:1: `max_fautls`: this key is not known; it is kept (did you mean `max_faults`?)
        config.toml:3:1: `plugins.zip.zzz`: this key is not known; it is kept
    "#]]
    .assert_eq(&warnings);
}

/// DYN-16, DYN-30: an invalid file is told with its place, the defaults hold, and the file is not touched.
#[test]
fn dyn_30_an_invalid_file_leaves_the_defaults() {
    for (name, text) in
        [("c.yaml", "a: [\n"), ("c.toml", "a = [\n"), ("c.yaml", "timeout_ms: x"), ("c.yaml", "- 1")]
    {
        let place = Place::new(name, text);
        let loaded = place.file().load();
        assert_eq!(loaded.config.timeout, Duration::from_secs(30));
        let error = loaded.strict().expect_err("it is invalid").to_string();
        assert!(
            error.starts_with("Configuration error: ") && error.contains(":1:") || error.contains(":2:"),
            "{error}"
        );
        assert_eq!(place.text(), text);
    }
    let place = Place::empty("c.yaml");
    fs::write(&place.path, b"a: \xff").expect("it is written");
    assert_eq!(place.file().load().strict().expect_err("no UTF-8").code(), "plugin::config-syntax");
}

/// DYN-29: the page of the book has every key, with its default.
#[test]
fn dyn_29_the_book_has_every_key() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/configuration.md");
    let page = fs::read_to_string(page).expect("the page is there");
    let rows = rows(schema::ROOT, "");
    let missing: Vec<_> = rows.iter().filter(|row| !page.contains(row.as_str())).collect();
    assert!(missing.is_empty(), "missing in docs/configuration.md:\n{missing:#?}");

    let example =
        page.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    let config = Place::new("config.yaml", example).file().load().strict().expect("the example is sound");
    assert!(config.warnings().is_empty() && config.plugins["db"].required, "{:?}", config.warnings());
}

fn rows(keys: &[schema::Key], before: &str) -> Vec<String> {
    let mut rows = Vec::new();
    for schema::Key { name, kind, default, about } in keys {
        match kind {
            schema::Kind::Group(inner) => rows.extend(self::rows(inner, &format!("{before}{name}."))),
            schema::Kind::ByPlugin(inner) => rows.extend(self::rows(inner, &format!("{before}{name}.ID."))),
            _ => {
                let default =
                    if *default == "null" { "" } else { &format!("`{}`", default.trim_matches('"')) };
                rows.push(format!("| `{before}{name}` | {default} | {about} |\n"));
            }
        }
    }
    rows
}

#[test]
fn a_file_is_found_by_its_name_or_by_the_environment() {
    let place = Place::new("config.toml", "");
    let none = Environment::fixed([("", ""); 0]);
    let at = |environment: Environment| {
        ConfigFile::locate(place.directory.path(), environment, Overrides::default())
    };
    assert_eq!(at(none.clone()).path(), place.path);
    fs::remove_file(&place.path).expect("it is removed");
    assert!(at(none).path().ends_with("config.yaml"));
    let named = at(Environment::fixed([("RPS_CONFIG", "/nowhere/x.yaml")]));
    assert_eq!(named.load().strict().expect_err("it is not there").code(), "plugin::config-unreadable");
    let odd = Place::new("config.ini", "").file().load().strict().expect_err("what is it?");
    assert_eq!(odd.code(), "plugin::config-unknown-format");
}

/// DYN-23: a secret is shown nowhere: not by `entries`, `Debug` or `Display`, and not by errors; a save does not write
/// what a variable holds.
#[test]
fn dyn_23_secrets_are_masked() {
    let text = "plugins:\n  db:\n    settings:\n      api_token: hunter2\n      auth_secret: {a: hunter2}\n      \
                user: '${DB_USER}'\n      list: [{password: hunter2}]\n";
    let place = Place::new("c.yaml", text);
    let environment = Environment::fixed([("DB_USER", "eve")]);
    let file = ConfigFile::new(&place.path, environment.clone(), Overrides::default());
    let config = file.load().strict().expect("it is sound");
    let shown = format!("{config:?} {:?} {}", config.entries(), config.plugins["db"].settings);
    assert!(!shown.contains("hunter2") && shown.contains("***"), "{shown}");
    let resolved = config.resolved_settings("db", &environment).expect("it is set");
    assert_eq!((&resolved["api_token"], &resolved["user"]), (&json!("hunter2"), &json!("eve")));
    let mut overrides = Overrides::default();
    overrides.set("plugins.db.settings.password", "hunter2").expect("it is a key");
    let given = ConfigFile::new(&place.path, Environment::fixed([("X", "hunter2")]), overrides);
    let edit = Edit::set("plugins.db.settings.token", "hunter2").expect("a path");
    let shown = format!("{given:?} {:?} {edit:?}", given.load());
    assert!(!shown.contains("hunter2") && shown.contains("plugins.db.settings.password"), "{shown}");
    file.save(&[Edit::enable("db", false)]).expect("it is saved");
    assert!(place.text().contains("${DB_USER}") && !place.text().contains("eve"));

    for text in ["plugins: {db: {settings: {api_token: hunter2}}, x: [", "plugins: {db: {settings: hunter2}}"]
    {
        place.write(text);
        let error = file.load().strict().expect_err("it is wrong");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    }
}
