//! What a dump makes of the states.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::Path;

use rps_runtime::extension::{ExtensionError, StateSection};

use super::section::{self, id_of, path_of, to_bytes};
use super::{Unrestored, put_aside};
use crate::Code;
use crate::error::{DumpError, FileError};
use crate::generation::GenerationWriter;
use crate::manifest::FileEntry;

/// What became of the state of a plugin in a dump.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SavedState {
    /// Whose it is; the path of the file, where that does not tell.
    pub id: String,
    /// What became of it.
    pub fate: StateFate,
    /// Why, unless it was saved.
    pub message: Option<String>,
}

/// What becomes of a state in a dump.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StateFate {
    /// It is saved as it is now.
    Saved,
    /// It could not be saved: what was saved before is kept, marked as stale.
    Stale,
    /// What was saved before is kept, unchanged: its plugin is not there, or has not restored it.
    Carried,
    /// It could not be saved, and there was nothing before.
    Failed,
}

/// The states of a dump.
pub(crate) struct States<'s> {
    /// Those that are to be saved.
    pub(crate) sections: &'s [StateSection],
    /// Those that could not be had.
    pub(crate) failures: &'s [(String, ExtensionError)],
    /// Those that came from another store.
    pub(crate) brought: &'s [StateSection],
    /// The ids of those whose plugins have not restored what the store holds.
    pub(crate) unrestored: &'s Unrestored,
    /// Whether a state that can not be saved refuses the dump.
    pub(crate) is_strict: bool,
}

/// Writes the sections of a generation.
pub(crate) struct Saver<'w> {
    writer: &'w GenerationWriter<'w>,
    /// The files of the generation before.
    old: &'w [FileEntry],
    /// Whether files that are not those of the manifest are taken as they are.
    accepts: bool,
    done: BTreeSet<String>,
    entries: Vec<FileEntry>,
    saved: Vec<SavedState>,
}

