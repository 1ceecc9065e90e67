//! The manager: which plugins there are, and what state each is in.
//!
//! Read `record` (one plugin), `discover` (finding them), `order` (which must come before which), `load` (from found to
//! loaded), `resolve` (loading at first use), `lifecycle` (disabling, unloading, reloading), `attach` (the runtime that
//! they work on), `list` (what people are told), `extensions` (what a store asks).

mod attach;
mod discover;
mod extensions;
mod lifecycle;
mod list;
mod load;
mod order;
mod record;
mod resolve;

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::{Mutex, RwLock};
use rps_plugin_abi as abi;
use rps_runtime::extension::ExtensionError;
use rps_runtime::{Mutator, ObjectRef, Runtime};

use self::record::Record;
use crate::caller::{Agenda, Functions, Parked};
use crate::config::{Config, Environment, Guard as GuardWhat, Retry};
use crate::error::PluginError;
use crate::guard::{Guard, GuardOptions};
use crate::instance::Instance;
use crate::library::FileIdentity;
use crate::metrics::Counters;
use crate::point::{PointInfo, Registry};

pub use self::discover::Note;
pub use self::list::{
    ExtensionInfo, ExtensionStats, IntrinsicInfo, PluginInfo, PluginStats, RequirementInfo, TierInfo,
};
pub use self::record::Stage;

/// A service or command may write so many bytes.
const OUTPUT_LIMIT: u64 = 256 << 20;

/// What a manager is made with.
#[derive(Default)]
#[non_exhaustive]
pub struct Options {
    /// What the configuration says.
    pub config: Arc<Config>,
    /// What settings refer to by `${NAME}`.
    pub environment: Environment,
    /// Where to look for plugins before the directories that the configuration names.
    pub search_path: Vec<PathBuf>,
    /// Where to look for plugins after those.
    pub last_search_path: Vec<PathBuf>,
    /// The plugins that are part of the program.
    pub built_ins: Vec<abi::BuiltIn>,
    /// Who is told what plugins log: level, plugin, text.
    pub log: Option<LogSink>,
    /// The command line that runs a service in a process of its own: see [`crate::process`].
    pub process_command: Option<Vec<std::ffi::OsString>>,
}

/// Who is told what plugins log.
pub type LogSink = Box<dyn Fn(u32, &str, &str) + Send + Sync>;

/// Keeps payloads when their plugin goes, and gives them back when it comes: what knows the form that a store has for
/// them.
pub trait PayloadKeeper: Send + Sync {
    /// Turns the payload of an object into the form that a store keeps, as if its plugin were not there.
    ///
    /// # Errors
    ///
    /// When the plugin cannot write it.
    fn freeze(&self, m: &Mutator<'_>, object: ObjectRef) -> Result<(), ExtensionError>;

    /// Turns kept payloads into what they are, as far as their types are known now; returns how many.
    fn revive(&self, runtime: &Runtime) -> usize;
}

/// The manager of a program's plugins. Cloning gives the same one.
#[derive(Clone)]
pub struct Manager {
    inner: Arc<Inner>,
}

/// What the manager's parts share, and plugins lead back to.
pub(crate) struct Inner {
    me: Weak<Inner>,
    pub(crate) registry: Registry,
    pub(crate) guard: Guard,
    pub(crate) functions: Functions,
    pub(crate) agenda: Agenda,
    pub(crate) parked: Mutex<Parked>,
    pub(crate) counters: Counters,
    config: RwLock<Arc<Config>>,
    environment: Environment,
    records: RwLock<BTreeMap<String, Arc<Record>>>,
    notes: Mutex<Vec<Note>>,
    /// Held while it is looked whether what a plugin registers is there already, until it counts.
    publishing: Mutex<()>,
    /// The instances of libraries that were initialised once: they stay.
    instances: Mutex<HashMap<FileIdentity, &'static Instance>>,
    runtime: RwLock<Weak<Runtime>>,
    keeper: RwLock<Option<Arc<dyn PayloadKeeper>>>,
    search_path: Vec<PathBuf>,
    last_search_path: Vec<PathBuf>,
    built_ins: Vec<abi::BuiltIn>,
    are_built_ins_known: AtomicBool,
    was_attached: AtomicBool,
    log: Option<LogSink>,
    process_command: Option<Vec<std::ffi::OsString>>,
    isolated: Mutex<BTreeMap<String, Arc<crate::process::ProcessService>>>,
}

/// What the configuration says of calls.
pub(crate) struct Policy {
    config: Arc<Config>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) output_limit: u64,
    pub(crate) retry: Retry,
}

