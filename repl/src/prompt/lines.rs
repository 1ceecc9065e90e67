//! Where the texts of a prompt come from: a terminal with an editor, or a transcript on standard input.

use std::cell::RefCell;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use rps_lang::syntax::{Completeness, TokenKind, completeness, lex};
use rustyline::config::Configurer;
use rustyline::error::ReadlineError;
use rustyline::history::DefaultHistory;
use rustyline::{ColorMode, CompletionType, Config, Editor, ExternalPrinter};

use super::helper::PromptHelper;
use crate::console::Console;
use crate::failure::Failure;
use crate::plugins::Plugins;
use crate::run::Workbench;

/// The prompt, and the one before a line that continues another. Transcripts are read by them.
const PROMPTS: [&str; 2] = ["rps> ", "...> "];

/// Returns whether the prompt is to behave on a pipe as on a terminal, and to write what it reads.
pub(crate) fn is_transcript() -> bool {
    std::env::var_os("RPS_TRANSCRIPT").is_some()
}

/// Returns whether more lines are needed before a text can be run. An empty line ends it in any case; where a brace is
/// open, two do, as there may be empty lines between the methods of a class.
pub(super) fn needs_more(text: &str) -> bool {
    if text.trim_start().starts_with(':') {
        return false;
    }
    let ended = text.ends_with("\n\n") || text.ends_with('\n') && !is_brace_open(text);
    !ended && completeness(text) == Completeness::Incomplete
}

fn is_brace_open(text: &str) -> bool {
    let depth = lex(text).tokens.iter().fold(0i32, |depth, token| match token.kind {
        TokenKind::LeftBrace => depth + 1,
        TokenKind::RightBrace => depth - 1,
        _ => depth,
    });
    depth > 0
}

/// Where texts come from.
pub(super) enum Lines<'p, 'w> {
    Terminal {
        editor: Box<Editor<PromptHelper<'p, 'w>, DefaultHistory>>,
        history: Option<PathBuf>,
        /// What they log does not disturb the line.
        plugins: Arc<Plugins>,
    },
    Transcript,
}

/// What was typed.
pub(super) enum Typed {
    Text(String),
    /// Nothing, or Ctrl-C.
    Nothing,
    End,
}

impl<'p, 'w> Lines<'p, 'w> {
    /// Returns the lines of this process's standard input.
    pub(super) fn new(
        workbench: &'p RefCell<&'w mut Workbench>,
        history: Option<PathBuf>,
    ) -> Result<Lines<'p, 'w>, Failure> {
        if is_transcript() {
            return Ok(Lines::Transcript);
        }
        let colours = workbench.borrow().shell.look.colours;
        let config = Config::builder()
            .completion_type(CompletionType::List)
            .color_mode(if colours { ColorMode::Enabled } else { ColorMode::Disabled })
            .build();
        let mut editor = Editor::with_config(config).map_err(unreadable)?;
        editor.set_helper(Some(PromptHelper::new(workbench)));
        editor.set_auto_add_history(true);
        if let Some(path) = &history {
            // The first session has no history yet.
            let _ = editor.load_history(path);
        }
        let plugins = Arc::clone(workbench.borrow().shell.store.plugins());
        // Where the editor has no way to write above the line, the log is written where the cursor is.
        if let Ok(mut printer) = editor.create_external_printer() {
            plugins.log().print_with(move |line| drop(printer.print(line)));
        }
        Ok(Lines::Terminal { editor: Box::new(editor), history, plugins })
    }

    /// Returns whether a person is there.
    pub(super) fn is_terminal(&self) -> bool {
        matches!(self, Lines::Terminal { .. })
    }

    /// Reads a text, which may have several lines.
    pub(super) fn next(&mut self, console: &mut Console) -> Result<Typed, Failure> {
        match self {
            Lines::Terminal { editor, history, plugins } => match typed(editor, plugins, PROMPTS[0]) {
                Ok(text) if text.trim().is_empty() => Ok(Typed::Nothing),
                Ok(text) => {
                    if let Some(path) = history {
                        // A history that can not be written is no reason to stop working.
                        let _ = editor.append_history(path);
                    }
                    Ok(Typed::Text(text))
                }
                Err(ReadlineError::Interrupted) => Ok(Typed::Nothing),
                Err(ReadlineError::Eof) => Ok(Typed::End),
                Err(error) => Err(unreadable(error)),
            },
            Lines::Transcript => transcribed(console),
        }
    }

    /// Asks a question; the end of the input is an empty answer.
    pub(super) fn ask(&mut self, question: &str) -> String {
        match self {
            Lines::Terminal { editor, plugins, .. } => {
                editor.set_auto_add_history(false);
                let answer = typed(editor, plugins, question).unwrap_or_default();
                editor.set_auto_add_history(true);
                answer.trim().to_lowercase()
            }
            Lines::Transcript => String::new(),
        }
    }
}

fn typed(
    editor: &mut Editor<PromptHelper<'_, '_>, DefaultHistory>,
    plugins: &Plugins,
    prompt: &str,
) -> rustyline::Result<String> {
    plugins.log().set_typing(true);
    let typed = editor.readline(prompt);
    plugins.log().set_typing(false);
    typed
}

fn transcribed(console: &mut Console) -> Result<Typed, Failure> {
    let mut text = String::new();
    let mut prompt = PROMPTS[0];
    loop {
        console.write(prompt);
        let mut line = String::new();
        let read = io::stdin().read_line(&mut line).map_err(|error| unreadable(error.into()))?;
        if read == 0 {
            return Ok(if text.is_empty() { Typed::End } else { Typed::Text(text) });
        }
        let line = line.trim_end_matches(['\n', '\r']);
        console.line(line);
        if !text.is_empty() {
            text.push('\n');
        }
        text.push_str(line);
        if text.trim().is_empty() {
            return Ok(Typed::Nothing);
        }
        if !needs_more(&text) {
            return Ok(Typed::Text(text));
        }
        prompt = PROMPTS[1];
    }
}

fn unreadable(error: ReadlineError) -> Failure {
    Failure::new("command::input", "can not read from the terminal").detail(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parser_decides_what_continues() {
        assert!(needs_more("f(1,"));
        assert!(needs_more("1 +"));
        assert!(!needs_more("1 + 2"));
        assert!(!needs_more("f(1]"));
        assert!(!needs_more("f(1,\n"), "an empty line ends the text");
        assert!(needs_more("class c {\n  x\n"), "an empty line may stand in a class");
        assert!(!needs_more("class c {\n  x\n\n"));
        assert!(!needs_more("class c {\n  x\n\n}"));
        assert!(!needs_more(":put x : y = ("), "a command is one line");
    }
}
