use std::collections::{BTreeMap, BTreeSet};

use super::{ObjectRef, SchemaText, Visitor};
use crate::call::Call;
use crate::error::Error;
use crate::json::{Json, JsonWriter};

/// What a derived payload may consist of: numbers, texts, collections of these, and what is derived itself.
///
/// `HashMap` and `HashSet` are not among them: their order differs from run to run, and the store's bytes may not.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can not be a field of a payload",
    note = "derive `RpsPayload` for it; in place of a `HashMap` or `HashSet` take a `BTreeMap` or `BTreeSet`"
)]
pub trait Field: Sized {
    /// What it is, in the text of the schema.
    const SCHEMA: SchemaText;

    /// The text of the schema.
    const SCHEMA_TEXT: &'static str = Self::SCHEMA_PLACE.as_str();

    #[doc(hidden)]
    const SCHEMA_PLACE: &'static SchemaText = &Self::SCHEMA;

    /// Writes it as JSON.
    ///
    /// # Errors
    ///
    /// Those of the host, when it names an object.
    fn write_json(&self, writer: &mut JsonWriter<'_>) -> Result<(), Error>;

    /// Returns what was written as this JSON.
    ///
    /// # Errors
    ///
    /// [`Error::corrupt`] where it is something else.
    fn read_json(json: &Json, call: &Call) -> Result<Self, Error>;

    /// Visits the object references inside.
    fn trace(&self, visitor: &mut Visitor<'_>) {
        let _ = visitor;
    }

    /// Returns about how many bytes it has beside its own size.
    fn extra_size(&self) -> usize {
        0
    }
}

fn expected(what: &str) -> Error {
    Error::corrupt(format!("expected {what}"))
}

macro_rules! integers {
    ($($type:ident)*) => {
        $(impl Field for $type {
            const SCHEMA: SchemaText = SchemaText::new().and(stringify!($type));

            fn write_json(&self, writer: &mut JsonWriter<'_>) -> Result<(), Error> {
                writer.number(self);
                Ok(())
            }

            fn read_json(json: &Json, _: &Call) -> Result<Self, Error> {
                match json {
                    Json::Number(text) => text.parse().map_err(|_| expected(stringify!($type))),
                    _ => Err(expected(stringify!($type))),
                }
            }
        })*
    };
}

integers!(i8 i16 i32 i64 i128 u8 u16 u32 u64 u128);

macro_rules! floats {
    ($($type:ident)*) => {
        $(impl Field for $type {
            const SCHEMA: SchemaText = SchemaText::new().and(stringify!($type));

            fn write_json(&self, writer: &mut JsonWriter<'_>) -> Result<(), Error> {
                if self.is_finite() {
                    writer.number(format_args!("{self:?}"));
                } else {
                    writer.string(&self.to_string());
                }
                Ok(())
            }

            fn read_json(json: &Json, _: &Call) -> Result<Self, Error> {
                match json {
                    Json::Number(text) => text.parse().map_err(|_| expected(stringify!($type))),
                    Json::String(text) => match text.as_str() {
                        "NaN" => Ok($type::NAN),
                        "inf" => Ok($type::INFINITY),
                        "-inf" => Ok($type::NEG_INFINITY),
                        _ => Err(expected(stringify!($type))),
                    },
                    _ => Err(expected(stringify!($type))),
                }
            }
        })*
    };
}

floats!(f32 f64);

impl Field for bool {
    const SCHEMA: SchemaText = SchemaText::new().and("bool");

    fn write_json(&self, writer: &mut JsonWriter<'_>) -> Result<(), Error> {
        writer.json(&Json::Bool(*self));
        Ok(())
    }

    fn read_json(json: &Json, _: &Call) -> Result<Self, Error> {
        json.as_bool().ok_or_else(|| expected("true or false"))
    }
}

impl Field for char {
    const SCHEMA: SchemaText = SchemaText::new().and("char");

    fn write_json(&self, writer: &mut JsonWriter<'_>) -> Result<(), Error> {
        writer.string(self.encode_utf8(&mut [0; 4]));
        Ok(())
    }

