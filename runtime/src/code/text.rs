//! Values as text, for messages and string building.

use super::iterate::range_of;
use super::operate::{MAX_TEXT, wrong_kind};
use crate::error::RuntimeError;
use crate::known;
use crate::object::{ObjectRef, Payload};
use crate::runtime::Mutator;
use crate::send::Method;
use crate::value::{InstanceRef, SetRef, Value, View};

impl Mutator<'_> {
    /// Returns a value as it stands in an interpolated string: strings without quotes, objects by name.
    pub fn text_of(&self, value: Value) -> String {
        match value.view() {
            View::String(string) => string.as_str().to_string(),
            View::Object(object) => self.name_of(object).unwrap_or_else(|| object.oid().to_string()),
            View::Tuple(tuple) => format!("[{}]", self.texts_of(tuple.items())),
            View::Instance(instance) => match range_of(instance) {
                Some(range) => format!("{}..{}", range.start, range.end),
                None => self.text_of_instance(instance),
            },
            View::Set(set) => format!("{{{}}}", self.texts_of(set.items())),
            _ => format!("{value:?}"),
        }
    }

    /// Returns a value as text for a message: a string with its quotes.
    pub fn quoted_text_of(&self, value: Value) -> String {
        match value.as_string() {
            Some(_) => format!("{value:?}"),
            None => self.text_of(value),
        }
    }

    /// Returns an instance as text: its class with its attributes and components, of an error the code and the message.
    fn text_of_instance(&self, instance: InstanceRef) -> String {
        let named = |object: ObjectRef| self.name_of(object).unwrap_or_else(|| object.oid().to_string());
        if instance.class() == self.class(known::ERROR) {
            let text = |name: &str| {
                let key = self.key_of_symbol(self.symbol(name)?);
                instance.attribute(key).map(|value| self.text_of(value))
            };
            if let (Some(code), Some(message)) = (text("code"), text("message")) {
                return format!("{code}: {message}");
            }
        }
        let part = |value: Value| match value.as_string() {
            Some(_) => format!("{value:?}"),
            None => self.text_of(value),
        };
        let attributes: Vec<String> =
            instance.attributes().map(|(key, value)| format!("{}: {}", named(key), part(value))).collect();
        let mut text = named(instance.class());
        if !attributes.is_empty() {
            text.push_str(&format!(" {{{}}}", attributes.join(", ")));
        }
        if !instance.components().is_empty() {
            let components: Vec<String> = instance.components().iter().map(|&value| part(value)).collect();
            text.push_str(&format!(" [{}]", components.join(", ")));
        }
        text
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

    /// Returns a value as text: as its class says where it has a method `to_string` of its own; collections with the texts
    /// of what they hold, and `…` where one holds itself.
    ///
    /// # Errors
    ///
    /// What such a method raises.
    pub fn own_text_of(&self, value: Value) -> Result<String, RuntimeError> {
        let mut writer = Writer { m: self, out: String::new(), around: Vec::new() };
        writer.value(value)?;
        Ok(writer.out)
    }

    /// Returns a value as [`Mutator::own_text_of`] does, but without asking its own class: for what `super.to_string()`
    /// gives.
    ///
    /// # Errors
    ///
    /// What a method of a part raises.
    pub fn plain_text_of(&self, value: Value) -> Result<String, RuntimeError> {
        let mut writer = Writer { m: self, out: String::new(), around: Vec::new() };
        match value.as_object() {
            Some(object) => writer.plain_object(object)?,
            None => writer.value(value)?,
        }
        Ok(writer.out)
    }

    fn texts_of(&self, values: &[Value]) -> String {
        let texts: Vec<String> = values.iter().map(|&value| self.text_of(value)).collect();
        texts.join(", ")
    }
}

/// Writes values as text.
struct Writer<'w, 'r> {
    m: &'w Mutator<'r>,
    out: String,
    /// The collections that are being written, outermost first; the caller's frames keep them.
    around: Vec<ObjectRef>,
}

