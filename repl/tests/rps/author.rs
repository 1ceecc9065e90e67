//! What authors of plugins use: the templates, and what builds, checks, measures and bundles a plugin.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rps_tests::c::{self, Standard};
use rps_tests::program::isolate;
use rps_tests::{markdown, workspace};
use serde_json::Value as Json;

use crate::support::{Run, Stage};

/// Lets cargo work in a home that is not the caller's: with the crates that the workspace has, in a target folder of the
/// test run.
fn with_cargo(command: &mut Command) -> &mut Command {
    let home = std::env::home_dir().unwrap_or_default();
    for (name, folder) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
        command.env(name, std::env::var_os(name).unwrap_or_else(|| home.join(folder).into()));
    }
    let target = Path::new(env!("CARGO_BIN_EXE_rps")).ancestors().nth(2).unwrap().join("plugins-of-tests");
    command.env("CARGO_TARGET_DIR", target).env("CARGO_NET_OFFLINE", "true")
}

/// The workspace's choice of versions, so that nothing else needs to be there.
fn lock(project: &Path) {
    fs::copy(workspace::root().join("Cargo.lock"), project.join("Cargo.lock")).unwrap();
}

fn sdk() -> String {
    workspace::root().join("plugins/sdk").display().to_string()
}

/// Returns a plugin of the fixtures, compiled.
fn fixture(stage: &Stage, name: &str, case: Option<&str>) -> String {
    let source = workspace::root().join("tests/fixtures/plugins").join(name).with_extension("c");
    compiled(stage, &source, case)
}

fn compiled(stage: &Stage, source: &Path, case: Option<&str>) -> String {
    let defines: Vec<(&str, &str)> = case.iter().map(|case| (*case, "1")).collect();
    let library = c::library(source, Standard::C11, &defines);
    let own = stage.path("checked").with_extension(std::env::consts::DLL_EXTENSION);
    fs::copy(library, &own).unwrap();
    own.display().to_string()
}

/// Checks a library, and returns the report.
fn check(stage: &Stage, library: &str) -> (Run, Json) {
    let run = stage.run(&["--json", "plugin", "check", library], "");
    let report = run.json_out().pop().unwrap_or_else(|| panic!("{}", run.err))["check"].clone();
    (run, report)
}

fn codes(report: &Json, severity: &str) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    let findings = findings.filter(|finding| finding["severity"] == severity);
    findings.map(|finding| finding["code"].as_str().unwrap().to_owned()).collect()
}

fn library_in(folder: &Path) -> PathBuf {
    let is_library =
        |path: &PathBuf| path.extension().is_some_and(|found| found == std::env::consts::DLL_EXTENSION);
    let mut entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.find(is_library).unwrap()
}

/// DYN-12, DYN-19, DYN-27, CRUSH-23: what `new` writes is tested, built, found, loaded and called without an edit.
#[test]
fn a_new_plugin_in_rust_works_as_it_is() {
    let stage = Stage::new();
    let run = stage.run(&["plugin", "new", "acme.greet", "--sdk", &sdk()], "");
    assert_eq!((run.status, run.err.as_str()), (0, ""));
    assert!(run.out.contains("cargo test") && run.out.contains("acme_greet_greet"), "{}", run.out);
    lock(&stage.path("acme.greet"));
    let build =
        with_cargo(&mut stage.command(&["--json", "plugin", "build", "acme.greet"])).output().unwrap();
    let said = String::from_utf8_lossy(&build.stderr);
    assert!(build.status.success(), "{said}");
    let built: Json = serde_json::from_slice(&build.stdout).unwrap();
    assert_eq!(built["build"]["id"], "acme.greet");
    let tested = with_cargo(Command::new(env!("CARGO")).args(["test", "--quiet"]))
        .current_dir(stage.path("acme.greet"))
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&tested.stdout);
    assert!(tested.status.success() && told.contains("2 passed"), "{told}");
    works(&stage, "acme.greet", "acme_greet_greet");
}

/// COMMY-33: and so in C, where its own script is its test.
#[test]
fn a_new_plugin_in_c_works_as_it_is() {
    let stage = Stage::new();
    stage.check(&["plugin", "new", "greet", "--c", "--path", "here"], |out: &str| out.contains("sh test.sh"));
    let mut tested = Command::new("sh");
    isolate(&mut tested, &stage.path(""));
    tested.env("RPS", env!("CARGO_BIN_EXE_rps")).arg("test.sh").current_dir(stage.path("here"));
    let output = tested.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), &*said), (Some(0), ""), "{}", String::from_utf8_lossy(&output.stdout));
    works(&stage, "here", "greet_greet");
}

