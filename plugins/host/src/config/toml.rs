//! TOML text to tree, and edits of the text that keep its comments and its order.

use toml_edit::{Array, Document, DocumentMut, InlineTable, Item, Table, TableLike, Value};

use super::tree::{Name, Node, Place, Tree};
use super::yaml::SyntaxError;

/// Reads a text.
pub(super) fn parse(text: &str) -> Result<Node, SyntaxError> {
    let document = Document::parse(text).map_err(|error| SyntaxError {
        message: error.message().to_owned(),
        position: error.span().and_then(|span| position(text, span.start)),
    })?;
    Ok(Node { tree: table(text, document.as_table()), place: None })
}

/// Sets the value at `path`, or removes it.
///
/// # Errors
///
/// A text that is no TOML, or what TOML can not say: `null`, or a number beyond 64 bits.
pub(super) fn edit(text: &str, path: &[String], value: Option<&Tree>) -> Result<String, String> {
    let mut wanted = parse(text).map_err(|error| error.message)?;
    match value {
        Some(tree) => wanted.set(path, tree.clone()),
        None => wanted.remove(path),
    }
    let text = edited(text, path, value)?;
    if parse(&text).is_ok_and(|node| node.same(&wanted)) {
        Ok(text)
    } else {
        Err("this can not be changed in place: edit the file by hand".to_owned())
    }
}

fn edited(text: &str, path: &[String], value: Option<&Tree>) -> Result<String, String> {
    let mut document: DocumentMut =
        text.parse().map_err(|error: toml_edit::TomlError| error.message().to_owned())?;
    let Some((last, parents)) = path.split_last() else { return Err("the root is no value".to_owned()) };
    let mut item = document.as_item_mut();
    for name in parents {
        let table = item.as_table_like_mut().ok_or("a value stands where a table is wanted")?;
        if table.get(name).is_none_or(|item| item.as_table_like().is_none()) {
            if value.is_none() {
                return Ok(text.to_owned());
            }
            table.insert(name, implicit_table());
        }
        item = table.get_mut(name).ok_or("the table was not made")?;
    }
    let table = item.as_table_like_mut().ok_or("a value stands where a table is wanted")?;
    match value {
        None => {
            table.remove(last);
            // A table that lived by its entries only is written from now on, so that it stays.
            if table.is_empty() {
                table.set_dotted(false);
                if let Some(table) = item.as_table_mut() {
                    table.set_implicit(false);
                }
            }
        }
        Some(tree) => {
            let mut new = to_value(tree)?;
            match table.get_mut(last) {
                Some(Item::Value(old)) => {
                    *new.decor_mut() = old.decor().clone();
                    *old = new;
                }
                _ => {
                    table.insert(last, Item::Value(new));
                }
            }
        }
    }
    Ok(document.to_string())
}

/// A table that is written by its entries only: `[a.b]` without an empty `[a]` before it.
fn implicit_table() -> Item {
    let mut table = Table::new();
    table.set_implicit(true);
    Item::Table(table)
}

fn to_value(tree: &Tree) -> Result<Value, String> {
    Ok(match tree {
        Tree::Null => return Err("TOML has no null".to_owned()),
        Tree::Bool(value) => (*value).into(),
        Tree::Integer(value) => {
            i64::try_from(*value).map_err(|_| format!("{value} is beyond the numbers of TOML"))?.into()
        }
        Tree::Float(value) => (*value).into(),
        Tree::Text(value) => value.as_str().into(),
        Tree::List(items) => {
            let items = items.iter().map(|item| to_value(&item.tree));
            items.collect::<Result<Array, _>>()?.into()
        }
        Tree::Map(entries) => {
            let mut table = InlineTable::new();
            for (key, node) in entries {
                table.insert(&key.text, to_value(&node.tree)?);
            }
            table.into()
        }
    })
}

fn table(text: &str, table: &dyn TableLike) -> Tree {
    let entries = table.iter().map(|(key, item)| {
        let place = table.key(key).and_then(|key| key.span()).and_then(|span| place(text, span));
        (Name { text: key.to_owned(), place }, node(text, item))
    });
    Tree::Map(entries.collect())
}

