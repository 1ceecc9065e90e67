//! Values as text, for messages and string building.

use crate::runtime::Mutator;
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

    fn texts_of(&self, values: &[Value]) -> String {
        let texts: Vec<String> = values.iter().map(|&value| self.text_of(value)).collect();
        texts.join(", ")
    }
}
