//! LLVM 19, for the compiled tier: wanted, not needed.
//!
//! Without it everything is built and tested but that tier, and hot code is interpreted. It is looked for with the
//! static libraries and what those are linked with: the tier has all of LLVM in one library that `rps` opens when it
//! needs it.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::root;
use crate::setup;
use crate::steps::cargo;

/// The version that the tier is written for.
const VERSION: &str = "19.1";
/// Where llvm-sys, the crate that links LLVM, is told to look for it.
const PREFIX: &str = "LLVM_SYS_191_PREFIX";
/// LLVM's own libraries, those of its optimiser Polly, which its list of libraries includes, and two that it is linked
/// with and that its package does not ask for.
const PACKAGES: &[&str] = &["llvm-19-dev", "libpolly-19-dev", "libzstd-dev", "zlib1g-dev"];
/// The package with the compiled tier.
pub(crate) const PACKAGE: &str = "rps-jit-llvm";
/// What is built where LLVM is there.
const FEATURE: &str = "rps-jit-llvm/llvm";

/// Returns LLVM's own program that tells where it is, if what the compiled tier needs is there.
pub(crate) fn find() -> Option<&'static Path> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    FOUND.get_or_init(look_for).as_deref()
}

/// Returns the arguments that have cargo build the compiled tier, too; none where LLVM is missing.
pub(crate) fn features() -> &'static [&'static str] {
    if find().is_some() { &["--features", FEATURE] } else { &[] }
}

/// Returns a command that puts the library with the compiled tier beside the programs.
pub(crate) fn library(release: bool) -> Command {
    let mut build = cargo(["build", "--package", PACKAGE]);
    build.args(features()).args(release.then_some("--release"));
    build
}

/// Makes sure that LLVM is there, where it can be installed from here. What cannot be done is said, and things go on.
///
/// Unless `again`, an installation that failed before is not tried again.
pub(crate) fn ensure(again: bool, verbose: bool) {
    let failed = root().join("target/no-llvm");
    // What is found is not remembered before it was installed.
    if let Some(found) = look_for() {
        if verbose {
            println!("found    {} (LLVM {VERSION}, for the compiled tier)", found.display());
        }
        return;
    }
    if !again && failed.exists() {
        return;
    }
    println!("missing  LLVM {VERSION}, for the compiled tier; without it hot code is interpreted");
    let result = if setup::is_debian() { setup::install_packages(PACKAGES) } else { Err(advice()) };
    if result.is_ok() && look_for().is_some() {
        return;
    }
    let still = || format!("it is still missing; {PREFIX} may name where it is");
    let message = result.err().unwrap_or_else(still);
    println!("xtask: going on without LLVM: {message}");
    if !again {
        // Where it can not be written, the next one tries again.
        let _ = fs::create_dir_all(root().join("target")).and_then(|()| fs::write(&failed, message));
    }
}

fn advice() -> String {
    if cfg!(target_os = "macos") {
        return "brew install llvm@19 zstd".to_owned();
    }
    format!("install LLVM {VERSION} with its static libraries; {PREFIX} may name where it is")
}

fn look_for() -> Option<PathBuf> {
    let named = env::var_os(PREFIX).filter(|value| !value.is_empty());
    let candidates: Vec<PathBuf> = match named {
        Some(prefix) => ["llvm-config", "llvm-config-19"]
            .iter()
            .map(|name| Path::new(&prefix).join("bin").join(name))
            .collect(),
        None => ["llvm-config-19", "llvm-config19", "llvm19-config", "llvm-config"]
            .iter()
            .filter_map(|name| setup::in_path(name))
            .collect(),
    };
    candidates.into_iter().find(|candidate| fits(candidate))
}

/// Returns whether it is the right version, with static libraries and what they are linked with.
fn fits(config: &Path) -> bool {
    let Some(version) = ask(config, "--version") else { return false };
    if !version.starts_with(&format!("{VERSION}.")) || ask(config, "--libnames").is_none() {
        return false;
    }
    let Some(libraries) = ask(config, "--system-libs") else { return false };
    let compiler = env::var_os("CC").filter(|value| !value.is_empty()).unwrap_or_else(|| "cc".into());
    let mut link = Command::new(compiler);
    link.args(["-shared", "-o", "/dev/null", "-x", "c", "/dev/null", "-x", "none", "-lstdc++"]);
    link.args(libraries.split_whitespace()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    cfg!(target_os = "macos") || link.status().is_ok_and(|status| status.success())
}

fn ask(config: &Path, what: impl AsRef<OsStr>) -> Option<String> {
    let output = Command::new(config).arg(what).arg("--link-static").stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
