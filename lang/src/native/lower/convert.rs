//! Conversions: `i64(x)` is the number itself or an error, `i64.wrap(x)` its low bits, `i64.bits(x)` the same bits.

use rps_jit_ir::Val;

use super::{Lowering, Reason, Result};
use crate::native::codes;
use crate::native::types::{I64, Single};
use crate::syntax::Span;
use crate::syntax::ast::Expression;

impl Lowering<'_> {
    /// `type(x)`: a number of another type, which it must be; a floating-point number without what stands behind the point,
    /// or rounded to the nearest one.
    pub(super) fn convert_call(&mut self, span: Span, to: Single, arguments: &[Expression]) -> Result<Val> {
        let [argument] = arguments else {
            let message = format!("`{}` takes 1 argument, not {}", to.name(), arguments.len());
            let hint = format!("write `{}(x)`", to.name());
            return Err(self.error(codes::ARGUMENT_COUNT, span, message, hint));
        };
        // A number that is written out is one of the type at once.
        let wanted = if self.type_of(argument).is_none() { Some(to) } else { None };
        let is_point =
            wanted.is_some() && to.is_integer() && self.operand_type(argument, None, None).is_float();
        let (value, from) = self.value(argument, if is_point { None } else { wanted })?;
        match (from, to) {
            _ if from == to => Ok(value),
            (_, Single::Bool) => {
                let message = format!("{} does not become a truth value", from.name());
                Err(self.error(codes::NO_CONVERSION, span, message, "compare it: `x != 0`"))
            }
            (Single::Bool, _) => {
                let wide = self.f.widen_unsigned(value, I64.native());
                Ok(self.number_of_int(wide, I64, to))
            }
            (Single::Int { .. }, Single::F32 | Single::F64) => Ok(self.number_of_int(value, from, to)),
            (Single::Int { .. }, Single::Int { .. }) => {
                self.check_range(span, value, from, to);
                Ok(self.resized(value, from, to))
            }
            (Single::F32 | Single::F64, Single::Int { .. }) => {
                let value =
                    if from == Single::F32 { self.f.float(value, Single::F64.native()) } else { value };
                Ok(self.truncated(span, value, to))
            }
            _ => Ok(self.f.float(value, to.native())),
        }
    }

    /// `type.wrap(x)`, `type.bits(x)`
    pub(super) fn reinterpret(
        &mut self,
        span: Span,
        to: Single,
        how: &str,
        argument: &Expression,
    ) -> Result<Val> {
        let (value, from) = self.value(argument, None)?;
        let same_width = from.native().bits() == to.native().bits();
        match how {
            "wrap" if from.is_integer() && to.is_integer() => Ok(self.resized(value, from, to)),
            "bits" if same_width && from.is_integer() == to.is_integer() && from != Single::Bool => Ok(value),
            "bits" if same_width && from != Single::Bool && to != Single::Bool => {
                let bits = self.f.bits(value, to.native());
                if to.is_float() {
                    return Ok(bits);
                }
                // Which NaN it is nobody says, and no two machines agree.
                let one = if from == Single::F32 { f32::NAN.to_bits().into() } else { f64::NAN.to_bits() };
                let one = self.f.constant(to.native(), one);
                let is_nan = self.f.not_equal(value, value);
                Ok(self.f.select(is_nan, one, bits))
            }
            _ => {
                let message = format!("`{}.{how}` does not take {}", to.name(), from.name());
                let hint = match how {
                    "wrap" => "it takes integers; of a floating-point number take `i64(x)` first",
                    _ => "it takes what has as many bits",
                };
                Err(self.error(codes::NO_CONVERSION, span, message, hint))
            }
        }
    }

    /// Gives the low bits of an integer as one of another type, with its sign where there are more.
    pub(super) fn resized(&mut self, value: Val, from: Single, to: Single) -> Val {
        let (own, native) = (from.native(), to.native());
        match native.bits().cmp(&own.bits()) {
            std::cmp::Ordering::Less => self.f.narrow(value, native),
            std::cmp::Ordering::Equal => value,
            std::cmp::Ordering::Greater if from.is_unsigned() => self.f.widen_unsigned(value, native),
            std::cmp::Ordering::Greater => self.f.widen(value, native),
        }
    }

    fn number_of_int(&mut self, value: Val, from: Single, to: Single) -> Val {
        match to {
            Single::Int { .. } => self.resized(value, from, to),
            _ if from.is_unsigned() => self.f.to_float_unsigned(value, to.native()),
            _ => self.f.to_float(value, to.native()),
        }
    }

    /// Traps unless an integer is one of another type.
    fn check_range(&mut self, span: Span, value: Val, from: Single, to: Single) {
        let ((least, greatest), (own_least, own_greatest)) = (to.range(), from.range());
        let wide = self.resized(value, from, I64);
        if own_least < least {
            let bound = self.f.i64(least as i64);
            let is_below = self.f.less(wide, bound);
            self.trap_if(is_below, Reason::Conversion(to), span);
        }
        if own_greatest > greatest {
            let bound = self.f.i64(greatest as i64);
            let is_above = if from.is_unsigned() {
                self.f.greater_unsigned(wide, bound)
            } else {
                self.f.greater(wide, bound)
            };
            self.trap_if(is_above, Reason::Conversion(to), span);
        }
    }

    /// Gives an `f64` without what stands behind the point, and traps where there is no such integer.
    fn truncated(&mut self, span: Span, value: Val, to: Single) -> Val {
        let (least, greatest) = to.range();
        let whole = self.f.truncate(value);
        // Both are powers of two or zero, which `f64` has.
        let (least, above) = (self.f.f64(least as f64), self.f.f64((greatest + 1) as f64));
        let is_high_enough = self.f.greater_equal(whole, least);
        let is_low_enough = self.f.less(whole, above);
        let fits = self.f.and(is_high_enough, is_low_enough);
        // NaN is neither.
        let is_outside = self.f.not(fits);
        self.trap_if(is_outside, Reason::Conversion(to), span);
        if to != (Single::Int { bits: 64, is_signed: false }) {
            let wide = self.f.to_integer(whole, I64.native());
            return self.resized(wide, I64, to);
        }
        // Integers of native code have a sign when they come from `f64`: what is above is moved down, and back.
        let half = self.f.f64(9_223_372_036_854_775_808.0);
        let is_upper = self.f.greater_equal(whole, half);
        let moved = self.f.subtract(whole, half);
        let lower = self.f.select(is_upper, moved, whole);
        let integer = self.f.to_integer(lower, I64.native());
        let sign = self.f.i64(i64::MIN);
        let upper = self.f.xor(integer, sign);
        self.f.select(is_upper, upper, integer)
    }
}
