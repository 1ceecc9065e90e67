//! Requests of services.

use std::ffi::OsStr;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rps_plugin_host::PluginError;
use serde::Serialize;

use super::verb::failure;
use crate::failure::Failure;
use crate::plugins::{self, Plugins};

/// What came of a request.
pub(crate) struct Executed {
    plugin: String,
    pub(crate) output: Vec<u8>,
    duration: Duration,
}

/// The same as JSON (DYN-15).
#[derive(Serialize)]
pub(crate) struct ExecutionResult {
    plugin: String,
    output: String,
    duration_ms: f64,
    /// `base64` where the output is no text.
    #[serde(skip_serializing_if = "Option::is_none")]
    encoding: Option<&'static str>,
}

/// Executes a request of the service that a name means.
pub(crate) fn run(plugins: &Plugins, service: &str, input: &[u8]) -> Result<Executed, Failure> {
    let manager = &plugins.manager;
    let start = Instant::now();
    let service = manager.service(service).map_err(|error| unknown(plugins, &error))?;
    let output = manager.execute(&service.name, input).map_err(|error| failure(&error))?;
    Ok(Executed { plugin: service.plugin, output, duration: start.elapsed() })
}

/// Returns the failure that there is no such service, or none that may be used.
fn unknown(plugins: &Plugins, error: &PluginError) -> Failure {
    let all = plugins.manager.list();
    let disabled: Vec<&str> = all.iter().filter(|info| !info.is_enabled).map(|info| &*info.id).collect();
    match error {
        PluginError::NotFound { .. } if !disabled.is_empty() => {
            let detail = format!("disabled plugins have no services: {}", disabled.join(", "));
            plugins::failure(error).detail(detail).answered(serde_json::Value::Null)
        }
        error => failure(error),
    }
}

/// Returns the request that an argument is: itself, or what standard input has.
pub(super) fn input(argument: Option<&OsStr>) -> Result<Vec<u8>, Failure> {
    match argument {
        None => Ok(Vec::new()),
        Some(argument) if argument == "-" => {
            let mut bytes = Vec::new();
            io::stdin().read_to_end(&mut bytes).map_err(|error| {
                Failure::new("command::input", "can not read the standard input").detail(error.to_string())
            })?;
            Ok(bytes)
        }
        Some(argument) => Ok(argument.as_bytes().to_vec()),
    }
}

impl Executed {
    /// Returns the mirror of `--json`.
    pub(crate) fn mirror(&self) -> ExecutionResult {
        let text = std::str::from_utf8(&self.output);
        ExecutionResult {
            plugin: self.plugin.clone(),
            output: text.map_or_else(|_| STANDARD.encode(&self.output), str::to_owned),
            duration_ms: self.duration.as_secs_f64() * 1e3,
            encoding: text.is_err().then_some("base64"),
        }
    }
}
