//! Salvage: what is sound in a damaged store becomes a sound store again, and nothing is thrown away.
//!
//! What could not be taken goes to `.rps/quarantine/<number>/`, verbatim, with a list that says of each part which file
//! and lines it is from, which object it is, and what is wrong; the damaged generation itself goes to `.rps/previous`.
//! Nothing is written before the whole result was loaded and found sound, exactly as `rps check` does it.
//!
//! In the order to read:
//!
//! - `sources`: all files of the generation, what the manifest says of them, and where their originals are;
//! - `legible`: what can still be read in a damaged manifest;
//! - `pieces`: the records of a damaged file, one by one;
//! - `draft`: the store that is being put together, object by object, each with the records that it may be made of;
//! - `mend`: what is done about a problem that a load of the draft finds;
//! - `quarantine`: where everything goes that is in no record of the draft;
//! - [`Commits`]: what becomes of the journal;
//! - this file: the order of all that.
//!
//! # Rules
//!
//! 1. A record that is sound is taken, whatever is around it.
//! 2. Of several records for one object that of the file which is as the manifest describes it is taken, else the first.
//! 3. Where a previous generation still has the very file that the manifest describes, a damaged record is taken from it.
//! 4. What was committed since the last dump counts more than what the dump wrote, if the journal can be read and belongs to
//!    the generation by its manifest.
//! 5. An object of which no record is left is lost. A reference to it becomes a transient reference, which finds the
//!    object again when it comes back. What can not do without it (its instances, if it is a class; the keys of
//!    attributes) gets a stand-in with its oid: that is what a dump would make of a transient object there.

pub(crate) mod commits;
mod draft;
mod legible;
mod mend;
mod pieces;
pub(crate) mod quarantine;
mod sources;

pub use commits::Commits;

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rps_runtime::Oid;

use crate::error::{DumpError, FileError, LoadError, LockError, OpenError};
use crate::generation::{self, Dumped, GenerationReader, GenerationWriter};
use crate::journal::{self, Select};
use crate::layout::Layout;
use crate::lock::WriterLock;
use crate::manifest::Manifest;
use crate::native::{self, Lazy, LoadOptions, Overlay};
use crate::text::Limits;
use crate::vfs::{self, FileKind, LockMode, Vfs};
use crate::{Code, CodecChoice, Place, Problem, Report, Severity, check_with};

/// How to salvage.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct SalvageOptions {
    /// How the result is loaded to see that it is sound.
    pub load: LoadOptions,
    /// How the files of the result are encoded; by default as they are.
    pub codec: CodecChoice,
    /// Only tells what would be done.
    pub is_dry_run: bool,
}

/// What was salvaged, or would be.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Salvaged {
    /// What a check says of the store before.
    pub found: Report,
    /// What is done about it, in the order of files and lines. Nothing where the store is sound.
    pub items: Vec<Item>,
    /// How many objects the store has afterwards, stand-ins among them.
    pub objects: usize,
    /// How many spaces they are in.
    pub spaces: usize,
    /// How many objects are as they were.
    pub unchanged: usize,
    /// The commits since the last dump, which are part of the result or, if they can not be read or belong to another
    /// generation, are not. The journal is put aside in either case.
    pub commits: Option<Commits>,
    /// Where what could not be taken is, in the directory of the store.
    pub quarantine: Option<PathBuf>,
    /// What happened to the files; nothing in a dry run.
    pub generation: Option<Dumped>,
}

/// Something that is done about a part of a damaged store.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Item {
    /// What is done.
    pub fate: Fate,
    /// The file, relative to the store.
    pub file: PathBuf,
    /// The first and the last line.
    pub lines: Option<(u32, u32)>,
    /// The object.
    pub oid: Option<Oid>,
    /// What is wrong.
    pub code: Code,
    /// What is wrong, in words.
    pub message: Box<str>,
    /// Where the part is on its own, in the directory of the quarantine.
    pub part: Option<PathBuf>,
    /// The bytes of the part.
    pub(crate) content: Vec<u8>,
}

