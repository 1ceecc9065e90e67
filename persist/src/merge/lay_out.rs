//! Which records go into which file: the same files as a dump of the same objects has.

use std::convert::Infallible;

use rps_runtime::Oid;

use crate::manifest::UnknownKeys;
use crate::native::place::{FileNames, path_of};
use crate::native::{SpaceHeader, cut};

/// A space with its records, sorted by oid. `T` is a record in whichever form.
#[derive(Debug)]
pub(crate) struct SpaceText<T> {
    pub(crate) name: String,
    pub(crate) oid: Oid,
    /// Each with the size that it has in a file.
    pub(crate) records: Vec<(Oid, usize, T)>,
}

impl<T> SpaceText<T> {
    /// Returns what the files of the space say before their records.
    pub(crate) fn header(&self) -> SpaceHeader {
        SpaceHeader { name: self.name.clone(), oid: self.oid, unknown: UnknownKeys::new() }
    }
}

/// The records of a file.
#[derive(Debug)]
pub(crate) struct FileText<'s, T> {
    /// The path below `spaces/`.
    pub(crate) path: String,
    pub(crate) records: &'s [(Oid, usize, T)],
}

/// Returns the files of spaces, which are sorted by oid; a space without records has none.
pub(crate) fn lay_out<'s, T>(spaces: &'s [SpaceText<T>], limit: usize) -> Vec<Vec<FileText<'s, T>>> {
    let mut names = FileNames::default();
    let mut out = Vec::with_capacity(spaces.len());
    for space in spaces {
        let base = names.of_space(&space.name, space.oid);
        let mut files = Vec::new();
        let put = &mut |digits, records: &'s [(Oid, usize, T)]| {
            files.push(FileText { path: path_of(&base, digits, records[0].0), records });
            Ok::<(), Infallible>(())
        };
        let Ok(()) = cut(&space.records, 0, limit, &|(oid, size, _)| (*oid, *size), put);
        out.push(files);
    }
    out
}