/// The plugin that was built in a folder is found by its sidecar, and its function gives what it must.
fn works(stage: &Stage, folder: &str, function: &str) {
    let dist = stage.path(folder).join("dist");
    let path = dist.display().to_string();
    let call = format!("{function}(\"world\")");
    stage.check(&["--plugin-path", &path, "-e", &call], "\"Hello, world!\"\n");
    let run = stage.run(&["--plugin-path", &path, "-e", &format!("{function}(1)")], "");
    assert_eq!(run.status, 1, "an integer has no text: {}", run.out);
    let library = library_in(&dist).display().to_string();
    let (run, report) = check(stage, &library);
    assert_eq!((run.status, &report["errors"], &report["warnings"]), (0, &0.into(), &0.into()), "{report}");
    let passed = report["passed"].as_array().unwrap();
    assert!(passed.iter().any(|passed| passed["what"] == "sidecar"), "{report}");
    let run = stage.run(&["--json", "plugin", "bench", &library, "--time", "0.02"], "");
    assert_eq!(run.status, 0, "{}", run.err);
    let results = run.json_out().pop().unwrap()["bench"]["results"].clone();
    let points: Vec<&str> =
        results.as_array().unwrap().iter().map(|one| one["point"].as_str().unwrap()).collect();
    assert_eq!(points, ["function", "service"]);
    for one in results.as_array().unwrap() {
        assert!(
            one["calls_per_second"].as_f64().unwrap() > 0.0
                && one["p50_ns"].as_u64() <= one["p99_ns"].as_u64()
        );
    }
}

#[test]
fn a_plugin_finds_the_sdk_of_the_checkout_that_it_lies_in() {
    let stage = Stage::new();
    let manifest = |project: &str| fs::read_to_string(stage.path(project).join("Cargo.toml")).unwrap();
    stage.check(&["plugin", "new", "outside"], |out: &str| out.contains("registry"));
    let version = env!("CARGO_PKG_VERSION").rsplit_once('.').unwrap().0;
    assert!(manifest("outside").contains(&format!("rps-plugin = \"{version}\"\n")));
    fs::create_dir_all(stage.path("plugins/sdk")).unwrap();
    fs::write(stage.path("plugins/sdk/Cargo.toml"), "[package]\nname = \"rps-plugin\"\n").unwrap();
    stage.check(&["plugin", "new", "inside", "--path", "a/b/inside"], |_: &str| true);
    assert!(manifest("a/b/inside").contains("rps-plugin = { path = \"../../../plugins/sdk\" }\n"));
    let run = stage.run(&["--json", "plugin", "new", "other", "--sdk", "nowhere"], "");
    assert_eq!(run.json_err()[0]["error"]["code"], "plugin::no-sdk");
    assert!(!stage.path("other").exists(), "nothing is left of what was not made");
}

#[test]
fn what_cannot_be_made_or_built_is_told() {
    let stage = Stage::new();
    let fails = |arguments: &[&str], code: &str| {
        let run = stage.run(&[&["--json", "plugin"], arguments].concat(), "");
        let errors = run.json_err();
        let error = &errors.last().unwrap_or_else(|| panic!("{arguments:?}: {}", run.out))["error"];
        assert_eq!((run.status, &error["code"]), (1, &code.into()), "{arguments:?}: {}", run.err);
        error.to_string()
    };
    fails(&["new", "Greet"], "plugin::bad-name");
    fails(&["new", "../greet"], "plugin::bad-name");
    fails(&["new", "match"], "plugin::bad-name");
    fs::create_dir(stage.path("there")).unwrap();
    fails(&["new", "there"], "plugin::exists");
    fails(&["build", "there"], "plugin::no-sources");
    fs::write(stage.path("there/broken.c"), "int broken(void) { return missing; }\n").unwrap();
    let error = fails(&["build", "there"], "plugin::build-failed");
    assert!(error.contains("missing"), "the compiler's words are told: {error}");
    fs::remove_file(stage.path("there/broken.c")).unwrap();
    // It compiles, and is no plugin.
    fs::write(stage.path("there/none.c"), "int none;\n").unwrap();
    fails(&["build", "there"], "plugin::missing-symbol");
    assert!(!stage.path("there/dist").exists(), "what can not be loaded is put nowhere");
    fails(&["bundle", "there"], "plugin::nothing-built");
    fails(&["check", "nothing.so"], "plugin::file");
    fails(&["bench", "nothing"], "plugin::not-found");
}

