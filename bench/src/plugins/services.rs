//! Requests of a service: guarded, on a thread of the pool, and in a process of its own.

use std::error::Error;
use std::thread;
use std::time::{Duration, Instant};

use rps_plugin_host::config::{ConfigFile, Environment, Overrides};
use rps_plugin_host::{Manager, Options};

use super::{HOST_SUBCOMMAND, Outcome, Probe};
use crate::table;

/// Sizes of requests, and how many of each.
const SIZES: &[(&str, usize, usize)] = &[
    ("0 B", 0, 20_000),
    ("1 KiB", 1 << 10, 20_000),
    ("64 KiB", 64 << 10, 5_000),
    ("1 MiB", 1 << 20, 500),
    ("63 MiB", 63 << 20, 10),
];

pub(super) fn run(probe: &Probe) -> Outcome {
    let mut options = Options::default();
    options.process_command = Some(vec![std::env::current_exe()?.into(), HOST_SUBCOMMAND.into()]);
    let file = probe.dir.path().join("isolated.yaml");
    std::fs::write(&file, "plugins:\n  probe:\n    isolation: process\n")?;
    options.config = ConfigFile::new(&file, Environment::default(), Overrides::default()).load().config;
    let isolated = probe.load(options)?;
    let guarded = probe.load(Options::default())?;
    println!("\nA request of a service that gives back what it is given, µs:\n");
    table::header(&["", "size", "p50", "p99"]);
    for (name, manager) in [("guarded", &guarded), ("in a process", &isolated)] {
        for (size, bytes, calls) in SIZES {
            row(name, size, manager, *bytes, *calls, Duration::ZERO)?;
        }
        row(&format!("{name}, 1 ms apart"), "0 B", manager, 0, 2_000, Duration::from_millis(1))?;
    }
    Ok(())
}

fn row(
    name: &str,
    size: &str,
    manager: &Manager,
    bytes: usize,
    calls: usize,
    pause: Duration,
) -> Result<(), Box<dyn Error>> {
    let input = vec![7; bytes];
    let mut times = Vec::with_capacity(calls);
    for call in 0..calls + calls / 10 {
        let start = Instant::now();
        manager.execute("probe", &input)?;
        // The first ones warm up.
        if call >= calls / 10 {
            times.push(start.elapsed().as_secs_f64() * 1e6);
        }
        if !pause.is_zero() {
            thread::sleep(pause);
        }
    }
    times.sort_by(f64::total_cmp);
    let at = |part: f64| format!("{:.1}", times[((times.len() - 1) as f64 * part) as usize]);
    table::row(&[name.into(), size.into(), at(0.5), at(0.99)]);
    Ok(())
}
