//! What the machine must have, and how it gets it.
//!
//! Every subcommand begins here, so the check costs no process but one `rustc --version`: programs are looked up in
//! `PATH`. Debian and Ubuntu packages are installed with apt-get; on other systems the exact command is printed. What is
//! wanted, not needed, is LLVM: see [`crate::llvm`].

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A program that is needed.
pub(crate) struct Need {
    /// Any one of these will do.
    pub(crate) programs: &'static [&'static str],
    /// An environment variable that may name the program instead.
    pub(crate) variable: Option<&'static str>,
    /// What for.
    pub(crate) purpose: &'static str,
    /// Its package in Debian and Ubuntu.
    pub(crate) debian: &'static str,
    /// Its package in other distributions.
    pub(crate) elsewhere: &'static str,
}

const NEEDS: &[Need] = &[
    Need {
        programs: &["cc", "gcc", "clang"],
        variable: Some("CC"),
        purpose: "a C compiler, for dependencies that contain C",
        debian: "build-essential",
        elsewhere: "gcc",
    },
    Need {
        programs: &["git"],
        variable: None,
        purpose: "git, for the project's own history",
        debian: "git",
        elsewhere: "git",
    },
];

/// Makes sure that everything is there, installing what is missing where that is possible.
///
/// With `verbose` it says what it found; without, it speaks only when something is missing.
///
/// # Errors
///
/// Returns what is missing and the command that installs it.
pub(crate) fn ensure(verbose: bool) -> Result<(), String> {
    check_rust(verbose)?;
    let mut missing = Vec::new();
    for need in NEEDS {
        match find(need) {
            Some(path) if verbose => println!("found    {} ({})", path.display(), need.purpose),
            Some(_) => {}
            None => missing.push(need),
        }
    }
    if !missing.is_empty() {
        for need in &missing {
            println!("missing  {}", need.purpose);
        }
        install(&missing)?;
        if let Some(need) = missing.iter().find(|need| find(need).is_none()) {
            return Err(format!("{} is still missing after its installation", need.purpose));
        }
    }
    if verbose {
        println!("Everything is there.");
    }
    Ok(())
}

/// What only tests use. Without valgrind one of them is skipped; without a C++ compiler one fails and says so.
const FOR_TESTS: &[Need] = &[
    Need {
        programs: &["c++", "g++", "clang++"],
        variable: Some("CXX"),
        purpose: "a C++ compiler, for the header of the plugin ABI",
        debian: "g++",
        elsewhere: "gcc-c++",
    },
    Need {
        programs: &["valgrind"],
        variable: None,
        purpose: "valgrind, for plugins in C",
        debian: "valgrind",
        elsewhere: "valgrind",
    },
];

/// Installs what is missing of the things that tests use, where that is possible.
pub(crate) fn ensure_for_tests() {
    install_wanted(FOR_TESTS);
}

/// Installs what is wanted, not needed: where it cannot be installed, that is said, and things go on without it.
pub(crate) fn install_wanted(wanted: &[Need]) {
    let missing: Vec<_> = wanted.iter().filter(|need| find(need).is_none()).collect();
    if !missing.is_empty()
        && is_debian()
        && let Err(message) = install(&missing)
    {
        eprintln!("xtask: {message}");
    }
}

/// Makes sure that cargo's subcommands `fmt` and `clippy` are there.
///
/// # Errors
///
/// Returns the command that installs the missing one.
pub(crate) fn ensure_components() -> Result<(), String> {
    for (program, component) in [("cargo-fmt", "rustfmt"), ("cargo-clippy", "clippy")] {
        let works =
            Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success());
        if works {
            continue;
        }
        println!("setup: rustup component add {component}");
        let added = Command::new("rustup").args(["component", "add", component]).status();
        if !added.is_ok_and(|status| status.success()) {
            return Err(format!("`cargo {}` is missing: rustup component add {component}", &program[6..]));
        }
    }
    Ok(())
}

fn check_rust(verbose: bool) -> Result<(), String> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(&rustc)
        .arg("--version")
        .output()
        .map_err(|error| format!("{} does not start: {error}", rustc.display()))?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let wanted = env!("CARGO_PKG_RUST_VERSION");
    match (version(text.split_whitespace().nth(1).unwrap_or_default()), version(wanted)) {
        (Some(found), Some(needed)) if found < needed => {
            Err(format!("Rust {wanted} or newer is needed, this is {text}: rustup update stable"))
        }
        (None, _) => Err(format!("`{} --version` says {text:?}, no version", rustc.display())),
        _ => {
            if verbose {
                println!("found    {text} ({wanted} or newer)");
            }
            Ok(())
        }
    }
}

