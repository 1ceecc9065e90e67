//! The native manifest, `spaces/manifest.json`: what a generation consists of.
//!
//! It is written last, and names every other file with its size and BLAKE3 hash, so that a generation is either
//! complete or recognised as damaged. `read` takes it apart, `write` puts it down; both ends keep keys that nobody here
//! knows.
//!
//! ```text
//! {"format":"repersys-1"
//! ,"spaces":[
//!  {"name":"core","oid":"_8J6vNYtP5E800eCr5q","objects":2,"files":[
//!   {"path":"core.json","size":312,"blake3":"…64 hexadecimal digits…"}
//!  ]}
//! ]
//! ,"roots":[
//!  "_8J6vNYtP5E800eCr5q"
//! ]
//! ,"constants":[]
//! ,"names":[]
//! ,"state":[]
//! }
//! ```
//!
//! The layout is strict JSON, one item per line; a line begins with the comma that separates it from the one before, so
//! that appending an item changes no other line. Lists are sorted: spaces by name, files by path, oids numerically.

mod read;
mod write;

use rps_runtime::Oid;

pub use crate::json::decode::UnknownKeys;

/// What a generation consists of.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Manifest {
    /// The spaces, sorted by name.
    pub spaces: Vec<SpaceEntry>,
    /// The roots, sorted.
    pub roots: Vec<Oid>,
    /// The constants, sorted.
    pub constants: Vec<Oid>,
    /// The symbols that are global names, sorted.
    pub names: Vec<Oid>,
    /// The saved states of plugins, sorted by path.
    pub state: Vec<FileEntry>,
    /// What belongs to the graph as a whole and is not of this format, by key: see `Runtime::annotations`.
    pub annotations: UnknownKeys,
    /// Keys of the document that this version does not know.
    pub unknown: UnknownKeys,
}

/// A space and its files.
#[derive(Debug, Clone, PartialEq)]
pub struct SpaceEntry {
    /// The name, unique in the store.
    pub name: String,
    /// The object that stands for the space.
    pub oid: Oid,
    /// How many objects its files hold in all.
    pub objects: u64,
    /// The files, sorted by path.
    pub files: Vec<FileEntry>,
    /// Keys of the entry that this version does not know.
    pub unknown: UnknownKeys,
}

/// A file of a generation.
#[derive(Debug, Clone, PartialEq)]
pub struct FileEntry {
    /// The path below `spaces/`, with `/`.
    pub path: String,
    /// The size in bytes.
    pub size: u64,
    /// The BLAKE3 hash of the content.
    pub hash: blake3::Hash,
    /// Keys of the entry that this version does not know.
    pub unknown: UnknownKeys,
}

impl Manifest {
    /// Returns the entries of all files, in the order of the manifest.
    pub fn files(&self) -> impl Iterator<Item = &FileEntry> {
        self.spaces.iter().flat_map(|space| &space.files).chain(&self.state)
    }

    /// Puts every list into the order in which it is written; a dumper may fill them in any.
    pub fn sort(&mut self) {
        self.spaces.sort_by(|a, b| a.name.cmp(&b.name));
        for space in &mut self.spaces {
            space.files.sort_by(|a, b| a.path.cmp(&b.path));
        }
        self.state.sort_by(|a, b| a.path.cmp(&b.path));
        for oids in [&mut self.roots, &mut self.constants, &mut self.names] {
            oids.sort_unstable();
        }
    }
}

impl FileEntry {
    /// Returns the entry of a file with this content.
    #[must_use]
    pub fn of_content(path: &str, content: &[u8]) -> Self {
        let hash = blake3::hash(content);
        Self { path: path.to_owned(), size: content.len() as u64, hash, unknown: UnknownKeys::new() }
    }

    /// Tells whether path, size and hash are the same.
    #[must_use]
    pub fn is_same_file(&self, other: &Self) -> bool {
        (&self.path, self.size, self.hash) == (&other.path, other.size, other.hash)
    }
}

/// Tells whether a path may stand in a manifest: relative, in normal form, and no name that begins with a dot.
///
/// Names that begin with a dot belong to the user (`.gitattributes`), never to the store.
#[must_use]
pub fn is_sound_path(path: &str) -> bool {
    let sound = |name: &str| !name.is_empty() && !name.starts_with('.') && !name.contains(['\\', '\0', ':']);
    path.split('/').all(sound) && path != crate::layout::MANIFEST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_inside_the_store() {
        for sound in ["core.json", "core/0f.json", "state/geo.json", "my space.json"] {
            assert!(is_sound_path(sound), "{sound}");
        }
        for unsound in [
            "",
            "/etc/passwd",
            "../x",
            "a/../b",
            "a//b",
            "a/",
            "./a",
            ".git/x",
            "a\\b",
            "c:x",
            "manifest.json",
        ] {
            assert!(!is_sound_path(unsound), "{unsound}");
        }
    }
}
