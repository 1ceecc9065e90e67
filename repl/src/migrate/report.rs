//! What is told of migrations, as text and as JSON.

use std::path::Path;

use rps_lang::EvalError;
use rps_library::migration::difference::{ClassDifference, ObjectDifference, Part};
use rps_library::migration::{self, Migrations, Outcome};
use rps_runtime::Mutator;
use serde::Serialize;

use crate::answer::Report;
use crate::console::Console;
use crate::failure::Failure;
use crate::print::Look;
use crate::print::table::Table;

/// What `rps migrate` does, as it does it.
pub(super) struct Told {
    store: String,
    dry_run: bool,
    outcomes: Vec<Outcome>,
}

#[derive(Serialize)]
struct JsonMigrate<'o> {
    store: &'o str,
    dry_run: bool,
    applied: Vec<JsonOutcome<'o>>,
}

#[derive(Serialize)]
struct JsonOutcome<'o> {
    name: &'o str,
    oid: String,
    made: usize,
    changed: usize,
    removed: usize,
    classes: Vec<JsonClass<'o>>,
}

#[derive(Serialize)]
struct JsonClass<'o> {
    class: &'o str,
    made: usize,
    changed: usize,
    removed: usize,
    /// The first few objects.
    objects: Vec<JsonObject<'o>>,
}

#[derive(Serialize)]
struct JsonObject<'o> {
    oid: String,
    name: Option<&'o str>,
    parts: Vec<JsonPart<'o>>,
}

#[derive(Serialize)]
struct JsonPart<'o> {
    part: &'o str,
    before: Option<&'o str>,
    now: Option<&'o str>,
}

#[derive(Serialize)]
struct JsonMigration<'k> {
    name: &'k str,
    oid: String,
    after: Vec<&'k str>,
    applied: bool,
    records: Vec<String>,
}

impl Told {
    pub(super) fn new(store: &Path, dry_run: bool) -> Told {
        Told { store: store.display().to_string(), dry_run, outcomes: Vec::new() }
    }

    /// Tells of one that was applied, at once: the next may take long.
    pub(super) fn add(&mut self, outcome: Outcome, console: &mut Console) {
        if !console.is_json() {
            let would = if self.dry_run { "would apply" } else { "applied" };
            console.line(&format!("{would} {}", line(&outcome)));
            if self.dry_run {
                for (name, class) in &outcome.difference.classes {
                    samples(name, class, console);
                }
            }
            console.flush();
        }
        self.outcomes.push(outcome);
    }

    /// Tells that this was all, or that the next one failed.
    pub(super) fn end(&self, is_done: bool, console: &mut Console) {
        if console.is_json() {
            let applied = self.outcomes.iter().map(JsonOutcome::of).collect();
            let mirror = JsonMigrate { store: &self.store, dry_run: self.dry_run, applied };
            console.line(&serde_json::json!({ "migrate": mirror }).to_string());
        } else if self.dry_run && !self.outcomes.is_empty() {
            console.line("nothing was written");
        } else if self.outcomes.is_empty() && is_done {
            console.line("no migration is pending");
        }
    }
}

/// Returns what came of a migration, in a line.
pub(super) fn line(outcome: &Outcome) -> String {
    let count = |class: &ClassDifference| {
        let counts =
            [(class.changed, "changed"), (class.made, "made"), (class.removed, "removed")].into_iter();
        let counts = counts.filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}"));
        counts.collect::<Vec<_>>().join(", ")
    };
    let classes = outcome.difference.classes.iter();
    let classes: Vec<String> = classes.map(|(name, class)| format!("{name} ({})", count(class))).collect();
    match classes.is_empty() {
        true => format!("`{}`: nothing changes", outcome.name),
        false => format!("`{}`: {}", outcome.name, classes.join(", ")),
    }
}

