//! What numbers and vectors understand: methods that the library has for numbers, and a few that only native code needs.

use rps_jit_ir::Val;

use super::{Lowering, Reason, Result};
use crate::native::codes;
use crate::native::types::{I64, Single};
use crate::syntax::Span;
use crate::syntax::ast::{Expression, ExpressionKind as E, Member, MemberKind};

/// The selectors, with how many arguments they take.
const SELECTORS: &[(&str, usize)] = &[
    ("abs", 0),
    ("and", 1),
    ("bit_count", 0),
    ("ceil", 0),
    ("floor", 0),
    ("is_finite", 0),
    ("is_nan", 0),
    ("leading_zeros", 0),
    ("len", 0),
    ("max", 1),
    ("min", 1),
    ("not", 0),
    ("or", 1),
    ("rotate_left", 1),
    ("shift_left", 1),
    ("shift_right", 1),
    ("sqrt", 0),
    ("trailing_zeros", 0),
    ("truncate", 0),
    ("wrapping_add", 1),
    ("wrapping_mul", 1),
    ("wrapping_sub", 1),
    ("xor", 1),
];

impl Lowering<'_> {
    /// `receiver.selector(arguments)`, `type.wrap(x)`
    pub(super) fn send(
        &mut self,
        span: Span,
        receiver: &Expression,
        selector: &Member,
        arguments: &[Expression],
        wanted: Option<Single>,
    ) -> Result<(Val, Single)> {
        let MemberKind::Name(name) = &selector.kind else {
            return Err(self.not_understood(selector.span, "this"));
        };
        if let E::Name(ty) = &receiver.kind
            && let Some(ty) = Single::from_name(ty)
        {
            let ("wrap" | "bits", [argument]) = (&**name, arguments) else {
                let message = format!("`{}` understands `wrap(x)` and `bits(x)`", ty.name());
                let hint = "`i8.wrap(x)` takes the low bits, `i64.bits(x)` those of an f64";
                return Err(self.error(codes::NO_OPERATION, span, message, hint));
            };
            return Ok((self.reinterpret(span, ty, name, argument)?, ty));
        }
        let Some((_, count)) = SELECTORS.iter().find(|(own, _)| *own == &**name) else {
            return Err(self.not_understood(selector.span, name));
        };
        if arguments.len() != *count {
            let plural = if *count == 1 { "" } else { "s" };
            let message = format!("`{name}` takes {count} argument{plural}, not {}", arguments.len());
            return Err(self.error(codes::ARGUMENT_COUNT, span, message, "see the methods of numbers"));
        }
        match (&**name, arguments) {
            ("len", _) => {
                let (vector, ..) = self.vector(receiver)?;
                Ok((self.f.length(vector), I64))
            }
            (_, [argument]) => self.send_two(span, receiver, name, argument, wanted),
            _ => self.send_one(span, receiver, name, wanted),
        }
    }

    fn not_understood(&mut self, span: Span, name: &str) -> super::Reported {
        let similar =
            rps_runtime::send::similar_names(name, SELECTORS.iter().map(|(name, _)| (*name).to_owned()));
        let hint = match similar.first() {
            Some(best) => format!("did you mean `{best}`?"),
            None => {
                let names: Vec<&str> = SELECTORS.iter().map(|(name, _)| *name).collect();
                format!("there are {}", names.join(", "))
            }
        };
        self.error(codes::NO_OPERATION, span, format!("native code has no method `{name}`"), hint)
    }

    fn send_one(
        &mut self,
        span: Span,
        receiver: &Expression,
        name: &str,
        wanted: Option<Single>,
    ) -> Result<(Val, Single)> {
        let wanted = if matches!(name, "is_nan" | "is_finite") { None } else { wanted };
        let ty = self.operand_type(receiver, None, wanted);
        let value = self.typed(receiver, ty)?;
        let (is_float, is_integer, is_unsigned) = (ty.is_float(), ty.is_integer(), ty.is_unsigned());
        let f = &mut self.f;
        Ok(match name {
            "sqrt" if is_float => (f.square_root(value), ty),
            "floor" if is_float => (f.floor(value), ty),
            "ceil" if is_float => (f.ceiling(value), ty),
            "truncate" if is_float => (f.truncate(value), ty),
            "abs" if is_float => (f.absolute(value), ty),
            "abs" if is_unsigned => (value, ty),
            "abs" if is_integer => {
                let zero = f.number(ty.native(), 0);
                let (negated, overflows) = f.checked_subtract(zero, value);
                let is_negative = f.less(value, zero);
                let result = f.select(is_negative, negated, value);
                self.trap_if(overflows, Reason::Overflow(ty), span);
                (result, ty)
            }
            "is_nan" if is_float => (f.not_equal(value, value), Single::Bool),
            "is_finite" if is_float => {
                // The difference is NaN otherwise.
                let difference = f.subtract(value, value);
                (f.equal(difference, difference), Single::Bool)
            }
            "not" if is_integer || ty == Single::Bool => (f.not(value), ty),
            "bit_count" if is_unsigned => (f.count_ones(value), ty),
            "leading_zeros" if is_integer => (f.leading_zeros(value), ty),
            "trailing_zeros" if is_integer => (f.trailing_zeros(value), ty),
            _ => return Err(self.no_operation(span, name, ty)),
        })
    }

    fn send_two(
        &mut self,
        span: Span,
        receiver: &Expression,
        name: &str,
        argument: &Expression,
        wanted: Option<Single>,
    ) -> Result<(Val, Single)> {
        let is_shift = matches!(name, "shift_left" | "shift_right" | "rotate_left");
        let other = if is_shift { None } else { Some(argument) };
        let ty = self.operand_type(receiver, other, wanted);
        let left = self.typed(receiver, ty)?;
        if is_shift && ty.is_integer() {
            return Ok((self.shift(name, ty, left, argument)?, ty));
        }
        let right = self.typed(argument, ty)?;
        let (is_integer, is_bits) = (ty.is_integer(), ty.is_integer() || ty == Single::Bool);
        let f = &mut self.f;
        let value = match name {
            "and" if is_bits => f.and(left, right),
            "or" if is_bits => f.or(left, right),
            "xor" if is_bits => f.xor(left, right),
            "wrapping_add" if is_integer => f.add(left, right),
            "wrapping_sub" if is_integer => f.subtract(left, right),
            "wrapping_mul" if is_integer => f.multiply(left, right),
            "min" | "max" if ty != Single::Bool => self.chosen(name == "min", ty, left, right),
            _ => return Err(self.no_operation(span, name, ty)),
        };
        Ok((value, ty))
    }

    /// Gives the lesser or the greater one; NaN if one of them is.
    fn chosen(&mut self, is_least: bool, ty: Single, left: Val, right: Val) -> Val {
        if ty.is_unsigned() {
            let takes_right = if is_least {
                self.f.less_unsigned(right, left)
            } else {
                self.f.greater_unsigned(right, left)
            };
            return self.f.select(takes_right, right, left);
        }
        let f = &mut self.f;
        let chosen = if is_least { f.minimum(left, right) } else { f.maximum(left, right) };
        if ty.is_integer() {
            return chosen;
        }
        let (is_left_nan, is_right_nan) = (f.not_equal(left, left), f.not_equal(right, right));
        let chosen = f.select(is_right_nan, right, chosen);
        f.select(is_left_nan, left, chosen)
    }

    /// Shifts bits: those that leave the width are lost. The amount is an integer of any type, which is not negative.
    fn shift(&mut self, name: &str, ty: Single, value: Val, amount: &Expression) -> Result<Val> {
        let (bits, own) = self.value(amount, None)?;
        if !own.is_integer() {
            let message = format!("a number of bits is an integer, not {}", own.name());
            return Err(self.error(codes::TYPE_MISMATCH, amount.span, message, "convert it: `i64(…)`"));
        }
        let bits = self.resized(bits, own, I64);
        if !own.is_unsigned() {
            let zero = self.f.i64(0);
            let is_negative = self.f.less(bits, zero);
            self.trap_if(is_negative, Reason::NegativeShift, amount.span);
        }
        let width = i64::from(ty.native().bits());
        let bits = if name == "rotate_left" {
            let mask = self.f.i64(width - 1);
            self.f.and(bits, mask)
        } else {
            // More than the width is as much as the width; both fit the type.
            let most = self.f.i64(width);
            let is_more = self.f.greater_unsigned(bits, most);
            self.f.select(is_more, most, bits)
        };
        let bits = self.resized(bits, I64, ty);
        Ok(match name {
            "shift_left" => self.f.shift_left(value, bits),
            "rotate_left" => self.f.rotate_left(value, bits),
            _ if ty.is_unsigned() => self.f.shift_right_unsigned(value, bits),
            _ => self.f.shift_right(value, bits),
        })
    }
}
