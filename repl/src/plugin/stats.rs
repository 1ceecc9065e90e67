//! What was measured of the calls of plugins.

use std::time::Duration;

use rps_plugin_host::metrics::CallSnapshot;

use super::mirror::JsonStats;
use crate::answer::Report;
use crate::plugins::Plugins;
use crate::print::table::Table;
use crate::print::{Look, Paint};

/// Tells what was measured, plugin by plugin and extension by extension.
pub(crate) fn run(plugins: &Plugins, look: Look) -> Report {
    let all = plugins.manager.stats();
    let heads =
        ["plugin", "calls", "errors", "timeouts", "panics", "cancelled", "in", "out", "p50", "p99", "max"];
    let mut table = Table::new(&heads).numbers(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    for stats in &all {
        table.painted(Paint::Plain, cells(stats.id.clone(), &stats.calls));
        for extension in stats.extensions.iter().filter(|extension| extension.calls.calls > 0) {
            let name = format!("  {} {}", extension.point, extension.name);
            table.painted(Paint::Faint, cells(name, &extension.calls));
        }
        if stats.leaked.1 > 0 {
            let (now, total) = stats.leaked;
            table.note(format!("{now} calls ignore that they were given up, {total} in all"));
        }
    }
    let text = if table.is_empty() { "no plugin was called".to_owned() } else { table.render(look) };
    Report::response(text, all.iter().map(JsonStats::from).collect::<Vec<_>>())
}

fn cells(name: String, calls: &CallSnapshot) -> Vec<String> {
    let mut cells = vec![name];
    let counts = [calls.calls, calls.errors, calls.timeouts, calls.panics, calls.cancelled];
    cells.extend(counts.iter().map(ToString::to_string));
    cells.extend([calls.bytes_in, calls.bytes_out].map(size));
    cells.extend(
        [calls.p50, calls.p99, calls.max].map(|time| if calls.timed == 0 { "-".into() } else { short(time) }),
    );
    cells
}

/// Returns a number of bytes as people read it.
pub(crate) fn size(bytes: u64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB"];
    let mut number = bytes as f64;
    let mut unit = "B";
    for next in units {
        if number < 1024.0 {
            break;
        }
        (number, unit) = (number / 1024.0, next);
    }
    if unit == "B" { format!("{bytes} B") } else { format!("{number:.1} {unit}") }
}

/// Returns a time with three digits.
pub(crate) fn short(time: Duration) -> String {
    let nanoseconds = time.as_secs_f64() * 1e9;
    let (number, unit) = match nanoseconds {
        n if n < 1e3 => (n, "ns"),
        n if n < 1e6 => (n / 1e3, "µs"),
        n if n < 1e9 => (n / 1e6, "ms"),
        n => (n / 1e9, "s"),
    };
    let digits = match number {
        n if n >= 100.0 || unit == "ns" => 0,
        n if n >= 10.0 => 1,
        _ => 2,
    };
    format!("{number:.digits$} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_are_short() {
        assert_eq!([size(0), size(1023), size(1536)], ["0 B", "1023 B", "1.5 KiB"]);
        let times = [Duration::from_nanos(7), Duration::from_micros(12), Duration::from_millis(1500)];
        assert_eq!(times.map(short), ["7 ns", "12.0 µs", "1.50 s"]);
    }
}
