//! What could come next: commands, names, attributes and methods after a dot, oids with what they stand for.

use rps_lang::Session;
use rps_runtime::{Mutator, ObjectRef, Oid, Value};

use crate::command::{COMMANDS, subject};
use crate::print::Look;
use crate::print::value::{key_name, short};

/// So many possibilities are offered at most.
const LIMIT: usize = 100;

/// Among so many names possibilities are looked for.
const SEARCHED: usize = 10_000;

/// A possibility.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Completion {
    /// What is put into the line.
    pub(super) text: String,
    /// What is shown in the list.
    pub(super) shown: String,
}

/// Returns what could complete the end of a line, and where in the line that begins.
pub(super) fn complete(m: &Mutator<'_>, session: &Session, line: &str) -> (usize, Vec<Completion>) {
    let start = word_start(line);
    let (before, word) = line.split_at(start);
    let mut found =
        if let Some(command) = line.strip_prefix(':').filter(|rest| !rest.contains(char::is_whitespace)) {
            return (1, commands(command));
        } else if let Some(receiver) = before.strip_suffix('.') {
            members(m, session, receiver, word)
        } else if word.starts_with('_') {
            oids(m, word)
        } else {
            names(m, session, word)
        };
    found.truncate(LIMIT);
    (start, found)
}

fn commands(prefix: &str) -> Vec<Completion> {
    let matching = COMMANDS.iter().filter(|command| command.name.starts_with(prefix));
    matching
        .map(|command| Completion {
            text: command.name.to_owned(),
            shown: format!(":{} {}", command.name, command.arguments).trim_end().to_owned(),
        })
        .collect()
}

/// The names that stand for something; functions are shown with their parameters.
fn names(m: &Mutator<'_>, session: &Session, prefix: &str) -> Vec<Completion> {
    let variables = session.variable_names().filter(|name| name.starts_with(prefix)).map(str::to_owned);
    let symbols = m.names_with_prefix(prefix, SEARCHED).into_iter();
    let globals = symbols.map(|(name, _)| name);
    let library = m.library_names().into_iter().filter(|name| name.starts_with(prefix));
    let mut all: Vec<String> = variables.chain(globals).chain(library).collect();
    all.sort();
    all.dedup();
    let complete = |name: String| {
        let value = subject::named(session, m, &name)?;
        Some(Completion { shown: subject::signature(m, &name, subject::of_value(m, value)), text: name })
    };
    all.into_iter().filter_map(complete).take(LIMIT).collect()
}

/// The attributes that the receiver has and the messages that it understands.
fn members(m: &Mutator<'_>, session: &Session, before: &str, prefix: &str) -> Vec<Completion> {
    let receiver = &before[word_start(before)..];
    let value = match receiver {
        "_" => Some(session.last()),
        _ if Oid::has_shape(receiver) => {
            Oid::parse(receiver).ok().and_then(|oid| m.object(oid)).map(Value::from)
        }
        _ => session.variable(m, receiver).or_else(|| m.global(receiver)),
    };
    // A string needs no name.
    let value = value.or_else(|| before.ends_with('"').then(|| m.string("")));
    let Some(value) = value else { return Vec::new() };
    let attributes = value.as_object().into_iter().flat_map(|object| object.attributes());
    let attributes = attributes.map(|(key, _)| key_name(m, key)).filter(|name| name.starts_with(prefix));
    let mut all = plain(attributes.collect());
    let class = m.class_of(value);
    let selectors = m.selectors_of(class).into_iter().filter(|name| name.starts_with(prefix));
    all.extend(selectors.map(|selector| method(m, class, selector)));
    all.sort_by(|a, b| a.shown.cmp(&b.shown));
    all
}

/// The completion of a send: with the parenthesis, and with both where there is nothing to stand in them.
fn method(m: &Mutator<'_>, class: ObjectRef, selector: String) -> Completion {
    let Some(method) = subject::method(m, class, &selector) else {
        return Completion { shown: selector.clone(), text: selector };
    };
    let shown = subject::signature(m, &selector, method);
    let text = if shown.ends_with("()") { shown.clone() } else { selector + "(" };
    Completion { text, shown }
}

fn oids(m: &Mutator<'_>, prefix: &str) -> Vec<Completion> {
    let all = m.all_objects();
    let objects = all.iter().filter_map(|value| value.as_object());
    let matching = objects.filter(|object| object.oid().to_text().starts_with(prefix.as_bytes()));
    matching
        .take(LIMIT)
        .map(|object| {
            let (text, name) = (object.oid().to_string(), short(m, object, Look::default()));
            let shown = if name.starts_with(&text) { name } else { format!("{text}  {name}") };
            Completion { text, shown }
        })
        .collect()
}

fn plain(mut names: Vec<String>) -> Vec<Completion> {
    names.sort();
    names.dedup();
    names.into_iter().map(|name| Completion { shown: name.clone(), text: name }).collect()
}

fn word_start(line: &str) -> usize {
    let is_part = |character: char| character.is_alphanumeric() || matches!(character, '_' | '$');
    line.len()
        - line.chars().rev().take_while(|&character| is_part(character)).map(char::len_utf8).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use rps_runtime::{Runtime, known};

    use super::*;

    fn check(line: &str, start: usize, expected: &[&str]) {
        Runtime::new().enter(|m| {
            let mut session = Session::new(m);
            session.eval(m, "let mine = string\nfn functor(f) { f.funny }\nmine.funny = 1").unwrap();
            let name = m.object(known::NAME).unwrap();
            let mine = m.class(known::STRING);
            // `funny` is the name of an attribute, and of nothing else.
            mine.put_attribute(m, name, m.string("string")).unwrap();
            let (at, found) = complete(m, &session, line);
            let shown: Vec<_> = found.iter().map(|completion| completion.shown.as_str()).collect();
            assert_eq!((at, shown.as_slice()), (start, expected));
        });
    }

    #[test]
    fn commands_names_members_and_oids_are_completed_rps_11() {
        check(":ref", 1, &[":refs object"]);
        check(":show mutable_s", 6, &["mutable_set"]);
        check("1 + mi", 4, &["mine"]);
        check("fun", 0, &["function", "functor(f)"]);
        check("mine.na", 5, &["name"]);
        check("mine.superc", 5, &["superclass()"]);
        check("\"a\".le", 4, &["len()"]);
        check("_41OF", 0, &["_41OFI3r0S1t03qdB2E  class∈class"]);
        check("nobody.x", 7, &[]);
        check("é", 0, &[]);
    }
}
