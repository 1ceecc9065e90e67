//! Transcripts: sessions written down in the documentation, replayed by a test.
//!
//! A transcript is what a reader would see on the terminal:
//!
//! - `$ command` is given to the shell, with `rps` in its path, an empty home, and an empty folder to work in. The
//!   variable `REPERSYS` has the project's folder, for those that build something of it. Output and errors follow, then
//!   `[exit status N]` unless it is 0. Where it ends in `<<'WORD'`, the lines up to `WORD` belong to it: a file of some
//!   lines is written by `cat`.
//! - `rps> input` and `...> input` (a line that continues the one before) are typed at the prompt of the `rps` started by
//!   the last command, or by a plain `rps` where there is none. Each is followed by what the prompt answers.
//! - `[..]` stands for any part of a line, a line `...` for any lines, none included.
//!
//! A session is typed through standard input, with `RPS_TRANSCRIPT=1` in the environment: it makes `rps` behave on a
//! pipe as on a terminal, and write its prompt and each line that it reads.

use std::env;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::{program, stores};

/// The prompt of the REPL, and the one before a line that continues another.
pub const PROMPTS: [&str; 2] = ["rps> ", "...> "];

/// One command of a transcript, and what comes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What the shell is given.
    pub command: String,
    /// Whether the transcript shows the command. Where it begins with a prompt, a plain `rps` is understood.
    pub shown: bool,
    /// What is typed at the prompt, line by line.
    pub input: Vec<String>,
    /// What the transcript shows below the command: prompts with their input, answers, output.
    pub output: Vec<String>,
}

/// A home and a folder for one document: what a command of it leaves there, the next one finds.
#[derive(Debug)]
pub struct Stage {
    folder: TempDir,
    program: PathBuf,
}

/// A line typed at the prompt, and the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// The line without its prompt.
    pub input: String,
    /// The lines that follow it, before the next prompt.
    pub answer: Vec<String>,
}

/// Returns the steps of a transcript.
///
/// # Errors
///
/// Returns what is wrong with it when it begins with neither a command nor a prompt.
pub fn parse(text: &str) -> Result<Vec<Step>, String> {
    let mut steps: Vec<Step> = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(command) = line.strip_prefix("$ ") {
            steps.push(Step {
                command: with_here_document(command, &mut lines)?,
                shown: true,
                input: Vec::new(),
                output: Vec::new(),
            });
            continue;
        }
        if steps.is_empty() && line.starts_with(PROMPTS[0]) {
            steps.push(Step {
                command: "rps".to_owned(),
                shown: false,
                input: Vec::new(),
                output: Vec::new(),
            });
        }
        let Some(step) = steps.last_mut() else {
            return Err(format!("a transcript begins with `$ ` or `{}`, not with {line:?}", PROMPTS[0]));
        };
        step.input.extend(typed(line).map(str::to_owned));
        step.output.push(line.to_owned());
    }
    Ok(steps)
}

/// Returns the text of a transcript of these steps: [`parse`] read backwards.
pub fn print(steps: &[Step]) -> String {
    let mut text = String::new();
    for step in steps {
        if step.shown {
            text += &format!("$ {}\n", step.command);
        }
        for line in &step.output {
            text += line;
            text.push('\n');
        }
    }
    text
}

/// Returns whether the lines are as expected, where `[..]` and `...` expect anything.
pub fn matches<E: AsRef<str>, A: AsRef<str>>(expected: &[E], actual: &[A]) -> bool {
    match expected.split_first() {
        None => actual.is_empty(),
        Some((line, rest)) if line.as_ref().trim_end() == "..." => {
            (0..=actual.len()).any(|skipped| matches(rest, &actual[skipped..]))
        }
        Some((line, rest)) => actual.split_first().is_some_and(|(first, others)| {
            line_matches(line.as_ref().trim_end(), first.as_ref().trim_end()) && matches(rest, others)
        }),
    }
}

/// Returns a session's output as exchanges.
///
/// # Errors
///
/// Returns what is wrong when the output does not show the input, line by line.
pub fn exchanges(input: &[String], output: &[String]) -> Result<Vec<Exchange>, String> {
    let mut exchanges: Vec<Exchange> = Vec::new();
    for line in output {
        match (typed(line), exchanges.last_mut()) {
            (Some(input), _) => exchanges.push(Exchange { input: input.to_owned(), answer: Vec::new() }),
            (None, Some(last)) => last.answer.push(line.clone()),
            (None, None) => {}
        }
    }
    if exchanges.iter().map(|exchange| exchange.input.trim_end()).ne(input.iter().map(|line| line.trim_end()))
    {
        return Err(format!("the output does not show each line that was typed:\n{}", output.join("\n")));
    }
    Ok(exchanges)
}

