//! One process: a benchmark, run by an interpreter, whose iterations print a line each. C is compiled before.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde::Deserialize;

use super::interpreter::{Installed, Interpreter};
use super::suite::{Benchmark, Suite};

/// What a process does.
#[derive(Clone, Copy)]
pub(crate) struct Work<'a> {
    pub(crate) suite: &'a Suite,
    pub(crate) benchmark: &'a Benchmark,
    pub(crate) iterations: usize,
    pub(crate) size: u64,
    /// Whether iterations of ours are timed by the clock on the wall.
    pub(crate) by_wall: bool,
}

/// What came out of a process.
pub(crate) struct Measured {
    /// The milliseconds of its iterations.
    pub(crate) times: Vec<f64>,
    /// What the compiled tier has done in it, where there is one.
    pub(crate) tier: Option<Tier>,
}

/// What `:jit stats` tells.
#[derive(Deserialize)]
pub(crate) struct Tier {
    state: String,
    reason: Option<String>,
    pub(crate) stages: Vec<Stage>,
    /// How many bytes of machine code are in use.
    pub(crate) code_bytes: u64,
    /// The longest time in microseconds for which the program was held up.
    pub(crate) longest_pause: Option<f64>,
    /// For what.
    pub(crate) longest_pause_for: Option<String>,
}

/// What a stage of the compiled tier has made.
#[derive(Deserialize)]
pub(crate) struct Stage {
    pub(crate) made: u64,
    pub(crate) seconds: f64,
}

/// A line of ours, as JSON.
#[derive(Deserialize)]
struct Line {
    output: Option<String>,
    jit: Option<Tier>,
}

impl Tier {
    /// Returns how many pieces of machine code were made.
    pub(crate) fn made(&self) -> u64 {
        self.stages.iter().map(|stage| stage.made).sum()
    }

    /// Returns an error where there is no compiled tier.
    fn check(&self) -> Result<(), String> {
        let reason = || self.reason.clone().unwrap_or_default();
        if self.state == "on" { Ok(()) } else { Err(format!("there is no compiled tier: {}", reason())) }
    }
}

/// Makes sure that a program of ours has the compiled tier.
///
/// # Errors
///
/// Returns why it has none.
pub(crate) fn check_tier(program: &Path, home: &Path) -> Result<(), String> {
    let output = output(ours(program, home).args(["--json", "-e", ":jit stats"]))?;
    let (_, tier) = split(&output)?;
    tier.ok_or("`:jit stats` tells nothing")?.check()
}

/// Runs a process. Scripts and compiled programs are kept in the folder `scratch`; in `home` ours has its store.
///
/// # Errors
///
/// Returns what went wrong: the process failed, a result was wrong, or nothing was compiled that should be.
pub(crate) fn run(
    work: Work<'_>,
    installed: &Installed,
    scratch: &Path,
    home: &Path,
) -> Result<Measured, String> {
    let Work { suite, benchmark, iterations, size, .. } = work;
    let counts = [iterations.to_string(), size.to_string()];
    let files = suite.files(installed.interpreter, benchmark);
    let mut tier = None;
    let text = match installed.interpreter {
        Interpreter::Repersys => {
            let script = script(work, &files, scratch)?;
            let (text, told) = split(&output(ours(&installed.program, home).arg("--json").arg(script))?)?;
            let told = told.ok_or("`:jit stats` tells nothing")?;
            told.check()?;
            if told.made() == 0 {
                return Err("nothing was compiled".into());
            }
            tier = Some(told);
            text
        }
        Interpreter::Interpreted => {
            let script = script(work, &files, scratch)?;
            let mut command = ours(&installed.program, home);
            split(&output(command.env("RPS_JIT", "off").arg("--json").arg(script))?)?.0
        }
        Interpreter::C => {
            let program = compile(&installed.program, benchmark, &files, scratch)?;
            output(Command::new(program).arg(benchmark.name).args(counts))?
        }
        _ => {
            let mut command = Command::new(&installed.program);
            command.args(&files).arg(benchmark.name).args(counts);
            // Python would write its compiled files beside the texts.
            output(command.env("PYTHONDONTWRITEBYTECODE", "1"))?
        }
    };
    Ok(Measured { times: read(&text, iterations, benchmark.result)?, tier })
}

/// Returns a command with a home of its own: it works on a new default store, and the user's is left alone.
pub(crate) fn ours(program: &Path, home: &Path) -> Command {
    let mut command = Command::new(program);
    command.env("HOME", home);
    for variable in ["RPS_STORE", "RPS_JIT", "RPS_JIT_THRESHOLD", "RPS_JIT_HOT_THRESHOLD", "XDG_DATA_HOME"] {
        command.env_remove(variable);
    }
    command
}

