//! Writing a store: dumps that are waited for, dumps that go on beside the prompt, and what is said of them.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rps_persist::generation::Dumped;
use rps_persist::native::{DumpOptions, DumpReport, Lazy};
use rps_persist::{Access, CodecChoice, DumpError, OpenError, Progress, SavedState, StateFate, Store};
use rps_runtime::extension::StateSection;
use rps_runtime::{Mutator, Runtime};
use serde::Serialize;

use super::failure::{undumped, unopened};
use super::{StoreHandle, is_same, is_vacant, vfs};
use crate::answer::Report;
use crate::background::Begun;
use crate::console::Console;
use crate::failure::Failure;
use crate::plugins::Plugins;
use crate::progress::Bar;

/// A dump that is not done yet, as JSON.
#[derive(Serialize)]
struct JsonUnderWay {
    is_done: bool,
}

/// How often a bar is drawn anew.
const STEP: Duration = Duration::from_millis(100);

/// A dump as JSON. Times are in milliseconds.
#[derive(Serialize)]
struct JsonDump<'r> {
    store: String,
    is_done: bool,
    objects: usize,
    encoded: usize,
    is_incremental: bool,
    spaces: usize,
    adopted: usize,
    transient_references: usize,
    generation: JsonGeneration,
    states: Vec<JsonState<'r>>,
    pause_ms: f64,
    still_ms: f64,
    duration_ms: f64,
}

/// What became of the files.
#[derive(Serialize)]
struct JsonGeneration {
    is_new: bool,
    written: usize,
    written_bytes: u64,
    kept: usize,
}

/// What became of the state of a plugin.
#[derive(Serialize)]
struct JsonState<'r> {
    id: &'r str,
    fate: &'static str,
    message: Option<&'r str>,
}

/// Dumps into a store, and shows how far it is.
pub(crate) fn dump_watched(
    store: &Store,
    runtime: &Runtime,
    plugins: &Plugins,
    codec: &CodecChoice,
    states: &[StateSection],
) -> Result<DumpReport, DumpError> {
    let bar = Bar::new("dumping");
    let mut options = dump_options(plugins, codec);
    options.states = states.to_vec();
    options.progress = bar.progress();
    store.dump_with(runtime, &options)
}

fn dump_options(plugins: &Plugins, codec: &CodecChoice) -> DumpOptions {
    let mut options = DumpOptions::default();
    options.lazy = Lazy::from_environment();
    options.extensions = plugins.extensions();
    options.codec = codec.clone();
    options
}

impl StoreHandle {
    /// Writes the spaces to the store.
    pub(crate) fn dump(&mut self, m: &Mutator<'_>) -> Result<Report, Failure> {
        let Some(store) = &self.store else {
            return Err(Failure::new("command::no-store", "there is no store to dump into")
                .hint("name a directory: `:dump \"directory\"`"));
        };
        if self.access == Access::Read {
            let message = format!("the store `{}` was opened for reading", store.root().display());
            return Err(Failure::new("command::read-only", message)
                .hint("start with --dump, or name another directory: `:dump \"directory\"`"));
        }
        let (Some(patience), Some(runtime)) = (self.patience, self.runtime.upgrade()) else {
            let dumped = dump_watched(store, m.runtime(), &self.plugins, &self.codec, &[]);
            return self.told(dumped);
        };
        let mut options = dump_options(&self.plugins, &self.codec);
        let (store, position) = (Arc::clone(store), Arc::clone(&self.position));
        options.progress = Progress::to(move |done, total| {
            position[0].store(done, Ordering::Relaxed);
            position[1].store(total, Ordering::Relaxed);
        });
        let job = Box::new(move || store.dump_with(&runtime, &options));
        let begun = self.dumps.begin(job, patience, |wait| m.blocking(wait));
        let goes_on = |text: &str| Ok(Report::new(text, "dump", JsonUnderWay { is_done: false }));
        match begun {
            Begun::Done(dumped) => self.told(dumped),
            Begun::GoesOn => {
                goes_on("the dump goes on in the background; what you change now is not part of it")
            }
            Begun::Waits => goes_on("a dump is under way; when it is done, another one begins"),
            Begun::Failed => Err(lost_dump()),
        }
    }

    /// Tells of dumps that went on in the background and have ended since.
    pub(crate) fn tell_ended(&mut self, console: &mut Console) {
        while self.tell_next(Duration::ZERO, console).is_some() {}
    }

    /// Waits for the dumps that go on in the background, and shows how far they are. Returns whether all went well.
    pub(crate) fn finish_dumps(&mut self, console: &mut Console) -> bool {
        if !self.dumps.is_busy() {
            return true;
        }
        if !console.is_json() {
            console.line("waiting for the dump in the background to end");
            console.flush();
        }
        let mut is_well = true;
        while self.dumps.is_busy() {
            let bar = Bar::new("dumping");
            let mut ended = None;
            while ended.is_none() {
                let [done, total] = [0, 1].map(|at| self.position[at].load(Ordering::Relaxed));
                bar.show(done, total);
                ended = self.dumps.ended(STEP);
            }
            drop(bar);
            is_well &= ended.is_some_and(|ended| self.tell(ended, console));
        }
        is_well
    }

