//! What `cargo xtask setup` does on a machine that lacks something: a folder of stand-ins takes the place of `PATH`.

#![cfg(unix)]
#![forbid(unsafe_code)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use rps_tests::program::script;
use rps_tests::{skip, stores};

/// Installs by making empty files of the programs' names, and writes down how it was called.
const APT_GET: &str = "echo apt-get \"$@\" >> \"$HOME/log\"; [ \"$1\" = update ] || : > \"$HOME/cc\"; \
                       [ \"$1\" = update ] || : > \"$HOME/git\"";
const SUDO: &str = "[ \"$1\" = --non-interactive ] && shift; exec \"$HOME/$@\"";

#[test]
fn a_machine_with_everything_is_left_alone() {
    let folder = stores::temporary();
    machine(folder.path(), &["cc", "git"], APT_GET);
    let output = setup(folder.path());
    assert!(output.status.success(), "{output:?}");
    assert!(!folder.path().join("log").exists(), "apt-get was not called");
    assert!(text(&output).contains("Everything is there."), "{output:?}");
}

#[test]
fn what_is_missing_is_installed_once() {
    if !is_debian() {
        return skip("setup installs on Debian and Ubuntu only");
    }
    let folder = stores::temporary();
    machine(folder.path(), &["git"], APT_GET);
    let output = setup(folder.path());
    assert!(output.status.success(), "{output:?}");
    let log = fs::read_to_string(folder.path().join("log")).unwrap();
    let calls: Vec<_> = log.lines().collect();
    assert_eq!(calls, ["apt-get update", "apt-get install --yes --no-install-recommends build-essential"]);

    assert!(setup(folder.path()).status.success());
    assert_eq!(
        fs::read_to_string(folder.path().join("log")).unwrap(),
        log,
        "the second time nothing is done"
    );
}

#[test]
fn a_failed_installation_names_the_command() {
    if !is_debian() {
        return skip("setup installs on Debian and Ubuntu only");
    }
    let folder = stores::temporary();
    machine(folder.path(), &["cc"], "exit 100");
    let output = setup(folder.path());
    assert!(!output.status.success());
    assert!(text(&output).contains("sudo apt-get install --yes --no-install-recommends git"), "{output:?}");
}

#[test]
fn an_old_compiler_is_refused() {
    let folder = stores::temporary();
    machine(folder.path(), &["cc", "git"], APT_GET);
    script(&folder.path().join("rustc"), "echo rustc 1.60.0");
    let output = setup(folder.path());
    assert!(!output.status.success());
    assert!(text(&output).contains("or newer is needed, this is rustc 1.60.0: rustup update"), "{output:?}");
}

fn machine(folder: &Path, programs: &[&str], apt_get: &str) {
    script(&folder.join("rustc"), "echo 'rustc 1.95.0 (a 2026-01-01)'");
    script(&folder.join("apt-get"), apt_get);
    script(&folder.join("sudo"), SUDO);
    for name in programs {
        script(&folder.join(name), "exit 1");
    }
}

fn setup(folder: &Path) -> Output {
    let mut xtask = Command::new(env!("CARGO_BIN_EXE_xtask"));
    xtask.arg("setup").env_clear().env("PATH", folder).env("HOME", folder);
    xtask.output().unwrap()
}

fn text(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes)).concat()
}

fn is_debian() -> bool {
    Path::new("/etc/debian_version").exists()
}
