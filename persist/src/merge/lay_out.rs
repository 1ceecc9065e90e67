//! Which records go into which file: the same files as a dump of the same objects has.

use rps_runtime::Oid;

use crate::manifest::UnknownKeys;
use crate::native::SpaceHeader;
use crate::native::place::{FileNames, escape_capitals};

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
pub(crate) fn lay_out<T>(spaces: &[SpaceText<T>], limit: usize) -> Vec<Vec<FileText<'_, T>>> {
    let mut names = FileNames::default();
    let mut out = Vec::with_capacity(spaces.len());
    for space in spaces {
        let base = names.of_space(&space.name, space.oid);
        let mut files = Vec::new();
        cut(&space.records, &base, 0, limit, &mut files);
        out.push(files);
    }
    out
}

/// Cuts records by the next digit of their oids until no file is too large.
fn cut<'s, T>(
    records: &'s [(Oid, usize, T)],
    base: &str,
    digits: usize,
    limit: usize,
    files: &mut Vec<FileText<'s, T>>,
) {
    let size: usize = records.iter().map(|(_, size, _)| size).sum();
    let Some((first, ..)) = records.first() else { return };
    if size <= limit || records.len() == 1 {
        let text = first.to_string();
        let path = match digits {
            0 => format!("{base}.json"),
            _ => format!("{base}/{}.json", escape_capitals(&text[1..=digits])),
        };
        files.push(FileText { path, records });
        return;
    }
    let prefix = |oid: Oid| oid.to_text()[1..=digits + 1].to_vec();
    for group in records.chunk_by(|(a, ..), (b, ..)| prefix(*a) == prefix(*b)) {
        cut(group, base, digits + 1, limit, files);
    }
}
