//! `rps pack`: drops what nothing leads to.

use std::collections::BTreeSet;
use std::path::Path;

use rps_persist::diff::Version;
use rps_persist::vfs::Bytes;
use rps_persist::{DeadObject, LoadError, PackError, PackOptions, Packed, Severity};
use rps_runtime::Oid;
use rps_runtime::extension::Extensions;
use serde::Serialize;

use crate::bootstrap;
use crate::console::Console;
use crate::failure::Failure;
use crate::print::Paint;
use crate::store;

/// What was packed, as JSON.
#[derive(Serialize)]
struct JsonPack<'p> {
    dry_run: bool,
    objects: usize,
    dropped: Vec<JsonDead<'p>>,
    marked: Vec<JsonDead<'p>>,
    previous: Option<String>,
}

#[derive(Serialize)]
struct JsonDead<'p> {
    oid: String,
    name: Option<&'p str>,
    space: &'p str,
}

/// Packs a store, and tells what was dropped.
pub(super) fn run(
    directory: &Path,
    is_dry_run: bool,
    extensions: &dyn Extensions,
    console: &mut Console,
) -> Result<(), Failure> {
    let options = PackOptions { keep: embedded(extensions), is_dry_run, ..PackOptions::default() };
    let packed = rps_persist::pack(&store::vfs(), directory, &options, extensions)
        .map_err(|error| failure(directory, &error))?;
    if console.is_json() {
        console.line(&serde_json::json!({ "pack": mirror(&packed, is_dry_run) }).to_string());
        return Ok(());
    }
    if packed.has_states && !packed.dropped.is_empty() {
        let message =
            "plugins have states in this store: what a state refers to in a form of its own is not seen";
        console.warn(&Failure::new("store::pack", message));
    }
    let look = console.look();
    let line = |what: &str, object: &DeadObject| {
        let oid = object.oid;
        let name = object.name.as_ref().map_or_else(|| oid.to_string(), |name| format!("{name} ({oid})"));
        format!("{what} {}, space {}", look.paint(Paint::Object, &name), object.space)
    };
    let drop = if is_dry_run { "would drop" } else { "dropped" };
    for object in &packed.dropped {
        console.line(&line(drop, object));
    }
    for object in &packed.marked {
        console.line(&line("dead    ", object));
    }
    let (dropped, marked) = (packed.dropped.len(), packed.marked.len());
    console.line(&format!(
        "{drop} {dropped} of {} objects; {marked} more are dead in this generation",
        packed.objects
    ));
    if marked > 0 {
        console.line("what is still dead after another dump is dropped by the next `rps pack`");
    }
    if let Some(previous) = &packed.previous {
        console.line(&format!("the generation before is in {}", previous.display()));
    }
    Ok(())
}

/// Returns the objects that come with the command: programs may count on them.
fn embedded(extensions: &dyn Extensions) -> BTreeSet<Oid> {
    let files =
        bootstrap::FILES.iter().map(|(path, content)| ((*path).to_owned(), Bytes::from(content.to_vec())));
    Version::of_files(files.collect(), extensions).oids().collect()
}

fn failure(directory: &Path, error: &PackError) -> Failure {
    match error {
        PackError::Load(LoadError::Unsound(problems)) => {
            let errors = problems.problems().iter().filter(|problem| problem.severity == Severity::Error);
            let message = format!(
                "the store `{}` is damaged, and what can not be read may lead anywhere",
                directory.display()
            );
            let failure = Failure::new(error.code(), message);
            errors.fold(failure, Failure::problem).hint("`rps check` tells what is wrong")
        }
        PackError::Load(error) => store::unloaded(directory, error),
        PackError::Dump(error) => store::undumped(directory, error),
        error => Failure::new(error.code(), error.to_string()).maybe_hint(error.hint()),
    }
}

fn mirror(packed: &Packed, dry_run: bool) -> JsonPack<'_> {
    fn mirrors(dead: &[DeadObject]) -> Vec<JsonDead<'_>> {
        let one = |object| {
            let DeadObject { oid, name, space, .. }: &DeadObject = object;
            JsonDead { oid: oid.to_string(), name: name.as_deref(), space }
        };
        dead.iter().map(one).collect()
    }
    JsonPack {
        dry_run,
        objects: packed.objects,
        dropped: mirrors(&packed.dropped),
        marked: mirrors(&packed.marked),
        previous: packed.previous.as_ref().map(|path| path.display().to_string()),
    }
}
