//! A parsed file: values with the place where each stands. All formats become this, and nothing else is validated.

use figment::value::{Dict, Empty, Value as FigmentValue};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::Value as Json;
#[cfg(test)]
use serde_json::{Map, Number};

/// Where a value or a key stands in its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// From 1.
    pub(super) line: usize,
    /// From 1, in characters.
    pub(super) column: usize,
    /// The first byte; the length is 0 where the parser does not tell it.
    pub(super) start: usize,
    pub(super) length: usize,
}

/// A value and its place. A value that no file holds has none.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) tree: Tree,
    pub(super) place: Option<Place>,
}

/// A key of a mapping and its place.
#[derive(Clone, Debug)]
pub(super) struct Name {
    pub(super) text: String,
    pub(super) place: Option<Place>,
}

/// A value of JSON. Mappings keep the order of the file.
#[derive(Clone, Debug)]
pub(super) enum Tree {
    Null,
    Bool(bool),
    Integer(i128),
    Float(f64),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(Name, Node)>),
}

impl Node {
    pub(super) fn bare(tree: Tree) -> Self {
        Self { tree, place: None }
    }

    pub(super) fn empty_map() -> Self {
        Self::bare(Tree::Map(Vec::new()))
    }

    pub(super) fn get(&self, name: &str) -> Option<&Node> {
        match &self.tree {
            Tree::Map(entries) => entries.iter().find(|(key, _)| key.text == name).map(|(_, node)| node),
            _ => None,
        }
    }

    pub(super) fn find(&self, path: &[String]) -> Option<&Node> {
        path.iter().try_fold(self, |node, name| node.get(name))
    }

    /// Sets what stands at `path`, making the mappings on the way. What is there and is no mapping is replaced.
    pub(super) fn set(&mut self, path: &[String], value: Tree) {
        let Some((first, rest)) = path.split_first() else {
            self.tree = value;
            return;
        };
        if !matches!(self.tree, Tree::Map(_)) {
            self.tree = Tree::Map(Vec::new());
        }
        let Tree::Map(entries) = &mut self.tree else { return };
        let at = entries.iter().position(|(key, _)| key.text == *first).unwrap_or_else(|| {
            entries.push((Name { text: first.clone(), place: None }, Node::bare(Tree::Null)));
            entries.len() - 1
        });
        entries[at].1.set(rest, value);
    }

    /// Removes what stands at `path`; mappings on the way stay.
    pub(super) fn remove(&mut self, path: &[String]) {
        let (Some((first, rest)), Tree::Map(entries)) = (path.split_first(), &mut self.tree) else { return };
        if rest.is_empty() {
            entries.retain(|(key, _)| key.text != *first);
        } else if let Some((_, node)) = entries.iter_mut().find(|(key, _)| key.text == *first) {
            node.remove(rest);
        }
    }

    /// Tells whether two trees hold the same values; order of keys and places do not matter.
    pub(super) fn same(&self, other: &Node) -> bool {
        match (&self.tree, &other.tree) {
            (Tree::Map(left), Tree::Map(_)) => {
                let Tree::Map(right) = &other.tree else { return false };
                left.len() == right.len()
                    && left.iter().all(|(key, node)| other.get(&key.text).is_some_and(|twin| node.same(twin)))
            }
            (Tree::List(left), Tree::List(right)) => {
                left.len() == right.len() && left.iter().zip(right).all(|(left, right)| left.same(right))
            }
            (Tree::Float(left), Tree::Float(right)) => left.to_bits() == right.to_bits(),
            (Tree::Null, Tree::Null) => true,
            (Tree::Bool(left), Tree::Bool(right)) => left == right,
            (Tree::Integer(left), Tree::Integer(right)) => left == right,
            (Tree::Text(left), Tree::Text(right)) => left == right,
            _ => false,
        }
    }

    /// The value for the layers. `null` says nothing and is left out, but below `settings`, where it is a value.
    pub(super) fn to_layer(&self) -> Dict {
        self.dict(false)
    }

