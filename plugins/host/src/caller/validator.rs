//! The point `load.validator`: checks of a store that was loaded and that nobody has seen yet.

use std::ffi::c_void;
use std::sync::Arc;

use rps_plugin_abi as abi;
use rps_plugin_abi::point::{Report, SEVERITY_ERROR, Severity};
use rps_plugin_abi::status;
use rps_runtime::extension::Finding;
use rps_runtime::{Runtime, Value};

use super::guarded::Guarded;
use crate::api;
use crate::manager::Inner;
use crate::point::Interface;

/// So many findings of one validator are told.
const MAX_FINDINGS: usize = 10_000;

struct Findings {
    plugin: String,
    found: Vec<Finding>,
}

/// Runs all validators on a runtime.
pub(crate) fn validate(manager: &Arc<Inner>, runtime: &Arc<Runtime>) -> Vec<Finding> {
    manager.load_declared(abi::point::VALIDATOR);
    let mut all = Vec::new();
    for entry in manager.registry.list(abi::point::VALIDATOR).iter() {
        let Some((instance, Interface::Validator(validate), data)) = entry.loaded() else { continue };
        let (validate, plugin) = (*validate, entry.plugin.clone());
        let guarded = Guarded::of(manager, entry, instance).with_runtime(Some(runtime));
        let called = guarded.call(move |call| {
            let data = data;
            let mut findings = Findings { plugin, found: Vec::new() };
            let report = Report {
                struct_size: size_of::<Report>() as u32,
                reserved: 0,
                context: (&raw mut findings).cast::<c_void>(),
                problem: Some(problem),
            };
            // SAFETY: the plugin has registered the function as what the point says; the report lives until it returns.
            let status = unsafe { validate(data.0, call, &raw const report) };
            // What was found counts, whatever the validator returns.
            match findings.found.is_empty() {
                true => (status, findings.found),
                false => (status::OK, findings.found),
            }
        });
        match called {
            Ok(found) => all.extend(found),
            Err(error) => all.push(Finding {
                plugin: entry.plugin.clone(),
                is_error: true,
                object: None,
                message: error.to_string(),
            }),
        }
    }
    all
}

/// Takes a problem.
///
/// # Safety
///
/// As the interface says: the report is the one that the validator was given, the value is alive, the text is there.
unsafe extern "C" fn problem(
    report: *const Report,
    severity: Severity,
    object: abi::RawValue,
    text: *const u8,
    len: usize,
) -> abi::Status {
    api::shielded(|| {
        if report.is_null() {
            return status::INVALID;
        }
        // SAFETY: by this function's contract.
        let (findings, text) = unsafe {
            (&mut *(*report).context.cast::<Findings>(), api::bytes(text, len).unwrap_or_default())
        };
        if findings.found.len() >= MAX_FINDINGS {
            return status::LIMIT;
        }
        // SAFETY: as above.
        let object = unsafe { Value::from_bits(object.bits) }.as_object().map(|object| object.oid());
        findings.found.push(Finding {
            plugin: findings.plugin.clone(),
            is_error: severity <= SEVERITY_ERROR,
            object,
            message: String::from_utf8_lossy(text).into_owned(),
        });
        status::OK
    })
}
