//! `:help`

use rps_plugin_host::CommandInfo;
use serde::Serialize;

use super::{COMMANDS, Command, Found, Input, Takes, find, foreign};
use crate::answer::{Answer, Report};
use crate::print::table::wrap;
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
struct JsonCommand<'c> {
    name: &'c str,
    arguments: &'c str,
    summary: &'c str,
    details: &'c str,
    /// The plugin that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    plugin: Option<&'c str>,
}

/// Where the summaries begin.
const MARGIN: usize = 36;

fn run(shell: &mut Shell, _: &rps_runtime::Mutator<'_>, input: Input<'_>) -> Outcome {
    let width = shell.look.width;
    if input.is_empty() {
        let mut lines: Vec<_> = COMMANDS.iter().map(|command| mirror(command).line(width)).collect();
        let foreign = foreign::all(shell);
        if !foreign.is_empty() {
            lines.push("of plugins:".to_owned());
        }
        lines.extend(foreign.iter().map(|info| {
            let summary = format!("{} ({})", info.summary, info.plugin);
            JsonCommand { summary: &summary, ..mirror_foreign(info) }.line(width)
        }));
        let text = format!("{}\n`:help command` tells more about one.", lines.join("\n"));
        let own = COMMANDS.iter().map(|command| mirror(command));
        let all: Vec<_> = own.chain(foreign.iter().map(mirror_foreign)).collect();
        return Ok(Report::new(text, "commands", all).into());
    }
    let found = find(shell, input.text().trim_start_matches(':'), input)?;
    let mirror = match &found {
        Found::Own(command) => mirror(command),
        Found::Foreign(info) => mirror_foreign(info),
    };
    let mut text = format!("{}\n{}", mirror.line(width), wrap(mirror.details, width, 0));
    if let Some(plugin) = mirror.plugin {
        text = format!("{}\nIt is a command of the plugin {plugin}.", text.trim_end());
    }
    Ok(Answer::from(Report::new(text.trim_end(), "commands", [mirror])))
}

impl JsonCommand<'_> {
    fn line(&self, width: usize) -> String {
        let usage = format!(":{} {}", self.name, self.arguments);
        let summary = wrap(self.summary, width, MARGIN);
        format!("{:<1$}{summary}", usage.trim_end(), MARGIN)
    }
}

fn mirror(command: &Command) -> JsonCommand<'static> {
    let Command { name, arguments, summary, details, .. } = *command;
    JsonCommand { name, arguments, summary, details, plugin: None }
}

fn mirror_foreign(info: &CommandInfo) -> JsonCommand<'_> {
    let CommandInfo { name, arguments, summary, details, plugin } = info;
    JsonCommand { name, arguments, summary, details, plugin: Some(plugin) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_and_summary_stand_apart() {
        for command in COMMANDS {
            assert!(command.name.len() + command.arguments.len() + 4 <= MARGIN, "{}", command.name);
            assert!(MARGIN + command.summary.len() <= 100, "{} fits a line", command.name);
        }
    }
}
