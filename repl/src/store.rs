//! The store that a session works on: which one, how it is opened, made, loaded and dumped.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use etcetera::BaseStrategy;
use rps_persist::layout::Layout;
use rps_persist::native::{DumpOptions, DumpReport, Lazy, LoadOptions, LoadReport};
use rps_persist::vfs::{RealVfs, Vfs};
use rps_persist::{
    Access, Code, CodecChoice, CommitError, DumpError, LoadError, OpenError, Progress, Report as Problems,
    SavedState, Severity, StateFate, Store,
};
use rps_runtime::change::Purpose;
use rps_runtime::extension::{DurabilityService, StateOutcome, StateSection};
use rps_runtime::{Mutator, ObjectRef, Runtime, known};
use serde::Serialize;

use crate::answer::Report;
use crate::background::{Background, Begun};
use crate::bootstrap;
use crate::console::Console;
use crate::durability::{self, Committer, Sync};
use crate::failure::Failure;
use crate::plugins::Plugins;
use crate::problem::{error_count, leading_code};
use crate::progress::Bar;

/// What a store is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Intent {
    /// To evaluate something: nothing is written, and no other process is in the way.
    Read,
    /// To dump at the end.
    Write,
    /// To work at the prompt, and perhaps to dump.
    Prompt,
}

/// The store of a session.
pub(crate) struct StoreHandle {
    /// Nothing when the objects are those of the embedded spaces, because no store could be made.
    store: Option<Arc<Store>>,
    access: Access,
    /// Whether the store comes into being with its first dump.
    is_new: bool,
    /// The objects.
    runtime: Weak<Runtime>,
    /// How long a dump is waited for, which goes on beside the prompt then; for nothing, it is waited for to its end.
    pub(crate) patience: Option<Duration>,
    dumps: Background<Result<DumpReport, DumpError>>,
    /// How far the dump is that goes on.
    position: Arc<[AtomicU64; 2]>,
    /// The plugins that the objects may need.
    plugins: Arc<Plugins>,
    /// How durable commits are.
    pub(crate) sync: Sync,
    /// How dumps are encoded.
    codec: CodecChoice,
    /// The states that were loaded and wait for the plugins that they belong to.
    states: Vec<StateSection>,
}

/// A dump that is not done yet, as JSON.
#[derive(Serialize)]
struct JsonUnderWay {
    is_done: bool,
}

/// How often a bar is drawn anew.
const STEP: Duration = Duration::from_millis(100);

/// A dump as JSON.
#[derive(Serialize)]
struct JsonDump {
    store: String,
    objects: usize,
    spaces: usize,
    adopted: usize,
    transient_references: usize,
}

/// Opens the store that is named, by the command line or by `RPS_STORE`, or the default one.
pub(crate) fn open(
    named: Option<&Path>,
    intent: Intent,
    plugins: &Arc<Plugins>,
    console: &mut Console,
) -> Result<(Runtime, StoreHandle), Failure> {
    match directory(named) {
        Some(directory) => open_at(&directory, intent, plugins, console),
        None => open_default(&default_directory()?, intent, plugins, console),
    }
}

/// Returns the store that is named, by the command line or by `RPS_STORE`.
pub(crate) fn directory(named: Option<&Path>) -> Option<PathBuf> {
    let variable = || std::env::var_os("RPS_STORE").filter(|value| !value.is_empty()).map(PathBuf::from);
    named.map(Path::to_path_buf).or_else(variable)
}

/// Opens a store to read it.
pub(crate) fn open_to_read(
    directory: &Path,
    plugins: &Arc<Plugins>,
    console: &mut Console,
) -> Result<(Runtime, StoreHandle), Failure> {
    open_at(directory, Intent::Read, plugins, console)
}

/// Returns the space where a session keeps what is new.
pub(crate) fn user_space(m: &Mutator<'_>) -> Option<ObjectRef> {
    let spaces = [bootstrap::USER_SPACE, known::INITIAL_SPACE];
    spaces.into_iter().find_map(|oid| m.object(oid).filter(|space| space.class().is_some()))
}

