//! Standard output: shared by the answers of the command and by what programs print.
//!
//! When the reader has gone away, as in `rps … | head`, the rest is dropped without a word.

use std::io::{self, BufWriter, IsTerminal, Stdout, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Standard output.
pub(crate) struct Output {
    sink: Mutex<Sink>,
    json: bool,
    is_terminal: bool,
}

struct Sink {
    out: BufWriter<Stdout>,
    state: State,
    /// Whether the last line is whole.
    is_at_line_start: bool,
    /// How often programs printed something.
    prints: u64,
}

/// What became of standard output.
#[derive(Debug)]
enum State {
    Open,
    /// Nobody reads any more.
    ReaderGone,
    Failed(io::Error),
}

impl Output {
    /// Returns the standard output of this process; with `json`, what programs print is written as JSON, too.
    pub(crate) fn new(json: bool) -> Output {
        let out = BufWriter::new(io::stdout());
        Output {
            sink: Mutex::new(Sink { out, state: State::Open, is_at_line_start: true, prints: 0 }),
            json,
            is_terminal: io::stdout().is_terminal(),
        }
    }

    /// Writes text of the command itself.
    pub(crate) fn write(&self, text: &str) {
        self.sink().write(text.as_bytes());
    }

    /// Writes bytes as they are.
    pub(crate) fn write_bytes(&self, bytes: &[u8]) {
        self.sink().write(bytes);
    }

    /// Writes what a program prints: each line goes out at once, and on a terminal each piece.
    ///
    /// # Errors
    ///
    /// That of the system: a program whose output nobody reads any more is to end.
    pub(crate) fn print(&self, text: &str) -> io::Result<()> {
        let mut sink = self.sink();
        sink.prints += 1;
        if self.json {
            sink.write(format!("{}\n", serde_json::json!({ "output": text })).as_bytes());
        } else {
            sink.write(text.as_bytes());
        }
        if self.is_terminal || self.json || text.contains('\n') {
            sink.flush();
        }
        match &sink.state {
            State::Open => Ok(()),
            State::ReaderGone => Err(io::ErrorKind::BrokenPipe.into()),
            State::Failed(error) => Err(error.kind().into()),
        }
    }

    /// Returns how often programs have printed something.
    pub(crate) fn prints(&self) -> u64 {
        self.sink().prints
    }

    /// Ends the line that a program left unfinished.
    pub(crate) fn finish_line(&self) {
        let mut sink = self.sink();
        if !sink.is_at_line_start {
            sink.write(b"\n");
        }
    }

    /// Writes out what is buffered.
    pub(crate) fn flush(&self) {
        self.sink().flush();
    }

    /// Returns whether nobody reads any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.sink().is_closed()
    }

    /// Ends the output.
    ///
    /// # Errors
    ///
    /// What kept it from being written, but for a reader that went away.
    pub(crate) fn finish(&self) -> io::Result<()> {
        let mut sink = self.sink();
        sink.flush();
        match std::mem::replace(&mut sink.state, State::ReaderGone) {
            State::Failed(error) => Err(error),
            State::Open | State::ReaderGone => Ok(()),
        }
    }

    fn sink(&self) -> MutexGuard<'_, Sink> {
        self.sink.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink {
    fn write(&mut self, bytes: &[u8]) {
        if bytes.is_empty() || self.is_closed() {
            return;
        }
        self.is_at_line_start = bytes.ends_with(b"\n");
        if let Err(error) = self.out.write_all(bytes) {
            self.fail(error);
        }
    }

    fn flush(&mut self) {
        if !self.is_closed()
            && let Err(error) = self.out.flush()
        {
            self.fail(error);
        }
    }

    fn is_closed(&self) -> bool {
        !matches!(self.state, State::Open)
    }

    fn fail(&mut self, error: io::Error) {
        self.state = match error.kind() {
            io::ErrorKind::BrokenPipe => State::ReaderGone,
            _ => State::Failed(error),
        };
        // What is still in the buffer can not be written: dropping it must not try again.
        let broken = std::mem::replace(&mut self.out, BufWriter::with_capacity(0, io::stdout()));
        let _ = broken.into_parts();
    }
}
