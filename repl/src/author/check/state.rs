//! Whether states come back as they were saved, and what becomes of damaged ones.

use rps_plugin_host::Manager;
use rps_runtime::extension::{Extensions, Restored, StateOutcome, StateSection};

use super::super::probe::Report;
use super::codec::is_fault;

/// Tries all states out.
pub(super) fn examine(manager: &Manager, report: &Report) {
    report.step("states");
    let snapshot = manager.snapshot_states();
    for (id, error) in &snapshot.failures {
        report.error(error.code, &name(id), error.message.clone());
    }
    let sections = snapshot.sections;
    // States that are quiet until then need not take anything up.
    drop(snapshot.quiet);
    for section in &sections {
        let what = name(&section.id);
        report.step(&what);
        match round_trip(manager, section) {
            Ok(told) => report.passed(&what, told),
            Err((code, message)) => {
                report.error(code, &what, message);
                continue;
            }
        }
        damaged(manager, section, report);
        // Whatever was taken up on the way: the good one ends it.
        if let Err((code, message)) = round_trip(manager, section) {
            report.error(code, &what, format!("after damaged ones: {message}"));
        }
    }
}

fn name(id: &str) -> String {
    format!("state {id}")
}

fn restore(manager: &Manager, section: &StateSection) -> StateOutcome {
    let mut restored = manager.restore_states(std::slice::from_ref(section)).into_iter();
    let own = restored.find(|Restored { id, .. }| *id == section.id);
    own.map_or(StateOutcome::Absent, |restored| restored.outcome)
}

fn round_trip(manager: &Manager, section: &StateSection) -> Result<String, (&'static str, String)> {
    match restore(manager, section) {
        StateOutcome::Restored => {}
        StateOutcome::Absent => return Err(("plugin::not-found", "nobody finds it by its id".into())),
        StateOutcome::Reset { message } => {
            return Err(("plugin::unsupported", format!("it does not know its own version: {message}")));
        }
        StateOutcome::Failed(error) => return Err((error.code, format!("restoring: {}", error.message))),
    }
    let again = manager.snapshot_states();
    let same = again.sections.iter().find(|other| other.id == section.id);
    match same {
        Some(same) if (same.version, &same.bytes) == (section.version, &section.bytes) => Ok(format!(
            "version {}, {} bytes, comes back as it was saved",
            section.version,
            section.bytes.len()
        )),
        Some(same) => {
            let (before, after) = (section.bytes.len(), same.bytes.len());
            Err((
                "plugin::not-stable",
                format!("restored and saved again it is not the same: {before} → {after} bytes"),
            ))
        }
        None => Err(("plugin::failed", "it is not saved a second time".into())),
    }
}

fn damaged(manager: &Manager, section: &StateSection, report: &Report) {
    let what = name(&section.id);
    let mut tomorrow = section.clone();
    tomorrow.version = section.version.wrapping_add(1);
    match restore(manager, &tomorrow) {
        StateOutcome::Restored => {
            let message =
                "it takes up a version that is newer than its own: let `validate` look at the version";
            report.warning("plugin::accepts-version", &what, message);
        }
        StateOutcome::Failed(error) if is_fault(error.code) => {
            report.error(error.code, &what, format!("another version: {}", error.message));
        }
        _ => {}
    }
    let cut = |end: usize| StateSection { bytes: section.bytes[..end].to_vec(), ..section.clone() };
    let mut noise = section.clone();
    noise.bytes.iter_mut().for_each(|byte| *byte = !*byte);
    let inputs = [cut(0), cut(section.bytes.len() / 2), cut(section.bytes.len().saturating_sub(1)), noise];
    for input in inputs.iter().filter(|input| input.bytes != section.bytes) {
        if let StateOutcome::Failed(error) = restore(manager, input)
            && is_fault(error.code)
        {
            return report.error(error.code, &what, format!("a damaged one: {}", error.message));
        }
    }
    report.passed(&what, "damaged ones are refused, or make no harm");
}
