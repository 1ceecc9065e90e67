//! The library of the compiled tier, which only some machines can build with LLVM.

use std::path::PathBuf;

use crate::workspace;

/// Returns the library as this machine builds it, and whether LLVM is in it.
///
/// # Panics
///
/// Panics when it does not build.
#[must_use]
pub fn library() -> (PathBuf, bool) {
    let mut cargo = workspace::cargo();
    let output = cargo.args(["run", "--quiet", "--offline", "--package", "xtask", "--", "features"]).output();
    let output = output.expect("cargo starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let features = String::from_utf8(output.stdout).expect("xtask writes UTF-8");
    let mut cargo = workspace::cargo();
    cargo.args(["build", "--offline", "--package", "rps-jit-llvm", "--message-format", "json"]);
    let output = cargo.args(features.split_whitespace()).output().expect("cargo starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("cargo writes UTF-8");
    let messages = text.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let mut artifacts = messages
        .filter(|message| message["target"]["name"] == "rps_jit_llvm")
        .filter_map(|message| Some(PathBuf::from(message["filenames"].as_array()?.first()?.as_str()?)));
    (artifacts.next().expect("cargo tells where the library is"), !features.trim().is_empty())
}
