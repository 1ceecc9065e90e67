//! Whether a library is what its sidecar says.

use std::path::Path;

use rps_plugin_host::library::{Declared, Module, Sidecar, hash_of};

use super::super::probe::Report;

const CODE: &str = "plugin::sidecar";

/// Compares a library with its sidecar, if there is one.
pub(super) fn compare(library: &Path, registered: &[Declared], report: &Report) {
    report.step("sidecar");
    let path = Sidecar::path_of(library);
    if !path.is_file() {
        return;
    }
    let sidecar = match Sidecar::read(&path) {
        Ok(sidecar) => sidecar,
        Err(error) => return report.error(CODE, "sidecar", error.to_string()),
    };
    let mut problems = Vec::new();
    if sidecar.library.file_name() != library.file_name() {
        problems.push(format!("it is that of `{}`", sidecar.library.display()));
    }
    match (&sidecar.blake3, hash_of(library)) {
        (None, _) => {}
        (Some(said), Ok(hash)) if *said == hash => {}
        (Some(said), Ok(hash)) => {
            problems.push(format!("it says that the library's BLAKE3 hash is {said}, and it is {hash}"));
        }
        (_, Err(error)) => problems.push(error.to_string()),
    }
    if let Ok(module) = Module::open(library)
        && module.description != sidecar.description
    {
        problems.push("what it says of the plugin is not what the library's descriptor says".into());
    }
    let mut declared = sidecar.declared;
    declared.sort_by(|a, b| (&a.point, &a.name).cmp(&(&b.point, &b.name)));
    let only = |these: &[Declared], those: &[Declared]| -> Vec<String> {
        let missing = these.iter().filter(|one| !those.contains(one));
        missing.map(|one| format!("{} {}", one.point, one.name)).collect()
    };
    let (lost, unsaid) = (only(&declared, registered), only(registered, &declared));
    if !lost.is_empty() {
        problems.push(format!("the library does not register so: {}", lost.join(", ")));
    }
    if !unsaid.is_empty() {
        problems.push(format!("it does not say so: {}", unsaid.join(", ")));
    }
    if problems.is_empty() {
        return report.passed("sidecar", "says what the library is");
    }
    for problem in problems {
        report.error(CODE, "sidecar", problem);
    }
}
