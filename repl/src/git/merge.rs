//! `rps merge`: whole stores, wherever their objects are.

use std::path::Path;

use rps_persist::diff::Version;
use rps_persist::merge::{Labels, Origin, StoreMerge};
use rps_persist::native::DumpOptions;
use rps_persist::{Code, DumpError};
use rps_runtime::extension::Extensions;
use serde::Serialize;

use super::arguments::MergeTask;
use super::diff::warn;
use super::repository::Repository;
use super::side::{Sides, Tracked};
use crate::console::Console;
use crate::durability::counted;
use crate::failure::Failure;
use crate::print::Paint;
use crate::store;

/// A merge as JSON.
#[derive(Serialize)]
struct JsonMerge {
    ours: usize,
    theirs: usize,
    same: usize,
    both: usize,
    objects: Vec<JsonObject>,
    conflicts: Vec<JsonConflict>,
    other_conflicts: Vec<String>,
}

#[derive(Serialize)]
struct JsonObject {
    oid: String,
    name: Option<String>,
    from: &'static str,
}

#[derive(Serialize)]
struct JsonConflict {
    oid: String,
    name: Option<String>,
    part: Option<String>,
    why: &'static str,
}

/// Does what `rps merge …` asks for.
pub(super) fn run(
    task: &MergeTask,
    extensions: &dyn Extensions,
    console: &mut Console,
) -> Result<(), Failure> {
    let sides = Sides { extensions, of: task.of.clone() };
    match (&task.versions[..], &task.output) {
        ([base, ours, theirs], output) => {
            let labels = Labels { ours: ours.clone(), theirs: theirs.clone() };
            let versions = [sides.version(base)?, sides.version(ours)?, sides.version(theirs)?];
            match output {
                _ if task.preview => preview(&versions, console),
                Some(output) => write(&versions, output, &labels, console),
                None => Err(Failure::new("command::usage", "where is the merged store to be written?")
                    .hint("name its folder with -o, or ask for a --preview")),
            }
        }
        ([theirs], None) if task.preview => {
            let tracked = sides.tracked()?;
            let base = base_of(&tracked.repository, "HEAD", theirs)?;
            let of = |revision: &str| sides.revision(&tracked, revision);
            preview(&[at(&sides, &tracked, base.as_deref())?, of("HEAD")?, of(theirs)?], console)
        }
        ([], None) => under_way(&sides, task.preview, console),
        _ => Err(Failure::new("command::usage", "a merge is of three versions, or previews that of one revision")
            .hint("`rps merge BASE OURS THEIRS -o STORE`, `rps merge --preview REVISION`, or `rps merge` while git merges")),
    }
}

/// Returns the last common ancestor of two revisions, if there is one.
fn base_of(repository: &Repository, ours: &str, theirs: &str) -> Result<Option<String>, Failure> {
    let (ours, theirs) = (repository.commit(ours)?, repository.commit(theirs)?);
    Ok(repository.ask(["merge-base", &ours, &theirs]).filter(|base| !base.is_empty()))
}

fn at(sides: &Sides<'_>, tracked: &Tracked, revision: Option<&str>) -> Result<Version, Failure> {
    revision.map_or_else(|| Ok(Version::empty()), |revision| sides.revision(tracked, revision))
}

/// What git is about to merge: the base, and their side.
fn under_way_in(repository: &Repository) -> Result<(Option<String>, String), Failure> {
    let there = |name: &str| repository.ask(["rev-parse", "--verify", "--quiet", name]);
    if let Some(theirs) = there("MERGE_HEAD") {
        return Ok((base_of(repository, "HEAD", &theirs)?, theirs));
    }
    for name in ["CHERRY_PICK_HEAD", "REBASE_HEAD"] {
        if let Some(theirs) = there(name) {
            return Ok((there(&format!("{theirs}^")), theirs));
        }
    }
    if let Some(reverted) = there("REVERT_HEAD") {
        let before = there(&format!("{reverted}^"))
            .ok_or_else(|| Failure::new("git::no-merge", "the first commit can not be reverted by object"))?;
        return Ok((Some(reverted), before));
    }
    Err(Failure::new("git::no-merge", "git is not merging anything here")
        .hint("`rps merge --preview REVISION` tells what a merge would do"))
}

/// Does the merge that is under way in git by object, whatever git made of the files.
fn under_way(sides: &Sides<'_>, is_preview: bool, console: &mut Console) -> Result<(), Failure> {
    let tracked = sides.tracked()?;
    let repository = &tracked.repository;
    let (base, theirs) = under_way_in(repository)?;
    let versions = [
        at(sides, &tracked, base.as_deref())?,
        sides.revision(&tracked, "HEAD")?,
        sides.revision(&tracked, &theirs)?,
    ];
    if is_preview {
        return preview(&versions, console);
    }
    let label = repository.ask(["name-rev", "--name-only", "--no-undefined", &theirs]).unwrap_or(theirs);
    let labels = Labels { ours: "HEAD".to_owned(), theirs: label };
    let directory = tracked.directory();
    let written = write(&versions, &directory, &labels, console);
    // What is written without conflicts is what git is to take.
    let spaces =
        if tracked.store.is_empty() { "spaces".to_owned() } else { format!("{}/spaces", tracked.store) };
    match written {
        Ok(()) => repository.git(["add", "--all", "--", &spaces]).map(drop),
        Err(failure) => Err(failure.hint(format!(
            "edit the files between the markers, then `rps seal {}` and `git add --all {spaces}`",
            directory.display()
        ))),
    }
}

