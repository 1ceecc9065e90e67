//! How the files of a generation looked when they were loaded or dumped, and which of them somebody has written to since.
//!
//! Who has a store open does not keep an editor from its files. A dump would replace what was edited without a word, or take
//! over a file that is not the one of the manifest. So it looks before it ends.

use std::collections::BTreeMap;
use std::path::Path;

use super::reader::GenerationReader;
use super::writer::GenerationWriter;
use crate::layout::MANIFEST;
use crate::vfs::{self, Stat, TreeEntry, Vfs};
use crate::{Code, Problem};

/// How the files of a generation looked, by their paths in it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Looks(BTreeMap<String, Stat>);

/// What somebody did to a generation since.
#[derive(Debug, Default)]
pub(crate) struct Edits {
    /// The files that were written to, and those that came; the manifest may be among them.
    pub(crate) written: Vec<String>,
    /// The files that are gone.
    pub(crate) removed: Vec<String>,
}

impl Looks {
    /// Returns how the files of a generation look; nothing where that can not be told.
    pub(crate) fn of(generation: &GenerationReader) -> Option<Looks> {
        generation.in_place(Self::of_directory)?
    }

    pub(super) fn of_directory(vfs: &dyn Vfs, dir: &Path) -> Option<Looks> {
        let stat = |place: &Path| Stat::of_file(&vfs.metadata(place).ok()?);
        let entries = vfs::tree(vfs, dir).ok()?.into_iter();
        Some(Looks(entries.filter_map(|TreeEntry { path, place, .. }| Some((path, stat(&place)?))).collect()))
    }

    /// Notes how a file looks.
    pub(super) fn note(&mut self, path: &str, stat: Stat) {
        self.0.insert(path.to_owned(), stat);
    }

    fn is_same(&self, path: &str, stat: &Stat) -> bool {
        self.0.get(path).is_some_and(|known| known.is_same_content(stat))
    }
}

impl Edits {
    pub(crate) fn is_empty(&self) -> bool {
        self.written.is_empty() && self.removed.is_empty()
    }

    /// Returns what a dump says of them, given where it has put what somebody wrote.
    pub(crate) fn problems(&self, place: Option<&Path>) -> impl Iterator<Item = Problem> {
        let kept = place.map_or_else(String::new, |place| {
            format!(
                "what was written is in `{}`: compare it, and make the change in the session",
                place.display()
            )
        });
        let written = self.written.iter().map(move |path| {
            let message = "somebody has changed this file while the store was open: the dump has replaced it";
            Problem::warning(Code::EditedFile, Path::new("spaces").join(path), message)
                .with_hint(kept.clone())
        });
        let removed = self.removed.iter().map(|path| {
            let message =
                "somebody has removed this file while the store was open: the dump has written it anew";
            Problem::warning(Code::EditedFile, Path::new("spaces").join(path), message)
        });
        written.chain(removed)
    }
}

impl GenerationWriter<'_> {
    /// Returns what somebody did to the current generation since it looked so. `is_same` says whether the manifest is the one
    /// of that time: a file that it still describes was not written to, whatever it looks like.
    ///
    /// If there is anything, the generation will be replaced, even by one that says the same.
    pub(crate) fn edits(&self, looked: &Looks, is_same: bool) -> Edits {
        let mut edits = Edits::default();
        let now = Looks::of_directory(&*self.vfs, &self.layout.spaces()).unwrap_or_default();
        for (path, stat) in &now.0 {
            let is_untouched = looked.is_same(path, stat) || is_same && self.is_as_listed(path);
            if !is_untouched {
                edits.written.push(path.clone());
            }
        }
        edits.removed = looked.0.keys().filter(|path| !now.0.contains_key(*path)).cloned().collect();
        if !edits.is_empty() {
            self.state.lock().repairs = true;
        }
        edits
    }

    /// Tells whether a file has the content that the manifest says.
    fn is_as_listed(&self, path: &str) -> bool {
        let Ok(content) = self.vfs.read(&self.old_path(path)) else { return false };
        match self.old.entries.get(path) {
            Some(entry) => content.len() as u64 == entry.size && blake3::hash(&content) == entry.hash,
            None => path == MANIFEST && *content == self.old.manifest_bytes[..],
        }
    }
}
