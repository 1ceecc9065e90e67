//! What programs are told of plugins: the mirror types of `--json`.

use rps_plugin_host::manager::{ExtensionInfo, ExtensionStats, Note, PluginStats, RequirementInfo};
use rps_plugin_host::metrics::CallSnapshot;
use rps_plugin_host::point::PointInfo;
use rps_plugin_host::{PluginError, PluginInfo};
use serde::Serialize;

/// A plugin (DYN-13).
#[derive(Debug, Serialize)]
pub(super) struct JsonPlugin {
    name: String,
    version: String,
    description: String,
    enabled: bool,
    loaded: bool,
    path: Option<String>,
    id: String,
    state: &'static str,
    generation: u32,
    faults: u32,
    leaked_calls: usize,
    calls_under_way: usize,
    requires: Vec<JsonRequirement>,
    provides: Vec<String>,
    extensions: Vec<JsonExtension>,
    error: Option<JsonError>,
}

/// An error of a plugin.
#[derive(Debug, Serialize)]
pub(super) struct JsonError {
    code: &'static str,
    message: String,
    hint: Option<String>,
}

#[derive(Debug, Serialize)]
struct JsonRequirement {
    id: String,
    version: String,
    optional: bool,
}

#[derive(Debug, Serialize)]
struct JsonExtension {
    point: String,
    name: String,
    priority: i32,
    loaded: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    arity: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    receiver: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    doc: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    schema: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    magic: Option<String>,
}

/// What was measured of a plugin; durations are in milliseconds.
#[derive(Debug, Serialize)]
pub(super) struct JsonStats {
    id: String,
    leaked_now: usize,
    leaked_in_all: u64,
    #[serde(flatten)]
    calls: JsonCalls,
    extensions: Vec<JsonExtensionStats>,
}

#[derive(Debug, Serialize)]
struct JsonExtensionStats {
    point: String,
    name: String,
    #[serde(flatten)]
    calls: JsonCalls,
}

#[derive(Debug, Serialize)]
struct JsonCalls {
    calls: u64,
    errors: u64,
    timeouts: u64,
    panics: u64,
    cancelled: u64,
    bytes_in: u64,
    bytes_out: u64,
    timed: u64,
    total_ms: f64,
    p50_ms: f64,
    p99_ms: f64,
    max_ms: f64,
}

/// An extension point.
#[derive(Debug, Serialize)]
pub(super) struct JsonPoint {
    name: String,
    revision: u32,
    description: String,
    plugin: Option<String>,
    implementations: usize,
}

/// What was noticed.
#[derive(Debug, Serialize)]
pub(super) struct JsonNote {
    path: String,
    message: String,
}

impl From<PluginInfo> for JsonPlugin {
    fn from(info: PluginInfo) -> JsonPlugin {
        JsonPlugin {
            name: info.name,
            version: info.version,
            description: info.description,
            enabled: info.is_enabled,
            loaded: info.is_loaded,
            path: info.path.map(|path| path.display().to_string()),
            id: info.id,
            state: info.stage.name(),
            generation: info.generation,
            faults: info.faults,
            leaked_calls: info.leaked_calls,
            calls_under_way: info.calls_under_way,
            requires: info.requires.into_iter().map(Into::into).collect(),
            provides: info.provides,
            extensions: info.extensions.into_iter().map(Into::into).collect(),
            error: info.error.as_ref().map(Into::into),
        }
    }
}

impl From<&PluginError> for JsonError {
    fn from(error: &PluginError) -> JsonError {
        JsonError { code: error.code(), message: error.to_string(), hint: error.hint() }
    }
}

impl From<RequirementInfo> for JsonRequirement {
    fn from(info: RequirementInfo) -> JsonRequirement {
        JsonRequirement { id: info.id, version: info.version, optional: info.is_optional }
    }
}

impl From<ExtensionInfo> for JsonExtension {
    fn from(ExtensionInfo { declared, is_loaded }: ExtensionInfo) -> JsonExtension {
        JsonExtension {
            point: declared.point,
            name: declared.name,
            priority: declared.priority,
            loaded: is_loaded,
            arity: declared.arity,
            receiver: declared.receiver,
            doc: declared.doc,
            schema: declared.schema,
            magic: declared.magic,
        }
    }
}

impl From<&PluginStats> for JsonStats {
    fn from(stats: &PluginStats) -> JsonStats {
        JsonStats {
            id: stats.id.clone(),
            leaked_now: stats.leaked.0,
            leaked_in_all: stats.leaked.1,
            calls: (&stats.calls).into(),
            extensions: stats.extensions.iter().map(Into::into).collect(),
        }
    }
}

impl From<&ExtensionStats> for JsonExtensionStats {
    fn from(stats: &ExtensionStats) -> JsonExtensionStats {
        let (point, name) = (stats.point.clone(), stats.name.clone());
        JsonExtensionStats { point, name, calls: (&stats.calls).into() }
    }
}

impl From<&CallSnapshot> for JsonCalls {
    fn from(calls: &CallSnapshot) -> JsonCalls {
        let milliseconds = |duration: std::time::Duration| duration.as_secs_f64() * 1e3;
        JsonCalls {
            calls: calls.calls,
            errors: calls.errors,
            timeouts: calls.timeouts,
            panics: calls.panics,
            cancelled: calls.cancelled,
            bytes_in: calls.bytes_in,
            bytes_out: calls.bytes_out,
            timed: calls.timed,
            total_ms: milliseconds(calls.total),
            p50_ms: milliseconds(calls.p50),
            p99_ms: milliseconds(calls.p99),
            max_ms: milliseconds(calls.max),
        }
    }
}

impl JsonPoint {
    /// Returns the mirror of a point with so many implementations.
    pub(super) fn new(point: PointInfo, implementations: usize) -> JsonPoint {
        let PointInfo { name, revision, description, plugin } = point;
        JsonPoint { name, revision, description, plugin, implementations }
    }
}

impl From<Note> for JsonNote {
    fn from(note: Note) -> JsonNote {
        JsonNote { path: note.path.display().to_string(), message: note.message }
    }
}