fn default_directory() -> Result<PathBuf, Failure> {
    let strategy = etcetera::choose_base_strategy().map_err(|error| {
        Failure::new("command::no-home", "there is no place for the default store")
            .detail(error.to_string())
            .hint("set HOME or XDG_DATA_HOME, or name a store by --store")
    })?;
    Ok(strategy.data_dir().join("repersys").join("store"))
}

/// Opens the default store, which is made the first time. Where that is impossible, reading goes on without it.
fn open_default(
    directory: &Path,
    intent: Intent,
    plugins: &Arc<Plugins>,
    console: &mut Console,
) -> Result<(Runtime, StoreHandle), Failure> {
    let vfs = vfs();
    let made = match Store::open(&vfs, directory, Access::Read) {
        Err(OpenError::NoGeneration { .. }) => make(&vfs, directory),
        Err(error) if error.as_code() == Code::NotADirectory => Err(unopened(&error)),
        _ => Ok(()),
    };
    if let (Err(failure), Intent::Read) = (&made, intent) {
        console.warn(failure);
        let runtime = bootstrap::load().map_err(|error| unloaded(Path::new("embedded"), &error))?;
        return Ok((runtime, StoreHandle::none(plugins)));
    }
    made?;
    open_at(directory, intent, plugins, console)
}

fn make(vfs: &Arc<dyn Vfs>, directory: &Path) -> Result<(), Failure> {
    let runtime = bootstrap::load().map_err(|error| unloaded(Path::new("embedded"), &error))?;
    match Store::create(vfs, directory) {
        Ok(store) => {
            let mut options = DumpOptions::default();
            options.lazy = Lazy::from_environment();
            store.dump_with(&runtime, &options).map(drop).map_err(|error| undumped(directory, &error))
        }
        // Another process was faster.
        Err(_) if Store::open(vfs, directory, Access::Read).is_ok() => Ok(()),
        Err(error) => Err(unopened(&error)),
    }
}

fn open_at(
    directory: &Path,
    intent: Intent,
    plugins: &Arc<Plugins>,
    console: &mut Console,
) -> Result<(Runtime, StoreHandle), Failure> {
    let vfs = vfs();
    let access = if intent == Intent::Read { Access::Read } else { Access::Write };
    match Store::open(&vfs, directory, access) {
        Ok(store) => load(store, access, plugins, console),
        Err(OpenError::NoGeneration { .. }) if access == Access::Write && is_vacant(directory) => {
            let store = Store::create(&vfs, directory).map_err(|error| unopened(&error))?;
            let runtime = bootstrap::load().map_err(|error| unloaded(Path::new("embedded"), &error))?;
            let mut handle = StoreHandle::new(Some(Arc::new(store)), access, plugins);
            handle.is_new = true;
            Ok((runtime, handle))
        }
        Err(error) if intent == Intent::Prompt && error.as_code() == Code::Locked => {
            console.warn(
                &unopened(&error)
                    .hint("the store is open for reading: `:dump` works to another directory only"),
            );
            let store = Store::open(&vfs, directory, Access::Read).map_err(|error| unopened(&error))?;
            load(store, Access::Read, plugins, console)
        }
        Err(error) => Err(unopened(&error)),
    }
}

