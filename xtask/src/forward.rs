//! Starts the programs of the workspace, built in release.
//!
//! On Unix the program takes xtask's place (`exec`): the terminal, its signals and the exit status are the program's
//! own, so Ctrl-C in the REPL reaches the REPL and nothing else.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use crate::{llvm, steps};

/// Builds the package and runs its program of the same name with these arguments.
///
/// Returns whether it succeeded; on Unix, where the program replaces this process, it returns only when the build or
/// the start failed.
pub(crate) fn run(package: &str, arguments: &[OsString]) -> Result<bool, String> {
    let mut build = steps::cargo(["build", "--release", "--package", package, "--bin", package]);
    if !build.status().map_err(|error| format!("cargo does not start: {error}"))?.success() {
        return Ok(false);
    }
    // The compiled tier is a library beside the program. Without LLVM it is one that says so.
    if !llvm::library(true).status().is_ok_and(|status| status.success()) {
        eprintln!("xtask: going on without the compiled tier, which could not be built");
    }
    // Cargo knows where the program is (target folder, triple) and, on Unix, replaces itself by it.
    let mut program =
        steps::cargo(["run", "--quiet", "--release", "--package", package, "--bin", package, "--"]);
    program.args(arguments);
    replace(program)
}

/// Returns the arguments that make `rps-bench` write a generated store. The program runs where xtask was started, so a
/// relative folder needs no change.
pub(crate) fn gen_store(objects: u64, directory: &Path, refpersys: bool) -> Vec<OsString> {
    let mut arguments = vec!["gen-store".into(), objects.to_string().into(), directory.into()];
    if refpersys {
        arguments.push("--refpersys".into());
    }
    arguments
}

#[cfg(unix)]
fn replace(mut program: Command) -> Result<bool, String> {
    use std::os::unix::process::CommandExt;
    Err(format!("the program does not start: {}", program.exec()))
}

#[cfg(not(unix))]
fn replace(mut program: Command) -> Result<bool, String> {
    let status = program.status().map_err(|error| format!("the program does not start: {error}"))?;
    std::process::exit(status.code().unwrap_or(1))
}
