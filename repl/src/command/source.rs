//! `:source`

use rps_runtime::object::Payload;
use rps_runtime::send::Method;
use rps_runtime::value::SetRef;
use rps_runtime::{Mutator, ObjectRef, Value, known};

use super::subject::{self, Subject};
use super::{Command, Input, Takes};
use crate::answer::Report;
use crate::print::code::coloured;
use crate::print::value::key_name;
use crate::shell::{Outcome, Shell};

pub(crate) const COMMAND: Command = Command {
    name: "source",
    arguments: "name",
    summary: "shows the source of a function, a method or a class",
    details: "A method is named `class.method`; of a class all attributes and methods are shown. The name may be \
              any expression that gives a function or closure.",
    takes: Takes::Something,
    run,
};

fn run(shell: &mut Shell, m: &Mutator<'_>, input: Input<'_>) -> Outcome {
    let subject = subject::find(shell, m, input)?;
    let source = match subject {
        Subject::Function(function) => subject::source(m, function),
        Subject::Class(class) => Some(class_source(m, class)),
        Subject::Native(_) | Subject::Value(_) => None,
    };
    let Some(source) = source else { return Err(subject::wrong(m, input, subject, "source")) };
    Ok(Report::new(coloured(source.trim_end(), shell.look), "source", &source).into())
}

/// Returns the text that makes a class as it is, in the layout of the language.
pub(super) fn class_source(m: &Mutator<'_>, class: ObjectRef) -> String {
    let name = m.name_of(class).unwrap_or_else(|| class.oid().to_string());
    let superclass =
        class.superclass(m).filter(|superclass| *superclass != class && superclass.oid() != known::OBJECT);
    let heading = match superclass {
        Some(superclass) => format!("class {name} : {} {{", key_name(m, superclass)),
        None => format!("class {name} {{"),
    };
    let mut attributes = class.with_payload(m, |payload| match payload {
        Some(Payload::ClassInfo(info)) => info.attribute_set.map(SetRef::items).unwrap_or_default().to_vec(),
        _ => Vec::new(),
    });
    let mut attributes: Vec<String> =
        attributes.drain(..).filter_map(Value::as_object).map(|key| key_name(m, key)).collect();
    attributes.sort();
    let methods = methods(m, class);
    let mut text = format!("{heading}\n");
    for attribute in &attributes {
        text += &format!("{attribute}\n");
    }
    for (number, (_, source)) in methods.iter().enumerate() {
        if number > 0 || !attributes.is_empty() {
            text.push('\n');
        }
        text += source;
        text.push('\n');
    }
    text.push_str("}\n");
    // What was written for other eyes, in a store perhaps, may be no program.
    rps_lang::format::format(&text).unwrap_or(text)
}

/// Returns the selectors and sources of a class's own methods in the language, sorted by selector.
fn methods(m: &Mutator<'_>, class: ObjectRef) -> Vec<(String, String)> {
    let own = class.own_methods(m);
    let mut found: Vec<(String, String)> = own
        .chunks_exact(2)
        .filter_map(|pair| Some((m.name_of(pair[0].as_object()?)?, source_of(m, pair[1])?)))
        .collect();
    for selector in m.library_selectors(class.oid()) {
        if let Some(Method::Kept(value)) = m.library_method(class.oid(), &selector)
            && found.iter().all(|(own, _)| *own != selector)
        {
            found.extend(source_of(m, value).map(|source| (selector, source)));
        }
    }
    found.sort();
    found
}

fn source_of(m: &Mutator<'_>, value: Value) -> Option<String> {
    match subject::of_value(m, value) {
        Subject::Function(function) => subject::source(m, function),
        _ => None,
    }
}