/// What is done about a part of a damaged store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Fate {
    /// It is in quarantine, and nothing stands for it.
    Quarantined,
    /// It is in quarantine, and a record of the original file, as a previous generation has it, was taken.
    Replaced,
    /// It was taken with a change; the original is in quarantine.
    Changed,
    /// Nothing was there to be taken: a stand-in was made.
    StandIn,
    /// It was taken as it is, from a file that is not as it must be; the file is in quarantine.
    Taken,
    /// It was made anew from other files.
    Rebuilt,
}

/// Why nothing was salvaged. The store is as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SalvageError {
    /// An operation on files failed.
    #[error(transparent)]
    File(#[from] FileError),
    /// Another process has the store.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// There is no store, or what an interrupted dump left can not be finished.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The new generation could not be written.
    #[error(transparent)]
    Dump(#[from] DumpError),
    /// Files that are whole, but that this program can not read here.
    #[error("{}: {}", crate::report::Slashed(&.0.file), .0.message)]
    Unreadable(Box<Problem>),
    /// Problems for which there is no remedy here.
    #[error("there is no way to take the store without them\n{0}")]
    Stuck(Report),
}

impl Fate {
    /// Returns the word for it in lists.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Quarantined => "quarantined",
            Self::Replaced => "replaced",
            Self::Changed => "changed",
            Self::StandIn => "stand-in",
            Self::Taken => "taken",
            Self::Rebuilt => "rebuilt",
        }
    }
}

impl Item {
    fn new(fate: Fate, file: impl Into<PathBuf>, code: Code, message: impl Into<Box<str>>) -> Self {
        let (file, message) = (file.into(), message.into());
        Self { fate, file, lines: None, oid: None, code, message, part: None, content: Vec::new() }
    }

    fn of_problem(fate: Fate, problem: &Problem) -> Self {
        let line = |place: Place| (place.line, place.line);
        Self {
            lines: problem.place.map(line),
            oid: problem.oid,
            ..Self::new(fate, &problem.file, problem.code, problem.message.clone())
        }
    }
}

impl SalvageError {
    /// Returns the stable code.
    #[must_use]
    pub fn code(&self) -> Code {
        match self {
            Self::File(error) => error.code(),
            Self::Lock(error) => error.as_code(),
            Self::Open(error) => error.as_code(),
            Self::Dump(error) => error.as_code(),
            Self::Unreadable(problem) => problem.code,
            Self::Stuck(report) => report.problems().first().map_or(Code::Io, |problem| problem.code),
        }
    }

    /// Returns what one can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::File(error) => error.code().hint().map(str::to_owned),
            Self::Lock(LockError::Held { .. }) => {
                Some("close the store there first: a salvage replaces what it holds".to_owned())
            }
            Self::Lock(error) => error.hint(),
            Self::Open(error) => error.hint(),
            Self::Dump(error) => error.hint(),
            Self::Unreadable(problem) => problem.hint.as_deref().map(str::to_owned),
            Self::Stuck(_) => Some("mend the files by hand, or go back with `rps restore`".to_owned()),
        }
    }
}

/// Makes a sound store of what is sound in a damaged one, in one step, and puts everything else into quarantine.
///
/// # Errors
///
/// See [`SalvageError`]; the store is as it was, then.
pub fn salvage(vfs: &Arc<dyn Vfs>, root: &Path, options: &SalvageOptions) -> Result<Salvaged, SalvageError> {
    let layout = Layout::new(root);
    require_spaces(&**vfs, &layout)?;
    if options.is_dry_run {
        refuse_if_locked(&**vfs, &layout)?;
        let redo = set_bad_redo_aside(&**vfs, &layout, true)?;
        let mut salvaged = Plan::make(vfs, &layout, options)?.salvaged;
        salvaged.items.splice(0..0, redo);
        return Ok(salvaged);
    }
    let lock = WriterLock::acquire(vfs, root)?;
    let redo = set_bad_redo_aside(&**vfs, &layout, false)?;
    generation::recover(&lock)?;
    let mut plan = Plan::make(vfs, &layout, options)?;
    if !plan.salvaged.items.is_empty() {
        plan.carry_out(&lock)?;
    }
    plan.salvaged.items.splice(0..0, redo);
    Ok(plan.salvaged)
}

