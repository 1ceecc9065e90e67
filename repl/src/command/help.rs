//! `:help`

use serde::Serialize;
use unicode_width::UnicodeWidthStr;

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

/// Where the summaries begin.
const MARGIN: usize = 36;

fn run(shell: &mut Shell, _: &rps_runtime::Mutator<'_>, input: Input<'_>) -> Outcome {
    if input.is_empty() {
        let lines: Vec<_> = COMMANDS.iter().map(|command| line(command, shell.look.width)).collect();
        let text = format!("{}\n`:help command` tells more about one.", lines.join("\n"));
        let all: Vec<_> = COMMANDS.iter().map(|command| mirror(command)).collect();
        return Ok(Report::new(text, "commands", all).into());
    }
    let command = find(input.text().trim_start_matches(':'), input)?;
    let width = shell.look.width;
    let text = format!("{}\n{}", line(command, width), wrap(command.details, width, 0));
    Ok(Answer::from(Report::new(text.trim_end(), "commands", [mirror(command)])))
}

fn line(command: &Command, width: usize) -> String {
    let usage = format!(":{} {}", command.name, command.arguments);
    let summary = wrap(command.summary, width, MARGIN);
    format!("{:<1$}{summary}", usage.trim_end(), MARGIN)
}

/// Breaks a text between words, such that it fits beside a margin.
fn wrap(text: &str, width: usize, margin: usize) -> String {
    let (mut out, mut column) = (String::new(), margin);
    for (index, word) in text.split(' ').enumerate() {
        if index > 0 && column + 1 + word.width() > width {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', margin));
            column = margin;
        } else if index > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += word.width();
    }
    out
}

fn mirror(command: &Command) -> JsonCommand {
    let Command { name, arguments, summary, details, .. } = *command;
    JsonCommand { name, arguments, summary, details }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summaries_are_broken_between_words() {
        assert_eq!(wrap("one two three", 80, 36), "one two three");
        assert_eq!(wrap("one two three", 12, 4), "one two\n    three");
        assert_eq!(wrap("one", 2, 4), "one");
    }

    #[test]
    fn usage_and_summary_stand_apart() {
        for command in COMMANDS {
            assert!(command.name.len() + command.arguments.len() + 4 <= MARGIN, "{}", command.name);
            assert!(MARGIN + command.summary.len() <= 100, "{} fits a line", command.name);
        }
    }
}
