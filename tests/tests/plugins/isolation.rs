//! `isolation: process`: the library is not in the session, and what it does there ends there (COMMY-28, DYN-21).

use std::fs;

use crate::stage::Stage;

fn isolated(plugin: &str, limits: &str) -> (Stage, String) {
    let stage = Stage::new();
    let config = stage.path("config.yaml");
    let text = format!("plugins:\n  {plugin}:\n    isolation: process\n    limits: {{{limits}}}\n");
    fs::write(&config, text).unwrap();
    stage.rps("s", &["--dump"], &["1"]).out();
    (stage, config.display().to_string())
}

#[test]
fn dyn_21_an_isolated_service_answers_as_one_in_the_session() {
    let (stage, config) = isolated("text-c", "memory_mb: 512");
    stage.put_c("plugins/examples/text-c/text_c.c", "text_c");
    let requests = ["upper café", "lower ABC", "reverse drawer", "count four"];
    let programs: Vec<String> =
        requests.iter().map(|request| format!(":plugin execute text \"{request}\"")).collect();
    let programs: Vec<&str> = programs.iter().map(String::as_str).collect();
    let apart = stage.rps("s", &["--config", &config], &programs);
    let inside = stage.rps("s", &[], &programs);
    assert_eq!(apart.out(), inside.out());
    assert!(apart.out().contains("reward"), "{}", apart.out);
}

/// A crash is an error of the call, and the next call works.
#[test]
fn commy_28_a_crash_ends_the_process_of_the_plugin_only() {
    let (stage, config) = isolated("services", "memory_mb: 512");
    stage.put_c("tests/fixtures/plugins/services.c", "services");
    let run = stage.rps("s", &["--config", &config], &[":plugin execute crashes", "6 * 7"]);
    assert!(run.err.contains("plugin::crashed"), "{}{}", run.out, run.err);
    assert_ne!(run.status, None, "the session has ended by a signal");
    let run = stage.rps("s", &["--config", &config], &[":plugin execute echo \"still here\""]);
    assert_eq!(run.out(), "still here\n");
}

/// The limit is the plugin's alone: what the allocator of the command reserves does not count, and gives it no more.
#[test]
fn dyn_21_an_isolated_plugin_gets_no_more_memory_than_it_may_have() {
    let (stage, config) = isolated("services", "memory_mb: 64");
    stage.put_c("tests/fixtures/plugins/services.c", "services");
    let asked = [":plugin execute eats"];
    assert_eq!(stage.rps("s", &["--config", &config], &asked).out(), "refused\n");
    assert_eq!(stage.rps("s", &[], &asked).out(), "all of it\n");
}
