//! What a store remembers from one dump to the next.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use rps_runtime::Oid;
use rps_runtime::change::Mark;

use crate::generation::Looks;

/// What is known of the current generation by who wrote or loaded it.
///
/// From this generation the next dump goes on, if both the store and the runtime are still where they were.
#[derive(Debug)]
pub(crate) struct Memory {
    /// The BLAKE3 hash of its manifest.
    pub(crate) manifest: blake3::Hash,
    /// Whether its files are as a dump writes them: from others none is made by changing a few records.
    pub(crate) is_as_dumped: bool,
    /// How its files looked, if that is known.
    pub(crate) looks: Option<Looks>,
    /// From when on changes of the runtime are not in it.
    pub(crate) mark: Mark,
    /// The limit by which its files were cut, if that is known.
    pub(crate) limit: Option<usize>,
    pub(crate) transients: Transients,
}

impl Memory {
    /// Returns what is known of a generation that was loaded.
    pub(crate) fn loaded(
        manifest: blake3::Hash,
        is_as_dumped: bool,
        looks: Option<Looks>,
        mark: Mark,
    ) -> Memory {
        Memory { manifest, is_as_dumped, looks, mark, limit: None, transients: Transients::default() }
    }
}

/// Which objects that are not stored the files name, as far as that is known, by their paths. One of them that becomes
/// stored is named otherwise from then on.
#[derive(Debug, Clone, Default)]
pub(crate) struct Transients(HashMap<String, Arc<BTreeSet<Oid>>>);

impl Transients {
    pub(crate) fn of(&self, path: &str) -> Option<&BTreeSet<Oid>> {
        self.0.get(path).map(|oids| &**oids)
    }

    pub(crate) fn note(&mut self, path: &str, oids: BTreeSet<Oid>) {
        self.0.insert(path.to_owned(), Arc::new(oids));
    }

    /// Takes over what is known of a file that stays as it is.
    pub(crate) fn keep(&mut self, path: &str, before: &Transients) {
        if let Some(oids) = before.0.get(path) {
            self.0.insert(path.to_owned(), Arc::clone(oids));
        }
    }
}
