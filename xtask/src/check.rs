//! What the checks consist of: `test`, `ci`, `bless`, `asan`.
//!
//! `.ci/run` runs the same commands as [`ci`], in the same order.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::llvm;
use crate::root;
use crate::setup;
use crate::steps::{Report, cargo};

/// The crates whose tests also run with a collection at every allocation, as far as they exist.
const UNDER_GC_STRESS: &[(&str, &str)] = &[("rps-runtime", "runtime"), ("rps-lang", "lang")];

/// The tests of the command that also run with every store opened by its snapshot, which otherwise only large ones are. Of the
/// whole workspace: of some packages alone all that they are made of would have other features, and be built again.
const OPENED_BY_SNAPSHOTS: [&str; 7] =
    ["--workspace", "--test", "rps", "--test", "git", "--test", "migration"];

/// Runs every test and prints the report. Returns whether all passed.
pub(crate) fn test(quick: bool) -> Result<bool, String> {
    let mut report = Report::default();
    all_tests(&mut report, quick)?;
    print!("{report}");
    Ok(report.success())
}

/// Runs every test, then formatting, lints and documentation, and prints the report.
pub(crate) fn ci() -> Result<bool, String> {
    setup::ensure_components()?;
    let mut report = Report::default();
    all_tests(&mut report, false)?;
    let mut format = Command::new("cargo");
    format.args(["fmt", "--all", "--check"]).current_dir(root());
    report.step("formatting", format)?;
    let mut lints = cargo(["clippy", "--workspace", "--all-targets"]);
    lints.args(llvm::features()).args(["--", "-D", "warnings"]);
    report.step("lints", lints)?;
    let mut documentation = cargo(["doc", "--workspace", "--no-deps"]);
    documentation.args(llvm::features());
    documentation.env("RUSTDOCFLAGS", "-D warnings");
    report.step("documentation", documentation)?;
    print!("{report}");
    Ok(report.success())
}

/// Rewrites golden files, by running the tests in the mode in which they accept what they get.
pub(crate) fn bless(filter: Option<&str>) -> Result<bool, String> {
    let mut command = tests(["--workspace", "--lib", "--bins", "--tests"]);
    command.args(filter).env("UPDATE_EXPECT", "1").env("RPS_BLESS", "1");
    let mut report = Report::default();
    report.step("tests that rewrite what they compare with", command)?;
    print!("{report}");
    println!("Read the difference before you commit it: git diff");
    Ok(report.success())
}

/// Runs the runtime's tests under AddressSanitizer.
///
/// # Errors
///
/// Returns why this machine cannot do it.
pub(crate) fn asan() -> Result<bool, String> {
    const TARGET: &str = "x86_64-unknown-linux-gnu";
    const NO_NIGHTLY: &str = "AddressSanitizer needs a nightly toolchain: rustup toolchain install nightly";
    if !cfg!(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu")) {
        return Err(format!("AddressSanitizer is set up for {TARGET} only"));
    }
    let rustc = Command::new("rustup").args(["run", "nightly", "rustc", "--print", "target-libdir"]).output();
    let rustc = rustc.ok().filter(|output| output.status.success()).ok_or(NO_NIGHTLY)?;
    let libraries = String::from_utf8_lossy(&rustc.stdout).trim().to_owned();
    let sanitizer = Path::new(&libraries).join("librustc-nightly_rt.asan.a");
    if !sanitizer.is_file() {
        return Err(format!("the nightly toolchain has no {}", sanitizer.display()));
    }
    let mut tests = Command::new("rustup");
    tests.args([
        "run",
        "nightly",
        "cargo",
        "test",
        "--package",
        "rps-runtime",
        "--lib",
        "--tests",
        "--no-fail-fast",
    ]);
    // A target of its own keeps the sanitizer out of build scripts and procedural macros.
    tests.args(["--target", TARGET]).current_dir(root());
    tests.env("CARGO_TARGET_DIR", root().join("target/asan")).env("RUSTFLAGS", "-Zsanitizer=address");
    // The collector finds roots on the real stack: locals must not be moved to the sanitizer's own. What the heap
    // holds at exit is no leak.
    tests.env("ASAN_OPTIONS", "detect_stack_use_after_return=0:detect_leaks=0");
    for variable in ["CARGO", "RUSTC", "RUSTDOC", "RUSTUP_TOOLCHAIN", "UPDATE_EXPECT", "RPS_GC_STRESS"] {
        tests.env_remove(variable);
    }
    let mut report = Report::default();
    report.step("runtime under AddressSanitizer", tests)?;
    print!("{report}");
    Ok(report.success())
}

fn all_tests(report: &mut Report, quick: bool) -> Result<(), String> {
    setup::ensure_for_tests();
    let mut build = cargo(["test", "--workspace", "--no-run"]);
    build.args(llvm::features());
    // Tests open the library with the compiled tier, which lies beside what is built.
    if !report.step("build", build)?
        || !report.step("the library with the compiled tier", llvm::library(false))?
    {
        return Ok(());
    }
    let mut command = tests(["--workspace"]);
    command.args(llvm::features());
    if quick {
        command.args(["--lib", "--bins", "--tests"]);
    }
    // The examples in the documentation are one of these: tests/tests/docs_examples.rs.
    report.step("tests", command)?;
    if !quick {
        let mut stressed = tests([]);
        for (package, folder) in UNDER_GC_STRESS {
            if root().join(folder).join("Cargo.toml").is_file() {
                stressed.args(["--package", package]);
            }
        }
        stressed.env("RPS_GC_STRESS", "1");
        report.step("runtime, collecting at every allocation", stressed)?;
        let mut lazy = tests(OPENED_BY_SNAPSHOTS);
        lazy.args(llvm::features());
        lazy.env("RPS_LAZY", "always");
        report.step("the command, opening every store by its snapshot", lazy)?;
    }
    Ok(())
}

/// Returns a command that runs tests as they are meant to run: whatever the caller's environment asks of golden files
/// and of the collector, and how it says that stores are opened: only [`bless`] and the steps that are about it set it.
fn tests<const N: usize>(selection: [&str; N]) -> Command {
    let mut command = cargo(["test", "--no-fail-fast"]);
    command.args(selection).env_remove("UPDATE_EXPECT").env_remove("RPS_BLESS").env_remove("RPS_GC_STRESS");
    command.env_remove("RPS_LAZY");
    // Else the first test that needs the program builds it, and all that it is made of, once more: alone it has other
    // features than beside the tests.
    if let Some(program) = built_program() {
        command.env("RPS_BIN", program);
    }
    command
}

/// Returns the program `rps` that was built with the tests: it lies beside this one.
fn built_program() -> Option<PathBuf> {
    let own = std::env::current_exe().ok()?;
    let program = own.with_file_name(format!("rps{}", std::env::consts::EXE_SUFFIX));
    program.is_file().then_some(program)
}
