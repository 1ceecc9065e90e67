//! A directory of plugins and their manager, and child processes.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rps_plugin_host::config::{Config, ConfigFile, Environment, KeyPath, Overrides};
use rps_plugin_host::{Manager, Options, PluginError};
use rps_tests::c::{self, Standard};
use rps_tests::{stores, workspace};
use tempfile::TempDir;

/// Longer than anything here should take, so that a test fails instead of hanging.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Directories of plugins, gone at the end.
pub(crate) struct Plugins {
    folder: TempDir,
    config: Overrides,
    log: Arc<Mutex<Vec<String>>>,
}

impl Plugins {
    pub(crate) fn new() -> Plugins {
        Plugins { folder: stores::temporary(), config: Overrides::default(), log: Arc::default() }
    }

    /// Sets a key of the configuration.
    pub(crate) fn with(mut self, key: &str, value: &str) -> Plugins {
        self.config.set(key, value).expect("the key is known");
        self
    }

    /// Says in the configuration which place a plugin has at a point.
    pub(crate) fn with_priority(mut self, plugin: &str, place: &str, priority: i32) -> Plugins {
        let path = KeyPath::new(["plugins", plugin, "priority", place]);
        self.config.set_value(path, &priority.into()).expect("the key is known");
        self
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the path of a file in the first directory, or in a directory below it: `b/x.so`.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().expect("it is below the folder")).expect("a folder can be made");
        path
    }

    /// Writes a file.
    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, bytes).expect("a file can be written");
        path
    }

    /// Puts a fixture there, as `name.so`: a definition without a value is a case.
    pub(crate) fn put(&self, name: &str, source: &str, defines: &[(&str, &str)]) -> PathBuf {
        let path = self.path(&format!("{name}.{}", env::consts::DLL_EXTENSION));
        // A new file each time: one that is mapped is not written over.
        let _old = fs::remove_file(&path);
        fs::copy(compiled(source, defines), &path).expect("a library can be copied");
        path
    }

    /// Puts a plugin there that is as it should be, with a service of its id that answers with its version.
    pub(crate) fn put_good(&self, id: &str) -> PathBuf {
        self.put(id, "requires.c", &[("FIXTURE_ID", &format!("\"{id}\""))])
    }

    pub(crate) fn config(&self) -> Arc<Config> {
        let nothing = Environment::fixed::<String, String>([]);
        ConfigFile::new("", nothing, self.config.clone()).load().strict().expect("the configuration is sound")
    }

    pub(crate) fn options(&self) -> Options {
        let mut options = Options::default();
        options.config = self.config();
        options.search_path = vec![self.folder.path().to_owned()];
        let log = Arc::clone(&self.log);
        options.log = Some(Box::new(move |level, plugin, text| {
            log.lock().push(format!("{level} {plugin}: {text}"));
        }));
        options
    }

    /// Returns a manager that has found the plugins.
    pub(crate) fn found(&self) -> Manager {
        let manager = Manager::new(self.options());
        manager.discover();
        manager
    }

    /// Returns a manager that has found and loaded the plugins.
    pub(crate) fn started(&self) -> Manager {
        let manager = self.found();
        manager.start();
        manager
    }

    /// Returns what was logged.
    pub(crate) fn log(&self) -> Vec<String> {
        self.log.lock().clone()
    }
}

/// Returns the shared library that a fixture is compiled to.
pub(crate) fn compiled(source: &str, defines: &[(&str, &str)]) -> PathBuf {
    let source = workspace::root().join("tests/fixtures/plugins").join(source);
    let defines: Vec<_> =
        defines.iter().map(|&(name, value)| (name, if value.is_empty() { "1" } else { value })).collect();
    c::library(&source, Standard::C11, &defines)
}

/// Makes sure that an error has a code and says something.
#[track_caller]
pub(crate) fn assert_error(error: &PluginError, code: &str, part: &str) {
    let message = error.to_string();
    assert_eq!(error.code(), code, "{message}");
    assert!(message.contains(part), "`{part}` is not in: {message}");
}

/// Makes sure that a plugin of [`Plugins::put_good`] works.
#[track_caller]
pub(crate) fn assert_works(manager: &Manager, id: &str) {
    assert_eq!(manager.execute(id, b"").map_err(|error| error.to_string()), Ok(b"1.0.0".to_vec()));
}

/// Returns why a plugin is not loaded.
#[track_caller]
pub(crate) fn error_of(manager: &Manager, id: &str) -> PluginError {
    let info = manager.info(id).expect("it is known");
    assert!(!info.is_loaded, "{id} is loaded");
    info.error.expect("it says why it is not loaded")
}

/// Waits until `done`, and fails when that takes too long.
#[track_caller]
pub(crate) fn wait_for(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::yield_now();
    }
}

const CHILD: &str = "RPS_TEST_CHILD";

/// Runs the body of the test with this path in a process of its own: should it end by a signal, the test fails, and no
/// other does. What it sees of the process is not disturbed by other tests.
#[track_caller]
pub(crate) fn in_child(test: &str, body: impl FnOnce()) {
    if env::var_os(CHILD).is_some_and(|name| name == test) {
        return body();
    }
    let program = env::current_exe().expect("a test program knows its path");
    let mut command = Command::new(program);
    let output = command.args(["--exact", test, "--nocapture", "--test-threads=1"]).env(CHILD, test).output();
    let output = output.expect("the test program starts");
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{stdout}\n{stderr}", output.status);
    assert!(stdout.contains("1 passed"), "there is no test {test}: {stdout}");
}
