//! Values with their types.

use std::fmt::{self, Display, Formatter};

use crate::text::write_constant;
use crate::types::Type;

/// A value: its type, and its bits as the low bits of a word. Of a slice it is the number that the state gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Value {
    ty: Type,
    bits: u64,
}

impl Value {
    /// Returns the value of a type that the low bits of a word are.
    pub fn new(ty: Type, bits: u64) -> Value {
        Value { ty, bits: bits & ty.mask() }
    }

    /// Returns its type.
    pub fn ty(&self) -> Type {
        self.ty
    }

    /// Returns its bits.
    pub fn bits(&self) -> u64 {
        self.bits
    }

    /// Returns the integer with sign that it is, or its bits.
    pub fn as_i64(&self) -> i64 {
        signed(self.ty, self.bits)
    }

    /// Returns the floating-point number that it is, or `None` of others.
    pub fn as_f64(&self) -> Option<f64> {
        match self.ty {
            Type::F32 => Some(f32::from_bits(self.bits as u32).into()),
            Type::F64 => Some(f64::from_bits(self.bits)),
            _ => None,
        }
    }

    /// Returns whether two values are the same: of one type with the same bits, or both NaN.
    pub fn is_same(&self, other: &Value) -> bool {
        let are_nan = || self.as_f64().is_some_and(f64::is_nan) && other.as_f64().is_some_and(f64::is_nan);
        self.ty == other.ty && (self.bits == other.bits || are_nan())
    }
}

/// Returns an integer with its sign.
pub(super) fn signed(ty: Type, bits: u64) -> i64 {
    let spare = 64 - ty.bits().min(64);
    ((bits << spare) as i64) >> spare
}

impl Display for Value {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        write_constant(out, self.ty, self.bits)
    }
}

/// Makes values of numbers.
macro_rules! from {
    ($($ty:ty, $name:ident, $value:ident => $bits:expr;)*) => {
        $(impl From<$ty> for Value {
            fn from($value: $ty) -> Value {
                Value::new(Type::$name, $bits)
            }
        })*
    };
}

from! {
    bool, Bool, value => value.into();
    i8, I8, value => value as u64;
    i16, I16, value => value as u64;
    i32, I32, value => value as u64;
    i64, I64, value => value as u64;
    f32, F32, value => value.to_bits().into();
    f64, F64, value => value.to_bits();
}
