//! `:edit`

use std::fs;
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::Path;
use std::process::Command as Process;

use rps_lang::syntax::Severity;
use rps_runtime::{Mutator, names};

use super::subject::{self, Subject};
use super::{Command, Input, Takes, source};
use crate::answer::{Answer, Report};
use crate::failure::Failure;
use crate::print::value::global_name;
use crate::shell::{Outcome, Shell, Worth, worth};

pub(crate) const COMMAND: Command = Command {
    name: "edit",
    arguments: "name",
    summary: "edits a function, a method or a class in your editor",
    details: "The editor is what VISUAL or EDITOR names in the environment. What was saved is evaluated when the editor \
              ends; where it has a mistake you can go on editing. A name that is new becomes a function.",
    takes: Takes::Something,
    run,
};

/// What stands in the file for a name that is new; its parts are around the name.
const TEMPLATE: [&str; 2] = ["fn ", "() {\n    nil\n}\n"];

fn run(shell: &mut Shell, m: &Mutator<'_>, input: Input<'_>) -> Outcome {
    let text = text(shell, m, input)?;
    let editor = editor()?;
    let failed = |error: io::Error| {
        Failure::new("command::editor", "the text can not be given to an editor").detail(error.to_string())
    };
    let name: String = input.text().chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
    let file =
        tempfile::Builder::new().prefix(&format!("{name}-")).suffix(".rps").tempfile().map_err(failed)?;
    fs::write(file.path(), &text).map_err(failed)?;
    loop {
        m.blocking(|| edit(&editor, file.path()))?;
        // Ctrl-C was meant for the editor.
        m.runtime().clear_interrupt();
        let edited = fs::read_to_string(file.path()).map_err(failed)?;
        if edited.trim().is_empty() || edited == text {
            return Ok(Report::new("nothing changed", "edit", serde_json::Value::Null).into());
        }
        let whole = Input::new(input.text(), &edited, 0);
        match shell.evaluate(m, whole) {
            Ok(_) => {
                let defined = match worth(&edited) {
                    Worth::Defines(all) => all,
                    _ => Vec::new(),
                };
                return Ok(Report::new(defined.join("\n"), "edit", defined).into());
            }
            Err(failure) => {
                let shown = failure.render(Severity::Error, shell.look);
                if !m.blocking(|| goes_on(&shown)).map_err(failed)? {
                    return Ok(Answer::Nothing);
                }
            }
        }
    }
}

/// Returns the text to be edited.
fn text(shell: &mut Shell, m: &Mutator<'_>, input: Input<'_>) -> Result<String, Failure> {
    let name = input.text();
    if let Some((class, selector)) = subject::method_name(&shell.session, m, name) {
        let class_name = m.name_of(class).unwrap_or_else(|| class.oid().to_string());
        let method = match subject::method(m, class, selector) {
            Some(Subject::Function(function)) => subject::source(m, function),
            Some(other) => return Err(subject::wrong(m, input, other, "source")),
            None => None,
        };
        let method = method.unwrap_or_else(|| TEMPLATE.join(selector));
        let text = format!("class {class_name} {{\n{method}\n}}\n");
        return Ok(rps_lang::format::format(&text).unwrap_or(text));
    }
    if names::is_name(name) && subject::named(&shell.session, m, name).is_none() {
        return Ok(TEMPLATE.join(name));
    }
    match subject::find(shell, m, input)? {
        Subject::Class(class) => Ok(source::class_source(m, class)),
        // Only under its global name would another definition take its place.
        Subject::Function(function) if global_name(m, function).is_some() || is_global(m, function, name) => {
            Ok(subject::source(m, function).unwrap_or_default() + "\n")
        }
        Subject::Function(_) => {
            let hint = "assign another closure to the variable".to_owned();
            Err(input.wrong("command::not-editable", "only what has a global name is edited", Some(hint)))
        }
        other => Err(subject::wrong(m, input, other, "source")),
    }
}

fn is_global(m: &Mutator<'_>, function: rps_runtime::ObjectRef, name: &str) -> bool {
    m.global(name).or_else(|| m.library_global(name)).and_then(rps_runtime::Value::as_object)
        == Some(function)
}

/// Returns the command line of the person's editor.
fn editor() -> Result<String, Failure> {
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Err(Failure::new("command::no-terminal", "an editor needs a terminal")
            .hint("type the definition again: it takes the place of the old one"));
    }
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    set("VISUAL").or_else(|| set("EDITOR")).ok_or_else(|| {
        Failure::new("command::no-editor", "neither VISUAL nor EDITOR names an editor")
            .hint("start with `EDITOR=nano rps`, for instance")
    })
}

/// Starts the editor, and waits for its end. As the variable may hold arguments, a shell reads it.
fn edit(editor: &str, path: &Path) -> Result<(), Failure> {
    let mut process = Process::new("sh");
    process.arg("-c").arg(format!("{editor} \"$@\"")).arg(editor).arg(path);
    let failed = |detail: String| {
        Failure::new("command::editor", format!("the editor `{editor}` failed")).detail(detail)
    };
    let status = process.status().map_err(|error| failed(error.to_string()))?;
    if status.success() { Ok(()) } else { Err(failed(status.to_string())) }
}

/// Shows what is wrong, and asks whether to edit again.
fn goes_on(shown: &str) -> io::Result<bool> {
    let mut terminal = io::stderr().lock();
    write!(terminal, "{shown}Go on editing? [y]es, [n]o: ")?;
    terminal.flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "" | "y" | "yes") && !answer.is_empty())
}
