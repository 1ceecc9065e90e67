//! One process: a benchmark, run by an interpreter, whose iterations print a line each.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::interpreter::{Installed, Interpreter};
use super::suite::{Benchmark, Suite};

/// Runs a process and returns the milliseconds of its iterations.
///
/// # Errors
///
/// Returns what went wrong: the process failed, or a result was wrong.
pub(crate) fn run(
    suite: &Suite,
    benchmark: &Benchmark,
    installed: &Installed,
    iterations: usize,
    size: u64,
    scratch: &Path,
) -> Result<Vec<f64>, String> {
    let files = suite.files(installed.interpreter, benchmark);
    let mut command = Command::new(&installed.program);
    if installed.interpreter == Interpreter::Repersys {
        let mut text = String::new();
        for file in &files {
            text += &fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
            text.push('\n');
        }
        text += &format!("{}(\"{}\", {iterations}, {size})\n", suite.entry(), benchmark.name);
        let script = scratch.join(format!("{}.rps", benchmark.name));
        fs::write(&script, text).map_err(|error| format!("{}: {error}", script.display()))?;
        // A home of its own: it works on a new default store, and the user's is left alone.
        command.arg(script).env("HOME", scratch).env_remove("RPS_STORE").env_remove("XDG_DATA_HOME");
    } else {
        command.args(&files).args([benchmark.name, &iterations.to_string(), &size.to_string()]);
        // Python would write its compiled files beside the texts.
        command.env("PYTHONDONTWRITEBYTECODE", "1");
    }
    let output = command.output().map_err(|error| error.to_string())?;
    if !output.status.success() {
        let error = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{}: {}", output.status, error.trim()));
    }
    read(&String::from_utf8_lossy(&output.stdout), iterations, benchmark.result)
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
    use super::read;

    #[test]
    fn every_iteration_must_be_there_and_right() {
        assert_eq!(read("1.5\n2\n", 2, None), Ok(vec![1.5, 2.0]));
        assert_eq!(read("1.5 42\n2 42.0\n", 2, Some(42.0)), Ok(vec![1.5, 2.0]));
        assert!(read("1.5\n", 2, None).is_err(), "an iteration is missing");
        assert!(read("1.5 41\n2 42\n", 2, Some(42.0)).is_err(), "a result is wrong");
        assert!(read("1.5\n2\n", 2, Some(42.0)).is_err(), "a result is missing");
    }
}
