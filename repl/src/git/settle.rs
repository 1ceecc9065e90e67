//! The manifest that git merges by itself, when it merges, picks or moves commits: made to describe the merged files.
//!
//! Git asks for the merge of one file at a time, in an order of its own. So the other versions are looked up in git, by
//! where they must be, and believed if their hashes are those that the manifests name. What is not found stays as it is,
//! for a hook or `rps seal`.

use std::collections::BTreeSet;

use rps_persist::merge::{Labels, merge_file, settle, unsettled};
use rps_persist::vfs::Bytes;
use rps_runtime::extension::Extensions;

use super::repository::Repository;

/// The manifests of a store, as git gives them.
pub(super) struct Manifests<'m> {
    pub(super) base: &'m [u8],
    pub(super) ours: &'m [u8],
    pub(super) theirs: &'m [u8],
    /// Where the manifest is in the repository.
    pub(super) path: &'m str,
    pub(super) labels: &'m Labels,
}

/// Returns the merged manifest with what the merged files are, as far as their versions are found and do not conflict.
pub(super) fn settled(
    mut merged: Vec<u8>,
    manifests: &Manifests<'_>,
    repository: &Repository,
    extensions: &dyn Extensions,
) -> Vec<u8> {
    let Manifests { base, ours, theirs, path, labels } = manifests;
    let files = unsettled(base, ours, theirs);
    let Some(folder) = path.strip_suffix("manifest.json").filter(|_| !files.is_empty()) else {
        return merged;
    };
    let commits = commits(repository, labels);
    for file in files {
        let find = |hash: Option<_>| match hash {
            None => Some(Vec::new()),
            Some(hash) => commits.iter().find_map(|commit| {
                let content = repository.content(commit, &format!("{folder}{}", file.path))?;
                (blake3::hash(&content) == hash).then_some(content)
            }),
        };
        let [Some(base), Some(ours), Some(theirs)] = file.hashes.map(find) else { continue };
        let [b, o, t] = [&base, &ours, &theirs].map(|content| Bytes::from(content.clone()));
        let content = merge_file(b, o, t, labels, extensions);
        if content.conflicts == 0 {
            merged = settle(&merged, &file.path, [&base, &ours, &theirs], &content.content);
        }
    }
    merged
}

/// Returns the commits that versions may be of: what git is at, what it merges, and what those were made of.
fn commits(repository: &Repository, labels: &Labels) -> Vec<String> {
    let mut names: Vec<String> =
        ["HEAD", "MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "REBASE_HEAD", "ORIG_HEAD"]
            .map(str::to_owned)
            .to_vec();
    // `git merge` says by variables which commits it merges; a label begins with a name or with a commit.
    let variables = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    names.extend(variables.filter_map(|name| Some(name.strip_prefix("GITHEAD_")?.to_owned())));
    for label in [&labels.ours, &labels.theirs] {
        let label = label.strip_prefix("parent of ").unwrap_or(label);
        names.extend(label.split(' ').next().map(str::to_owned));
    }
    let mut commits: Vec<String> = names.iter().filter_map(|name| repository.commit(name).ok()).collect();
    for commit in commits.clone() {
        let parents = repository.ask(["rev-parse", "--quiet", &format!("{commit}^@")]).unwrap_or_default();
        let bases = repository.ask(["merge-base", "--all", "HEAD", &commit]).unwrap_or_default();
        commits.extend(parents.lines().chain(bases.lines()).map(str::to_owned));
    }
    // Branches that merged each other have several ancestors; then git compares with what those have in common.
    let ours = repository.commit("HEAD").unwrap_or_default();
    for commit in commits.clone() {
        let bases = repository.ask(["merge-base", "--all", &ours, &commit]).unwrap_or_default();
        if let [one, other, ..] = bases.lines().collect::<Vec<_>>()[..] {
            let common = repository.ask(["merge-base", "--all", one, other]).unwrap_or_default();
            commits.extend(common.lines().map(str::to_owned));
        }
    }
    let mut seen = BTreeSet::new();
    commits.retain(|commit| seen.insert(commit.clone()));
    commits
}
