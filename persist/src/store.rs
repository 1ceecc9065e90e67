//! A store as its users see it: open it, load it, dump into it, check it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use rps_runtime::Runtime;
use rps_runtime::change::{Owner, Purpose};
use rps_runtime::extension::{Extensions, StateSection};

use crate::error::{DumpError, FileError, LoadError, OpenError};
use crate::generation::{self, GenerationReader, Looks};
use crate::journal::{self, CommitError, CommitReport, Journal, JournalError, Select};
use crate::layout::{Layout, MANIFEST};
use crate::lock::WriterLock;
use crate::native::{
    self, CommitOptions, DumpOptions, DumpReport, Lazy, LoadOptions, LoadReport, Memory, Overlay, Replay,
    Target,
};
use crate::snapshot;
use crate::state::{self, StatesRestored, Unrestored};
use crate::text::Limits;
use crate::vfs::memory::MemoryVfs;
use crate::vfs::{self, FileKind, Vfs};
use crate::{Problem, Report, Severity};

/// What a store is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// To be loaded: any number of processes may, also while another one writes.
    Read,
    /// To be loaded and dumped: one process at a time may.
    Write,
}

/// An open store.
///
/// ```
/// # use std::{path::Path, sync::Arc};
/// # use rps_persist::{Access, Store, vfs::{Vfs, memory::MemoryVfs}};
/// # use rps_runtime::Runtime;
/// let vfs: Arc<dyn Vfs> = Arc::new(MemoryVfs::new());
/// let store = Store::create(&vfs, Path::new("/mine"))?;
/// store.dump(&Runtime::new())?;
/// drop(store);
/// let (runtime, report) = Store::open(&vfs, Path::new("/mine"), Access::Read)?.load()?;
/// assert_eq!(report.objects, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Store {
    vfs: Arc<dyn Vfs>,
    root: PathBuf,
    held: Held,
    /// By this a runtime knows the store whose account of changes it keeps.
    owner: Owner,
    /// The states that plugins have not restored since the store was loaded.
    unrestored: Unrestored,
    /// What is known of the generation that was loaded or dumped last, for the next dump to go on from. Held by a dump from
    /// its beginning to its end.
    memory: Mutex<Option<Memory>>,
}

/// What keeps others from taking away what is open.
#[derive(Debug)]
enum Held {
    Generation(Box<Reader>),
    Lock(Box<Writer>),
}

/// What a store has that is open for reading: one generation, and what had been committed to it.
#[derive(Debug)]
pub(crate) struct Reader {
    pub(crate) generation: Arc<GenerationReader>,
    pub(crate) overlay: Overlay,
}

/// What a store has that is open for writing.
#[derive(Debug)]
struct Writer {
    lock: WriterLock,
    journal: Journal,
}

/// A dump that replaces the generation while its journal is read makes a reader begin again; a store can not be dumped
/// this many times in a row while a few files are read.
const ATTEMPTS: usize = 100;

/// An error that comes as many times in a row is one.
const SURE_AFTER: usize = 5;

impl Reader {
    /// Opens the current generation with what was committed to it.
    ///
    /// Nothing keeps a writer from replacing the generation meanwhile and from removing the journal. So whatever was read
    /// of it counts if the generation is still the current one after that.
    pub(crate) fn open(vfs: &Arc<dyn Vfs>, root: &Path) -> Result<Reader, OpenError> {
        let mut attempts = 0;
        loop {
            attempts += 1;
            let generation = Arc::new(GenerationReader::open(vfs, root)?);
            let overlay = overlay_of(&**vfs, &Layout::new(root), &generation);
            // A dump that changes nothing keeps the generation, and still begins the journal anew: what goes wrong once may
            // be no more than that.
            let is_sure = overlay.is_ok() || attempts >= SURE_AFTER;
            if generation.is_current() && is_sure || attempts == ATTEMPTS {
                return Ok(Reader { generation, overlay: overlay? });
            }
            std::thread::yield_now();
        }
    }
}

/// Returns what was committed to a generation. What is wrong with its manifest, loading says.
fn overlay_of(
    vfs: &dyn Vfs,
    layout: &Layout,
    generation: &GenerationReader,
) -> Result<Overlay, JournalError> {
    if !journal::has_segments(vfs, layout)? {
        return Ok(Overlay::default());
    }
    match manifest_of(generation)? {
        Some(manifest) => Overlay::read(journal::read(vfs, layout, Select::Of(&manifest))?),
        None => Ok(Overlay::default()),
    }
}

