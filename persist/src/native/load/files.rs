//! The files of a generation: read, indexed, and compared with the manifest.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use rayon::prelude::*;
use rps_runtime::Oid;

use super::super::index::SpaceIndex;
use super::super::options::LoadOptions;
use super::{LoadedFile, Part, in_store};
use crate::codec;
use crate::error::LoadError;
use crate::generation::GenerationReader;
use crate::layout::MANIFEST;
use crate::manifest::{FileEntry, Manifest, SpaceEntry};
use crate::vfs::Bytes;
use crate::{Code, Problem, Report};

/// Reports files that the manifest does not list.
pub(super) fn unlisted(
    generation: &GenerationReader,
    manifest: &Manifest,
    report: &mut Report,
) -> Result<(), LoadError> {
    let listed: BTreeSet<&str> = manifest.files().map(|file| &*file.path).chain([MANIFEST]).collect();
    for path in generation.list()?.iter().filter(|path| !listed.contains(path.as_str())) {
        report.push(Problem::error(
            Code::UnlistedFile,
            in_store(path),
            "the manifest does not list this file",
        ));
    }
    Ok(())
}

/// Returns the content of a file if there is one, and reports a content that the manifest does not describe.
pub(crate) fn read_listed(
    generation: &GenerationReader,
    entry: &FileEntry,
    report: &mut Report,
) -> Option<Bytes> {
    let path = in_store(&entry.path);
    let content = match generation.read(&entry.path) {
        Ok(content) => content,
        Err(error) if error.as_code() == Code::NotFound => {
            report.push(Problem::error(
                Code::MissingFile,
                path,
                "the manifest lists this file, and it is not there",
            ));
            return None;
        }
        Err(error) => {
            let message = match std::error::Error::source(&error) {
                Some(source) => format!("{error}: {source}"),
                None => error.to_string(),
            };
            report.push(Problem::error(error.as_code(), path, message));
            return None;
        }
    };
    let size = content.len() as u64;
    if size != entry.size {
        let message = format!("the file has {size} bytes, and {} in the manifest", entry.size);
        report.push(Problem::error(Code::BadHash, path, message));
    } else if blake3::hash(&content) != entry.hash {
        report.push(Problem::error(
            Code::BadHash,
            path,
            "the content is not the one that the manifest describes",
        ));
    }
    Some(content)
}

/// Returns the text of a space file if there is one, and reports what is wrong with its frame, if it has one.
pub(super) fn read_space(
    generation: &GenerationReader,
    entry: &FileEntry,
    options: &LoadOptions,
    report: &mut Report,
) -> Option<Bytes> {
    let content = read_listed(generation, entry, report)?;
    let path = in_store(&entry.path);
    codec::decoded(&path, content, options.limits.space_file, &*options.extensions)
        .map_err(|problem| report.push(problem))
        .ok()
}

/// Returns the index of a file, and what is wrong with the file as a whole.
pub(super) fn index<'t>(
    space: &SpaceEntry,
    entry: &FileEntry,
    content: Option<&'t Bytes>,
    options: &LoadOptions,
) -> (Option<LoadedFile<'t>>, Report) {
    let Some(content) = content else { return (None, Report::new()) };
    let path = in_store(&entry.path);
    let (index, mut report) = SpaceIndex::read(&path, content, &options.limits);
    // Only what was indexed is looked at again: a file that is refused may be very large.
    let file = index.and_then(|index| {
        let text = std::str::from_utf8(content).ok()?;
        Some(LoadedFile {
            path: path.clone(),
            text,
            index,
            objects: Vec::new(),
            pending: Vec::new(),
            part: Part::Whole,
        })
    });
    if let Some(file) = &file {
        let (own, listed) = (&file.index.header, (&space.name, space.oid));
        if (&own.name, own.oid) != listed {
            let message = format!(
                "the file holds the space `{}` ({}), and the manifest says `{}` ({})",
                own.name, own.oid, space.name, space.oid
            );
            report.push(Problem::error(Code::WrongSpace, path, message).at_line(2));
        }
    }
    (file, report)
}

/// Reports spaces with another number of objects than the manifest says, and objects that several files hold.
///
/// Where a file is missing or is no space file at all, that was said, and the count would say it again.
pub(super) fn count(manifest: &Manifest, files: &[LoadedFile<'_>], report: &mut Report) {
    let counts: HashMap<&Path, u64> =
        files.iter().map(|file| (file.path.as_path(), file.index.records.len() as u64)).collect();
    for space in &manifest.spaces {
        let of_files = space.files.iter().map(|file| counts.get(in_store(&file.path).as_path()).copied());
        let Some(found) = of_files.sum::<Option<u64>>() else { continue };
        if found != space.objects {
            let message = format!(
                "the space `{}` has {found} objects, and {} in the manifest",
                space.name, space.objects
            );
            report.push(Problem::error(Code::WrongCount, in_store(MANIFEST), message).about(space.oid));
        }
    }
    duplicates(files, report);
}

/// Reports objects that are in more than one file; those that are twice in one were found with its index.
fn duplicates(files: &[LoadedFile<'_>], report: &mut Report) {
    let mut all: Vec<(Oid, u32, u32)> = Vec::new();
    for (number, file) in files.iter().enumerate() {
        all.extend(file.index.records.iter().map(|record| (record.oid, number as u32, record.line)));
    }
    all.par_sort_unstable();
    for pair in all.windows(2) {
        let [(oid, first, first_line), (same, second, line)] = [pair[0], pair[1]];
        if oid == same && first != second {
            let (first, second) = (&files[first as usize], &files[second as usize]);
            let message = format!(
                "a second object with this oid; the first one is in `{}` on line {first_line}",
                first.path.display()
            );
            report.push(Problem::error(Code::DuplicateOid, &second.path, message).at_line(line).about(oid));
        }
    }
}
