//! A file system that fails on demand: counts operations, records them, fails the n-th one.
//!
//! ```
//! use rps_persist::vfs::{Vfs, fault::FaultVfs, memory::MemoryVfs};
//! use std::path::Path;
//!
//! let vfs = FaultVfs::new(MemoryVfs::new());
//! vfs.fail_at(1, 28); // ENOSPC
//! assert!(vfs.create_dir(Path::new("/a")).is_ok());
//! assert_eq!(vfs.create_dir(Path::new("/b")).unwrap_err().raw_os_error(), Some(28));
//! assert_eq!(vfs.count(), 2);
//! ```

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use rustix::io::Errno;

use super::{Bytes, DirEntry, FileId, LockMode, Metadata, Vfs, VfsFile, VfsLock};

/// Wraps another file system and fails the operations that a test names.
///
/// Operations are numbered from 0, in the order in which they reach it. Clones share numbering and plan.
#[derive(Debug, Clone)]
pub struct FaultVfs<V> {
    inner: V,
    shared: Arc<Mutex<State>>,
}

/// One operation that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// What was asked.
    pub kind: OperationKind,
    /// Of which path.
    pub path: PathBuf,
    /// The second path of an operation that has two.
    pub other: Option<PathBuf>,
}

/// The kinds of operations that are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is the method of the trait that bears its name")]
pub enum OperationKind {
    Read,
    Map,
    Create,
    Write,
    SyncFile,
    SyncData,
    SyncDir,
    Rename,
    Exchange,
    HardLink,
    CreateDir,
    CreateTempDir,
    RemoveFile,
    RemoveDirAll,
    ReadDir,
    Metadata,
    Lock,
    SetLockContent,
}

#[derive(Debug, Default)]
struct State {
    trace: Vec<Operation>,
    plan: Option<(usize, Fault)>,
    crashed: bool,
    without_exchange: Option<i32>,
    without_links: Option<i32>,
}

#[derive(Debug, Clone, Copy)]
enum Fault {
    Error(i32),
    Crash,
    Tear,
    Full,
}

impl<V: Vfs> FaultVfs<V> {
    /// Wraps `inner`; without a plan nothing fails.
    pub fn new(inner: V) -> Self {
        Self { inner, shared: Arc::default() }
    }

    /// Makes the `n`-th operation fail with the given `errno`; those after it succeed again.
    pub fn fail_at(&self, n: usize, errno: i32) {
        self.shared.lock().plan = Some((n, Fault::Error(errno)));
    }

    /// Makes the process "die" just before the `n`-th operation: it and all later ones fail, so no clean-up happens.
    pub fn crash_at(&self, n: usize) {
        self.shared.lock().plan = Some((n, Fault::Crash));
    }

    /// Like [`FaultVfs::crash_at`], but a write that is hit still writes its first half.
    pub fn tear_at(&self, n: usize) {
        self.shared.lock().plan = Some((n, Fault::Tear));
    }

    /// Makes the disk full from the `n`-th operation on: nothing can be made or written, while everything else goes on.
    pub fn fill_at(&self, n: usize) {
        self.shared.lock().plan = Some((n, Fault::Full));
    }

    /// Takes back the plan: from now on nothing fails. What has crashed stays so.
    pub fn heal(&self) {
        self.shared.lock().plan = None;
    }

    /// Makes every exchange fail with `errno`, as where it does not exist (`ENOSYS`, `EINVAL`).
    pub fn without_exchange(&self, errno: i32) {
        self.shared.lock().without_exchange = Some(errno);
    }

    /// Makes every hard link fail with `errno`, as where links do not exist (`EPERM`, `EOPNOTSUPP`).
    pub fn without_links(&self, errno: i32) {
        self.shared.lock().without_links = Some(errno);
    }

    /// Returns how many operations were asked for so far.
    #[must_use]
    pub fn count(&self) -> usize {
        self.shared.lock().trace.len()
    }

    /// Returns the operations that were asked for so far.
    #[must_use]
    pub fn trace(&self) -> Vec<Operation> {
        self.shared.lock().trace.clone()
    }

    /// Tells whether a planned crash has happened.
    #[must_use]
    pub fn has_crashed(&self) -> bool {
        self.shared.lock().crashed
    }

    /// Returns the file system below.
    pub fn inner(&self) -> &V {
        &self.inner
    }

    fn enter(&self, kind: OperationKind, path: &Path, other: Option<&Path>) -> io::Result<()> {
        match enter(&self.shared, kind, path, other) {
            Some(refusal) => Err(refusal.error),
            None => Ok(()),
        }
    }
}

