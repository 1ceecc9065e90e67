//! Layers, validation, save and hot reload on real files.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use expect_test::expect;
use proptest::prelude::*;
use serde_json::json;
use tempfile::TempDir;

use super::*;

/// A directory with one configuration file.
struct Place {
    directory: TempDir,
    path: PathBuf,
}

impl Place {
    fn new(name: &str, text: &str) -> Self {
        let place = Self::empty(name);
        place.write(text);
        place
    }

    fn empty(name: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join(name);
        Self { directory, path }
    }

    fn write(&self, text: &str) {
        fs::write(&self.path, text).expect("it is written");
    }

    fn text(&self) -> String {
        fs::read_to_string(&self.path).expect("it is read")
    }

    fn file(&self) -> ConfigFile {
        ConfigFile::new(&self.path, Environment::fixed([("", ""); 0]), Overrides::default())
    }

    fn with(&self, environment: &[(&str, &str)], overrides: &[(&str, &str)]) -> ConfigFile {
        let mut given = Overrides::default();
        for (path, text) in overrides {
            given.set(path, text).expect("it is a key");
        }
        ConfigFile::new(&self.path, Environment::fixed(environment.iter().copied()), given)
    }

    /// The text of an error, without the directory, which differs from run to run.
    fn shown(&self, error: &dyn std::fmt::Display) -> String {
        error.to_string().replace(&format!("{}/", self.directory.path().display()), "")
    }

    fn others(&self) -> Vec<String> {
        let entries = fs::read_dir(self.directory.path()).expect("a directory");
        let names = entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
        names.filter(|name| Path::new(name) != self.path.file_name().expect("a name")).collect()
    }
}

fn origin_of(config: &Config, key: &str) -> String {
    let key: KeyPath = key.parse().expect("a path");
    let entry = config.entries().iter().find(|entry| entry.key == key).expect("the key holds");
    match &entry.origin {
        Origin::File { line, .. } => format!("file:{}", line.expect("a line")),
        other => other.to_string(),
    }
}

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

type Heard = Receiver<Result<Arc<Config>, ConfigError>>;

fn watched(place: &Place) -> (ConfigWatcher, Heard) {
    let (sender, receiver) = mpsc::channel();
    let file = place.file();
    let loaded = file.load();
    let watcher = ConfigWatcher::start(file, &loaded, move |result| _ = sender.send(result));
    (watcher.expect("it is watched"), receiver)
}

/// Waits for news that fit; a slow system may tell of a file that is half written first.
fn heard(receiver: &Heard, fits: impl Fn(&Result<Arc<Config>, ConfigError>) -> bool) {
    loop {
        let news = receiver.recv_timeout(Duration::from_secs(20)).expect("news come");
        if fits(&news) {
            return;
        }
    }
}

fn timeout_is(wanted: u128) -> impl Fn(&Result<Arc<Config>, ConfigError>) -> bool {
    move |news| news.as_ref().is_ok_and(|config| config.timeout.as_millis() == wanted)
}

/// DYN-7: an edit is seen without a restart, a bad one keeps the old configuration and is told, and so is a removal.
#[test]
fn dyn_7_hot_reload() {
    let place = Place::new("config.yaml", "timeout_ms: 1\n");
    let (watcher, receiver) = watched(&place);
    assert_eq!(watcher.current().timeout.as_millis(), 1);
    place.write("timeout_ms: 2\n");
    heard(&receiver, timeout_is(2));
    place.write("timeout_ms: none at all\n");
    heard(&receiver, |news| news.as_ref().is_err_and(|error| error.problems().len() == 1));
    assert_eq!(watcher.current().timeout.as_millis(), 2);
    assert!(watcher.reload().is_err());
    assert_eq!(watcher.current().timeout.as_millis(), 2);

    // As editors do: a new file, renamed over the old one.
    let new = place.directory.path().join("new");
    fs::write(&new, "timeout_ms: 3\n").expect("it is written");
    fs::rename(&new, &place.path).expect("it is renamed");
    heard(&receiver, timeout_is(3));
    place.file().save(&[Edit::set("timeout_ms", 4).expect("a path")]).expect("it is saved");
    heard(&receiver, timeout_is(4));

    fs::remove_file(&place.path).expect("it is removed");
    heard(&receiver, |news| news.as_ref().is_err_and(|error| error.code() == "plugin::config-unreadable"));
    assert_eq!(watcher.current().timeout.as_millis(), 4);
    place.write("timeout_ms: 5\n");
    heard(&receiver, timeout_is(5));
    drop(watcher);
    assert!(receiver.recv_timeout(Duration::from_secs(20)).is_err(), "the callback is gone with the watcher");
}

/// DYN-7: what changes between the load and the watch is seen, and a file that comes later too.
#[test]
fn dyn_7_no_change_falls_between() {
    let place = Place::empty("config.yaml");
    let (sender, receiver) = mpsc::channel();
    let file = place.file();
    let loaded = file.load();
    place.write("timeout_ms: 7\n");
    let watcher =
        ConfigWatcher::start(file, &loaded, move |result| _ = sender.send(result)).expect("it is watched");
    heard(&receiver, timeout_is(7));
    place.write("timeout_ms: 8\n");
    heard(&receiver, timeout_is(8));
    assert_eq!(watcher.reload().expect("it is sound").timeout.as_millis(), 8);
    let nowhere = ConfigFile::new("/nowhere/at/all/c.yaml", Environment::of_process(), Overrides::default());
    let error = ConfigWatcher::start(nowhere, &loaded, |_| {}).expect_err("there is no directory");
    assert_eq!(error.code(), "plugin::config-not-watched");
}
