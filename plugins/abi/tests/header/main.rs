//! What the C compiler makes of `rps_plugin.h` is what Rust makes of the types (COMMY-15).
//!
//! Programs in C are made here, compiled as C11 and as C++17, and asked: `layout` for sizes, offsets and constants,
//! `values` for the functions of `rps_helpers.h`.

#![forbid(unsafe_code)]

mod layout;
mod values;

use std::fs;
use std::process::Command;

use rps_tests::c::{self, Standard};

/// Returns what a program in C prints, which must be the same in both languages.
fn printed(name: &str, program: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join(name);
    fs::write(&source, program).unwrap();
    let [c, cxx] = [Standard::C11, Standard::Cxx17].map(|standard| {
        let output = Command::new(c::program(&source, standard)).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    });
    assert_eq!(c, cxx);
    c
}
