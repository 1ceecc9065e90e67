//! The code cache: object code of a store's functions, kept on disk for the next process.
//!
//! A file is called after its key, the BLAKE3 hash of the module's bytes, the level, and all that the backend says of itself
//! and the processor. Modules name cells and helpers by symbols, so the same function has the same module in every process. What a
//! file says is believed only if it is whole and of the key that was asked for.
//!
//! Nobody needs the cache: whatever goes wrong here means that the function is compiled.

mod folder;

use std::path::PathBuf;

use parking_lot::Mutex;

use self::folder::Folder;

/// The first bytes of a file; the last one is the version of the form.
const MAGIC: &[u8; 8] = b"RPSjit\0\x01";
/// How many bytes a file has before the object code: the magic, the key, and the hash of the object code.
const HEADER: usize = 8 + 32 + 32;

/// A code cache in a folder of its own, which is opened when the first function is looked up.
#[derive(Debug)]
pub struct Cache {
    path: PathBuf,
    limit: u64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    folder: Opened,
    stats: CacheStats,
}

#[derive(Debug, Default)]
enum Opened {
    #[default]
    NotYet,
    Here(Folder),
    /// It can not be used.
    Never,
}

/// What a code cache has done in this process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CacheStats {
    /// How often there was what was looked for.
    pub hits: u64,
    /// How often there was not.
    pub misses: u64,
    /// How many files were written.
    pub stored: u64,
    /// How many files were removed since they were damaged.
    pub damaged: u64,
    /// How many files were removed to make room.
    pub evicted: u64,
    /// Why nothing is kept, if that is so.
    pub problem: Option<String>,
}

/// What object code depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key([u8; 32]);

impl Key {
    pub(crate) fn new(build: &str, level: u32, module: &[u8]) -> Key {
        let mut hasher = blake3::Hasher::new_derive_key("repersys code cache 1");
        hasher.update(&(build.len() as u64).to_le_bytes());
        hasher.update(build.as_bytes());
        hasher.update(&level.to_le_bytes());
        hasher.update(module);
        Key(*hasher.finalize().as_bytes())
    }

    fn file(self) -> String {
        blake3::Hash::from_bytes(self.0).to_hex().to_string()
    }
}

impl Cache {
    /// Returns the cache in a folder. It is made when there is something to be kept, if the folder that it lies in is there; it
    /// takes no more than `limit` bytes.
    #[must_use]
    pub fn new(path: PathBuf, limit: u64) -> Cache {
        Cache { path, limit, state: Mutex::default() }
    }

    /// Returns what it has done in this process.
    #[must_use]
    pub fn stats(&self) -> CacheStats {
        self.state.lock().stats.clone()
    }

    /// Returns the object code of a key.
    pub(crate) fn get(&self, key: Key) -> Option<Vec<u8>> {
        let State { folder, stats } = &mut *self.state.lock();
        let found = self.open(folder, stats).and_then(|folder| {
            let file = key.file();
            let bytes = folder.read(&file, self.limit)?;
            let object = object(key, bytes);
            if object.is_none() {
                folder.remove(&file);
                stats.damaged += 1;
            }
            object
        });
        *(if found.is_some() { &mut stats.hits } else { &mut stats.misses }) += 1;
        found
    }

    /// Keeps object code; what can not be kept is not.
    pub(crate) fn put(&self, key: Key, object: &[u8]) {
        let State { folder, stats } = &mut *self.state.lock();
        let size = (HEADER + object.len()) as u64;
        // What would drive out half of the others is not worth it.
        if size > self.limit / 2 {
            return;
        }
        let Some(own) = self.open(folder, stats) else { return };
        if own.size() + size > self.limit {
            stats.evicted += own.make_room(self.limit / 4 * 3 - size.min(self.limit / 4));
        }
        let mut bytes = Vec::with_capacity(HEADER + object.len());
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&key.0);
        bytes.extend_from_slice(blake3::hash(object).as_bytes());
        bytes.extend_from_slice(object);
        match own.write(&key.file(), &bytes) {
            Ok(()) => stats.stored += 1,
            Err(error) => {
                // What is there may still be read.
                own.stop_writing();
                stats.problem = Some(format!("nothing more is written to {}: {error}", self.path.display()));
            }
        }
    }

    /// Removes what the backend would not take though it was whole.
    pub(crate) fn refuse(&self, key: Key) {
        let State { folder, stats } = &mut *self.state.lock();
        if let Some(folder) = self.open(folder, stats) {
            folder.remove(&key.file());
            stats.damaged += 1;
        }
    }

    fn open<'s>(&self, folder: &'s mut Opened, stats: &mut CacheStats) -> Option<&'s mut Folder> {
        if let Opened::NotYet = folder {
            *folder = match Folder::open(&self.path) {
                Ok(folder) => Opened::Here(folder),
                Err(error) => {
                    stats.problem = Some(format!("{} is not used: {error}", self.path.display()));
                    Opened::Never
                }
            };
        }
        match folder {
            Opened::Here(folder) => Some(folder),
            _ => None,
        }
    }
}

/// Returns the object code that a file has, if it is whole and of the key.
fn object(key: Key, mut bytes: Vec<u8>) -> Option<Vec<u8>> {
    let (magic, rest) = bytes.split_at_checked(8)?;
    let (own, rest) = rest.split_at_checked(32)?;
    let (hash, object) = rest.split_at_checked(32)?;
    if magic != MAGIC || own != key.0 || blake3::hash(object).as_bytes() != hash {
        return None;
    }
    bytes.drain(..HEADER);
    Some(bytes)
}

#[cfg(test)]
mod tests;
