//! What can go wrong with plugins, with stable codes.

use std::path::PathBuf;
use std::time::Duration;

use rps_runtime::RuntimeError;
use rps_runtime::extension::ExtensionError;

/// Something that was asked of the manager of plugins and was not done.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum PluginError {
    /// No plugin, service or other extension has the name.
    #[error("Plugin not found: {name}")]
    NotFound {
        /// The name.
        name: String,
        /// What there is instead.
        known: Vec<String>,
    },
    /// A plugin could not be loaded.
    #[error("Plugin loading failed: {plugin}: {source}")]
    Load {
        /// The plugin's id, or the path of its file.
        plugin: String,
        /// Why.
        source: LoadError,
    },
    /// A call of a plugin failed.
    #[error("Plugin execution failed: {plugin}: {what}: {source}")]
    Execution {
        /// The plugin's id.
        plugin: String,
        /// What was called.
        what: String,
        /// Why.
        source: CallError,
    },
    /// The plugin is disabled.
    #[error("the plugin {plugin} is disabled")]
    Disabled {
        /// The plugin's id.
        plugin: String,
    },
    /// The plugin failed too often, and was disabled.
    #[error("the plugin {plugin} was disabled: {reason}")]
    Faulted {
        /// The plugin's id.
        plugin: String,
        /// What it did.
        reason: String,
    },
    /// The plugin is in use.
    #[error(
        "the plugin {plugin} is in use: {calls} calls are under way, {objects} objects hold its payloads"
    )]
    InUse {
        /// The plugin's id.
        plugin: String,
        /// How many calls are under way.
        calls: usize,
        /// How many objects hold its payloads.
        objects: usize,
    },
    /// Other plugins need it.
    #[error("the plugin {plugin} is needed by {}", .by.join(", "))]
    Needed {
        /// The plugin's id.
        plugin: String,
        /// The plugins that need it and are loaded.
        by: Vec<String>,
    },
    /// The plugin is a part of the program.
    #[error("the plugin {plugin} is a part of the program: it can be disabled, not unloaded")]
    BuiltIn {
        /// The plugin's id.
        plugin: String,
    },
    /// An extension with this name is there, of another plugin, and a name alone does not tell which is meant.
    #[error("{what}")]
    Ambiguous {
        /// What is ambiguous.
        what: String,
    },
}

/// Why a plugin was not loaded.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The file cannot be read.
    #[error("{path} can not be read: {message}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        message: String,
    },
    /// The file is no library for this machine.
    #[error("{path} {problem}")]
    NotALibrary {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        problem: String,
    },
    /// The file is not the one that its sidecar or bundle describes.
    #[error("{path} is not the file that its sidecar describes: its BLAKE3 hash is {found}, not {expected}")]
    Checksum {
        /// The file.
        path: PathBuf,
        /// The hash that the sidecar says.
        expected: String,
        /// The hash of the file.
        found: String,
    },
    /// The system's loader refuses it.
    #[error("the system's loader refuses it: {message}")]
    Refused {
        /// What the loader says.
        message: String,
    },
    /// It does not export what plugins export.
    #[error("it does not export `{symbol}`")]
    MissingSymbol {
        /// What is missing.
        symbol: &'static str,
        /// The symbol of another plugin interface that it exports instead.
        other: Option<&'static str>,
    },
    /// A member of its descriptor is wrong.
    #[error("its descriptor's `{field}` {problem}")]
    Descriptor {
        /// The member.
        field: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// It was made for another interface.
    #[error("it was made for plugin interface {plugin}, and this is {host}")]
    AbiVersion {
        /// The version that it was compiled with.
        plugin: String,
        /// The version of this host.
        host: String,
    },
    /// It needs an extension of the host that is not there.
    #[error("it needs the host's extension `{name}`, which this host does not have")]
    MissingExtension {
        /// The extension.
        name: String,
    },
    /// What the sidecar says is not what the library says.
    #[error("its sidecar says {sidecar}, and the library {library}")]
    Sidecar {
        /// What the sidecar says.
        sidecar: String,
        /// What the library says.
        library: String,
    },
    /// A plugin that it needs is not there.
    #[error("it needs the plugin {needs}, which is not there ({path})")]
    MissingDependency {
        /// What it needs.
        needs: String,
        /// How it came to be needed.
        path: String,
    },
    /// A plugin that it needs has another version.
    #[error("it needs {needs} {requirement}, and there is {found} ({path})")]
    VersionConflict {
        /// What it needs.
        needs: String,
        /// The versions that will do.
        requirement: String,
        /// The version that is there.
        found: String,
        /// How it came to be needed.
        path: String,
    },
    /// A plugin that it needs could not be loaded.
    #[error("it needs {needs}, which could not be loaded: {message}")]
    Dependency {
        /// What it needs.
        needs: String,
        /// Why that could not be loaded.
        message: String,
    },
    /// It needs itself.
    #[error("plugins need each other in a cycle: {path}")]
    Cycle {
        /// The cycle.
        path: String,
    },
    /// Another plugin has its id.
    #[error("another plugin has the id {id}: {path}")]
    DuplicateId {
        /// The id.
        id: String,
        /// Where the other one is.
        path: String,
    },
    /// It registers something wrong.
    #[error("it registers {what} wrongly: {problem}")]
    Registration {
        /// The code, such as `plugin::unknown-point`.
        code: &'static str,
        /// What it registers.
        what: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Its `init` failed.
    #[error("its initialisation failed: {0}")]
    Init(CallError),
    /// It is disabled.
    #[error("it is disabled")]
    Disabled,
}

/// Why a call into a plugin failed.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// It took too long.
    #[error("no answer after {}", seconds(*.after))]
    Timeout {
        /// How long it could have taken.
        after: Duration,
    },
    /// It panicked.
    #[error("Plugin panicked during execution: {message}")]
    Panicked {
        /// The panic's message.
        message: String,
    },
    /// Somebody gave it up.
    #[error("cancelled")]
    Cancelled,
    /// It says why.
    #[error("{message}")]
    Failed {
        /// What it says.
        message: String,
    },
    /// It does not handle what it was given.
    #[error("not supported: {message}")]
    Unsupported {
        /// What it says.
        message: String,
    },
    /// What it was given is damaged.
    #[error("damaged: {message}")]
    Corrupt {
        /// What it says.
        message: String,
    },
    /// It wrote too much.
    #[error("it writes more than {limit} bytes")]
    OutputLimit {
        /// The limit.
        limit: u64,
    },
    /// A program that it called raised an error.
    #[error("{0}")]
    Raised(RuntimeError),
    /// The process that it runs in has ended.
    #[error("{message}")]
    Crashed {
        /// How.
        message: String,
    },
    /// The plugin was ended meanwhile, or is about to be.
    #[error("the plugin is not loaded any more")]
    Gone,
    /// Too many calls are under way.
    #[error("{message}")]
    Busy {
        /// Which limit was reached.
        message: String,
    },
}

