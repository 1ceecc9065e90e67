use rps_plugin_abi::RawValue;

use super::{Call, FromValue, PayloadRef, Value};
use crate::error::Error;
use crate::payload::Payload;

/// The arguments of a function.
#[derive(Clone, Copy)]
pub struct Args<'call> {
    call: &'call Call,
    raw: &'call [RawValue],
}

impl<'call> Args<'call> {
    pub(crate) fn of(call: &'call Call, raw: &'call [RawValue]) -> Self {
        Args { call, raw }
    }

    /// Returns how many there are.
    pub fn len(&self) -> usize {
        self.raw.len()
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.raw.is_empty()
    }

    /// Returns an argument; the first is 0.
    ///
    /// # Errors
    ///
    /// When there are not so many.
    pub fn value(&self, index: usize) -> Result<Value<'call>, Error> {
        match self.raw.get(index) {
            Some(raw) => Ok(Value::of(self.call, *raw)),
            None => Err(Error::invalid(format!("argument {} is missing", index + 1))),
        }
    }

    /// Returns an argument as what is asked for: `args.get::<String>(0)?`.
    ///
    /// # Errors
    ///
    /// When it is missing, or of another kind.
    pub fn get<T: FromValue<'call>>(&self, index: usize) -> Result<T, Error> {
        T::from_value(self.value(index)?).map_err(|error| named(index, error))
    }

    /// Returns an integer.
    ///
    /// # Errors
    ///
    /// When it is missing, no integer, or has more than 64 bits.
    pub fn int(&self, index: usize) -> Result<i64, Error> {
        self.get(index)
    }

    /// Returns a double, or an integer as one.
    ///
    /// # Errors
    ///
    /// When it is missing, or no number.
    pub fn double(&self, index: usize) -> Result<f64, Error> {
        self.get(index)
    }

    /// Returns the text of a string.
    ///
    /// # Errors
    ///
    /// When it is missing, or no string.
    pub fn text(&self, index: usize) -> Result<&'call str, Error> {
        self.get(index)
    }

    /// Returns the payload of an object.
    ///
    /// # Errors
    ///
    /// When it is missing, or no object with a payload of this type.
    pub fn payload<T: Payload>(&self, index: usize) -> Result<PayloadRef<'call, T>, Error> {
        self.value(index)?.payload().map_err(|error| named(index, error))
    }

    /// Returns all arguments.
    pub fn values(&self) -> impl ExactSizeIterator<Item = Value<'call>> + use<'call> {
        let call = self.call;
        self.raw.iter().map(move |raw| Value::of(call, *raw))
    }
}

fn named(index: usize, error: Error) -> Error {
    if error.is_raised() || error.is_cancelled() {
        error
    } else {
        error.context(format!("argument {}", index + 1))
    }
}
