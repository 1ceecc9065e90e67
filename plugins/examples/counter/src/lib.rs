//! A counter whose total is saved with the store.
//!
//! It shows a state ([`Total`]), functions and a service that share it, and a setting: `start`, from which it counts while no
//! saved total is restored.

#![forbid(unsafe_code)]

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};

use rps_plugin::{
    Error, Host, Json, Plugin, Registrar, StateId, StatefulPlugin, StatefulPluginError, StatefulPluginHandle,
    StatefulPluginResult, StatefulPluginSnapshot,
};

/// The plugin.
#[derive(Debug)]
pub struct Counter;

impl Plugin for Counter {
    const ID: &'static str = "counter";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const NAME: &'static str = "Counter";
    const DESCRIPTION: &'static str = "Counts, and goes on where it was when the store was saved.";

    fn register(registrar: &mut Registrar<'_>) -> Result<(), Error> {
        let total = Arc::new(Total::new(registrar.host()));
        registrar.state(StatefulPluginHandle::from_arc(total.clone()))?;

        let counter = total.clone();
        registrar.function(
            "counter_increment",
            1,
            "(by) Adds to the counter, and returns its total.",
            move |call, args| call.int(counter.add(args.int(0)?)?),
        )?;

        let counter = total.clone();
        registrar.function("counter_value", 0, "() Returns the total of the counter.", move |call, _| {
            call.int(counter.get()?)
        })?;

        // `+5` adds, an empty request only asks; the answer is the total.
        registrar.service("counter", "Adds a number, and answers with the total.", move |_, input, output| {
            let text = std::str::from_utf8(input)?.trim();
            let sum = if text.is_empty() { total.get()? } else { total.add(text.parse()?)? };
            output.write(sum.to_string())
        })
    }
}

const ID: StateId = StateId::from_static("counter/total");

/// The version of the bytes that are saved: eight of them, the total, the lowest first.
const VERSION: u32 = 1;

/// The state.
struct Total {
    host: Host,
    total: OnceLock<AtomicI64>,
}

impl Total {
    fn new(host: Host) -> Total {
        Total { host, total: OnceLock::new() }
    }

    fn get(&self) -> Result<i64, Error> {
        Ok(self.total()?.load(Ordering::Relaxed))
    }

    fn add(&self, by: i64) -> Result<i64, Error> {
        let total = self.total()?;
        let before = total.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |total| total.checked_add(by));
        match before {
            Ok(before) => Ok(before + by),
            Err(total) => Err(Error::coded("counter::overflow", format!("{total} and {by} are too much"))),
        }
    }

    /// Returns the total, which begins as the settings say at the time of its first use.
    fn total(&self) -> Result<&AtomicI64, Error> {
        if let Some(total) = self.total.get() {
            return Ok(total);
        }
        let start = self.start()?;
        Ok(self.total.get_or_init(|| AtomicI64::new(start)))
    }

    /// Returns what the settings say that the total begins with.
    fn start(&self) -> Result<i64, Error> {
        match self.host.settings()?.get("start") {
            None => Ok(0),
            Some(start) => start.as_i64().ok_or_else(|| {
                Error::invalid(format!(
                    "the setting `start` of the plugin counter is {start}, not an integer"
                ))
            }),
        }
    }
}

impl StatefulPlugin for Total {
    fn id(&self) -> StateId {
        ID
    }

    fn snapshot(&self) -> StatefulPluginResult<StatefulPluginSnapshot> {
        let total = self.get().map_err(|error| StatefulPluginError::snapshot_failed(&ID, error))?;
        Ok(StatefulPluginSnapshot::new(ID, VERSION, total.to_le_bytes().to_vec()))
    }

    fn reset(&self) -> StatefulPluginResult<()> {
        if let Some(total) = self.total.get() {
            let start = self.start().map_err(|error| StatefulPluginError::restore_failed(&ID, error))?;
            total.store(start, Ordering::Relaxed);
        }
        Ok(())
    }

    fn restore_snapshot(&self, snapshot: StatefulPluginSnapshot) -> StatefulPluginResult<()> {
        let saved = decode(&snapshot)?;
        self.total.get_or_init(|| AtomicI64::new(saved)).store(saved, Ordering::Relaxed);
        Ok(())
    }

    fn version(&self) -> u32 {
        VERSION
    }

    fn validate_snapshot(&self, snapshot: &StatefulPluginSnapshot) -> StatefulPluginResult<()> {
        decode(snapshot).map(|_| ())
    }
}

fn decode(snapshot: &StatefulPluginSnapshot) -> StatefulPluginResult<i64> {
    let bytes = snapshot.expect_version(&[VERSION])?.as_bytes().try_into();
    bytes.map(i64::from_le_bytes).map_err(|_| StatefulPluginError::restore_failed(&ID, "expected 8 bytes"))
}

/// Returns settings with which the counter begins at a number: for tests.
pub fn starting_at(start: i64) -> Json {
    Json::object([("start", Json::from(start))])
}

#[cfg(not(feature = "built-in"))]
rps_plugin::register_plugin!(Counter);
#[cfg(feature = "built-in")]
rps_plugin::register_plugin!(Counter, built_in);
