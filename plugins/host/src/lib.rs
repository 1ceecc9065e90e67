//! The host of plugins: finds, checks, loads, guards, measures and dispatches to them.
//!
//! A [`Manager`] knows the plugins of a program; attached to a runtime, it gives their functions to programs, and as
//! [`rps_runtime::extension::Extensions`] it gives their types, codecs and states to stores. Read in this order:
//! [`library`] (from a file to a plugin that was checked), `instance` and `registrar` (what a plugin is handed, and what
//! it hands over), [`point`] (what can be registered), [`manager`] (which plugins there are, and how far each is), `caller`
//! (where plugins are called), `context` and `api` (what they call). Below them are [`guard`] (deadlines), [`metrics`],
//! [`config`] and [`process`] (services in processes of their own).
//!
//! ```
//! use rps_plugin_host::{Manager, Options};
//!
//! let manager = Manager::new(Options::default());
//! manager.discover();
//! assert!(manager.list().is_empty());
//! assert_eq!(manager.load("nothing").unwrap_err().code(), "plugin::not-found");
//! ```

mod api;
mod caller;
pub mod config;
mod context;
pub mod error;
pub mod guard;
mod instance;
pub mod library;
pub mod manager;
pub mod metrics;
pub mod point;
pub mod process;
mod registrar;
mod sink;

pub use rps_plugin_abi::{ABI_MAJOR, ABI_MINOR, BuiltIn};

pub use self::caller::{CommandInfo, LinkedCode, NativeTier, TierForm, ViewOf, serve_isolated};
pub use self::error::{CallError, LoadError, PluginError};
pub use self::manager::{LogSink, Manager, Options, PayloadKeeper, PluginInfo, Stage};
