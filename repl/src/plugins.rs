//! The plugins of a session: where they are looked for, what the configuration says, and what a store asks of them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use etcetera::BaseStrategy;
use rps_persist::layout::Layout;
use rps_persist::{CodecChoice, native};
use rps_plugin_host::config::{
    Codec, Config, ConfigError, ConfigFile, ConfigWatcher, Environment, JitConfig, Loaded, LogLevel,
    Overrides, Problem,
};
use rps_plugin_host::{BuiltIn, LogSink, Manager, Options, PayloadKeeper, PluginError, PluginInfo};
use rps_runtime::extension::{ExtensionError, Extensions};
use rps_runtime::{Mutator, ObjectRef, Runtime};

use crate::arguments::Arguments;
use crate::console::Console;
use crate::failure::Failure;
use crate::log::Log;

/// The plugins that are part of the command.
pub(crate) static BUILT_INS: &[BuiltIn] = &[rps_codecs::PLUGIN];

/// The hidden subcommand that runs an isolated plugin.
pub(crate) const HOST_SUBCOMMAND: &str = "plugin-host";

/// The plugins of this process.
pub(crate) struct Plugins {
    pub(crate) manager: Manager,
    file: ConfigFile,
    /// What the configuration says of the compiled tier; with it the rest of the session was begun.
    jit: JitConfig,
    /// How the command line wants dumps to be encoded.
    codec: Option<CodecChoice>,
    log: Arc<Log>,
    /// Follows changes of the configuration's file while somebody works at the prompt.
    watcher: OnceLock<ConfigWatcher>,
    /// What stops the compiled tier of the session: of the store that is open now.
    compiled: Arc<Mutex<Option<rps_jit::Handle>>>,
}

impl Plugins {
    /// Finds the plugins that a session may use, and loads those that say nothing of themselves in a sidecar.
    pub(crate) fn start(
        arguments: &Arguments,
        store: Option<&Path>,
        console: &mut Console,
    ) -> Result<Plugins, Failure> {
        let plugins = Plugins::find(arguments, store, console)?;
        plugins.manager.start();
        plugins.check_required()?;
        for info in plugins.manager.list() {
            if let Some(failure) = told_at_start(&info) {
                console.warn(&failure);
            }
        }
        Ok(plugins)
    }

    /// Finds plugins, and loads none.
    pub(crate) fn find(
        arguments: &Arguments,
        store: Option<&Path>,
        console: &mut Console,
    ) -> Result<Plugins, Failure> {
        let (file, loaded) = configuration(arguments);
        let log = Arc::new(Log::new(console.is_json()));
        for directory in arguments.plugin_path.iter().filter(|directory| !directory.is_dir()) {
            console.warn(&no_directory(directory));
        }
        for error in loaded.errors() {
            console.warn(&config_failure(error));
        }
        for problem in loaded.config.warnings() {
            console.warn(&problem_failure(problem));
        }
        let mut options = Options::default();
        options.config = Arc::clone(&loaded.config);
        options.environment = Environment::of_process();
        options.built_ins = BUILT_INS.to_vec();
        options.log = Some(sink(&log));
        options.process_command = process_command();
        options.search_path.clone_from(&arguments.plugin_path);
        options.last_search_path = beside_the_program(store);
        if arguments.no_plugins {
            options.search_path.clear();
            options.last_search_path.clear();
            options.config = Arc::new(Config::default());
        }
        let manager = Manager::new(options);
        manager.set_payload_keeper(Arc::new(Keeper { manager: manager.clone() }));
        manager.discover();
        let codec = arguments.codec.as_deref().map(CodecChoice::from);
        let jit = loaded.config.jit.clone();
        Ok(Plugins { manager, file, jit, codec, log, watcher: OnceLock::new(), compiled: Arc::default() })
    }

    /// Returns no plugins but those that are part of the command.
    pub(crate) fn none() -> Plugins {
        let mut options = Options::default();
        options.built_ins = BUILT_INS.to_vec();
        let file = ConfigFile::new("", Environment::of_process(), Overrides::default());
        let log = Arc::new(Log::new(false));
        let jit = file.load().config.jit.clone();
        Plugins {
            manager: Manager::new(options),
            file,
            jit,
            codec: None,
            log,
            watcher: OnceLock::new(),
            compiled: Arc::default(),
        }
    }

    /// Returns what a store asks.
    pub(crate) fn extensions(&self) -> Arc<dyn Extensions> {
        Arc::new(self.manager.clone())
    }

    /// Returns how dumps are encoded: as the command line says, or the configuration, or as the store is.
    pub(crate) fn codec(&self) -> CodecChoice {
        self.codec.clone().unwrap_or_else(|| match &self.manager.config().codec {
            Codec::None => CodecChoice::Keep,
            Codec::Auto => CodecChoice::from("auto"),
            Codec::Named(name) => CodecChoice::Named(name.clone()),
        })
    }

    /// Returns the file of the configuration.
    pub(crate) fn file(&self) -> &ConfigFile {
        &self.file
    }

    /// Returns where plugins log.
    pub(crate) fn log(&self) -> &Log {
        &self.log
    }

    /// Reads the configuration's file anew.
    pub(crate) fn reload_configuration(&self) -> Result<(), ConfigError> {
        let config = match self.watcher.get() {
            Some(watcher) => watcher.reload()?,
            None => self.file.reload()?,
        };
        follow(&self.manager, config);
        Ok(())
    }

