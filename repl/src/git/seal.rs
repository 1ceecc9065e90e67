//! `rps seal`: the manifest of a store after its files were merged; and the hooks that see to it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rps_persist::merge::{SealError, Sealed, seal};
use rps_persist::native::{Lazy, LoadOptions, Replay};
use rps_persist::{Access, Code, DumpError, LoadError, Store};
use rps_runtime::extension::Extensions;

use super::repository::Repository;
use crate::console::Console;
use crate::durability::counted;
use crate::failure::Failure;
use crate::store;

/// Seals a store, and checks it.
pub(super) fn run(
    store: &Path,
    extensions: Arc<dyn Extensions>,
    console: &mut Console,
) -> Result<(), Failure> {
    let sealed = sealed(store, &*extensions)?;
    check(store, extensions, sealed.orphaned_commits)?;
    let Sealed { objects, files, is_changed, orphaned_commits, .. } = sealed;
    warn_of_orphans(store, orphaned_commits, console);
    if console.is_json() {
        let mirror = serde_json::json!({
            "objects": objects, "files": files, "changed": is_changed, "orphaned_commits": orphaned_commits,
        });
        console.line(&serde_json::json!({ "seal": mirror }).to_string());
    } else {
        let what = if is_changed { "sealed" } else { "nothing to do:" };
        console.line(&format!("{what} {objects} objects in {files} files of {}", store.display()));
    }
    Ok(())
}

/// Does what a hook is to do before a commit: stores whose files are to be committed get the manifest that describes them.
///
/// # Errors
///
/// What is wrong with a store, so that git does not commit it.
pub(super) fn hook(
    hook: &str,
    extensions: Arc<dyn Extensions>,
    console: &mut Console,
) -> Result<(), Failure> {
    let repository = Repository::around(Path::new("."))?;
    let is_merging = ["MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "REBASE_HEAD"]
        .iter()
        .any(|name| repository.ask(["rev-parse", "--verify", "--quiet", name]).is_some());
    let mut sealed_again = Vec::new();
    for name in repository.stores() {
        let spaces = if name.is_empty() { "spaces".to_owned() } else { format!("{name}/spaces") };
        let has_changes = |arguments: &[&str]| {
            let mut words = vec!["diff", "--quiet"];
            words.extend(arguments);
            words.extend(["--", &spaces]);
            repository.git(words).is_err()
        };
        if repository.commit("HEAD").is_ok() && !has_changes(&["--cached", "HEAD"]) {
            continue;
        }
        let directory: PathBuf = repository.root().join(&name);
        if has_changes(&[]) {
            let message = format!(
                "the store `{name}` has changes that are not added, so its manifest is left as it is"
            );
            console.warn(&Failure::new("git::not-added", message).hint(format!("`git add {spaces}`")));
            continue;
        }
        let sealed = sealed(&directory, &*extensions)?;
        warn_of_orphans(&directory, sealed.orphaned_commits, console);
        if sealed.is_changed {
            repository.git(["add", "--", &format!("{spaces}/manifest.json")])?;
            sealed_again.push(name);
        }
        // What a dump wrote is sound; what was put together may not be.
        if sealed.is_changed || is_merging {
            check(&directory, Arc::clone(&extensions), sealed.orphaned_commits)?;
        }
    }
    if console.is_json() {
        let mirror = serde_json::json!({ "hook": hook, "sealed": sealed_again });
        console.line(&serde_json::json!({ "git_hook": mirror }).to_string());
    }
    // Git has made the tree of a merge before it calls this hook, so what is added now would not be in it.
    if hook == "pre-merge-commit" && !sealed_again.is_empty() {
        let message = format!(
            "the manifest of `{}` was written anew, as the files were merged",
            sealed_again.join("`, `")
        );
        return Err(
            Failure::new("git::sealed", message).hint("all is well: `git commit` completes the merge")
        );
    }
    Ok(())
}

/// Tells of commits that were made to a generation which something else than a dump has replaced.
fn warn_of_orphans(store: &Path, commits: usize, console: &mut Console) {
    if commits > 0 {
        let commits = counted(commits, "commit");
        let message =
            format!("the journal of `{}` holds {commits} to an earlier generation", store.display());
        let hint = format!(
            "`rps journal apply {0}` puts them on top of this one, `rps journal discard {0}` gives them up",
            store.display()
        );
        console.warn(&Failure::new(Code::JournalOtherBase.as_str(), message).hint(hint));
    }
}

fn sealed(directory: &Path, extensions: &dyn Extensions) -> Result<Sealed, Failure> {
    seal(&store::vfs(), directory, extensions).map_err(|error| match error {
        SealError::Load(error) => store::unloaded(directory, &error),
        SealError::Dump(error @ DumpError::Commits { .. }) => {
            let failure = store::undumped(directory, &error);
            let store = directory.display();
            failure.advise(format!(
                "`rps check {store} --accept` takes the files as they are, puts the commits on top, and dumps; or put the files \
                 back that were dumped, and `rps journal apply {store}`"
            ))
        }
        SealError::Dump(error) => store::undumped(directory, &error),
        error => Failure::new("store::io", error.to_string()),
    })
}

/// Makes sure that a store can be loaded, but for commits that belong to an earlier generation.
fn check(directory: &Path, extensions: Arc<dyn Extensions>, orphaned_commits: usize) -> Result<(), Failure> {
    let mut options = LoadOptions::default();
    options.extensions = extensions;
    let problems = match orphaned_commits {
        0 => rps_persist::check_with(&store::vfs(), directory, &options),
        _ => {
            options.replay = Replay::Nothing;
            options.lazy = Lazy::Never;
            let opened = Store::open(&store::vfs(), directory, Access::Write);
            match opened.map_err(LoadError::from).and_then(|store| store.load_with(&options)) {
                Ok((runtime, found)) => {
                    std::mem::forget(runtime);
                    found.report
                }
                Err(LoadError::Unsound(problems)) => problems,
                Err(error) => return Err(store::unloaded(directory, &error)),
            }
        }
    };
    if problems.has_errors() {
        let failure = store::unsound(directory, &problems);
        return Err(
            failure.hint("each side may be sound by itself: mend the files, `git add` them, and commit")
        );
    }
    Ok(())
}
