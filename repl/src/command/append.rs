//! `:append`

use rps_lang::syntax::TokenKind;
use rps_runtime::Mutator;

use super::{Command, Input, Takes};
use crate::answer::Answer;
use crate::shell::{Outcome, Shell, at};

pub(crate) const COMMAND: Command = Command {
    name: "append",
    arguments: "object : value",
    summary: "adds a value to what an object collects",
    details: "Also `:append object value`. A mutable set or vector gets an element, any other object a component.",
    takes: Takes::Something,
    run,
};

fn run(shell: &mut Shell, m: &Mutator<'_>, input: Input<'_>) -> Outcome {
    let (object, value) = input.split(TokenKind::Colon).unwrap_or_else(|| input.first_word());
    if value.is_empty() {
        let hint = Some("it is used as `:append object : value`".to_owned());
        return Err(input.wrong("command::missing", "the value is missing", hint));
    }
    let receiver = shell.object(m, object)?;
    let value = shell.evaluate(m, value)?;
    let push = m.intern("push")?;
    m.send(receiver.into(), push, &[value]).map_err(at(input))?;
    Ok(Answer::Value(receiver.into()))
}