impl Stage {
    /// Returns a stage on which `rps` is the given program.
    ///
    /// # Errors
    ///
    /// Returns the system's error when the folders cannot be made.
    pub fn new(program: &Path) -> io::Result<Stage> {
        let folder = stores::temporary();
        fs::create_dir(folder.path().join("work"))?;
        Ok(Stage { folder, program: program.to_owned() })
    }

    /// Runs a step and returns the lines of its output.
    ///
    /// # Errors
    ///
    /// Returns the system's error when no shell can be started.
    pub fn run(&self, step: &Step) -> io::Result<Vec<String>> {
        let home = self.folder.path();
        let typed = home.join("typed");
        fs::write(&typed, step.input.iter().map(|line| format!("{line}\n")).collect::<String>())?;
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(format!("exec 2>&1\n{}", step.command));
        program::isolate(&mut shell, home);
        program::allow_builds(&mut shell);
        if !step.input.is_empty() {
            shell.env("RPS_TRANSCRIPT", "1");
        }
        let path = env::var_os("PATH").unwrap_or_default();
        let folders = self.program.parent().map(Path::to_owned).into_iter().chain(env::split_paths(&path));
        shell.env("PATH", env::join_paths(folders).map_err(io::Error::other)?);
        let result = shell.current_dir(home.join("work")).stdin(File::open(&typed)?).output()?;
        let text = String::from_utf8_lossy(&result.stdout).into_owned();
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        // At the end of its input the prompt stands once more, with nothing behind it.
        while lines.last().is_some_and(|line| line.is_empty() || line.trim_end() == PROMPTS[0].trim_end()) {
            lines.pop();
        }
        if !result.status.success() {
            let status =
                result.status.code().map_or_else(|| "by a signal".to_owned(), |code| code.to_string());
            lines.push(format!("[exit status {status}]"));
        }
        Ok(lines)
    }
}

/// Returns the command with the lines that are its input, if it ends in `<<'WORD'`.
fn with_here_document<'t>(
    command: &str,
    lines: &mut impl Iterator<Item = &'t str>,
) -> Result<String, String> {
    let mut whole = command.to_owned();
    let Some((_, word)) = command.strip_suffix('\'').and_then(|rest| rest.rsplit_once("<<'")) else {
        return Ok(whole);
    };
    loop {
        let line = lines.next().ok_or_else(|| format!("`{command}` has no line {word:?} behind it"))?;
        whole.push('\n');
        whole += line;
        if line == word {
            return Ok(whole);
        }
    }
}

/// Returns what stands behind the prompt, when the line begins with one.
fn typed(line: &str) -> Option<&str> {
    PROMPTS.iter().find_map(|prompt| {
        // An editor takes the space at the end of an empty line away.
        line.strip_prefix(prompt).or_else(|| (line == prompt.trim_end()).then_some(""))
    })
}

