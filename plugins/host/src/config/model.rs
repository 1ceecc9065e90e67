//! What is configured, in the types that the host uses.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use glob::Pattern;
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::error::Problem;
use super::layers::Entry;
use super::secret;

/// The configuration that holds: the file with what is above and below it.
///
/// It does not change; a reload makes a new one. `Debug` masks secrets.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct Config {
    /// The directories where plugins are looked for, first come, first served. A relative path of the file is taken
    /// from the directory of the file.
    pub plugins_dir: Vec<PathBuf>,
    /// The directories of `RPS_PLUGIN_PATH`, which come after those.
    #[serde(skip)]
    pub plugin_path: Vec<PathBuf>,
    /// Which file names are plugins; `None` leaves it to the extension of the platform.
    #[serde(default)]
    pub plugins_pattern: Option<String>,
    /// What is logged.
    pub log_level: LogLevel,
    /// How long a call into a plugin may take, unless the plugin has its own: see [`timeout_of`](Self::timeout_of).
    #[serde(rename = "timeout_ms", deserialize_with = "milliseconds")]
    pub timeout: Duration,
    /// How many calls may never come back before the plugin is disabled.
    pub max_leaked_calls: u32,
    /// How many panics and timeouts there may be before the plugin is disabled.
    pub max_faults: u32,
    /// How often a service that failed is called again.
    pub retry: Retry,
    /// The management server.
    pub server: ServerConfig,
    /// Hot functions as machine code.
    pub jit: JitConfig,
    /// How dumps are encoded.
    pub codec: Codec,
    /// What is said of single plugins, by id.
    pub plugins: BTreeMap<String, PluginConfig>,
    #[serde(skip)]
    pub(super) entries: Vec<Entry>,
    #[serde(skip)]
    pub(super) warnings: Vec<Problem>,
}

/// What is logged: this and all that is worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum LogLevel {
    Off,
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

/// How often a service that failed is called again. A timeout never is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Retry {
    /// Tries in all, at least 1.
    pub attempts: u32,
    /// The wait before the next try.
    #[serde(rename = "backoff_ms", deserialize_with = "milliseconds")]
    pub backoff: Duration,
}

/// The management server.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct ServerConfig {
    /// Whether it runs.
    pub enabled: bool,
    /// The address that it listens at.
    pub host: String,
    /// The port that it listens at; 0 takes a free one.
    pub port: u16,
}

/// Hot functions as machine code.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct JitConfig {
    /// When machine code is made.
    pub mode: JitMode,
    /// Calls and turns of loops until a function is compiled; `None` is never.
    #[serde(deserialize_with = "number_or_off")]
    pub threshold: Option<u32>,
    /// Calls and turns of loops of compiled code until better code is made.
    pub hot_threshold: u32,
    /// How many MiB on disk compiled code may have beside the store.
    pub cache_mb: u64,
}

/// When machine code is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JitMode {
    /// Never.
    Off,
    /// Of what is hot, by a thread of its own.
    Auto,
    /// At once, of all that is run twice.
    Eager,
}

/// How dumps are encoded.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub enum Codec {
    /// Not at all.
    None,
    /// By the codec with the best score.
    Auto,
    /// By the codec of this name.
    Named(String),
}

/// What is said of one plugin.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct PluginConfig {
    /// Whether it is used.
    pub enabled: bool,
    /// Whether a start without it fails.
    pub required: bool,
    /// Its own timeout.
    #[serde(rename = "timeout_ms", deserialize_with = "some_milliseconds")]
    pub timeout: Option<Duration>,
    /// Where it runs.
    pub isolation: Isolation,
    /// What its process may use.
    pub limits: Limits,
    /// Which calls have a deadline.
    pub guard: Guard,
    /// Its place in dispatches, by `point/name`: higher comes first.
    pub priority: BTreeMap<String, i32>,
    /// What the plugin itself is told.
    pub settings: Settings,
}

/// Where a plugin runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Isolation {
    /// In this process.
    #[default]
    InProcess,
    /// In a process of its own: services only.
    Process,
}