impl Policy {
    /// Returns whether even the functions of a plugin are called on threads of their own.
    pub(crate) fn guards_all(&self, plugin: &str) -> bool {
        self.config.plugin(plugin).guard == GuardWhat::All
    }
}

impl Manager {
    /// Returns a manager that knows no plugin yet but those that are part of the program.
    pub fn new(options: Options) -> Manager {
        let inner = Arc::new_cyclic(|me| Inner {
            me: me.clone(),
            registry: Registry::default(),
            guard: Guard::new(GuardOptions::default()),
            functions: Functions::default(),
            agenda: Agenda::default(),
            parked: Mutex::default(),
            counters: Counters::new(),
            config: RwLock::new(options.config),
            environment: options.environment,
            records: RwLock::default(),
            notes: Mutex::default(),
            publishing: Mutex::new(()),
            instances: Mutex::default(),
            runtime: RwLock::default(),
            keeper: RwLock::default(),
            search_path: options.search_path,
            last_search_path: options.last_search_path,
            built_ins: options.built_ins,
            are_built_ins_known: AtomicBool::new(false),
            was_attached: AtomicBool::new(false),
            log: options.log,
            process_command: options.process_command,
            isolated: Mutex::default(),
        });
        Manager { inner }
    }

    pub(crate) fn inner(&self) -> &Arc<Inner> {
        &self.inner
    }

    /// Returns what the configuration says.
    pub fn config(&self) -> Arc<Config> {
        Arc::clone(&self.inner.config.read())
    }

    /// Sets what the configuration says, as after its file was changed. Time limits, settings and what is enabled count at
    /// once; where plugins are looked for does not.
    pub fn set_config(&self, config: Arc<Config>) {
        *self.inner.config.write() = config;
        self.inner.follow_config();
    }

    /// Executes a request of a service.
    ///
    /// # Errors
    ///
    /// [`PluginError::NotFound`], and what the plugin says.
    pub fn execute(&self, service: &str, input: &[u8]) -> Result<Vec<u8>, PluginError> {
        self.inner.execute(service, input)
    }

    /// Calls a function of a point that a plugin has defined: of the implementation with a name, or of the first.
    ///
    /// # Errors
    ///
    /// [`PluginError::NotFound`], and what the plugin says.
    pub fn call_point(
        &self,
        point: &str,
        name: Option<&str>,
        function: u32,
        input: &[u8],
    ) -> Result<Vec<u8>, PluginError> {
        self.inner.call_point(point, name, function, input, None)
    }

    /// Tells the event hooks of an event; `json` is a JSON object.
    pub fn emit(&self, event: &str, json: &str) {
        self.inner.emit(event, json);
    }

    /// Puts a task on the agenda.
    ///
    /// # Errors
    ///
    /// [`PluginError::NotFound`] when no plugin has the task, and [`PluginError::Execution`] when too many wait.
    pub fn enqueue(&self, task: &str, input: Vec<u8>) -> Result<(), PluginError> {
        self.inner.enqueue(task, input)
    }

    /// Waits until the agenda has nothing left to do, at most so long; returns whether that came.
    pub fn drain_agenda(&self, limit: Duration) -> bool {
        self.inner.agenda.drain(limit)
    }

    /// Returns how many tasks wait on the agenda, and how many are under way.
    pub fn agenda_counts(&self) -> (usize, usize) {
        self.inner.agenda.counts()
    }

    /// Returns the extension points, those of the host first.
    pub fn points(&self) -> Vec<PointInfo> {
        self.inner.registry.points()
    }

