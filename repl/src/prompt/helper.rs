//! What happens while a line is typed: completion, hints, colours, and whether it goes on.

use std::borrow::Cow;
use std::cell::RefCell;

use anstyle::Style;
use rustyline::completion::{Candidate, Completer};
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::{Hint, Hinter, HistoryHinter};
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Context, Helper};

use super::complete::{self, Completion};
use super::lines::needs_more;
use crate::command::{COMMANDS, foreign};
use crate::print::code::{paint, painted};
use crate::run::Workbench;

/// A line that is longer is typed without colours and hints: either makes the editor paint all of it for every
/// character, which takes minutes where thousands of characters are sent as if they were typed.
const LONG: usize = 1000;

/// What the editor asks while a line is typed.
pub(super) struct PromptHelper<'p, 'w> {
    workbench: &'p RefCell<&'w mut Workbench>,
    history: HistoryHinter,
}

/// A text behind the cursor.
pub(super) struct PromptHint {
    text: String,
    /// Whether it may be taken over.
    taken: bool,
}

impl<'p, 'w> PromptHelper<'p, 'w> {
    pub(super) fn new(workbench: &'p RefCell<&'w mut Workbench>) -> PromptHelper<'p, 'w> {
        PromptHelper { workbench, history: HistoryHinter::new() }
    }

    /// Returns what the arguments of a command are.
    fn arguments(&self, name: &str) -> Option<String> {
        if let Some(command) = COMMANDS.iter().find(|command| command.name == name) {
            return Some(command.arguments.to_owned());
        }
        let all = foreign::all(&self.workbench.borrow().shell);
        all.into_iter().find(|info| info.name == name).map(|info| info.arguments)
    }
}

impl Helper for PromptHelper<'_, '_> {}

impl Candidate for Completion {
    fn display(&self) -> &str {
        &self.shown
    }

    fn replacement(&self) -> &str {
        &self.text
    }
}

impl Completer for PromptHelper<'_, '_> {
    type Candidate = Completion;

    fn complete(
        &self,
        line: &str,
        at: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Completion>)> {
        let workbench = self.workbench.borrow();
        let shell = &workbench.shell;
        Ok(workbench.runtime.enter(|m| complete::complete(m, shell, &line[..at])))
    }
}

impl Hint for PromptHint {
    fn display(&self) -> &str {
        &self.text
    }

    fn completion(&self) -> Option<&str> {
        self.taken.then_some(self.text.as_str())
    }
}

impl Hinter for PromptHelper<'_, '_> {
    type Hint = PromptHint;

    fn hint(&self, line: &str, at: usize, context: &Context<'_>) -> Option<PromptHint> {
        if at < line.len() || line.len() > LONG {
            return None;
        }
        let command = line.strip_prefix(':').map(|name| name.strip_suffix(' ').unwrap_or(name));
        match command.and_then(|name| self.arguments(name)) {
            Some(arguments) if !arguments.is_empty() => {
                let space = if line.ends_with(' ') { "" } else { " " };
                Some(PromptHint { text: format!("{space}{arguments}"), taken: false })
            }
            _ => Some(PromptHint { text: self.history.hint(line, at, context)?, taken: true }),
        }
    }
}

impl Highlighter for PromptHelper<'_, '_> {
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        if line.len() > LONG {
            return Cow::Borrowed(line);
        }
        let (command, rest) = match line.find(char::is_whitespace) {
            Some(end) if line.starts_with(':') => line.split_at(end),
            None if line.starts_with(':') => (line, ""),
            _ => ("", line),
        };
        let mut out = paint(Style::new().bold(), command);
        out.push_str(&painted(rest));
        Cow::Owned(out)
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        Cow::Owned(paint(Style::new().dimmed(), hint))
    }

    fn highlight_char(&self, line: &str, _: usize, kind: CmdKind) -> bool {
        kind != CmdKind::MoveCursor && line.len() <= LONG
    }
}

impl Validator for PromptHelper<'_, '_> {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        Ok(match needs_more(context.input()) {
            true => ValidationResult::Incomplete,
            false => ValidationResult::Valid(None),
        })
    }
}
