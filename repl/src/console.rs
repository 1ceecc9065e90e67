//! Where the command writes: results to standard output, failures to standard error, as text or as JSON.

use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::sync::Arc;

use rps_lang::syntax::Severity;
use rps_runtime::Mutator;

use crate::answer::Answer;
use crate::failure::Failure;
use crate::output::Output;
use crate::print::Look;

/// The two outputs of the command.
pub(crate) struct Console {
    out: Arc<Output>,
    json: bool,
    look: Look,
    error_look: Look,
}

impl Console {
    /// Returns the console of this process.
    pub(crate) fn new(json: bool) -> Console {
        Console {
            out: Arc::new(Output::new(json)),
            json,
            look: look(&io::stdout()),
            error_look: look(&io::stderr()),
        }
    }

    /// Returns standard output, for programs.
    pub(crate) fn output(&self) -> Arc<Output> {
        Arc::clone(&self.out)
    }

    /// Measures the terminal again: its window may have another size by now.
    pub(crate) fn measure(&mut self) {
        (self.look, self.error_look) = (look(&io::stdout()), look(&io::stderr()));
    }

    /// Returns how values are printed.
    pub(crate) fn look(&self) -> Look {
        self.look
    }

    /// Returns whether results are written as JSON.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// Returns whether nobody reads the results any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.out.is_closed()
    }

    /// Writes an answer.
    pub(crate) fn answer(&mut self, m: &Mutator<'_>, answer: &Answer) {
        let text = if self.json { answer.to_json(m) } else { answer.to_text(m, self.look) };
        if let Some(text) = text {
            self.out.finish_line();
            self.line(&text);
        }
    }

    /// Writes a failure; what was written before comes first.
    pub(crate) fn failure(&mut self, failure: &Failure) {
        self.tell(failure, Severity::Error);
    }

    /// Writes what would be a failure, but stops nothing.
    pub(crate) fn warn(&mut self, failure: &Failure) {
        self.tell(failure, Severity::Warning);
    }

    fn tell(&mut self, failure: &Failure, severity: Severity) {
        self.out.finish_line();
        if self.json && matches!(failure, Failure::Answered { .. }) {
            // It is what was asked for, and stands where the answer stands.
            return self.write(&failure.to_json(severity));
        }
        self.flush();
        let text =
            if self.json { failure.to_json(severity) } else { failure.render(severity, self.error_look) };
        // There is nowhere left to say that standard error is closed.
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }

    /// Writes a line of text to standard output.
    pub(crate) fn line(&mut self, text: &str) {
        self.write(text);
        self.write("\n");
    }

    /// Writes text to standard output.
    pub(crate) fn write(&mut self, text: &str) {
        self.out.write(text);
    }

    /// Writes bytes to standard output as they are; on a terminal the line is ended.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.out.write_bytes(bytes);
        if io::stdout().is_terminal() {
            self.out.finish_line();
        }
    }

    /// Writes out what is buffered.
    pub(crate) fn flush(&mut self) {
        self.out.flush();
    }

    /// Ends the output; a failure to write it was not told before.
    pub(crate) fn finish(&mut self) -> Result<(), Failure> {
        self.out.finish().map_err(|error| {
            Failure::new("command::output", "can not write the output").detail(error.to_string())
        })
    }
}

fn look(output: &(impl AsFd + IsTerminal)) -> Look {
    Look { colours: output.is_terminal() && wants_colours(), width: columns(output), ..Look::default() }
}

/// Returns whether colours are wanted where there is a terminal: see <https://no-color.org>.
fn wants_colours() -> bool {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    set("NO_COLOR").is_none() && set("TERM").is_none_or(|term| term != "dumb")
}

/// Returns how many columns a line may have: what `COLUMNS` says, or as many as the terminal has, or 100.
fn columns(output: &impl AsFd) -> usize {
    let said = || std::env::var("COLUMNS").ok()?.parse().ok();
    // Some terminals that are none, such as those of build servers, say 0.
    let seen =
        || rustix::termios::tcgetwinsize(output).ok().map(|size| size.ws_col.into()).filter(|&n| n > 0);
    said().or_else(seen).map_or(Look::default().width, |columns: usize| columns.clamp(20, 1000))
}