/// A sound generation, in memory, and what is to be said of how it came about.
struct Plan {
    salvaged: Salvaged,
    /// The files of the generation, the manifest left out.
    files: Vec<(String, vfs::Bytes)>,
    manifest: Manifest,
    /// The manifest of the damaged generation, if there is one.
    before: Vec<u8>,
    /// The files of the damaged generation that go into quarantine as they are: where they are, and under which name.
    damaged: Vec<(PathBuf, String)>,
}

impl Plan {
    fn make(vfs: &Arc<dyn Vfs>, layout: &Layout, options: &SalvageOptions) -> Result<Self, SalvageError> {
        let load = LoadOptions { lazy: Lazy::Never, ..options.load.clone() };
        let before = commits::manifest(&**vfs, layout);
        let found = found(vfs, layout, &load);
        if let Some(problem) = found.problems().iter().find(|problem| problem.code == Code::JournalFormat) {
            return Err(SalvageError::Unreadable(Box::new(problem.clone())));
        }
        let sources = sources::Sources::gather(&**vfs, layout, &load)?;
        let codec = sources.codec(&options.codec);
        let overlay = committed(&**vfs, layout, &before);
        let is_taken = !overlay.is_empty();
        let mut draft = draft::Draft::new(sources, overlay);
        let loads = mend::until_sound(&mut draft, &load)?;
        let result = draft.dumped(&load, &codec)?;
        let mut items = draft.items();
        if items.is_empty() {
            // Such as a count: what is wrong is in the manifest alone, which is written anew.
            let errors = found.problems().iter().filter(|problem| problem.severity == Severity::Error);
            items = errors.map(|problem| Item::of_problem(Fate::Rebuilt, problem)).collect();
        }
        let key = |item: &Item| (item.file.clone(), item.lines, item.oid, item.fate, item.code);
        items.sort_by_cached_key(key);
        let damaged = draft.sources.damaged(&items);
        let commits = match items.is_empty() {
            true => None,
            false
                if found
                    .codes()
                    .iter()
                    .any(|code| matches!(code, Code::JournalDamaged | Code::JournalGap)) =>
            {
                Some(Commits::default())
            }
            false => commits::foreign(&**vfs, layout, &before, &result.manifest.to_bytes())?
                .map(|commits| Commits { is_taken, ..commits }),
        };
        let salvaged = Salvaged {
            found,
            commits,
            objects: loads.objects,
            spaces: loads.spaces,
            unchanged: draft.unchanged(),
            items,
            ..Salvaged::default()
        };
        Ok(Self { salvaged, files: result.files, manifest: result.manifest, damaged, before })
    }

    /// Writes the quarantine, then the generation. If the latter fails, the former is taken back.
    fn carry_out(&mut self, lock: &WriterLock) -> Result<(), SalvageError> {
        let (vfs, layout) = (&**lock.vfs(), lock.layout());
        let place = quarantine::write(vfs, layout, &mut self.salvaged.items, &self.damaged)?;
        let written = self.write(lock);
        if written.is_err() {
            // What is in there is still where it was.
            let _ = vfs.remove_dir_all(&place);
        }
        let mut dumped = written?;
        if let Some(commits) = &mut self.salvaged.commits {
            match commits::set_aside(vfs, layout, &place, &self.before) {
                Ok(place) => commits.place = Some(place),
                // The next opening says that the journal is that of another generation: nothing is lost.
                Err(error) => {
                    dumped.report.push(Problem::warning(error.code(), ".rps/journal", error.to_string()));
                }
            }
        }
        self.salvaged.generation = Some(dumped);
        let relative = place.strip_prefix(layout.root()).unwrap_or(&place).to_path_buf();
        self.salvaged.quarantine = Some(relative);
        Ok(())
    }

    fn write(&self, lock: &WriterLock) -> Result<Dumped, DumpError> {
        let writer = GenerationWriter::begin(lock)?.into_repair();
        for (path, content) in &self.files {
            let mut file = writer.write_file(path)?;
            file.write_all(content).map_err(FileError::of("write", Path::new(path)))?;
            file.finish()?;
        }
        writer.commit(&self.manifest)
    }
}

