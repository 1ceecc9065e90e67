//! `rps test`: the checks in files of programs.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rps_library::{Check, Host};
use rps_runtime::Runtime;
use serde::Serialize;

use crate::arguments::Arguments;
use crate::console::Console;
use crate::failure::Failure;
use crate::interrupt::{Again, Interrupts};
use crate::plugins::Plugins;
use crate::progress::Steps;
use crate::run::{INTERRUPTED, Workbench};
use crate::script::Script;
use crate::store::{self, StoreHandle};
use crate::{bootstrap, files};

/// What the checks of a file said, as JSON.
#[derive(Serialize)]
struct JsonFile<'t> {
    file: String,
    checks: usize,
    failed: Vec<JsonCheck<'t>>,
    /// The code of the error that ended the file early; standard error has the rest.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'t str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    output: &'t str,
}

/// A check that failed, as JSON.
#[derive(Serialize)]
struct JsonCheck<'t> {
    name: &'t str,
    failure: &'t str,
    file: &'t str,
    line: usize,
}

/// What all files said, as JSON.
#[derive(Default, Serialize)]
struct Summary {
    files: usize,
    checks: usize,
    failed: usize,
    /// How many files an error ended early.
    errors: usize,
}

/// What came of a file.
struct Tested {
    checks: Vec<Check>,
    failure: Option<Failure>,
    output: String,
}

/// Where the programs of a test print to: it is shown when something failed.
#[derive(Clone, Default)]
struct Captured(Arc<Mutex<String>>);

impl Host for Captured {
    fn write(&self, text: &str) -> io::Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_str(text);
        Ok(())
    }

    fn write_file(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        files::replace(path, content)
    }
}

/// Runs files, each in a runtime of its own, and tells what their checks said.
///
/// # Errors
///
/// That a check failed or a file did, what could not be read, and that somebody pressed Ctrl-C.
pub(crate) fn run(
    paths: &[PathBuf],
    store: Option<&Path>,
    arguments: &Arguments,
    console: &mut Console,
) -> Result<(), Failure> {
    let plugins = Arc::new(Plugins::start(arguments, store, console)?);
    let files = files::find(paths)?;
    let steps = Steps::new("testing", files.len());
    let interrupts = Interrupts::new(Again::Ends)?;
    let mut summary = Summary::default();
    for path in &files {
        let tested = test(path, store, &plugins, &interrupts, console)?;
        if let Some(failure) = tested.failure.as_ref().filter(|failure| failure.code() == INTERRUPTED) {
            steps.clear();
            console.failure(failure);
            return Err(Failure::new(INTERRUPTED, "the tests were interrupted"));
        }
        steps.pause(|| tell(path, &tested, &mut summary, console));
        steps.advance();
    }
    steps.clear();
    if console.is_json() {
        console.line(&serde_json::json!({ "summary": summary }).to_string());
    } else {
        console.line(&format!(
            "{}, {}, {} failed",
            counted(summary.files, "file"),
            counted(summary.checks, "check"),
            summary.failed
        ));
    }
    match (summary.failed, summary.errors) {
        (0, 0) => Ok(()),
        (0, errors) => Err(failed(format!("{} ended early", counted(errors, "file")))),
        (failed_checks, 0) => Err(failed(format!("{} failed", counted(failed_checks, "check")))),
        (failed_checks, errors) => Err(failed(format!(
            "{} failed, {} ended early",
            counted(failed_checks, "check"),
            counted(errors, "file")
        ))),
    }
}

fn failed(message: String) -> Failure {
    Failure::new("test::failed", message)
}

fn test(
    path: &Path,
    store: Option<&Path>,
    plugins: &Arc<Plugins>,
    interrupts: &Interrupts,
    console: &mut Console,
) -> Result<Tested, Failure> {
    let script = Script::read(path)?;
    let (runtime, store): (Runtime, StoreHandle) = match store {
        Some(directory) => store::open_to_read(directory, plugins, console)?,
        None => {
            let runtime = bootstrap::load();
            let runtime = runtime.map_err(|error| store::unloaded(Path::new("embedded"), &error))?;
            (runtime, StoreHandle::none(plugins))
        }
    };
    let captured = Captured::default();
    let mut workbench = Workbench::with_host(runtime, store, console, captured.clone());
    interrupts.follow(&workbench.runtime);
    let failure = script.play(&mut workbench, console).err();
    let checks = rps_library::take_test_report(&workbench.runtime);
    let output = std::mem::take(&mut *captured.0.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(Tested { checks, failure, output })
}

/// Tells what came of a file.
fn tell(path: &Path, tested: &Tested, summary: &mut Summary, console: &mut Console) {
    let failures = || tested.checks.iter().filter_map(|check| Some((check, check.failure.as_deref()?)));
    let (count, bad) = (tested.checks.len(), failures().count());
    let file = path.display().to_string();
    summary.files += 1;
    summary.checks += count;
    summary.failed += bad;
    summary.errors += usize::from(tested.failure.is_some());
    let is_good = bad == 0 && tested.failure.is_none();
    if count == 0 && is_good {
        let warning = Failure::new("test::no-checks", format!("`{file}` checks nothing"));
        console.warn(&warning.hint("`check(\"name\", || …)` checks something"));
    }
    if console.is_json() {
        let mirror = JsonFile {
            file,
            checks: count,
            failed: failures()
                .map(|(check, failure)| JsonCheck {
                    name: &check.name,
                    failure,
                    file: &check.place.0,
                    line: check.place.1,
                })
                .collect(),
            error: tested.failure.as_ref().map(Failure::code),
            output: &tested.output,
        };
        console.line(&serde_json::json!({ "test": mirror }).to_string());
    } else if is_good {
        console.line(&format!("ok    {file}: {}", counted(count, "check")));
    } else {
        let early = if tested.failure.is_some() { ", ended early" } else { "" };
        console.line(&format!("FAIL  {file}: {bad} of {} failed{early}", counted(count, "check")));
        for (check, failure) in failures() {
            let (file, line) = &check.place;
            console.line(&format!("      {file}:{line}: {}: {failure}", check.name));
        }
        if !tested.output.is_empty() {
            console.line("      printed:");
        }
        for line in tested.output.lines() {
            console.line(&format!("      | {line}"));
        }
    }
    if let Some(failure) = &tested.failure {
        console.failure(failure);
    }
    console.flush();
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
