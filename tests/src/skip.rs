use std::env;
use std::fs::OpenOptions;
use std::io::Write;
use std::thread;

/// Says that the calling test cannot do its work on this machine, and why; the test then returns.
///
/// The reason is printed, and appended to the file that `RPS_SKIP_LOG` names, one line `program <tab> test <tab> reason`
/// each: `cargo xtask test` counts those tests as skipped, not as passed. Call it on the test's own thread, whose name
/// is the name of the test.
///
/// # Panics
///
/// Panics when the log is asked for and cannot be written: a skip that nobody counts would look like a test.
pub fn skip(reason: &str) {
    let reason = reason.replace(['\t', '\n'], " ");
    println!("skipped: {reason}");
    let Some(log) = env::var_os("RPS_SKIP_LOG") else { return };
    let program = env::args_os().next().unwrap_or_default();
    let thread = thread::current();
    let line = format!("{}\t{}\t{reason}\n", program.display(), thread.name().unwrap_or("unnamed"));
    // One write of a short line in append mode: tests in other processes write to the same file.
    let written = OpenOptions::new()
        .create(true)
        .append(true)
        .open(&log)
        .and_then(|mut file| file.write_all(line.as_bytes()));
    if let Err(error) = written {
        panic!("cannot append to the skip log {}: {error}", log.display());
    }
}