    /// Returns how many threads are lost in calls that ignore that they were given up.
    pub fn leaked_calls(&self) -> usize {
        self.inner.guard.leaked_now()
    }

    /// Returns what was counted beside calls, such as payloads that have no form for a diff.
    pub fn counters(&self) -> &Counters {
        &self.inner.counters
    }
}

impl Inner {
    pub(crate) fn arc(&self) -> Option<Arc<Inner>> {
        self.me.upgrade()
    }

    pub(crate) fn policy(&self) -> Policy {
        let config = Arc::clone(&self.config.read());
        let (timeout, retry) = (Some(config.timeout), config.retry);
        Policy { config, timeout, output_limit: OUTPUT_LIMIT, retry }
    }

    pub(crate) fn runtime(&self) -> Option<Arc<Runtime>> {
        self.runtime.read().upgrade()
    }

    pub(crate) fn config(&self) -> Arc<Config> {
        Arc::clone(&self.config.read())
    }

    pub(crate) fn process_command(&self) -> Option<&[std::ffi::OsString]> {
        self.process_command.as_deref()
    }

    /// Keeps the process of a plugin, instead of the one that it had.
    pub(crate) fn keep_process(&self, plugin: &str, process: Arc<crate::process::ProcessService>) {
        let old = self.isolated.lock().insert(plugin.to_owned(), process);
        drop(old);
    }

    /// Ends the process of a plugin, and returns whether it had one.
    fn end_process(&self, plugin: &str) -> bool {
        let process = self.isolated.lock().remove(plugin);
        if let Some(process) = &process {
            self.waiting(|| process.shut_down(Duration::from_secs(1)));
        }
        process.is_some()
    }

    /// Runs `f`, which waits for others, wherever this thread is.
    pub(crate) fn waiting<R>(&self, f: impl FnOnce() -> R) -> R {
        match self.runtime() {
            Some(runtime) => runtime.blocking(f),
            None => f(),
        }
    }

    /// Tells what a plugin logs, if it is important enough.
    pub(crate) fn log(&self, level: u32, plugin: &str, text: &str) {
        let least = self.config.read().log_level as u32;
        if let Some(log) = &self.log
            && level <= least
        {
            log(level, plugin, text);
        }
    }

    /// Returns a plugin's settings as JSON, with `${NAME}` replaced.
    pub(crate) fn settings_of(&self, plugin: &str) -> Result<String, String> {
        let config = Arc::clone(&self.config.read());
        let settings = config.resolved_settings(plugin, &self.environment);
        settings.map(|map| serde_json::Value::Object(map).to_string()).map_err(|error| error.to_string())
    }

    pub(crate) fn priority_of(&self, plugin: &str, point: &str, name: &str) -> Option<i32> {
        self.config.read().priority_of(plugin, point, name)
    }

    pub(crate) fn record(&self, plugin: &str) -> Option<Arc<Record>> {
        self.know_built_ins();
        self.records.read().get(plugin).cloned()
    }

    /// Returns all plugins, by id.
    fn all_records(&self) -> Vec<Arc<Record>> {
        self.know_built_ins();
        self.records.read().values().cloned().collect()
    }

    /// Counts that a payload was written in a form that no diff shows, and says so once for each type (COMMY-8).
    pub(crate) fn count_downgrade(&self, type_name: &str) {
        let labels = [("type", type_name), ("format", "json")];
        if self.counters.get("payload_downgrade", &labels) == 0 {
            let text = format!(
                "payloads of {type_name} have no JSON form: a store keeps their bytes, which no diff shows"
            );
            self.log(abi::host::LOG_WARN, type_name, &text);
        }
        self.counters.increment("payload_downgrade", &labels);
    }

    /// Makes the plugins that are part of the program known, once.
    fn know_built_ins(&self) {
        if !self.are_built_ins_known.swap(true, Ordering::AcqRel) {
            let mut records = self.records.write();
            for built_in in &self.built_ins {
                let record = Record::built_in(*built_in);
                records.entry(record.id.clone()).or_insert_with(|| Arc::new(record));
            }
        }
    }
}
