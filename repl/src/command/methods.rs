//! `:methods`

use rps_runtime::{Mutator, ObjectRef};
use serde::Serialize;

use super::subject::{self, Subject};
use super::{Command, Input, Takes};
use crate::answer::Report;
use crate::print::json::JsonObject;
use crate::print::value::print;
use crate::shell::{Outcome, Shell};

pub(crate) const COMMAND: Command = Command {
    name: "methods",
    arguments: "class",
    summary: "lists the methods of a class, and what it inherits",
    details: "Of a value that is no class, the methods of its class. `:doc class.method` tells more about one.",
    takes: Takes::Something,
    run,
};

/// The methods of one class, as JSON.
#[derive(Serialize)]
struct JsonMethods {
    class: JsonObject,
    methods: Vec<JsonMethod>,
}

/// A method as JSON.
#[derive(Serialize)]
struct JsonMethod {
    selector: String,
    signature: String,
    native: bool,
}

fn run(shell: &mut Shell, m: &Mutator<'_>, input: Input<'_>) -> Outcome {
    let value = shell.evaluate(m, input)?;
    let class = value.as_object().filter(|object| object.is_class(m)).unwrap_or_else(|| m.class_of(value));
    let (mut lines, mut mirrors) = (Vec::new(), Vec::<JsonMethods>::new());
    for class in class.class_chain(m) {
        let seen = |name: &String| {
            mirrors.iter().flat_map(|own| &own.methods).any(|method| method.selector == *name)
        };
        let own: Vec<_> = selectors(m, class).into_iter().filter(|name| !seen(name)).collect();
        let methods: Vec<_> = own.into_iter().filter_map(|name| mirror(m, class, name)).collect();
        if methods.is_empty() {
            continue;
        }
        let signatures: Vec<_> = methods.iter().map(|method| method.signature.as_str()).collect();
        lines.push(print(m, class.into(), shell.look));
        lines.push(wrap(&signatures, shell.look.width));
        mirrors.push(JsonMethods { class: JsonObject::of(m, class), methods });
    }
    Ok(Report::new(lines.join("\n"), "methods", mirrors).into())
}

fn mirror(m: &Mutator<'_>, class: ObjectRef, selector: String) -> Option<JsonMethod> {
    let method = subject::method(m, class, &selector)?;
    let signature = subject::signature(m, &selector, method);
    Some(JsonMethod { selector, signature, native: matches!(method, Subject::Native(_)) })
}

/// Returns the selectors for which a class has methods of its own, sorted by name.
fn selectors(m: &Mutator<'_>, class: ObjectRef) -> Vec<String> {
    let own = class.own_methods(m);
    let own = own.chunks_exact(2).filter_map(|pair| m.name_of(pair[0].as_object()?));
    let mut all: Vec<_> = own.chain(m.library_selectors(class.oid())).collect();
    all.sort();
    all.dedup();
    all
}

/// Returns items one after the other, broken where the line is full.
fn wrap(items: &[&str], width: usize) -> String {
    let mut lines = vec![String::new()];
    for item in items {
        let line = lines.last().map_or("", String::as_str);
        if !line.is_empty() && 4 + line.chars().count() + item.chars().count() > width {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            line.push_str("  ");
            line.push_str(item);
        }
    }
    lines.join("\n")
}
