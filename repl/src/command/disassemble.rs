//! `:disassemble`

use rps_runtime::code::CodeRef;
use rps_runtime::{Mutator, Value};
use serde::Serialize;

use super::subject::{self, Subject};
use super::{Command, Input, Takes};
use crate::answer::Report;
use crate::print::Paint;
use crate::shell::{Outcome, Shell, at};

pub(crate) const COMMAND: Command = Command {
    name: "disassemble",
    arguments: "name",
    summary: "lists the bytecode of a function or method",
    details: "And that of the functions and closures that stand in it.",
    takes: Takes::Something,
    run,
};

/// A unit of code, as JSON.
#[derive(Serialize)]
struct JsonCode {
    name: String,
    parameters: u8,
    registers: u16,
    listing: String,
}

fn run(shell: &mut Shell, m: &Mutator<'_>, input: Input<'_>) -> Outcome {
    let subject = subject::find(shell, m, input)?;
    let Subject::Function(function) = subject else {
        return Err(subject::wrong(m, input, subject, "bytecode"));
    };
    let mut waiting = vec![m.code_of(function).map_err(at(input))?];
    let mut units = Vec::new();
    while let Some(code) = waiting.pop() {
        units.push(JsonCode {
            name: code.name().to_owned(),
            parameters: code.parameters(),
            registers: code.registers(),
            listing: code.disassemble(m),
        });
        waiting.extend(inner(m, code).into_iter().rev());
    }
    let show = |unit: &JsonCode| {
        let JsonCode { name, parameters, registers, listing } = unit;
        let plural = if *parameters == 1 { "" } else { "s" };
        let heading = format!("{name}: {parameters} parameter{plural}, {registers} registers");
        format!("{}\n{}", shell.look.paint(Paint::Heading, &heading), listing.trim_end())
    };
    let texts: Vec<_> = units.iter().map(show).collect();
    Ok(Report::new(texts.join("\n\n"), "code", units).into())
}

/// Returns the code of the functions that stand in a function.
fn inner(m: &Mutator<'_>, code: CodeRef) -> Vec<CodeRef> {
    let functions = code.constants().iter().copied().filter_map(Value::as_object);
    let anonymous = functions.filter(|function| function.is_function(m) && m.name_of(*function).is_none());
    anonymous.filter_map(|function| m.code_of(function).ok()).collect()
}
