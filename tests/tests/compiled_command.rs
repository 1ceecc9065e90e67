//! The compiled tier as somebody sees it who works with the command: `:jit`, the settings, and the code cache.

#![forbid(unsafe_code)]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use rps_tests::{program, skip, stores, tier};
use serde_json::Value as Json;
use tempfile::TempDir;

/// Functions, one with a loop, and a use of them that makes them hot at any threshold.
const PROGRAM: &[&str] = &[
    "fn square(n) { n * n }",
    "fn squares(n) {\n let sum = 0\n let i = 0\n while i < n { sum = sum + square(i); i = i + 1 }\n sum\n}",
    "squares(5000)",
];
const RESULT: &str = "41654167500";

struct Stage {
    home: TempDir,
}

impl Stage {
    fn new() -> Stage {
        Stage { home: stores::temporary() }
    }

    fn command(&self, variables: &[(&str, &str)]) -> Command {
        let mut command = program::rps(self.home.path());
        command.current_dir(self.home.path()).envs(variables.iter().copied());
        command
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// Evaluates texts, and gives the lines of standard output, which all are JSON.
    fn json(&self, variables: &[(&str, &str)], options: &[&str], texts: &[&str]) -> Vec<Json> {
        let output = self.run(variables, &[&["--json"], options].concat(), texts);
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8(output.stdout).expect("it is UTF-8");
        text.lines().map(|line| serde_json::from_str(line).expect(line)).collect()
    }

    fn run(&self, variables: &[(&str, &str)], options: &[&str], texts: &[&str]) -> Output {
        let mut command = self.command(variables);
        command.args(options);
        for text in texts {
            command.args(["-e", text]);
        }
        command.output().expect("rps starts")
    }

    /// Runs [`PROGRAM`] eagerly on a store, and gives what `:jit stats` says then.
    fn eager_on(&self, store: &str, variables: &[(&str, &str)]) -> Json {
        let variables = [&[("RPS_JIT", "eager")], variables].concat();
        let mut lines = self.json(&variables, &["--store", store], &[PROGRAM, &[":jit stats"]].concat());
        let stats = lines.pop().expect("it answers");
        let value = lines.pop().expect("it answers").to_string();
        assert!(value.contains(RESULT), "{value}");
        stats["jit"].clone()
    }
}

/// Returns whether there is LLVM on this machine; if not, the calling test is skipped. The library is beside the program then.
fn has_backend() -> bool {
    let (_, has_llvm) = tier::library();
    if !has_llvm {
        skip("the compiled tier is built without LLVM");
    }
    has_llvm
}

fn count(stats: &Json, path: &str) -> u64 {
    stats.pointer(path).and_then(Json::as_u64).unwrap_or_else(|| panic!("no {path} in {stats}"))
}

/// A prompt that is asked line by line.
struct Prompt {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Prompt {
    fn new(stage: &Stage) -> Prompt {
        let mut command = stage.command(&[("RPS_TRANSCRIPT", "1")]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("rps starts");
        let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        Prompt { child, lines }
    }

    /// Types a text, and waits for a line of the answer that has a text in it.
    fn ask(&mut self, text: &str, awaited: &str) {
        let input = self.child.stdin.as_mut().expect("it is piped");
        writeln!(input, "{text}").and_then(|()| input.flush()).expect("it listens");
        let found = self.lines.by_ref().map_while(Result::ok).any(|line| line.contains(awaited));
        assert!(found, "no {awaited} in the answer to {text}");
    }

    fn process(&self) -> PathBuf {
        Path::new("/proc").join(self.child.id().to_string())
    }

    /// Returns whether the library is in memory.
    fn has_library(&self) -> bool {
        let maps = fs::read_to_string(self.process().join("maps")).expect("it lives");
        maps.contains("rps_jit_llvm")
    }

    fn has_thread(&self) -> bool {
        let tasks = fs::read_dir(self.process().join("task")).expect("it lives");
        let name = |task: fs::DirEntry| fs::read_to_string(task.path().join("comm")).unwrap_or_default();
        tasks.flatten().any(|task| name(task).trim() == "rps-jit")
    }
}

impl Drop for Prompt {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ended = self.child.wait();
    }
}

/// RPS-30: a session in which nothing is hot neither opens the library nor begins a thread.
#[cfg(target_os = "linux")]
#[test]
fn rps_30_a_cold_session_pays_nothing() {
    let (_, has_llvm) = tier::library();
    let stage = Stage::new();
    let mut prompt = Prompt::new(&stage);
    prompt.ask("6 * 7", "42");
    assert!(!prompt.has_library() && !prompt.has_thread());
    for text in PROGRAM {
        prompt.ask(&text.replace('\n', ";").replace("{;", "{").replace(";}", "}"), "");
    }
    prompt.ask("squares(500000)", "41666541666750000");
    assert!(prompt.has_thread(), "it was hot");
    prompt.ask(":jit stats", if has_llvm { "in use with" } else { "built without LLVM" });
    assert_eq!(prompt.has_library(), has_llvm);
}

/// RPS-30, RPS-32: what was done in each stage is counted, and why code was left.
#[test]
fn rps_30_rps_32_the_statistics_tell_what_was_done() {
    if !has_backend() {
        return;
    }
    let stage = Stage::new();
    let large = format!("fn large(x) {{\n{} x\n}}", " x = x + 1; x = x * 2; x = x - 1\n".repeat(1500));
    let calls = "let i = 0\nwhile i < 5 { large(1); i = i + 1 }";
    let texts =
        [PROGRAM, &[&large, calls, "fn square(n) { n * n + 1 }", "squares(100)", ":gc", ":gc"]].concat();
    let asked = [&texts[..], &[":jit stats"]].concat();
    let stats = stage.json(&[("RPS_JIT", "eager")], &[], &asked).pop().expect("it answers")["jit"].clone();
    assert_eq!(stats["state"], "on");
    assert!(stats["build"].as_str().is_some_and(|build| build.contains("LLVM 19.")), "{stats}");
    for (number, stage) in ["0", "1"].iter().zip(1u64..) {
        assert_eq!(count(&stats, &format!("/stages/{number}/stage")), stage);
        assert!(count(&stats, &format!("/stages/{number}/made")) > 0, "{stats}");
        assert!(count(&stats, &format!("/stages/{number}/bytes")) > 0, "{stats}");
        let longest = stats.pointer(&format!("/stages/{number}/longest_seconds")).and_then(Json::as_f64);
        assert!(longest.is_some_and(|seconds| seconds > 0.0), "{stats}");
    }
    // What is compiled eagerly is waited for.
    let pause = stats["longest_pause"].as_f64();
    let longest = stats["stages"][0]["longest_seconds"].as_f64();
    assert!(pause.zip(longest).is_some_and(|(pause, longest)| pause >= longest * 1e6), "{stats}");
    let made = count(&stats, "/stages/0/made") + count(&stats, "/stages/1/made");
    assert_eq!(count(&stats, "/live") + count(&stats, "/dropped"), made, "{stats}");
    assert!(count(&stats, "/dropped") > 0 && count(&stats, "/code_bytes") > 0, "{stats}");
    let all = |key: &str| stats[key].as_array().expect("it is a list").clone();
    assert!(
        all("refused")
            .iter()
            .any(|own| own["last"] == "large" && own["reason"] == "the function is too large")
    );
    assert!(
        all("exits").iter().any(|own| own["cause"] == "hot" && own["count"].as_u64() > Some(0)),
        "{stats}"
    );
    let squares =
        all("functions").into_iter().find(|own| own["function"] == "squares").expect("it was compiled");
    let exits: u64 =
        squares["causes"].as_array().expect("it is a list").iter().map(|own| count(own, "/count")).sum();
    assert_eq!(exits, count(&squares, "/exits"));
    // What is told to people has the same.
    let output = stage.run(&[("RPS_JIT", "eager")], &[], &asked);
    let text = String::from_utf8(output.stdout).expect("it is UTF-8");
    for told in [
        "what runs twice is compiled at once",
        "LLVM 19.",
        "stage  made  cached",
        " freed, ",
        "squares",
        "too large",
    ] {
        assert!(text.contains(told), "no {told:?} in\n{text}");
    }
}

/// RPS-30: how many calls make a function hot can be said, 0 and never included; the first call is interpreted.
#[test]
fn rps_30_thresholds_are_settings() {
    if !has_backend() {
        return;
    }
    let stage = Stage::new();
    let asked = |variables: &[(&str, &str)], texts: &[&str]| {
        let stats = stage.json(variables, &[], texts).pop().expect("it answers")["jit"].clone();
        count(&stats, "/stages/0/made") + count(&stats, "/waiting")
    };
    let calls = ["fn f(n) { n + 1 }", "f(1)", "f(2)", "f(3)", "f(4)", ":jit stats"];
    assert_eq!(asked(&[], &calls), 0, "cold functions are not compiled");
    assert_eq!(asked(&[("RPS_JIT_THRESHOLD", "0")], &[calls[0], calls[1], calls[5]]), 0);
    assert_eq!(asked(&[("RPS_JIT_THRESHOLD", "0")], &calls), 1);
    assert_eq!(asked(&[("RPS_JIT_THRESHOLD", "2")], &calls), 1);
    assert_eq!(asked(&[("RPS_JIT_THRESHOLD", "4")], &calls), 0);
    fs::write(stage.path("config.yaml"), "jit: {threshold: 0}\n").expect("there is room");
    let options = ["--config", "config.yaml"];
    let stats = stage.json(&[], &options, &calls).pop().expect("it answers")["jit"].clone();
    assert_eq!((count(&stats, "/threshold"), count(&stats, "/hot_threshold")), (0, 20_000));
    assert_eq!(count(&stats, "/stages/0/made") + count(&stats, "/waiting"), 1);
    for off in ["jit: {threshold: off}\n", "jit: {mode: off}\n"] {
        fs::write(stage.path("config.yaml"), off).expect("there is room");
        let stats = stage.json(&[], &options, &calls).pop().expect("it answers")["jit"].clone();
        assert_eq!(stats["state"], "off");
    }
}

#[test]
fn a_wrong_setting_is_told_with_its_code() {
    let stage = Stage::new();
    for (variable, value) in [("RPS_JIT", "fast"), ("RPS_JIT_THRESHOLD", "many"), ("RPS_JIT_CACHE_MB", "-1")]
    {
        let output = stage.run(&[(variable, value)], &[], &["6 * 7"]);
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(told.contains("plugin::config-invalid") && told.contains(variable), "{told}");
        assert_eq!((output.status.success(), &*output.stdout), (true, &b"42\n"[..]));
    }
}

/// Without the library everything runs, and one line says why there is no compiled tier.
#[test]
fn without_the_library_there_is_one_line() {
    let stage = Stage::new();
    let alone = stage.path("rps");
    let program = program::path().expect("the workspace has the package rps");
    if fs::hard_link(program, &alone).is_err() {
        fs::copy(program, &alone).expect("there is room");
    }
    for variables in [&[][..], &[("RPS_JIT", "eager")]] {
        let mut command = Command::new(&alone);
        program::isolate(&mut command, stage.home.path());
        command.envs(variables.iter().copied());
        for text in PROGRAM.iter().chain(&[":jit stats"]) {
            command.args(["-e", text]);
        }
        let output = command.output().expect("rps starts");
        let text = String::from_utf8_lossy(&output.stdout);
        let [value, line] = text.lines().collect::<Vec<_>>()[..] else { panic!("{output:?}") };
        assert_eq!(value, RESULT);
        assert!(line.starts_with("there is no compiled tier: ") && line.contains("rps_jit_llvm"), "{line}");
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    }
}

/// Where LLVM was not there when it was built, that is the line.
#[test]
fn the_library_says_what_it_is() {
    let (_, has_llvm) = tier::library();
    let stage = Stage::new();
    let stats = stage.json(&[], &[], &[":jit stats"]).pop().expect("it answers")["jit"].clone();
    if has_llvm {
        assert_eq!(stats["state"], "on");
        assert_eq!(stats["reason"], Json::Null);
    } else {
        assert_eq!(stats["state"], "absent");
        assert!(
            stats["reason"].as_str().is_some_and(|reason| reason.contains("built without LLVM")),
            "{stats}"
        );
        assert!(stats["code"].is_string());
    }
}

/// A function is shown as bytecode, native code and assembly, compiled or not; by its name in the last.
#[test]
fn a_function_is_shown() {
    if !has_backend() {
        return;
    }
    let stage = Stage::new();
    let texts = [PROGRAM, &["class box { side\n fn area() { side * side }\n}", ":jit show squares"]].concat();
    let shown = stage.json(&[("RPS_JIT", "eager")], &[], &texts).pop().expect("it answers")["jit"].clone();
    assert_eq!(shown["function"], "squares");
    assert!(!shown["compiled"].as_array().expect("it is a list").is_empty(), "{shown}");
    for (key, part) in [
        ("bytecode", "Return"),
        ("native", "fn squares() in a loop at 2("),
        ("assembly", "rps_squares() in a loop at 2"),
    ] {
        assert!(shown[key].as_str().is_some_and(|text| text.contains(part)), "no {part} in {key} of {shown}");
    }
    let output = stage.run(&[], &[], &[texts[3], ":jit show box.area"]);
    let text = String::from_utf8(output.stdout).expect("it is UTF-8");
    assert!(text.starts_with("box.area: not compiled yet, and nothing was seen of it"), "{text}");
    for heading in ["\nbytecode\n", "\nnative code, stage 1\n", "\nassembly\n"] {
        assert!(text.contains(heading), "{text}");
    }
    // Nothing was compiled by showing it.
    let lines = stage.json(&[], &[], &[texts[3], ":jit show box.area", ":jit stats"]);
    assert_eq!(count(&lines[lines.len() - 1]["jit"], "/live"), 0);
}

#[test]
fn what_can_not_be_shown_has_its_code() {
    let stage = Stage::new();
    let wrong = [
        (":jit show nobody", "name::unknown"),
        (":jit show object.nothing", "command::no-such-method"),
        (":jit show print", "command::native"),
        (":jit show object", "command::not-a-function"),
        (":jit show 1", "command::not-a-function"),
        (":jit show", "command::missing"),
        (":jit stats all", "command::extra-arguments"),
        (":jit shwo f", "command::unknown"),
    ];
    for (text, code) in wrong {
        let output = stage.run(&[], &[], &[text]);
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && told.contains(code), "{text}: {told}");
    }
    // Bytecode there always is.
    let shown = stage.json(&[("RPS_JIT", "off")], &[], &["fn f(n) { n + 1 }", ":jit show f"]);
    let shown = &shown[shown.len() - 1]["jit"];
    assert!(shown["bytecode"].is_string() && shown["native"].is_null(), "{shown}");
    assert!(shown["reason"].as_str().is_some_and(|reason| reason.contains("RPS_JIT")), "{shown}");
}

/// RPS-31: the next session compiles nothing that this one has compiled; damage, other settings and other builds only mean
/// that functions are compiled.
#[test]
fn rps_31_the_next_session_finds_what_was_compiled() {
    if !has_backend() {
        return;
    }
    let stage = Stage::new();
    let made = stage.run(&[], &["--store", "shop", "--dump"], &["keep new object as apple"]);
    assert!(made.status.success(), "{made:?}");
    let first = stage.eager_on("shop", &[]);
    assert_eq!(count(&first, "/cache/hits"), 0);
    let stored = count(&first, "/cache/stored");
    assert!(stored > 0 && stored == count(&first, "/cache/misses"), "{first}");
    let second = stage.eager_on("shop", &[]);
    assert_eq!((count(&second, "/cache/misses"), count(&second, "/cache/stored")), (0, 0), "{second}");
    assert_eq!(count(&second, "/stages/0/cached"), count(&second, "/stages/0/made"));
    assert_eq!(count(&second, "/stages/0/made"), count(&first, "/stages/0/made"));

    // Whatever is damaged is made again, and whole from then on.
    let folder = stage.path("shop/.rps/cache");
    let files: Vec<PathBuf> =
        fs::read_dir(&folder).expect("it was made").map(|entry| entry.expect("it is read").path()).collect();
    assert_eq!(files.len() as u64, stored);
    for (number, file) in files.iter().enumerate() {
        let mut bytes = fs::read(file).expect("it is there");
        let middle = bytes.len() / 2;
        if number % 2 == 0 {
            bytes[middle] ^= 1;
        } else {
            bytes.truncate(middle);
        }
        fs::write(file, bytes).expect("there is room");
    }
    let third = stage.eager_on("shop", &[]);
    assert_eq!(
        (count(&third, "/cache/damaged"), count(&third, "/cache/stored")),
        (stored, stored),
        "{third}"
    );
    assert_eq!(count(&stage.eager_on("shop", &[]), "/cache/misses"), 0);

    // Frame pointers make another build of the code.
    let other = stage.eager_on("shop", &[("RPS_PERF", "1")]);
    assert_eq!(count(&other, "/cache/hits"), 0, "{other}");
    assert!(stage.eager_on("shop", &[("RPS_JIT_CACHE_MB", "0")])["cache"].is_null());

    // git neither sees it, nor does it make the store another one.
    assert_eq!(fs::read_to_string(stage.path("shop/.rps/.gitignore")).expect("it is there"), "*\n");
    let checked = stage.command(&[]).args(["check", "shop"]).output().expect("rps starts");
    assert!(checked.status.success(), "{checked:?}");
}

/// RPS-31: several processes use a cache at once, and each comes to its end.
#[test]
fn rps_31_several_processes_share_a_cache() {
    if !has_backend() {
        return;
    }
    let stage = Stage::new();
    let made = stage.run(&[], &["--store", "shop", "--dump"], &["keep new object as apple"]);
    assert!(made.status.success(), "{made:?}");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let stats = stage.eager_on("shop", &[]);
                assert_eq!(count(&stats, "/cache/damaged"), 0);
                assert!(stats["cache"]["problem"].is_null(), "{stats}");
            });
        }
    });
    assert_eq!(count(&stage.eager_on("shop", &[]), "/cache/misses"), 0);
}