/// Returns the hash of a generation's manifest, if it has one.
///
/// # Errors
///
/// Those of reading: to go on without it would be to go on without what was committed.
fn manifest_of(generation: &GenerationReader) -> Result<Option<blake3::Hash>, JournalError> {
    match generation.read(MANIFEST) {
        Ok(bytes) => Ok(Some(blake3::hash(&bytes))),
        Err(LoadError::File(error)) if error.source.kind() != io::ErrorKind::NotFound => Err(error.into()),
        Err(_) => Ok(None),
    }
}

impl Writer {
    /// Returns the commits to replay on top of a generation, and the hash of its manifest, if that can be read.
    fn overlay(
        &self,
        generation: &GenerationReader,
        replay: Replay,
    ) -> Result<(Option<blake3::Hash>, Overlay), JournalError> {
        let manifest = manifest_of(generation)?;
        let select = match (replay, &manifest) {
            (Replay::All, _) => Select::All,
            (Replay::Own, Some(manifest)) => Select::Of(manifest),
            (Replay::Own, None) | (Replay::Nothing, _) => return Ok((manifest, Overlay::default())),
        };
        let chain = journal::read(&**self.lock.vfs(), self.lock.layout(), select)?;
        Ok((manifest, Overlay::read(chain)?))
    }

    fn held(lock: WriterLock) -> Held {
        let journal = Journal::new(lock.vfs(), lock.layout());
        Held::Lock(Box::new(Writer { lock, journal }))
    }
}

impl Store {
    /// Makes a store in a directory that holds none, and opens it for writing. It comes into being with its first dump.
    ///
    /// # Errors
    ///
    /// [`OpenError::File`] when there is a store already, [`OpenError::Lock`] when another process is making one, and
    /// those of making the directory.
    pub fn create(vfs: &Arc<dyn Vfs>, root: &Path) -> Result<Store, OpenError> {
        let lock = WriterLock::acquire(vfs, root)?;
        generation::recover(&lock)?;
        let spaces = lock.layout().spaces();
        if !vfs::is_absent(&**vfs, &spaces).map_err(FileError::of("look at", &spaces))? {
            return Err(FileError::of("make a store where one is:", root)(
                io::ErrorKind::AlreadyExists.into(),
            )
            .into());
        }
        Ok(Store {
            vfs: Arc::clone(vfs),
            root: root.to_path_buf(),
            held: Writer::held(lock),
            owner: Owner::default(),
            unrestored: Unrestored::default(),
            memory: Mutex::default(),
        })
    }

    /// Opens the store in a directory. For writing, what an interrupted dump left is finished or removed first.
    ///
    /// # Errors
    ///
    /// [`OpenError::NoGeneration`] where no store is, [`OpenError::Lock`] when another process writes to it.
    pub fn open(vfs: &Arc<dyn Vfs>, root: &Path, access: Access) -> Result<Store, OpenError> {
        require_store(&**vfs, root)?;
        let held = match access {
            Access::Read => Held::Generation(Box::new(Reader::open(vfs, root)?)),
            Access::Write => {
                let lock = WriterLock::acquire(vfs, root)?;
                generation::recover(&lock)?;
                Writer::held(lock)
            }
        };
        Ok(Store {
            vfs: Arc::clone(vfs),
            root: root.to_path_buf(),
            held,
            owner: Owner::default(),
            unrestored: Unrestored::default(),
            memory: Mutex::default(),
        })
    }

    /// Returns the directory of the store.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Loads the store into a fresh runtime.
    ///
    /// # Errors
    ///
    /// [`LoadError::Unsound`] with everything that is wrong.
    pub fn load(&self) -> Result<(Runtime, LoadReport), LoadError> {
        self.load_with(&LoadOptions::default())
    }

    /// Loads the store into a fresh runtime, with options.
    ///
    /// The states of plugins are in the report. From now on a dump into this store replaces none of them before
    /// [`Store::restore_states`] has given it to its plugin: what a plugin has not seen, it can not have developed.
    ///
    /// # Errors
    ///
    /// As [`Store::load`].
    pub fn load_with(&self, options: &LoadOptions) -> Result<(Runtime, LoadReport), LoadError> {
        let mut looks = None;
        let loaded = match &self.held {
            Held::Generation(reader) => native::load(&reader.generation, &reader.overlay, options, false)?,
            Held::Lock(writer) => {
                let generation = Arc::new(GenerationReader::open(&self.vfs, &self.root)?);
                looks = Looks::of(&generation);
                let (manifest, overlay) = writer.overlay(&generation, options.replay)?;
                let loaded = native::load(&generation, &overlay, options, true)?;
                if let (Some(manifest), Replay::Own) = (manifest, options.replay) {
                    writer.journal.continue_after(manifest, overlay.chain());
                }
                loaded
            }
        };
        Ok(self.loaded(loaded, options, looks))
    }

