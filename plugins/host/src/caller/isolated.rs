//! Plugins with `isolation: process`: their services run in a process of their own, from the first call on. The library
//! is not mapped here at all.

use std::sync::Arc;

use rps_plugin_abi as abi;
use rps_runtime::Runtime;

use super::guarded::outcome_of;
use crate::config::{Environment, Isolation, KeyPath, Overrides};
use crate::error::{CallError, LoadError, PluginError};
use crate::guard::Cancel;
use crate::library::Module;
use crate::manager::{Inner, LogSink, Manager, Options};
use crate::metrics::CallMetrics;
use crate::point::{Entry, Implementation};
use crate::process::{
    Description, LoadRequest, ProcessError, ProcessOptions, ProcessService, ResourceLimits, ServeError,
    ServiceRunner, claim_stdio, serve,
};

impl Inner {
    /// Returns whether a plugin's services run in a process of their own.
    pub(crate) fn is_isolated(&self, plugin: &str) -> bool {
        self.config().plugin(plugin).isolation == Isolation::Process
    }

    /// Starts the process of a plugin, and returns what it offers.
    pub(crate) fn start_process(
        &self,
        plugin: &str,
        library: &std::path::Path,
    ) -> Result<Vec<Arc<Entry>>, LoadError> {
        let refused = |message: String| LoadError::Refused { message };
        let command = self.process_command().ok_or_else(|| {
            refused("`isolation: process` needs a program to run it, which this one does not name".into())
        })?;
        let [program, arguments @ ..] = command else {
            return Err(refused("the command of isolated plugins is empty".into()));
        };
        let config = self.config();
        let settings = self.settings_of(plugin).map_err(refused)?;
        let own = config.plugin(plugin);
        let mut load = LoadRequest::new(library);
        load.settings = serde_json::from_str(&settings).unwrap_or_default();
        load.limits = ResourceLimits {
            memory: own.limits.memory_mb.map(|megabytes| megabytes.saturating_mul(1 << 20)),
            cpu_seconds: own.limits.cpu_seconds,
            open_files: own.limits.open_files,
        };
        let mut options = ProcessOptions::new(program, load);
        options.arguments = arguments.to_vec();
        options.start_timeout = config.timeout_of(plugin);
        let service = self.waiting(|| ProcessService::start(options));
        let service = service.map_err(|error| refused(error.to_string()))?;
        let description = service.description();
        if description.id != plugin {
            let library = format!("it is the plugin {}", description.id);
            return Err(LoadError::Sidecar { sidecar: plugin.to_owned(), library });
        }
        let service = Arc::new(service);
        self.keep_process(plugin, Arc::clone(&service));
        let entry = |name: &String| {
            Arc::new(Entry {
                point: abi::point::SERVICE.into(),
                name: name.clone(),
                priority: self.priority_of(plugin, abi::point::SERVICE, name).unwrap_or(0),
                plugin: plugin.to_owned(),
                metrics: Arc::new(CallMetrics::new()),
                implementation: Implementation::Isolated(Arc::clone(&service)),
            })
        };
        Ok(description.services.iter().map(entry).collect())
    }

    /// Executes a request in the process of a plugin.
    pub(crate) fn execute_isolated(
        &self,
        entry: &Entry,
        service: &ProcessService,
        input: &[u8],
    ) -> Result<Vec<u8>, PluginError> {
        let runtime: Option<Arc<Runtime>> = self.runtime();
        let timeout = Some(self.config().timeout_of(&entry.plugin));
        let is_interrupted = || runtime.as_ref().is_some_and(|runtime| runtime.is_interrupted());
        let start = std::time::Instant::now();
        let run = || service.execute(&entry.name, input, timeout, &is_interrupted);
        let result = match &runtime {
            Some(runtime) => runtime.blocking(run),
            None => run(),
        };
        let result = result.map_err(call_error);
        let outcome = result.as_ref().map_or_else(outcome_of, |_| crate::metrics::Outcome::Success);
        entry.metrics.record(outcome, start.elapsed());
        entry.metrics.add_bytes(input.len(), result.as_ref().map_or(0, Vec::len));
        result.map_err(|source| PluginError::Execution {
            plugin: entry.plugin.clone(),
            what: format!("{} {}", entry.point, entry.name),
            source,
        })
    }
}

fn call_error(error: ProcessError) -> CallError {
    match error {
        ProcessError::Timeout { after } => CallError::Timeout { after },
        ProcessError::Cancelled => CallError::Cancelled,
        ProcessError::Panicked { message } => CallError::Panicked { message },
        ProcessError::Failed { message } => CallError::Failed { message },
        ProcessError::Crashed { .. } | ProcessError::Killed { .. } | ProcessError::Protocol { .. } => {
            CallError::Crashed { message: error.to_string() }
        }
        other => CallError::Busy { message: other.to_string() },
    }
}

/// Serves as the process of an isolated plugin, on standard input and output, until the host says that it is over. The
/// program must end at once then: calls that hang may still be under way. What the plugin logs goes to `log`.
///
/// # Errors
///
/// When the plugin cannot be loaded, or the host does not keep to the protocol.
pub fn serve_isolated(log: LogSink) -> Result<(), ServeError> {
    let (input, output) = claim_stdio()?;
    serve(input, output, Runner { manager: None, log: Some(log) })
}

/// Executes services in the process of an isolated plugin.
struct Runner {
    manager: Option<Manager>,
    log: Option<LogSink>,
}

impl ServiceRunner for Runner {
    fn load(&mut self, request: &LoadRequest) -> Result<Description, String> {
        let module = Module::open(&request.library).map_err(|error| error.to_string())?;
        let id = module.description.id.clone();
        let version = module.description.version.to_string();
        drop(module);
        let mut overrides = Overrides::default();
        let path = KeyPath::new(["plugins", &*id, "settings"]);
        if request.settings.is_object() {
            overrides.set_value(path, &request.settings).map_err(|error| error.to_string())?;
        }
        // The host watches the time, and counts what goes wrong.
        let unlimited = [("timeout_ms", 3_600_000u64), ("max_faults", 1_000), ("max_leaked_calls", 1_000)];
        for (key, value) in unlimited {
            overrides.set(key, &value.to_string()).map_err(|error| error.to_string())?;
        }
        let mut options = Options::default();
        // The host has replaced what refers to its environment.
        let environment = Environment::fixed::<String, String>([]);
        let file = crate::config::ConfigFile::new("", environment, overrides);
        options.config = file.load().config;
        options.log = self.log.take();
        let manager = Manager::new(options);
        let library = request.library.display().to_string();
        manager.load(&library).map_err(|error| error.to_string())?;
        let list = manager.inner().registry.list(abi::point::SERVICE);
        let services = list.iter().map(|entry| entry.name.clone()).collect();
        self.manager = Some(manager);
        Ok(Description { id, version, services, details: serde_json::Value::Null })
    }

    fn execute(&self, service: &str, input: &[u8], cancel: &Cancel) -> Result<Vec<u8>, String> {
        let manager = self.manager.as_ref().ok_or("nothing is loaded")?;
        super::guarded::cancelled_by(cancel, || manager.execute(service, input)).map_err(
            |error| match error {
                PluginError::Execution { source, .. } => source.to_string(),
                other => other.to_string(),
            },
        )
    }
}
