//! What each operation gives, on the bits of its operands. Each function gives `None` for what is not defined: types that
//! the verifier refuses, and divisions that trap.

use super::value::signed;
use crate::operation::{Binary, Checked, Comparison, Conversion, Unary};
use crate::types::Type;

/// Returns the result of an operation on two values of one type; `None` where it traps.
pub fn binary(operation: Binary, ty: Type, left: u64, right: u64) -> Option<u64> {
    match ty {
        Type::F32 => {
            let (left, right) = (f32::from_bits(left as u32), f32::from_bits(right as u32));
            let result = match operation {
                Binary::Add => left + right,
                Binary::Subtract => left - right,
                Binary::Multiply => left * right,
                Binary::Divide => left / right,
                // Both orders of two numbers are exact in the wider type.
                Binary::Minimum => minimum(left.into(), right.into()) as f32,
                Binary::Maximum => -minimum(-f64::from(left), -f64::from(right)) as f32,
                _ => return None,
            };
            Some(result.to_bits().into())
        }
        Type::F64 => {
            let (left, right) = (f64::from_bits(left), f64::from_bits(right));
            let result = match operation {
                Binary::Add => left + right,
                Binary::Subtract => left - right,
                Binary::Multiply => left * right,
                Binary::Divide => left / right,
                Binary::Minimum => minimum(left, right),
                Binary::Maximum => -minimum(-left, -right),
                _ => return None,
            };
            Some(result.to_bits())
        }
        _ => integers(operation, ty, left, right).map(|bits| bits & ty.mask()),
    }
}

/// Returns the lesser number: the one that is a number, and -0.0 below 0.0.
fn minimum(left: f64, right: f64) -> f64 {
    if left.is_nan() {
        right
    } else if right.is_nan() || left < right || (left == right && left.is_sign_negative()) {
        left
    } else {
        right
    }
}

fn integers(operation: Binary, ty: Type, left: u64, right: u64) -> Option<u64> {
    let width = u64::from(ty.bits());
    let (x, y) = (signed(ty, left), signed(ty, right));
    Some(match operation {
        Binary::Add => left.wrapping_add(right),
        Binary::Subtract => left.wrapping_sub(right),
        Binary::Multiply => left.wrapping_mul(right),
        Binary::Divide => quotient(ty, x, y)? as u64,
        Binary::DivideUnsigned => left.checked_div(right)?,
        // The remainder exists where the quotient does.
        Binary::Remainder => quotient(ty, x, y).map(|_| x % y)? as u64,
        Binary::RemainderUnsigned => left.checked_rem(right)?,
        Binary::And => left & right,
        Binary::Or => left | right,
        Binary::Xor => left ^ right,
        Binary::ShiftLeft if right >= width => 0,
        Binary::ShiftLeft => left << right,
        Binary::ShiftRight => (x >> right.min(width - 1)) as u64,
        Binary::ShiftRightUnsigned if right >= width => 0,
        Binary::ShiftRightUnsigned => left >> right,
        Binary::RotateLeft => match right % width {
            0 => left,
            count => left << count | left >> (width - count),
        },
        Binary::Minimum => x.min(y) as u64,
        Binary::Maximum => x.max(y) as u64,
    })
}

/// Returns the quotient of two integers of a type with sign, if there is one of this type.
fn quotient(ty: Type, left: i64, right: i64) -> Option<i64> {
    left.checked_div(right).filter(|quotient| signed(ty, *quotient as u64) == *quotient)
}

/// Returns the result of an operation on two integers modulo their width, and whether it is not the exact one.
pub fn checked(operation: Checked, ty: Type, left: u64, right: u64) -> (u64, bool) {
    let (left, right) = (i128::from(signed(ty, left)), i128::from(signed(ty, right)));
    let exact = match operation {
        Checked::Add => left + right,
        Checked::Subtract => left - right,
        Checked::Multiply => left * right,
    };
    let bits = exact as u64 & ty.mask();
    (bits, i128::from(signed(ty, bits)) != exact)
}

