use core::fmt::Write;

use super::Json;
use crate::call::Call;
use crate::error::Error;
use crate::payload::Field;

/// Writes one JSON value; see [`Payload::to_json`](crate::Payload::to_json).
pub struct JsonWriter<'out> {
    out: &'out mut String,
    call: &'out Call,
}

impl<'out> JsonWriter<'out> {
    pub(crate) fn new(out: &'out mut String, call: &'out Call) -> Self {
        JsonWriter { out, call }
    }

    /// Returns the call in which it is written.
    pub fn call(&self) -> &'out Call {
        self.call
    }

    /// Writes a value.
    pub fn json(&mut self, json: &Json) {
        write(json, self.out);
    }

    /// Writes a string.
    pub fn string(&mut self, text: &str) {
        string(text, self.out);
    }

    /// Writes a number, as its text.
    pub(crate) fn number(&mut self, number: impl core::fmt::Display) {
        let _ = write!(self.out, "{number}");
    }

    /// Writes an object.
    ///
    /// # Errors
    ///
    /// Those of the body.
    pub fn object(
        &mut self,
        body: impl FnOnce(&mut ObjectWriter<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.out.push('{');
        body(&mut ObjectWriter { writer: JsonWriter { out: self.out, call: self.call }, any: false })?;
        self.out.push('}');
        Ok(())
    }

    /// Writes an array.
    ///
    /// # Errors
    ///
    /// Those of the body.
    pub fn array(
        &mut self,
        body: impl FnOnce(&mut ArrayWriter<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.out.push('[');
        body(&mut ArrayWriter { writer: JsonWriter { out: self.out, call: self.call }, any: false })?;
        self.out.push(']');
        Ok(())
    }
}

/// Writes the members of an object.
pub struct ObjectWriter<'out> {
    writer: JsonWriter<'out>,
    any: bool,
}

impl ObjectWriter<'_> {
    /// Writes a member.
    ///
    /// # Errors
    ///
    /// Those of the value.
    pub fn member(&mut self, key: &str, value: &impl Field) -> Result<(), Error> {
        self.member_with(key, |writer| value.write_json(writer))
    }

    /// Writes a member whose value the body writes.
    ///
    /// # Errors
    ///
    /// Those of the body.
    pub fn member_with(
        &mut self,
        key: &str,
        body: impl FnOnce(&mut JsonWriter<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if std::mem::replace(&mut self.any, true) {
            self.writer.out.push(',');
        }
        self.writer.string(key);
        self.writer.out.push(':');
        body(&mut self.writer)
    }
}

/// Writes the items of an array.
pub struct ArrayWriter<'out> {
    writer: JsonWriter<'out>,
    any: bool,
}

impl ArrayWriter<'_> {
    /// Writes an item.
    ///
    /// # Errors
    ///
    /// Those of the value.
    pub fn item(&mut self, value: &impl Field) -> Result<(), Error> {
        self.item_with(|writer| value.write_json(writer))
    }

    /// Writes an item which the body writes.
    ///
    /// # Errors
    ///
    /// Those of the body.
    pub fn item_with(
        &mut self,
        body: impl FnOnce(&mut JsonWriter<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if std::mem::replace(&mut self.any, true) {
            self.writer.out.push(',');
        }
        body(&mut self.writer)
    }
}

/// Writes a value without white space.
pub(super) fn write(json: &Json, out: &mut String) {
    match json {
        Json::Null => out.push_str("null"),
        Json::Bool(bool) => out.push_str(if *bool { "true" } else { "false" }),
        Json::Number(text) => out.push_str(text),
        Json::String(text) => string(text, out),
        Json::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Json::Object(members) => {
            out.push('{');
            for (index, (key, value)) in members.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                string(key, out);
                out.push(':');
                write(value, out);
            }
            out.push('}');
        }
    }
}

fn string(text: &str, out: &mut String) {
    out.push('"');
    for char in text.chars() {
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            char => out.push(char),
        }
    }
    out.push('"');
}
