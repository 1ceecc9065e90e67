//! A home and a folder in which the command is started.

pub(crate) mod terminal;

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use rps_tests::program::isolate;
use tempfile::TempDir;

/// A home and a folder of one test.
pub(crate) struct Stage(TempDir);

/// What came of starting the command.
pub(crate) struct Run {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// What standard output is expected to be.
pub(crate) trait Expected {
    fn holds(self, out: &str) -> bool;
}

impl Expected for &str {
    fn holds(self, out: &str) -> bool {
        self == out
    }
}

impl<F: FnOnce(&str) -> bool> Expected for F {
    fn holds(self, out: &str) -> bool {
        self(out)
    }
}

impl Stage {
    pub(crate) fn new() -> Stage {
        Stage(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rps"));
        isolate(&mut command, self.0.path());
        command.args(arguments).current_dir(self.0.path());
        command
    }

    /// Starts the command, types the input, and waits for its end.
    pub(crate) fn run(&self, arguments: &[&str], input: &str) -> Run {
        Run::of(self.command(arguments), input)
    }

    /// Starts a command of this stage, types the input, and waits for its end.
    pub(crate) fn start(&self, command: Command, input: &str) -> Run {
        Run::of(command, input)
    }

    /// Starts the prompt, and types the input.
    pub(crate) fn transcript(&self, input: &str) -> Run {
        let mut command = self.command(&[]);
        command.env("RPS_TRANSCRIPT", "1");
        Run::of(command, input)
    }

    /// Makes sure that the command succeeds with this output and without a word on standard error.
    pub(crate) fn check(&self, arguments: &[&str], expected: impl Expected) {
        let run = self.run(arguments, "");
        assert_eq!((run.status, run.err.as_str()), (0, ""), "{arguments:?}: {}", run.out);
        assert!(expected.holds(&run.out), "{arguments:?}: {}", run.out);
    }
}

impl Run {
    fn of(mut command: Command, input: &str) -> Run {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A command that needs no input may have ended before it is written.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Run { status: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
    }

    pub(crate) fn json_out(&self) -> Vec<serde_json::Value> {
        documents(&self.out)
    }

    pub(crate) fn json_err(&self) -> Vec<serde_json::Value> {
        documents(&self.err)
    }

    /// Returns what the prompt answered when a line was last typed.
    pub(crate) fn answer(&self, input: &str) -> String {
        let lines = self.out.lines().collect::<Vec<_>>();
        let typed = format!("rps> {input}");
        let at =
            lines.iter().rposition(|line| *line == typed).unwrap_or_else(|| panic!("{input} was not typed"));
        let answer = lines[at + 1..].iter().take_while(|line| !line.starts_with("rps> "));
        answer.copied().collect::<Vec<_>>().join("\n")
    }
}

fn documents(text: &str) -> Vec<serde_json::Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("a JSON document a line")).collect()
}
