//! A file system in memory that knows the difference between written and durable.
//!
//! It models what a journaling file system promises after a power loss, and no more:
//!
//! - the content of a file survives as it was when the file was last synced (never synced: empty);
//! - changes of names (create, rename, exchange, link, remove) become durable in their order. Syncing a directory makes
//!   every change up to the last one that touched it durable. Of the later ones any number may survive: a test tries
//!   each, with [`MemoryVfs::power_loss`].
//!
//! POSIX promises less: each directory is durable when it was synced itself, whatever happens to the others.
//! [`MemoryVfs::scattered_power_loss`] is that.

//!
//! This file is the model of the disk; `operations` does to it what the trait asks.

mod operations;

use std::collections::{BTreeMap, HashMap};
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;

use super::{FileId, FileKind, LockMode, Metadata};

type Inode = u64;
const ROOT: Inode = 0;

/// A file system in memory. Clones share it; [`MemoryVfs::power_loss`] makes an independent one.
#[derive(Debug, Clone)]
pub struct MemoryVfs(Arc<Mutex<Disk>>);

#[derive(Debug)]
struct Disk {
    files: HashMap<Inode, Content>,
    names: Names,
    /// The durable names, then the states after each later change with the directories that it touched.
    history: Vec<(Names, Vec<Inode>)>,
    /// Each directory as it was when it was last synced itself.
    synced: Names,
    locks: HashMap<Inode, (usize, LockMode)>,
    next: Inode,
    times: Times,
}

/// When files and directories changed, on a clock that ticks with every change.
#[derive(Debug, Clone, Default)]
struct Times {
    now: i64,
    /// The time of the content, and that of content or names.
    of: HashMap<Inode, [i64; 2]>,
}

#[derive(Debug, Clone, Default)]
struct Content {
    written: Vec<u8>,
    durable: Vec<u8>,
}

/// What a power loss leaves of bytes that were appended and not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tail {
    /// So many of them.
    Kept(usize),
    /// The length of the file came through, and after so many bytes nothing but zeros.
    Zeros(usize),
    /// The length of the file came through, and the bytes but for so many at their beginning, which are zeros.
    Hole(usize),
}

impl Content {
    fn ragged(&self, tail: Tail) -> Self {
        // A file that was replaced and not appended to is as it was last synced.
        let mut bytes = self.durable.clone();
        if let Some(appended) = self.written.strip_prefix(&self.durable[..]) {
            let kept = |n: usize| n.min(appended.len());
            match tail {
                Tail::Kept(n) => bytes.extend_from_slice(&appended[..kept(n)]),
                Tail::Zeros(n) => {
                    bytes.extend_from_slice(&appended[..kept(n)]);
                    bytes.resize(self.written.len(), 0);
                }
                Tail::Hole(n) => {
                    bytes.resize(bytes.len() + kept(n), 0);
                    bytes.extend_from_slice(&appended[kept(n)..]);
                }
            }
        }
        Self { written: bytes.clone(), durable: bytes }
    }
}

/// The directories: what a name in one leads to. A name leads to a directory iff that is a key here.
type Names = HashMap<Inode, BTreeMap<OsString, Inode>>;

impl Default for MemoryVfs {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryVfs {
    /// Returns an empty file system: a root directory and nothing else.
    #[must_use]
    pub fn new() -> Self {
        Self::from_names(HashMap::from([(ROOT, BTreeMap::new())]), HashMap::new(), 1, Times::default())
    }

    fn from_names(names: Names, files: HashMap<Inode, Content>, next: Inode, times: Times) -> Self {
        let history = vec![(names.clone(), Vec::new())];
        let synced = names.clone();
        Self(Arc::new(Mutex::new(Disk { files, names, history, synced, locks: HashMap::new(), next, times })))
    }

    /// Returns how many changes of names are not durable yet.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.0.lock().history.len() - 1
    }

    /// Returns what is on the disk after a power loss that lets the first `survivors` pending changes through.
    #[must_use]
    pub fn power_loss(&self, survivors: usize) -> Self {
        let disk = self.0.lock();
        let names = disk.history[survivors.min(disk.history.len() - 1)].0.clone();
        Self::from_names(names, disk.durable_files(), disk.next, disk.times.clone())
    }

    /// Returns what is on the disk after a power loss as of [`MemoryVfs::power_loss`], in which `tail` says what became of
    /// the bytes that were appended to each file since it was last synced.
    #[must_use]
    pub fn ragged_power_loss(&self, survivors: usize, tail: Tail) -> Self {
        let disk = self.0.lock();
        let names = disk.history[survivors.min(disk.history.len() - 1)].0.clone();
        let files = disk.files.iter().map(|(inode, content)| (*inode, content.ragged(tail)));
        Self::from_names(names, files.collect(), disk.next, disk.times.clone())
    }

    /// Returns how many directories have changes since their own last sync.
    #[must_use]
    pub fn unsynced(&self) -> usize {
        self.0.lock().unsynced().len()
    }

