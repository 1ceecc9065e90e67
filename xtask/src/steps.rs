//! Steps: commands that are run one after the other, timed, and counted.
//!
//! A failed step does not stop the next one, so one run shows every failure. The tests of a step are counted from the
//! `test result:` lines of the test harness. A test that could not do its work on this machine says so through
//! `rps_tests::skip`, which appends to the file that `RPS_SKIP_LOG` names: those are taken off the passed ones.

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::ops::AddAssign;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::root;

/// Returns a cargo command that works on this workspace, wherever xtask was started.
pub(crate) fn cargo<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Command {
    let mut arguments = arguments.into_iter();
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments.next()).arg("--manifest-path").arg(root().join("Cargo.toml")).args(arguments);
    // As .cargo/config.toml says, which cargo does not read when it is started elsewhere.
    command.env("LLVM_SYS_191_STRICT_VERSIONING", "1");
    command
}

/// How many tests passed, failed and were skipped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) skipped: usize,
}

/// What became of one step.
struct Outcome {
    name: &'static str,
    success: bool,
    time: Duration,
    count: Count,
}

/// The steps done so far.
#[derive(Default)]
pub(crate) struct Report {
    outcomes: Vec<Outcome>,
    skips: BTreeSet<String>,
}

impl Report {
    /// Runs a step, whose output goes to the terminal as it comes. Returns whether it succeeded.
    pub(crate) fn step(&mut self, name: &'static str, mut command: Command) -> Result<bool, String> {
        println!("\n── {name}");
        let log = env::temp_dir().join(format!("rps-skips-{}-{}", std::process::id(), self.outcomes.len()));
        command.env("RPS_SKIP_LOG", &log).stdin(Stdio::null()).stdout(Stdio::piped());
        let start = Instant::now();
        let mut child = command.spawn().map_err(|error| format!("{name} does not start: {error}"))?;
        let mut count = Count::default();
        let mut output = BufReader::new(child.stdout.take().expect("standard output is piped"));
        let mut line = Vec::new();
        while output.read_until(b'\n', &mut line).map_err(|error| format!("{name}: {error}"))? > 0 {
            // A reader of our output that went away (`| head`) must not stop the tests.
            let _ = std::io::stdout().write_all(&line);
            count += Count::of_line(&String::from_utf8_lossy(&line)).unwrap_or_default();
            line.clear();
        }
        let success = child.wait().map_err(|error| format!("{name}: {error}"))?.success();
        // No file means that nothing was skipped.
        count.take_skips(&fs::read_to_string(&log).unwrap_or_default(), &mut self.skips);
        let _ = fs::remove_file(&log);
        self.outcomes.push(Outcome { name, success, time: start.elapsed(), count });
        Ok(success)
    }

    /// Returns whether every step succeeded.
    pub(crate) fn success(&self) -> bool {
        self.outcomes.iter().all(|outcome| outcome.success)
    }
}

/// The table of the steps, the reasons of skipped tests, and the sum alone on the last line.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.outcomes.iter().map(|outcome| outcome.name.chars().count()).max().unwrap_or(0);
        let mut sum = Count::default();
        writeln!(f)?;
        for Outcome { name, success, time, count } in &self.outcomes {
            let state = if *success { "ok" } else { "FAILED" };
            write!(f, "{state:<6}  {name:<width$}  {:>7.1} s", time.as_secs_f64())?;
            writeln!(f, "{}", if *count == Count::default() { String::new() } else { format!("  {count}") })?;
            sum += *count;
        }
        for reason in &self.skips {
            writeln!(f, "skipped: {reason}")?;
        }
        writeln!(f, "{sum}")
    }
}

impl Count {
    /// Returns the count in a line such as `test result: ok. 3 passed; 0 failed; 1 ignored; …`.
    fn of_line(line: &str) -> Option<Count> {
        let rest = line.trim_start().strip_prefix("test result:")?;
        let number = |what: &str| -> Option<usize> {
            let part = rest.split([';', '.']).find_map(|part| part.trim().strip_suffix(what))?;
            part.trim().parse().ok()
        };
        Some(Count {
            passed: number("passed")?,
            failed: number("failed")?,
            skipped: number("ignored").unwrap_or(0),
        })
    }

    /// Moves the tests that the log names from the passed ones to the skipped ones, and collects their reasons.
    ///
    /// A line of the log is `program <tab> test <tab> reason`; a test may give several reasons, and is one test.
    fn take_skips(&mut self, log: &str, reasons: &mut BTreeSet<String>) {
        let mut tests = BTreeSet::new();
        for line in log.lines() {
            let mut parts = line.splitn(3, '\t');
            if let (Some(program), Some(test), Some(reason)) = (parts.next(), parts.next(), parts.next()) {
                tests.insert((program, test));
                reasons.insert(format!("{test}: {reason}"));
            }
        }
        let skipped = tests.len().min(self.passed);
        self.passed -= skipped;
        self.skipped += skipped;
    }
}

impl AddAssign for Count {
    fn add_assign(&mut self, other: Count) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn result_lines_are_counted() {
        let line = "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s";
        assert_eq!(Count::of_line(line), Some(Count { passed: 12, failed: 3, skipped: 1 }));
        assert_eq!(Count::of_line("test tests::one ... ok"), None);
        assert_eq!(Count::of_line("test result: what"), None);
    }

    #[test]
    fn a_skipped_test_is_not_a_passed_one() {
        let mut count = Count { passed: 5, failed: 1, skipped: 0 };
        let mut reasons = BTreeSet::new();
        count.take_skips("p\ta\tno store\np\ta\tno history\nq\ta\tno store\n", &mut reasons);
        assert_eq!(count, Count { passed: 3, failed: 1, skipped: 2 });
        assert_eq!(Vec::from_iter(reasons), ["a: no history", "a: no store"]);
    }

    #[test]
    fn the_sum_stands_alone_on_the_last_line() {
        let outcome = |name, success, passed, failed| Outcome {
            name,
            success,
            time: Duration::from_millis(1500),
            count: Count { passed, failed, skipped: 0 },
        };
        let outcomes =
            vec![outcome("build", true, 0, 0), outcome("tests", false, 4, 1), outcome("more", true, 2, 0)];
        let report = Report { outcomes, skips: BTreeSet::new() };
        assert!(!report.success());
        let text = report.to_string();
        assert_eq!(text.lines().last(), Some("6 passed, 1 failed, 0 skipped"));
        assert!(text.contains("FAILED  tests      1.5 s  4 passed, 1 failed, 0 skipped\n"), "{text}");
        assert!(text.contains("ok      build      1.5 s\n"), "{text}");
    }

    #[test]
    fn a_failed_command_is_a_failed_step() {
        let mut report = Report::default();
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.arg("no-such-subcommand").stderr(Stdio::null());
        assert_eq!(report.step("fails", command), Ok(false));
        assert!(!report.success());
    }
}