/// Loads a store, and shows how far it is.
pub(crate) fn load_watched(store: &Store, plugins: &Plugins) -> Result<(Runtime, LoadReport), LoadError> {
    let bar = Bar::new("loading");
    let mut options = LoadOptions::default();
    options.lazy = Lazy::from_environment();
    options.extensions = plugins.extensions();
    options.progress = bar.progress();
    store.load_with(&options)
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

fn load(
    store: Store,
    access: Access,
    plugins: &Arc<Plugins>,
    console: &mut Console,
) -> Result<(Runtime, StoreHandle), Failure> {
    let (runtime, report) = load_watched(&store, plugins).map_err(|error| unloaded(store.root(), &error))?;
    for problem in report.report.problems().iter().filter(|problem| problem.severity == Severity::Warning) {
        console.warn(&problem_failure(problem));
    }
    let mut handle = StoreHandle::new(Some(Arc::new(store)), access, plugins);
    handle.states = report.states;
    Ok((runtime, handle))
}

impl StoreHandle {
    /// Returns the handle of a session without a store.
    pub(crate) fn none(plugins: &Arc<Plugins>) -> StoreHandle {
        StoreHandle::new(None, Access::Read, plugins)
    }

    fn new(store: Option<Arc<Store>>, access: Access, plugins: &Arc<Plugins>) -> StoreHandle {
        StoreHandle {
            store,
            access,
            is_new: false,
            runtime: Weak::new(),
            patience: None,
            dumps: Background::new(),
            position: Arc::default(),
            plugins: Arc::clone(plugins),
            sync: Sync::default(),
            codec: plugins.codec(),
            states: Vec::new(),
        }
    }

    /// Returns the plugins that the objects may need.
    pub(crate) fn plugins(&self) -> &Arc<Plugins> {
        &self.plugins
    }

    /// Makes a runtime the one that plugins work on, and gives them the states that the store has for them.
    pub(crate) fn attach(&mut self, runtime: &Arc<Runtime>, console: &mut Console) {
        self.plugins.attach(runtime);
        self.runtime = Arc::downgrade(runtime);
        let store = self.store.as_ref().map_or_else(Weak::new, Arc::downgrade);
        runtime.provide(DurabilityService(Arc::new(Committer { store, sync: self.sync })));
        for failure in self.restore_states() {
            console.warn(&failure);
        }
        let root = self.store.as_ref().map(|store| store.root().display().to_string());
        let event = serde_json::json!({ "store": root, "objects": runtime.object_count() });
        self.plugins.manager.emit("store.loaded", &event.to_string());
    }

    /// Gives plugins the states that the store has for them and that they have not got yet, and returns what is to be said
    /// of that.
    pub(crate) fn restore_states(&mut self) -> Vec<Failure> {
        let Some(store) = self.store.as_ref().filter(|_| !self.states.is_empty()) else { return Vec::new() };
        let restored = store.restore_states(&self.states, &*self.plugins.extensions());
        let is_absent = |id: &str| {
            let mut states = restored.states.iter();
            states.any(|state| state.id == id && state.outcome == StateOutcome::Absent)
        };
        self.states.retain(|section| is_absent(&section.id));
        restored.report.problems().iter().map(problem_failure).collect()
    }

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

    /// Makes what has changed since the last commit durable. A store that is not there yet comes into being by a dump.
    pub(crate) fn commit(&mut self, m: &Mutator<'_>) -> Result<Report, Failure> {
        let Some(store) = &self.store else {
            return Err(Failure::new(durability::NO_STORE, "there is no store to commit to")
                .hint("start with --store, or name a directory: `:dump \"directory\"`"));
        };
        match store.commit(m.runtime(), &self.sync.options()) {
            Ok(report) => Ok(durability::told(store, &report)),
            Err(CommitError::Unbased) => self.dump(m),
            Err(error) => Err(durability::uncommitted(&error)),
        }
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

    /// Loads a store to go on with: another one, or this one as it is on disk.
    pub(crate) fn load_again(
        &mut self,
        directory: Option<&Path>,
        console: &mut Console,
    ) -> Result<(Runtime, StoreHandle), Failure> {
        self.finish_dumps(console);
        match (directory, &self.store) {
            (Some(directory), Some(store)) if !is_same(store.root(), directory) => {
                open_at(directory, Intent::Prompt, &self.plugins, console)
            }
            (Some(directory), None) => open_at(directory, Intent::Prompt, &self.plugins, console),
            (_, None) => Err(Failure::new("command::no-store", "there is no store to load")),
            (_, Some(store)) => {
                let (runtime, report) =
                    load_watched(store, &self.plugins).map_err(|error| unloaded(store.root(), &error))?;
                let mut handle = StoreHandle::new(self.store.take(), self.access, &self.plugins);
                handle.sync = self.sync;
                handle.states = report.states;
                Ok((runtime, handle))
            }
        }
    }

    /// Returns whether a dump writes the store that was loaded.
    pub(crate) fn is_writable(&self) -> bool {
        self.store.is_some() && self.access == Access::Write
    }

    /// Returns the file of the prompt's history.
    pub(crate) fn history(&self) -> Option<PathBuf> {
        let store = self.store.as_ref().filter(|_| self.access == Access::Write)?;
        Some(Layout::new(store.root()).private().join("history"))
    }

    /// Returns whether anything changed that neither a dump nor a commit has made durable.
    pub(crate) fn is_changed(&self, m: &Mutator<'_>) -> bool {
        self.is_new || [Purpose::Commit, Purpose::Dump].into_iter().all(|purpose| m.is_changed(purpose))
    }

    /// Returns what people call the store.
    pub(crate) fn describe(&self) -> String {
        match &self.store {
            Some(store) => format!("store {}", store.root().display()),
            None => "no store".to_owned(),
        }
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
    let mirror = JsonDump {
        store: root,
        objects: report.objects,
        spaces: report.spaces,
        adopted: report.adopted,
        transient_references: report.transient_references,
    };
    let lines: Vec<String> = report
        .report
        .problems()
        .iter()
        .map(ToString::to_string)
        .chain(report.states.iter().filter_map(told_of_state))
        .collect();
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

/// Returns the file system of stores.
pub(crate) fn vfs() -> Arc<dyn Vfs> {
    Arc::new(RealVfs)
}

/// Returns whether a new store may be made there: nothing is in it but names that begin with a dot.
pub(crate) fn is_vacant(directory: &Path) -> bool {
    match std::fs::read_dir(directory) {
        Ok(entries) => entries.flatten().all(|entry| entry.file_name().to_string_lossy().starts_with('.')),
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    }
}

/// Returns the failure that a store was not opened.
pub(crate) fn unopened(error: &OpenError) -> Failure {
    with_causes(Failure::new(error.code(), error.to_string()), error).maybe_hint(error.hint())
}

/// Returns the failure that a store was not loaded, with everything that is wrong.
pub(crate) fn unloaded(directory: &Path, error: &LoadError) -> Failure {
    match error {
        LoadError::Open(error) => unopened(error),
        LoadError::Unsound(problems) => unsound(directory, problems).hint(remedy(problems)),
        error => with_causes(Failure::new(error.code(), error.to_string()), error).maybe_hint(error.hint()),
    }
}

/// What can be done about a store that is damaged.
pub(crate) const REPAIR: &str = "`rps check STORE --salvage` takes what is sound and keeps the rest aside, `rps restore STORE` \
                                 goes back to a previous generation; or mend the files, or take them from git or a backup";

/// Returns what to do about a store that is not sound.
pub(crate) fn remedy(problems: &Problems) -> &'static str {
    match leading_code(problems) {
        Code::CodecMissing => {
            "the files are whole: install or enable the plugin that has the codec; `rps plugin list` tells which \
             plugins there are"
        }
        _ => REPAIR,
    }
}

/// Returns the failure that a store has errors.
pub(crate) fn unsound(directory: &Path, problems: &Problems) -> Failure {
    let message = format!("the store `{}` has {}", directory.display(), error_count(problems));
    let failure = Failure::new(leading_code(problems).as_str(), message);
    problems.problems().iter().fold(failure, Failure::problem)
}

/// Returns the failure that a dump was given up.
pub(crate) fn undumped(directory: &Path, error: &DumpError) -> Failure {
    let failure = with_causes(Failure::new(error.code(), error.to_string()), error);
    failure.detail(format!("the store `{}` is as it was", directory.display())).maybe_hint(error.hint())
}

fn problem_failure(problem: &rps_persist::Problem) -> Failure {
    let place = problem.place.map_or_else(String::new, |place| format!(":{}:{}", place.line, place.column));
    let object = problem.oid.map_or_else(String::new, |oid| format!(" (object {oid})"));
    Failure::new(problem.code.as_str(), problem.message.to_string())
        .detail(format!("{}{place}{object}", problem.file.display()))
        .maybe_hint(problem.hint.as_ref().map(ToString::to_string))
}

/// Adds what the error says of its causes.
pub(crate) fn with_causes(mut failure: Failure, error: &dyn std::error::Error) -> Failure {
    let mut cause = error.source();
    while let Some(error) = cause {
        failure = failure.detail(error.to_string());
        cause = error.source();
    }
    failure
}

fn is_same(a: &Path, b: &Path) -> bool {
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    a == b || real(a).is_some_and(|a| Some(a) == real(b))
}