    /// Loads the store with commits that are not in its journal. A dump encodes all objects, then.
    ///
    /// # Errors
    ///
    /// As [`Store::load`].
    pub(crate) fn load_over(
        &self,
        options: &LoadOptions,
        overlay: &Overlay,
    ) -> Result<(Runtime, LoadReport), LoadError> {
        let generation = Arc::new(GenerationReader::open(&self.vfs, &self.root)?);
        let loaded = native::load(&generation, overlay, options, true)?;
        let loaded = self.loaded(loaded, options, None);
        *self.memory.lock() = None;
        Ok(loaded)
    }

    /// Remembers what was loaded, for the next dump.
    fn loaded(
        &self,
        loaded: (Runtime, LoadReport),
        options: &LoadOptions,
        looks: Option<Looks>,
    ) -> (Runtime, LoadReport) {
        self.unrestored.replace(&loaded.1.states, options.accept_changed_files);
        let (runtime, report) = &loaded;
        let is_as_dumped = !options.accept_changed_files
            && !report.names_stored_as_transient
            && report.report.problems().iter().all(|problem| problem.severity != Severity::Lenient);
        let is_writer = matches!(self.held, Held::Lock(_));
        // Who only reads has nothing to keep account of.
        let mark = runtime.enter(|m| {
            let _ = is_writer && m.belongs_to(&self.owner);
            m.mark(Purpose::Dump)
        });
        *self.memory.lock() =
            report.manifest_hash.map(|manifest| Memory::loaded(manifest, is_as_dumped, looks, mark));
        if !report.is_lazy && !options.accept_changed_files {
            // The next opening is fast, then.
            self.make_snapshot(options.lazy, report.objects, &*options.extensions);
        }
        loaded
    }

    /// Restores states that were loaded from this store: all of them, or those of plugins that came later.
    ///
    /// A state whose version its plugin does not know is put aside into `.rps/rejected`, and a dump saves what the plugin
    /// begins with instead. What a plugin fails to restore, or what no plugin has, stays as it is in the store.
    pub fn restore_states(&self, sections: &[StateSection], extensions: &dyn Extensions) -> StatesRestored {
        let writable = match &self.held {
            Held::Lock(writer) => Some((&*self.vfs, writer.lock.layout())),
            Held::Generation(_) => None,
        };
        state::restore(sections, extensions, &self.unrestored, writable)
    }

