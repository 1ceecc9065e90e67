//! What a command is about that is given a name: a function, a method `class.name`, a class, or any value.

use rps_lang::Session;
use rps_library::{TOPICS, Topic};
use rps_runtime::object::Payload;
use rps_runtime::send::{Method, Native};
use rps_runtime::value::ClosureRef;
use rps_runtime::{Mutator, ObjectRef, Oid, Value, names};

use super::Input;
use crate::failure::Failure;
use crate::print::value::kind;
use crate::shell::{Shell, did_you_mean};

/// What a command is about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Subject {
    /// A function of the language, or that of a closure or method.
    Function(ObjectRef),
    /// A function or method in Rust.
    Native(Native),
    /// A class.
    Class(ObjectRef),
    /// Something else.
    Value(Value),
}

/// Finds what a command is about: `class.name` is a method, and everything else an expression.
pub(crate) fn find(shell: &mut Shell, m: &Mutator<'_>, input: Input<'_>) -> Result<Subject, Failure> {
    if let Some((class, selector)) = method_name(&shell.session, m, input.text()) {
        return match method(m, class, selector) {
            Some(method) => Ok(method),
            None => {
                let class_name = m.name_of(class).unwrap_or_else(|| class.oid().to_string());
                let message = format!("instances of `{class_name}` have no method `{selector}`");
                let hint = did_you_mean(selector, m.selectors_of(class));
                Err(input.wrong("command::no-such-method", message, hint))
            }
        };
    }
    Ok(of_value(m, shell.evaluate(m, input)?))
}

/// Returns what a value is as a subject.
pub(crate) fn of_value(m: &Mutator<'_>, value: Value) -> Subject {
    let function = value.as_closure().map(ClosureRef::function).or_else(|| value.as_object());
    match function {
        Some(object) if object.is_function(m) => Subject::Function(object),
        Some(object) if object.is_class(m) => Subject::Class(object),
        Some(object) => m.native_function(object.oid()).map_or(Subject::Value(value), Subject::Native),
        None => Subject::Value(value),
    }
}

/// Returns the method of a class for a selector, which may be inherited.
pub(crate) fn method(m: &Mutator<'_>, class: ObjectRef, selector: &str) -> Option<Subject> {
    let key = m.intern(selector).ok()?;
    Some(match m.find_method(class, key)? {
        Method::Native(native) => Subject::Native(native),
        Method::Kept(value) => of_value(m, value),
    })
}

/// Returns the class and the selector of `class.name`.
pub(crate) fn method_name<'t>(
    session: &Session,
    m: &Mutator<'_>,
    text: &'t str,
) -> Option<(ObjectRef, &'t str)> {
    let (class, selector) = text.split_once('.')?;
    let (class, selector) = (class.trim(), selector.trim());
    let class = match Oid::parse(class) {
        Ok(oid) => m.object(oid)?,
        Err(_) => named(session, m, class)?.as_object()?,
    };
    (names::is_name(selector) && class.is_class(m)).then_some((class, selector))
}

/// Returns what a name stands for in a program.
pub(crate) fn named(session: &Session, m: &Mutator<'_>, name: &str) -> Option<Value> {
    let global = || {
        let symbol = m.symbol(name)?;
        let value = m.value_of_symbol(symbol);
        // A symbol that stands for nothing but itself is kept somewhere, or it is a mere attribute name.
        (!value.is_identical(symbol.into()) || symbol.space().is_some()).then_some(value)
    };
    let library = || m.library_global(name);
    match global() {
        _ if session.variable(m, name).is_some() => session.variable(m, name),
        Some(value) if value.as_object() != m.symbol(name) => Some(value),
        found => library().or(found),
    }
}

/// Returns the failure that a subject is of no use to a command.
pub(crate) fn wrong(m: &Mutator<'_>, input: Input<'_>, subject: Subject, what: &str) -> Failure {
    match subject {
        Subject::Native(native) => {
            let message = format!("`{}` is written in Rust: it has no {what}", native.name);
            input.wrong("command::native", message, Some("`:doc` tells what it does".to_owned()))
        }
        Subject::Class(_) => input.wrong(
            "command::not-a-function",
            format!("a class has no {what}"),
            Some("name a method: `class.method`".to_owned()),
        ),
        Subject::Function(_) => input.wrong("command::not-a-function", format!("it has no {what}"), None),
        Subject::Value(value) => {
            let message = format!("{} has no {what}: it is no function", kind(m, value));
            input.wrong("command::not-a-function", message, None)
        }
    }
}

/// Returns the source text of a function.
pub(crate) fn source(m: &Mutator<'_>, function: ObjectRef) -> Option<String> {
    function.with_payload(m, |payload| match payload {
        Some(Payload::Function(own)) => Some(own.source.to_string()),
        _ => None,
    })
}

/// Returns how a subject is called: its name and parameters.
pub(crate) fn signature(m: &Mutator<'_>, name: &str, subject: Subject) -> String {
    match subject {
        Subject::Function(function) => {
            let parameters = function.with_payload(m, |payload| match payload {
                Some(Payload::Function(own)) => own.parameters.join(", "),
                _ => String::new(),
            });
            format!("{name}({parameters})")
        }
        Subject::Native(native) => native_signature(native),
        Subject::Class(_) | Subject::Value(_) => name.to_owned(),
    }
}

/// Returns how a native is called, as the documentation of the library writes it.
fn native_signature(native: Native) -> String {
    let entries = TOPICS.iter().flat_map(|topic: &Topic| {
        let methods = topic.methods.iter().flat_map(|(_, entries)| entries.iter());
        methods.chain(topic.functions.iter().map(|(_, entry)| entry))
    });
    let found = entries
        .into_iter()
        .find(|(signature, _, doc)| rps_library::topic::name(signature) == native.name && *doc == native.doc);
    match (found, native.arity) {
        (Some((signature, ..)), _) => (*signature).to_owned(),
        (None, 0) => format!("{}()", native.name),
        (None, _) => format!("{}(…)", native.name),
    }
}
