//! Programs at random: none crashes or hangs the process, and each gives the same, however it is run.
//!
//! [`generate`] makes the program of a seed, with the expressions of [`mod@expression`]. The seeds are the same at every run;
//! `RPS_RANDOM_PROGRAMS` says how many programs there are, `RPS_RANDOM_SEED` with which seed they begin. The program
//! that is being run is in the file `random_program.rps` of the folder for tests' files in cargo's target folder.

#![forbid(unsafe_code)]

mod expression;
mod generate;
#[path = "../language/in_process.rs"]
mod in_process;
#[path = "../language/process.rs"]
mod process;

use std::env;
use std::fs;
use std::ops::Range;
use std::path::Path;
use std::slice::from_ref;

use rps_lang::syntax::{TokenKind, lex};
use rps_tests::stores;

use rps_tests::random::Random;

/// How many programs are run when nobody says how many.
const PROGRAMS: u64 = 60;

#[test]
fn random_programs_are_programs() {
    for seed in seeds(PROGRAMS) {
        let program = generate::program(seed);
        let parsed = rps_lang::syntax::parse(&program);
        assert!(!parsed.has_errors(), "seed {seed}: {:?}\n{program}", parsed.diagnostics);
    }
}

#[test]
fn random_programs_give_the_same_on_every_new_runtime() {
    let (mut values, mut count) = (0, 0);
    for seed in seeds(PROGRAMS) {
        let program = generate::program(seed);
        remember(&program);
        let first = in_process::run(from_ref(&program));
        let second = in_process::run(from_ref(&program));
        assert_eq!(first, second, "seed {seed}:\n{program}");
        if let Err(failures) = &first.result {
            let code = &failures[0].code;
            assert!(code.starts_with("run::"), "seed {seed}: {first}\n{program}");
            assert_ne!(code, "run::interrupted", "seed {seed} does not end:\n{program}");
        }
        values += usize::from(first.result.is_ok());
        count += 1;
    }
    assert!(values * 2 > count, "only {values} of {count} programs have a value: they mean too little");
}

#[test]
fn random_programs_give_the_same_with_a_collection_at_every_allocation() {
    let folder = stores::temporary();
    let store = folder.path().join("store");
    let mut making = process::rps(folder.path(), &store);
    making.arg("--dump");
    assert_eq!(process::run(making, &["nil"], "nil").result.as_deref(), Ok("nil"));
    for seed in seeds(PROGRAMS / 3) {
        let program = generate::program(seed);
        let expected = in_process::run(from_ref(&program));
        let mut command = process::rps(folder.path(), &store);
        command.env("RPS_GC_STRESS", "1");
        assert_eq!(process::run(command, &[&program], &program), expected, "seed {seed}:\n{program}");
    }
}

/// What a program is that something was taken out of, or put twice or elsewhere, is said, whatever it is. It is the body
/// of a function that nobody calls: what it would do, nobody knows.
#[test]
fn damaged_programs_are_compiled_or_refused() {
    for seed in seeds(PROGRAMS * 5) {
        let program = format!("fn damaged() {{\n{}}}\nnil\n", damaged(&generate::program(seed), seed));
        remember(&program);
        let outcome = in_process::run(from_ref(&program));
        match &outcome.result {
            Ok(value) => assert_eq!(value, "nil", "seed {seed}:\n{program}"),
            Err(failures) => {
                let of_text = |code: &str| {
                    ["syntax::", "name::", "compile::"].iter().any(|kind| code.starts_with(kind))
                };
                assert!(
                    failures.iter().all(|failure| of_text(&failure.code)),
                    "seed {seed}: {outcome}\n{program}"
                );
            }
        }
    }
}

/// Takes some tokens out of a text, and puts others twice or elsewhere; braces stay, so that no part of the text becomes a
/// program of its own.
fn damaged(text: &str, seed: u64) -> String {
    let mut random = Random::new(seed);
    let mut tokens = Vec::new();
    let mut movable = Vec::new();
    for token in lex(text).tokens {
        let part = token.span.text(text).to_owned();
        if !part.contains(['{', '}']) && token.kind != TokenKind::Whitespace {
            movable.push(tokens.len());
        }
        tokens.push(part);
    }
    for _ in 0..1 + random.below(3) {
        let (Some(&at), Some(&other)) = (random.choose(&movable), random.choose(&movable)) else { break };
        match random.below(3) {
            0 => tokens[at].clear(),
            1 => tokens[at] = format!("{0} {0}", tokens[at]),
            _ => tokens.swap(at, other),
        }
    }
    tokens.concat()
}

fn seeds(count: u64) -> Range<u64> {
    let number = |variable| env::var(variable).ok().and_then(|text| text.parse().ok());
    let first = number("RPS_RANDOM_SEED").unwrap_or(0);
    first..first + number("RPS_RANDOM_PROGRAMS").unwrap_or(count)
}

/// Writes down what is run next: a crash says nothing.
fn remember(program: &str) {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("random_program.rps");
    fs::write(path, program).expect("the file can be written");
}