/// Returns a table of all migrations.
pub(super) fn list(m: &Mutator<'_>, known: &Migrations, look: Look) -> Report {
    let mut table = Table::new(&["migration", "state", "after", "changed"]);
    let mut mirrors = Vec::new();
    for item in known.all() {
        let after: Vec<&str> = item.after.iter().map(String::as_str).collect();
        let state = if item.is_applied() { "applied" } else { "pending" };
        let changed: Vec<String> =
            item.records.iter().map(|record| migration::recorded(m, *record)).collect();
        table.row([item.name.clone(), state.to_owned(), after.join(", "), changed.join("; ")]);
        mirrors.push(JsonMigration {
            name: &item.name,
            oid: item.object.oid().to_string(),
            after,
            applied: item.is_applied(),
            records: item.records.iter().map(|record| record.oid().to_string()).collect(),
        });
    }
    let text = if table.is_empty() { "there are no migrations".to_owned() } else { table.render(look) };
    Report::new(text, "migrations", mirrors)
}

/// Returns the failure of a migration.
pub(super) fn failed(failure: &migration::Failure) -> Failure {
    let told = Failure::new(failure.code().to_owned(), failure.to_string());
    let migration::Failure::Failed { error, .. } = failure else {
        let migration::Failure::Refused(error) = failure else { return told };
        return told.maybe_hint(error.hint());
    };
    let told = told.detail(format!("what was raised has the code {}", error.code()));
    match &**error {
        EvalError::Run(run) => {
            let told = run
                .place()
                .map(|entry| {
                    let (line, _) = entry.place();
                    let text = entry.source.text.lines().nth(line - 1).unwrap_or_default().trim();
                    format!("in {entry}: {text}")
                })
                .into_iter()
                .fold(told, Failure::detail);
            told.maybe_hint(run.hint.clone())
        }
        other => told.maybe_hint(other.diagnostics().into_iter().find_map(|one| one.hint)),
    }
}

/// Shows the first few objects of a class.
fn samples(class: &str, difference: &ClassDifference, console: &mut Console) {
    for sample in &difference.samples {
        let what = match (sample.was_stored, sample.is_stored) {
            (false, _) => "made",
            (_, false) => "removed",
            _ => "changed",
        };
        let name = sample.name.as_ref().map_or_else(String::new, |name| format!(" ({name})"));
        console.line(&format!("  {class} {}{name} {what}", sample.oid));
        for Part { name, before, now } in &sample.parts {
            let told = match (before, now) {
                (Some(before), Some(now)) => format!("{name}: {before} → {now}"),
                (Some(before), None) => format!("- {name}: {before}"),
                (None, Some(now)) => format!("+ {name}: {now}"),
                (None, None) => name.clone(),
            };
            console.line(&format!("    {told}"));
        }
    }
    let rest = difference.made + difference.changed + difference.removed - difference.samples.len();
    if rest > 0 {
        console.line(&format!("  … {rest} more of {class}"));
    }
}

impl<'o> JsonOutcome<'o> {
    fn of(outcome: &'o Outcome) -> JsonOutcome<'o> {
        let [made, changed, removed] = outcome.difference.counts();
        let classes = outcome.difference.classes.iter();
        let class = |(class, own): (&'o String, &'o ClassDifference)| JsonClass {
            class,
            made: own.made,
            changed: own.changed,
            removed: own.removed,
            objects: own.samples.iter().map(JsonObject::of).collect(),
        };
        JsonOutcome {
            name: &outcome.name,
            oid: outcome.oid.to_string(),
            made,
            changed,
            removed,
            classes: classes.map(class).collect(),
        }
    }
}

impl<'o> JsonObject<'o> {
    fn of(object: &'o ObjectDifference) -> JsonObject<'o> {
        let part = |part: &'o Part| JsonPart {
            part: &part.name,
            before: part.before.as_deref(),
            now: part.now.as_deref(),
        };
        JsonObject {
            oid: object.oid.to_string(),
            name: object.name.as_deref(),
            parts: object.parts.iter().map(part).collect(),
        }
    }
}
