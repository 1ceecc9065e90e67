//! `:load`

use std::path::PathBuf;

use super::{Command, Takes};
use crate::answer::Answer;

pub(crate) const COMMAND: Command = Command {
    name: "load",
    arguments: "[\"directory\"]",
    summary: "goes on with another store, or with this one as it is on disk",
    details: "What was neither dumped nor committed is lost, variables too. When the store can not be loaded, the session stays as it is.",
    takes: Takes::Anything,
    run: |shell, m, input| match input.is_empty() || input.text() == "." {
        true => Ok(Answer::Load(None)),
        false => Ok(Answer::Load(Some(PathBuf::from(super::dump::directory(shell, m, input)?)))),
    },
};
