//! `rps plugin check`: everything that can be wrong with a library, tried out.
//!
//! Read this file (the order), then `payload`, `codec` and `state` (what is saved must come back), and `sidecar`.

mod codec;
mod payload;
mod sidecar;
mod state;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rps_plugin_host::library::{Declared, exports};
use rps_plugin_host::point;
use rps_runtime::Runtime;
use rps_runtime::send::Native;
use serde::Serialize;

pub(super) use self::codec::samples;
use super::build::declared;
use super::probe::{self, Finding, Outcome, Report, Tried, What};
use crate::arguments::Arguments;
use crate::console::Console;
use crate::failure::Failure;
use crate::plugins::Plugins;

/// What was found, as JSON.
#[derive(Serialize)]
struct JsonReport<'r> {
    file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    plugin: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'r str>,
    errors: usize,
    warnings: usize,
    passed: Vec<JsonPassed<'r>>,
    findings: Vec<JsonFinding<'r>>,
}

#[derive(Serialize)]
struct JsonPassed<'r> {
    what: &'r str,
    told: &'r str,
}

#[derive(Serialize)]
struct JsonFinding<'r> {
    severity: &'static str,
    code: &'r str,
    what: &'r str,
    message: &'r str,
}

/// Checks a library, and tells what was found.
pub(super) fn run(file: &Path, arguments: &Arguments, console: &mut Console) -> Result<(), Failure> {
    let known = if file.is_file() { None } else { path_of(file, arguments, console)? };
    let file = known.as_deref().unwrap_or(file);
    let outcome = probe::run(What::Check, file, &arguments.plugin_path)?;
    let errors = outcome.findings.iter().filter(|finding| finding.is_error).count();
    let warnings = outcome.findings.len() - errors;
    if console.is_json() {
        let mirror = mirror(file, &outcome, errors, warnings);
        console.line(&serde_json::json!({ "check": mirror }).to_string());
    } else {
        for (what, told) in &outcome.passed {
            console.line(&format!("ok: {what}: {told}"));
        }
        for finding in &outcome.findings {
            let Finding { code, what, message, .. } = finding;
            console.line(&format!("{}[{code}]: {what}: {message}", severity(finding)));
        }
    }
    let counted = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    match outcome.error() {
        Some(first) => {
            let message = format!("the plugin `{}` has {}", file.display(), counted(errors, "error"));
            Err(Failure::new(first.code.clone(), message))
        }
        None => {
            if !console.is_json() {
                console.line(&format!("no errors, {}", counted(warnings, "warning")));
            }
            Ok(())
        }
    }
}

/// Returns the library of a plugin that is known by its id.
fn path_of(id: &Path, arguments: &Arguments, console: &mut Console) -> Result<Option<PathBuf>, Failure> {
    let plugins = Plugins::find(arguments, None, console)?;
    let info = id.to_str().and_then(|id| plugins.manager.info(id).ok());
    Ok(info.and_then(|info| info.path))
}

fn severity(finding: &Finding) -> &'static str {
    if finding.is_error { "error" } else { "warning" }
}

fn mirror<'r>(file: &Path, outcome: &'r Outcome, errors: usize, warnings: usize) -> JsonReport<'r> {
    let findings = outcome.findings.iter().map(|finding| JsonFinding {
        severity: severity(finding),
        code: &finding.code,
        what: &finding.what,
        message: &finding.message,
    });
    JsonReport {
        file: file.display().to_string(),
        plugin: outcome.plugin.as_ref().map(|(id, _)| &**id),
        version: outcome.plugin.as_ref().map(|(_, version)| &**version),
        errors,
        warnings,
        passed: outcome.passed.iter().map(|(what, told)| JsonPassed { what, told }).collect(),
        findings: findings.collect(),
    }
}

/// Tries a library out, in the process that is there for it.
pub(super) fn examine(library: &Path, plugin_path: &[PathBuf], report: &Report) {
    let Some(tried) = probe::load(library, plugin_path, report) else { return };
    symbols(library, report);
    // The manager holds it weakly.
    let runtime = Arc::new(Runtime::new());
    rps_library::install(&runtime, Silent);
    tried.manager.attach(&runtime);
    let registered = declared(&tried);
    match registered.len() {
        0 => report.warning("plugin::empty", "load", "it registers nothing"),
        _ => registered.iter().for_each(|one| report.passed("registers", told(one))),
    }
    sidecar::compare(library, &registered, report);
    for one in &registered {
        match &*one.point {
            point::PAYLOAD_TYPE => payload::examine(&tried.manager, &runtime, one, report),
            point::CODEC => codec::examine(&tried.manager, &one.name, report),
            _ => {}
        }
    }
    if registered.iter().any(|one| one.point == point::STATE) {
        state::examine(&tried.manager, report);
    }
    again(&tried, &registered, report);
}

/// Nobody reads what is printed in a check.
pub(super) struct Silent;

impl rps_library::Host for Silent {
    fn write(&self, _: &str) -> std::io::Result<()> {
        Ok(())
    }

    fn write_file(&self, _: &Path, _: &[u8]) -> std::io::Result<()> {
        Err(std::io::ErrorKind::Unsupported.into())
    }
}

fn told(one: &Declared) -> String {
    match (&one.arity, &one.receiver) {
        (Some(arity), None) if *arity != Native::ANY => format!("{} {}/{arity}", one.point, one.name),
        (_, Some(receiver)) => format!("{} {receiver}.{}", one.point, one.name),
        _ => format!("{} {}", one.point, one.name),
    }
}

/// Looks whether names were misspelt.
fn symbols(library: &Path, report: &Report) {
    const KNOWN: [&str; 3] = ["rps_plugin_descriptor", "rps_plugin_init", "rps_plugin_deinit"];
    report.step("symbols");
    let exported = match exports(library) {
        Ok(exported) => exported,
        Err(error) => return report.error(error.code(), "symbols", error.to_string()),
    };
    for name in &exported {
        if name.starts_with("rps_") && !KNOWN.contains(&&**name) {
            let message = format!("it exports `{name}`, which nobody calls: is the name misspelt?");
            report.warning("plugin::unknown-symbol", "symbols", message);
        }
    }
    let others = exported.iter().filter(|name| !KNOWN.contains(&&***name)).count();
    report.passed("symbols", format!("{} of the interface, {others} others", exported.len() - others));
}

/// Unloads the plugin and loads it again: a program may do that, and so may two stores in one.
fn again(tried: &Tried, registered: &[Declared], report: &Report) {
    report.step("unload and load again");
    let failed = |what: &str, error: &rps_plugin_host::PluginError| {
        report.error(error.code(), what, error.to_string());
    };
    if let Err(error) = tried.manager.unload(&tried.id, false) {
        return failed("unload", &error);
    }
    if let Err(error) = tried.manager.load(&tried.id) {
        return failed("load again", &error);
    }
    if declared(tried) != registered {
        let message = "what it registers the second time is something else";
        report.error("plugin::not-repeatable", "load again", message);
    }
    report.step("unload");
    match tried.manager.unload(&tried.id, false) {
        Ok(()) => report.passed("life", "it can be unloaded, and loaded again"),
        Err(error) => failed("unload", &error),
    }
}
