//! `:add_root`

use rps_runtime::Mutator;

use super::{Command, Input, Takes};
use crate::answer::Report;
use crate::print::json::JsonObject;
use crate::print::value::short;
use crate::shell::{Outcome, Shell};

pub(crate) const COMMAND: Command = Command {
    name: "add_root",
    arguments: "object",
    summary: "makes an object a root: what it leads to is kept alive",
    details: "That it is one already is no error.",
    takes: Takes::Something,
    run,
};

fn run(shell: &mut Shell, m: &Mutator<'_>, input: Input<'_>) -> Outcome {
    let object = shell.object(m, input)?;
    let changed = m.add_root(object);
    let said = if changed { "is a root now" } else { "was a root already" };
    let text = format!("{} {said}", short(m, object, shell.look));
    let mirror = serde_json::json!({ "object": JsonObject::of(m, object), "changed": changed });
    Ok(Report::new(text, "add_root", mirror).into())
}