    /// Returns what is on the disk after a power loss that spares the changes of some directories and takes those of
    /// others: the n-th unsynced directory is as it is now if bit n of `spared` is set, else as it was last synced. Of more
    /// than 32 directories, those whose numbers differ by 32 share a bit.
    #[must_use]
    pub fn scattered_power_loss(&self, spared: u32) -> Self {
        let disk = self.0.lock();
        let unsynced = disk.unsynced();
        let lost = unsynced.iter().enumerate().filter(|(n, _)| spared >> (n % 32) & 1 == 0);
        let mut names = disk.names.clone();
        names.extend(lost.map(|(_, dir)| (*dir, disk.synced.get(dir).cloned().unwrap_or_default())));
        Self::from_names(names, disk.durable_files(), disk.next, disk.times.clone())
    }

    /// Returns what another process finds after this one was killed: everything written, and no locks.
    #[must_use]
    pub fn process_death(&self) -> Self {
        let disk = self.0.lock();
        Self(Arc::new(Mutex::new(Disk {
            files: disk.files.clone(),
            names: disk.names.clone(),
            history: disk.history.clone(),
            synced: disk.synced.clone(),
            locks: HashMap::new(),
            next: disk.next,
            times: disk.times.clone(),
        })))
    }

    /// Returns the paths of all files with their contents, sorted: what a test compares.
    #[must_use]
    pub fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let disk = self.0.lock();
        let mut found = BTreeMap::new();
        let mut todo = vec![(PathBuf::from("/"), ROOT)];
        while let Some((path, directory)) = todo.pop() {
            for (name, inode) in &disk.names[&directory] {
                match disk.files.get(inode) {
                    Some(content) => drop(found.insert(path.join(name), content.written.clone())),
                    None => todo.push((path.join(name), *inode)),
                }
            }
        }
        found
    }
}

impl Disk {
    fn durable_files(&self) -> HashMap<Inode, Content> {
        let durable = |content: &Content| Content { written: content.durable.clone(), ..content.clone() };
        self.files.iter().map(|(inode, content)| (*inode, durable(content))).collect()
    }

    fn unsynced(&self) -> Vec<Inode> {
        let differs = |(dir, entries): &(&Inode, &BTreeMap<_, _>)| match self.synced.get(dir) {
            Some(synced) => synced != *entries,
            None => !entries.is_empty(),
        };
        let mut dirs: Vec<_> = self.names.iter().filter(differs).map(|(dir, _)| *dir).collect();
        dirs.sort_unstable();
        dirs
    }

    fn find(&self, path: &Path) -> io::Result<Inode> {
        let mut inode = ROOT;
        for component in path.components() {
            if let Component::Normal(name) = component {
                let entries = self.names.get(&inode).ok_or(io::ErrorKind::NotADirectory)?;
                inode = *entries.get(name).ok_or(io::ErrorKind::NotFound)?;
            }
        }
        Ok(inode)
    }

    /// Returns the directory that holds `path`, and the name in it.
    fn place<'p>(&self, path: &'p Path) -> io::Result<(Inode, &'p OsStr)> {
        let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        let directory = self.find(super::parent_dir(path))?;
        if self.is_dir(directory) { Ok((directory, name)) } else { Err(io::ErrorKind::NotADirectory.into()) }
    }

    fn vacant<'p>(&self, path: &'p Path) -> io::Result<(Inode, &'p OsStr)> {
        let (directory, name) = self.place(path)?;
        match self.names[&directory].contains_key(name) {
            true => Err(io::ErrorKind::AlreadyExists.into()),
            false => Ok((directory, name)),
        }
    }

    fn is_dir(&self, inode: Inode) -> bool {
        self.names.contains_key(&inode)
    }

    fn insert(&mut self, directory: Inode, name: &OsStr, inode: Inode) {
        if let Some(entries) = self.names.get_mut(&directory) {
            entries.insert(name.to_owned(), inode);
        }
    }

    fn remove(&mut self, directory: Inode, name: &OsStr) {
        if let Some(entries) = self.names.get_mut(&directory) {
            entries.remove(name);
        }
    }

    fn fresh(&mut self) -> Inode {
        self.next += 1;
        self.next
    }

    fn metadata(&self, inode: Inode) -> Metadata {
        let [mtime, ctime] = self.times.of.get(&inode).copied().unwrap_or_default();
        let (kind, len) = match self.files.get(&inode) {
            Some(content) => (FileKind::File, content.written.len() as u64),
            None => (FileKind::Dir, 0),
        };
        Metadata { kind, len, id: FileId { device: 0, inode }, mtime, ctime }
    }

    fn changed(&mut self, directories: &[Inode]) {
        for directory in directories {
            self.times.touch(*directory);
        }
        self.history.push((self.names.clone(), directories.to_vec()));
    }
}

impl Times {
    /// Notes a change of the content of a file, or of the entries of a directory.
    fn touch(&mut self, inode: Inode) {
        self.now += 1;
        self.of.insert(inode, [self.now; 2]);
    }

