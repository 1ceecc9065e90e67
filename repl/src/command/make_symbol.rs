//! `:make_symbol`

use rps_runtime::Mutator;

use super::{Command, Input, Takes};
use crate::answer::Answer;
use crate::shell::{Outcome, Shell, at};

pub(crate) const COMMAND: Command = Command {
    name: "make_symbol",
    arguments: "name",
    summary: "makes a symbol with a name, kept in the current space",
    details: "A name begins with a letter and goes on with letters, digits and single `_`. It must be new.",
    takes: Takes::Something,
    run,
};

fn run(shell: &mut Shell, m: &Mutator<'_>, input: Input<'_>) -> Outcome {
    let symbol = m.make_symbol(input.text(), false).map_err(at(input))?;
    symbol.set_space(m, shell.session.space());
    Ok(Answer::Value(symbol.into()))
}
