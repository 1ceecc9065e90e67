//! `:time`

use std::time::Instant;

use rps_runtime::Mutator;

use super::gc::bytes;
use super::{Command, Input, Takes};
use crate::answer::Report;
use crate::print::json::JsonValue;
use crate::print::value::print;
use crate::shell::{Outcome, Shell};

pub(crate) const COMMAND: Command = Command {
    name: "time",
    arguments: "expression",
    summary: "evaluates an expression, and tells how long that took",
    details: "The time is that of the clock on the wall, with compiling. What was allocated is counted in all threads.",
    takes: Takes::Something,
    run,
};

fn run(shell: &mut Shell, m: &Mutator<'_>, input: Input<'_>) -> Outcome {
    let before = m.runtime().heap_stats();
    let start = Instant::now();
    let value = shell.evaluate(m, input)?;
    let seconds = start.elapsed().as_secs_f64();
    let after = m.runtime().heap_stats();
    shell.session.set_last(value);
    let allocated = after.allocated_bytes.saturating_sub(before.allocated_bytes);
    let collections = after.collections.saturating_sub(before.collections);
    let paused = after.total_pause.saturating_sub(before.total_pause).as_secs_f64();
    let mut text = format!("{}\ntook {}", print(m, value, shell.look), duration(seconds));
    if allocated > 0 {
        text += &format!(", allocated {}", bytes(usize::try_from(allocated).unwrap_or(usize::MAX)));
    }
    if collections > 0 {
        let times = if collections == 1 { "once".to_owned() } else { format!("{collections} times") };
        text += &format!(", collected {times} in {}", duration(paused));
    }
    let mirror = serde_json::json!({
        "value": JsonValue::of(m, value),
        "seconds": seconds,
        "allocated_bytes": allocated,
        "collections": collections,
        "pause_seconds": paused,
    });
    Ok(Report::new(text, "time", mirror).into())
}

/// Returns a time as people read it.
pub(super) fn duration(seconds: f64) -> String {
    match seconds {
        0.0..10.0 => format!("{:.3} ms", seconds * 1000.0),
        _ => format!("{seconds:.2} s"),
    }
}
