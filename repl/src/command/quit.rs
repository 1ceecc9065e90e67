//! `:quit`

use super::{Command, Takes};
use crate::answer::Answer;

pub(crate) const COMMAND: Command = Command {
    name: "quit",
    arguments: "",
    summary: "ends the session",
    details: "So does Ctrl-D. On a terminal it asks what to do about changes that were neither dumped nor committed.",
    takes: Takes::Nothing,
    run: |_, _, _| Ok(Answer::Quit),
};
