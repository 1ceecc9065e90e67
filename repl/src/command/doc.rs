//! `:doc`

use rps_runtime::{Mutator, ObjectRef, Value, known};
use serde::Serialize;

use super::subject::{self, Subject};
use super::{Command, Input, Takes};
use crate::answer::Report;
use crate::failure::Failure;
use crate::print::value::short;
use crate::print::{Look, Paint};
use crate::shell::{Outcome, Shell};

pub(crate) const COMMAND: Command = Command {
    name: "doc",
    arguments: "name",
    summary: "tells what a function, method, class or object is for",
    details: "What is known of it: the attribute `comment`, the comments above the definition, the documentation of \
              the library. A method is named `class.method`; the name of a method alone finds it in all classes.",
    takes: Takes::Something,
    run,
};

/// So many classes are told of that have a method of one name.
const LIMIT: usize = 10;

/// Documentation, as JSON.
#[derive(Serialize)]
struct JsonDoc {
    /// How it is called.
    signature: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    class: Option<String>,
    doc: Option<String>,
}

fn run(shell: &mut Shell, m: &Mutator<'_>, input: Input<'_>) -> Outcome {
    let text = input.text();
    let value = subject::named(&shell.session, m, text);
    // A symbol that stands for nothing else is the selector of methods, if there are any.
    let is_selector =
        value.is_none_or(|value| m.symbol(text).is_some_and(|symbol| value.is_identical(symbol.into())));
    let found = if is_selector { implementors(m, text) } else { Vec::new() };
    let docs = if found.is_empty() { vec![one(shell, m, input)?] } else { found };
    let look = shell.look;
    let texts: Vec<_> = docs.iter().map(|doc| doc.show(look)).collect();
    Ok(Report::new(texts.join("\n\n"), "doc", docs).into())
}

fn one(shell: &mut Shell, m: &Mutator<'_>, input: Input<'_>) -> Result<JsonDoc, Failure> {
    let subject = subject::find(shell, m, input)?;
    let name = input.text().rsplit('.').next().unwrap_or_default().trim();
    let class = subject::method_name(&shell.session, m, input.text()).map(|(class, _)| class);
    let doc = match subject {
        Subject::Class(object) => comment(m, object.into()),
        Subject::Function(object) => comment(m, object.into()).or_else(|| doc(m, subject)),
        Subject::Native(_) => doc(m, subject),
        Subject::Value(value) => comment(m, value),
    };
    let signature = match subject {
        Subject::Class(object) => short(m, object, Look::default()),
        Subject::Value(value) => crate::print::value::print(m, value, Look::default()),
        _ => subject::signature(m, name, subject),
    };
    Ok(JsonDoc { signature, class: class.and_then(|class| m.name_of(class)), doc })
}

/// Returns the documentation of the methods of one name, of all classes that have their own.
fn implementors(m: &Mutator<'_>, selector: &str) -> Vec<JsonDoc> {
    let all = m.all_objects();
    let classes = all.iter().filter_map(|value| value.as_object()).filter(|class| class.is_class(m));
    let mut found: Vec<JsonDoc> = classes
        .filter(|&class| has_own(m, class, selector))
        .filter_map(|class| {
            let method = subject::method(m, class, selector)?;
            let signature = subject::signature(m, selector, method);
            Some(JsonDoc { signature, class: m.name_of(class), doc: doc(m, method) })
        })
        .collect();
    found.sort_by(|a, b| a.class.cmp(&b.class));
    found.truncate(LIMIT);
    found
}

fn has_own(m: &Mutator<'_>, class: ObjectRef, selector: &str) -> bool {
    let own = class.own_methods(m);
    let named =
        |pair: &[Value]| pair[0].as_object().and_then(|key| m.name_of(key)).as_deref() == Some(selector);
    own.chunks_exact(2).any(named) || m.library_method(class.oid(), selector).is_some()
}

fn comment(m: &Mutator<'_>, value: Value) -> Option<String> {
    let key = m.object(known::COMMENT)?;
    Some(m.attribute(value, key)?.as_string()?.as_str().to_owned())
}

fn doc(m: &Mutator<'_>, subject: Subject) -> Option<String> {
    match subject {
        Subject::Native(native) => Some(native.doc.to_owned()).filter(|doc| !doc.is_empty()),
        Subject::Function(function) => comments(&subject::source(m, function)?),
        Subject::Class(_) | Subject::Value(_) => None,
    }
}

/// Returns the comments that a text begins with.
fn comments(source: &str) -> Option<String> {
    let lines = source.lines().map(str::trim_start).take_while(|line| line.starts_with('#'));
    let lines: Vec<_> = lines.map(|line| line[1..].strip_prefix(' ').unwrap_or(&line[1..])).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

impl JsonDoc {
    fn show(&self, look: Look) -> String {
        let heading = match &self.class {
            Some(class) => format!("{class}.{}", self.signature),
            None => self.signature.clone(),
        };
        let doc = self.doc.as_deref().unwrap_or("nothing is said about it");
        let lines: Vec<_> = doc.lines().map(|line| format!("  {line}").trim_end().to_owned()).collect();
        format!("{}\n{}", look.paint(Paint::Heading, &heading), lines.join("\n"))
    }
}
