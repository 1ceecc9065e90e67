//! For the profiler `perf`, where `RPS_PERF` is set: names, in the file that it looks for, `/tmp/perf-PID.map`, and frame
//! pointers, by which it finds callers.

use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::sync::{LazyLock, Mutex};

use inkwell::memory_buffer::MemoryBuffer;

use super::memory::lock;
use crate::names;

static MAP: LazyLock<Option<Mutex<File>>> = LazyLock::new(|| {
    let path = format!("/tmp/perf-{}.map", std::process::id());
    // A map is a help, not a need: where it can not be written, names are missing.
    let file = || OpenOptions::new().create(true).append(true).open(path).ok();
    is_wanted().then(file).flatten().map(Mutex::new)
});

/// Returns whether somebody wants to profile.
pub(crate) fn is_wanted() -> bool {
    static WANTED: LazyLock<bool> =
        LazyLock::new(|| std::env::var_os("RPS_PERF").is_some_and(|value| !value.is_empty() && value != "0"));
    *WANTED
}

/// Writes down where the functions of an object are, whose code begins at this address.
pub(super) fn tell(object: &[u8], text: usize) {
    if let Some(map) = &*MAP {
        let _ = lock(map).write_all(lines(object, text).as_bytes());
    }
}

/// Returns a line for each function: address and size in hexadecimal digits, and the name.
pub(super) fn lines(object: &[u8], text: usize) -> String {
    let mut lines = String::new();
    let buffer = MemoryBuffer::create_from_memory_range_copy(object, "object");
    let Ok(file) = buffer.create_binary_file(None) else { return lines };
    let Some(mut symbols) = file.get_symbols() else { return lines };
    // Of what has a size all is code: data has no names.
    while let Some(symbol) = symbols.next_symbol() {
        if let Some(name) = symbol.get_name().filter(|_| symbol.get_size() > 0) {
            let (start, name) = (text as u64 + symbol.get_address(), name.to_string_lossy());
            let _ = writeln!(lines, "{start:x} {:x} {}", symbol.get_size(), names::for_people(&name));
        }
    }
    lines
}
