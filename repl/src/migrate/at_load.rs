//! What happens when a store is opened to be written, and has pending migrations.

use std::io::{self, BufRead, IsTerminal};
use std::str::FromStr;

use clap::ValueEnum;
use rps_library::migration::Migrations;

use super::{one, report};
use crate::arguments::Arguments;
use crate::console::Console;
use crate::failure::Failure;
use crate::prompt;
use crate::run::Workbench;
use crate::store::Intent;

/// Whether pending migrations are applied when a store is opened to be written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Policy {
    /// They are.
    Auto,
    /// A person at the prompt is asked; a script ends with an error.
    #[default]
    Ask,
    /// They are not.
    Never,
}

/// The variable that says so where the command line does not.
const VARIABLE: &str = "RPS_MIGRATE";

/// Deals with the pending migrations of a store that was just opened, at the start of a session or by `:load`.
///
/// # Errors
///
/// `migration::pending`, where a script would write the store, and what goes wrong with one that is applied.
pub(crate) fn settle(
    workbench: &mut Workbench,
    intent: Intent,
    policy: Policy,
    console: &mut Console,
) -> Result<(), Failure> {
    let pending = workbench.runtime.enter(|m| {
        let known = Migrations::of(m)?;
        Ok(known.pending()?.into_iter().map(|item| item.name.clone()).collect::<Vec<_>>())
    });
    let names = match pending {
        Ok(names) if names.is_empty() => return Ok(()),
        Ok(names) => names,
        // That nobody can tell what is pending is as good as that something is.
        Err(failure) => return refuse_or_warn(failure, intent, policy, console),
    };
    let failure = pending_failure(&names);
    match (intent, policy) {
        (Intent::Read, _) | (_, Policy::Never) => console.warn(&failure.hint(READ)),
        (Intent::Prompt, _) if !workbench.shell.store.is_writable() => console.warn(&failure.hint(READ)),
        (_, Policy::Auto) => return apply_all(workbench, console),
        (Intent::Write, Policy::Ask) => return Err(failure.hint(WRITE)),
        (Intent::Prompt, Policy::Ask) if prompt::is_transcript() || !io::stdin().is_terminal() => {
            console.warn(&failure.hint(PROMPT));
        }
        (Intent::Prompt, Policy::Ask) => {
            console.warn(&failure);
            if is_wanted(console) {
                return apply_all(workbench, console);
            }
        }
    }
    Ok(())
}

const READ: &str = "`rps migrate STORE` applies them; objects are seen here as they are before";
const WRITE: &str = "look at them with `rps migrate STORE --dry-run`, then apply them with `rps migrate STORE` or `--migrate auto`; \
    `--migrate never` writes the store without";
const PROMPT: &str = "`migrate()` applies them, `:dump` writes what comes of it";

fn pending_failure(names: &[String]) -> Failure {
    let list = names.join("`, `");
    let message = match names.len() {
        1 => format!("a migration is pending: `{list}`"),
        count => format!("{count} migrations are pending: `{list}`"),
    };
    Failure::new("migration::pending", message)
}

fn refuse_or_warn(
    failure: Failure,
    intent: Intent,
    policy: Policy,
    console: &mut Console,
) -> Result<(), Failure> {
    if intent == Intent::Write && policy != Policy::Never {
        return Err(failure);
    }
    console.warn(&failure);
    Ok(())
}

fn apply_all(workbench: &mut Workbench, console: &mut Console) -> Result<(), Failure> {
    loop {
        let outcome = workbench.runtime.enter(|m| {
            let next = Migrations::of(m)?.pending()?.first().map(|next| next.object.oid());
            next.map(|oid| one(m, oid)).transpose()
        })?;
        let Some(outcome) = outcome else { return Ok(()) };
        let message = format!("applied the migration {}", report::line(&outcome));
        console.warn(&Failure::new("migration::now-applied", message));
    }
}

/// Asks the person at the terminal.
fn is_wanted(console: &mut Console) -> bool {
    console.write("Apply them now? [y]es, [n]o: ");
    console.flush();
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer);
    read.is_ok() && matches!(answer.trim(), "y" | "yes")
}

/// Returns what is to be done with pending migrations: what the command line says, or else the variable.
///
/// # Errors
///
/// That the variable says something else.
pub(crate) fn policy(arguments: &Arguments) -> Result<Policy, Failure> {
    if let Some(policy) = arguments.migrate {
        return Ok(policy);
    }
    match std::env::var(VARIABLE) {
        Ok(text) if !text.is_empty() => text.parse().map_err(|()| {
            let message = format!("{VARIABLE} is `{text}`, which is no way to deal with migrations");
            Failure::new("migration::bad-policy", message).hint("it is `auto`, `ask` or `never`")
        }),
        _ => Ok(Policy::default()),
    }
}

impl FromStr for Policy {
    type Err = ();

    fn from_str(text: &str) -> Result<Policy, ()> {
        <Policy as ValueEnum>::from_str(text, false).map_err(drop)
    }
}
