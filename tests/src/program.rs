//! The command `rps`, as a program to start.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::workspace;

/// Returns a command that starts `rps` with its own empty home below `home` and no settings of the caller's.
///
/// The environment is that of a transcript: no colours, no store but the default one, which lies below `home`.
///
/// # Panics
///
/// Panics when the package `rps` exists and does not build.
pub fn rps(home: &Path) -> Command {
    let mut command = Command::new(path().expect("the workspace has the package rps"));
    isolate(&mut command, home);
    command
}

/// Returns where the program `rps` is, building it when the test run has not said where: `RPS_BIN`, else the result of
/// `cargo build --package rps`. `None` when the workspace has no such package.
///
/// # Panics
///
/// Panics when it does not build.
pub fn path() -> Option<&'static Path> {
    static PATH: OnceLock<Option<PathBuf>> = OnceLock::new();
    PATH.get_or_init(|| {
        if let Some(named) = env::var_os("RPS_BIN") {
            return Some(PathBuf::from(named));
        }
        workspace::members().iter().any(|member| member.name == "rps").then(build)
    })
    .as_deref()
}

/// Gives the command an empty home and hides the caller's settings from it, but for `RPS_LAZY`: with `always` all tests run on
/// stores that are opened by their snapshots. For git there is somebody who commits.
pub fn isolate(command: &mut Command, home: &Path) {
    for (variable, _) in env::vars_os() {
        let name = variable.to_string_lossy();
        if (name.starts_with("RPS_") && name != "RPS_LAZY") || name.starts_with("GIT_") {
            command.env_remove(&variable);
        }
    }
    command
        .env("HOME", home)
        .env("XDG_DATA_HOME", home.join("data"))
        .env("XDG_CONFIG_HOME", home.join("config"));
    command
        .env("NO_COLOR", "1")
        .env("TERM", "dumb")
        .env("COLUMNS", "100")
        .env("LC_ALL", "C.UTF-8")
        .env("TZ", "UTC");
    // Git reads no settings but these, and asks nobody who commits.
    command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_PAGER", "cat");
    for role in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{role}_NAME"), "Ada").env(format!("GIT_{role}_EMAIL"), "ada@example.org");
    }
}

/// Lets the command build what belongs to the project, whose folder is in `REPERSYS`: Cargo finds its toolchain and crates, whatever
/// the home is, and builds where the tests are built.
pub fn allow_builds(command: &mut Command) {
    command.env("REPERSYS", workspace::root());
    let home = env::home_dir().unwrap_or_default();
    for (variable, folder) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
        let value = env::var_os(variable).unwrap_or_else(|| home.join(folder).into());
        command.env(variable, value);
    }
}

/// Writes a shell script that can be started as a program: a stand-in for one that a test must not really start.
///
/// A child process writes it. If this process did, a test on another thread that starts a program just then would hand the
/// open file to it, and the system refuses to start a file that is open for writing.
///
/// # Panics
///
/// Panics when it cannot be written.
#[cfg(unix)]
pub fn script(path: &Path, text: &str) {
    let write = "printf '#!/bin/sh\n%s\n' \"$1\" > \"$0\" && chmod 755 \"$0\"";
    let status =
        Command::new("sh").arg("-c").arg(write).arg(path).arg(text).status().expect("a shell starts");
    assert!(status.success(), "{} cannot be written", path.display());
}

fn build() -> PathBuf {
    let mut cargo = workspace::cargo();
    cargo.args(["build", "--package", "rps", "--bin", "rps", "--message-format", "json-render-diagnostics"]);
    let output = cargo.stderr(Stdio::inherit()).output().expect("cargo starts");
    assert!(output.status.success(), "the package rps does not build");
    let messages = String::from_utf8(output.stdout).expect("cargo writes UTF-8");
    let mut executables = messages.lines().filter_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        Some(PathBuf::from(message.get("executable")?.as_str()?))
    });
    executables.next_back().expect("cargo names the program that it built")
}
