//! The examples in C do what they say, as C11 and as C++17, and valgrind finds no fault with them (COMMY-10).
//!
//! Each is one program with its test, `text.c` and `rle.c`, and with a small host in C, `host.h`. That they are loaded by
//! the real host is tested there.

#![forbid(unsafe_code)]

use std::path::{Path, PathBuf};
use std::process::Command;

use rps_tests::c::{self, Standard};
use rps_tests::{skip, workspace};

const TESTS: [&str; 2] = ["text.c", "rle.c"];

#[test]
fn the_examples_work_in_c_and_in_cxx() {
    for test in TESTS {
        for standard in [Standard::C11, Standard::Cxx17] {
            run(test, &mut Command::new(c::program(&source(test), standard)));
        }
    }
}

#[test]
fn the_examples_compile_to_libraries_in_c_and_in_cxx() {
    for example in ["text-c/text_c.c", "rle-c/rle_c.c"] {
        let source = workspace::root().join("plugins/examples").join(example);
        for standard in [Standard::C11, Standard::Cxx17] {
            assert!(c::library(&source, standard, &[]).is_file());
        }
    }
}

#[test]
fn valgrind_finds_no_fault_with_the_examples() {
    if Command::new("valgrind").arg("--version").output().is_err() {
        return skip("there is no valgrind");
    }
    for test in TESTS {
        let mut valgrind = Command::new("valgrind");
        valgrind.args(["--quiet", "--error-exitcode=9", "--leak-check=full", "--show-leak-kinds=all"]);
        run(test, valgrind.arg(c::program(&source(test), Standard::C11)));
    }
}

fn source(test: &str) -> PathBuf {
    workspace::root().join(Path::new("plugins/abi/tests/examples")).join(test)
}

fn run(test: &str, command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{test}: {}", String::from_utf8_lossy(&output.stderr));
}
