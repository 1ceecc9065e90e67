//! The commands: what begins with `:` at the prompt and in scripts.
//!
//! One file per command, and one table, [`COMMANDS`]; plugins bring more, see [`foreign`]. [`Input`] takes arguments apart, [`graph`] walks references, [`subject`] finds functions.
//! Where RefPerSys documents a form of arguments (`:put obj : attr = value`) it is read, and so is a plain one
//! (`:put obj attr value`).

mod add_root;
mod append;
mod classes;
mod commit;
pub(crate) mod config;
mod disassemble;
mod doc;
mod dump;
mod edit;
pub(crate) mod foreign;
mod gc;
mod graph;
mod help;
mod input;
mod inspect;
pub(crate) mod jit;
mod load;
mod make_symbol;
mod methods;
pub(crate) mod plugin;
mod profile;
mod put;
mod quit;
mod refs;
mod remove;
mod remove_root;
mod show;
mod source;
mod spaces;
pub(crate) mod subject;
mod time;
mod view;
mod why;

use rps_plugin_host::CommandInfo;
use rps_runtime::Mutator;

pub(crate) use self::input::Input;

use crate::failure::Failure;
use crate::shell::{Outcome, Shell, did_you_mean};

/// A command.
pub(crate) struct Command {
    /// Its name, without the colon.
    pub(crate) name: &'static str,
    /// Its arguments, as help shows them.
    pub(crate) arguments: &'static str,
    /// What it does, in a line.
    pub(crate) summary: &'static str,
    /// What else is to be known.
    pub(crate) details: &'static str,
    /// Whether it has no arguments.
    pub(crate) takes: Takes,
    run: fn(&mut Shell, &Mutator<'_>, Input<'_>) -> Outcome,
}

/// Whether a command takes arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Takes {
    /// It has none.
    Nothing,
    /// It may have some.
    Anything,
    /// It must have some.
    Something,
}

/// All commands, in the order in which help lists them.
pub(crate) const COMMANDS: &[&Command] = &[
    &help::COMMAND,
    &show::COMMAND,
    &inspect::COMMAND,
    &refs::COMMAND,
    &why::COMMAND,
    &put::COMMAND,
    &remove::COMMAND,
    &append::COMMAND,
    &make_symbol::COMMAND,
    &add_root::COMMAND,
    &remove_root::COMMAND,
    &spaces::COMMAND,
    &classes::COMMAND,
    &commit::COMMAND,
    &dump::COMMAND,
    &load::COMMAND,
    &source::COMMAND,
    &edit::COMMAND,
    &doc::COMMAND,
    &methods::COMMAND,
    &time::COMMAND,
    &profile::COMMAND,
    &disassemble::COMMAND,
    &jit::COMMAND,
    &gc::COMMAND,
    &plugin::COMMAND,
    &config::COMMAND,
    &quit::COMMAND,
];

/// Runs the command that a line is; its text begins with `:`.
pub(crate) fn run(shell: &mut Shell, m: &Mutator<'_>, source: &str, line: &str) -> Outcome {
    let colon = line.find(':').unwrap_or(0);
    let end = line[colon..].find(char::is_whitespace).map_or(line.len(), |length| colon + length);
    let name = Input::new(source, &line[..end], colon);
    let arguments = Input::new(source, line, end);
    let command = match find(shell, &line[colon + 1..end], name)? {
        Found::Own(command) => command,
        Found::Foreign(info) => return foreign::run(shell, m, &info, name, arguments),
    };
    match command.takes {
        Takes::Nothing if !arguments.is_empty() => {
            let message = format!("`:{}` takes no arguments", command.name);
            Err(arguments.wrong("command::extra-arguments", message, None))
        }
        Takes::Something if arguments.is_empty() => Err(usage(command, name)),
        _ => (command.run)(shell, m, arguments),
    }
}

/// Returns the failure that arguments are missing.
fn usage(command: &Command, at: Input<'_>) -> Failure {
    let hint = Some(format!("it is used as `:{} {}`", command.name, command.arguments));
    at.wrong("command::missing", format!("`:{}` needs arguments", command.name), hint)
}

/// A command that was found.
enum Found {
    Own(&'static Command),
    /// That of a plugin.
    Foreign(CommandInfo),
}

impl Found {
    fn name(&self) -> &str {
        match self {
            Found::Own(command) => command.name,
            Found::Foreign(info) => &info.name,
        }
    }
}

/// Finds a command by its name or an unambiguous beginning of it. Those of the command itself come first.
fn find(shell: &Shell, name: &str, at: Input<'_>) -> Result<Found, Failure> {
    if let Some(command) = COMMANDS.iter().find(|command| command.name == name) {
        return Ok(Found::Own(command));
    }
    let own = COMMANDS.iter().map(|command| Found::Own(command));
    let all: Vec<Found> = own.chain(foreign::all(shell).into_iter().map(Found::Foreign)).collect();
    if name.is_empty() || all.iter().all(|found| !found.name().starts_with(name)) {
        let names = all.iter().map(|found| format!(":{}", found.name()));
        let hint =
            did_you_mean(&format!(":{name}"), names).unwrap_or_else(|| "`:help` lists all commands".into());
        return Err(at.wrong("command::unknown", format!("there is no command `:{name}`"), Some(hint)));
    }
    let mut begun: Vec<Found> = all.into_iter().filter(|found| found.name().starts_with(name)).collect();
    if let Some(exact) = begun.iter().position(|found| found.name() == name) {
        return Ok(begun.swap_remove(exact));
    }
    if begun.len() == 1
        && let Some(only) = begun.pop()
    {
        return Ok(only);
    }
    let all: Vec<_> = begun.iter().map(|found| format!("`:{}`", found.name())).collect();
    Err(at.wrong("command::ambiguous", format!("`:{name}` may be {}", all.join(" or ")), None))
}