fn line_matches(expected: &str, actual: &str) -> bool {
    match expected.split_once("[..]") {
        None => expected == actual,
        Some((before, after)) => actual.strip_prefix(before).is_some_and(|rest| {
            (0..=rest.len())
                .filter(|&end| rest.is_char_boundary(end))
                .any(|end| line_matches(after, &rest[end..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "$ rps --store s\nrps> 1 +\n...> 2\n3\nrps> :quit\n$ ls\ns\n";

    #[test]
    fn a_transcript_is_commands_input_and_output() {
        let steps = parse(TEXT).unwrap();
        assert_eq!(
            steps.iter().map(|step| step.command.as_str()).collect::<Vec<_>>(),
            ["rps --store s", "ls"]
        );
        assert_eq!(steps[0].input, ["1 +", "2", ":quit"]);
        assert_eq!(steps[0].output, ["rps> 1 +", "...> 2", "3", "rps> :quit"]);
        assert_eq!(steps[1].output, ["s"]);
        assert_eq!(print(&steps), TEXT);
    }

    #[test]
    fn a_session_may_begin_at_the_prompt() {
        let steps = parse("rps> 1\n1\n").unwrap();
        assert_eq!((steps[0].command.as_str(), steps[0].shown), ("rps", false));
        assert_eq!(print(&steps), "rps> 1\n1\n");
        assert!(parse("1\nrps> 1\n").is_err());
    }

    #[test]
    fn a_command_has_its_here_document() {
        let text = "$ cat > a <<'END'\n$ no command\nrps> no input\nEND\n$ cat a\n...\n";
        let steps = parse(text).unwrap();
        assert_eq!(steps[0].command, "cat > a <<'END'\n$ no command\nrps> no input\nEND");
        assert_eq!((steps.len(), steps[0].input.len(), steps[0].output.len()), (2, 0, 0));
        assert_eq!(print(&steps), text);
        assert!(parse("$ cat <<'END'\nEN\n").unwrap_err().contains("\"END\""));
    }

    #[test]
    fn wildcards_stand_for_anything_and_nothing_else_does() {
        for (expected, actual, result) in [
            ("a", "a", true),
            ("a", "b", false),
            ("a [..] c", "a b c", true),
            ("a[..]", "a", true),
            ("[..]b[..]d", "abcd", true),
            ("[..]b[..]d", "abc", false),
            ("[..]é", "éé", true),
            ("a\n...\nc", "a\nc", true),
            ("a\n...\nc", "a\nb\nb\nc", true),
            ("a\n...\nc", "a\nb\n", false),
            ("...", "", true),
            ("a", "a\nb", false),
            ("a\nb", "a", false),
        ] {
            let (expected, actual): (Vec<_>, Vec<_>) = (expected.lines().collect(), actual.lines().collect());
            assert_eq!(matches(&expected, &actual), result, "{expected:?} {actual:?}");
        }
    }

    #[test]
    fn a_session_is_a_list_of_exchanges() {
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        let output = lines("hello\nrps> 1 +\n...> 2\n3\nrps>\nrps> 4\n4");
        let exchanges = exchanges(&lines("1 +\n2\n\n4"), &output).unwrap();
        let answers: Vec<_> = exchanges.iter().map(|exchange| exchange.answer.join("|")).collect();
        assert_eq!(answers, ["", "3", "", "4"]);
        assert!(super::exchanges(&lines("1 +\n2\n5"), &output).is_err());
    }

    #[cfg(unix)]
    mod on_stage {
        use super::*;

        /// Returns a folder with a program `rps` that answers each line with its length.
        fn stand_in() -> TempDir {
            let folder = stores::temporary();
            let path = folder.path().join("rps");
            let script = "echo \"home ${HOME##*/}, transcript ${RPS_TRANSCRIPT-no}\"\n\
                          while read -r line; do printf 'rps> %s\\n%s\\n' \"$line\" \"${#line}\"; done\nprintf 'rps> '";
            program::script(&path, script);
            folder
        }

        fn run(stage: &Stage, text: &str) -> Vec<String> {
            parse(text).unwrap().iter().flat_map(|step| stage.run(step).unwrap()).collect()
        }

        #[test]
        fn a_session_is_typed_and_its_answers_are_read() {
            let program = stand_in();
            let stage = Stage::new(&program.path().join("rps")).unwrap();
            let output = run(&stage, "$ rps\nrps> abc\nrps> de\n");
            assert!(output[0].ends_with(", transcript 1"), "{output:?}");
            assert_eq!(output[1..], ["rps> abc", "3", "rps> de", "2"]);
        }

        #[test]
        fn git_knows_who_commits() {
            let program = stand_in();
            let stage = Stage::new(&program.path().join("rps")).unwrap();
            let text =
                "$ git init -q && echo one > a && git add a && git commit -qm one && git log --format=%an\n";
            assert_eq!(run(&stage, text), ["Ada"]);
        }

        #[test]
        fn commands_share_a_folder_and_show_errors_and_exit_status() {
            let program = stand_in();
            let stage = Stage::new(&program.path().join("rps")).unwrap();
            assert_eq!(
                run(&stage, "$ echo a > b; ls\n$ cat b\n$ echo c >&2; exit 3\n"),
                ["b", "a", "c", "[exit status 3]"]
            );
            let piped = run(&stage, "$ echo xyz | rps\n");
            assert!(piped[0].ends_with(", transcript no"), "{piped:?}");
            assert_eq!(piped[1..], ["rps> xyz", "3"]);
        }
    }
}
