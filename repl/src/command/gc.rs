//! `:gc`

use rps_runtime::Mutator;
use serde::Serialize;

use super::{Command, Input, Takes};
use crate::answer::Report;
use crate::shell::{Outcome, Shell};

pub(crate) const COMMAND: Command = Command {
    name: "gc",
    arguments: "",
    summary: "collects garbage, and tells what the heap holds",
    details: "",
    takes: Takes::Nothing,
    run,
};

/// What the heap holds, as JSON.
#[derive(Serialize)]
struct JsonHeap {
    objects: usize,
    objects_before: usize,
    live_bytes: usize,
    mapped_bytes: usize,
    collections: u64,
    pause_seconds: f64,
}

fn run(_: &mut Shell, m: &Mutator<'_>, _: Input<'_>) -> Outcome {
    let before = m.runtime().object_count();
    m.collect();
    let stats = m.runtime().heap_stats();
    let objects = m.runtime().object_count();
    let text = format!(
        "{objects} objects, {} fewer; {} live, {} of address space; paused for {:.3} ms",
        before.saturating_sub(objects),
        bytes(stats.live_bytes),
        bytes(stats.mapped_bytes),
        stats.last_pause.as_secs_f64() * 1000.0,
    );
    let mirror = JsonHeap {
        objects,
        objects_before: before,
        live_bytes: stats.live_bytes,
        mapped_bytes: stats.mapped_bytes,
        collections: stats.collections,
        pause_seconds: stats.last_pause.as_secs_f64(),
    };
    Ok(Report::new(text, "heap", mirror).into())
}

/// Returns a number of bytes as people read it.
pub(super) fn bytes(count: usize) -> String {
    match count {
        0..10_000 => format!("{count} bytes"),
        10_000..10_000_000 => format!("{} kB", count / 1000),
        _ => format!("{} MB", count / 1_000_000),
    }
}
