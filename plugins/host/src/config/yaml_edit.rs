//! Edits of a YAML text that touch the lines they are about and no others, so that comments stay.
//!
//! An edit is tried in place and then *proved*: the new text is read, and must hold exactly the tree that is wanted.
//! Where that fails (aliases, exotic layouts), the whole is written anew, which loses comments and nothing else.

use super::tree::{Node, Place, Tree};
use super::yaml;

/// A text, and whether its comments are still there.
pub(super) struct Edited {
    pub(super) text: String,
    pub(super) kept: bool,
}

/// Sets the value at `path`, or removes it.
///
/// # Errors
///
/// A text that is no YAML, or a value that YAML can not say.
pub(super) fn edit(text: &str, path: &[String], value: Option<&Tree>) -> Result<Edited, String> {
    if let Some(rest) = text.strip_prefix('\u{feff}') {
        // Places count from behind the byte order mark, which stays.
        return edit(rest, path, value)
            .map(|edited| Edited { text: format!("\u{feff}{}", edited.text), ..edited });
    }
    let root = yaml::parse(text).map_err(|error| error.message)?;
    let mut wanted = root.clone();
    match value {
        Some(tree) => wanted.set(path, tree.clone()),
        None => wanted.remove(path),
    }
    if wanted.same(&root) {
        return Ok(Edited { text: text.to_owned(), kept: true });
    }
    let proved = |text: &String| yaml::parse(text).is_ok_and(|node| node.same(&wanted));
    let found = match value {
        Some(tree) => {
            let ways = [replace, insert_inline, insert];
            ways.iter().find_map(|way| way(text, &root, path, tree).filter(proved))
        }
        None => remove(text, &root, path).filter(proved),
    };
    match found {
        Some(text) => Ok(Edited { text, kept: true }),
        None => {
            let text = yaml::write(&wanted.tree)?;
            if proved(&text) {
                Ok(Edited { text, kept: false })
            } else {
                Err("YAML can not say this value".to_owned())
            }
        }
    }
}

/// Puts a value where one stands, on one line.
fn replace(text: &str, root: &Node, path: &[String], tree: &Tree) -> Option<String> {
    let place = root.find(path)?.place?;
    let old = text.get(place.start..place.start.checked_add(place.length)?)?;
    if old.is_empty() || old.contains('\n') {
        return None;
    }
    Some(splice(text, place.start, place.start + place.length, &flow(tree)?))
}

/// Adds a key to the innermost mapping on the way that is there, when it is in braces: as its first.
fn insert_inline(text: &str, root: &Node, path: &[String], tree: &Tree) -> Option<String> {
    let is_map =
        |depth: &usize| root.find(&path[..*depth]).is_some_and(|node| matches!(node.tree, Tree::Map(_)));
    let depth = (0..path.len()).rev().find(is_map)?;
    let node = root.find(&path[..depth])?;
    let Tree::Map(entries) = &node.tree else { return None };
    let after_brace = node.place?.start + 1;
    if !text.get(..after_brace)?.ends_with('{') || entries.iter().any(|(key, _)| key.text == path[depth]) {
        return None;
    }
    let entry = serde_json::to_string(&nested(&path[depth..], tree)).ok()?;
    let entry = entry.strip_prefix('{')?.strip_suffix('}')?.replacen("\":", "\": ", 1);
    // JSON quotes every key; a plain word reads better without.
    let plain = path[depth].starts_with(|c: char| c.is_ascii_alphabetic())
        && path[depth].chars().all(|c| c == '_' || c.is_ascii_alphanumeric());
    let entry = if plain { entry.replacen('"', "", 2) } else { entry };
    let separator = if entries.is_empty() { "" } else { ", " };
    Some(splice(text, after_brace, after_brace, &format!("{entry}{separator}")))
}

