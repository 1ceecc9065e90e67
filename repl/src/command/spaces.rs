//! `:spaces`

use rps_runtime::Mutator;
use serde::Serialize;

use super::{Command, Input, Takes};
use crate::answer::Report;
use crate::print::json::JsonObject;
use crate::print::value::print;
use crate::shell::{Outcome, Shell};

pub(crate) const COMMAND: Command = Command {
    name: "spaces",
    arguments: "",
    summary: "lists the spaces, with the number of their objects",
    details: "The space marked with `*` is the current one: what is kept goes there.",
    takes: Takes::Nothing,
    run,
};

/// A space as JSON.
#[derive(Serialize)]
struct JsonSpace {
    space: JsonObject,
    objects: usize,
    current: bool,
}

fn run(shell: &mut Shell, m: &Mutator<'_>, _: Input<'_>) -> Outcome {
    let stored = m.stored_objects();
    let (mut lines, mut mirrors) = (Vec::new(), Vec::new());
    for space in m.spaces() {
        let objects = stored.iter().filter(|object| object.space() == Some(space)).count();
        let current = shell.session.space() == Some(space);
        let name = m.name_of(space).map_or_else(String::new, |name| format!("{name}: "));
        let mark = if current { '*' } else { ' ' };
        lines.push(format!("{mark} {name}{objects} objects, {}", print(m, space.into(), shell.look)));
        mirrors.push(JsonSpace { space: JsonObject::of(m, space), objects, current });
    }
    if lines.is_empty() {
        lines.push("there are no spaces".to_owned());
    }
    Ok(Report::new(lines.join("\n"), "spaces", mirrors).into())
}