    /// Notes a change of the names of a file.
    fn rename(&mut self, inode: Inode) {
        self.now += 1;
        self.of.entry(inode).or_default()[1] = self.now;
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::super::Vfs;
    use super::*;

    fn path(text: &str) -> &Path {
        Path::new(text)
    }

    fn write(vfs: &MemoryVfs, name: &str, content: &[u8]) {
        vfs.create(path(name)).unwrap().write_all(content).unwrap();
    }

    #[test]
    fn a_power_loss_takes_what_was_not_synced() {
        let vfs = MemoryVfs::new();
        write(&vfs, "/a", b"one");
        assert!(vfs.power_loss(0).files().is_empty(), "the name was not durable");
        assert_eq!(vfs.power_loss(1).files()[path("/a")], b"", "the name came through, the content not");
        vfs.sync_file(path("/a")).unwrap();
        vfs.sync_dir(path("/")).unwrap();
        assert_eq!((vfs.pending(), &vfs.power_loss(0).files()[path("/a")][..]), (0, &b"one"[..]));
    }

    #[test]
    fn a_power_loss_may_leave_part_of_what_was_appended() {
        let vfs = MemoryVfs::new();
        let mut file = vfs.create(path("/a")).unwrap();
        file.write_all(b"one").unwrap();
        file.sync_data().unwrap();
        file.write_all(b"two").unwrap();
        let left = |tail| vfs.ragged_power_loss(1, tail).files()[path("/a")].clone();
        assert_eq!(left(Tail::Kept(2)), b"onetw");
        assert_eq!(left(Tail::Zeros(1)), b"onet\0\0");
        assert_eq!(left(Tail::Hole(2)), b"one\0\0o");
    }

    #[test]
    fn changes_of_names_survive_in_order() {
        let vfs = MemoryVfs::new();
        vfs.create_dir(path("/d")).unwrap();
        vfs.sync_dir(path("/")).unwrap();
        write(&vfs, "/d/a", b"");
        vfs.rename(path("/d/a"), path("/b")).unwrap();
        let names = |disk: MemoryVfs| disk.files().into_keys().collect::<Vec<_>>();
        assert_eq!(vfs.pending(), 2);
        assert!(names(vfs.power_loss(0)).is_empty());
        assert_eq!(names(vfs.power_loss(1)), [path("/d/a")]);
        assert_eq!(names(vfs.power_loss(2)), [path("/b")]);
        vfs.sync_dir(path("/d")).unwrap();
        assert_eq!(names(vfs.power_loss(0)), [path("/b")], "the rename touched /d too");
        assert_eq!(vfs.unsynced(), 1);
        assert!(names(vfs.scattered_power_loss(0)).is_empty(), "strictly, / was never synced after it");
        assert_eq!(names(vfs.scattered_power_loss(1)), [path("/b")]);
        vfs.sync_dir(path("/")).unwrap();
        assert_eq!((vfs.unsynced(), names(vfs.scattered_power_loss(0))), (0, vec![path("/b").to_path_buf()]));
    }

    #[test]
    fn names_behave_as_posix_says() {
        let vfs = MemoryVfs::new();
        write(&vfs, "/a", b"1");
        vfs.hard_link(path("/a"), path("/b")).unwrap();
        vfs.remove_file(path("/a")).unwrap();
        assert_eq!(&*vfs.read(path("/b")).unwrap(), b"1");
        vfs.create_dir(path("/d")).unwrap();
        write(&vfs, "/d/c", b"");
        assert_eq!(vfs.rename(path("/b"), path("/d")).unwrap_err().kind(), io::ErrorKind::IsADirectory);
        vfs.create_dir(path("/e")).unwrap();
        let refused = vfs.rename(path("/e"), path("/d")).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::DirectoryNotEmpty);
        vfs.exchange(path("/d"), path("/e")).unwrap();
        assert_eq!(vfs.read_dir(path("/d")).unwrap().len(), 0);
        vfs.rename(path("/e"), path("/d")).unwrap();
        vfs.remove_dir_all(path("/d")).unwrap();
        assert_eq!(vfs.files().into_keys().collect::<Vec<_>>(), [path("/b")]);
        assert_eq!(vfs.read(path("/b/c")).unwrap_err().kind(), io::ErrorKind::NotADirectory);
    }

    #[test]
    fn locks_exclude_and_end_with_their_guard_or_process() {
        let vfs = MemoryVfs::new();
        write(&vfs, "/lock", b"");
        let mut held = vfs.lock(path("/lock"), LockMode::Exclusive).unwrap();
        held.set_content(b"pid 1").unwrap();
        let refused = vfs.lock(path("/lock"), LockMode::Shared).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::WouldBlock);
        vfs.process_death().lock(path("/lock"), LockMode::Exclusive).unwrap();
        drop(held);
        let _shared = (
            vfs.lock(path("/lock"), LockMode::Shared).unwrap(),
            vfs.lock(path("/lock"), LockMode::Shared).unwrap(),
        );
        assert_eq!(&*vfs.read(path("/lock")).unwrap(), b"pid 1");
    }
}