/// Adds a key to the innermost mapping on the way that is there, after its last line.
fn insert(text: &str, root: &Node, path: &[String], tree: &Tree) -> Option<String> {
    let depth = (0..path.len()).rev().find(|&depth| {
        root.find(&path[..depth])
            .is_some_and(|node| matches!(&node.tree, Tree::Map(entries) if !entries.is_empty()))
    });
    let Some(depth) = depth else {
        // Nothing but comments, or an empty mapping, which then fails the proof.
        return Some(format!("{}{}", with_line_end(text), yaml::write(&nested(path, tree)).ok()?));
    };
    let Tree::Map(entries) = &root.find(&path[..depth])?.tree else { return None };
    let first = entries.first()?.0.place?;
    let indent = " ".repeat(first.column.checked_sub(1)?);
    // A key without a value, as `plugins:`, is there and has nothing below it: it is written anew.
    let bare = path.get(depth).filter(|name| entries.iter().any(|(key, _)| key.text == **name));
    if let Some(name) = bare {
        let name = &entries.iter().find(|(key, _)| key.text == *name)?.0;
        let end = line_end(text, name.place?.start);
        let block = indented(&yaml::write(&nested(&path[depth + 1..], tree)).ok()?, &format!("{indent}  "));
        let rest = path.len() - depth > 1;
        return rest.then(|| insert_line(text, end, &block));
    }
    let block = indented(&yaml::write(&nested(&path[depth..], tree)).ok()?, &indent);
    let end = line_end(text, entries.iter().map(|(key, node)| last_byte(key.place, node)).max()?);
    Some(insert_line(text, end, &block))
}

/// Takes away the lines of a key and of what stands below it.
fn remove(text: &str, root: &Node, path: &[String]) -> Option<String> {
    let (last, parents) = path.split_last()?;
    let Tree::Map(entries) = &root.find(parents)?.tree else { return None };
    let (name, node) = entries.iter().find(|(key, _)| key.text == *last)?;
    let start = text[..name.place?.start].rfind('\n').map_or(0, |at| at + 1);
    let end = line_end(text, last_byte(name.place, node));
    let removed = splice(text, start, end, "");
    match (entries.len(), parents.split_last()) {
        // A mapping without entries has to say that it is one.
        (1, Some((parent, above))) => {
            let Tree::Map(entries) = &root.find(above)?.tree else { return None };
            let place = entries.iter().find(|(key, _)| key.text == *parent)?.0.place?;
            let colon =
                place.start + place.length + removed.get(place.start + place.length..)?.find(':')? + 1;
            Some(splice(&removed, colon, colon, " {}"))
        }
        _ => Some(removed),
    }
}

/// A value on one line. JSON is YAML; a word that can stand without quotes does.
fn flow(tree: &Tree) -> Option<String> {
    match tree {
        Tree::Text(_) | Tree::Float(_) => {
            let text = yaml::write(tree).ok()?;
            let line = text.trim_end_matches('\n');
            (!line.contains('\n')).then(|| line.to_owned()).or_else(|| serde_json::to_string(tree).ok())
        }
        other => serde_json::to_string(other).ok(),
    }
}

fn nested(path: &[String], tree: &Tree) -> Tree {
    let mut node = Node::empty_map();
    node.set(path, tree.clone());
    node.tree
}

/// The last byte that the parser tells of an entry: its line is the last line of the entry, but for block texts, where
/// the proof fails if it is not so.
fn last_byte(key: Option<Place>, node: &Node) -> usize {
    let own = |place: Option<Place>| place.map_or(0, |place| place.start + place.length.saturating_sub(1));
    let below = match &node.tree {
        Tree::Map(entries) => entries.iter().map(|(key, node)| last_byte(key.place, node)).max(),
        Tree::List(items) => items.iter().map(|item| last_byte(None, item)).max(),
        _ => None,
    };
    own(key).max(own(node.place)).max(below.unwrap_or(0))
}

fn line_end(text: &str, byte: usize) -> usize {
    text.get(byte..).and_then(|rest| rest.find('\n')).map_or(text.len(), |at| byte + at + 1)
}

fn insert_line(text: &str, at: usize, block: &str) -> String {
    let (before, after) = text.split_at(at);
    format!("{}{block}{after}", with_line_end(before))
}

fn with_line_end(text: &str) -> String {
    if text.is_empty() || text.ends_with('\n') { text.to_owned() } else { format!("{text}\n") }
}

fn indented(block: &str, indent: &str) -> String {
    block
        .lines()
        .map(|line| if line.is_empty() { "\n".to_owned() } else { format!("{indent}{line}\n") })
        .collect()
}