/// Joins the texts of a benchmark to one script, which tells at its end what was compiled.
fn script(work: Work<'_>, files: &[PathBuf], scratch: &Path) -> Result<PathBuf, String> {
    let Work { suite, benchmark, iterations, size, by_wall } = work;
    let mut text = String::new();
    for file in files {
        text += &fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
        text.push('\n');
    }
    let name = benchmark.name;
    text += &match suite.timed.filter(|_| by_wall) {
        Some(timed) => format!("{timed}(\"{name}\", {iterations}, {size}, clock)\n"),
        None => format!("{}(\"{name}\", {iterations}, {size})\n", suite.entry()),
    };
    text += ":jit stats\n";
    let script = scratch.join(format!("{name}.rps"));
    fs::write(&script, text).map_err(|error| format!("{}: {error}", script.display()))?;
    Ok(script)
}

/// Returns the program of a benchmark in C, which is compiled once.
fn compile(
    compiler: &Path,
    benchmark: &Benchmark,
    files: &[PathBuf],
    scratch: &Path,
) -> Result<PathBuf, String> {
    let program = scratch.join(benchmark.name);
    if !program.exists() {
        let mut command = Command::new(compiler);
        command.args(["-O2", "-ffp-contract=off", "-fno-math-errno", "-o"]).arg(&program);
        output(command.args(files).arg("-lm"))?;
    }
    Ok(program)
}

/// Runs a command and returns what it prints.
fn output(command: &mut Command) -> Result<String, String> {
    let Output { status, stdout, stderr } = command.output().map_err(|error| error.to_string())?;
    if !status.success() {
        let error = String::from_utf8_lossy(if stderr.is_empty() { &stdout } else { &stderr });
        return Err(format!("{status}: {}", error.trim()));
    }
    Ok(String::from_utf8_lossy(&stdout).into_owned())
}

/// Splits what ours prints as JSON into the program's own lines and what the compiled tier has done.
fn split(text: &str) -> Result<(String, Option<Tier>), String> {
    let (mut own, mut tier) = (String::new(), None);
    for line in text.lines() {
        let Line { output, jit } =
            serde_json::from_str(line).map_err(|error| format!("{line:?} was printed: {error}"))?;
        own += &output.unwrap_or_default();
        tier = jit.or(tier);
    }
    Ok((own, tier))
}

/// Reads lines of milliseconds and, where there is one, a result.
fn read(text: &str, iterations: usize, expected: Option<f64>) -> Result<Vec<f64>, String> {
    let mut times = Vec::new();
    for line in text.lines() {
        let mut words = line.split_whitespace().map(str::parse::<f64>);
        // A line that is no figure is what an interpreter says of itself.
        let Some(Ok(time)) = words.next() else { continue };
        let result = words.next().and_then(Result::ok);
        if result != expected {
            return Err(format!("the result is {result:?}, and should be {expected:?}"));
        }
        times.push(time);
    }
    if times.len() == iterations {
        Ok(times)
    } else {
        Err(format!("{} iterations were printed, and {iterations} asked for", times.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::{read, split};

    #[test]
    fn every_iteration_must_be_there_and_right() {
        assert_eq!(read("1.5\n2\n", 2, None), Ok(vec![1.5, 2.0]));
        assert_eq!(read("1.5 42\n2 42.0\n", 2, Some(42.0)), Ok(vec![1.5, 2.0]));
        assert!(read("1.5\n", 2, None).is_err(), "an iteration is missing");
        assert!(read("1.5 41\n2 42\n", 2, Some(42.0)).is_err(), "a result is wrong");
        assert!(read("1.5\n2\n", 2, Some(42.0)).is_err(), "a result is missing");
    }

    /// Nothing is reported of a compiled tier that is not there.
    #[test]
    fn what_the_tier_says_is_told_apart() {
        let text = |state: &str| {
            format!(
                "{{\"output\":\"1.5 42\\n\"}}\n{{\"jit\":{{\"state\":\"{state}\",\"reason\":\"why\",\"code_bytes\":7,\
                 \"stages\":[{{\"made\":2,\"seconds\":0.5}},{{\"made\":1,\"seconds\":0}}]}}}}\n"
            )
        };
        let (own, tier) = split(&text("on")).unwrap();
        let tier = tier.unwrap();
        assert_eq!((own.as_str(), tier.made(), tier.check()), ("1.5 42\n", 3, Ok(())));
        let absent = split(&text("absent")).unwrap().1.unwrap();
        assert!(absent.check().is_err_and(|error| error.contains("why")));
        assert!(split("{\"output\":\"1\\n\"}").unwrap().1.is_none());
        assert!(split("1.5").is_err());
    }
}