/// Returns what was committed to the generation with a manifest, if that can be read, and nothing else: commits to another one
/// would say something else here.
fn committed(vfs: &dyn Vfs, layout: &Layout, manifest: &[u8]) -> Overlay {
    let chain = journal::read(vfs, layout, Select::Of(&blake3::hash(manifest)));
    chain.and_then(Overlay::read).unwrap_or_default()
}

/// Returns what a check says. A journal that can not be replayed does not hide what is wrong with the generation.
fn found(vfs: &Arc<dyn Vfs>, layout: &Layout, options: &LoadOptions) -> Report {
    let mut report = check_with(vfs, layout.root(), options);
    let is_of_journal = |code: &Code| {
        matches!(code, Code::JournalDamaged | Code::JournalGap | Code::JournalOtherBase | Code::JournalFormat)
    };
    if report.codes().iter().any(is_of_journal)
        && let Ok(generation) = GenerationReader::open(vfs, layout.root())
        && let Err(LoadError::Unsound(more)) =
            native::load(&Arc::new(generation), &Overlay::default(), options, false)
    {
        report.merge(more);
    }
    report
}

/// Makes sure that there is a generation, even if nothing in it is sound.
fn require_spaces(vfs: &dyn Vfs, layout: &Layout) -> Result<(), OpenError> {
    for dir in [layout.root().to_path_buf(), layout.spaces()] {
        match vfs.metadata(&dir) {
            Ok(metadata) if metadata.kind == FileKind::Dir => {}
            Ok(_) => return Err(FileError::of("open", &dir)(io::ErrorKind::NotADirectory.into()).into()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let is_interrupted = vfs.metadata(&layout.redo()).is_ok();
                if !is_interrupted {
                    return Err(OpenError::NoGeneration { path: layout.root().to_path_buf() });
                }
            }
            Err(error) => return Err(FileError::of("look at", &dir)(error).into()),
        }
    }
    Ok(())
}

/// Makes sure that nobody writes to the store, without writing anything.
fn refuse_if_locked(vfs: &dyn Vfs, layout: &Layout) -> Result<(), SalvageError> {
    match vfs.lock(&layout.lock(), LockMode::Exclusive) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
            let pid = crate::lock::holder(vfs, &layout.lock());
            Err(LockError::Held { path: layout.root().to_path_buf(), pid }.into())
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(FileError::of("lock", &layout.lock())(error).into()),
    }
}

/// Takes away the record of an interrupted dump that nobody can understand, if there is a generation all the same.
fn set_bad_redo_aside(
    vfs: &dyn Vfs,
    layout: &Layout,
    is_dry_run: bool,
) -> Result<Option<Item>, SalvageError> {
    let Some((detail, content)) = generation::bad_redo(vfs, layout)? else { return Ok(None) };
    if vfs.metadata(&layout.spaces()).is_err() {
        return Err(OpenError::BadRedo { path: layout.redo(), detail }.into());
    }
    let name = format!("redo.{}", &blake3::hash(&content).to_hex()[..16]);
    let message = format!("the record of an interrupted dump can not be understood: {detail}");
    let mut item = Item::new(Fate::Quarantined, ".rps/redo", Code::BadRecord, message);
    item.part = Some(name.clone().into());
    if !is_dry_run {
        let dir = layout.quarantine();
        vfs::create_dirs(vfs, &dir).map_err(FileError::of("make the directory", &dir))?;
        vfs.rename(&layout.redo(), &dir.join(name)).map_err(FileError::of("rename", &layout.redo()))?;
        for dir in [dir, layout.private()] {
            vfs.sync_dir(&dir).map_err(FileError::of("sync the directory", &dir))?;
        }
    }
    Ok(Some(item))
}

/// Turns the failure of a load in memory into one of salvaging.
fn in_memory(error: LoadError) -> SalvageError {
    match error {
        LoadError::Open(error) => SalvageError::Open(error),
        LoadError::File(error) => SalvageError::File(error),
        LoadError::Unsound(report) => SalvageError::Stuck(report),
        error => {
            let problem = Problem::error(error.as_code(), "spaces", error.to_string());
            SalvageError::Stuck(Report::from_iter([problem]))
        }
    }
}

fn read_manifest(path: &Path, bytes: &[u8], limits: &Limits) -> Option<Manifest> {
    Manifest::read(path, bytes, limits).ok().map(|(manifest, _)| manifest)
}
