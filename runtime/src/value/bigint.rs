//! Integers beyond 63 bits: sign and digits in the cell itself.

use num_bigint::{BigInt, Sign};
use num_traits::ToPrimitive;

use super::{Value, cell_ref};
use crate::heap::cell::{CellPtr, Header, Kind};
use crate::heap::{LocalHeap, Marker};

#[repr(C)]
struct BigIntCell {
    header: Header,
    negative: bool,
    len: u32,
    digits: [u32; 0],
}

cell_ref! {
    /// A big integer: always one that does not fit 63 bits, so that every number has one form.
    BigIntRef, BigIntCell, Kind::BigInt
}

impl BigIntRef {
    /// Returns the cell of an integer that does not fit 63 bits.
    pub(crate) fn new(heap: &LocalHeap<'_>, int: &BigInt) -> BigIntRef {
        debug_assert!(int.to_i64().and_then(Value::small_int).is_none());
        let (sign, digits) = int.to_u32_digits();
        let cell = heap.allocate(size_of::<BigIntCell>() + digits.len() * 4, &[]).cast::<BigIntCell>();
        // SAFETY: the memory is fresh and large enough for the header and the digits.
        unsafe {
            cell.write(BigIntCell {
                header: Header::new(Kind::BigInt),
                negative: sign == Sign::Minus,
                len: digits.len() as u32,
                digits: [],
            });
            let to = (&raw mut (*cell.as_ptr()).digits).cast::<u32>();
            to.copy_from_nonoverlapping(digits.as_ptr(), digits.len());
        }
        BigIntRef(cell)
    }

    /// Returns the number.
    pub fn to_bigint(self) -> BigInt {
        let cell = self.get();
        // SAFETY: `new` wrote `len` digits behind the cell's fields.
        let digits = unsafe { std::slice::from_raw_parts(self.digits_ptr(), cell.len as usize) };
        BigInt::from_slice(if cell.negative { Sign::Minus } else { Sign::Plus }, digits)
    }

    fn digits_ptr(self) -> *const u32 {
        // SAFETY: only computes an address inside the cell.
        unsafe { (&raw const (*self.0.as_ptr()).digits).cast() }
    }
}

/// Returns the value of an integer of any size.
pub(super) fn value(heap: &LocalHeap<'_>, int: &BigInt) -> Value {
    match int.to_i64().and_then(Value::small_int) {
        Some(value) => value,
        None => BigIntRef::new(heap, int).into(),
    }
}

/// A big integer refers to nothing.
pub(crate) fn trace(_cell: CellPtr, _marker: &mut Marker<'_>) {}
