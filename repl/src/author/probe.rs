//! A library is tried out in a process of its own: one that crashes, hangs or prints takes nobody with it.
//!
//! That process writes a report, a line at a time, so that what was tried last is known whatever happens.

use std::fs::{self, File};
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use clap::ValueEnum;

use rps_plugin_host::config::{Config, LogLevel};
use rps_plugin_host::library::Module;
use rps_plugin_host::{Manager, Options};
use serde::{Deserialize, Serialize};

use super::{build, check};
use crate::failure::Failure;

/// A call of the library may take so long.
const CALL_LIMIT: Duration = Duration::from_secs(10);
/// A step, of many calls, may take so long.
const STEP_LIMIT: Duration = Duration::from_secs(60);

/// What is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum What {
    /// What the library registers, for its sidecar.
    Sidecar,
    /// All that can go wrong.
    Check,
}

/// Something that is wrong with a library.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Finding {
    pub(super) is_error: bool,
    pub(super) code: String,
    /// What it is about, such as `codec rle`.
    pub(super) what: String,
    pub(super) message: String,
}

/// A line of a report.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Line {
    /// This is tried now.
    Step(String),
    /// It was tried, and this can be told.
    Passed(String, String),
    /// Something is wrong.
    Finding(Finding),
    /// Which plugin it is.
    Plugin { id: String, version: String },
    /// The text of the sidecar.
    Sidecar(String),
    /// Everything was tried.
    Done,
}

/// What came of trying a library out.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) plugin: Option<(String, String)>,
    pub(super) passed: Vec<(String, String)>,
    pub(super) findings: Vec<Finding>,
    pub(super) sidecar: Option<String>,
}

impl Outcome {
    /// Returns the first error.
    pub(super) fn error(&self) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.is_error)
    }
}

/// Tries a library out in a process of its own.
///
/// # Errors
///
/// When the process cannot be started. What it finds, and that it crashes, is part of the outcome.
pub(super) fn run(what: What, library: &Path, plugin_path: &[PathBuf]) -> Result<Outcome, Failure> {
    let failed = |error: std::io::Error| {
        Failure::new("plugin::probe", "the process that tries the plugin out can not be started")
            .detail(error.to_string())
    };
    let report = tempfile::NamedTempFile::new().map_err(failed)?;
    let program = std::env::current_exe().map_err(failed)?;
    let mut command = Command::new(program);
    let word = what.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
    command.args(["plugin", "probe", &word]).arg(library).arg(report.path());
    for directory in plugin_path {
        command.arg("--plugin-path").arg(directory);
    }
    let output = command.stdin(Stdio::null()).output().map_err(failed)?;
    let text = fs::read_to_string(report.path()).map_err(failed)?;
    // A process that was killed may have left half a line.
    let lines = text.lines().filter_map(|line| serde_json::from_str(line).ok());
    Ok(outcome(lines, output.status))
}

fn outcome(lines: impl Iterator<Item = Line>, status: ExitStatus) -> Outcome {
    let mut outcome = Outcome::default();
    let mut last = "the start".to_owned();
    let mut is_done = false;
    for line in lines {
        match line {
            Line::Step(step) => last = step,
            Line::Passed(what, told) => outcome.passed.push((what, told)),
            Line::Finding(finding) => outcome.findings.push(finding),
            Line::Plugin { id, version } => outcome.plugin = Some((id, version)),
            Line::Sidecar(text) => outcome.sidecar = Some(text),
            Line::Done => is_done = true,
        }
    }
    let is_hung = outcome.findings.last().is_some_and(|finding| finding.code == "plugin::hangs");
    let is_well = is_done && status.success();
    if !is_hung && !is_well {
        let how = match (status.signal(), status.code()) {
            (Some(signal), _) => format!("signal {signal} ({})", signal_name(signal)),
            (None, code) => format!("exit status {}", code.unwrap_or_default()),
        };
        let what = if is_done { "the end of the process".to_owned() } else { last };
        let message = format!("the process ended with {how}");
        outcome.findings.push(Finding { is_error: true, code: "plugin::crashed".into(), what, message });
    }
    outcome
}

fn signal_name(signal: i32) -> &'static str {
    match signal {
        4 => "illegal instruction",
        6 => "abort",
        8 => "arithmetic error",
        9 => "kill",
        11 => "segmentation fault",
        _ if signal == rustix::process::Signal::BUS.as_raw() => "bus error",
        _ => "see `kill -l`",
    }
}

/// Writes the report of a process that tries a library out.
#[derive(Clone)]
pub(super) struct Report {
    file: Arc<Mutex<File>>,
    /// Is told of every step: who takes too long for one is ended.
    watch: Sender<()>,
    step: Arc<Mutex<String>>,
}

