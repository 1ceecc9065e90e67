//! What people are told of plugins; `find` tells what they mean by a name.

mod find;

use std::path::PathBuf;
use std::sync::Arc;

use rps_plugin_abi as abi;

use super::record::Record;
use super::{Manager, Stage};
use crate::error::PluginError;
use crate::library::Declared;
use crate::metrics::{CallMetrics, CallSnapshot};
use crate::point::{Entry, Interface};

/// A plugin, as people are told of it.
#[derive(Clone, Debug)]
pub struct PluginInfo {
    /// Its identity.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Its version; empty where the file is no plugin.
    pub version: String,
    /// What it is for.
    pub description: String,
    /// Whether it may be used.
    pub is_enabled: bool,
    /// Whether it is loaded.
    pub is_loaded: bool,
    /// How far it is.
    pub stage: Stage,
    /// Where its library is; nothing for a part of the program.
    pub path: Option<PathBuf>,
    /// How often it was loaded with another library.
    pub generation: u32,
    /// How many of its calls panicked or took too long since it was enabled.
    pub faults: u32,
    /// How many of its calls ignore that they were given up.
    pub leaked_calls: usize,
    /// How many of its calls are under way.
    pub calls_under_way: usize,
    /// Why it is not loaded, or was disabled.
    pub error: Option<PluginError>,
    /// What it needs.
    pub requires: Vec<RequirementInfo>,
    /// The names that others may require instead of its id.
    pub provides: Vec<String>,
    /// What it has registered, or a sidecar says that it will.
    pub extensions: Vec<ExtensionInfo>,
}

/// What a plugin needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequirementInfo {
    /// A plugin's id, or a name that it provides.
    pub id: String,
    /// The versions that will do.
    pub version: String,
    /// Whether it works without.
    pub is_optional: bool,
}

/// What a plugin has registered.
#[derive(Clone, Debug)]
pub struct ExtensionInfo {
    /// As a sidecar declares it.
    pub declared: Declared,
    /// Whether it can be called, and is not just declared.
    pub is_loaded: bool,
}

/// Native code that a plugin offers to compiled code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IntrinsicInfo {
    /// Its name.
    pub name: String,
    /// Its signature, such as `f64(f64,f64)`.
    pub signature: String,
    /// Its address, for as long as the process.
    pub address: usize,
    /// The plugin that it belongs to.
    pub plugin: String,
}

/// An execution tier that a plugin offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TierInfo {
    /// Its name.
    pub name: String,
    /// What it was built with: see [`rps_plugin_abi::point::Tier::build`].
    pub build: String,
    /// The plugin that it belongs to.
    pub plugin: String,
}

/// What was measured of a plugin.
#[derive(Clone, Debug)]
pub struct PluginStats {
    /// The plugin.
    pub id: String,
    /// All its calls.
    pub calls: CallSnapshot,
    /// How many of them ignore that they were given up, now and in all.
    pub leaked: (usize, u64),
    /// By extension.
    pub extensions: Vec<ExtensionStats>,
}

/// What was measured of an extension.
#[derive(Clone, Debug)]
pub struct ExtensionStats {
    /// The point.
    pub point: String,
    /// The name at the point.
    pub name: String,
    /// Its calls.
    pub calls: CallSnapshot,
}

impl Manager {
    /// Returns all plugins, by id.
    pub fn list(&self) -> Vec<PluginInfo> {
        let inner = self.inner();
        inner.load_built_ins();
        inner.all_records().iter().map(|record| self.describe(record)).collect()
    }

    /// Returns what is known of a plugin.
    ///
    /// # Errors
    ///
    /// [`PluginError::NotFound`].
    pub fn info(&self, plugin: &str) -> Result<PluginInfo, PluginError> {
        let inner = self.inner();
        inner.load_built_ins();
        let record = inner.record(plugin).ok_or_else(|| inner.no_plugin(plugin))?;
        Ok(self.describe(&record))
    }

    /// Returns the native code that plugins offer to compiled code, the first of each name.
    pub fn intrinsics(&self) -> Vec<IntrinsicInfo> {
        self.inner().load_declared(abi::point::INTRINSIC);
        let mut all: Vec<IntrinsicInfo> = Vec::new();
        for entry in self.inner().registry.list(abi::point::INTRINSIC).iter() {
            let Some((_, Interface::Intrinsic(function), _)) = entry.loaded() else { continue };
            if all.iter().all(|known| known.name != entry.name) {
                let (name, plugin) = (entry.name.clone(), entry.plugin.clone());
                let (signature, address) = (function.signature().to_string(), function.address());
                all.push(IntrinsicInfo { name, signature, address, plugin });
            }
        }
        all
    }

    /// Returns the execution tiers that plugins offer, in the order of dispatch.
    pub fn tiers(&self) -> Vec<TierInfo> {
        self.inner().load_declared(abi::point::TIER);
        let list = self.inner().registry.list(abi::point::TIER);
        let tier = |entry: &Arc<Entry>| match entry.loaded()?.1 {
            Interface::Tier(tier) => {
                let (name, plugin) = (entry.name.clone(), entry.plugin.clone());
                Some(TierInfo { name, build: tier.build.clone(), plugin })
            }
            _ => None,
        };
        list.iter().filter_map(tier).collect()
    }

