//! `:put`

use rps_lang::syntax::TokenKind;
use rps_runtime::Mutator;

use super::{Command, Input, Takes};
use crate::answer::Answer;
use crate::shell::{Outcome, Shell, at};

pub(crate) const COMMAND: Command = Command {
    name: "put",
    arguments: "object : attribute = value",
    summary: "stores an attribute of an object",
    details: "Also `:put object attribute value`. The attribute is a name, which may be new, an oid, or an \
              expression in brackets.",
    takes: Takes::Something,
    run,
};

fn run(shell: &mut Shell, m: &Mutator<'_>, input: Input<'_>) -> Outcome {
    let (object, attribute, value) = match input.split(TokenKind::Colon) {
        Some((object, rest)) => {
            let (attribute, value) = rest.split(TokenKind::Assign).ok_or_else(|| missing(rest))?;
            (object, attribute, value)
        }
        None => {
            let (object, rest) = input.first_word();
            let (attribute, value) = rest.first_word();
            (object, attribute, value.without_leading(TokenKind::Assign))
        }
    };
    if value.is_empty() {
        return Err(missing(input));
    }
    let receiver = shell.object(m, object)?;
    let value = shell.evaluate(m, value)?;
    let key = shell.new_attribute(m, attribute, receiver)?;
    receiver.put_attribute(m, key, value).map_err(at(attribute))?;
    Ok(Answer::Value(receiver.into()))
}

fn missing(input: Input<'_>) -> crate::failure::Failure {
    let hint = "it is used as `:put object : attribute = value`".to_owned();
    input.wrong("command::missing", "an attribute and its value are missing", Some(hint))
}
