//! What is computed: each operation with exactly the meaning that `rps_jit_ir::operation` gives it.

use inkwell::types::BasicTypeEnum;
use inkwell::values::{BasicMetadataValueEnum, BasicValueEnum, FloatValue, IntValue};
use inkwell::{FloatPredicate, IntPredicate};
use rps_jit_ir::function::trap;
use rps_jit_ir::{Binary, Checked, Comparison, Conversion, Type, Unary};

use super::Built;
use super::function::Emission;

impl<'c> Emission<'_, 'c, '_> {
    pub(super) fn binary(
        &self,
        operation: Binary,
        left: BasicValueEnum<'c>,
        right: BasicValueEnum<'c>,
    ) -> Built<BasicValueEnum<'c>> {
        if left.is_float_value() {
            let (left, right) = (left.into_float_value(), right.into_float_value());
            return Ok(self.binary_of_floats(operation, left, right)?.into());
        }
        let (left, right) = (left.into_int_value(), right.into_int_value());
        let (builder, ty) = (&self.builder, left.get_type());
        Ok(match operation {
            Binary::Add => builder.build_int_add(left, right, "")?.into(),
            Binary::Subtract => builder.build_int_sub(left, right, "")?.into(),
            Binary::Multiply => builder.build_int_mul(left, right, "")?.into(),
            Binary::Divide | Binary::Remainder => {
                self.check_division(left, right, true)?;
                match operation {
                    Binary::Divide => builder.build_int_signed_div(left, right, "")?.into(),
                    _ => builder.build_int_signed_rem(left, right, "")?.into(),
                }
            }
            Binary::DivideUnsigned | Binary::RemainderUnsigned => {
                self.check_division(left, right, false)?;
                match operation {
                    Binary::DivideUnsigned => builder.build_int_unsigned_div(left, right, "")?.into(),
                    _ => builder.build_int_unsigned_rem(left, right, "")?.into(),
                }
            }
            Binary::And => builder.build_and(left, right, "")?.into(),
            Binary::Or => builder.build_or(left, right, "")?.into(),
            Binary::Xor => builder.build_xor(left, right, "")?.into(),
            Binary::ShiftLeft | Binary::ShiftRightUnsigned => {
                // What LLVM does not define, a shift by the width or more, is not chosen.
                let width = ty.const_int(u64::from(ty.get_bit_width()), false);
                let fits = self.compare(IntPredicate::ULT, right, width)?;
                let shifted = match operation {
                    Binary::ShiftLeft => builder.build_left_shift(left, right, "")?,
                    _ => builder.build_right_shift(left, right, false, "")?,
                };
                builder.build_select(fits, shifted, ty.const_zero(), "")?
            }
            Binary::ShiftRight => {
                let most = ty.const_int(u64::from(ty.get_bit_width() - 1), false);
                let amount = self.same("llvm.umin", ty.into(), &[right.into(), most.into()])?;
                builder.build_right_shift(left, amount.into_int_value(), true, "")?.into()
            }
            Binary::RotateLeft => {
                self.same("llvm.fshl", ty.into(), &[left.into(), left.into(), right.into()])?
            }
            Binary::Minimum => self.same("llvm.smin", ty.into(), &[left.into(), right.into()])?,
            Binary::Maximum => self.same("llvm.smax", ty.into(), &[left.into(), right.into()])?,
        })
    }

    fn binary_of_floats(
        &self,
        operation: Binary,
        left: FloatValue<'c>,
        right: FloatValue<'c>,
    ) -> Built<FloatValue<'c>> {
        let builder = &self.builder;
        match operation {
            Binary::Add => builder.build_float_add(left, right, ""),
            Binary::Subtract => builder.build_float_sub(left, right, ""),
            Binary::Multiply => builder.build_float_mul(left, right, ""),
            Binary::Divide => builder.build_float_div(left, right, ""),
            Binary::Minimum => self.extreme("llvm.minimum", left, right),
            Binary::Maximum => self.extreme("llvm.maximum", left, right),
            _ => unreachable!("the verifier has refused it for floating-point numbers"),
        }
    }

    /// The lesser or greater of two numbers, the one that is a number of a number and NaN. LLVM's `minimum` orders the
    /// zeros, and gives NaN if either is; its `minnum` is the other way round.
    fn extreme(&self, name: &str, left: FloatValue<'c>, right: FloatValue<'c>) -> Built<FloatValue<'c>> {
        let ty = left.get_type();
        let both = self.same(name, ty.into(), &[left.into(), right.into()])?;
        let is_nan = |of| self.builder.build_float_compare(FloatPredicate::UNO, of, of, "");
        let value = self.builder.build_select(is_nan(right)?, left.into(), both, "")?;
        let value = self.builder.build_select(is_nan(left)?, right.into(), value, "")?;
        Ok(value.into_float_value())
    }

    /// Traps on a division that has no result. A function that cannot trap divides only what can be divided: its maker
    /// vouches for that.
    fn check_division(&self, left: IntValue<'c>, right: IntValue<'c>, has_sign: bool) -> Built<()> {
        if !self.source.traps {
            return Ok(());
        }
        let ty = left.get_type();
        let by_zero = self.compare(IntPredicate::EQ, right, ty.const_zero())?;
        self.trap_if(by_zero, trap::DIVISION)?;
        if has_sign {
            let least = ty.const_int(1 << (ty.get_bit_width() - 1), false);
            let is_least = self.compare(IntPredicate::EQ, left, least)?;
            let by_minus_one = self.compare(IntPredicate::EQ, right, ty.const_all_ones())?;
            let overflows = self.builder.build_and(is_least, by_minus_one, "")?;
            self.trap_if(overflows, trap::DIVISION)?;
        }
        Ok(())
    }

    pub(super) fn checked(
        &self,
        operation: Checked,
        left: IntValue<'c>,
        right: IntValue<'c>,
    ) -> Built<(BasicValueEnum<'c>, BasicValueEnum<'c>)> {
        let name = match operation {
            Checked::Add => "llvm.sadd.with.overflow",
            Checked::Subtract => "llvm.ssub.with.overflow",
            Checked::Multiply => "llvm.smul.with.overflow",
        };
        let both = self.same(name, left.get_type().into(), &[left.into(), right.into()])?;
        let both = both.into_struct_value();
        let value = self.builder.build_extract_value(both, 0, "")?;
        Ok((value, self.builder.build_extract_value(both, 1, "")?))
    }

    pub(super) fn unary(&self, operation: Unary, from: BasicValueEnum<'c>) -> Built<BasicValueEnum<'c>> {
        let ty = from.get_type();
        let one = |name| self.same(name, ty, &[from.into()]);
        let i1 = self.module.types.i1;
        match operation {
            Unary::Negate if from.is_float_value() => {
                Ok(self.builder.build_float_neg(from.into_float_value(), "")?.into())
            }
            Unary::Negate => Ok(self.builder.build_int_neg(from.into_int_value(), "")?.into()),
            Unary::Not => Ok(self.builder.build_not(from.into_int_value(), "")?.into()),
            Unary::Absolute => one("llvm.fabs"),
            Unary::SquareRoot => one("llvm.sqrt"),
            Unary::Floor => one("llvm.floor"),
            Unary::Ceiling => one("llvm.ceil"),
            Unary::Truncate => one("llvm.trunc"),
            Unary::Round => one("llvm.roundeven"),
            Unary::CountOnes => one("llvm.ctpop"),
            Unary::LeadingZeros => self.same("llvm.ctlz", ty, &[from.into(), i1.const_zero().into()]),
            Unary::TrailingZeros => self.same("llvm.cttz", ty, &[from.into(), i1.const_zero().into()]),
        }
    }

    pub(super) fn convert(
        &self,
        conversion: Conversion,
        from: BasicValueEnum<'c>,
        to: Type,
    ) -> Built<BasicValueEnum<'c>> {
        let (builder, ty) = (&self.builder, self.module.types.of(to));
        Ok(match conversion {
            Conversion::Narrow => {
                builder.build_int_truncate(from.into_int_value(), ty.into_int_type(), "")?.into()
            }
            Conversion::Widen => {
                builder.build_int_s_extend(from.into_int_value(), ty.into_int_type(), "")?.into()
            }
            Conversion::WidenUnsigned => {
                builder.build_int_z_extend(from.into_int_value(), ty.into_int_type(), "")?.into()
            }
            Conversion::ToFloat => {
                builder.build_signed_int_to_float(from.into_int_value(), ty.into_float_type(), "")?.into()
            }
            Conversion::ToFloatUnsigned => {
                builder.build_unsigned_int_to_float(from.into_int_value(), ty.into_float_type(), "")?.into()
            }
            Conversion::ToInteger => {
                self.intrinsic("llvm.fptosi.sat", &[ty, from.get_type()], &[from.into()])?
            }
            Conversion::Float if to == Type::F64 => {
                builder.build_float_ext(from.into_float_value(), ty.into_float_type(), "")?.into()
            }
            Conversion::Float => {
                builder.build_float_trunc(from.into_float_value(), ty.into_float_type(), "")?.into()
            }
            Conversion::Bits => self.bits(from, ty)?,
        })
    }

    /// The same bits as another type. An address becomes a number first.
    fn bits(&self, from: BasicValueEnum<'c>, ty: BasicTypeEnum<'c>) -> Built<BasicValueEnum<'c>> {
        let i64 = self.module.types.i64;
        if from.get_type() == ty {
            return Ok(from);
        }
        let from = match from {
            BasicValueEnum::PointerValue(from) => self.builder.build_ptr_to_int(from, i64, "")?.into(),
            from => from,
        };
        if let BasicTypeEnum::PointerType(ty) = ty {
            let word = self.builder.build_bit_cast(from, i64, "")?.into_int_value();
            return Ok(self.builder.build_int_to_ptr(word, ty, "")?.into());
        }
        self.builder.build_bit_cast(from, ty, "")
    }

    pub(super) fn comparison(
        &self,
        comparison: Comparison,
        left: BasicValueEnum<'c>,
        right: BasicValueEnum<'c>,
    ) -> Built<IntValue<'c>> {
        use {FloatPredicate as F, IntPredicate as I};
        let (of_ints, of_floats) = match comparison {
            Comparison::Equal => (I::EQ, F::OEQ),
            Comparison::NotEqual => (I::NE, F::UNE),
            Comparison::Less => (I::SLT, F::OLT),
            Comparison::LessEqual => (I::SLE, F::OLE),
            Comparison::Greater => (I::SGT, F::OGT),
            Comparison::GreaterEqual => (I::SGE, F::OGE),
            Comparison::LessUnsigned => (I::ULT, F::OLT),
            Comparison::LessEqualUnsigned => (I::ULE, F::OLE),
            Comparison::GreaterUnsigned => (I::UGT, F::OGT),
            Comparison::GreaterEqualUnsigned => (I::UGE, F::OGE),
        };
        match (left, right) {
            (BasicValueEnum::FloatValue(left), BasicValueEnum::FloatValue(right)) => {
                self.builder.build_float_compare(of_floats, left, right, "")
            }
            (BasicValueEnum::PointerValue(left), BasicValueEnum::PointerValue(right)) => {
                self.builder.build_int_compare(of_ints, left, right, "")
            }
            _ => self.compare(of_ints, left.into_int_value(), right.into_int_value()),
        }
    }

    pub(super) fn compare(
        &self,
        predicate: IntPredicate,
        left: IntValue<'c>,
        right: IntValue<'c>,
    ) -> Built<IntValue<'c>> {
        self.builder.build_int_compare(predicate, left, right, "")
    }

    /// Calls an operation of LLVM that is overloaded by one type.
    fn same(
        &self,
        name: &str,
        ty: BasicTypeEnum<'c>,
        arguments: &[BasicMetadataValueEnum<'c>],
    ) -> Built<BasicValueEnum<'c>> {
        self.intrinsic(name, &[ty], arguments)
    }

    /// Calls an operation of LLVM.
    pub(super) fn intrinsic(
        &self,
        name: &str,
        types: &[BasicTypeEnum<'c>],
        arguments: &[BasicMetadataValueEnum<'c>],
    ) -> Built<BasicValueEnum<'c>> {
        let intrinsic = inkwell::intrinsics::Intrinsic::find(name).expect("LLVM 19 has the operation");
        let function = intrinsic.get_declaration(&self.module.llvm, types).expect("it has it for the type");
        Ok(self.builder.build_call(function, arguments, "")?.try_as_basic_value().unwrap_basic())
    }
}
