//! Applying a migration: in a transaction of its own, which ends with its record, or with everything as it was.

use std::error::Error;
use std::fmt;

use rps_lang::{EvalError, Session};
use rps_runtime::change::Purpose;
use rps_runtime::object::Payload;
use rps_runtime::{Mutator, ObjectRef, Oid, RuntimeError, Value};

use super::difference::Difference;
use super::each::take_object_under_way;
use super::lost;
use super::registry::{self, BODY, Counts, Migration};

/// What an application is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Run {
    /// To change the store.
    Keep,
    /// To see what would change; everything is as before then.
    Dry,
}

/// What came of an application.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Outcome {
    /// What the migration is called.
    pub name: String,
    /// The migration.
    pub oid: Oid,
    /// What has changed, or would have. The record of it is not among that.
    pub difference: Difference,
}

/// Why a migration was not applied. Everything is as it was.
#[derive(Debug)]
#[non_exhaustive]
pub enum Failure {
    /// It cannot be applied here and now.
    Refused(RuntimeError),
    /// Its function failed.
    Failed {
        /// What the migration is called.
        name: String,
        /// The object that it had come to, where that is known.
        object: Option<Oid>,
        /// What went wrong.
        error: Box<EvalError>,
    },
}

/// How the text that calls the function of a migration calls it.
const FUNCTION: &str = "body";
const ARGUMENT: &str = "migration";

/// Applies a migration, whether it was applied already or not.
///
/// What it defines and keeps goes into the space that the migration is in.
///
/// # Errors
///
/// [`Failure`].
pub fn apply(m: &Mutator<'_>, migration: &Migration, run: Run) -> Result<Outcome, Failure> {
    if !m.can_freeze() {
        let message =
            format!("`{}` cannot be applied in a transaction, nor while a dump begins", migration.name);
        let hint = Some("each migration is a transaction of its own".into());
        let code = "migration::in-transaction";
        return Err(Failure::Refused(RuntimeError::Failed { code, message, hint }));
    }
    // Adoption into this view never ends, so that what is in no space yet is seen as it was, too.
    let moment = m.freeze(Purpose::Commit);
    let mut seen = None;
    let result = m.transaction(|| {
        call(m, migration).map_err(Some)?;
        let changed = m.changes().uncommitted;
        lost::check(m, &changed).map_err(|error| Some(Failure::Refused(named(migration, error))))?;
        let difference = Difference::since(m, &moment, &changed);
        match run {
            Run::Keep => {
                record(m, migration, &difference).map_err(|error| Some(Failure::Refused(error)))?;
                seen = Some(difference);
                Ok(())
            }
            Run::Dry => {
                seen = Some(difference);
                Err(None)
            }
        }
    });
    moment.give_back();
    match (result, seen) {
        (Err(Some(failure)), _) => Err(failure),
        (_, difference) => Ok(Outcome {
            name: migration.name.clone(),
            oid: migration.object.oid(),
            difference: difference.unwrap_or_default(),
        }),
    }
}

impl Failure {
    /// Returns the stable code.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Failure::Refused(error) => error.code(),
            Failure::Failed { error, .. } if !may_go_on(error) => error.code(),
            Failure::Failed { .. } => "migration::failed",
        }
    }

    /// Returns the error for a program that applies migrations.
    pub(super) fn into_error(self) -> RuntimeError {
        let message = self.to_string();
        match self {
            Failure::Refused(error) => error,
            Failure::Failed { error, .. } => match *error {
                EvalError::Run(error) if !error.error.can_be_caught() => error.error,
                EvalError::Run(error) => {
                    RuntimeError::Failed { code: "migration::failed", message, hint: error.hint }
                }
                _ => RuntimeError::Failed { code: "migration::failed", message, hint: None },
            },
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Failure::Failed { name, object, error } = self else {
            let Failure::Refused(error) = self else { return Ok(()) };
            return write!(f, "{error}");
        };
        write!(f, "the migration `{name}` failed")?;
        if let Some(object) = object {
            write!(f, " at {object}")?;
        }
        write!(f, ", and has changed nothing: {}", message(error))
    }
}

impl Error for Failure {}

/// Calls the function of a migration.
fn call(m: &Mutator<'_>, migration: &Migration) -> Result<(), Failure> {
    let Some(body) = registry::attribute(m, migration.object, BODY).filter(|body| !body.is_nil()) else {
        let message = format!("the migration `{}` has no function", migration.name);
        let hint = Some(format!("write it again: `migration(\"{}\", |m| …)`", migration.name));
        let code = "migration::no-function";
        return Err(Failure::Refused(RuntimeError::Failed { code, message, hint }));
    };
    let mut session = Session::new(m);
    session.set_space(migration.object.space());
    session.set_variable(m, FUNCTION, body);
    session.set_variable(m, ARGUMENT, migration.object.into());
    let argument = if parameters(m, body) == 0 { "" } else { ARGUMENT };
    let _before = take_object_under_way(m);
    let source = format!("migration {}", migration.name);
    match session.eval_source(m, &source, &format!("{FUNCTION}({argument})")) {
        Ok(_) => Ok(()),
        Err(error) => Err(Failure::Failed {
            name: migration.name.clone(),
            object: take_object_under_way(m),
            error: Box::new(error),
        }),
    }
}

/// Returns an error that names the migration as well.
fn named(migration: &Migration, error: RuntimeError) -> RuntimeError {
    match error {
        RuntimeError::Failed { code, message, hint } => {
            let message = format!("the migration `{}` was not applied: {message}", migration.name);
            RuntimeError::Failed { code, message, hint }
        }
        other => other,
    }
}

fn record(
    m: &Mutator<'_>,
    migration: &Migration,
    difference: &Difference,
) -> Result<ObjectRef, RuntimeError> {
    let [made, changed, removed] = difference.counts();
    let classes = difference.classes.iter();
    let classes = classes.map(|(name, class)| (name.as_str(), class.made + class.changed + class.removed));
    registry::record(m, migration, &Counts { made, changed, removed, classes: classes.collect() })
}

/// Returns how many parameters a function has.
pub(super) fn parameters(m: &Mutator<'_>, function: Value) -> usize {
    let object = function.as_closure().map(|closure| closure.function()).or_else(|| function.as_object());
    object.map_or(0, |object| {
        object.with_payload(m, |payload| match payload {
            Some(Payload::Function(own)) => own.parameters.len(),
            _ => 0,
        })
    })
}

fn may_go_on(error: &EvalError) -> bool {
    !matches!(error, EvalError::Run(error) if !error.error.can_be_caught())
}

/// Returns what went wrong, without the place.
fn message(error: &EvalError) -> String {
    match error {
        EvalError::Run(error) => error.message.clone(),
        other => other.diagnostics().first().map(|first| first.message.clone()).unwrap_or_default(),
    }
}