impl Writer<'_, '_> {
    fn value(&mut self, value: Value) -> Result<(), RuntimeError> {
        match value.view() {
            View::String(string) => self.out.push_str(string.as_str()),
            View::Tuple(tuple) => self.row("[", tuple.items(), "]")?,
            View::Set(set) => self.row("{", SetRef::items(set), "}")?,
            View::Object(object) => self.object(object)?,
            _ => self.out.push_str(&self.m.text_of(value)),
        }
        if self.out.len() > MAX_TEXT {
            return Err(RuntimeError::TooLarge { what: "the text", limit: MAX_TEXT });
        }
        Ok(())
    }

    fn row(&mut self, open: &str, items: &[Value], close: &str) -> Result<(), RuntimeError> {
        // Objects nest as deep as programs like.
        self.m.call_stack().check_native_room()?;
        self.out.push_str(open);
        for (at, &item) in items.iter().enumerate() {
            if at > 0 {
                self.out.push_str(", ");
            }
            self.value(item)?;
        }
        self.out.push_str(close);
        Ok(())
    }

    fn object(&mut self, object: ObjectRef) -> Result<(), RuntimeError> {
        let m = self.m;
        if let Some(selector) = m.symbol("to_string").map(|symbol| m.key_of_symbol(symbol))
            && let Some(Method::Kept(method)) = m.find_method(m.class_of(object.into()), selector)
        {
            let text = m.apply_method(method, object.into(), &[])?;
            let text =
                text.as_string().ok_or_else(|| wrong_kind(m, "what `to_string` gives", "a string", text))?;
            self.out.push_str(text.as_str());
            return Ok(());
        }
        self.plain_object(object)
    }

    fn plain_object(&mut self, object: ObjectRef) -> Result<(), RuntimeError> {
        let m = self.m;
        let mut items = m.root_vec();
        let collection = object.with_payload(m, |payload| match payload {
            Some(Payload::ValueVector(values) | Payload::ObjectVector(values)) => {
                items.extend(values.iter().copied());
                Some(Form::Row("[", "]"))
            }
            Some(Payload::Set(values)) => {
                items.extend(values.iter().copied());
                Some(Form::Row("{", "}"))
            }
            Some(Payload::Dictionary(dictionary)) => {
                items.extend(dictionary.sorted().into_iter().flat_map(|(key, value)| [key, value]));
                Some(Form::Entries(Vec::new()))
            }
            Some(Payload::StringDictionary(entries)) => {
                items.extend(entries.values().copied());
                Some(Form::Entries(entries.keys().map(ToString::to_string).collect()))
            }
            _ => None,
        });
        let Some(form) = collection else {
            self.out.push_str(&m.text_of(object.into()));
            return Ok(());
        };
        if self.around.contains(&object) {
            self.out.push('…');
            return Ok(());
        }
        self.around.push(object);
        match form {
            Form::Row(open, close) => self.row(open, &items, close)?,
            Form::Entries(keys) => self.entries(&keys, &items)?,
        }
        self.around.pop();
        Ok(())
    }

    /// Writes entries: values with these texts for keys, or keys and values in turn.
    fn entries(&mut self, keys: &[String], items: &[Value]) -> Result<(), RuntimeError> {
        self.m.call_stack().check_native_room()?;
        self.out.push('[');
        let with_keys = !keys.is_empty();
        for (at, entry) in items.chunks(if with_keys { 1 } else { 2 }).enumerate() {
            if at > 0 {
                self.out.push_str(", ");
            }
            match entry {
                [key, value] => {
                    self.value(*key)?;
                    self.out.push_str(": ");
                    self.value(*value)?;
                }
                _ => {
                    self.out.push_str(&keys[at]);
                    self.out.push_str(": ");
                    self.value(entry[0])?;
                }
            }
        }
        self.out.push(']');
        Ok(())
    }
}

/// How a collection is written.
enum Form {
    Row(&'static str, &'static str),
    Entries(Vec<String>),
}