    fn read_json(json: &Json, _: &Call) -> Result<Self, Error> {
        let mut chars = json.as_str().ok_or_else(|| expected("a character"))?.chars();
        match (chars.next(), chars.next()) {
            (Some(char), None) => Ok(char),
            _ => Err(expected("a character")),
        }
    }
}

impl Field for String {
    const SCHEMA: SchemaText = SchemaText::new().and("string");

    fn write_json(&self, writer: &mut JsonWriter<'_>) -> Result<(), Error> {
        writer.string(self);
        Ok(())
    }

    fn read_json(json: &Json, _: &Call) -> Result<Self, Error> {
        json.as_str().map(str::to_owned).ok_or_else(|| expected("a string"))
    }

    fn extra_size(&self) -> usize {
        self.capacity()
    }
}

/// Its oid, or null when it is empty.
impl Field for ObjectRef {
    const SCHEMA: SchemaText = SchemaText::new().and("object");

    fn write_json(&self, writer: &mut JsonWriter<'_>) -> Result<(), Error> {
        if self.is_empty() {
            writer.json(&Json::Null);
        } else {
            let oid = self.value_inside(writer.call())?.oid()?;
            writer.string(&oid);
        }
        Ok(())
    }

    fn read_json(json: &Json, call: &Call) -> Result<Self, Error> {
        match json {
            Json::Null => Ok(ObjectRef::default()),
            Json::String(oid) => match call.by_oid(oid)? {
                Some(object) => ObjectRef::new(object),
                None => Err(Error::corrupt(format!("there is no object {oid}"))),
            },
            _ => Err(expected("an oid")),
        }
    }

    fn trace(&self, visitor: &mut Visitor<'_>) {
        visitor.visit(self);
    }
}

/// Nothing is null.
impl<T: Field> Field for Option<T> {
    const SCHEMA: SchemaText = SchemaText::new().and("option<").and_schema(&T::SCHEMA).and(">");

    fn write_json(&self, writer: &mut JsonWriter<'_>) -> Result<(), Error> {
        match self {
            // An array, so that an option in an option keeps both its nothings.
            Some(value) => writer.array(|array| array.item(value)),
            None => {
                writer.json(&Json::Null);
                Ok(())
            }
        }
    }

    fn read_json(json: &Json, call: &Call) -> Result<Self, Error> {
        match json {
            Json::Null => Ok(None),
            Json::Array(items) if items.len() == 1 => T::read_json(&items[0], call).map(Some),
            _ => Err(expected("null or an array of one")),
        }
    }

    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.iter().for_each(|value| value.trace(visitor));
    }

    fn extra_size(&self) -> usize {
        self.iter().map(T::extra_size).sum()
    }
}

impl<T: Field> Field for Box<T> {
    const SCHEMA: SchemaText = T::SCHEMA;

    fn write_json(&self, writer: &mut JsonWriter<'_>) -> Result<(), Error> {
        (**self).write_json(writer)
    }

    fn read_json(json: &Json, call: &Call) -> Result<Self, Error> {
        T::read_json(json, call).map(Box::new)
    }

    fn trace(&self, visitor: &mut Visitor<'_>) {
        (**self).trace(visitor);
    }

    fn extra_size(&self) -> usize {
        size_of::<T>() + (**self).extra_size()
    }
}

impl<T: Field> Field for Vec<T> {
    const SCHEMA: SchemaText = SchemaText::new().and("list<").and_schema(&T::SCHEMA).and(">");

    fn write_json(&self, writer: &mut JsonWriter<'_>) -> Result<(), Error> {
        writer.array(|array| self.iter().try_for_each(|value| array.item(value)))
    }

    fn read_json(json: &Json, call: &Call) -> Result<Self, Error> {
        let items = json.as_array().ok_or_else(|| expected("an array"))?;
        items.iter().map(|item| T::read_json(item, call)).collect()
    }

    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.iter().for_each(|value| value.trace(visitor));
    }

    fn extra_size(&self) -> usize {
        self.capacity() * size_of::<T>() + self.iter().map(T::extra_size).sum::<usize>()
    }
}

impl<T: Field, const N: usize> Field for [T; N] {
    const SCHEMA: SchemaText =
        SchemaText::new().and("array<").and_schema(&T::SCHEMA).and(",").and_number(N).and(">");

