//! The test framework: checks, whose results a program collects.

use parking_lot::Mutex;
use rps_runtime::code::operate::wrong_kind;
use rps_runtime::value::{View, number};
use rps_runtime::{Mutator, Oid, Runtime, RuntimeError, Value};

use crate::argument::text;
use crate::host::{Services, services};
use crate::topic::{Entry, Topic};

pub(crate) const TOPIC: Topic = Topic {
    title: "Checks",
    about: "Checks are what `rps test` runs. Each gives whether it passed, and fails in no other way; so all checks of a file are made.",
    functions: &[
        (Oid::known("_5FrvXWzZJrp01H0aWb"), CHECK),
        (Oid::known("_9HOSO435egI01zPbAV"), CHECK_EQUAL),
        (Oid::known("_8g6ZaeTIeLb0201EHC"), CHECK_RAISES),
    ],
    ..Topic::EMPTY
};

/// What the checks of a program said, in their order.
pub type Report = Vec<Check>;

/// What one check said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What the check is called.
    pub name: String,
    /// Why it failed, or `None` when it passed.
    pub failure: Option<String>,
    /// The text that the check stands in, and the line there; empty and 0 where nobody knows.
    pub place: (String, usize),
}

/// Takes what the checks said since this was last called.
#[must_use]
pub fn take_test_report(runtime: &Runtime) -> Report {
    let services = runtime.service::<Services>();
    services.map_or_else(Vec::new, |services| std::mem::take(&mut *services.report.lock()))
}

pub(crate) fn new_report() -> Mutex<Report> {
    Mutex::default()
}

const CHECK: Entry = (
    "check(name, f)",
    |m, _, arguments| {
        let name = text(m, "the name of the check", arguments[0])?;
        let failure = match outcome(m, arguments[1])? {
            Ok(value) if value.is_truthy() => None,
            Ok(value) => Some(format!("it gives {}", shown(value))),
            Err(failure) => Some(format!("it raises {}: {}", failure.code, failure.message)),
        };
        Ok(note(m, name, failure))
    },
    "Checks that a function gives a true value.\ncheck(\"one and one\", || 1 + 1 == 2) # → true",
);

const CHECK_EQUAL: Entry = (
    "check_equal(name, actual, expected)",
    |m, _, arguments| {
        let name = text(m, "the name of the check", arguments[0])?;
        let (actual, expected) = (arguments[1], arguments[2]);
        let equal = number::equal(actual, expected);
        let failure = (!equal).then(|| format!("it is {}, not {}", shown(actual), shown(expected)));
        Ok(note(m, name, failure))
    },
    "Checks that two values are equal, as `==` compares them.\ncheck_equal(\"length\", \"abc\".len(), 3) # → true",
);

const CHECK_RAISES: Entry = (
    "check_raises(name, code, f)",
    |m, _, arguments| {
        let name = text(m, "the name of the check", arguments[0])?;
        let code = text(m, "the code of the error", arguments[1])?;
        let failure = match outcome(m, arguments[2])? {
            Ok(value) => Some(format!("it raises nothing, and gives {}", shown(value))),
            Err(failure) if failure.code == code => None,
            Err(failure) => Some(format!("it raises {}, not {code}: {}", failure.code, failure.message)),
        };
        Ok(note(m, name, failure))
    },
    "Checks that a function raises an error with a code.\ncheck_raises(\"no division\", \"run::division-by-zero\", || 1 / 0) # → true",
);

/// An error that a check caught.
struct Failure {
    code: String,
    message: String,
}

/// Calls a function; what it raises is caught, but for what stops a program.
fn outcome(m: &Mutator<'_>, function: Value) -> Result<Result<Value, Failure>, RuntimeError> {
    if !matches!(function.view(), View::Closure(_) | View::Object(_)) {
        return Err(wrong_kind(m, "what is checked", "a function without parameters", function));
    }
    match m.apply(function, Value::NIL, &[]) {
        Ok(value) => Ok(Ok(value)),
        Err(error) if !error.can_be_caught() => Err(error),
        Err(error) => {
            let failure = described(m, &error);
            m.forget_trace();
            Ok(Err(failure))
        }
    }
}

/// Returns the code and the message of an error: those of what was raised, where it has them.
fn described(m: &Mutator<'_>, error: &RuntimeError) -> Failure {
    let mut failure = Failure { code: error.code().into(), message: error.to_string() };
    if matches!(error, RuntimeError::Raised) {
        let raised = m.raised();
        failure.message = m.text_of(raised);
        for (name, place) in [("code", &mut failure.code), ("message", &mut failure.message)] {
            let key = m.symbol(name).map(|symbol| m.key_of_symbol(symbol));
            let value = key.and_then(|key| m.attribute(raised, key)).and_then(Value::as_string);
            if let Some(text) = value {
                *place = text.as_str().to_owned();
            }
        }
    }
    failure
}

fn shown(value: Value) -> String {
    format!("{value:?}")
}

fn note(m: &Mutator<'_>, name: &str, failure: Option<String>) -> Value {
    let passed = failure.is_none();
    let place = m.calls_under_way().first().map(|call| (call.source.name.clone(), call.place().0));
    let check = Check { name: name.to_owned(), failure, place: place.unwrap_or_default() };
    services(m).report.lock().push(check);
    passed.into()
}
