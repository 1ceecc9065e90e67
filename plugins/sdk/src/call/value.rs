use core::fmt;

use rps_plugin_abi::RawValue;
use rps_plugin_abi::extension::Graph;
use rps_plugin_abi::{Bytes, value};

use super::make::{graph, raw_values};
use super::{Call, Root};
use crate::error::Error;
use crate::output::Collector;
use crate::table::member;

/// A value of the program: as long-lived as the call that gave it.
#[derive(Clone, Copy)]
pub struct Value<'call> {
    raw: RawValue,
    call: &'call Call,
}

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the names are those of the language")]
pub enum Kind {
    Nil,
    Bool,
    Int,
    BigInt,
    Double,
    String,
    Object,
    Tuple,
    Set,
    Closure,
    Instance,
    Json,
    Other,
}

impl<'call> Value<'call> {
    pub(crate) fn of(call: &'call Call, raw: RawValue) -> Self {
        Value { raw, call }
    }

    pub(crate) fn raw(&self) -> RawValue {
        self.raw
    }

    /// Returns the call that keeps it alive.
    pub fn call(&self) -> &'call Call {
        self.call
    }

    /// Returns what it is.
    pub fn kind(&self) -> Kind {
        match self.raw {
            RawValue::NIL => return Kind::Nil,
            RawValue::TRUE | RawValue::FALSE => return Kind::Bool,
            raw if raw.as_small_int().is_some() => return Kind::Int,
            raw if raw.as_small_double().is_some() => return Kind::Double,
            _ => {}
        }
        let Ok(table) = self.call.graph_table() else { return Kind::Other };
        // SAFETY: the table is the host's, which is valid during a call.
        let Some(kind) = (unsafe { member!(table, Graph, kind) }) else { return Kind::Other };
        // SAFETY: the call keeps the value alive.
        match unsafe { kind(self.call.raw(), self.raw) } {
            value::KIND_NIL => Kind::Nil,
            value::KIND_BOOL => Kind::Bool,
            value::KIND_INT => Kind::Int,
            value::KIND_BIG_INT => Kind::BigInt,
            value::KIND_DOUBLE => Kind::Double,
            value::KIND_STRING => Kind::String,
            value::KIND_OBJECT => Kind::Object,
            value::KIND_TUPLE => Kind::Tuple,
            value::KIND_SET => Kind::Set,
            value::KIND_CLOSURE => Kind::Closure,
            value::KIND_INSTANCE => Kind::Instance,
            value::KIND_JSON => Kind::Json,
            _ => Kind::Other,
        }
    }

    /// Returns whether it is nil.
    pub fn is_nil(&self) -> bool {
        self.raw.is_nil()
    }

    /// Returns whether both are the same word: the same object, for objects.
    pub fn is_same(&self, other: Value<'_>) -> bool {
        self.raw == other.raw
    }

    /// Returns whether both are equal, as the language says it.
    ///
    /// # Errors
    ///
    /// When the program raises.
    pub fn equals(&self, other: Value<'_>) -> Result<bool, Error> {
        let mut equal = 0;
        graph!(self.call, equal, "comparing", self.raw, other.raw, &raw mut equal)?;
        Ok(equal != 0)
    }

    /// Returns true or false.
    ///
    /// # Errors
    ///
    /// When it is something else.
    pub fn bool(&self) -> Result<bool, Error> {
        match self.raw {
            RawValue::TRUE => Ok(true),
            RawValue::FALSE => Ok(false),
            _ => Err(Error::invalid("expected true or false")),
        }
    }

    /// Returns the integer.
    ///
    /// # Errors
    ///
    /// When it is no integer, or has more than 64 bits.
    pub fn int(&self) -> Result<i64, Error> {
        if let Some(int) = self.raw.as_small_int() {
            return Ok(int);
        }
        let mut int = 0;
        graph!(self.call, as_int, "expected an integer of at most 64 bits", self.raw, &raw mut int)?;
        Ok(int)
    }

    /// Returns the double, or an integer as one.
    ///
    /// # Errors
    ///
    /// When it is no number.
    pub fn double(&self) -> Result<f64, Error> {
        if let Some(double) = self.raw.as_small_double() {
            return Ok(double);
        }
        let mut double = 0.0;
        graph!(self.call, as_double, "expected a number", self.raw, &raw mut double)?;
        Ok(double)
    }

    /// Returns the text of a string.
    ///
    /// # Errors
    ///
    /// When it is no string.
    pub fn text(&self) -> Result<&'call str, Error> {
        let mut text = Bytes { ptr: std::ptr::null(), len: 0 };
        graph!(self.call, as_text, "expected a string", self.raw, &raw mut text)?;
        // SAFETY: the bytes are valid while the string is alive, which the call sees to.
        let bytes = unsafe { super::bytes(text.ptr, text.len) };
        std::str::from_utf8(bytes).map_err(|_| Error::corrupt("the host's string is not UTF-8"))
    }

    /// Returns how many items a tuple or set has, or how many components an object.
    ///
    /// # Errors
    ///
    /// When it is something else.
    pub fn count(&self) -> Result<usize, Error> {
        let mut count = 0;
        graph!(self.call, count, "counting", self.raw, &raw mut count)?;
        Ok(count)
    }

    /// Returns an item of a tuple or set, or a component of an object.
    ///
    /// # Errors
    ///
    /// When it is something else, or has not so many.
    pub fn item(&self, index: usize) -> Result<Value<'call>, Error> {
        self.call.made(|result| graph!(self.call, item, "getting an item", self.raw, index, result))
    }

    /// Returns all items of a tuple or set, or all components of an object.
    ///
    /// # Errors
    ///
    /// When it is something else.
    pub fn items(&self) -> Result<Vec<Value<'call>>, Error> {
        (0..self.count()?).map(|index| self.item(index)).collect()
    }

    /// Returns it as the language writes it.
    ///
    /// # Errors
    ///
    /// When the host can not write it.
    pub fn print(&self) -> Result<String, Error> {
        self.written(|sink| graph!(self.call, print, "writing a value", self.raw, sink))
    }

    /// Returns its class.
    ///
    /// # Errors
    ///
    /// When the host can not tell.
    pub fn class(&self) -> Result<Value<'call>, Error> {
        self.call.made(|result| graph!(self.call, class_of, "asking for a class", self.raw, result))
    }

    /// Returns an attribute of an object by its name, nil where it has none.
    ///
    /// # Errors
    ///
    /// When it is no object, or the name stands for nothing.
    pub fn get(&self, name: &str) -> Result<Value<'call>, Error> {
        self.call.made(|result| graph!(self.call, get, name, self.raw, name.as_ptr(), name.len(), result))
    }

    /// Stores an attribute of an object by its name.
    ///
    /// # Errors
    ///
    /// When it is no object, or the name stands for nothing.
    pub fn put(&self, name: &str, value: Value<'_>) -> Result<(), Error> {
        graph!(self.call, put, name, self.raw, name.as_ptr(), name.len(), value.raw)
    }

    /// Adds a component to an object.
    ///
    /// # Errors
    ///
    /// When it is no object.
    pub fn append(&self, value: Value<'_>) -> Result<(), Error> {
        graph!(self.call, append, "adding a component", self.raw, value.raw)
    }

    /// Returns the oid of an object.
    ///
    /// # Errors
    ///
    /// When it is no object.
    pub fn oid(&self) -> Result<String, Error> {
        self.written(|sink| graph!(self.call, oid, "asking for an oid", self.raw, sink))
    }

    /// Returns what the value answers to a message.
    ///
    /// # Errors
    ///
    /// When the program raises; handed on by `?`, the caller gets the very same error.
    pub fn send(&self, selector: &str, arguments: &[Value<'_>]) -> Result<Value<'call>, Error> {
        let raw = raw_values(arguments);
        self.call.made(|result| {
            let (name, len) = (selector.as_ptr(), selector.len());
            graph!(self.call, send, selector, self.raw, name, len, raw.as_ptr(), raw.len(), result)
        })
    }

    /// Returns what a function or closure gives for these arguments.
    ///
    /// # Errors
    ///
    /// When the program raises; handed on by `?`, the caller gets the very same error.
    pub fn apply(&self, arguments: &[Value<'_>]) -> Result<Value<'call>, Error> {
        let raw = raw_values(arguments);
        self.call
            .made(|result| graph!(self.call, apply, "calling", self.raw, raw.as_ptr(), raw.len(), result))
    }

    /// Returns something that keeps it alive beyond the call.
    ///
    /// # Errors
    ///
    /// When the host can not.
    pub fn keep(&self) -> Result<Root, Error> {
        Root::of(self.call, self.raw)
    }

    fn written(
        &self,
        write: impl FnOnce(*const rps_plugin_abi::Sink) -> Result<(), Error>,
    ) -> Result<String, Error> {
        let mut failure = None;
        let bytes = Collector::collect(|sink| match write(sink) {
            Ok(()) => rps_plugin_abi::status::OK,
            Err(error) => {
                let status = error.status();
                failure = Some(error);
                status
            }
        });
        match (bytes, failure) {
            (Ok(bytes), _) => {
                String::from_utf8(bytes).map_err(|_| Error::corrupt("the host's text is not UTF-8"))
            }
            (Err(_), Some(error)) => Err(error),
            (Err(status), None) => Err(Error::with_status(status, "the host refused it")),
        }
    }
}

impl fmt::Debug for Value<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.print() {
            Ok(text) => formatter.write_str(&text),
            Err(_) => write!(formatter, "Value({:#x})", self.raw.bits),
        }
    }
}

/// What can be made of a value, for [`Args::get`](super::Args::get).
pub trait FromValue<'call>: Sized {
    /// Returns it.
    ///
    /// # Errors
    ///
    /// When the value is of another kind.
    fn from_value(value: Value<'call>) -> Result<Self, Error>;
}

impl<'call> FromValue<'call> for Value<'call> {
    fn from_value(value: Value<'call>) -> Result<Self, Error> {
        Ok(value)
    }
}

impl FromValue<'_> for bool {
    fn from_value(value: Value<'_>) -> Result<Self, Error> {
        value.bool()
    }
}

impl FromValue<'_> for i64 {
    fn from_value(value: Value<'_>) -> Result<Self, Error> {
        value.int()
    }
}

impl FromValue<'_> for f64 {
    fn from_value(value: Value<'_>) -> Result<Self, Error> {
        value.double()
    }
}

impl<'call> FromValue<'call> for &'call str {
    fn from_value(value: Value<'call>) -> Result<Self, Error> {
        value.text()
    }
}

impl FromValue<'_> for String {
    fn from_value(value: Value<'_>) -> Result<Self, Error> {
        value.text().map(str::to_owned)
    }
}

/// Nil is none.
impl<'call, T: FromValue<'call>> FromValue<'call> for Option<T> {
    fn from_value(value: Value<'call>) -> Result<Self, Error> {
        if value.is_nil() { Ok(None) } else { T::from_value(value).map(Some) }
    }
}

/// The items of a tuple or set.
impl<'call, T: FromValue<'call>> FromValue<'call> for Vec<T> {
    fn from_value(value: Value<'call>) -> Result<Self, Error> {
        value.items()?.into_iter().map(T::from_value).collect()
    }
}