    fn write_json(&self, writer: &mut JsonWriter<'_>) -> Result<(), Error> {
        writer.array(|array| self.iter().try_for_each(|value| array.item(value)))
    }

    fn read_json(json: &Json, call: &Call) -> Result<Self, Error> {
        let items: Vec<T> = Vec::read_json(json, call)?;
        items.try_into().map_err(|_| expected(&format!("an array of {N}")))
    }

    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.iter().for_each(|value| value.trace(visitor));
    }

    fn extra_size(&self) -> usize {
        self.iter().map(T::extra_size).sum()
    }
}

impl<T: Field + Ord> Field for BTreeSet<T> {
    const SCHEMA: SchemaText = SchemaText::new().and("set<").and_schema(&T::SCHEMA).and(">");

    fn write_json(&self, writer: &mut JsonWriter<'_>) -> Result<(), Error> {
        writer.array(|array| self.iter().try_for_each(|value| array.item(value)))
    }

    fn read_json(json: &Json, call: &Call) -> Result<Self, Error> {
        let items = json.as_array().ok_or_else(|| expected("an array"))?;
        items.iter().map(|item| T::read_json(item, call)).collect()
    }

    fn trace(&self, visitor: &mut Visitor<'_>) {
        self.iter().for_each(|value| value.trace(visitor));
    }

    fn extra_size(&self) -> usize {
        self.iter().map(|value| size_of::<T>() + value.extra_size()).sum()
    }
}

/// An array of pairs: keys may be of any type.
impl<K: Field + Ord, V: Field> Field for BTreeMap<K, V> {
    const SCHEMA: SchemaText =
        SchemaText::new().and("map<").and_schema(&K::SCHEMA).and(",").and_schema(&V::SCHEMA).and(">");

    fn write_json(&self, writer: &mut JsonWriter<'_>) -> Result<(), Error> {
        writer.array(|array| {
            self.iter().try_for_each(|(key, value)| {
                array.item_with(|writer| {
                    writer.array(|pair| {
                        pair.item(key)?;
                        pair.item(value)
                    })
                })
            })
        })
    }

    fn read_json(json: &Json, call: &Call) -> Result<Self, Error> {
        let pairs = json.as_array().ok_or_else(|| expected("an array of pairs"))?;
        pairs
            .iter()
            .map(|pair| match pair.as_array() {
                Some([key, value]) => Ok((K::read_json(key, call)?, V::read_json(value, call)?)),
                _ => Err(expected("a pair")),
            })
            .collect()
    }

    fn trace(&self, visitor: &mut Visitor<'_>) {
        for (key, value) in self {
            key.trace(visitor);
            value.trace(visitor);
        }
    }

    fn extra_size(&self) -> usize {
        let own = size_of::<(K, V)>();
        self.iter().map(|(key, value)| own + key.extra_size() + value.extra_size()).sum()
    }
}

macro_rules! tuples {
    ($(($($type:ident $index:tt)+))*) => {
        $(impl<$($type: Field),+> Field for ($($type,)+) {
            const SCHEMA: SchemaText =
                SchemaText::new().and("(") $(.and_schema(&$type::SCHEMA).and(","))+ .and(")");

            fn write_json(&self, writer: &mut JsonWriter<'_>) -> Result<(), Error> {
                writer.array(|array| {
                    $(array.item(&self.$index)?;)+
                    Ok(())
                })
            }

            fn read_json(json: &Json, call: &Call) -> Result<Self, Error> {
                let items = json.as_array().ok_or_else(|| expected("an array"))?;
                if items.len() != [$($index),+].len() {
                    return Err(expected("an array as long as the tuple"));
                }
                Ok(($($type::read_json(&items[$index], call)?,)+))
            }

            fn trace(&self, visitor: &mut Visitor<'_>) {
                $(self.$index.trace(visitor);)+
            }

            fn extra_size(&self) -> usize {
                0 $(+ self.$index.extra_size())+
            }
        })*
    };
}

tuples! {
    (A 0)
    (A 0 B 1)
    (A 0 B 1 C 2)
    (A 0 B 1 C 2 D 3)
}
