//! The seam between stores and the file system: every file operation of this crate goes through [`Vfs`].
//!
//! Why a seam: the promise "a crash leaves the previous state or the new one" is only worth something if a test can
//! make the n-th operation fail. Reading order:
//!
//! - this file: the trait and the plain types it speaks in;
//! - [`bytes`](Bytes): what reading a file gives, owned or mapped; `mmap` holds the crate's only `unsafe`;
//! - [`real`](RealVfs): the operating system; `stat`: whether a file can have changed;
//!   `tree`: what is below a directory;
//! - [`memory`]: a file system in memory that knows what is durable and what a power loss takes away;
//! - [`fault`]: wraps another, counts, records, and fails the n-th operation.
//!
//! The last two are for tests, and public because the tests of other crates use them too.

mod bytes;
pub mod fault;
pub mod memory;
#[allow(unsafe_code, reason = "the one place where files are mapped; see the SAFETY comments there")]
mod mmap;
mod real;
mod stat;
mod tree;

use std::ffi::OsString;
use std::fmt;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

pub use bytes::Bytes;
pub use real::RealVfs;
pub(crate) use stat::Stat;
pub(crate) use tree::{TreeEntry, exists, link_or_copy, tree, write_durably};

/// The file operations that stores need, and no others.
///
/// Paths are taken as they are. No operation follows a rule of its own about retries: an error comes back with the
/// kind that the operating system gave it.
pub trait Vfs: Send + Sync + fmt::Debug {
    /// Returns the content of a file: mapped when it is large, read otherwise.
    ///
    /// # Errors
    ///
    /// Those of opening, mapping and reading; a directory gives [`io::ErrorKind::IsADirectory`].
    fn read(&self, path: &Path) -> io::Result<Bytes>;

    /// Maps a file, whatever its size, and returns what is known about the file that was mapped. Where it can not be
    /// mapped, it is read.
    ///
    /// The map is private and read-only, and nothing is read ahead. It stays what it is when the file loses its name; a
    /// file that becomes shorter ends the process at the first touch of what is gone (SIGBUS): callers look at its
    /// length before.
    ///
    /// # Errors
    ///
    /// As [`Vfs::read`].
    fn map(&self, path: &Path) -> io::Result<(Bytes, Metadata)>;

    /// Creates a file that does not exist yet, for writing.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::AlreadyExists`], and those of creating a file.
    fn create(&self, path: &Path) -> io::Result<Box<dyn VfsFile>>;

    /// Makes the content of a file durable (fsync).
    ///
    /// # Errors
    ///
    /// Those of opening and syncing.
    fn sync_file(&self, path: &Path) -> io::Result<()>;

    /// Makes the entries of a directory durable (fsync of the directory).
    ///
    /// # Errors
    ///
    /// Those of opening and syncing.
    fn sync_dir(&self, path: &Path) -> io::Result<()>;

    /// Renames a file or a directory; an existing file at `to` is replaced.
    ///
    /// # Errors
    ///
    /// Those of `rename(2)`.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Exchanges two existing entries in one step (`renameat2` with `RENAME_EXCHANGE`).
    ///
    /// # Errors
    ///
    /// An error for which [`is_unsupported`] holds where the kernel or the file system can not do it.
    fn exchange(&self, a: &Path, b: &Path) -> io::Result<()>;

    /// Makes `link` a second name of the file `original`.
    ///
    /// # Errors
    ///
    /// Those of `link(2)`; file systems without links differ in the error they give.
    fn hard_link(&self, original: &Path, link: &Path) -> io::Result<()>;

    /// Creates a directory, whose parent exists.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::AlreadyExists`], and those of `mkdir(2)`.
    fn create_dir(&self, path: &Path) -> io::Result<()>;

    /// Creates a directory with a fresh name that begins with `prefix`, and returns its path.
    ///
    /// The caller removes it: a temporary directory must not outlive its purpose, nor vanish before it.
    ///
    /// # Errors
    ///
    /// Those of `mkdir(2)`.
    fn create_temp_dir(&self, parent: &Path, prefix: &str) -> io::Result<PathBuf>;

    /// Removes a file.
    ///
    /// # Errors
    ///
    /// Those of `unlink(2)`.
    fn remove_file(&self, path: &Path) -> io::Result<()>;

    /// Removes a directory and everything in it.
    ///
    /// # Errors
    ///
    /// Those of `unlink(2)` and `rmdir(2)`; part of the tree may be gone then.
    fn remove_dir_all(&self, path: &Path) -> io::Result<()>;

