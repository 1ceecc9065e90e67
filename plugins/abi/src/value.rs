//! Values: one 64-bit word each, told apart by its low bits.
//!
//! | low bits | value |
//! |---|---|
//! | `…1` | integer, 63-bit two's complement |
//! | `…10` | double whose exponent occurs in practice, rotated left by three |
//! | `…000` | pointer to a cell of the host; zero is nil |
//! | `…100` | `false`, `true` |
//!
//! Integers and doubles that do not fit are in cells: [`crate::extension::graph::Graph`] makes and reads any.

/// A value, as a word.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawValue {
    /// The word.
    pub bits: u64,
}

/// The word of nil.
pub const NIL_BITS: u64 = 0;
/// The word of false.
pub const FALSE_BITS: u64 = 0b0_0100;
/// The word of true.
pub const TRUE_BITS: u64 = 0b0_1100;
/// The low bits of an immediate double.
pub const DOUBLE_TAG: u64 = 0b10;
/// The word of the double 0.0.
pub const ZERO_BITS: u64 = 0x8000_0000_0000_0002;

const CLASHES_WITH_ZERO: u64 = 0x3000_0000_0000_0000;

impl RawValue {
    /// Nil.
    pub const NIL: RawValue = RawValue { bits: NIL_BITS };
    /// False.
    pub const FALSE: RawValue = RawValue { bits: FALSE_BITS };
    /// True.
    pub const TRUE: RawValue = RawValue { bits: TRUE_BITS };

    /// Returns the value of an integer that fits 63 bits.
    ///
    /// ```
    /// # use rps_plugin_abi::RawValue;
    /// assert_eq!(RawValue::small_int(-3).unwrap().as_small_int(), Some(-3));
    /// assert_eq!(RawValue::small_int(i64::MAX), None);
    /// ```
    #[inline]
    pub const fn small_int(int: i64) -> Option<RawValue> {
        let bits = ((int as u64) << 1) | 1;
        if (bits as i64) >> 1 == int { Some(RawValue { bits }) } else { None }
    }

    /// Returns the integer, if the value is one without a cell.
    #[inline]
    pub const fn as_small_int(self) -> Option<i64> {
        if self.bits & 1 == 1 { Some((self.bits as i64) >> 1) } else { None }
    }

    /// Returns the value of a double whose exponent occurs in practice.
    ///
    /// ```
    /// # use rps_plugin_abi::RawValue;
    /// assert_eq!(RawValue::small_double(1.5).unwrap().as_small_double(), Some(1.5));
    /// assert_eq!(RawValue::small_double(1e300), None);
    /// ```
    #[inline]
    pub const fn small_double(double: f64) -> Option<RawValue> {
        let bits = double.to_bits();
        if (bits >> 60).wrapping_sub(3) & 0b110 == 0 && bits != CLASHES_WITH_ZERO {
            Some(RawValue { bits: bits.rotate_left(3) & !0b11 | DOUBLE_TAG })
        } else if bits == 0 {
            Some(RawValue { bits: ZERO_BITS })
        } else {
            None
        }
    }

    /// Returns the double, if the value is one without a cell.
    #[inline]
    pub const fn as_small_double(self) -> Option<f64> {
        if self.bits & 0b11 != DOUBLE_TAG {
            return None;
        }
        if self.bits == ZERO_BITS {
            return Some(0.0);
        }
        let prefix = 2 - (self.bits >> 63);
        Some(f64::from_bits((prefix | self.bits & !0b11).rotate_right(3)))
    }

    /// Returns whether the value is nil.
    #[inline]
    pub const fn is_nil(self) -> bool {
        self.bits == NIL_BITS
    }
}

/// What a value is; see [`crate::extension::graph::Graph::kind`].
pub type Kind = u32;

/// Nil.
pub const KIND_NIL: Kind = 0;
/// True or false.
pub const KIND_BOOL: Kind = 1;
/// An integer that fits 63 bits.
pub const KIND_INT: Kind = 2;
/// A larger integer.
pub const KIND_BIG_INT: Kind = 3;
/// A double.
pub const KIND_DOUBLE: Kind = 4;
/// A string.
pub const KIND_STRING: Kind = 5;
/// An object.
pub const KIND_OBJECT: Kind = 6;
/// A tuple.
pub const KIND_TUPLE: Kind = 7;
/// An immutable set.
pub const KIND_SET: Kind = 8;
/// A closure.
pub const KIND_CLOSURE: Kind = 9;
/// An immutable instance.
pub const KIND_INSTANCE: Kind = 10;
/// A JSON value.
pub const KIND_JSON: Kind = 11;
/// A kind that is newer than this ABI.
pub const KIND_OTHER: Kind = 255;