/// Why an operation is not carried out.
struct Refusal {
    error: io::Error,
    torn: bool,
}

/// Counts and records an operation, and says whether it must fail.
fn enter(shared: &Mutex<State>, kind: OperationKind, path: &Path, other: Option<&Path>) -> Option<Refusal> {
    let mut state = shared.lock();
    let number = state.trace.len();
    state.trace.push(Operation { kind, path: path.to_path_buf(), other: other.map(Path::to_path_buf) });
    let dead = || io::Error::from_raw_os_error(Errno::IO.raw_os_error());
    if state.crashed {
        return Some(Refusal { error: dead(), torn: false });
    }
    match state.plan {
        Some((n, Fault::Error(errno))) if n == number => {
            return Some(Refusal { error: io::Error::from_raw_os_error(errno), torn: false });
        }
        Some((n, Fault::Full)) if number >= n && takes_room(kind) => {
            let error = io::Error::from_raw_os_error(Errno::NOSPC.raw_os_error());
            return Some(Refusal { error, torn: false });
        }
        Some((_, Fault::Full)) => {}
        Some((n, fault)) if n == number => {
            state.crashed = true;
            return Some(Refusal { error: dead(), torn: matches!(fault, Fault::Tear) });
        }
        _ => {}
    }
    let missing = match kind {
        OperationKind::Exchange => state.without_exchange,
        OperationKind::HardLink => state.without_links,
        _ => None,
    };
    missing.map(|errno| Refusal { error: io::Error::from_raw_os_error(errno), torn: false })
}

/// Returns whether an operation fails on a full disk.
fn takes_room(kind: OperationKind) -> bool {
    use OperationKind::{Create, CreateDir, CreateTempDir, HardLink, SetLockContent, Write};
    matches!(kind, Create | Write | HardLink | CreateDir | CreateTempDir | SetLockContent)
}

impl<V: Vfs> Vfs for FaultVfs<V> {
    fn read(&self, path: &Path) -> io::Result<Bytes> {
        self.enter(OperationKind::Read, path, None)?;
        self.inner.read(path)
    }