    /// Returns the entries of a directory, sorted by name.
    ///
    /// # Errors
    ///
    /// Those of reading a directory.
    fn read_dir(&self, path: &Path) -> io::Result<Vec<DirEntry>>;

    /// Returns what is known about the entry at `path`; symbolic links are followed.
    ///
    /// # Errors
    ///
    /// Those of `stat(2)`.
    fn metadata(&self, path: &Path) -> io::Result<Metadata>;

    /// Takes an advisory lock (`flock`) on a file or a directory that exists, without waiting.
    ///
    /// The lock ends when the guard is dropped, or with the process.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::WouldBlock`] when another holder excludes this one.
    fn lock(&self, path: &Path, mode: LockMode) -> io::Result<Box<dyn VfsLock>>;
}

/// A file being written.
pub trait VfsFile: Write + Send {
    /// Makes what was written durable (fsync).
    ///
    /// # Errors
    ///
    /// Those of syncing.
    fn sync(&mut self) -> io::Result<()>;

    /// Makes what was written durable, and of the file's attributes only what reading it needs (fdatasync).
    ///
    /// # Errors
    ///
    /// Those of syncing.
    fn sync_data(&mut self) -> io::Result<()>;
}

/// A held advisory lock; dropping it releases the lock.
pub trait VfsLock: Send + Sync + fmt::Debug {
    /// Returns the identity of the locked file, which may by now differ from the one at the same path.
    ///
    /// # Errors
    ///
    /// Those of `fstat(2)`.
    fn id(&self) -> io::Result<FileId>;

    /// Replaces the content of the locked file.
    ///
    /// # Errors
    ///
    /// Those of writing; a directory has no content.
    fn set_content(&mut self, content: &[u8]) -> io::Result<()>;
}

/// How a lock excludes others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockMode {
    /// Excludes exclusive holders only.
    Shared,
    /// Excludes every other holder.
    Exclusive,
}

/// What a directory entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A regular file.
    File,
    /// A directory.
    Dir,
    /// Anything else: a socket, a device, a link that leads nowhere.
    Other,
}

/// One entry of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirEntry {
    /// The name, without the directory.
    pub name: OsString,
    /// What it is.
    pub kind: FileKind,
}

/// The identity of a file on this machine: two paths with the same one name the same file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FileId {
    /// The device.
    pub device: u64,
    /// The inode on it.
    pub inode: u64,
}

/// What is known about a file without opening it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metadata {
    /// What it is.
    pub kind: FileKind,
    /// Its length in bytes.
    pub len: u64,
    /// Which file it is.
    pub id: FileId,
    /// When its content changed last, in nanoseconds since 1970.
    pub mtime: i64,
    /// When its content, its names or its rights changed last, in nanoseconds since 1970.
    pub ctime: i64,
}

/// Tells whether an error says that the operation does not exist here, rather than that it failed.
///
/// `EINVAL` belongs to it: that is what file systems without `RENAME_EXCHANGE` answer (rename(2)).
#[must_use]
pub fn is_unsupported(error: &io::Error) -> bool {
    use rustix::io::Errno;
    let unsupported = [Errno::NOSYS, Errno::INVAL, Errno::OPNOTSUPP, Errno::NOTSUP];
    error.kind() == io::ErrorKind::Unsupported
        || error.raw_os_error().is_some_and(|raw| unsupported.iter().any(|errno| errno.raw_os_error() == raw))
}

/// Creates a directory and the missing ones above it, and makes the new names durable: that of the directory also if it is
/// there already, since whoever made it may have failed to.
///
/// # Errors
///
/// Those of [`Vfs::create_dir`] and [`Vfs::sync_dir`].
pub fn create_dirs(vfs: &dyn Vfs, path: &Path) -> io::Result<()> {
    let parent = parent_dir(path);
    match vfs.create_dir(path) {
        Ok(()) => vfs.sync_dir(parent),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => match vfs.metadata(path)?.kind {
            FileKind::Dir => vfs.sync_dir(parent),
            _ => Err(io::ErrorKind::NotADirectory.into()),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound && parent != path => {
            create_dirs(vfs, parent)?;
            create_dirs(vfs, path)
        }
        Err(error) => Err(error),
    }
}

/// Returns the directory that holds the entry `path`: `.` for a bare name.
#[must_use]
pub fn parent_dir(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) => Path::new("."),
        None => path,
    }
}

/// Tells whether nothing exists at `path`.
///
/// # Errors
///
/// Every error of [`Vfs::metadata`] but "not found".
pub fn is_absent(vfs: &dyn Vfs, path: &Path) -> io::Result<bool> {
    match vfs.metadata(path) {
        Ok(_) => Ok(false),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}
