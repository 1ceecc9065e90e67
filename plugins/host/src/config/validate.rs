//! All problems of one layer at once. What is sound is brought into its one form on the way: a path alone becomes a
//! list of one, a relative path becomes one beside the file.

use std::path::Path;

use glob::Pattern;

use super::error::{Origin, Problem};
use super::key::KeyPath;
use super::schema::{Key, Kind, ROOT};
use super::tree::{Node, Place, Tree};

/// What was found in one layer.
#[derive(Default)]
pub(super) struct Findings {
    /// What is wrong: the layer is not to be used.
    pub(super) problems: Vec<Problem>,
    /// What is odd: keys that nobody knows. They are kept.
    pub(super) warnings: Vec<Problem>,
}

/// Checks one layer. `origin` says where a place of it is; relative paths are taken from `base`.
pub(super) fn check(
    root: &mut Node,
    origin: &dyn Fn(Option<Place>) -> Origin,
    base: Option<&Path>,
) -> Findings {
    let mut checker = Checker { origin, base, findings: Findings::default() };
    checker.value(&KeyPath::default(), root, Kind::Group(ROOT));
    checker.findings
}

struct Checker<'a> {
    origin: &'a dyn Fn(Option<Place>) -> Origin,
    base: Option<&'a Path>,
    findings: Findings,
}