fn node(text: &str, item: &Item) -> Node {
    let tree = match item {
        Item::None => Tree::Null,
        Item::Value(value) => self::value(text, value),
        Item::Table(inner) => table(text, inner),
        Item::ArrayOfTables(tables) => Tree::List(
            tables
                .iter()
                .map(|inner| Node {
                    tree: table(text, inner),
                    place: inner.span().and_then(|span| place(text, span)),
                })
                .collect(),
        ),
    };
    Node { tree, place: item.span().and_then(|span| place(text, span)) }
}

fn value(text: &str, value: &Value) -> Tree {
    match value {
        Value::String(inner) => Tree::Text(inner.value().clone()),
        Value::Integer(inner) => Tree::Integer((*inner.value()).into()),
        Value::Float(inner) => Tree::Float(*inner.value()),
        Value::Boolean(inner) => Tree::Bool(*inner.value()),
        Value::Datetime(inner) => Tree::Text(inner.value().to_string()),
        Value::Array(items) => Tree::List(
            items
                .iter()
                .map(|item| Node {
                    tree: self::value(text, item),
                    place: item.span().and_then(|span| place(text, span)),
                })
                .collect(),
        ),
        Value::InlineTable(inner) => table(text, inner),
    }
}

fn place(text: &str, span: std::ops::Range<usize>) -> Option<Place> {
    let (line, column) = position(text, span.start)?;
    Some(Place { line, column, start: span.start, length: span.len() })
}

/// The line and the column, from 1, of a byte of the text.
fn position(text: &str, byte: usize) -> Option<(usize, usize)> {
    let before = text.get(..byte)?;
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    Some((before.matches('\n').count() + 1, before[line_start..].chars().count() + 1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value as Json;

    use super::{Tree, edit, parse};

    fn path(text: &str) -> Vec<String> {
        text.split('.').map(str::to_owned).collect()
    }

    /// DYN-7: a small change is a small change of the text: comments, order and blank lines stay.
    #[test]
    fn dyn_7_an_edit_keeps_comments() {
        let text =
            "# top\ntimeout_ms = 5 # quick\n\n[plugins.zip]\nenabled = true # yes\nunknown = 1979-05-27\n";
        let text = edit(text, &path("plugins.zip.enabled"), Some(&Tree::Bool(false))).unwrap();
        let text = edit(&text, &path("plugins.tar.enabled"), Some(&Tree::Bool(true))).unwrap();
        let text = edit(&text, &path("timeout_ms"), None).unwrap();
        assert!(text.contains("[plugins.zip]\nenabled = false # yes\nunknown = 1979-05-27\n"), "{text}");
        assert!(text.contains("[plugins.tar]\nenabled = true\n"), "{text}");
        assert!(!text.contains("timeout_ms"), "{text}");
    }

    fn values() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Json::from),
            any::<i64>().prop_map(Json::from),
            (-1e6..1e6).prop_map(Json::from),
            "[ -~\n\"']{0,12}".prop_map(Json::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
                prop::collection::btree_map("[a-z.# ]{0,4}", inner, 0..4)
                    .prop_map(|map| Json::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        /// DYN-7: whatever is set where, in tables of all kinds, it is there afterwards; `edit` proves the rest itself.
        #[test]
        fn dyn_7_an_edit_does_what_it_says(
            edits in prop::collection::vec((prop::collection::vec("[a-c.]", 1..4), prop::option::of(values())), 1..6),
        ) {
            let mut text = "x = 1\na.b = {c = 2}\n[b] # table\nc.d = 1\n[b.a.c]\nz = [1, 2]\n[[c]]\na = 1\n".to_owned();
            for (path, value) in edits {
                text = edit(&text, &path, value.as_ref().map(Tree::from).as_ref()).unwrap();
                let node = parse(&text).unwrap_or_else(|error| panic!("{}", error.message));
                prop_assert_eq!(node.find(&path).is_some(), value.is_some(), "{}", text);
            }
            prop_assert!(text.starts_with("x = 1\n"), "{}", text);
        }
    }

    #[test]
    fn places_and_errors_have_lines_and_columns() {
        let Ok(root) = parse("[a]\n'ö' = 'x'\n") else { panic!("it is TOML") };
        let place = root.find(&path("a.ö")).and_then(|node| node.place).expect("a place");
        assert_eq!((place.line, place.column), (2, 7));
        let Err(error) = parse("a = 1\nb = = 2\n") else { panic!("it is not TOML") };
        assert_eq!(error.position.map(|(line, _)| line), Some(2));
        assert!(edit("", &path("a"), Some(&Tree::Null)).is_err());
    }
}
