//! The compiled tier: wired to the runtime, to the configuration, and to the plugin that makes machine code.

use std::path::PathBuf;
use std::sync::Arc;

use rps_jit::{Backend, Cache, Engine, Event, Handle, Log, Mode, Native, Options};
use rps_plugin_host::Manager;
use rps_plugin_host::config::{JitConfig, JitMode};
use rps_runtime::Runtime;
use rps_runtime::code::machine::Thresholds;

/// The compiled tier of a runtime: a service, for `:jit`.
pub(crate) struct Compiled {
    pub(crate) config: JitConfig,
    /// Nothing where it is switched off.
    pub(crate) handle: Option<Handle>,
}

/// Attaches the compiled tier to a runtime, as the configuration says. Object code is kept in the folder `cache`.
///
/// The library is opened when the first function is hot, so that a session without one never pays for it.
pub(crate) fn attach(
    runtime: &Runtime,
    manager: &Manager,
    config: &JitConfig,
    cache: Option<PathBuf>,
    log: Option<Log>,
) -> Option<Handle> {
    let handle = engine_options(config).map(|mut options| {
        let limit = config.cache_mb << 20;
        options.cache = cache.filter(|_| limit > 0).map(|folder| Cache::new(folder, limit));
        options.log = log;
        let manager = manager.clone();
        Engine::attach(runtime, options, move || {
            let native = Native::open(&manager)?;
            Ok(Arc::new(native) as Arc<dyn Backend>)
        })
    });
    runtime.provide(Compiled { config: config.clone(), handle: handle.clone() });
    handle
}

/// Returns how the engine works, unless it is switched off.
fn engine_options(config: &JitConfig) -> Option<Options> {
    match config.mode {
        JitMode::Off => None,
        JitMode::Eager => Some(Options::new(Mode::Eager, Thresholds { cold: 1, profiled: 2, hot: 20 })),
        JitMode::Auto => Some(Options::new(Mode::Auto, thresholds(config.threshold?, config.hot_threshold))),
    }
}

/// Returns when a function is hot: in the last quarter of the calls it is noted what is seen there.
fn thresholds(calls: u32, hot: u32) -> Thresholds {
    let profiled = calls / 4;
    Thresholds { cold: calls - profiled, profiled, hot }
}

/// Returns what logs what happens, through a function that is given the level and a text.
pub(crate) fn log(tell: impl Fn(u32, &str) + Send + Sync + 'static) -> Log {
    const DEBUG: u32 = 4;
    const TRACE: u32 = 5;
    Box::new(move |event| match event {
        Event::Made { name, bytes, time, is_cached, .. } => {
            let from = if *is_cached { ", from the cache" } else { "" };
            tell(DEBUG, &format!("{name} has machine code: {bytes} bytes in {time:.1?}{from}"));
        }
        Event::Refused { name, reason, .. } => {
            tell(DEBUG, &format!("{name} goes on being interpreted: {reason}"));
        }
        Event::Exited { name, at, cause } => {
            tell(TRACE, &format!("{name} went back to the interpreter at {at}: {cause}"));
        }
        Event::Lowered { .. } => {}
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RPS-30: 0 is as soon as possible, and what is said is what is counted.
    #[test]
    fn rps_30_thresholds_are_those_of_the_configuration() {
        assert_eq!(thresholds(0, 7), Thresholds { cold: 0, profiled: 0, hot: 7 });
        assert_eq!(thresholds(800, 20_000), Thresholds::default());
        assert_eq!(thresholds(3, 1), Thresholds { cold: 3, profiled: 0, hot: 1 });
        let config = rps_plugin_host::config::Config::default().jit;
        assert_eq!(engine_options(&config).map(|options| options.thresholds), Some(Thresholds::default()));
        let mut never = config.clone();
        never.threshold = None;
        assert!(engine_options(&never).is_none());
        let mut off = config;
        off.mode = JitMode::Off;
        assert!(engine_options(&off).is_none());
    }
}
