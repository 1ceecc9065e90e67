//! `:show`

use rps_runtime::Mutator;

use super::{Command, Input, Takes};
use crate::answer::{Answer, Report};
use crate::print::object;
use crate::shell::{Outcome, Shell};

pub(crate) const COMMAND: Command = Command {
    name: "show",
    arguments: "expression",
    summary: "shows a value; of an object, all that it holds",
    details: "Class, space, time of the last change, attributes, components and payload. The value becomes `_`.",
    takes: Takes::Something,
    run,
};

fn run(shell: &mut Shell, m: &Mutator<'_>, input: Input<'_>) -> Outcome {
    let value = shell.evaluate(m, input)?;
    let Some(shown) = value.as_object() else { return Ok(Answer::Value(value)) };
    shell.session.set_last(value);
    Ok(Report::new(object::show(m, shown, shell.look), "object", object::view(m, shown)).into())
}
