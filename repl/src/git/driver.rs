//! What git calls for single files: the merge driver, and the text that it shows instead of a file.

use std::fs;
use std::path::Path;

use rps_persist::Code;
use rps_persist::diff::{Names, Version, listing};
use rps_persist::merge::{Labels, merge_file};
use rps_persist::native::journal_info;
use rps_persist::vfs::Bytes;
use rps_runtime::extension::Extensions;

use super::arguments::DriverTask;
use super::repository::Repository;
use super::settle::{Manifests, settled};
use crate::bootstrap;
use crate::console::Console;
use crate::durability::counted;
use crate::failure::Failure;
use crate::store;

/// The exit status at which git gives the whole merge up, and leaves the files as they are.
const ABORTS: i32 = 129;

/// Merges a file as git asks for it: the result takes the place of our file, and the exit status says whether it is clean.
pub(super) fn merge(
    task: &DriverTask,
    extensions: &dyn Extensions,
    console: &mut Console,
) -> Result<(), Failure> {
    if let Some(failure) = task.path.as_ref().and_then(|path| undumped(Path::new(path))) {
        console.failure(&failure);
        console.finish()?;
        std::process::exit(ABORTS);
    }
    let read = |path: &Path| fs::read(path).map_err(|error| Failure::file("read", path, &error));
    let (base, ours, theirs) = (read(&task.base)?, read(&task.ours)?, read(&task.theirs)?);
    // A version of git that does not know a placeholder leaves it as it is.
    let label = |given: &Option<String>, usual: &str| {
        given
            .as_ref()
            .filter(|label| !label.is_empty() && !label.starts_with('%'))
            .map_or(usual.to_owned(), String::clone)
    };
    let labels =
        Labels { ours: label(&task.ours_label, "ours"), theirs: label(&task.theirs_label, "theirs") };
    let mut merged = {
        let [base, ours, theirs] = [&base, &ours, &theirs].map(|content| Bytes::from(content.clone()));
        merge_file(base, ours, theirs, &labels, extensions)
    };
    if let (Some(path), 0) = (&task.path, merged.conflicts)
        && path.ends_with("spaces/manifest.json")
        && let Ok(repository) = Repository::around(Path::new("."))
    {
        let manifests = Manifests { base: &base, ours: &ours, theirs: &theirs, path, labels: &labels };
        merged.content = settled(merged.content, &manifests, &repository, extensions);
    }
    fs::write(&task.ours, &merged.content).map_err(|error| Failure::file("write", &task.ours, &error))?;
    let path = task.path.clone().unwrap_or_else(|| task.ours.display().to_string());
    if console.is_json() {
        let mirror = serde_json::json!({ "path": path, "conflicts": merged.conflicts });
        console.line(&serde_json::json!({ "merge_driver": mirror }).to_string());
    }
    if merged.conflicts == 0 {
        return Ok(());
    }
    let count = if merged.conflicts == 1 {
        "1 conflict".to_owned()
    } else {
        format!("{} conflicts", merged.conflicts)
    };
    let failure = Failure::new("merge::conflict", format!("{count} in `{path}`"));
    let failure = merged.objects.iter().fold(failure, |failure, (_, words)| failure.detail(words.clone()));
    Err(failure.hint("edit the file between the markers, `git add` it, and go on; `rps merge --preview` tells all conflicts"))
}

/// Returns the failure that the store with this file has commits which no dump has taken over: git would replace what they
/// were made to. Git starts drivers in the root of the work tree.
fn undumped(path: &Path) -> Option<Failure> {
    let mut stores = path.ancestors().filter(|above| above.ends_with("spaces")).filter_map(Path::parent);
    let store = stores.find(|store| store.join(".rps/journal").is_dir())?;
    let store = if store.as_os_str().is_empty() { Path::new(".") } else { store };
    let failure = match journal_info(&*store::vfs(), store) {
        Ok(info) if info.commits.is_empty() => return None,
        Ok(info) => {
            let commits = counted(info.commits.len(), "commit");
            let message =
                format!("the store `{}` has {commits} that no dump has taken over", store.display());
            Failure::new(Code::UndumpedCommits.as_str(), message)
        }
        Err(error) => store::with_causes(Failure::new(error.code(), error.to_string()), &error),
    };
    Some(failure.hint(format!(
        "nothing was merged: `git merge --abort` if git has begun, then `rps journal apply {}`, commit, and merge again",
        store.display()
    )))
}

/// Writes a file for people.
pub(super) fn textconv(
    file: &Path,
    store: Option<&Path>,
    extensions: &dyn Extensions,
    console: &mut Console,
) -> Result<(), Failure> {
    let content = fs::read(file).map_err(|error| Failure::file("read", file, &error))?;
    let mut names = Names::default();
    if let Some(version) = store.and_then(|store| Version::read(&store::vfs(), store, extensions).ok()) {
        names.add(&version);
    }
    let embedded =
        bootstrap::FILES.iter().map(|(path, content)| ((*path).to_owned(), Bytes::from(content.to_vec())));
    names.add(&Version::of_files(embedded.collect(), extensions));
    let text = listing(Bytes::from(content), &mut names, extensions);
    if console.is_json() {
        let mirror = serde_json::json!({ "file": file.display().to_string(), "text": text });
        console.line(&serde_json::json!({ "textconv": mirror }).to_string());
    } else {
        console.write(&text);
    }
    Ok(())
}