    /// Makes a runtime the one that plugins work on; `store` is the directory of its store.
    pub(crate) fn attach(&self, runtime: &Arc<Runtime>, store: Option<&Path>) {
        let cache = store.map(|store| Layout::new(store).code_cache());
        let is_logged = self.manager.config().log_level >= LogLevel::Debug;
        let log = is_logged.then(|| {
            let (manager, log) = (self.manager.clone(), Arc::clone(&self.log));
            crate::jit::log(move |level, text| {
                if manager.config().log_level as u32 >= level {
                    log.tell(level, "jit", text);
                }
            })
        });
        if let Some(handle) = crate::jit::attach(runtime, &self.manager, &self.jit, cache, log) {
            *self.compiled.lock().unwrap_or_else(PoisonError::into_inner) = Some(handle);
        }
        self.manager.attach(runtime);
    }

    /// Tells plugins that the session is over when the result is dropped, so that they can finish what they have begun.
    pub(crate) fn until_the_end(&self) -> impl Drop + use<> {
        Session { manager: self.manager.clone(), compiled: Arc::clone(&self.compiled) }
    }

    /// Follows changes of the configuration's file from now on.
    pub(crate) fn watch(&self) {
        let (manager, log) = (self.manager.clone(), Arc::clone(&self.log));
        let changed = move |result: Result<Arc<Config>, ConfigError>| match result {
            Ok(config) => follow(&manager, config),
            Err(error) => log.tell(1, "config", &error.to_string()),
        };
        // Without a directory to watch there is nothing to follow.
        if let Ok(watcher) = ConfigWatcher::start(self.file.clone(), &self.file.load(), changed) {
            let _first = self.watcher.set(watcher);
        }
    }

    /// Makes sure that the plugins are there which the configuration says a start needs.
    fn check_required(&self) -> Result<(), Failure> {
        let config = self.manager.config();
        for (id, _) in config.plugins.iter().filter(|(_, plugin)| plugin.required) {
            if let Err(error) = self.manager.load(id) {
                return Err(failure(&error).detail(format!("the configuration says that {id} is required")));
            }
        }
        Ok(())
    }
}

/// A session that plugins are told the end of.
struct Session {
    manager: Manager,
    compiled: Arc<Mutex<Option<rps_jit::Handle>>>,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.manager.emit("session.end", "{}");
        if let Some(compiled) = &*self.compiled.lock().unwrap_or_else(PoisonError::into_inner) {
            compiled.end();
        }
        self.manager.shut_down(Duration::from_secs(2));
    }
}

/// Keeps payloads in the form that stores have.
struct Keeper {
    manager: Manager,
}

impl PayloadKeeper for Keeper {
    fn freeze(&self, m: &Mutator<'_>, object: ObjectRef) -> Result<(), ExtensionError> {
        native::freeze(m, object).map(drop).map_err(|error| ExtensionError {
            code: "plugin::failed",
            plugin: String::new(),
            message: error.to_string(),
            hint: None,
        })
    }

    fn revive(&self, runtime: &Runtime) -> usize {
        native::revive_all(runtime, &self.manager, |_| true).revived
    }
}

/// Returns the failure of something that was asked of plugins.
pub(crate) fn failure(error: &PluginError) -> Failure {
    Failure::new(error.code(), error.to_string()).maybe_hint(error.hint())
}

pub(crate) fn config_failure(error: &ConfigError) -> Failure {
    let failure = Failure::new(error.code(), error.to_string()).hint(error.hint());
    error.problems().iter().fold(failure, |failure, problem| failure.detail(problem.to_string()))
}

fn problem_failure(problem: &Problem) -> Failure {
    Failure::new(problem.code, problem.to_string()).maybe_hint(problem.hint.clone())
}

/// Returns what is to be said of a plugin when a session begins: why it could not be loaded.
fn told_at_start(info: &PluginInfo) -> Option<Failure> {
    let error = info.error.as_ref()?;
    info.is_enabled.then(|| failure(error).detail("the session goes on without it"))
}

pub(crate) fn configuration(arguments: &Arguments) -> (ConfigFile, Loaded) {
    let environment = Environment::of_process();
    let file = match &arguments.config {
        Some(path) => ConfigFile::new(path, environment, Overrides::default()).required(),
        None => {
            let directory = etcetera::choose_base_strategy()
                .map(|strategy| strategy.config_dir().join("repersys"))
                .unwrap_or_default();
            ConfigFile::locate(&directory, environment, Overrides::default())
        }
    };
    let loaded = file.load();
    (file, loaded)
}

/// Returns the directories that come last: `plugins` beside the program, and in the store.
fn beside_the_program(store: Option<&Path>) -> Vec<PathBuf> {
    let beside = std::env::current_exe().ok().and_then(|path| Some(path.parent()?.join("plugins")));
    beside.into_iter().chain(store.map(|store| store.join("plugins"))).collect()
}

fn process_command() -> Option<Vec<OsString>> {
    let program = std::env::current_exe().ok()?;
    Some(vec![program.into_os_string(), HOST_SUBCOMMAND.into()])
}

/// Returns what writes the log of a process that has no session.
pub(crate) fn log_sink(json: bool) -> LogSink {
    sink(&Arc::new(Log::new(json)))
}

fn sink(log: &Arc<Log>) -> LogSink {
    let log = Arc::clone(log);
    Box::new(move |level, plugin, text| log.tell(level, plugin, text))
}

/// Makes a configuration the one that holds; what it enables is loaded as at the start.
fn follow(manager: &Manager, config: Arc<Config>) {
    manager.set_config(config);
    manager.start();
}

/// Returns what is to be said of a directory that somebody names and that is none.
fn no_directory(directory: &Path) -> Failure {
    let (what, hint) = match directory.exists() {
        true => {
            ("is no directory", "name the directory that the file is in; `:plugin load FILE` loads one file")
        }
        false => ("does not exist", "no plugin is found there"),
    };
    let message = format!("`{}`, named by --plugin-path, {what}", directory.display());
    Failure::new("plugin::no-directory", message).hint(hint)
}