/// RPS-45: a table that is wrong is found when it is registered, and whatever else is wrong where it is tried.
#[test]
fn every_fault_of_a_plugin_is_found_with_its_code() {
    let stage = Stage::new();
    for (name, case, code) in [
        ("init", "CASE_NULL_FUNCTION", "plugin::null-function"),
        ("init", "CASE_INIT_FAILS", "plugin::init-failed"),
        ("init", "CASE_REGISTERS_TWICE", "plugin::duplicate-registration"),
        ("descriptor", "CASE_NEWER_MAJOR", "plugin::abi-version"),
        ("descriptor", "CASE_NO_INIT", "plugin::missing-symbol"),
        ("codec", "CASE_ENCODE_LOSES_BYTES", "plugin::corrupt"),
        ("codec", "CASE_DECODE_LIES", "plugin::lossy-codec"),
        ("codec", "CASE_DECODE_BOMB", "plugin::output-limit"),
        ("state", "CASE_RESTORE_FAILS", "plugin::failed"),
        ("state", "CASE_SNAPSHOT_FAILS", "plugin::failed"),
    ] {
        let (run, report) = check(&stage, &fixture(&stage, name, Some(case)));
        assert_eq!(run.status, 1, "{name} {case}: {report}");
        assert_eq!(
            codes(&report, "error").first().map(String::as_str),
            Some(code),
            "{name} {case}: {report}"
        );
        assert_eq!(run.json_err()[0]["error"]["code"], code);
    }
    let (run, report) = check(&stage, &fixture(&stage, "state", None));
    assert_eq!((run.status, codes(&report, "error").len()), (0, 0), "{report}");
    // It leaves bytes as they are, so that it cannot know damaged ones.
    let (run, report) = check(&stage, &fixture(&stage, "codec", None));
    assert_eq!(
        (run.status, codes(&report, "warning")),
        (0, vec!["plugin::accepts-damage".into()]),
        "{report}"
    );
}

/// A plugin that ends its process, wherever, ends only the one that it is tried in.
#[test]
fn a_plugin_that_crashes_is_a_finding() {
    let stage = Stage::new();
    let source = stage.path("crash.c");
    let text = r#"
        #include <stdlib.h>
        #include "rps_plugin.h"
        RPS_PLUGIN("crash", "1.0.0", NULL, NULL);
        #if defined(CASE_CONSTRUCTOR)
        __attribute__((constructor)) static void at_start(void) { abort(); }
        #endif
        RPS_EXPORT rps_status rps_plugin_init(const rps_host *host, rps_registrar *registrar) {
            (void)host, (void)registrar;
        #if defined(CASE_INIT)
            *(volatile int *)8 = 1;
        #elif defined(CASE_EXIT)
            exit(3);
        #endif
            return RPS_OK;
        }
        RPS_EXPORT void rps_plugin_deinit(const rps_host *host) {
            (void)host;
        #if defined(CASE_DEINIT)
            abort();
        #endif
        }
    "#;
    fs::write(&source, text).unwrap();
    for (case, what, how) in [
        ("CASE_CONSTRUCTOR", "file and descriptor", "signal 6"),
        ("CASE_INIT", "load", "signal 11"),
        ("CASE_EXIT", "load", "exit status 3"),
        ("CASE_DEINIT", "unload and load again", "signal 6"),
    ] {
        let (run, report) = check(&stage, &compiled(&stage, &source, Some(case)));
        let finding = &report["findings"].as_array().unwrap().last().unwrap();
        assert_eq!((run.status, &finding["code"]), (1, &"plugin::crashed".into()), "{case}: {report}");
        assert_eq!(finding["what"], what, "{case}: {report}");
        assert!(finding["message"].as_str().unwrap().contains(how), "{case}: {report}");
    }
    let run = stage.run(&["plugin", "check", &compiled(&stage, &source, None)], "");
    assert_eq!(run.status, 0, "{}", run.out);
    assert!(
        run.out.contains("warning[plugin::empty]") && run.out.ends_with("no errors, 1 warning\n"),
        "{}",
        run.out
    );
}

