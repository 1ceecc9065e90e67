//! What benchmarks run: our own program, and for `awfy`, `micro` and `kernels` what it is compared with.
//!
//! The others are wanted, not needed: where one cannot be installed, the tables do without it.

use std::ffi::OsString;

use crate::setup::{self, Need};
use crate::steps;

const PEERS: &[Need] = &[
    Need {
        programs: &["lua5.4"],
        variable: None,
        purpose: "Lua 5.4, to compare with",
        debian: "lua5.4",
        elsewhere: "lua",
    },
    Need {
        programs: &["luajit"],
        variable: None,
        purpose: "LuaJIT, to compare with",
        debian: "luajit",
        elsewhere: "luajit",
    },
    Need {
        programs: &["python3"],
        variable: None,
        purpose: "CPython, to compare with",
        debian: "python3",
        elsewhere: "python3",
    },
    Need {
        programs: &["node"],
        variable: None,
        purpose: "node, to compare with",
        debian: "nodejs",
        elsewhere: "nodejs",
    },
    Need {
        programs: &["clang-19", "clang"],
        variable: None,
        purpose: "clang, to compare with",
        debian: "clang-19",
        elsewhere: "clang",
    },
];

/// Gets what the benchmark of these arguments runs. Returns whether it can be run.
///
/// # Errors
///
/// Returns that cargo does not start.
pub(crate) fn prepare(arguments: &[OsString]) -> Result<bool, String> {
    let is_of =
        |names: &[&str]| arguments.first().is_some_and(|first| names.iter().any(|name| first == name));
    let asks = |option: &str| arguments.iter().any(|argument| argument == option);
    let runs_scripts = is_of(&["awfy", "kernels", "micro"]);
    if !(runs_scripts || is_of(&["durability", "start"])) || asks("--help") || asks("-h") {
        return Ok(true);
    }
    if runs_scripts {
        setup::install_wanted(PEERS);
    }
    if asks("--rps") {
        return Ok(true);
    }
    let mut build = steps::cargo(["build", "--release", "--package", "rps", "--bin", "rps"]);
    Ok(build.status().map_err(|error| format!("cargo does not start: {error}"))?.success())
}
