//! Operators on numbers. What has no result in its type traps.

use rps_jit_ir::{Checked, Val};

use super::{Lowering, Reason, Result};
use crate::native::codes;
use crate::native::types::{I64, Single};
use crate::syntax::Span;
use crate::syntax::ast::{BinaryOperator as B, Expression};

impl Lowering<'_> {
    pub(super) fn binary(
        &mut self,
        span: Span,
        operator: B,
        left: &Expression,
        right: &Expression,
        wanted: Option<Single>,
    ) -> Result<(Val, Single)> {
        let wanted = if operator.is_comparison() { None } else { wanted };
        let ty = self.operand_type(left, Some(right), wanted);
        let (left, right) = (self.typed(left, ty)?, self.typed(right, ty)?);
        if operator.is_comparison() {
            return Ok((self.compare(span, operator, ty, left, right)?, Single::Bool));
        }
        let value = match (operator, ty) {
            (B::Union | B::Intersection, Single::Bool | Single::Int { .. }) => {
                if operator == B::Union {
                    self.f.or(left, right)
                } else {
                    self.f.and(left, right)
                }
            }
            (B::Add | B::Subtract | B::Multiply, Single::Int { .. }) => {
                self.exact(span, operator, ty, left, right)
            }
            (B::Divide | B::Remainder, Single::Int { .. }) => self.quotient(span, operator, ty, left, right),
            (B::Add, Single::F32 | Single::F64) => self.f.add(left, right),
            (B::Subtract, Single::F32 | Single::F64) => self.f.subtract(left, right),
            (B::Multiply, Single::F32 | Single::F64) => self.f.multiply(left, right),
            (B::Divide, Single::F32 | Single::F64) => self.f.divide(left, right),
            _ => return Err(self.no_operation(span, operator.as_str(), ty)),
        };
        Ok((value, ty))
    }

    pub(super) fn no_operation(&mut self, span: Span, operation: &str, ty: Single) -> super::Reported {
        let message = format!("`{operation}` is not defined for {}", ty.name());
        let hint = match (operation, ty) {
            ("%", _) if ty.is_float() => "write what you mean: `x - (x / y).truncate() * y`, or with `floor`",
            ("bit_count", Single::Int { .. }) => "take the bits without a sign: `u64.wrap(x)`",
            ("sqrt" | "floor" | "ceil" | "truncate" | "is_nan" | "is_finite", Single::Int { .. }) => {
                "convert it: `f64(x)`"
            }
            (_, Single::Bool) => "`and`, `or`, `not`, `==` and `!=` are for truth values",
            ("-" | "not" | "abs", _) => "take a type with a sign",
            _ => "convert the operands first",
        };
        self.error(codes::NO_OPERATION, span, message, hint)
    }

    fn compare(&mut self, span: Span, operator: B, ty: Single, left: Val, right: Val) -> Result<Val> {
        let f = &mut self.f;
        Ok(match (operator, ty.is_unsigned()) {
            (B::Equal, _) => f.equal(left, right),
            (B::NotEqual, _) => f.not_equal(left, right),
            _ if ty == Single::Bool => return Err(self.no_operation(span, operator.as_str(), ty)),
            (B::Less, false) => f.less(left, right),
            (B::LessEqual, false) => f.less_equal(left, right),
            (B::Greater, false) => f.greater(left, right),
            (_, false) => f.greater_equal(left, right),
            (B::Less, true) => f.less_unsigned(left, right),
            (B::LessEqual, true) => f.less_equal_unsigned(left, right),
            (B::Greater, true) => f.greater_unsigned(left, right),
            (_, true) => f.greater_equal_unsigned(left, right),
        })
    }

    /// Gives a sum, difference or product of integers, and traps where it does not fit.
    fn exact(&mut self, span: Span, operator: B, ty: Single, left: Val, right: Val) -> Val {
        let overflow = Reason::Overflow(ty);
        if !ty.is_unsigned() {
            let checked = match operator {
                B::Add => Checked::Add,
                B::Subtract => Checked::Subtract,
                _ => Checked::Multiply,
            };
            let (value, overflows) = self.f.checked(checked, left, right);
            self.trap_if(overflows, overflow, span);
            return value;
        }
        let native = ty.native();
        let (value, overflows) = match operator {
            B::Add => {
                let sum = self.f.add(left, right);
                (sum, self.f.less_unsigned(sum, left))
            }
            B::Subtract => {
                let difference = self.f.subtract(left, right);
                (difference, self.f.less_unsigned(left, right))
            }
            _ if native.bits() < 64 => {
                let (left, right) = (self.resized(left, ty, I64), self.resized(right, ty, I64));
                let wide = self.f.multiply(left, right);
                let greatest = self.f.constant(I64.native(), native.mask());
                let overflows = self.f.greater_unsigned(wide, greatest);
                (self.f.narrow(wide, native), overflows)
            }
            _ => {
                let product = self.f.multiply(left, right);
                let (zero, one) = (self.f.number(native, 0), self.f.number(native, 1));
                let is_zero = self.f.equal(left, zero);
                let divisor = self.f.select(is_zero, one, left);
                let back = self.f.divide_unsigned(product, divisor);
                let differs = self.f.not_equal(back, right);
                let is_other = self.f.not(is_zero);
                (product, self.f.and(differs, is_other))
            }
        };
        self.trap_if(overflows, overflow, span);
        value
    }

    /// Gives a quotient or remainder of integers, and traps where there is none.
    fn quotient(&mut self, span: Span, operator: B, ty: Single, left: Val, right: Val) -> Val {
        let native = ty.native();
        let zero = self.f.number(native, 0);
        let is_zero = self.f.equal(right, zero);
        self.trap_if(is_zero, Reason::Division, span);
        if ty.is_unsigned() {
            return match operator {
                B::Divide => self.f.divide_unsigned(left, right),
                _ => self.f.remainder_unsigned(left, right),
            };
        }
        let minus_one = self.f.number(native, -1);
        let is_minus_one = self.f.equal(right, minus_one);
        if operator == B::Remainder {
            // Nothing is left by -1, also of the least integer, whose quotient does not fit.
            let one = self.f.number(native, 1);
            let right = self.f.select(is_minus_one, one, right);
            return self.f.remainder(left, right);
        }
        let least = self.f.constant(native, 1 << (native.bits() - 1));
        let is_least = self.f.equal(left, least);
        let overflows = self.f.and(is_least, is_minus_one);
        self.trap_if(overflows, Reason::Overflow(ty), span);
        self.f.divide(left, right)
    }

    pub(super) fn negate(
        &mut self,
        span: Span,
        operand: &Expression,
        wanted: Option<Single>,
    ) -> Result<(Val, Single)> {
        let ty = self.operand_type(operand, None, wanted);
        let value = self.typed(operand, ty)?;
        match ty {
            Single::F32 | Single::F64 => Ok((self.f.negate(value), ty)),
            Single::Int { is_signed: true, .. } => {
                let zero = self.f.number(ty.native(), 0);
                Ok((self.exact(span, B::Subtract, ty, zero, value), ty))
            }
            _ => Err(self.no_operation(span, "-", ty)),
        }
    }
}