/// Which calls into a plugin have a deadline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Guard {
    /// All but the direct ones: functions and the callbacks of payloads.
    #[default]
    Services,
    /// All.
    All,
}

/// What the process of a plugin may use; `None` is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Limits {
    /// Memory in MiB.
    pub memory_mb: Option<u64>,
    /// Processor time in seconds.
    pub cpu_seconds: Option<u64>,
    /// Files open at once.
    pub open_files: Option<u64>,
}

/// The settings of one plugin, as they are written: `${NAME}` is not replaced. `Debug` and `Display` mask secrets.
#[derive(Clone, Default, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct Settings(pub Map<String, Json>);

impl Default for Config {
    /// Returns what holds where nothing is said.
    fn default() -> Config {
        super::layers::merge(
            None,
            &|_| super::Origin::Default,
            &super::Environment::fixed::<String, String>([]),
            &super::Overrides::default(),
        )
        .0
    }
}

impl Config {
    /// Returns what holds for the plugin `id`, be it named in the configuration or not.
    #[must_use]
    pub fn plugin(&self, id: &str) -> PluginConfig {
        self.plugins.get(id).cloned().unwrap_or_default()
    }

    /// Tells whether the plugin `id` is used. One that nobody named is.
    #[must_use]
    pub fn is_enabled(&self, id: &str) -> bool {
        self.plugins.get(id).is_none_or(|plugin| plugin.enabled)
    }

    /// Returns how long one call into the plugin `id` may take.
    #[must_use]
    pub fn timeout_of(&self, id: &str) -> Duration {
        self.plugins.get(id).and_then(|plugin| plugin.timeout).unwrap_or(self.timeout)
    }

    /// Returns the priority that is configured for what the plugin `id` registers as `name` at `point`.
    #[must_use]
    pub fn priority_of(&self, id: &str, point: &str, name: &str) -> Option<i32> {
        self.plugins.get(id)?.priority.get(&format!("{point}/{name}")).copied()
    }

    /// Returns the directories to search: the configured ones, then those of `RPS_PLUGIN_PATH`.
    pub fn search_dirs(&self) -> impl Iterator<Item = &Path> {
        self.plugins_dir.iter().chain(&self.plugin_path).map(PathBuf::as_path)
    }

    /// Tells whether a file of this name is to be looked at as a plugin. `extension` is that of the platform.
    #[must_use]
    pub fn matches_file_name(&self, name: &str, extension: &str) -> bool {
        match self.plugins_pattern.as_deref().map(Pattern::new) {
            Some(Ok(pattern)) => pattern.matches(name),
            // A pattern that is none does not pass validation.
            Some(Err(_)) => false,
            None => Path::new(name).extension().is_some_and(|found| found == extension),
        }
    }

    /// Returns every value that holds, with its key and where it came from, sorted by key. Secrets are masked.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Returns what is odd and yet no error: keys that nobody knows.
    #[must_use]
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }
}

impl Default for PluginConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            required: false,
            timeout: None,
            isolation: Isolation::default(),
            limits: Limits::default(),
            guard: Guard::default(),
            priority: BTreeMap::new(),
            settings: Settings::default(),
        }
    }
}

impl From<String> for Codec {
    fn from(name: String) -> Self {
        match name.as_str() {
            "none" => Self::None,
            "auto" => Self::Auto,
            _ => Self::Named(name),
        }
    }
}

impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", secret::mask(&Json::Object(self.0.clone())))
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Settings({self})")
    }
}

fn milliseconds<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    u64::deserialize(deserializer).map(Duration::from_millis)
}

fn number_or_off<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    /// What is written.
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        Number(u32),
        Off(serde::de::IgnoredAny),
    }
    // Validation lets no other word through.
    Written::deserialize(deserializer).map(|written| match written {
        Written::Number(number) => Some(number),
        Written::Off(_) => None,
    })
}

fn some_milliseconds<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Duration>, D::Error> {
    Option::<u64>::deserialize(deserializer).map(|number| number.map(Duration::from_millis))
}
