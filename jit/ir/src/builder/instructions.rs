//! A method for each operation: it adds the instruction to the current block and returns the value that it gives.

use super::function::FunctionBuilder;
use super::reference::{SymbolRef, Target};
use crate::function::{Expect, Instruction, Label, Local, Memory, Val};
use crate::operation::{Binary, Checked, Comparison, Conversion, Unary};
use crate::types::Type;
use crate::verify::Problem;

/// Defines methods for operations on two values.
macro_rules! operations {
    ($take:ident: $($(#[doc = $doc:literal])+ $method:ident $operation:expr;)*) => {
        $($(#[doc = $doc])+
        pub fn $method(&mut self, left: Val, right: Val) -> Val {
            self.$take($operation, left, right)
        })*
    };
}

/// Defines methods for operations on one value.
macro_rules! unary_operations {
    ($($(#[doc = $doc:literal])+ $method:ident $operation:expr;)*) => {
        $($(#[doc = $doc])+
        pub fn $method(&mut self, from: Val) -> Val {
            self.unary($operation, from)
        })*
    };
}

/// Defines methods for conversions.
macro_rules! conversions {
    ($($(#[doc = $doc:literal])+ $method:ident $conversion:expr;)*) => {
        $($(#[doc = $doc])+
        pub fn $method(&mut self, from: Val, ty: Type) -> Val {
            self.convert($conversion, from, ty)
        })*
    };
}

/// Constants.
impl FunctionBuilder {
    /// Gives a constant of any type but a slice, of its low bits.
    pub fn constant(&mut self, ty: Type, bits: u64) -> Val {
        self.give(Some(ty), |to| Instruction::Constant { to, ty, bits })
    }

    /// Gives a whole number as a constant of any type of numbers. It may be one without sign.
    pub fn number(&mut self, ty: Type, number: i64) -> Val {
        let bits = match ty {
            Type::F32 => u64::from((number as f32).to_bits()),
            Type::F64 => (number as f64).to_bits(),
            _ => {
                let bits = number as u64 & ty.mask();
                let spare = 64 - ty.bits().min(64);
                let is_signed = ((bits << spare) as i64) >> spare == number;
                if !(ty.is_integer() && (is_signed || bits == number as u64)) {
                    self.wrong(Problem::NumberRange { number, ty });
                }
                bits
            }
        };
        self.constant(ty, bits)
    }

    /// Gives a truth value.
    pub fn bool(&mut self, value: bool) -> Val {
        self.constant(Type::Bool, value.into())
    }

    /// Gives an integer of 8 bits.
    pub fn i8(&mut self, value: i8) -> Val {
        self.constant(Type::I8, u64::from(value as u8))
    }

    /// Gives an integer of 16 bits.
    pub fn i16(&mut self, value: i16) -> Val {
        self.constant(Type::I16, u64::from(value as u16))
    }

    /// Gives an integer of 32 bits.
    pub fn i32(&mut self, value: i32) -> Val {
        self.constant(Type::I32, u64::from(value as u32))
    }

    /// Gives an integer of 64 bits.
    pub fn i64(&mut self, value: i64) -> Val {
        self.constant(Type::I64, value as u64)
    }

    /// Gives a floating-point number of 32 bits.
    pub fn f32(&mut self, value: f32) -> Val {
        self.constant(Type::F32, u64::from(value.to_bits()))
    }

    /// Gives a floating-point number of 64 bits.
    pub fn f64(&mut self, value: f64) -> Val {
        self.constant(Type::F64, value.to_bits())
    }

    /// Gives a known address. In trusted functions only.
    pub fn pointer(&mut self, address: u64) -> Val {
        self.constant(Type::Ptr, address)
    }

    /// Gives the address of a symbol. In trusted functions only.
    pub fn address(&mut self, symbol: &SymbolRef) -> Val {
        self.note(&Target::Symbol(symbol));
        let symbol = symbol.id;
        self.give(Some(Type::Ptr), |to| Instruction::Address { to, symbol })
    }

    /// Gives the address that the stack of the thread has come down to, see [`Instruction::StackAddress`]: less than a limit
    /// where calls are nested too deeply. In trusted functions only.
    pub fn stack_address(&mut self) -> Val {
        self.give(Some(Type::Ptr), |to| Instruction::StackAddress { to })
    }
}

/// Arithmetic, conversions and comparisons.
#[expect(clippy::wrong_self_convention, reason = "what becomes a number is a value, not the builder")]
impl FunctionBuilder {
    /// Gives the result of an operation on two values of one type.
    pub fn binary(&mut self, operation: Binary, left: Val, right: Val) -> Val {
        let ty = self.type_of(left);
        self.give(ty, |to| Instruction::Binary { to, operation, left, right })
    }

    operations! { binary:
        /// Gives the sum; of integers, modulo their width, see [`Binary::Add`].
        add Binary::Add;
        /// Gives the difference; of integers, modulo their width, see [`Binary::Subtract`].
        subtract Binary::Subtract;
        /// Gives the product; of integers, modulo their width, see [`Binary::Multiply`].
        multiply Binary::Multiply;
        /// Gives the quotient, of integers with sign and towards zero, see [`Binary::Divide`].
        divide Binary::Divide;
        /// Gives the quotient of integers without sign, see [`Binary::DivideUnsigned`].
        divide_unsigned Binary::DivideUnsigned;
        /// Gives the remainder of integers with sign, see [`Binary::Remainder`].
        remainder Binary::Remainder;
        /// Gives the remainder of integers without sign, see [`Binary::RemainderUnsigned`].
        remainder_unsigned Binary::RemainderUnsigned;
        /// Gives the bits that both have, see [`Binary::And`].
        and Binary::And;
        /// Gives the bits that either has, see [`Binary::Or`].
        or Binary::Or;
        /// Gives the bits that one has, see [`Binary::Xor`].
        xor Binary::Xor;
        /// Gives an integer shifted to the left, see [`Binary::ShiftLeft`].
        shift_left Binary::ShiftLeft;
        /// Gives an integer shifted to the right, filled with its sign, see [`Binary::ShiftRight`].
        shift_right Binary::ShiftRight;
        /// Gives an integer shifted to the right, filled with zeros, see [`Binary::ShiftRightUnsigned`].
        shift_right_unsigned Binary::ShiftRightUnsigned;
        /// Gives an integer rotated to the left, see [`Binary::RotateLeft`].
        rotate_left Binary::RotateLeft;
        /// Gives the lesser one, with sign, see [`Binary::Minimum`].
        minimum Binary::Minimum;
        /// Gives the greater one, with sign, see [`Binary::Maximum`].
        maximum Binary::Maximum;
    }

    /// Gives the result of an operation on two integers modulo their width, and whether it is not the exact one.
    pub fn checked(&mut self, operation: Checked, left: Val, right: Val) -> (Val, Val) {
        let types = [self.type_of(left), Some(Type::Bool)];
        self.give_two(types, |to, overflow| Instruction::Checked { to, overflow, operation, left, right })
    }

    /// Gives the sum of two integers, and whether it does not fit.
    pub fn checked_add(&mut self, left: Val, right: Val) -> (Val, Val) {
        self.checked(Checked::Add, left, right)
    }

    /// Gives the difference of two integers, and whether it does not fit.
    pub fn checked_subtract(&mut self, left: Val, right: Val) -> (Val, Val) {
        self.checked(Checked::Subtract, left, right)
    }

    /// Gives the product of two integers, and whether it does not fit.
    pub fn checked_multiply(&mut self, left: Val, right: Val) -> (Val, Val) {
        self.checked(Checked::Multiply, left, right)
    }

    /// Gives the result of an operation on one value.
    pub fn unary(&mut self, operation: Unary, from: Val) -> Val {
        let ty = self.type_of(from);
        self.give(ty, |to| Instruction::Unary { to, operation, from })
    }

    unary_operations! {
        /// Gives the number with the other sign, see [`Unary::Negate`].
        negate Unary::Negate;
        /// Gives all bits turned; of a truth value, the other one, see [`Unary::Not`].
        not Unary::Not;
        /// Gives a floating-point number without its sign, see [`Unary::Absolute`].
        absolute Unary::Absolute;
        /// Gives the square root of a floating-point number, see [`Unary::SquareRoot`].
        square_root Unary::SquareRoot;
        /// Gives the greatest whole number that is not greater, see [`Unary::Floor`].
        floor Unary::Floor;
        /// Gives the least whole number that is not less, see [`Unary::Ceiling`].
        ceiling Unary::Ceiling;
        /// Gives the whole number next to it towards zero, see [`Unary::Truncate`].
        truncate Unary::Truncate;
        /// Gives the nearest whole number, the even one of two, see [`Unary::Round`].
        round Unary::Round;
        /// Gives how many bits of an integer are one, see [`Unary::CountOnes`].
        count_ones Unary::CountOnes;
        /// Gives how many bits above the highest one are zero, see [`Unary::LeadingZeros`].
        leading_zeros Unary::LeadingZeros;
        /// Gives how many bits below the lowest one are zero, see [`Unary::TrailingZeros`].
        trailing_zeros Unary::TrailingZeros;
    }

    /// Gives a value as one of another type.
    pub fn convert(&mut self, conversion: Conversion, from: Val, ty: Type) -> Val {
        self.give(Some(ty), |to| Instruction::Convert { to, ty, conversion, from })
    }

    conversions! {
        /// Gives the low bits of an integer as a narrower one, see [`Conversion::Narrow`].
        narrow Conversion::Narrow;
        /// Gives an integer as a wider one with its sign, see [`Conversion::Widen`].
        widen Conversion::Widen;
        /// Gives an integer or truth value as a wider integer, filled with zeros, see [`Conversion::WidenUnsigned`].
        widen_unsigned Conversion::WidenUnsigned;
        /// Gives an integer with sign as the nearest floating-point number, see [`Conversion::ToFloat`].
        to_float Conversion::ToFloat;
        /// Gives an integer without sign as the nearest floating-point number, see [`Conversion::ToFloatUnsigned`].
        to_float_unsigned Conversion::ToFloatUnsigned;
        /// Gives a floating-point number as an integer, towards zero, see [`Conversion::ToInteger`].
        to_integer Conversion::ToInteger;
        /// Gives a floating-point number in the other width, see [`Conversion::Float`].
        float Conversion::Float;
        /// Gives the same bits as another type of the same width, see [`Conversion::Bits`].
        bits Conversion::Bits;
    }

    /// Gives whether a comparison of two values of one type holds.
    pub fn compare(&mut self, comparison: Comparison, left: Val, right: Val) -> Val {
        self.give(Some(Type::Bool), |to| Instruction::Compare { to, comparison, left, right })
    }

    operations! { compare:
        /// Gives whether two values are equal, see [`Comparison::Equal`].
        equal Comparison::Equal;
        /// Gives whether two values are not equal, see [`Comparison::NotEqual`].
        not_equal Comparison::NotEqual;
        /// Gives whether `left` is less, with sign, see [`Comparison::Less`].
        less Comparison::Less;
        /// Gives whether `left` is less or equal, with sign, see [`Comparison::LessEqual`].
        less_equal Comparison::LessEqual;
        /// Gives whether `left` is greater, with sign, see [`Comparison::Greater`].
        greater Comparison::Greater;
        /// Gives whether `left` is greater or equal, with sign, see [`Comparison::GreaterEqual`].
        greater_equal Comparison::GreaterEqual;
        /// Gives whether `left` is less, without sign, see [`Comparison::LessUnsigned`].
        less_unsigned Comparison::LessUnsigned;
        /// Gives whether `left` is less or equal, without sign, see [`Comparison::LessEqualUnsigned`].
        less_equal_unsigned Comparison::LessEqualUnsigned;
        /// Gives whether `left` is greater, without sign, see [`Comparison::GreaterUnsigned`].
        greater_unsigned Comparison::GreaterUnsigned;
        /// Gives whether `left` is greater or equal, without sign, see [`Comparison::GreaterEqualUnsigned`].
        greater_equal_unsigned Comparison::GreaterEqualUnsigned;
    }

    /// Gives `yes` if the condition holds, and `no` if not.
    pub fn select(&mut self, condition: Val, yes: Val, no: Val) -> Val {
        let ty = self.type_of(yes);
        self.give(ty, |to| Instruction::Select { to, condition, yes, no })
    }
}

/// Memory, slices, locals and calls.
impl FunctionBuilder {
    /// Gives what is in memory some bytes behind an address. In trusted functions only.
    pub fn load(&mut self, ty: Type, base: Val, offset: i32, memory: Memory) -> Val {
        self.give(Some(ty), |to| Instruction::Load { to, ty, base, offset, memory })
    }

    /// Writes to memory some bytes behind an address. In trusted functions only.
    pub fn store(&mut self, base: Val, offset: i32, from: Val, memory: Memory) {
        self.push(Instruction::Store { base, offset, from, memory });
    }

    /// Gives the address `index * scale + offset` bytes behind another one. In trusted functions only.
    pub fn offset(&mut self, base: Val, index: Val, scale: u32, offset: i32) -> Val {
        self.give(Some(Type::Ptr), |to| Instruction::Offset { to, base, index, scale, offset })
    }

    /// Gives the length of a slice.
    pub fn length(&mut self, slice: Val) -> Val {
        self.give(Some(Type::I64), |to| Instruction::Length { to, slice })
    }

    /// Gives an element of a slice. An index beyond the length traps.
    pub fn element(&mut self, slice: Val, index: Val) -> Val {
        let ty = match self.type_of(slice) {
            Some(Type::Slice(element)) => Some(element.ty()),
            _ => None,
        };
        self.give(ty, |to| Instruction::Element { to, slice, index })
    }

    /// Writes an element of a slice. An index beyond the length traps.
    pub fn set_element(&mut self, slice: Val, index: Val, from: Val) {
        self.push(Instruction::SetElement { slice, index, from });
    }

    /// Gives the value of a local.
    pub fn get(&mut self, local: Local) -> Val {
        let ty = self.type_of_local(local);
        self.give(ty, |to| Instruction::Get { to, local })
    }

    /// Sets a local.
    pub fn set(&mut self, local: Local, from: Val) {
        self.push(Instruction::Set { local, from });
    }

    /// Calls what has a result, and gives that.
    pub fn call<'a>(&mut self, target: impl Into<Target<'a>>, arguments: &[Val]) -> Val {
        let target = target.into();
        let ty = target.signature().and_then(|signature| signature.result);
        self.note(&target);
        let (callee, arguments) = (target.callee(), arguments.to_vec());
        self.give(ty, |to| Instruction::Call { to: Some(to), callee, arguments })
    }

    /// Calls what has no result.
    pub fn call_void<'a>(&mut self, target: impl Into<Target<'a>>, arguments: &[Val]) {
        let target = target.into();
        self.note(&target);
        self.push(Instruction::Call { to: None, callee: target.callee(), arguments: arguments.to_vec() });
    }
}

/// What ends a block.
impl FunctionBuilder {
    /// Goes on in a block.
    pub fn jump(&mut self, target: Label) {
        self.push(Instruction::Jump { target });
    }

    /// Goes on in the block `yes` if the condition holds, and in `no` if not.
    pub fn branch(&mut self, condition: Val, yes: Label, no: Label, expect: Expect) {
        self.push(Instruction::Branch { condition, yes, no, expect });
    }

    /// Goes on here if the condition holds, as it nearly always does, and in the block `exit` if not. The current block is
    /// another one behind it.
    pub fn guard(&mut self, condition: Val, exit: Label) {
        let next = self.label();
        self.branch(condition, next, exit, Expect::Yes);
        self.place(next);
    }

    /// Goes on in the block `exit` if the condition holds, as it nearly never does, and here if not. The current block is
    /// another one behind it.
    pub fn leave_if(&mut self, condition: Val, exit: Label) {
        let next = self.label();
        self.branch(condition, exit, next, Expect::No);
        self.place(next);
    }

    /// Goes on in the block of the case that an integer is; a case is its low bits.
    pub fn switch(&mut self, on: Val, cases: &[(u64, Label)], default: Label) {
        self.push(Instruction::Switch { on, cases: cases.to_vec(), default });
    }

    /// Returns a result.
    pub fn return_value(&mut self, from: Val) {
        self.push(Instruction::Return { from: Some(from) });
    }

    /// Returns without a result.
    pub fn return_void(&mut self) {
        self.push(Instruction::Return { from: None });
    }

    /// Traps with a number from [`trap::USER`](crate::function::trap::USER) on.
    pub fn trap(&mut self, code: i32) {
        self.push(Instruction::Trap { code });
    }

    /// Goes on if the condition does not hold, and traps if it does.
    pub fn trap_if(&mut self, condition: Val, code: i32) {
        let (trap, next) = (self.label(), self.label());
        self.branch(condition, trap, next, Expect::No);
        self.place(trap);
        self.trap(code);
        self.place(next);
    }

    /// Says that this is never reached. In trusted functions only.
    pub fn unreachable(&mut self) {
        self.push(Instruction::Unreachable);
    }
}