/// How many objects the next test has.
const LINKS: usize = 200;

/// RPS-35: machine code meets objects whose content comes when somebody looks at it.
#[test]
fn rps_35_machine_code_loads_what_it_reads_and_changes() {
    if !has_backend() {
        return;
    }
    let stage = Stage::new();
    let mut program = String::from("class station { next, amount }\n");
    for number in 0..LINKS {
        let next = if number == 0 { "nil".to_owned() } else { format!("n{}", number - 1) };
        program += &format!("keep new station {{ next: {next}, amount: {number} }} as n{number}\n");
    }
    fs::write(stage.path("links.rps"), program).unwrap();
    let made = stage.run(&[], &["--store", "chain", "--dump", "links.rps"], &[]);
    assert!(made.status.success(), "{made:?}");
    let first = format!("n{}", LINKS - 1);
    let texts = [
        "fn total(link) { let sum = 0; while link != nil { sum = sum + link.amount; link = link.next }; sum }",
        "fn grow(link) { while link != nil { link.amount = link.amount + 1; link = link.next } }",
        "fn make(n) { let link = nil; for i in 0..n { link = new station { next: link, amount: i } }; link }",
        // The machine code is there before it meets the first object that is not loaded.
        "let other = make(1000); grow(other); total(other)",
        &format!("total({first})"),
        &format!("grow({first}); total({first})"),
        ":jit stats",
    ];
    let run = |mode: &str, loading: &str| {
        let variables = [("RPS_JIT", mode), ("RPS_LAZY", loading)];
        let mut lines = stage.json(&variables, &["--store", "chain"], &texts);
        let stats = lines.pop().expect("it answers");
        let values: Vec<String> = lines[3..].iter().map(ToString::to_string).collect();
        (values, stats)
    };
    let (expected, _) = run("off", "never");
    assert!(expected[1].contains(&(LINKS * (LINKS - 1) / 2).to_string()), "{expected:?}");
    assert!(expected[2].contains(&(LINKS * (LINKS + 1) / 2).to_string()), "{expected:?}");
    for loading in ["never", "always"] {
        let (values, stats) = run("eager", loading);
        assert_eq!(values, expected, "{loading}");
        assert!(count(&stats, "/jit/stages/0/made") > 0, "{stats}");
    }
}