/// Returns major and minor of a version such as `1.95.0` or `1.97.0-nightly`.
fn version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.split(['.', '-']);
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// Returns where a program is that meets the need.
fn find(need: &Need) -> Option<PathBuf> {
    let named = need.variable.and_then(env::var_os).filter(|value| !value.is_empty());
    let named =
        named.as_deref().and_then(OsStr::to_str).and_then(|command| command.split_whitespace().next());
    named.into_iter().chain(need.programs.iter().copied()).find_map(in_path)
}

pub(crate) fn in_path(program: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?)
        .map(|folder| folder.join(format!("{program}{}", env::consts::EXE_SUFFIX)))
        .find(|candidate| candidate.is_file())
}

/// Installs what is missing, on Debian and Ubuntu.
///
/// # Errors
///
/// Returns the command that does it on this system.
fn install(missing: &[&Need]) -> Result<(), String> {
    if !is_debian() {
        return Err(format!("install what is missing, then try again: {}", advice(missing)));
    }
    let mut packages: Vec<_> = missing.iter().map(|need| need.debian).collect();
    packages.dedup();
    install_packages(&packages)
}

/// Installs packages of Debian or Ubuntu.
///
/// # Errors
///
/// Returns the command that does it.
pub(crate) fn install_packages(packages: &[&str]) -> Result<(), String> {
    let packages = packages.iter().copied();
    let install: Vec<_> =
        ["apt-get", "install", "--yes", "--no-install-recommends"].into_iter().chain(packages).collect();
    apt(&["apt-get", "update"], &install)?;
    apt(&install, &install)
}

/// Returns the command that installs what is missing on a system whose packages are not installed from here.
fn advice(missing: &[&Need]) -> String {
    const MANAGERS: &[(&str, &str)] = &[
        ("dnf", "sudo dnf install"),
        ("pacman", "sudo pacman -S"),
        ("zypper", "sudo zypper install"),
        ("apk", "sudo apk add musl-dev"),
    ];
    if cfg!(target_os = "macos") {
        return "xcode-select --install".to_owned();
    }
    let command = MANAGERS.iter().find(|(manager, _)| in_path(manager).is_some());
    let packages: Vec<_> = missing.iter().map(|need| need.elsewhere).collect();
    format!(
        "{} {}",
        command.map_or("with the system's package manager,", |(_, command)| command),
        packages.join(" ")
    )
}

/// Runs an apt-get command, through sudo when not root; `by_hand` is what the user is told to run when it fails.
fn apt(command: &[&str], by_hand: &[&str]) -> Result<(), String> {
    let sudo: &[&str] = match (is_root(), io::stdin().is_terminal()) {
        (true, _) => &[],
        (false, true) => &["sudo"],
        // Nobody is there to type a password: fail instead of waiting for one.
        (false, false) => &["sudo", "--non-interactive"],
    };
    let words: Vec<_> = sudo.iter().chain(command).copied().collect();
    println!("setup: {}", words.join(" "));
    let status = Command::new(words[0]).args(&words[1..]).env("DEBIAN_FRONTEND", "noninteractive").status();
    match status {
        Ok(status) if status.success() => Ok(()),
        _ => Err(format!("that failed; run it yourself, then try again: sudo {}", by_hand.join(" "))),
    }
}

/// Returns whether packages are installed from here.
pub(crate) fn is_debian() -> bool {
    Path::new("/etc/debian_version").exists()
}

/// Returns whether this process may install packages without sudo.
fn is_root() -> bool {
    // The effective user stands second in the line `Uid:` of Linux's own description of the process.
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let user = status.lines().find_map(|line| line.strip_prefix("Uid:"));
    user.and_then(|line| line.split_whitespace().nth(1)) == Some("0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert_eq!(version("1.95.0"), Some((1, 95)));
        assert_eq!(version("1.97.0-nightly"), Some((1, 97)));
        assert_eq!(version("1.90"), Some((1, 90)));
        assert_eq!(version("rustc"), None);
        assert!(version("1.9.0") < version("1.10.0"));
    }

    #[test]
    fn a_program_that_is_not_there_is_not_found() {
        let need = Need { programs: &["no-such-program-as-this"], ..NOTHING };
        assert!(find(&need).is_none());
        assert!(find(&Need { programs: &["no-such-program-as-this", "cargo"], ..need }).is_some());
    }

    const NOTHING: Need = Need { programs: &[], variable: None, purpose: "", debian: "", elsewhere: "" };

    #[test]
    fn a_second_setup_has_nothing_to_do() {
        ensure(false).unwrap();
    }
}