    /// Returns the hash of the schema of a payload type, by its name and, where there are several, by the hash (COMMY-21).
    ///
    /// # Errors
    ///
    /// [`PluginError::NotFound`], and [`PluginError::Ambiguous`] when the name has several schemas and none was named.
    pub fn payload_type(&self, name: &str, schema_hash: Option<u64>) -> Result<u64, PluginError> {
        let inner = self.inner();
        inner.load_declared(abi::point::PAYLOAD_TYPE);
        let list = inner.registry.list(abi::point::PAYLOAD_TYPE);
        let named = list.iter().filter(|entry| entry.name == name);
        let hashes: Vec<u64> = named
            .filter_map(|entry| match entry.loaded()?.1 {
                Interface::Payload(payload) => Some(payload.schema_hash),
                _ => None,
            })
            .collect();
        match (schema_hash, &hashes[..]) {
            (Some(hash), _) if hashes.contains(&hash) => Ok(hash),
            (None, [hash]) => Ok(*hash),
            (None, [_, _, ..]) => {
                let hashes: Vec<String> = hashes.iter().map(|hash| format!("{hash:016x}")).collect();
                let what = format!("the type {name} has several schemas: {}", hashes.join(", "));
                Err(PluginError::Ambiguous { what })
            }
            _ => Err(inner.not_found(name, abi::point::PAYLOAD_TYPE)),
        }
    }

    /// Returns the text of the schema of a payload type, once its plugin is loaded.
    pub fn schema(&self, type_name: &str, schema_hash: u64) -> Option<String> {
        let list = self.inner().registry.list(abi::point::PAYLOAD_TYPE);
        list.iter().filter(|entry| entry.name == type_name).find_map(|entry| match entry.loaded()?.1 {
            Interface::Payload(payload) if payload.schema_hash == schema_hash => Some(payload.schema.clone()),
            _ => None,
        })
    }

    /// Returns what was measured of every plugin that was called.
    pub fn stats(&self) -> Vec<PluginStats> {
        let inner = self.inner();
        let stats = |record: &Arc<Record>| {
            let state = record.state.lock();
            let instance = state.instance?;
            let mut calls = instance.metrics.snapshot();
            let extensions: Vec<ExtensionStats> =
                state.entries.iter().map(|entry| self.measured(entry, &mut calls)).collect();
            let leaked = (instance.leaks.now(), instance.leaks.total());
            Some(PluginStats { id: record.id.clone(), calls, leaked, extensions })
        };
        inner.all_records().iter().filter_map(stats).collect()
    }

    /// Returns what was measured of an extension. Direct calls are counted apart and timed now and then only.
    fn measured(&self, entry: &Entry, plugin: &mut CallSnapshot) -> ExtensionStats {
        let metrics: &CallMetrics = &entry.metrics;
        let mut calls = metrics.snapshot();
        let direct = match entry.loaded() {
            Some((_, Interface::Function(_), _)) => self.inner().functions.direct_calls(entry),
            _ => 0,
        };
        if direct > 0 {
            let known = calls.calls;
            calls.calls = direct;
            plugin.calls = plugin.calls + direct - known.min(plugin.calls);
        }
        ExtensionStats { point: entry.point.clone(), name: entry.name.clone(), calls }
    }

    fn describe(&self, record: &Record) -> PluginInfo {
        let state = record.state.lock();
        let description = state.description.as_ref();
        let instance = state.instance;
        let requires = description.iter().flat_map(|description| &description.requires);
        let extensions = match state.entries.is_empty() {
            false => state.entries.iter().map(|entry| registered(entry)).collect(),
            true => {
                let declared = state.sidecar.iter().flat_map(|sidecar| sidecar.declared.clone());
                declared.map(|declared| ExtensionInfo { declared, is_loaded: false }).collect()
            }
        };
        PluginInfo {
            id: record.id.clone(),
            name: description.map_or_else(|| record.id.clone(), |description| description.name.clone()),
            version: description.map_or_else(String::new, |description| description.version.to_string()),
            description: description.map_or_else(String::new, |description| description.description.clone()),
            is_enabled: state.is_enabled,
            is_loaded: matches!(state.stage, Stage::Loaded | Stage::Faulted),
            stage: state.stage,
            path: record.path().cloned(),
            generation: state.generation,
            faults: instance.map_or(0, |instance| instance.faults.load(std::sync::atomic::Ordering::Acquire)),
            leaked_calls: instance.map_or(0, |instance| instance.leaks.now()),
            calls_under_way: instance.map_or(0, |instance| instance.calls()),
            error: state.error.clone(),
            requires: requires
                .map(|requirement| RequirementInfo {
                    id: requirement.id.clone(),
                    version: requirement.version.to_string(),
                    is_optional: requirement.is_optional,
                })
                .collect(),
            provides: description.map_or_else(Vec::new, |description| description.provides.clone()),
            extensions,
        }
    }
}

/// Returns what a plugin has registered, as a sidecar declares it.
fn registered(entry: &Entry) -> ExtensionInfo {
    let mut declared = Declared {
        point: entry.point.clone(),
        name: entry.name.clone(),
        priority: entry.priority,
        arity: None,
        receiver: None,
        doc: None,
        schema: None,
        magic: None,
    };
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    if let Some((_, interface, _)) = entry.loaded() {
        match interface {
            Interface::Function(function) => {
                declared.arity = Some(function.arity);
                declared.receiver.clone_from(&function.receiver);
                declared.doc = some(&function.doc);
            }
            Interface::Service(service) => declared.doc = some(&service.doc),
            Interface::Command(command) => declared.doc = some(&command.summary),
            Interface::Payload(payload) => {
                declared.doc = some(&payload.class_name);
                declared.schema = Some(format!("{:016x}", payload.schema_hash));
            }
            Interface::Codec(codec) => {
                declared.doc = some(&codec.description);
                declared.magic = Some(codec.magic.iter().map(|byte| format!("{byte:02x}")).collect());
            }
            Interface::Intrinsic(function) => declared.doc = Some(function.signature().to_string()),
            _ => {}
        }
    }
    debug_assert!(entry.point != abi::point::FUNCTION || declared.arity.is_some());
    ExtensionInfo { declared, is_loaded: true }
}
