//! `:time`

use std::time::Instant;

use rps_runtime::Mutator;

use super::{Command, Input, Takes};
use crate::answer::Report;
use crate::print::json::JsonValue;
use crate::print::value::print;
use crate::shell::{Outcome, Shell};

pub(crate) const COMMAND: Command = Command {
    name: "time",
    arguments: "expression",
    summary: "evaluates an expression, and tells how long that took",
    details: "The time is that of the clock on the wall, with compiling.",
    takes: Takes::Something,
    run,
};

fn run(shell: &mut Shell, m: &Mutator<'_>, input: Input<'_>) -> Outcome {
    let start = Instant::now();
    let value = shell.evaluate(m, input)?;
    let seconds = start.elapsed().as_secs_f64();
    shell.session.set_last(value);
    let text = format!("{}\ntook {:.3} ms", print(m, value, shell.look), seconds * 1000.0);
    let mirror = serde_json::json!({ "value": JsonValue::of(m, value), "seconds": seconds });
    Ok(Report::new(text, "time", mirror).into())
}
