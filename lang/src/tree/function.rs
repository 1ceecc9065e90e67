//! From a function to its tree, and from a tree to a function.

use rps_runtime::code::operate::wrong_kind;
use rps_runtime::object::Payload;
use rps_runtime::object::payload::Function as FunctionPayload;
use rps_runtime::value::{ClosureRef, StringRef};
use rps_runtime::{Mutator, RuntimeError, Value, known};

use super::mistake::{NO_SOURCE, bad_text, bad_tree};
use super::read::Reader;
use super::words::Keys;
use super::{formatted, print, tree_of_text};
use crate::syntax::ast::{ExpressionKind as E, Name, Program};
use crate::syntax::parse;

/// Returns the tree of a function, a closure or a method.
pub(super) fn tree(m: &Mutator<'_>, function: Value) -> Result<Value, RuntimeError> {
    let object = function.as_object().or_else(|| function.as_closure().map(ClosureRef::function));
    let Some(object) = object else {
        return Err(wrong_kind(m, "what has a tree", "a function, a closure or a method", function));
    };
    let source = object.with_payload(m, |payload| match payload {
        Some(Payload::Function(own)) if !own.source.is_empty() => Some(own.source.to_string()),
        _ => None,
    });
    match source {
        Some(source) => tree_of_text(m, "the source of the function", &source),
        None => Err(RuntimeError::Failed {
            code: NO_SOURCE,
            message: format!("{} has no source in the language", m.text_of(object.into())),
            hint: Some("functions and methods that are part of the program have none".into()),
        }),
    }
}

/// Returns the function object or closure of a tree or a text.
pub(super) fn make(m: &Mutator<'_>, tree: Value) -> Result<Value, RuntimeError> {
    let (source, program) = match tree.as_string().map(StringRef::as_str) {
        Some(text) => {
            let parsed = parse(text);
            if parsed.has_errors() {
                return Err(bad_text("the text", text, &parsed.diagnostics));
            }
            (text.trim().to_owned(), parsed.program)
        }
        None => {
            let keys = Keys::new(m)?;
            let program = Reader::new(m, &keys).program(tree)?;
            (formatted(&print::print(&program))?, program)
        }
    };
    let Some((parameters, is_closure)) = function_of(&program) else {
        let message = "what is made must be one function or closure: a `code_function` or a `code_closure`";
        let hint = "`fn () { … }` around a program makes it a function";
        return Err(bad_tree(message.into(), Some(hint.into())));
    };
    let names = parameters.iter().map(|parameter| parameter.text.clone()).collect();
    let object = m.new_object(m.class(known::FUNCTION));
    let payload = FunctionPayload::new(&source, names, Vec::new());
    object.install_payload(m, Some(Payload::Function(Box::new(payload))));
    m.code_of(object)?;
    Ok(if is_closure { ClosureRef::new(m, object, &[])?.into() } else { object.into() })
}

/// Returns the parameters of the function that a program is, and whether it is a closure.
fn function_of(program: &Program) -> Option<(&[Name], bool)> {
    match &program.statements[..] {
        [one] => match &one.kind {
            E::Function(function) => Some((&function.parameters, false)),
            E::Closure(closure) => Some((&closure.parameters, true)),
            _ => None,
        },
        _ => None,
    }
}