/// RPS-41: a bundle is the same each time, comes back as it was, and is refused when a byte of it is another.
#[test]
fn a_bundle_is_checked_before_anything_of_it_is_written() {
    let stage = Stage::new();
    stage.check(&["plugin", "new", "greet", "--c"], |_: &str| true);
    stage.check(&["plugin", "build", "greet"], |_: &str| true);
    let bundle = |out: &str| -> Vec<u8> {
        stage.check(&["plugin", "bundle", "greet", "--out", out], |_: &str| true);
        let mut entries = fs::read_dir(stage.path(out)).unwrap();
        fs::read(entries.next().unwrap().unwrap().path()).unwrap()
    };
    let bytes = bundle("one");
    assert_eq!(bundle("two"), bytes);
    let unpack = |bytes: &[u8], out: &str| {
        fs::write(stage.path("bundle.tar"), bytes).unwrap();
        stage.run(&["--json", "plugin", "unpack", "bundle.tar", "--out", out], "")
    };
    let run = unpack(&bytes, "plugins");
    assert_eq!(run.status, 0, "{}", run.err);
    let original = library_in(&stage.path("greet/dist"));
    let back = library_in(&stage.path("plugins"));
    assert_eq!(fs::read(original).unwrap(), fs::read(&back).unwrap());
    stage.check(&["--plugin-path", "plugins", "-e", "greet_greet(\"you\")"], "\"Hello, you!\"\n");

    let library = fs::read(&back).unwrap();
    let place = bytes.windows(library.len()).position(|part| part == library).expect("it is not compressed");
    for damage in
        [place + library.len() / 2, 512, bytes.windows(6).position(|part| part == b"greet.").unwrap()]
    {
        let mut damaged = bytes.clone();
        damaged[damage] ^= 1;
        let run = unpack(&damaged, "damaged");
        assert_eq!(
            (run.status, &run.json_err()[0]["error"]["code"]),
            (1, &"plugin::bundle".into()),
            "{damage}"
        );
    }
    let run = unpack(&bytes[..bytes.len() / 2], "damaged");
    assert_eq!(run.json_err()[0]["error"]["code"], "plugin::bundle");
    assert!(!stage.path("damaged").exists(), "nothing was written");

    // A library that is not the one of its sidecar: it is not loaded, not bundled, and found.
    let mut changed = library;
    changed.push(0);
    fs::remove_file(&back).unwrap();
    fs::write(&back, changed).unwrap();
    let run = stage.run(&["--json", "--plugin-path", "plugins", "-e", "greet_greet(\"you\")"], "");
    assert!(run.err.contains("plugin::checksum"), "{}", run.err);
    let run = stage.run(&["--json", "plugin", "bundle", "plugins"], "");
    assert_eq!(run.json_err()[0]["error"]["code"], "plugin::checksum");
    let (_, report) = check(&stage, &back.display().to_string());
    assert_eq!(codes(&report, "error"), ["plugin::sidecar"], "{report}");
}

/// The tutorial's commands that need cargo, as a reader types them in a checkout of Repersys.
#[test]
fn the_tutorial_in_rust_is_what_happens() {
    let stage = Stage::new();
    fs::create_dir_all(stage.path("plugins")).unwrap();
    std::os::unix::fs::symlink(sdk(), stage.path("plugins/sdk")).unwrap();
    let document = fs::read_to_string(workspace::root().join("docs/plugin-tutorial.md")).unwrap();
    let blocks = markdown::blocks("docs/plugin-tutorial.md", &document).unwrap();
    let blocks: Vec<_> = blocks.iter().filter(|block| block.language == "console").collect();
    let commands: Vec<&str> = blocks.iter().flat_map(|block| block.text.lines()).collect();
    assert!(commands.iter().any(|line| line.contains("rps plugin build")), "{commands:?}");
    let mut script = String::from("set -eux\n");
    for line in &commands {
        script.push_str(line);
        script.push('\n');
        if line.starts_with("cd ") {
            script.push_str("cp \"$LOCK\" .\n");
        }
    }
    let mut command = Command::new("sh");
    isolate(&mut command, &stage.path(""));
    let program = Path::new(env!("CARGO_BIN_EXE_rps")).parent().unwrap();
    let path = std::env::join_paths(
        std::iter::once(program.to_owned())
            .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())),
    );
    with_cargo(&mut command).env("PATH", path.unwrap()).env("LOCK", workspace::root().join("Cargo.lock"));
    let output = command.arg("-c").arg(script).current_dir(stage.path("")).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let shown = String::from_utf8_lossy(&output.stdout);
    for block in document.split("```").filter_map(|block| block.strip_prefix("text\n")) {
        for line in block.lines() {
            assert!(shown.lines().any(|found| found == line), "{line:?} is not in\n{shown}");
        }
    }
}
