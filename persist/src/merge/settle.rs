//! Making a merged manifest describe the merged files, when all versions of them are at hand: then nobody has to seal the
//! store afterwards.

use memchr::memmem;

use crate::manifest::{FileEntry, Manifest, UnknownKeys};
use crate::text::Limits;

/// A space file that both sides changed: what a merged manifest says of it is not what the merged file is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unsettled {
    /// The path below `spaces/`.
    pub path: String,
    /// The hashes of the common version, of ours and of theirs; none where there is no such version.
    pub hashes: [Option<blake3::Hash>; 3],
}

/// Returns the space files that both sides changed, by three manifests. Nothing comes back if one of them can not be read.
#[must_use]
pub fn unsettled(base: &[u8], ours: &[u8], theirs: &[u8]) -> Vec<Unsettled> {
    let [base, ours, theirs] = [base, ours, theirs].map(read);
    let (Some(ours), Some(theirs)) = (ours, theirs) else { return Vec::new() };
    let base = base.unwrap_or_default();
    let hash = |manifest: &Manifest, path: &str| {
        let mut files = manifest.spaces.iter().flat_map(|space| &space.files);
        files.find(|file| file.path == path).map(|file| file.hash)
    };
    let files = ours.spaces.iter().flat_map(|space| &space.files);
    let found = files.map(|file| {
        let hashes = [&base, &ours, &theirs].map(|manifest| hash(manifest, &file.path));
        Unsettled { path: file.path.clone(), hashes }
    });
    found.filter(|Unsettled { hashes: [b, o, t], .. }| t.is_some() && o != b && t != b).collect()
}

/// Returns a merged manifest that describes a merged file, made of these versions of it.
#[must_use]
pub fn settle(manifest: &[u8], path: &str, versions: [&[u8]; 3], merged: &[u8]) -> Vec<u8> {
    let Some(mut parsed) = read(manifest) else { return manifest.to_vec() };
    let place = parsed.spaces.iter_mut().find(|space| space.files.iter().any(|file| file.path == path));
    let Some(space) = place else { return manifest.to_vec() };
    for file in space.files.iter_mut().filter(|file| file.path == path) {
        let unknown = std::mem::replace(&mut file.unknown, UnknownKeys::new());
        *file = FileEntry { unknown, ..FileEntry::of_content(path, merged) };
    }
    // The merged manifest counts what either side added or removed; both may have done the same.
    let [base, ours, theirs] = versions.map(records);
    space.objects = (space.objects + base + records(merged)).saturating_sub(ours + theirs);
    parsed.to_bytes()
}

fn read(bytes: &[u8]) -> Option<Manifest> {
    Manifest::read("manifest.json".as_ref(), bytes, &Limits::default()).ok().map(|(manifest, _)| manifest)
}

/// Returns how many records a file in the layout has.
fn records(content: &[u8]) -> u64 {
    memmem::find_iter(content, b"\n{\"oid\":\"_").count() as u64
}
