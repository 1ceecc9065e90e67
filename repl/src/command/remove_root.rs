//! `:remove_root`

use rps_runtime::Mutator;

use super::{Command, Input, Takes};
use crate::answer::Report;
use crate::print::json::JsonObject;
use crate::print::value::short;
use crate::shell::{Outcome, Shell};

pub(crate) const COMMAND: Command = Command {
    name: "remove_root",
    arguments: "object",
    summary: "makes an object no root any more",
    details: "The object stays as long as something else keeps it; `:why` tells what. That it is no root is no error.",
    takes: Takes::Something,
    run,
};

fn run(shell: &mut Shell, m: &Mutator<'_>, input: Input<'_>) -> Outcome {
    let object = shell.object(m, input)?;
    let changed = m.remove_root(object);
    let said = if changed { "is no root any more" } else { "was no root" };
    let text = format!("{} {said}", short(m, object, shell.look));
    let mirror = serde_json::json!({ "object": JsonObject::of(m, object), "changed": changed });
    Ok(Report::new(text, "remove_root", mirror).into())
}
