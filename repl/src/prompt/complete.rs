//! What could come next: commands and their arguments, names, attributes and methods after a dot, oids with what they stand for.

use rps_lang::Session;
use rps_runtime::{Mutator, ObjectRef, Oid, Value};

use crate::command::{COMMANDS, config, foreign, jit, plugin, subject};
use crate::print::Look;
use crate::print::value::{key_name, short};
use crate::shell::Shell;

/// So many possibilities are offered at most.
const LIMIT: usize = 100;

/// Among so many names possibilities are looked for.
const SEARCHED: usize = 10_000;

/// The extension point of services.
const SERVICE: &str = "service";

/// A possibility.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Completion {
    /// What is put into the line.
    pub(super) text: String,
    /// What is shown in the list.
    pub(super) shown: String,
}

/// Returns what could complete the end of a line, and where in the line that begins.
pub(super) fn complete(m: &Mutator<'_>, shell: &Shell, line: &str) -> (usize, Vec<Completion>) {
    if let Some(command) = line.strip_prefix(':') {
        match command.split_once(char::is_whitespace) {
            None => return (1, commands(shell, command)),
            Some((name, arguments)) => {
                if let Some((start, found)) = arguments_of(shell, name, arguments.trim_start()) {
                    // What is left of the line is to be replaced from there.
                    let before = line.len() - arguments.trim_start().len();
                    return (before + start, found);
                }
            }
        }
    }
    names_in(m, &shell.session, line)
}

/// As [`complete`], where the line is a program.
fn names_in(m: &Mutator<'_>, session: &Session, line: &str) -> (usize, Vec<Completion>) {
    let start = word_start(line);
    let (before, word) = line.split_at(start);
    let mut found = if let Some(receiver) = before.strip_suffix('.') {
        members(m, session, receiver, word)
    } else if word.starts_with('_') {
        oids(m, word)
    } else {
        names(m, session, word)
    };
    found.truncate(LIMIT);
    (start, found)
}

fn commands(shell: &Shell, prefix: &str) -> Vec<Completion> {
    let own = COMMANDS.iter().map(|command| (command.name.to_owned(), command.arguments.to_owned()));
    let foreign = foreign::all(shell).into_iter().map(|info| (info.name, info.arguments));
    let matching = own.chain(foreign).filter(|(name, _)| name.starts_with(prefix));
    matching
        .map(|(name, arguments)| Completion {
            shown: format!(":{name} {arguments}").trim_end().to_owned(),
            text: name,
        })
        .collect()
}

/// The arguments of a command that are no expressions, and where among them that begins.
fn arguments_of(shell: &Shell, name: &str, arguments: &str) -> Option<(usize, Vec<Completion>)> {
    let word = arguments.rfind(char::is_whitespace).map_or(0, |at| at + 1);
    let begun = |all: Vec<String>| {
        let matching = all.into_iter().filter(|text| text.starts_with(&arguments[word..])).collect();
        Some((word, plain(matching)))
    };
    let owned = |all: &[&str]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
    match name {
        "plugin" if word == 0 => begun(plugin::VERBS.iter().map(|(verb, _)| (*verb).to_owned()).collect()),
        "plugin" => begun(plugin_names(shell, arguments.split_whitespace().next()?, word, arguments)?),
        "config" if word == 0 => begun(owned(config::VERBS)),
        "jit" if word == 0 => begun(owned(jit::VERBS)),
        "help" => begun(commands(shell, "").into_iter().map(|command| command.text).collect()),
        _ => {
            // A plugin completes all that stands behind the name.
            let found = foreign::completions(shell, name, arguments);
            (!found.is_empty()).then(|| (0, plain(found)))
        }
    }
}

/// What can stand behind a verb of `:plugin`.
fn plugin_names(shell: &Shell, verb: &str, word: usize, arguments: &str) -> Option<Vec<String>> {
    let manager = &shell.store.plugins().manager;
    let is_first = arguments[..word].split_whitespace().count() == 1;
    match verb {
        "execute" if is_first => {
            let extensions = manager.list().into_iter().flat_map(|info| info.extensions);
            let services = extensions.filter(|extension| extension.declared.point == SERVICE);
            Some(services.map(|extension| extension.declared.name).collect())
        }
        "execute" => None,
        "info" | "load" | "unload" | "reload" | "enable" | "disable" => {
            Some(manager.list().into_iter().map(|info| info.id).collect())
        }
        _ => Some(Vec::new()),
    }
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
            let (at, found) = names_in(m, &session, line);
            let shown: Vec<_> = found.iter().map(|completion| completion.shown.as_str()).collect();
            assert_eq!((at, shown.as_slice()), (start, expected));
        });
    }

    #[test]
    fn names_members_and_oids_are_completed_rps_11() {
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