/// Returns a duration in words.
fn seconds(duration: Duration) -> String {
    if duration < Duration::from_secs(1) {
        format!("{} ms", duration.as_millis())
    } else {
        format!("{} s", duration.as_secs_f64())
    }
}

impl PluginError {
    /// Returns the stable code.
    pub fn code(&self) -> &'static str {
        match self {
            PluginError::NotFound { .. } => "plugin::not-found",
            PluginError::Load { source, .. } => source.code(),
            PluginError::Execution { source, .. } => source.code(),
            PluginError::Disabled { .. } => "plugin::disabled",
            PluginError::Faulted { .. } => "plugin::faulted",
            PluginError::InUse { .. } => "plugin::in-use",
            PluginError::Needed { .. } => "plugin::needed",
            PluginError::BuiltIn { .. } => "plugin::built-in",
            PluginError::Ambiguous { .. } => "plugin::ambiguous",
        }
    }

    /// Returns what to do about it, where something can be said.
    pub fn hint(&self) -> Option<String> {
        match self {
            PluginError::NotFound { known, .. } if known.is_empty() => {
                Some("there is none; `--plugin-path` and RPS_PLUGIN_PATH name directories to look in".into())
            }
            PluginError::NotFound { name, known } => {
                let similar = rps_runtime::send::similar_names(name, known.iter().cloned());
                Some(match similar.first() {
                    Some(best) => format!("did you mean `{best}`?"),
                    None => format!("there is {}", known.join(", ")),
                })
            }
            PluginError::Load { source, .. } => source.hint(),
            PluginError::Execution { plugin, source, .. } => source.hint(plugin),
            PluginError::Disabled { plugin } => Some(format!("`rps plugin enable {plugin}` enables it")),
            PluginError::Faulted { plugin, .. } => {
                Some(format!("`:plugin enable {plugin}` gives it another chance"))
            }
            PluginError::InUse { objects: 0, .. } => Some("wait for the calls to end".into()),
            PluginError::InUse { .. } => {
                Some("`--force` unloads it all the same: the payloads are kept as a store keeps them".into())
            }
            PluginError::Needed { .. } => Some("unload those first".into()),
            PluginError::BuiltIn { .. } => Some("`:plugin disable` disables it".into()),
            PluginError::Ambiguous { .. } => None,
        }
    }

    /// Returns whether it may go better at another time (DYN-17). What took too long is not tried again: it may still
    /// be under way.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            PluginError::Execution { source: CallError::Failed { .. } | CallError::Busy { .. }, .. }
        )
    }
}

