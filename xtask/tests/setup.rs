//! What `cargo xtask setup` does on a machine that lacks something: a folder of stand-ins takes the place of `PATH`.

#![cfg(unix)]
#![forbid(unsafe_code)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use rps_tests::program::script;
use rps_tests::{skip, stores};

/// Installs by making programs of the names that do nothing, and writes down how it was called.
const APT_GET: &str = "echo apt-get \"$@\" >> \"$HOME/log\"; [ \"$1\" = update ] && exit 0; \
                       for name in cc git; do echo '#!/bin/sh' > \"$HOME/$name\"; /bin/chmod +x \"$HOME/$name\"; done";
const SUDO: &str = "[ \"$1\" = --non-interactive ] && shift; exec \"$HOME/$@\"";

#[test]
fn a_machine_with_everything_is_left_alone() {
    let folder = stores::temporary();
    machine(folder.path(), &["cc", "git"], APT_GET);
    let output = setup(folder.path());
    assert!(output.status.success(), "{output:?}");
    assert!(!folder.path().join("log").exists(), "apt-get was not called");
    assert!(text(&output).contains("Everything is there."), "{output:?}");
    assert!(text(&output).contains("llvm-config-19 (LLVM 19.1, for the compiled tier)"), "{output:?}");
}

/// RPS-28: LLVM is wanted, not needed.
#[test]
fn without_llvm_things_go_on() {
    let folder = stores::temporary();
    machine(folder.path(), &["cc", "git"], "echo apt-get \"$@\" >> \"$HOME/log\"; exit 100");
    // Another version will not do.
    script(&folder.path().join("llvm-config-19"), "echo 20.1.0");
    let output = setup(folder.path());
    assert!(output.status.success(), "{output:?}");
    let text = text(&output);
    assert!(text.contains("missing  LLVM 19.1, for the compiled tier"), "{output:?}");
    assert!(text.contains("going on without LLVM: "), "{output:?}");
    if is_debian() {
        let command = "apt-get install --yes --no-install-recommends llvm-19-dev libpolly-19-dev libzstd-dev zlib1g-dev";
        assert!(text.contains(&format!("sudo {command}")), "{output:?}");
        let log = fs::read_to_string(folder.path().join("log")).unwrap();
        assert_eq!(log, "apt-get update\n", "what fails is not gone on with");
    }
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
    script(&folder.join("llvm-config-19"), "echo 19.1.7");
    for name in programs {
        script(&folder.join(name), "exit 0");
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
