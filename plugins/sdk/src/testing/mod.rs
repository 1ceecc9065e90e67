//! A host for the tests of a plugin: [`MockHost`].
//!
//! It takes what the plugin registers through the very same C ABI, and runs it with a small graph of its own: numbers, texts,
//! tuples and objects with payloads, but no programs. It also notes what the plugin logs and tells.
//!
//! Read in this order: this file (what a test does), `value`, `world` (what there is), `tables` and `graph` (what the plugin is
//! handed), `run` (calling what it registered), `saved` (payloads and states), `tier`, `collect` (a collector).
//!
//! ```
//! use rps_plugin::testing::MockHost;
//! use rps_plugin::{Error, Plugin, Registrar};
//!
//! struct Hello;
//!
//! impl Plugin for Hello {
//!     const ID: &'static str = "hello";
//!     const VERSION: &'static str = "1.0.0";
//!
//!     fn register(registrar: &mut Registrar<'_>) -> Result<(), Error> {
//!         registrar.function("hello", 1, "(name) Returns a greeting.", |call, args| {
//!             call.string(&format!("Hello, {}!", args.text(0)?))
//!         })
//!     }
//! }
//!
//! let host = MockHost::load::<Hello>()?;
//! assert_eq!(host.call("hello", &["world".into()])?, "Hello, world!".into());
//! assert_eq!(host.call("hello", &[1.into()]).unwrap_err().message, "argument 1: expected a string: not a value that it takes");
//! # Ok::<(), rps_plugin::testing::MockError>(())
//! ```

mod collect;
mod graph;
mod run;
mod saved;
mod tables;
mod tier;
mod value;
mod world;

use core::fmt;

use rps_plugin_abi as abi;
use rps_plugin_abi::status::{self, Status};

pub use self::run::Problem;
pub use self::tier::MockTier;
pub use self::value::{MockObject, MockValue};

use self::tables::Tables;
use self::world::World;
use crate::entry::{self, Instances};
use crate::host::LogLevel;
use crate::json::Json;
use crate::plugin::Plugin;

/// A host that has loaded one plugin, or several.
pub struct MockHost {
    tables: Box<Tables>,
    loaded: Vec<Box<dyn FnOnce(*const abi::Host) + Send + Sync>>,
}

/// Something that a plugin has registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// The point, such as `function`.
    pub point: String,
    /// Its name at the point.
    pub name: String,
    /// Its priority.
    pub priority: i32,
    /// The revision of the interface.
    pub revision: u32,
}

/// What a call of the plugin failed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MockError {
    /// What the callback returned.
    pub status: Status,
    /// The code that it raised, if any.
    pub code: Option<String>,
    /// What it told the host.
    pub message: String,
}

impl MockHost {
    /// Returns a host that has loaded the plugin.
    ///
    /// # Errors
    ///
    /// What the plugin's `register` fails with, or what is wrong with what it registers.
    pub fn load<P: Plugin>() -> Result<MockHost, MockError> {
        MockHost::load_with::<P>(Json::Object(Vec::new()))
    }

    /// Returns a host that has loaded the plugin with these settings.
    ///
    /// # Errors
    ///
    /// As of [`MockHost::load`].
    pub fn load_with<P: Plugin>(settings: Json) -> Result<MockHost, MockError> {
        let mut host = MockHost { tables: Tables::new(), loaded: Vec::new() };
        host.set_settings(settings);
        host.and_load::<P>()?;
        Ok(host)
    }

    /// Loads another plugin beside.
    ///
    /// # Errors
    ///
    /// As of [`MockHost::load`].
    pub fn and_load<P: Plugin>(&mut self) -> Result<(), MockError> {
        // In a program each plugin has one; here each load has its own, and it lives as long as what it registers.
        let instances: &'static Instances = Box::leak(Box::new(Instances::new()));
        let before = self.world().begin(P::ID);
        // SAFETY: the tables live as long as the host, whose `drop` ends the plugin before; the registrar is looked at by
        // the functions of the tables only, which do not look at all.
        let status = unsafe { entry::init::<P>(self.tables.host(), self.tables.registrar(), instances) };
        self.tables.check(status).inspect_err(|_| self.world().undo(before))?;
        let deinit = move |host: *const abi::Host| {
            // SAFETY: the host is the one that `init` was given, and is still there.
            unsafe { entry::deinit::<P>(host, instances) };
        };
        let points = self.world().check_points();
        if points.is_ok() {
            self.loaded.push(Box::new(deinit));
        } else {
            deinit(self.tables.host());
            self.world().undo(before);
        }
        points
    }

    /// Says what the configuration says for the plugin.
    pub fn set_settings(&self, settings: Json) {
        self.world().settings = settings;
    }

    /// Asks all further calls to be given up, or not.
    pub fn set_cancelled(&self, cancelled: bool) {
        self.tables.set_cancelled(cancelled);
    }

    /// Returns what was registered, in its order.
    pub fn registrations(&self) -> Vec<Registered> {
        self.world().registrations.iter().map(|registration| registration.told.clone()).collect()
    }

    /// Returns what was logged.
    pub fn logs(&self) -> Vec<(LogLevel, String)> {
        self.world().logs.clone()
    }

    /// Returns the events that the plugin told of.
    pub fn events(&self) -> Vec<(String, Json)> {
        self.world().events.clone()
    }

    /// Returns the tasks that the plugin put on the agenda, with their input.
    pub fn tasks(&self) -> Vec<(String, Vec<u8>)> {
        self.world().tasks.clone()
    }

    /// Returns how many values the plugin keeps alive by roots.
    pub fn root_count(&self) -> usize {
        self.world().roots.len()
    }

    fn world(&self) -> std::sync::MutexGuard<'_, World> {
        self.tables.world()
    }
}

impl Drop for MockHost {
    fn drop(&mut self) {
        self.drop_payloads();
        for deinit in self.loaded.drain(..).rev() {
            deinit(self.tables.host());
        }
    }
}

impl MockError {
    pub(super) fn new(status: Status, message: impl Into<String>) -> MockError {
        MockError { status, code: None, message: message.into() }
    }

    /// Returns whether a panic was caught.
    pub fn is_panic(&self) -> bool {
        self.status == status::PANIC
    }
}

impl fmt::Display for MockError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.code {
            Some(code) => write!(formatter, "{code}: {} (status {})", self.message, self.status),
            None => write!(formatter, "{} (status {})", self.message, self.status),
        }
    }
}

impl std::error::Error for MockError {}