impl LoadError {
    /// Returns the stable code.
    pub fn code(&self) -> &'static str {
        match self {
            LoadError::File { .. } => "plugin::file",
            LoadError::NotALibrary { .. } => "plugin::bad-file",
            LoadError::Checksum { .. } => "plugin::checksum",
            LoadError::Refused { .. } => "plugin::refused",
            LoadError::MissingSymbol { .. } => "plugin::missing-symbol",
            LoadError::Descriptor { .. } => "plugin::descriptor",
            LoadError::AbiVersion { .. } => "plugin::abi-version",
            LoadError::MissingExtension { .. } => "plugin::missing-extension",
            LoadError::Sidecar { .. } => "plugin::sidecar",
            LoadError::MissingDependency { .. } => "plugin::missing-dependency",
            LoadError::VersionConflict { .. } => "plugin::version-conflict",
            LoadError::Dependency { .. } => "plugin::dependency",
            LoadError::Cycle { .. } => "plugin::cycle",
            LoadError::DuplicateId { .. } => "plugin::duplicate-id",
            LoadError::Registration { code, .. } => code,
            LoadError::Init(error) => match error {
                CallError::Timeout { .. } => "plugin::init-timeout",
                CallError::Panicked { .. } => "plugin::init-panic",
                _ => "plugin::init-failed",
            },
            LoadError::Disabled => "plugin::disabled",
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            LoadError::NotALibrary { .. } => "a plugin is a shared library for this machine".into(),
            LoadError::Checksum { .. } => "`rps plugin build` writes both anew".into(),
            LoadError::MissingSymbol { other: Some(other), .. } => {
                format!(
                    "it exports `{other}`, which belongs to another plugin interface: rebuild it with rps_plugin.h"
                )
            }
            LoadError::MissingSymbol { .. } => {
                "`register_plugin!` in Rust, and RPS_PLUGIN in C, export what is needed".into()
            }
            LoadError::AbiVersion { .. } => "compile it anew with the header of this version".into(),
            LoadError::MissingDependency { needs, .. } => {
                format!("install {needs}, or name its directory by --plugin-path")
            }
            LoadError::Init(CallError::Timeout { .. }) => {
                "`timeout_ms` in the configuration gives it more time".into()
            }
            LoadError::Disabled => "enable it first".into(),
            _ => return None,
        })
    }
}

impl CallError {
    /// Returns the stable code.
    pub fn code(&self) -> &'static str {
        match self {
            CallError::Timeout { .. } => "plugin::timeout",
            CallError::Panicked { .. } => "plugin::panic",
            CallError::Cancelled => "plugin::cancelled",
            CallError::Failed { .. } => "plugin::failed",
            CallError::Unsupported { .. } => "plugin::unsupported",
            CallError::Corrupt { .. } => "plugin::corrupt",
            CallError::OutputLimit { .. } => "plugin::output-limit",
            CallError::Raised(error) => error.code(),
            CallError::Crashed { .. } => "plugin::crashed",
            CallError::Gone => "plugin::gone",
            CallError::Busy { .. } => "plugin::busy",
        }
    }

    fn hint(&self, plugin: &str) -> Option<String> {
        match self {
            CallError::Timeout { .. } => {
                Some(format!("`timeout_ms` of `plugins.{plugin}` in the configuration gives it more time"))
            }
            CallError::Panicked { .. } => Some(format!("this is a defect of the plugin {plugin}")),
            CallError::Raised(error) => error.hint(),
            _ => None,
        }
    }

    /// Returns whether it is a fault of the plugin, after too many of which it is disabled.
    pub(crate) fn is_fault(&self) -> bool {
        matches!(self, CallError::Timeout { .. } | CallError::Panicked { .. })
    }
}

impl From<PluginError> for ExtensionError {
    fn from(error: PluginError) -> ExtensionError {
        let plugin = match &error {
            PluginError::Load { plugin, .. }
            | PluginError::Execution { plugin, .. }
            | PluginError::Disabled { plugin }
            | PluginError::Faulted { plugin, .. }
            | PluginError::InUse { plugin, .. }
            | PluginError::Needed { plugin, .. }
            | PluginError::BuiltIn { plugin } => plugin.clone(),
            PluginError::NotFound { name, .. } => name.clone(),
            PluginError::Ambiguous { what } => what.clone(),
        };
        ExtensionError { code: error.code(), plugin, message: error.to_string(), hint: error.hint() }
    }
}

impl From<PluginError> for RuntimeError {
    fn from(error: PluginError) -> RuntimeError {
        match error {
            PluginError::Execution { source: CallError::Raised(error), .. } => error,
            error => {
                RuntimeError::Failed { code: error.code(), message: error.to_string(), hint: error.hint() }
            }
        }
    }
}