/// RPS-35, RPS-36: closures of a store share their variables, which are not loaded when machine code calls them.
#[test]
fn rps_35_machine_code_calls_closures_whose_variables_are_not_loaded() {
    if !has_backend() {
        return;
    }
    const COUNTERS: usize = 60;
    let stage = Stage::new();
    let mut program = String::from(
        "class tally { add, get }\nfn counter() { let n = 5; new tally { add: || do { n = n + 1; n }, get: || n } }\n",
    );
    for number in 0..COUNTERS {
        program += &format!("keep counter() as t{number}\n");
    }
    fs::write(stage.path("counters.rps"), program).unwrap();
    let made = stage.run(&[], &["--store", "tallies", "--dump", "counters.rps"], &[]);
    assert!(made.status.success(), "{made:?}");
    let all: Vec<String> = (0..COUNTERS).map(|number| format!("t{number}")).collect();
    let all = all.join(", ");
    let texts = [
        "fn read(tallies) { let s = 0; for t in tallies { let get = t.get; s = s + get() }; s }",
        "fn grow(tallies, n) { for i in 0..n { for t in tallies { let add = t.add; add() } } }",
        // As many of one kind that are there come first.
        "fn counters(n) { (0..n).map(|i| do { let n = 5; new tally { add: || do { n = n + 1; n }, get: || n } }).to_tuple() }",
        "let other = counters(200); grow(other, 3); read(other)",
        &format!("read([{all}])"),
        &format!("grow([{all}], 6); read([{all}])"),
        ":jit stats",
    ];
    let run = |mode: &str, loading: &str| {
        let variables = [("RPS_JIT", mode), ("RPS_LAZY", loading)];
        let mut lines = stage.json(&variables, &["--store", "tallies"], &texts);
        let stats = lines.pop().expect("it answers");
        let values: Vec<String> = lines[3..].iter().map(ToString::to_string).collect();
        (values, stats)
    };
    let (expected, _) = run("off", "never");
    for (line, sum) in expected.iter().zip([200 * 8, COUNTERS * 5, COUNTERS * 11]) {
        assert!(line.contains(&sum.to_string()), "{expected:?}");
    }
    for loading in ["never", "always"] {
        let (values, stats) = run("eager", loading);
        assert_eq!(values, expected, "{loading}");
        assert!(count(&stats, "/jit/stages/0/made") > 0, "{stats}");
    }
}
