//! `:remove`

use rps_lang::syntax::TokenKind;
use rps_runtime::Mutator;

use super::{Command, Input, Takes};
use crate::answer::Answer;
use crate::shell::{Outcome, Shell};

pub(crate) const COMMAND: Command = Command {
    name: "remove",
    arguments: "object : attribute",
    summary: "removes an attribute of an object, and gives its value",
    details: "Also `:remove object attribute`. That there is no such attribute is an error.",
    takes: Takes::Something,
    run,
};

fn run(shell: &mut Shell, m: &Mutator<'_>, input: Input<'_>) -> Outcome {
    let (object, attribute) = input.split(TokenKind::Colon).unwrap_or_else(|| input.first_word());
    let receiver = shell.object(m, object)?;
    let key = shell.attribute(m, attribute)?;
    match receiver.remove_attribute(m, key) {
        Some(value) => Ok(Answer::Value(value)),
        None => {
            let names = receiver.attributes().map(|(key, _)| crate::print::value::key_name(m, key));
            let hint = crate::shell::did_you_mean(attribute.text(), names);
            Err(attribute.wrong("command::no-such-attribute", "the object has no such attribute", hint))
        }
    }
}