impl Checker<'_> {
    fn wrong(&mut self, key: &KeyPath, place: Option<Place>, message: impl Into<String>) {
        let problem = Problem::new(key.clone(), (self.origin)(place), message);
        self.findings.problems.push(problem);
    }

    fn value(&mut self, key: &KeyPath, node: &mut Node, kind: Kind) {
        let place = node.place;
        if matches!(node.tree, Tree::Null) {
            return;
        }
        match (kind, &mut node.tree) {
            (Kind::Bool, Tree::Bool(_)) => {}
            (Kind::Bool, Tree::Text(word)) if truth(word).is_some() => {
                node.tree = truth(word).map_or(Tree::Null, Tree::Bool);
            }
            (Kind::Bool, _) => self.wrong(key, place, "true or false is wanted"),
            (Kind::Integer(least, most), Tree::Integer(number)) => {
                if !(i128::from(least)..=i128::from(most)).contains(number) {
                    self.wrong(key, place, format!("{number} is not between {least} and {most}"));
                }
            }
            (Kind::Integer(..), _) => self.wrong(key, place, "a whole number is wanted"),
            (Kind::IntegerOrOff(..), Tree::Text(text)) if text == "off" => {}
            (Kind::IntegerOrOff(least, most), Tree::Integer(_)) => {
                self.value(key, node, Kind::Integer(least, most));
            }
            (Kind::IntegerOrOff(..), _) => self.wrong(key, place, "a whole number or off is wanted"),
            (Kind::Choice(words), Tree::Text(text)) if words.contains(&text.as_str()) => {}
            (Kind::Choice(words), node) => self.choice(key, place, words, node),
            (Kind::Codec, Tree::Text(name)) if is_name(name) => {}
            (Kind::Codec, _) => self.wrong(key, place, "none, auto or the name of a codec is wanted"),
            (Kind::Host, Tree::Text(host)) if !host.is_empty() && !host.contains(is_blank) => {}
            (Kind::Host, _) => self.wrong(key, place, "the name or address of a host is wanted"),
            (Kind::Pattern, Tree::Text(pattern)) => self.pattern(key, place, pattern),
            (Kind::Pattern, _) => self.wrong(key, place, "a pattern of file names is wanted, as \"*.so\""),
            (Kind::Paths, _) => self.paths(key, node),
            (Kind::Settings, Tree::Map(_)) => self.settings(key, node),
            (Kind::Priorities, Tree::Map(entries)) => {
                for (name, value) in entries {
                    self.priority(&key.child(&name.text), &name.text, value);
                }
            }
            (Kind::ByPlugin(keys), Tree::Map(entries)) => {
                for (name, value) in entries {
                    let key = key.child(&name.text);
                    if is_name(&name.text) {
                        self.value(&key, value, Kind::Group(keys));
                    } else {
                        self.wrong(&key, name.place, "this is not the id of a plugin");
                    }
                }
            }
            (Kind::Group(keys), Tree::Map(entries)) => {
                for (name, value) in entries {
                    let path = key.child(&name.text);
                    match keys.iter().find(|known| known.name == name.text) {
                        Some(known) => self.value(&path, value, known.kind),
                        None => self.unknown(path, &name.text, name.place, keys),
                    }
                }
            }
            (Kind::Settings | Kind::Priorities | Kind::ByPlugin(_) | Kind::Group(_), _) => {
                self.wrong(key, place, "a mapping is wanted");
            }
        }
    }

    fn choice(&mut self, key: &KeyPath, place: Option<Place>, words: &[&str], tree: &Tree) {
        let origin = (self.origin)(place);
        let message = format!("one of {} is wanted", words.join(", "));
        let mut problem = Problem::new(key.clone(), origin, message);
        if let Tree::Text(text) = tree
            && let Some(near) = nearest(text, words.iter().copied())
        {
            problem = problem.with_hint(format!("did you mean `{near}`?"));
        }
        self.findings.problems.push(problem);
    }

    fn pattern(&mut self, key: &KeyPath, place: Option<Place>, pattern: &str) {
        if pattern.is_empty() || pattern.contains(['/', '\\', '\0']) {
            self.wrong(key, place, "a pattern of file names is wanted: not empty, without a directory");
        } else if let Err(error) = Pattern::new(pattern) {
            let message = format!("this is not a pattern: {} (at character {})", error.msg, error.pos + 1);
            self.wrong(key, place, message);
        }
    }

    fn paths(&mut self, key: &KeyPath, node: &mut Node) {
        if matches!(node.tree, Tree::Text(_)) {
            node.tree = Tree::List(vec![node.clone()]);
        }
        let Tree::List(items) = &mut node.tree else {
            return self.wrong(key, node.place, "a path or a list of paths is wanted");
        };
        for item in items {
            match &mut item.tree {
                Tree::Text(path) if !path.is_empty() && !path.contains('\0') => {
                    if let Some(base) = self.base
                        && let Some(joined) = base.join(&*path).to_str()
                    {
                        joined.clone_into(path);
                    }
                }
                _ => self.wrong(key, item.place, "a path is wanted, and not an empty one"),
            }
        }
    }

    fn priority(&mut self, key: &KeyPath, name: &str, value: &mut Node) {
        let halves = name.split_once('/').is_some_and(|(point, name)| is_name(point) && is_name(name));
        if !halves {
            self.wrong(key, value.place, "the key is not `point/name`");
        }
        match value.tree {
            Tree::Integer(number) if i32::try_from(number).is_ok() => {}
            Tree::Null => {}
            _ => self.wrong(key, value.place, "a whole number is wanted"),
        }
    }

    /// Settings are any values, but they are handed on as JSON.
    fn settings(&mut self, key: &KeyPath, node: &Node) {
        match &node.tree {
            Tree::Float(number) if !number.is_finite() => {
                self.wrong(key, node.place, "this number is not finite, and settings are JSON");
            }
            Tree::List(items) => items.iter().for_each(|item| self.settings(key, item)),
            Tree::Map(entries) => {
                entries.iter().for_each(|(name, value)| self.settings(&key.child(&name.text), value));
            }
            _ => {}
        }
    }

    fn unknown(&mut self, path: KeyPath, name: &str, place: Option<Place>, keys: &[Key]) {
        let origin = (self.origin)(place);
        let problem = Problem::new(path, origin, "this key is not known; it is kept")
            .with_code("plugin::config-unknown-key");
        let near = nearest(name, keys.iter().map(|key| key.name));
        self.findings.warnings.push(match near {
            Some(near) => problem.with_hint(format!("did you mean `{near}`?")),
            None => problem,
        });
    }
}

/// Tells whether this can be the id of a plugin, the name of a codec, of a point or of what is registered there.
fn is_name(text: &str) -> bool {
    !text.is_empty() && !text.contains(is_blank) && !text.contains(['/', '\\'])
}

/// Returns what a word for a truth value says. The environment knows `1` and `0` beside these.
pub(super) fn truth(word: &str) -> Option<bool> {
    match word.to_lowercase().as_str() {
        "true" | "yes" | "on" => Some(true),
        "false" | "no" | "off" => Some(false),
        _ => None,
    }
}

fn is_blank(character: char) -> bool {
    character.is_whitespace() || character.is_control()
}

fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|known| (strsim::damerau_levenshtein(&name.to_lowercase(), known), known))
        .filter(|(distance, known)| *distance <= known.chars().count() / 3 + 1)
        .min()
        .map(|(_, known)| known)
}