    fn dict(&self, keep_null: bool) -> Dict {
        let Tree::Map(entries) = &self.tree else { return Dict::new() };
        entries
            .iter()
            .filter(|(_, node)| keep_null || !matches!(node.tree, Tree::Null))
            .map(|(key, node)| (key.text.clone(), node.figment(keep_null || key.text == "settings")))
            .collect()
    }

    fn figment(&self, keep_null: bool) -> FigmentValue {
        match &self.tree {
            Tree::Null => Empty::Unit.into(),
            Tree::Bool(value) => (*value).into(),
            Tree::Integer(value) => match (i64::try_from(*value), u64::try_from(*value)) {
                (Ok(value), _) => value.into(),
                (_, Ok(value)) => value.into(),
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "beyond 64 bits a number is a double, as in JSON"
                )]
                _ => (*value as f64).into(),
            },
            Tree::Float(value) => (*value).into(),
            Tree::Text(value) => value.clone().into(),
            Tree::List(items) => {
                items.iter().map(|item| item.figment(true)).collect::<Vec<FigmentValue>>().into()
            }
            Tree::Map(_) => self.dict(keep_null).into(),
        }
    }

    #[cfg(test)]
    /// The value as JSON; a double that JSON has no text for is `null`.
    pub(super) fn to_json(&self) -> Json {
        match &self.tree {
            Tree::Null => Json::Null,
            Tree::Bool(value) => Json::Bool(*value),
            Tree::Integer(value) => match (i64::try_from(*value), u64::try_from(*value)) {
                (Ok(value), _) => value.into(),
                (_, Ok(value)) => value.into(),
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "beyond 64 bits a number is a double, as in JSON"
                )]
                _ => Number::from_f64(*value as f64).map_or(Json::Null, Json::Number),
            },
            Tree::Float(value) => Number::from_f64(*value).map_or(Json::Null, Json::Number),
            Tree::Text(value) => Json::String(value.clone()),
            Tree::List(items) => Json::Array(items.iter().map(Node::to_json).collect()),
            Tree::Map(entries) => {
                let entries = entries.iter().map(|(key, node)| (key.text.clone(), node.to_json()));
                Json::Object(entries.collect::<Map<_, _>>())
            }
        }
    }
}

impl From<&Json> for Tree {
    fn from(json: &Json) -> Self {
        match json {
            Json::Null => Tree::Null,
            Json::Bool(value) => Tree::Bool(*value),
            Json::Number(value) => match value.as_i128() {
                Some(integer) => Tree::Integer(integer),
                None => Tree::Float(value.as_f64().unwrap_or(f64::NAN)),
            },
            Json::String(value) => Tree::Text(value.clone()),
            Json::Array(items) => Tree::List(items.iter().map(|item| Node::bare(item.into())).collect()),
            Json::Object(entries) => Tree::Map(
                entries
                    .iter()
                    .map(|(key, value)| (Name { text: key.clone(), place: None }, Node::bare(value.into())))
                    .collect(),
            ),
        }
    }
}

// Written by hand: `serde_json::Value` writes its numbers in a private form when they are of arbitrary precision.
impl Serialize for Tree {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Tree::Null => serializer.serialize_unit(),
            Tree::Bool(value) => serializer.serialize_bool(*value),
            Tree::Integer(value) => match (i64::try_from(*value), u64::try_from(*value)) {
                (Ok(value), _) => serializer.serialize_i64(value),
                (_, Ok(value)) => serializer.serialize_u64(value),
                _ => serializer.serialize_i128(*value),
            },
            Tree::Float(value) => serializer.serialize_f64(*value),
            Tree::Text(value) => serializer.serialize_str(value),
            Tree::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(&item.tree)?;
                }
                list.end()
            }
            Tree::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, node) in entries {
                    map.serialize_entry(&key.text, &node.tree)?;
                }
                map.end()
            }
        }
    }
}
