//! Migrations, as the command deals with them: `rps migrate`, and what happens when a store is opened to be written that
//! has pending ones.
//!
//! What a migration is, and how one is applied, is `rps_library::migration`. Here is [`at_load`] (asking first), [`report`]
//! (what is told), and the subcommand.

pub(crate) mod at_load;
mod report;

use std::collections::BTreeSet;
use std::sync::Arc;

use rps_library::migration::{Migrations, Run, apply};
use rps_runtime::{Mutator, Oid};

use self::report::Told;
use crate::arguments::{Arguments, MigrateArguments};
use crate::console::Console;
use crate::failure::Failure;
use crate::interrupt::{Again, Interrupts};
use crate::plugins::Plugins;
use crate::run::Workbench;
use crate::store::{self, Intent};

pub(crate) use self::at_load::Policy;

/// Does what `rps migrate …` asks for.
pub(crate) fn run(
    what: &MigrateArguments,
    arguments: &Arguments,
    console: &mut Console,
) -> Result<(), Failure> {
    let plugins = Arc::new(Plugins::start(arguments, Some(&what.store), console)?);
    let _ended = plugins.until_the_end();
    // What is only looked at is in nobody's way.
    let intent = if what.dry_run || what.list { Intent::Read } else { Intent::Write };
    // Writing would make one.
    store::must_exist(&what.store)?;
    let (runtime, handle) = store::open(Some(&what.store), intent, &plugins, console)?;
    let mut workbench = Workbench::new(runtime, handle, console);
    let _interrupts = Interrupts::watch(&workbench.runtime, Again::Ends)?;
    let result =
        if what.list { list(&mut workbench, console) } else { migrate(what, &mut workbench, console) };
    std::mem::forget(workbench);
    result
}

fn list(workbench: &mut Workbench, console: &mut Console) -> Result<(), Failure> {
    let Workbench { shell, runtime } = workbench;
    let (report, problem) = runtime.enter(|m| {
        let known = Migrations::of(m)?;
        Ok::<_, Failure>((report::list(m, &known, shell.look), known.pending().err()))
    })?;
    report.tell(console);
    problem.map_or(Ok(()), |error| Err(error.into()))
}

/// Applies what is pending, or the one that is named. Each is committed before the next one begins, so that a process that
/// dies takes none of them with it; what came of all is dumped at the end.
fn migrate(what: &MigrateArguments, workbench: &mut Workbench, console: &mut Console) -> Result<(), Failure> {
    let mut told = Told::new(&what.store, what.dry_run);
    let mut done = BTreeSet::new();
    let applied = apply_each(what, workbench, &mut done, &mut told, console);
    let written = if what.dry_run || done.is_empty() { Ok(()) } else { dump(workbench) };
    // What a migration failed of says more than what the dump failed of, which the next one makes good.
    let result = match (applied, written) {
        (Err(failure), Err(other)) => {
            Err(failure.detail(format!("nor was the store dumped: {}", other.line())))
        }
        (applied, written) => applied.and(written),
    };
    told.end(result.is_ok(), console);
    result
}

fn apply_each(
    what: &MigrateArguments,
    workbench: &mut Workbench,
    done: &mut BTreeSet<Oid>,
    told: &mut Told,
    console: &mut Console,
) -> Result<(), Failure> {
    let Workbench { shell, runtime } = workbench;
    loop {
        let step = runtime.enter(|m| {
            let Some(next) = next(m, what, done)? else { return Ok(None) };
            let outcome = one(m, next)?;
            if !what.dry_run {
                shell.store.commit(m)?;
            }
            Ok::<_, Failure>(Some(outcome))
        })?;
        let Some(outcome) = step else { return Ok(()) };
        done.insert(outcome.oid);
        told.add(outcome, console);
    }
}

/// Writes the store after what was applied, which is in the journal already.
fn dump(workbench: &mut Workbench) -> Result<(), Failure> {
    let Workbench { shell, runtime } = workbench;
    // Ctrl-C stopped a migration; those before it are written all the same.
    runtime.clear_interrupt();
    let dumped = runtime.enter(|m| shell.store.dump(m));
    dumped.map(drop).map_err(|failure| {
        failure.advise("what was applied is in the journal of the store, and nothing is lost: `rps journal apply STORE` dumps it")
    })
}

/// Returns the migration that is to be applied next.
fn next(m: &Mutator<'_>, what: &MigrateArguments, done: &BTreeSet<Oid>) -> Result<Option<Oid>, Failure> {
    let known = Migrations::of(m)?;
    let Some(name) = what.only.as_ref().or(what.again.as_ref()) else {
        return Ok(known.pending()?.first().map(|next| next.object.oid()));
    };
    let named = known.find(name)?;
    known.ready(named)?;
    if named.is_applied() && what.again.is_none() && !done.contains(&named.object.oid()) {
        let message = format!("the migration `{name}` was applied already");
        let hint = format!("`--again {name}` applies it once more, to what has come by a merge since");
        return Err(Failure::new("migration::applied", message).hint(hint));
    }
    Ok(Some(named.object.oid()).filter(|oid| !done.contains(oid)))
}

/// Applies a migration. What is only tried is forgotten with the process.
fn one(m: &Mutator<'_>, oid: Oid) -> Result<rps_library::migration::Outcome, Failure> {
    let known = Migrations::of(m)?;
    let migration = known.find(&oid.to_string())?;
    apply(m, migration, Run::Keep).map_err(|failure| report::failed(&failure))
}
