//! Values as text, for messages and string building.

use super::operate::MAX_TEXT;
use crate::error::RuntimeError;
use crate::runtime::Mutator;
use crate::send::Method;
use crate::value::{Value, View};

impl Mutator<'_> {
    /// Returns a value as it stands in an interpolated string: strings without quotes, objects by name.
    pub fn text_of(&self, value: Value) -> String {
        match value.view() {
            View::String(string) => string.as_str().to_string(),
            View::Object(object) => self.name_of(object).unwrap_or_else(|| object.oid().to_string()),
            View::Tuple(tuple) => format!("[{}]", self.texts_of(tuple.items())),
            View::Set(set) => format!("{{{}}}", self.texts_of(set.items())),
            _ => format!("{value:?}"),
        }
    }

    /// Returns the texts of values one behind the other, as a string. Methods `to_string` of classes are asked.
    ///
    /// # Errors
    ///
    /// What such a method raises.
    pub fn concatenated(&self, values: &[Value]) -> Result<Value, RuntimeError> {
        let mut text = String::new();
        for &value in values {
            match value.as_string() {
                Some(string) => text.push_str(string.as_str()),
                None => text.push_str(&self.own_text_of(value)?),
            }
            if text.len() > MAX_TEXT {
                return Err(RuntimeError::TooLarge { what: "the text", limit: MAX_TEXT });
            }
        }
        Ok(self.string(&text))
    }

    /// Returns a value as text, as its class says where it has a method `to_string` of its own.
    ///
    /// # Errors
    ///
    /// What the method raises.
    pub fn own_text_of(&self, value: Value) -> Result<String, RuntimeError> {
        if let View::Object(object) = value.view()
            && let Some(selector) = self.symbol("to_string").map(|symbol| self.key_of_symbol(symbol))
            && let Some(Method::Kept(method)) = self.find_method(self.class_of(object.into()), selector)
            && let Some(text) = self.apply_method(method, value, &[])?.as_string()
        {
            return Ok(text.as_str().to_string());
        }
        Ok(self.text_of(value))
    }

    fn texts_of(&self, values: &[Value]) -> String {
        let texts: Vec<String> = values.iter().map(|&value| self.text_of(value)).collect();
        texts.join(", ")
    }
}