    /// Gives up the state that a plugin failed to restore: it is put aside into `.rps/rejected`, and the next dump saves
    /// what the plugin has now. Returns where it is, or nothing if the store has no such state.
    ///
    /// # Errors
    ///
    /// Those of reading, and of putting it aside; nothing is given up, then.
    pub fn discard_state(&self, id: &str) -> Result<Option<PathBuf>, LoadError> {
        let Held::Lock(writer) = &self.held else {
            let refused = io::Error::new(io::ErrorKind::PermissionDenied, "the store was opened for reading");
            return Err(FileError::of("put a state aside in", &self.root)(refused).into());
        };
        let path = state::path_of(id);
        let generation = GenerationReader::open(&self.vfs, &self.root)?;
        let content = match generation.read(&path) {
            Ok(content) => content,
            Err(LoadError::File(error)) if error.source.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let place = state::put_aside(&*self.vfs, writer.lock.layout(), &path, &content)?;
        self.unrestored.remove(id);
        Ok(Some(place))
    }

    /// Makes what has changed since the last commit durable: when this returns, the next opening finds it.
    ///
    /// Threads that commit at the same time share a commit. It shows one moment, between transactions.
    ///
    /// # Errors
    ///
    /// Those of writing; [`CommitError::OtherStore`] if the runtime belongs to another store; [`CommitError::Unbased`] before the first dump of a store that was not loaded. The store is as it
    /// was, then, and the next commit or dump will hold the changes.
    pub fn commit(&self, runtime: &Runtime, options: &CommitOptions) -> Result<CommitReport, CommitError> {
        match &self.held {
            Held::Lock(_) if !runtime.enter(|m| m.belongs_to(&self.owner)) => Err(CommitError::OtherStore),
            Held::Lock(writer) => native::commit(runtime, &writer.journal, options),
            Held::Generation(_) => Err(CommitError::ReadOnly),
        }
    }

    /// Dumps a runtime into the store, which then holds what the runtime's spaces hold, and nothing else.
    ///
    /// What it writes is the graph at one moment, whatever other threads change meanwhile; they are not stopped. If another
    /// thread is dumping into the store, this one waits. If the store holds what the runtime was loaded from or last dumped
    /// to, only what changed since is encoded and written.
    ///
    /// A runtime belongs to the store that it was loaded from for writing, or else first dumped into, as long as that is
    /// open. A dump into another one makes a copy: all objects are written, and what changed counts as not dumped and not
    /// committed after it, too.
    ///
    /// # Errors
    ///
    /// Those of locking and writing; the store is as it was, then.
    pub fn dump(&self, runtime: &Runtime) -> Result<DumpReport, DumpError> {
        self.dump_with(runtime, &DumpOptions::default())
    }

    /// Dumps a runtime into the store, with options.
    ///
    /// # Errors
    ///
    /// As [`Store::dump`].
    pub fn dump_with(&self, runtime: &Runtime, options: &DumpOptions) -> Result<DumpReport, DumpError> {
        match &self.held {
            Held::Lock(writer) => {
                // Before anything is waited for that another thread may hold while it waits for the transaction.
                if runtime.enter(|m| !m.can_freeze()) {
                    return Err(DumpError::InTransaction);
                }
                let free = self.memory.try_lock();
                let mut memory = free.unwrap_or_else(|| runtime.enter(|m| m.blocking(|| self.memory.lock())));
                let Writer { lock, journal } = &**writer;
                let target = Target { lock, journal, owner: &self.owner, unrestored: &self.unrestored };
                let dumped = native::dump(runtime, &target, options, &mut memory)?;
                let make = || self.make_snapshot(options.lazy, dumped.objects, &*options.extensions);
                runtime.enter(|m| native::aside(m, make));
                Ok(dumped)
            }
            Held::Generation(_) => {
                let refused =
                    io::Error::new(io::ErrorKind::PermissionDenied, "the store was opened for reading");
                Err(FileError::of("dump into", &self.root)(refused).into())
            }
        }
    }

    /// Makes the snapshot of the current generation, if a store of so many objects is to have one.
    fn make_snapshot(&self, lazy: Lazy, objects: usize, extensions: &dyn Extensions) {
        if let Held::Lock(writer) = &self.held
            && lazy.applies_to(objects as u64)
        {
            // It is a cache: without it, the next opening is an ordinary load.
            let _ = snapshot::make(&self.vfs, writer.lock.layout(), extensions, &Limits::default());
        }
    }
}

/// Returns everything that is wrong with the store in a directory, without changing anything.
pub fn check(vfs: &Arc<dyn Vfs>, root: &Path) -> Report {
    check_with(vfs, root, &LoadOptions::default())
}

/// Returns everything that is wrong with the store in a directory when it is loaded so, without changing anything. It is
/// never opened by its snapshot, which would show nothing of what is wrong.
pub fn check_with(vfs: &Arc<dyn Vfs>, root: &Path, options: &LoadOptions) -> Report {
    let opened = Store::open(vfs, root, Access::Read).map_err(LoadError::from);
    let options = LoadOptions { lazy: Lazy::Never, ..options.clone() };
    let loaded = opened.and_then(|store| store.load_with(&options));
    match loaded {
        Ok((_, found)) => found.report,
        Err(LoadError::Unsound(report)) => report,
        Err(error) => {
            let mut problem = Problem::error(error.as_code(), root, error.to_string());
            if let Some(hint) = error.hint() {
                problem = problem.with_hint(hint);
            }
            Report::from_iter([problem])
        }
    }
}

/// Loads a generation whose files are part of the program: paths below `spaces/`, the manifest among them.
///
/// # Errors
///
/// As [`Store::load`].
pub fn load_embedded(files: &[(&str, &[u8])]) -> Result<Runtime, LoadError> {
    let memory = MemoryVfs::new();
    let spaces = Layout::new("/embedded").spaces();
    for (path, content) in files {
        let path = spaces.join(path);
        vfs::create_dirs(&memory, vfs::parent_dir(&path))
            .map_err(FileError::of("make the directory of", &path))?;
        let mut file = memory.create(&path).map_err(FileError::of("create", &path))?;
        file.write_all(content).map_err(FileError::of("write", &path))?;
    }
    let vfs: Arc<dyn Vfs> = Arc::new(memory);
    let (runtime, _) = Store::open(&vfs, Path::new("/embedded"), Access::Read)?.load()?;
    Ok(runtime)
}

/// Makes sure that a directory is a store before anything is made in it.
pub(crate) fn require_store(vfs: &dyn Vfs, root: &Path) -> Result<(), OpenError> {
    match vfs.metadata(root) {
        Ok(metadata) if metadata.kind == FileKind::Dir => {}
        Ok(_) => return Err(FileError::of("open", root)(io::ErrorKind::NotADirectory.into()).into()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(OpenError::NoGeneration { path: root.to_path_buf() });
        }
        Err(error) => return Err(FileError::of("look at", root)(error).into()),
    }
    let layout = Layout::new(root);
    for path in [layout.spaces(), layout.redo()] {
        if !vfs::is_absent(vfs, &path).map_err(FileError::of("look at", &path))? {
            return Ok(());
        }
    }
    Err(OpenError::NoGeneration { path: root.to_path_buf() })
}
