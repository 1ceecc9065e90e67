//! JSON, as far as plugins need it: a tree, a parser and a writer, without another crate.
//!
//! Read in this order: this file (the tree), `parse`, `write`.

mod parse;
mod write;

use core::fmt;

pub use self::write::{ArrayWriter, JsonWriter, ObjectWriter};

use crate::error::Error;

/// A JSON value.
///
/// ```
/// use rps_plugin::Json;
///
/// let json = Json::parse(br#"{"x": 1.5, "tags": ["a"]}"#)?;
/// assert_eq!(json.get("x").and_then(Json::as_f64), Some(1.5));
/// assert_eq!(json.to_string(), r#"{"x":1.5,"tags":["a"]}"#);
/// # Ok::<(), rps_plugin::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as it is written: nothing is lost of long ones.
    Number(String),
    /// A string.
    String(String),
    /// An array.
    Array(Vec<Json>),
    /// An object, in the order of its text.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Returns the value of a JSON text.
    ///
    /// # Errors
    ///
    /// [`Error::corrupt`], with the place in bytes.
    pub fn parse(text: &[u8]) -> Result<Json, Error> {
        parse::parse(text)
    }

    /// Returns an object of these members.
    pub fn object<K: Into<String>>(members: impl IntoIterator<Item = (K, Json)>) -> Json {
        Json::Object(members.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }

    /// Returns a member of an object.
    pub fn get(&self, key: &str) -> Option<&Json> {
        match self {
            Json::Object(members) => members.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// Returns the boolean.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Json::Bool(bool) => Some(*bool),
            _ => None,
        }
    }

    /// Returns the integer, if it is one of 64 bits.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Json::Number(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// Returns the number, as the double that is next to it.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Json::Number(text) => text.parse().ok(),
            _ => None,
        }
    }

    /// Returns the string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Json::String(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the items of an array.
    pub fn as_array(&self) -> Option<&[Json]> {
        match self {
            Json::Array(items) => Some(items),
            _ => None,
        }
    }

    /// Returns the members of an object.
    pub fn as_object(&self) -> Option<&[(String, Json)]> {
        match self {
            Json::Object(members) => Some(members),
            _ => None,
        }
    }
}

/// Writes it without white space.
impl fmt::Display for Json {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        write::write(self, &mut text);
        formatter.write_str(&text)
    }
}

impl From<bool> for Json {
    fn from(bool: bool) -> Json {
        Json::Bool(bool)
    }
}

impl From<i64> for Json {
    fn from(int: i64) -> Json {
        Json::Number(int.to_string())
    }
}

/// A number that JSON can not write is a string: `"NaN"`, `"inf"`, `"-inf"`.
impl From<f64> for Json {
    fn from(double: f64) -> Json {
        if double.is_finite() {
            Json::Number(format!("{double:?}"))
        } else {
            Json::String(double.to_string())
        }
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Json {
        Json::String(text.to_owned())
    }
}

impl From<String> for Json {
    fn from(text: String) -> Json {
        Json::String(text)
    }
}

impl<T: Into<Json>> From<Vec<T>> for Json {
    fn from(items: Vec<T>) -> Json {
        Json::Array(items.into_iter().map(Into::into).collect())
    }
}
