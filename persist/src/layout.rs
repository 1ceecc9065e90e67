//! Where things are in the directory of a store.

use std::path::{Path, PathBuf};

/// The name of the manifest in a generation.
pub const MANIFEST: &str = "manifest.json";

/// How the names of temporary generations begin, beside `spaces/`.
pub const TEMP_PREFIX: &str = ".rps-tmp-";

/// The paths of a store.
///
/// ```text
/// mystore/
///   spaces/              the current generation, kept in git
///     manifest.json
///   .rps/                this machine's own
///     lock  redo  previous/<number>/  rejected/  journal/<segment>.log  snapshot/  quarantine/<number>/
///   .rps-tmp-…/          a generation that is being written, or was when the process died
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    root: PathBuf,
}

impl Layout {
    /// Returns the paths of the store in the directory `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Returns the directory of the store.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Returns the directory of the current generation.
    #[must_use]
    pub fn spaces(&self) -> PathBuf {
        self.root.join("spaces")
    }

    /// Returns the directory of what belongs to this machine.
    #[must_use]
    pub fn private(&self) -> PathBuf {
        self.root.join(".rps")
    }

    /// Returns the file whose lock makes a process the store's one writer.
    #[must_use]
    pub fn lock(&self) -> PathBuf {
        self.private().join("lock")
    }

    /// Returns the directory of the generations before the current one.
    #[must_use]
    pub fn previous(&self) -> PathBuf {
        self.private().join("previous")
    }

    /// Returns the directory of what was committed since the current generation was dumped.
    #[must_use]
    pub fn journal(&self) -> PathBuf {
        self.private().join("journal")
    }

    /// Returns the directory of the states that their plugins did not want.
    #[must_use]
    pub fn rejected(&self) -> PathBuf {
        self.private().join("rejected")
    }

    /// Returns the directory of the snapshot, from which a large store is opened.
    #[must_use]
    pub fn snapshot(&self) -> PathBuf {
        self.private().join("snapshot")
    }

    /// Returns the directory of the machine code that is kept for the next process.
    #[must_use]
    pub fn code_cache(&self) -> PathBuf {
        self.private().join("cache")
    }

    /// Returns the directory of what a salvage could not take, and of what a restore has put aside.
    #[must_use]
    pub fn quarantine(&self) -> PathBuf {
        self.private().join("quarantine")
    }

    /// Returns the record of a replacement in two steps that is under way.
    #[must_use]
    pub fn redo(&self) -> PathBuf {
        self.private().join("redo")
    }
}