impl<'w> Saver<'w> {
    pub(crate) fn new(writer: &'w GenerationWriter<'w>, old: &'w [FileEntry]) -> Saver<'w> {
        Saver { writer, old, accepts: false, done: BTreeSet::new(), entries: Vec::new(), saved: Vec::new() }
    }

    /// Writes all sections, and returns the entries of their files, and what became of each state, by id.
    ///
    /// # Errors
    ///
    /// [`DumpError::State`] for a strict dump, and those of writing.
    pub(crate) fn save(
        mut self,
        states: &States<'_>,
    ) -> Result<(Vec<FileEntry>, Vec<SavedState>), DumpError> {
        self.accepts = states.unrestored.accepts();
        let brought: BTreeMap<&str, &StateSection> =
            states.brought.iter().map(|section| (&*section.id, section)).collect();
        for section in states.sections {
            let path = path_of(&section.id);
            if self.done.contains(&path) {
                self.tell(&section.id, StateFate::Failed, Some("a second state has this id".to_owned()));
            } else if states.unrestored.contains(&section.id) && self.is_old(&path) {
                let message = "the plugin has not restored what was saved before".to_owned();
                if states.is_strict {
                    let plugin = section.plugin.clone();
                    let hint = Some("dump without strictness: what was saved before is kept then".to_owned());
                    let code = Code::StateFailed.as_str();
                    let source = ExtensionError { code, plugin, message, hint };
                    return Err(DumpError::State { id: section.id.clone(), source });
                }
                self.carry(&path, message)?;
            } else {
                self.rescue(&path)?;
                self.write(&path, section)?;
                self.tell(&section.id, StateFate::Saved, None);
            }
        }
        for (id, error) in states.failures {
            if states.is_strict {
                return Err(DumpError::State { id: id.clone(), source: error.clone() });
            }
            self.failed(id, error, brought.get(&**id).copied(), states.unrestored)?;
        }
        for section in states.brought {
            let path = path_of(&section.id);
            if !self.done.contains(&path) {
                self.rescue(&path)?;
                self.write(&path, section)?;
                self.tell(&section.id, StateFate::Carried, Some(ABSENT.to_owned()));
            }
        }
        for entry in self.old {
            if !self.done.contains(&entry.path) {
                self.carry(&entry.path, ABSENT.to_owned())?;
            }
        }
        self.saved.sort_by(|a, b| a.id.cmp(&b.id));
        Ok((self.entries, self.saved))
    }

    /// Keeps what there was of a state that could not be saved.
    fn failed(
        &mut self,
        id: &str,
        error: &ExtensionError,
        brought: Option<&StateSection>,
        unrestored: &Unrestored,
    ) -> Result<(), DumpError> {
        let path = path_of(id);
        let message = format!("{} [{}]", error.message, error.code);
        if self.done.contains(&path) {
            return Ok(());
        }
        if brought.is_none() && unrestored.contains(id) && self.is_old(&path) {
            return self.carry(&path, message);
        }
        match brought.cloned().or_else(|| self.sound(&path)) {
            Some(section) => {
                self.write(&path, &StateSection { is_stale: true, ..section })?;
                self.tell(id, StateFate::Stale, Some(message));
                Ok(())
            }
            None if self.is_old(&path) => self.carry(&path, message),
            None => {
                self.tell(id, StateFate::Failed, Some(message));
                Ok(())
            }
        }
    }

    fn write(&mut self, path: &str, section: &StateSection) -> Result<(), DumpError> {
        let entry = self.put(path, &to_bytes(section))?;
        self.entries.push(entry);
        self.done.insert(path.to_owned());
        Ok(())
    }

    fn put(&self, path: &str, content: &[u8]) -> Result<FileEntry, DumpError> {
        let mut file = self.writer.write_file(path)?;
        file.write_all(content).map_err(|error| FileError::of("write", path.as_ref())(error))?;
        file.finish()
    }

    /// Takes a section over as it is, whatever it is.
    fn carry(&mut self, path: &str, message: String) -> Result<(), DumpError> {
        let accepted = if self.accepts { self.writer.old_content(path) } else { None };
        let carried =
            match accepted.filter(|content| section::read(Path::new(path), content, u64::MAX).is_ok()) {
                Some(content) => Some(self.put(path, &content)?),
                None => self.writer.carry_file(path)?,
            };
        let fate = if carried.is_some() { StateFate::Carried } else { StateFate::Failed };
        self.entries.extend(carried);
        self.done.insert(path.to_owned());
        let id = id_of(path).unwrap_or_else(|| path.to_owned());
        let is_lost = fate == StateFate::Failed;
        self.tell(&id, fate, Some(if is_lost { "its file is missing".to_owned() } else { message }));
        Ok(())
    }

    /// Puts a section aside that is to be replaced and that nobody can have restored, since it is damaged.
    fn rescue(&self, path: &str) -> Result<(), DumpError> {
        if self.sound(path).is_none()
            && let Some(content) = self.writer.old_content(path)
        {
            self.writer.put_aside(path, &content)?;
        }
        Ok(())
    }

    /// Returns what the section in the generation before holds, if it is the one that was dumped.
    fn sound(&self, path: &str) -> Option<StateSection> {
        let entry = self.writer.old_file(path)?;
        let content = self.writer.old_content(path)?;
        let is_dumped = content.len() as u64 == entry.size && blake3::hash(&content) == entry.hash;
        let section = section::read(Path::new(path), &content, u64::MAX).ok()?;
        (is_dumped && path_of(&section.id) == path).then_some(section)
    }

    fn is_old(&self, path: &str) -> bool {
        self.old.iter().any(|entry| entry.path == path)
    }

    fn tell(&mut self, id: &str, fate: StateFate, message: Option<String>) {
        self.saved.push(SavedState { id: id.to_owned(), fate, message });
    }
}

const ABSENT: &str = "no plugin here has it";

impl GenerationWriter<'_> {
    /// Puts a section of the current generation aside.
    fn put_aside(&self, path: &str, content: &[u8]) -> Result<(), DumpError> {
        put_aside(&*self.vfs, &self.layout, path, content)?;
        Ok(())
    }
}
