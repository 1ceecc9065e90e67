//! YAML text to tree, and back. JSON is read the same way: it is YAML.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};

use super::tree::{Name, Node, Place, Tree};

/// What is wrong with the text, and where: line and column, from 1.
pub(super) struct SyntaxError {
    pub(super) message: String,
    pub(super) position: Option<(usize, usize)>,
}

/// Reads a text. An empty one is an empty mapping.
pub(super) fn parse(text: &str) -> Result<Node, SyntaxError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.lines().all(|line| line.trim_start().is_empty() || line.trim_start().starts_with('#')) {
        return Ok(Node::empty_map());
    }
    // YAML 1.2: `off` and `yes` are words. Where a truth value is wanted, validation takes them.
    let options = serde_saphyr::options! { strict_booleans: true };
    match serde_saphyr::from_str_with_options::<Spanned<Tree>>(text, options) {
        Ok(spanned) => {
            let mut node = located(spanned);
            if matches!(node.tree, Tree::Null) {
                node.tree = Tree::Map(Vec::new());
            }
            Ok(node)
        }
        Err(error) => {
            let position = error.location().map(|at| (to_usize(at.line()), to_usize(at.column())));
            // Without the lines around it: they may hold a secret.
            let message = error.without_snippet().to_string();
            let message = message.lines().next().unwrap_or_default().to_owned();
            Err(SyntaxError { message, position })
        }
    }
}

/// Writes a tree as a block of lines.
pub(super) fn write(tree: &Tree) -> Result<String, String> {
    serde_saphyr::to_string(tree).map_err(|error| error.to_string())
}

fn located(spanned: Spanned<Tree>) -> Node {
    // A value that is an alias stands where it is defined: it must not be edited at its use.
    let place = (spanned.referenced == spanned.defined).then(|| place(&spanned.referenced)).flatten();
    Node { tree: spanned.value, place }
}

fn place(location: &Location) -> Option<Place> {
    let span = location.span();
    (location.line() > 0).then(|| Place {
        line: to_usize(location.line()),
        column: to_usize(location.column()),
        start: span.byte_offset().map_or(0, to_usize),
        length: span.byte_len().map_or(0, to_usize),
    })
}

fn to_usize(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TreeVisitor)
    }
}

struct TreeVisitor;

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_none<E>(self) -> Result<Tree, E> {
        Ok(Tree::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Tree, D::Error> {
        Tree::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Tree, E> {
        Ok(Tree::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Tree, E> {
        Ok(Tree::Integer(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Tree, E> {
        Ok(Tree::Integer(value.into()))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Tree, E> {
        Ok(Tree::Integer(value))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Tree, E> {
        #[expect(clippy::cast_precision_loss, reason = "such a number is a double, as in JSON")]
        Ok(i128::try_from(value).map_or(Tree::Float(value as f64), Tree::Integer))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Tree, E> {
        Ok(Tree::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Tree, E> {
        Ok(Tree::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Tree, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element::<Spanned<Tree>>()? {
            items.push(located(item));
        }
        Ok(Tree::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Tree, A::Error> {
        let mut entries = Vec::new();
        while let Some((key, value)) = access.next_entry::<Spanned<String>, Spanned<Tree>>()? {
            let name = Name { place: place(&key.referenced), text: key.value };
            entries.push((name, located(value)));
        }
        Ok(Tree::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::{Tree, parse};

    /// DYN-29: a problem can be shown at its place, so every value knows it.
    #[test]
    fn every_value_knows_its_place() {
        let text = "a: 1\nb:\n  ключ: [x, 'y z']\n  e:\n";
        let Ok(root) = parse(text) else { panic!("it is YAML") };
        let slice = |path: &[&str]| {
            let path: Vec<String> = path.iter().map(|&name| name.to_owned()).collect();
            let place = root.find(&path).and_then(|node| node.place).expect("a place");
            (place.line, place.column, &text[place.start..place.start + place.length])
        };
        assert_eq!(slice(&["a"]), (1, 4, "1"));
        let b = root.get("b").and_then(|node| node.get("ключ")).expect("it is there");
        let Tree::List(items) = &b.tree else { panic!("a list") };
        let place = items[1].place.expect("a place");
        assert_eq!((place.line, place.column), (3, 13));
        assert_eq!(&text[place.start..place.start + place.length], "'y z'");
    }

    /// DYN-29: what is wrong with the text is told with its line and column, and without the text: it may be secret.
    #[test]
    fn a_syntax_error_has_a_place_and_shows_no_text() {
        for (text, line) in [("a: 1\nb: [hunter2\n", 3), ("a: hunter2\na: 2\n", 2), ("a: 'hunter2", 1)] {
            let Err(error) = parse(text) else { panic!("{text} is not YAML") };
            let (at, _) = error.position.expect("a place");
            assert!(at <= line, "{text}: line {at}");
            assert!(!error.message.contains("hunter2"), "{}", error.message);
        }
    }

    #[test]
    fn an_empty_text_is_an_empty_mapping() {
        for text in ["", "\n", "# nothing\n\n", "---\n", "\u{feff}# x\n"] {
            assert!(
                matches!(parse(text), Ok(node) if matches!(&node.tree, Tree::Map(entries) if entries.is_empty()))
            );
        }
    }
}