    fn map(&self, path: &Path) -> io::Result<(Bytes, Metadata)> {
        self.enter(OperationKind::Map, path, None)?;
        self.inner.map(path)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn VfsFile>> {
        self.enter(OperationKind::Create, path, None)?;
        let file = self.inner.create(path)?;
        Ok(Box::new(FaultFile { file, path: path.to_path_buf(), shared: Arc::clone(&self.shared) }))
    }

    fn sync_file(&self, path: &Path) -> io::Result<()> {
        self.enter(OperationKind::SyncFile, path, None)?;
        self.inner.sync_file(path)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.enter(OperationKind::SyncDir, path, None)?;
        self.inner.sync_dir(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.enter(OperationKind::Rename, from, Some(to))?;
        self.inner.rename(from, to)
    }

    fn exchange(&self, a: &Path, b: &Path) -> io::Result<()> {
        self.enter(OperationKind::Exchange, a, Some(b))?;
        self.inner.exchange(a, b)
    }

    fn hard_link(&self, original: &Path, link: &Path) -> io::Result<()> {
        self.enter(OperationKind::HardLink, original, Some(link))?;
        self.inner.hard_link(original, link)
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        self.enter(OperationKind::CreateDir, path, None)?;
        self.inner.create_dir(path)
    }

    fn create_temp_dir(&self, parent: &Path, prefix: &str) -> io::Result<PathBuf> {
        self.enter(OperationKind::CreateTempDir, parent, None)?;
        self.inner.create_temp_dir(parent, prefix)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.enter(OperationKind::RemoveFile, path, None)?;
        self.inner.remove_file(path)
    }

    fn remove_dir_all(&self, path: &Path) -> io::Result<()> {
        self.enter(OperationKind::RemoveDirAll, path, None)?;
        self.inner.remove_dir_all(path)
    }

    fn read_dir(&self, path: &Path) -> io::Result<Vec<DirEntry>> {
        self.enter(OperationKind::ReadDir, path, None)?;
        self.inner.read_dir(path)
    }

    fn metadata(&self, path: &Path) -> io::Result<Metadata> {
        self.enter(OperationKind::Metadata, path, None)?;
        self.inner.metadata(path)
    }

    fn lock(&self, path: &Path, mode: LockMode) -> io::Result<Box<dyn VfsLock>> {
        self.enter(OperationKind::Lock, path, None)?;
        let lock = self.inner.lock(path, mode)?;
        Ok(Box::new(FaultLock { lock, path: path.to_path_buf(), shared: Arc::clone(&self.shared) }))
    }
}

struct FaultFile {
    file: Box<dyn VfsFile>,
    path: PathBuf,
    shared: Arc<Mutex<State>>,
}

impl Write for FaultFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match enter(&self.shared, OperationKind::Write, &self.path, None) {
            None => self.file.write(bytes),
            Some(refusal) => {
                if refusal.torn {
                    self.file.write_all(&bytes[..bytes.len() / 2])?;
                }
                Err(refusal.error)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl VfsFile for FaultFile {
    fn sync(&mut self) -> io::Result<()> {
        match enter(&self.shared, OperationKind::SyncFile, &self.path, None) {
            None => self.file.sync(),
            Some(refusal) => Err(refusal.error),
        }
    }

    fn sync_data(&mut self) -> io::Result<()> {
        match enter(&self.shared, OperationKind::SyncData, &self.path, None) {
            None => self.file.sync_data(),
            Some(refusal) => Err(refusal.error),
        }
    }
}

#[derive(Debug)]
struct FaultLock {
    lock: Box<dyn VfsLock>,
    path: PathBuf,
    shared: Arc<Mutex<State>>,
}

impl VfsLock for FaultLock {
    fn id(&self) -> io::Result<FileId> {
        self.lock.id()
    }

    fn set_content(&mut self, content: &[u8]) -> io::Result<()> {
        match enter(&self.shared, OperationKind::SetLockContent, &self.path, None) {
            None => self.lock.set_content(content),
            Some(refusal) => Err(refusal.error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::memory::MemoryVfs;
    use super::super::{is_absent, is_unsupported};
    use super::*;

    fn path(text: &str) -> &Path {
        Path::new(text)
    }

    #[test]
    fn an_error_strikes_once_and_a_crash_for_good() {
        let vfs = FaultVfs::new(MemoryVfs::new());
        vfs.fail_at(0, Errno::NOSPC.raw_os_error());
        let error = vfs.create_dir(path("/a")).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        vfs.create_dir(path("/a")).unwrap();
        vfs.crash_at(2);
        assert!(vfs.create_dir(path("/b")).is_err() && vfs.create_dir(path("/b")).is_err());
        assert!(vfs.has_crashed());
        assert!(is_absent(vfs.inner(), path("/b")).unwrap());
        let kinds: Vec<_> = vfs.trace().iter().map(|operation| operation.kind).collect();
        assert_eq!(kinds, [OperationKind::CreateDir; 4]);
    }

    #[test]
    fn a_torn_write_leaves_its_first_half() {
        let vfs = FaultVfs::new(MemoryVfs::new());
        vfs.tear_at(1);
        let mut file = vfs.create(path("/f")).unwrap();
        assert!(file.write_all(b"abcdef").is_err());
        assert_eq!(&*vfs.inner().read(path("/f")).unwrap(), b"abc");
    }

    #[test]
    fn a_full_disk_takes_nothing_and_gives_back_what_it_has() {
        let vfs = FaultVfs::new(MemoryVfs::new());
        vfs.create(path("/f")).unwrap().write_all(b"abc").unwrap();
        vfs.fill_at(2);
        for _ in 0..2 {
            assert_eq!(vfs.create(path("/g")).err().unwrap().kind(), io::ErrorKind::StorageFull);
        }
        assert_eq!(&*vfs.read(path("/f")).unwrap(), b"abc");
        vfs.remove_file(path("/f")).unwrap();
        vfs.heal();
        vfs.create(path("/g")).unwrap();
    }

    #[test]
    fn exchange_and_links_can_be_missing() {
        let vfs = FaultVfs::new(MemoryVfs::new());
        vfs.without_exchange(Errno::INVAL.raw_os_error());
        vfs.without_links(Errno::PERM.raw_os_error());
        assert!(is_unsupported(&vfs.exchange(path("/a"), path("/b")).unwrap_err()));
        let refused = vfs.hard_link(path("/a"), path("/b")).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied);
    }

    #[test]
    fn a_directory_whose_name_was_not_made_durable_is_when_it_is_made_again() {
        let vfs = FaultVfs::new(MemoryVfs::new());
        vfs.fail_at(1, Errno::IO.raw_os_error());
        assert!(crate::vfs::create_dirs(&vfs, path("/d")).is_err());
        assert_eq!(vfs.inner().pending(), 1, "it is there, and a power loss takes it away");
        crate::vfs::create_dirs(&vfs, path("/d")).unwrap();
        assert_eq!(vfs.inner().pending(), 0);
    }
}