impl Report {
    fn new(path: &Path) -> std::io::Result<Report> {
        let file = Arc::new(Mutex::new(fs::OpenOptions::new().append(true).open(path)?));
        let (watch, told) = mpsc::channel();
        let report = Report { file, watch, step: Arc::default() };
        let (file, step) = (Arc::clone(&report.file), Arc::clone(&report.step));
        std::thread::spawn(move || {
            loop {
                match told.recv_timeout(STEP_LIMIT) {
                    Ok(()) => {}
                    Err(RecvTimeoutError::Disconnected) => return,
                    Err(RecvTimeoutError::Timeout) => {
                        let what = step.lock().unwrap_or_else(PoisonError::into_inner).clone();
                        let message = format!("it did not come back in {} seconds", STEP_LIMIT.as_secs());
                        let code = "plugin::hangs".into();
                        write_line(&file, &Line::Finding(Finding { is_error: true, code, what, message }));
                        std::process::abort();
                    }
                }
            }
        });
        Ok(report)
    }

    /// Tells that something is tried from now on.
    pub(super) fn step(&self, what: &str) {
        what.clone_into(&mut self.step.lock().unwrap_or_else(PoisonError::into_inner));
        // The watcher lives as long as this.
        let _watched = self.watch.send(());
        self.line(&Line::Step(what.to_owned()));
    }

    /// Tells that something is as it should be.
    pub(super) fn passed(&self, what: &str, told: impl Into<String>) {
        self.line(&Line::Passed(what.to_owned(), told.into()));
    }

    /// Tells that something is wrong.
    pub(super) fn error(&self, code: &str, what: &str, message: impl Into<String>) {
        self.finding(true, code, what, message.into());
    }

    /// Tells of something to be looked at.
    pub(super) fn warning(&self, code: &str, what: &str, message: impl Into<String>) {
        self.finding(false, code, what, message.into());
    }

    fn finding(&self, is_error: bool, code: &str, what: &str, message: String) {
        let (code, what) = (code.to_owned(), what.to_owned());
        self.line(&Line::Finding(Finding { is_error, code, what, message }));
    }

    pub(super) fn line(&self, line: &Line) {
        write_line(&self.file, line);
    }
}

fn write_line(file: &Mutex<File>, line: &Line) {
    let mut text = serde_json::to_string(line).unwrap_or_default();
    text.push('\n');
    // Without its report the process is of no use, and ends as if it had crashed: `Done` is missing.
    let _lost = file.lock().unwrap_or_else(PoisonError::into_inner).write_all(text.as_bytes());
}

/// Tries a library out for the process that has started this one.
pub(super) fn serve(
    what: What,
    library: &Path,
    report: &Path,
    plugin_path: &[PathBuf],
) -> Result<(), Failure> {
    let report = Report::new(report).map_err(|error| Failure::file("write", report, &error))?;
    match what {
        What::Sidecar => build::describe(library, plugin_path, &report),
        What::Check => check::examine(library, plugin_path, &report),
    }
    report.line(&Line::Done);
    // Calls that hang may still be under way.
    std::process::exit(0)
}

/// A library, loaded by a manager that knows nothing else but what it needs.
pub(super) struct Tried {
    pub(super) manager: Manager,
    pub(super) id: String,
    /// The name by which the library was loaded.
    _alias: tempfile::TempDir,
}

/// Loads a library, as if it had no sidecar; tells what keeps it from being loaded, and what it complains of.
pub(super) fn load(library: &Path, plugin_path: &[PathBuf], report: &Report) -> Option<Tried> {
    report.step("file and descriptor");
    let module = match Module::open(library) {
        Ok(module) => module,
        Err(error) => {
            report.error(error.code(), "file and descriptor", error.to_string());
            return None;
        }
    };
    let (id, version) = (module.description.id.clone(), module.description.version.to_string());
    report.passed("file", "a whole library for this machine");
    report.passed(
        "descriptor",
        format!(
            "{id} {version}, for interface {}.{}",
            rps_plugin_host::ABI_MAJOR,
            rps_plugin_host::ABI_MINOR
        ),
    );
    report.line(&Line::Plugin { id, version });
    let needs_others = !module.description.requires.is_empty();
    drop(module);

    report.step("load");
    let mut options = Options::default();
    let mut config = Config::default();
    config.timeout = CALL_LIMIT;
    config.max_faults = u32::MAX;
    options.config = Arc::new(config);
    let complaints = report.clone();
    options.log = Some(Box::new(move |level, _, text| {
        if level <= LogLevel::Warn as u32 {
            complaints.warning("plugin::logged", "log", text);
        }
    }));
    if needs_others {
        options.search_path = plugin_path.to_vec();
        options.search_path.extend(library.parent().map(Path::to_path_buf));
    }
    let manager = Manager::new(options);
    manager.discover();
    let loaded = alias(library).map_err(|error| (String::from("plugin::file"), error.to_string())).and_then(
        |(folder, path)| {
            let id = manager.load(&path.display().to_string());
            id.map(|id| (folder, id)).map_err(|error| (error.code().to_owned(), error.to_string()))
        },
    );
    match loaded {
        Ok((alias, id)) => Some(Tried { manager, id, _alias: alias }),
        Err((code, message)) => {
            report.error(&code, "load", message);
            None
        }
    }
}

/// Returns another name of a library, beside which there is no sidecar.
fn alias(library: &Path) -> std::io::Result<(tempfile::TempDir, PathBuf)> {
    let folder = tempfile::tempdir()?;
    let real = fs::canonicalize(library)?;
    let path = folder.path().join(real.file_name().unwrap_or_default());
    std::os::unix::fs::symlink(&real, &path)?;
    Ok((folder, path))
}