    /// Tells of the next dump that has ended within a time, if one has, and whether it went well.
    fn tell_next(&mut self, patience: Duration, console: &mut Console) -> Option<bool> {
        let ended = self.dumps.ended(patience)?;
        Some(self.tell(ended, console))
    }

    fn tell(&mut self, ended: Result<Result<DumpReport, DumpError>, ()>, console: &mut Console) -> bool {
        match ended.map_err(|()| lost_dump()).and_then(|dumped| self.told(dumped)) {
            Ok(report) => {
                report.tell(console);
                true
            }
            Err(failure) => {
                console.failure(&failure);
                false
            }
        }
    }

    /// Returns what is to be said of a dump into this store.
    fn told(&mut self, dumped: Result<DumpReport, DumpError>) -> Result<Report, Failure> {
        let root = self.store.as_ref().map_or(Path::new(""), |store| store.root());
        let report = dumped.map(|report| told(root, &report)).map_err(|error| undumped(root, &error))?;
        self.is_new = false;
        Ok(report)
    }

    /// Writes the spaces to the store in another directory, which is made if need be.
    pub(crate) fn dump_to(&mut self, m: &Mutator<'_>, directory: &Path) -> Result<Report, Failure> {
        if self.store.as_ref().is_some_and(|store| is_same(store.root(), directory)) {
            return self.dump(m);
        }
        let vfs = vfs();
        let store = match Store::open(&vfs, directory, Access::Write) {
            Err(OpenError::NoGeneration { .. }) if is_vacant(directory) => Store::create(&vfs, directory),
            opened => opened,
        };
        let store = store.map_err(|error| unopened(&error))?;
        let bar = Bar::new("dumping");
        let mut options = dump_options(&self.plugins, &self.codec);
        // What nobody here understands goes along.
        options.states = self.states.clone();
        options.progress = bar.progress();
        let dumped = store.dump_with(m.runtime(), &options);
        dumped.map(|report| told(directory, &report)).map_err(|error| undumped(directory, &error))
    }
}

/// Returns what is to be said of a dump.
fn told(root: &Path, report: &DumpReport) -> Report {
    let root = root.display().to_string();
    let mut text = format!("dumped {} objects in {} spaces to {root}", report.objects, report.spaces);
    if report.transient_references > 0 {
        text += &format!(
            "; {} references lead to transient objects and will be lost",
            report.transient_references
        );
    }
    let mirror = JsonDump::of(root, report);
    let problems = report.report.problems().iter().chain(report.generation.report.problems());
    let lines: Vec<String> =
        problems.map(ToString::to_string).chain(report.states.iter().filter_map(told_of_state)).collect();
    let lost =
        report.states.iter().filter(|state| matches!(state.fate, StateFate::Stale | StateFate::Failed));
    let missing = match lost.count() {
        0 => None,
        count => {
            Some(format!("the objects are dumped; {count} states of plugins could not be saved as they are"))
        }
    };
    Report::new(text, "dump", mirror).warn(&lines).missing(missing)
}

impl<'r> JsonDump<'r> {
    fn of(store: String, report: &'r DumpReport) -> JsonDump<'r> {
        let milliseconds = |time: Duration| (time.as_secs_f64() * 1e6).round() / 1e3;
        let state = |state: &'r SavedState| JsonState {
            id: &state.id,
            fate: fate(state.fate),
            message: state.message.as_deref(),
        };
        let Dumped { is_new, written, written_bytes, kept, .. } = report.generation;
        JsonDump {
            store,
            is_done: true,
            objects: report.objects,
            encoded: report.encoded,
            is_incremental: report.is_incremental,
            spaces: report.spaces,
            adopted: report.adopted,
            transient_references: report.transient_references,
            generation: JsonGeneration { is_new, written, written_bytes, kept },
            states: report.states.iter().map(state).collect(),
            pause_ms: milliseconds(report.pause),
            still_ms: milliseconds(report.still),
            duration_ms: milliseconds(report.duration),
        }
    }
}

fn fate(fate: StateFate) -> &'static str {
    match fate {
        StateFate::Saved => "saved",
        StateFate::Stale => "stale",
        StateFate::Carried => "carried",
        StateFate::Failed => "failed",
        _ => "unknown",
    }
}

/// Returns the failure of a dump whose thread could not be had, or is gone.
fn lost_dump() -> Failure {
    Failure::new("command::dump-lost", "the dump in the background has come to no end")
        .hint("the store is as it was; `:dump` again")
}

/// Returns what is to be said of a state that was not saved as it is.
fn told_of_state(state: &SavedState) -> Option<String> {
    let why = state.message.as_deref().unwrap_or("its plugin does not say why");
    match state.fate {
        StateFate::Stale => Some(format!("the state `{}` is kept as it was before: {why}", state.id)),
        StateFate::Failed => Some(format!("the state `{}` was not saved: {why}", state.id)),
        _ => None,
    }
}
