//! The configuration: one file, layers above it, hot reload and a save that loses nothing.
//!
//! Read in this order: `model` (what is configured), `schema` (every key, once, with its kind and default), `tree` (a
//! parsed file with the place of every value), `yaml` and `toml` (text to tree, and small edits of the text), `validate`
//! (all problems at once), `layers` (command line over environment over file over defaults), `secret` (masks and
//! `${NAME}`), `file` (load and save one file), `save` (atomic replacement), `watch` (hot reload).
//!
//! ```
//! use rps_plugin_host::config::{ConfigFile, Edit, Environment, Overrides};
//!
//! let directory = tempfile::tempdir()?;
//! let path = directory.path().join("config.yaml");
//! std::fs::write(&path, "timeout_ms: 500   # be quick\nplugins:\n  zip: {enabled: true}\n")?;
//!
//! let environment = Environment::fixed([("RPS_LOG_LEVEL", "debug")]);
//! let file = ConfigFile::new(&path, environment, Overrides::default());
//! let config = file.load().strict()?;
//! assert_eq!(config.timeout_of("zip").as_millis(), 500);
//! assert!(config.is_enabled("zip"));
//!
//! file.save(&[Edit::set("timeout_ms", 700)?])?;
//! assert!(std::fs::read_to_string(&path)?.starts_with("timeout_ms: 700   # be quick\n"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]

mod error;
mod file;
mod key;
mod layers;
mod model;
mod save;
mod schema;
mod secret;
mod template;
mod toml;
mod tree;
mod validate;
mod watch;
mod yaml;
mod yaml_edit;

pub use error::{ConfigError, Origin, Problem};
pub use file::{ConfigFile, Edit, Loaded, Saved};
pub use key::KeyPath;
pub use layers::{Entry, Environment, Overrides};
pub use model::{
    Codec, Config, Guard, Isolation, JitConfig, JitMode, Limits, LogLevel, PluginConfig, Retry, ServerConfig,
    Settings,
};
pub use secret::mask;
pub use watch::ConfigWatcher;

#[cfg(test)]
mod tests;
