//! Scripts: programs in files and on standard input, with commands on lines of their own between them.

use std::io::{self, Read};
use std::path::Path;

use rps_lang::syntax::{Completeness, completeness};
use rps_runtime::Mutator;

use crate::answer::Answer;
use crate::console::Console;
use crate::failure::Failure;
use crate::run::Workbench;
use crate::shell::{self, Outcome, Shell};

/// A script.
pub(crate) struct Script {
    /// What messages call it: its path.
    name: String,
    text: String,
    /// Whether the values of its programs are shown. Files only print.
    shows_values: bool,
}

impl Script {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// Those of the system, and that the file is not UTF-8.
    pub(crate) fn read(path: &Path) -> Result<Script, Failure> {
        let name = path.display().to_string();
        Ok(Script { name, text: read_text(path)?, shows_values: false })
    }

    /// Reads standard input to its end.
    ///
    /// # Errors
    ///
    /// As [`Script::read`].
    pub(crate) fn from_input() -> Result<Script, Failure> {
        Ok(Script { name: "<stdin>".to_owned(), text: read_input()?, shows_values: true })
    }

    /// Runs the script until it ends, or somebody stops reading what it writes.
    pub(crate) fn play(&self, workbench: &mut Workbench, console: &mut Console) -> Result<(), Failure> {
        let Workbench { shell, runtime } = workbench;
        for unit in units(&self.text) {
            // The lines before it stay, as empty ones, so that messages count lines as the file does.
            let padded = format!("{}{}", "\n".repeat(unit.line), unit.text);
            let quit = runtime.enter(|m| {
                let prints = console.output().prints();
                let answer = self.play_unit(shell, m, &padded)?;
                let answer = shell::tell(&padded, answer, console.output().prints() > prints, false);
                console.answer(m, &answer);
                Ok::<_, Failure>(matches!(answer, Answer::Quit))
            })?;
            if quit || console.is_closed() {
                break;
            }
        }
        Ok(())
    }

    fn play_unit(&self, shell: &mut Shell, m: &Mutator<'_>, text: &str) -> Outcome {
        match shell.run(m, &self.name, text)? {
            Answer::Value(value) if value.is_nil() || !self.shows_values && !is_command(text) => {
                Ok(Answer::Nothing)
            }
            Answer::Load(_) => Err(Failure::new("command::prompt-only", "`:load` works at the prompt only")
                .hint("name the store by `--store`")),
            other => Ok(other),
        }
    }
}

/// Returns the text of a file of programs, `-` being standard input: a byte order mark is dropped.
///
/// # Errors
///
/// As [`Script::read`].
pub(crate) fn read_text(path: &Path) -> Result<String, Failure> {
    if path == Path::new("-") {
        return read_input();
    }
    let content = std::fs::read(path).map_err(|error| Failure::file("read", path, &error))?;
    decode(path, content)
}

fn read_input() -> Result<String, Failure> {
    let mut content = Vec::new();
    let path = Path::new("<stdin>");
    io::stdin().lock().read_to_end(&mut content).map_err(|error| Failure::file("read", path, &error))?;
    decode(path, content)
}

fn decode(path: &Path, content: Vec<u8>) -> Result<String, Failure> {
    let text = String::from_utf8(content).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..valid].iter().filter(|byte| **byte == b'\n').count() + 1;
        let message = format!("`{}` is not text: line {line} is not UTF-8", path.display());
        Failure::new("command::not-utf8", message).hint("save the file as UTF-8")
    })?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

fn is_command(text: &str) -> bool {
    text.trim_start().starts_with(':')
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
