//! The commands of plugins: what they have registered at the point `repl.command`.

use rps_plugin_host::{CommandInfo, PluginError};
use rps_runtime::Mutator;
use serde::Serialize;

use super::Input;
use crate::answer::{Answer, Report};
use crate::failure::Failure;
use crate::plugins;
use crate::shell::{Outcome, Shell};

/// What a command of a plugin answered, as JSON.
#[derive(Serialize)]
struct JsonOutput<'o> {
    name: &'o str,
    plugin: &'o str,
    output: &'o str,
}

/// Returns the commands of plugins that no built-in command hides, by name.
pub(crate) fn all(shell: &Shell) -> Vec<CommandInfo> {
    let mut all = shell.store.plugins().manager.commands();
    all.retain(|info| super::COMMANDS.iter().all(|command| command.name != info.name));
    all
}

/// Returns what could complete the arguments of a command; none when there is no such command.
pub(crate) fn completions(shell: &Shell, name: &str, arguments: &str) -> Vec<String> {
    let is_known = all(shell).iter().any(|info| info.name == name);
    if is_known { shell.store.plugins().manager.complete_command(name, arguments) } else { Vec::new() }
}

/// Runs a command on the text behind its name; it may work on the objects, which its plugin is attached to.
pub(super) fn run(
    shell: &mut Shell,
    _: &Mutator<'_>,
    info: &CommandInfo,
    name: Input<'_>,
    arguments: Input<'_>,
) -> Outcome {
    let output = shell.store.plugins().manager.run_command(&info.name, arguments.text());
    let output = output.map_err(|error| failure(&error, name))?;
    let text = output.strip_suffix('\n').unwrap_or(&output);
    if text.is_empty() {
        return Ok(Answer::Nothing);
    }
    let mirror = JsonOutput { name: &info.name, plugin: &info.plugin, output: &output };
    Ok(Report::new(text, "command", mirror).into())
}

/// Returns the failure of a command, at its name.
fn failure(error: &PluginError, name: Input<'_>) -> Failure {
    match plugins::failure(error) {
        Failure::Plain(plain) => name.wrong(error.code(), plain.message, plain.hint),
        other => other,
    }
}
