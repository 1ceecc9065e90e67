//! `:dump`

use rps_runtime::Mutator;

use super::{Command, Input, Takes};
use crate::failure::Failure;
use crate::shell::{Outcome, Shell};

pub(crate) const COMMAND: Command = Command {
    name: "dump",
    arguments: "[\"directory\" | . | !]",
    summary: "writes the spaces to the store, or to one in another directory",
    details: "The store changes in one step: after an error, or a crash, it is as it was. A directory without a store \
              is made into one; the session goes on with its own.",
    takes: Takes::Anything,
    run,
};

fn run(shell: &mut Shell, m: &Mutator<'_>, input: Input<'_>) -> Outcome {
    // `!` is RefPerSys's way to say that the loaded store is written over.
    if input.is_empty() || matches!(input.text(), "." | "!") {
        return shell.dump(m).map(Into::into);
    }
    let directory = directory(shell, m, input)?;
    let report = shell.store.dump_to(m, directory.as_ref())?;
    Ok(report.warn(&shell.lost_variables(m)).into())
}

/// Returns the directory that an argument names: a string.
pub(super) fn directory(shell: &mut Shell, m: &Mutator<'_>, input: Input<'_>) -> Result<String, Failure> {
    if !input.text().starts_with(['"', 'r', 'f']) {
        let hint = Some(format!("write it as a string: \"{}\"", input.text()));
        return Err(input.wrong("command::not-a-directory", "this is no directory", hint));
    }
    let value = shell.evaluate(m, input)?;
    let hint = Some("write the directory as a string: \"my/store\"".to_owned());
    let wrong = || input.wrong("command::not-a-directory", "this is no directory", hint);
    value.as_string().map(|text| text.as_str().to_owned()).ok_or_else(wrong)
}
