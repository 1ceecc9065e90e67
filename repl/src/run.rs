//! What the command line asks for, from opening the store to the exit status.

use std::io::{self, IsTerminal, Read};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use rps_lang::Session;
use rps_lang::syntax::{Completeness, completeness};
use rps_runtime::{Mutator, Runtime};

use crate::answer::Answer;
use crate::arguments::Arguments;
use crate::console::Console;
use crate::failure::Failure;
use crate::shell::{Outcome, Shell};
use crate::store::{self, Intent, StoreHandle};
use crate::{prompt, shell, subcommand};

/// A runtime with the session that works on it.
pub(crate) struct Workbench {
    /// The session. It is dropped first: it refers to the runtime's values.
    pub(crate) shell: Shell,
    /// The objects.
    pub(crate) runtime: Arc<Runtime>,
}

impl Workbench {
    /// Returns a new session on a store that was loaded.
    pub(crate) fn new(runtime: Runtime, store: StoreHandle, console: &Console) -> Workbench {
        let shell = runtime.enter(|m| {
            let mut session = Session::new(m);
            session.set_space(store::user_space(m));
            Shell { session, store, look: console.look() }
        });
        Workbench { shell, runtime: Arc::new(runtime) }
    }
}

/// Does what the arguments ask for.
pub(crate) fn run(arguments: &Arguments) -> ExitCode {
    let mut console = Console::new(arguments.json);
    let result = match &arguments.task {
        Some(task) => subcommand::run(task, &mut console),
        None => session(arguments, &mut console),
    };
    match result.and_then(|()| console.finish()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            console.failure(&failure);
            ExitCode::FAILURE
        }
    }
}

fn session(arguments: &Arguments, console: &mut Console) -> Result<(), Failure> {
    let batch = arguments.file.is_some() || !arguments.expressions.is_empty();
    // A script on standard input is read before the store is opened: it may be long in coming.
    let piped = !batch && !io::stdin().is_terminal() && !prompt::is_transcript();
    let input = if piped { Some(read_input()?) } else { None };
    let script = match &arguments.file {
        Some(path) => Some(std::fs::read(path).map_err(|error| Failure::file("read", path, &error))?),
        None => None,
    };
    let intent = match (batch || piped, arguments.dump) {
        (false, _) => Intent::Prompt,
        (true, true) => Intent::Write,
        (true, false) => Intent::Read,
    };
    let (runtime, store) = store::open(arguments.store.as_deref(), intent, console)?;
    let mut workbench = Workbench::new(runtime, store, console);
    if !batch && !piped {
        prompt::run(&mut workbench, console)?;
    }
    if let Some(text) = input {
        play(&mut workbench, console, "<stdin>", &text)?;
    }
    if let (Some(path), Some(content)) = (&arguments.file, script) {
        let text = decode(path, content)?;
        play(&mut workbench, console, &path.display().to_string(), &text)?;
    }
    for text in &arguments.expressions {
        let Workbench { shell, runtime } = &mut workbench;
        let quit = runtime.enter(|m| {
            let answer = unless_quiet(text, shell.run(m, "-e", text)?, console.is_json());
            console.answer(m, &answer);
            Ok::<_, Failure>(matches!(answer, Answer::Quit))
        })?;
        if quit || console.is_closed() && !arguments.dump {
            break;
        }
    }
    if arguments.dump {
        let Workbench { shell, runtime } = &mut workbench;
        let report = runtime.enter(|m| shell.store.dump(m))?;
        if console.is_json() {
            runtime.enter(|m| console.answer(m, &Answer::Report(report)));
        }
    }
    // What the operating system takes back at once is not taken apart object by object.
    std::mem::forget(workbench);
    Ok(())
}

/// Runs a script: programs, with commands on lines of their own between them. The value of each program is shown
/// unless it is nil or goes without saying.
fn play(workbench: &mut Workbench, console: &mut Console, name: &str, text: &str) -> Result<(), Failure> {
    let Workbench { shell, runtime } = workbench;
    for unit in units(text) {
        // The lines before it stay, as empty ones, so that messages count lines as the file does.
        let padded = format!("{}{}", "\n".repeat(unit.line), unit.text);
        let quit = runtime.enter(|m| {
            let answer = play_unit(shell, m, name, &padded)?;
            console.answer(m, &answer);
            Ok::<_, Failure>(matches!(answer, Answer::Quit))
        })?;
        if quit || console.is_closed() {
            break;
        }
    }
    Ok(())
}

fn play_unit(shell: &mut Shell, m: &Mutator<'_>, name: &str, text: &str) -> Outcome {
    let answer = shell.run(m, name, text)?;
    match answer {
        Answer::Value(value) if value.is_nil() || shell::is_quiet(text) => Ok(Answer::Nothing),
        Answer::Load(_) => Err(Failure::new("command::prompt-only", "`:load` works at the prompt only")
            .hint("name the store by `--store`")),
        other => Ok(other),
    }
}

/// A part of a script: a program, or a command.
#[derive(Debug, PartialEq, Eq)]
struct Unit<'t> {
    /// How many lines come before it.
    line: usize,
    text: &'t str,
}

/// Cuts a script at the lines that begin with `:` where a program may end.
fn units(text: &str) -> Vec<Unit<'_>> {
    let mut units = Vec::new();
    let (mut start, mut start_line, mut at) = (0, 0, 0);
    for (line, content) in text.split_inclusive('\n').enumerate() {
        let end = at + content.len();
        let pending = &text[start..at];
        let is_command = content.trim_start().starts_with(':')
            && (pending.trim().is_empty() || completeness(pending) != Completeness::Incomplete);
        if is_command {
            units.push(Unit { line: start_line, text: pending });
            units.push(Unit { line, text: content });
            (start, start_line) = (end, line + 1);
        }
        at = end;
    }
    units.push(Unit { line: start_line, text: &text[start..] });
    units.retain(|unit| !unit.text.trim().is_empty());
    units
}

fn read_input() -> Result<String, Failure> {
    let mut content = Vec::new();
    let path = Path::new("<stdin>");
    io::stdin().lock().read_to_end(&mut content).map_err(|error| Failure::file("read", path, &error))?;
    decode(path, content)
}

/// Returns the text of a script: a byte order mark is dropped, what is not UTF-8 is refused.
fn decode(path: &Path, content: Vec<u8>) -> Result<String, Failure> {
    let text = String::from_utf8(content).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..valid].iter().filter(|byte| **byte == b'\n').count() + 1;
        let message = format!("`{}` is not text: line {line} is not UTF-8", path.display());
        Failure::new("command::not-utf8", message).hint("save the file as UTF-8")
    })?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// Returns the answer without a value that goes without saying; programs get every one.
pub(crate) fn unless_quiet(text: &str, answer: Answer, json: bool) -> Answer {
    match answer {
        Answer::Value(_) if !json && shell::is_quiet(text) => Answer::Nothing,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(usize, &str)]) {
        let expected: Vec<_> = expected.iter().map(|&(line, text)| Unit { line, text }).collect();
        assert_eq!(units(text), expected);
    }

    #[test]
    fn a_script_is_cut_at_its_commands() {
        check("", &[]);
        check("\n \n", &[]);
        check("1\n2\n", &[(0, "1\n2\n")]);
        check("1\n:gc\n\n2", &[(0, "1\n"), (1, ":gc\n"), (2, "\n2")]);
        check(":gc\n :gc", &[(0, ":gc\n"), (1, " :gc")]);
        check("[1,\n:gc\n]", &[(0, "[1,\n:gc\n]")]);
    }
}
