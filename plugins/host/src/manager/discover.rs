//! Finding plugins: the search path, in order, each directory by name.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;

use super::record::Record;
use super::{Inner, Manager};
use crate::error::LoadError;
use crate::library::{FileIdentity, Module, SIDECAR_SUFFIX, Sidecar, is_library_name};

/// Something that was noticed when plugins were looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What it is about.
    pub path: PathBuf,
    /// What was noticed.
    pub message: String,
}

/// So many threads open libraries at once.
const OPENERS: usize = 4;

impl Manager {
    /// Looks for plugins in the directories of the search path: those with a sidecar are known by it, the others are
    /// opened, and nothing of them is called. What was found before stays as it is.
    pub fn discover(&self) {
        let inner = self.inner();
        inner.know_built_ins();
        let config = self.config();
        let directories = inner
            .search_path
            .iter()
            .map(PathBuf::as_path)
            .chain(config.search_dirs())
            .chain(inner.last_search_path.iter().map(PathBuf::as_path));
        let mut seen = BTreeSet::new();
        for directory in directories {
            let real = fs::canonicalize(directory).unwrap_or_else(|_| directory.to_path_buf());
            if seen.insert(real) {
                inner.discover_in(directory, &config);
            }
        }
        inner.follow_config();
        inner.bind();
    }

    /// Returns what was noticed when plugins were looked for.
    pub fn notes(&self) -> Vec<Note> {
        self.inner().notes.lock().clone()
    }
}

impl Inner {
    fn discover_in(&self, directory: &Path, config: &crate::config::Config) {
        let entries = match fs::read_dir(directory) {
            Ok(entries) => entries,
            // Not every directory of a search path is there.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return,
            Err(error) => {
                return self.note(Note { path: directory.to_path_buf(), message: error.to_string() });
            }
        };
        let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let is_hidden = |path: &Path| name(path).starts_with('.');
        let mut declared = BTreeSet::new();
        for path in paths.iter().filter(|path| name(path).ends_with(SIDECAR_SUFFIX) && !is_hidden(path)) {
            match Sidecar::read(path) {
                Ok(sidecar) => {
                    declared.insert(sidecar.library.clone());
                    self.add(Record::declared(sidecar));
                }
                Err(error) => self.add(Record::failed(path.clone(), error)),
            }
        }
        let extension = std::env::consts::DLL_EXTENSION;
        let fits = |path: &PathBuf| {
            let fits = match config.plugins_pattern {
                Some(_) => config.matches_file_name(&name(path), extension) && !is_hidden(path),
                None => is_library_name(path, extension),
            };
            fits && !declared.contains(path) && path.is_file()
        };
        let known: BTreeSet<PathBuf> =
            self.all_records().iter().filter_map(|record| record.path().cloned()).collect();
        let candidates: Vec<PathBuf> =
            paths.into_iter().filter(|path| fits(path) && !known.contains(path)).collect();
        for (path, opened) in open_all(candidates) {
            match opened {
                Ok((module, identity)) => self.add(Record::opened(path, module, identity)),
                Err(error) => self.add(Record::failed(path, error)),
            }
        }
    }

    /// Makes a plugin known. The first with an id stays, and another file with the same id is told of. A file that is no
    /// plugin takes nobody's place, whatever its name.
    fn add(&self, record: Record) {
        let mut records = self.records.write();
        let replaced = match records.get(&record.id) {
            None => None,
            Some(known) => {
                if is_same_file(known, &record) {
                    return;
                }
                if known.is_plugin() || !record.is_plugin() {
                    let note = passed_over(&record, known);
                    drop(records);
                    return self.note(note);
                }
                Some(passed_over(known, &record))
            }
        };
        let declared = record.state.lock().sidecar.as_ref().map(|sidecar| sidecar.declared.clone());
        let id = record.id.clone();
        records.insert(id.clone(), Arc::new(record));
        drop(records);
        if let Some(note) = replaced {
            self.note(note);
        }
        if let Some(declared) = declared {
            self.declare(&id, declared);
        }
    }

    /// Makes the plugin in a file known, wherever it is, and returns its id.
    pub(super) fn add_file(&self, path: &Path) -> Result<String, LoadError> {
        let identity = FileIdentity::of(path)?;
        for record in self.all_records() {
            let is_same = record.state.lock().identity.as_ref() == Some(&identity)
                || record
                    .path()
                    .is_some_and(|known| FileIdentity::of(known).is_ok_and(|known| known == identity));
            // A file that failed before is looked at anew.
            if is_same && record.state.lock().description.is_some() {
                return Ok(record.id.clone());
            }
        }
        let sidecar = Sidecar::path_of(path);
        if sidecar.is_file()
            && let Ok(found) = Sidecar::read(&sidecar)
            && found.library == path
        {
            let id = found.description.id.clone();
            self.check_free(&id, path)?;
            self.add(Record::declared(found));
            return Ok(id);
        }
        let module = Module::open(path)?;
        let id = module.description.id.clone();
        self.check_free(&id, path)?;
        self.add(Record::opened(path.to_path_buf(), module, identity));
        Ok(id)
    }

    fn check_free(&self, id: &str, path: &Path) -> Result<(), LoadError> {
        let mut records = self.records.write();
        match records.get(id) {
            Some(known) if known.state.lock().description.is_none() => {
                records.remove(id);
                Ok(())
            }
            Some(known) if known.path().is_none_or(|known| known != path) => {
                let other = known.path().map_or("the program".into(), |path| path.display().to_string());
                Err(LoadError::DuplicateId { id: id.to_owned(), path: other })
            }
            _ => Ok(()),
        }
    }

    fn note(&self, note: Note) {
        let mut notes = self.notes.lock();
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
}

fn is_same_file(a: &Record, b: &Record) -> bool {
    let (Some(a), Some(b)) = (a.path(), b.path()) else { return false };
    a == b || matches!((FileIdentity::of(a), FileIdentity::of(b)), (Ok(a), Ok(b)) if a == b)
}

/// Returns what is to be said of a file that is passed over for the sake of another one.
fn passed_over(record: &Record, known: &Record) -> Note {
    let first = known.path().map_or("the program".into(), |path| path.display().to_string());
    let message = match &record.state.lock().error {
        Some(error) => format!("{} is there, from {first}; here is none: {error}", record.id),
        None => format!("{} is there already, from {first}, which comes first", record.id),
    };
    Note { path: record.path().cloned().unwrap_or_default(), message }
}

type Opened = (PathBuf, Result<(Module, FileIdentity), LoadError>);

/// Opens libraries on several threads: the system's loader takes its time for each.
fn open_all(paths: Vec<PathBuf>) -> Vec<Opened> {
    let count = paths.len().min(OPENERS);
    let opened = Mutex::new(Vec::with_capacity(paths.len()));
    let next = Mutex::new(paths.into_iter());
    std::thread::scope(|scope| {
        for _ in 0..count {
            scope.spawn(|| {
                loop {
                    let Some(path) = next.lock().next() else { return };
                    let result = FileIdentity::of(&path)
                        .and_then(|identity| Module::open(&path).map(|module| (module, identity)));
                    opened.lock().push((path, result));
                }
            });
        }
    });
    let mut opened = opened.into_inner();
    opened.sort_by(|a: &Opened, b: &Opened| a.0.cmp(&b.0));
    opened
}