fn splice(text: &str, start: usize, end: usize, new: &str) -> String {
    format!("{}{new}{}", &text[..start], &text[end..])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value as Json, json};

    use super::{Edited, Tree, edit, yaml};

    fn set(text: &str, path: &[&str], value: &Json) -> Edited {
        let path: Vec<_> = path.iter().map(|&name| name.to_owned()).collect();
        edit(text, &path, Some(&Tree::from(value))).expect("it is edited")
    }

    /// DYN-7: a small change is a small change of the text: comments and order stay.
    #[test]
    fn dyn_7_an_edit_keeps_comments() {
        let text = "# top\ntimeout_ms: 5   # quick\nplugins:\n  # the packer\n  zip:\n    enabled: true # yes\n\n# end\nx: {a: 1}\n";
        for (path, value, wanted) in [
            (&["timeout_ms"][..], json!(7), text.replace("5 ", "7 ")),
            (&["plugins", "zip", "enabled"], json!(false), text.replace("true", "false")),
            (
                &["plugins", "tar", "enabled"],
                json!(false),
                text.replace("yes\n", "yes\n  tar:\n    enabled: false\n"),
            ),
            (
                &["plugins", "zip", "required"],
                json!(true),
                text.replace("yes\n", "yes\n    required: true\n"),
            ),
            (&["x", "a"], json!("b: c"), text.replace("{a: 1}", "{a: \"b: c\"}")),
            (&["x", "b", "c"], json!([1]), text.replace("{a: 1}", "{b: {\"c\":[1]}, a: 1}")),
            (&["log_level"], json!("off"), format!("{text}log_level: off\n")),
        ] {
            let edited = set(text, path, &value);
            assert!(edited.kept, "{path:?}");
            assert_eq!(
                edited.text.replace("'b: c'", "\"b: c\"").replace("\"off\"", "off"),
                wanted,
                "{path:?}"
            );
        }
        let path = ["plugins", "zip"].map(str::to_owned);
        let removed = edit(text, &path, None).expect("it is removed");
        let wanted = text.replace("  zip:\n    enabled: true # yes\n", "").replace("plugins:", "plugins: {}");
        assert_eq!(removed.text, wanted);
    }

    #[test]
    fn a_key_without_a_value_and_an_empty_file_take_one() {
        assert_eq!(set("# none\n", &["a", "b"], &json!(1)).text, "# none\na:\n  b: 1\n");
        let edited = set("# none\nplugins: # here\nz: 1", &["plugins", "zip", "enabled"], &json!(true));
        assert_eq!(edited.text, "# none\nplugins: # here\n  zip:\n    enabled: true\nz: 1");
        assert!(edited.kept);
    }

    /// DYN-7: where the text can not be kept, the values are.
    #[test]
    fn dyn_7_what_is_too_hard_is_written_anew() {
        let edited = set("a: &x {k: 1}\nb: *x # twin\n", &["b", "k"], &json!(2));
        let node = yaml::parse(&edited.text).unwrap_or_else(|_| panic!("{}", edited.text));
        assert_eq!(node.to_json(), json!({"a": {"k": 1}, "b": {"k": 2}}));
        assert!(!edited.kept);
    }

    fn values() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::from),
            any::<i64>().prop_map(Json::from),
            any::<u64>().prop_map(Json::from),
            (-1e6..1e6).prop_map(Json::from),
            "[ -~]{0,12}".prop_map(Json::from),
            prop::sample::select(vec![
                "yes",
                "null",
                "~",
                "1",
                "a: b",
                "# x",
                "- x",
                "a\nb",
                "é\u{2028}",
                "{",
                ""
            ])
            .prop_map(Json::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
                prop::collection::btree_map("[a-z.:# ]{0,4}", inner, 0..4)
                    .prop_map(|map| Json::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        /// DYN-7: whatever is set where, it is there afterwards, and everything else is as it was.
        #[test]
        fn dyn_7_an_edit_does_what_it_says(
            first in prop::collection::btree_map("[a-d]", values(), 0..4),
            path in prop::collection::vec("[a-e]", 1..4),
            value in values(),
        ) {
            let mut wanted = super::Node::bare(Tree::from(&Json::Object(first.into_iter().collect())));
            let text = yaml::write(&wanted.tree).unwrap();
            prop_assert!(yaml::parse(&text).is_ok_and(|node| node.same(&wanted)), "{}", text);
            let edited = edit(&text, &path, Some(&Tree::from(&value))).unwrap();
            wanted.set(&path, Tree::from(&value));
            prop_assert!(yaml::parse(&edited.text).is_ok_and(|node| node.same(&wanted)), "{}\n{}", text, edited.text);
            let removed = edit(&edited.text, &path, None).unwrap();
            wanted.remove(&path);
            prop_assert!(yaml::parse(&removed.text).is_ok_and(|node| node.same(&wanted)), "{}", removed.text);
        }
    }
}