fn write(
    versions: &[Version; 3],
    output: &Path,
    labels: &Labels,
    console: &mut Console,
) -> Result<(), Failure> {
    sound(versions, console)?;
    if let Some(commits) = versions.iter().map(Version::commits).find(|commits| *commits > 0) {
        return Err(undumped(commits));
    }
    let [base, ours, theirs] = versions;
    let merged = StoreMerge::of(base, ours, theirs);
    merged
        .write(&store::vfs(), output, labels, DumpOptions::default().file_limit)
        .map_err(|error| match error {
            DumpError::Commits { .. } => store::undumped(output, &error).advise(format!(
                "`rps journal apply {0}` dumps them; in the middle of a merge, `git merge --abort` comes first",
                output.display()
            )),
            error => store::undumped(output, &error),
        })?;
    tell(&merged, console);
    if merged.is_clean() {
        return Ok(());
    }
    let count = merged.conflicts().count() + merged.other_conflicts().len();
    let words = if count == 1 { "1 conflict is".to_owned() } else { format!("{count} conflicts are") };
    let failure = Failure::new("merge::conflict", format!("{words} marked in `{}`", output.display()));
    Err(failure.hint(format!("edit the files between the markers, then `rps seal {}`", output.display())))
}

fn preview(versions: &[Version; 3], console: &mut Console) -> Result<(), Failure> {
    sound(versions, console)?;
    for commits in versions.iter().map(Version::commits).filter(|commits| *commits > 0) {
        console.warn(&undumped(commits));
    }
    let [base, ours, theirs] = versions;
    tell(&StoreMerge::of(base, ours, theirs), console);
    Ok(())
}

/// Makes sure that all records of the versions are known: what can not be read would look as if it had been removed.
fn sound(versions: &[Version; 3], console: &mut Console) -> Result<(), Failure> {
    match versions.iter().find(|version| version.report().has_errors()) {
        None => Ok(()),
        Some(damaged) => {
            warn(damaged, console);
            Err(Failure::new("merge::damaged", "one of the versions has files that can not be read")
                .hint("restore them first: what is not seen would count as removed"))
        }
    }
}

/// Returns the failure that a version has commits which no dump has taken over. What those have left in no space, only a dump
/// knows what to do with.
fn undumped(commits: usize) -> Failure {
    let commits = counted(commits, "commit");
    let message = format!("one of the versions has {commits} that no dump has taken over");
    Failure::new(Code::UndumpedCommits.as_str(), message)
        .maybe_hint(Code::UndumpedCommits.hint().map(str::to_owned))
}

fn words(origin: Origin) -> &'static str {
    match origin {
        Origin::Unchanged => "unchanged",
        Origin::Ours => "ours",
        Origin::Theirs => "theirs",
        Origin::Same => "same",
        Origin::Both => "both",
    }
}

fn tell(merged: &StoreMerge<'_>, console: &mut Console) {
    let names = merged.names();
    let count = |wanted| merged.changed().filter(|(_, origin)| *origin == wanted).count();
    let [ours, theirs, same, both] = [Origin::Ours, Origin::Theirs, Origin::Same, Origin::Both].map(count);
    if console.is_json() {
        let name = |oid| names.get(oid).map(str::to_owned);
        let mirror = JsonMerge {
            ours,
            theirs,
            same,
            both,
            objects: merged
                .changed()
                .map(|(oid, origin)| JsonObject {
                    oid: oid.to_string(),
                    name: name(oid),
                    from: words(origin),
                })
                .collect(),
            conflicts: merged
                .conflicts()
                .map(|conflict| JsonConflict {
                    oid: conflict.oid.to_string(),
                    name: name(conflict.oid),
                    part: conflict.part.as_ref().map(|part| part.label(names)),
                    why: conflict.kind.words(),
                })
                .collect(),
            other_conflicts: merged.other_conflicts().to_vec(),
        };
        console.line(&serde_json::json!({ "merge": mirror }).to_string());
        return;
    }
    let look = console.look();
    for (oid, origin) in merged.changed() {
        console.line(&format!("{:<6} {}", words(origin), look.paint(Paint::Object, &names.label(oid))));
    }
    console.line(&format!(
        "{ours} from us, {theirs} from them, {same} the same on both sides, {both} from both"
    ));
    let conflicts = merged.conflicts().map(|conflict| conflict.describe(names));
    for conflict in conflicts.chain(merged.other_conflicts().iter().cloned()) {
        console.line(&format!("conflict: {conflict}"));
    }
}
