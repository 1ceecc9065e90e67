//! `:commit`

use rps_runtime::Mutator;

use super::{Command, Input, Takes};
use crate::shell::{Outcome, Shell};

pub(crate) const COMMAND: Command = Command {
    name: "commit",
    arguments: "",
    summary: "makes what has changed since the last commit durable",
    details: "It goes into the journal of the store, and is there again after a crash; `:dump` writes the store itself. \
              `--sync` says how durable it is.",
    takes: Takes::Nothing,
    run,
};

fn run(shell: &mut Shell, m: &Mutator<'_>, _: Input<'_>) -> Outcome {
    Ok(shell.commit(m)?.into())
}
