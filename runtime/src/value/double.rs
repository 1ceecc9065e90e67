//! Doubles: immediate for the exponents that occur in practice, boxed for the rest.
//!
//! The encoding is CRuby's "flonum" (`rb_float_new_inline` in its `internal/numeric.h`): the word rotated left by
//! three, so that the two exponent bits that tell common numbers from uncommon ones become the tag. Zero, whose
//! exponent is uncommon, has a word of its own. The layouts are never visible: there is one meaning.

use super::Value;
use crate::heap::LocalHeap;
use crate::heap::cell::{Header, Kind};

const TAG: u64 = 0b10;
const ZERO: u64 = 0x8000_0000_0000_0002;
/// The one double that would be encoded as zero's word.
const CLASHES_WITH_ZERO: u64 = 0x3000_0000_0000_0000;

#[repr(C)]
struct DoubleCell {
    header: Header,
    double: f64,
}

/// Where the number of a boxed double lies.
pub(super) const NUMBER: usize = std::mem::offset_of!(DoubleCell, double);

/// Returns the value of a double.
#[inline]
pub(super) fn new(heap: &LocalHeap<'_>, double: f64) -> Value {
    match immediate(double) {
        Some(value) => value,
        None => boxed(heap, double),
    }
}

/// Returns the double without a cell, where it has such a form.
#[inline(always)]
pub(crate) fn immediate(double: f64) -> Option<Value> {
    let bits = double.to_bits();
    // Exponents that begin with 011 or 100: those next to that of 1.
    if (bits >> 60).wrapping_sub(3) & 0b110 == 0 && bits != CLASHES_WITH_ZERO {
        Some(Value(bits.rotate_left(3) & !0b11 | TAG))
    } else if bits == 0 {
        Some(Value(ZERO))
    } else {
        None
    }
}

#[cold]
fn boxed(heap: &LocalHeap<'_>, double: f64) -> Value {
    let double = if double.is_nan() { f64::NAN } else { double };
    let cell = heap.allocate(size_of::<DoubleCell>(), &[]);
    // SAFETY: the memory is fresh and large enough.
    unsafe { cell.cast().write(DoubleCell { header: Header::new(Kind::Double), double }) };
    Value::from_cell(cell)
}

/// Returns the double of a value without a cell that is one.
#[inline(always)]
pub(super) fn get_immediate(value: Value) -> Option<f64> {
    let word = value.to_bits();
    if word & 0b11 == TAG { Some(decode(word)) } else { None }
}

/// Returns the doubles of two values without cells, if both are ones.
#[inline(always)]
pub(super) fn get_both(a: Value, b: Value) -> Option<(f64, f64)> {
    let (a, b) = (a.to_bits(), b.to_bits());
    if (a ^ TAG | b ^ TAG) & 0b11 == 0 { Some((decode(a), decode(b))) } else { None }
}

#[inline(always)]
fn decode(word: u64) -> f64 {
    if word == ZERO {
        return zero();
    }
    // The two bits of the exponent that the tag replaced are 10 or 01, and the one behind them, the highest of the word,
    // tells which.
    f64::from_bits(word.wrapping_sub(word >> 63).rotate_right(3))
}

/// Zero, out of the way: so that the processor guesses that a word is another one and goes on.
#[cold]
fn zero() -> f64 {
    0.0
}

/// Returns the double of a value that is one.
#[inline]
pub(super) fn get(value: Value) -> Option<f64> {
    if let Some(double) = get_immediate(value) {
        return Some(double);
    }
    let cell = value.cell()?;
    // SAFETY: the kind of the cell decides its type.
    unsafe { (cell.as_ref().kind() == Kind::Double).then(|| cell.cast::<DoubleCell>().as_ref().double) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Runtime;
    use proptest::prelude::*;

    #[test]
    fn common_doubles_are_immediate() {
        for double in [0.0, 1.0, -1.0, 3.25, 1e-70, -1e70, f64::EPSILON] {
            let value = immediate(double).unwrap();
            assert_eq!(get(value).map(f64::to_bits), Some(double.to_bits()));
        }
        for double in [-0.0, f64::NAN, f64::INFINITY, 1e300, 1e-300, f64::from_bits(CLASHES_WITH_ZERO)] {
            assert!(immediate(double).is_none(), "{double} is boxed");
        }
    }

    proptest! {
        #[test]
        fn every_double_comes_back(bits: u64) {
            let double = f64::from_bits(bits);
            Runtime::new().enter(|m| {
                let back = Value::double(m, double).as_double().unwrap();
                assert!(back.to_bits() == bits || back.is_nan() && double.is_nan());
            });
        }
    }
}
