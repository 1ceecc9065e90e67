//! `:help`

use serde::Serialize;

use super::{COMMANDS, Command, Input, Takes, find};
use crate::answer::{Answer, Report};
use crate::shell::{Outcome, Shell};

pub(crate) const COMMAND: Command = Command {
    name: "help",
    arguments: "[command]",
    summary: "lists the commands, or explains one",
    details: "What is typed without a colon is evaluated; its value can be referred to as `_` afterwards.",
    takes: Takes::Anything,
    run,
};

/// A command as JSON.
#[derive(Serialize)]
struct JsonCommand {
    name: &'static str,
    arguments: &'static str,
    summary: &'static str,
    details: &'static str,
}

fn run(_: &mut Shell, _: &rps_runtime::Mutator<'_>, input: Input<'_>) -> Outcome {
    if input.is_empty() {
        let lines: Vec<_> = COMMANDS.iter().map(|command| line(command)).collect();
        let text = format!("{}\n`:help command` tells more about one.", lines.join("\n"));
        let all: Vec<_> = COMMANDS.iter().map(|command| mirror(command)).collect();
        return Ok(Report::new(text, "commands", all).into());
    }
    let command = find(input.text().trim_start_matches(':'), input)?;
    let text = format!("{}\n{}", line(command), command.details);
    Ok(Answer::from(Report::new(text.trim_end(), "commands", [mirror(command)])))
}

fn line(command: &Command) -> String {
    let usage = format!(":{} {}", command.name, command.arguments);
    format!("{:<34}  {}", usage.trim_end(), command.summary)
}

fn mirror(command: &Command) -> JsonCommand {
    let Command { name, arguments, summary, details, .. } = *command;
    JsonCommand { name, arguments, summary, details }
}