/// Returns the result of an operation on one value.
pub fn unary(operation: Unary, ty: Type, from: u64) -> Option<u64> {
    match ty {
        Type::F32 => {
            let from = f32::from_bits(from as u32);
            let result = match operation {
                Unary::Negate => -from,
                Unary::Absolute => from.abs(),
                Unary::SquareRoot => from.sqrt(),
                Unary::Floor => from.floor(),
                Unary::Ceiling => from.ceil(),
                Unary::Truncate => from.trunc(),
                Unary::Round => from.round_ties_even(),
                _ => return None,
            };
            Some(result.to_bits().into())
        }
        Type::F64 => {
            let from = f64::from_bits(from);
            let result = match operation {
                Unary::Negate => -from,
                Unary::Absolute => from.abs(),
                Unary::SquareRoot => from.sqrt(),
                Unary::Floor => from.floor(),
                Unary::Ceiling => from.ceil(),
                Unary::Truncate => from.trunc(),
                Unary::Round => from.round_ties_even(),
                _ => return None,
            };
            Some(result.to_bits())
        }
        _ => {
            let result = match operation {
                Unary::Negate => from.wrapping_neg(),
                Unary::Not => !from,
                Unary::CountOnes => from.count_ones().into(),
                Unary::LeadingZeros => u64::from(from.leading_zeros() + ty.bits()).saturating_sub(64),
                Unary::TrailingZeros => from.trailing_zeros().min(ty.bits()).into(),
                _ => return None,
            };
            Some(result & ty.mask())
        }
    }
}

/// Returns a value of the type `from` as one of the type `to`.
pub fn convert(conversion: Conversion, from: Type, to: Type, bits: u64) -> Option<u64> {
    let number = signed(from, bits);
    let result = match (conversion, to) {
        (Conversion::Narrow | Conversion::WidenUnsigned | Conversion::Bits, _) => bits,
        (Conversion::Widen, _) => number as u64,
        (Conversion::ToFloat, Type::F32) => (number as f32).to_bits().into(),
        (Conversion::ToFloat, Type::F64) => (number as f64).to_bits(),
        (Conversion::ToFloatUnsigned, Type::F32) => (bits as f32).to_bits().into(),
        (Conversion::ToFloatUnsigned, Type::F64) => (bits as f64).to_bits(),
        (Conversion::ToInteger, _) => {
            // What an `F32` is, an `F64` is too.
            let number = match from {
                Type::F32 => f32::from_bits(bits as u32).into(),
                _ => f64::from_bits(bits),
            };
            match to {
                Type::I8 => number as i8 as u64,
                Type::I16 => number as i16 as u64,
                Type::I32 => number as i32 as u64,
                _ => number as i64 as u64,
            }
        }
        (Conversion::Float, Type::F32) => (f64::from_bits(bits) as f32).to_bits().into(),
        (Conversion::Float, Type::F64) => f64::from(f32::from_bits(bits as u32)).to_bits(),
        _ => return None,
    };
    Some(result & to.mask())
}

/// Returns whether a comparison of two values of one type holds.
pub fn compare(comparison: Comparison, ty: Type, left: u64, right: u64) -> bool {
    match ty {
        Type::F32 => {
            ordered(comparison, &f32::from_bits(left as u32), &f32::from_bits(right as u32)).unwrap_or(false)
        }
        Type::F64 => ordered(comparison, &f64::from_bits(left), &f64::from_bits(right)).unwrap_or(false),
        _ => ordered(comparison, &signed(ty, left), &signed(ty, right)).unwrap_or(match comparison {
            Comparison::LessUnsigned => left < right,
            Comparison::LessEqualUnsigned => left <= right,
            Comparison::GreaterUnsigned => left > right,
            _ => left >= right,
        }),
    }
}

/// Returns whether a comparison with sign holds; `None` of others.
fn ordered<T: PartialOrd>(comparison: Comparison, left: &T, right: &T) -> Option<bool> {
    Some(match comparison {
        Comparison::Equal => left == right,
        Comparison::NotEqual => left != right,
        Comparison::Less => left < right,
        Comparison::LessEqual => left <= right,
        Comparison::Greater => left > right,
        Comparison::GreaterEqual => left >= right,
        _ => return None,
    })
}
