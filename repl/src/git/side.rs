//! A version of a store, by whatever names it: a folder, or a revision of git.

use std::path::{Path, PathBuf};

use rps_persist::diff::Version;
use rps_persist::vfs::Bytes;
use rps_runtime::extension::Extensions;

use super::repository::Repository;
use crate::failure::Failure;
use crate::store;

/// Finds versions of stores.
pub(crate) struct Sides<'e> {
    pub(crate) extensions: &'e dyn Extensions,
    /// The store whose revisions are meant, if it was named.
    pub(crate) of: Option<PathBuf>,
}

/// A store of a repository.
#[derive(Debug, Clone)]
pub(crate) struct Tracked {
    pub(crate) repository: Repository,
    /// The path below the root of the repository, with `/`.
    pub(crate) store: String,
}

impl Sides<'_> {
    /// Returns the version that a text names.
    ///
    /// # Errors
    ///
    /// That it names none, and those of reading.
    pub(crate) fn version(&self, text: &str) -> Result<Version, Failure> {
        let path = Path::new(text);
        if path.is_dir() {
            return self.directory(path);
        }
        if let Some((revision, store)) = text.split_once(':') {
            let repository = Repository::around(Path::new("."))?;
            // As git has it: relative to the root, or to this folder where it begins with a dot.
            let store = match store.starts_with('.') {
                true => repository.relative(Path::new(store)).unwrap_or_else(|| store.to_owned()),
                false => store.trim_end_matches('/').to_owned(),
            };
            return self.revision(&Tracked { repository, store }, revision);
        }
        self.revision(&self.tracked()?, text)
    }

    /// Returns the version in a folder.
    ///
    /// # Errors
    ///
    /// Those of reading.
    pub(crate) fn directory(&self, path: &Path) -> Result<Version, Failure> {
        Version::read(&store::vfs(), path, self.extensions).map_err(|error| store::unloaded(path, &error))
    }

    /// Returns a revision of a store; one that does not have the store is empty.
    ///
    /// # Errors
    ///
    /// What git says.
    pub(crate) fn revision(&self, tracked: &Tracked, revision: &str) -> Result<Version, Failure> {
        let commit = tracked.repository.commit(revision)?;
        let files = tracked.repository.store_files(&commit, &tracked.store)?;
        let files = files.into_iter().map(|(path, content)| (path, Bytes::from(content))).collect();
        Ok(Version::of_files(files, self.extensions))
    }

    /// Returns the store whose revisions are meant: the one that was named, the one that this folder is in, or the only one
    /// of the repository.
    ///
    /// # Errors
    ///
    /// That there is none, or several.
    pub(crate) fn tracked(&self) -> Result<Tracked, Failure> {
        if let Some(directory) = &self.of {
            let repository = Repository::around(directory)?;
            let store = repository.relative(directory).unwrap_or_default();
            return Ok(Tracked { repository, store });
        }
        let here = Path::new(".");
        let repository = Repository::around(here)?;
        let mut above = std::fs::canonicalize(here).ok();
        while let Some(directory) = above {
            if directory.join("spaces").join("manifest.json").is_file() {
                let store = repository.relative(&directory).unwrap_or_default();
                return Ok(Tracked { repository, store });
            }
            above = directory
                .parent()
                .map(Path::to_path_buf)
                .filter(|parent| parent.starts_with(repository.root()));
        }
        let mut stores = repository.stores();
        match (stores.len(), stores.pop()) {
            (1, Some(store)) => Ok(Tracked { repository, store }),
            (0, _) => Err(Failure::new("git::no-store", "there is no store in this repository")
                .hint("name the folder of a store")),
            (count, _) => Err(Failure::new(
                "git::several-stores",
                format!("there are {count} stores in this repository"),
            )
            .hint("name the one that is meant with --of")),
        }
    }
}

impl Tracked {
    /// Returns the folder of the store.
    pub(crate) fn directory(&self) -> PathBuf {
        match self.store.as_str() {
            "" => self.repository.root().to_path_buf(),
            store => self.repository.root().join(store),
        }
    }
}
