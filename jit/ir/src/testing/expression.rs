//! Random operations, which give a value of a type that is asked for.

use super::function::Maker;
use super::run::MEMORY;
use crate::builder::FunctionBuilder;
use crate::function::Val;
use crate::operation::{Binary, Checked, Comparison, Conversion, Unary};
use crate::types::{Element, Type};

/// Returns a value, and of NaN, of which there are many, always the same number.
pub(super) fn canonical(f: &mut FunctionBuilder, value: Val) -> Val {
    let number = match f.type_of(value) {
        Some(Type::F32) => f.f32(77.0),
        Some(Type::F64) => f.f64(77.0),
        _ => return value,
    };
    let is_nan = f.not_equal(value, value);
    f.select(is_nan, number, value)
}

impl Maker<'_, '_> {
    /// Returns one of the types that numbers and truth values have.
    pub(super) fn number_type(&mut self) -> Type {
        const TYPES: [Type; 8] =
            [Type::I64, Type::F64, Type::Bool, Type::I32, Type::I8, Type::I16, Type::F32, Type::I64];
        self.choices.one_of(&TYPES, Type::I64)
    }

    /// Returns a value of a type: one that is there, a constant, or what a local has.
    pub(super) fn value(&mut self, ty: Type) -> Val {
        match self.choices.below(4) {
            0 => self.constant(ty),
            1 => {
                let locals = self.locals.iter().copied();
                let locals: Vec<_> =
                    locals.filter(|local| self.f.type_of_local(*local) == Some(ty)).collect();
                match locals.get(self.choices.below(locals.len())) {
                    Some(local) => self.f.get(*local),
                    None => self.known(ty),
                }
            }
            _ => self.known(ty),
        }
    }

    fn known(&mut self, ty: Type) -> Val {
        let values = self.values.iter().copied();
        let values: Vec<Val> = values.filter(|value| self.f.type_of(*value) == Some(ty)).collect();
        match values.get(self.choices.below(values.len())) {
            Some(value) => *value,
            None => self.constant(ty),
        }
    }

    fn constant(&mut self, ty: Type) -> Val {
        let bits = match ty {
            Type::F32 => u64::from((self.choices.float() as f32).to_bits()),
            Type::F64 => self.choices.float().to_bits(),
            _ => self.choices.word() & ty.mask(),
        };
        self.f.constant(ty, bits)
    }

    /// Returns what a random operation gives.
    pub(super) fn operation(&mut self, ty: Type) -> Val {
        match self.choices.below(10) {
            0 => {
                let (condition, yes, no) = (self.value(Type::Bool), self.value(ty), self.value(ty));
                self.f.select(condition, yes, no)
            }
            1 => self.load(ty),
            2 => self.element(ty),
            3 | 4 => self.conversion(ty),
            _ if ty == Type::Bool => self.truth(),
            5 => {
                let operation = match ty.is_float() {
                    true => self.choices.one_of(&FLOAT_UNARY, Unary::Negate),
                    false => self.choices.one_of(&INTEGER_UNARY, Unary::Not),
                };
                let from = self.value(ty);
                self.f.unary(operation, from)
            }
            6 if ty.is_integer() => {
                let operation = self.choices.one_of(&Checked::ALL, Checked::Add);
                let (left, right) = (self.value(ty), self.value(ty));
                let (value, overflow) = self.f.checked(operation, left, right);
                self.values.push(overflow);
                value
            }
            _ => self.binary(ty),
        }
    }

    fn binary(&mut self, ty: Type) -> Val {
        if ty.is_float() {
            let operation = self.choices.one_of(&FLOAT_BINARY, Binary::Add);
            let (left, right) = (self.value(ty), self.value(ty));
            return self.f.binary(operation, left, right);
        }
        let operation = self.choices.one_of(&Binary::ALL, Binary::Add);
        let (left, mut right) = (self.value(ty), self.value(ty));
        let divides = matches!(
            operation,
            Binary::Divide | Binary::DivideUnsigned | Binary::Remainder | Binary::RemainderUnsigned
        );
        if divides {
            if !self.f.traps() && !self.f.is_trusted() {
                return self.f.add(left, right);
            }
            // What does not trap divides by what is positive; what traps, not always by zero.
            if !self.f.traps() || self.choices.below(4) != 3 {
                let (positive, one) = (self.f.constant(ty, ty.mask() >> 1), self.f.number(ty, 1));
                right = self.f.and(right, positive);
                right = self.f.or(right, one);
            }
        }
        self.f.binary(operation, left, right)
    }

    fn truth(&mut self) -> Val {
        match self.choices.below(5) {
            0 => {
                let operation = self.choices.one_of(&[Binary::And, Binary::Or, Binary::Xor], Binary::And);
                let (left, right) = (self.value(Type::Bool), self.value(Type::Bool));
                self.f.binary(operation, left, right)
            }
            1 => {
                let from = self.value(Type::Bool);
                self.f.not(from)
            }
            2 if self.f.is_trusted() && self.choices.below(4) == 1 => {
                // Where the stack is, is not known; but never in the first pages.
                let (here, page) = (self.f.stack_address(), self.f.constant(Type::Ptr, 4096));
                self.f.greater_unsigned(here, page)
            }
            _ => {
                let ty = self.number_type();
                let count = match ty {
                    Type::Bool => 2,
                    _ if ty.is_float() => 6,
                    _ => Comparison::ALL.len(),
                };
                let comparison = self.choices.one_of(&Comparison::ALL[..count], Comparison::Equal);
                let (left, right) = (self.value(ty), self.value(ty));
                self.f.compare(comparison, left, right)
            }
        }
    }

    fn conversion(&mut self, ty: Type) -> Val {
        let integer = [Type::I8, Type::I16, Type::I32, Type::I64];
        let integer = self.choices.one_of(&integer, Type::I64);
        let float = self.choices.one_of(&[Type::F64, Type::F32], Type::F64);
        let which = self.choices.below(3);
        let (conversion, from) = match ty {
            Type::Bool => return self.truth(),
            Type::F32 | Type::F64 => match which {
                0 => (Conversion::ToFloat, integer),
                1 => (Conversion::ToFloatUnsigned, integer),
                _ => (Conversion::Float, if ty == Type::F32 { Type::F64 } else { Type::F32 }),
            },
            _ if which == 0 => (Conversion::ToInteger, float),
            Type::I64 if which == 1 => (Conversion::Bits, Type::F64),
            Type::I32 if which == 1 => (Conversion::Bits, Type::F32),
            _ if integer.bits() > ty.bits() => (Conversion::Narrow, integer),
            _ if integer.bits() == ty.bits() => (Conversion::WidenUnsigned, Type::Bool),
            _ if which == 1 => (Conversion::WidenUnsigned, integer),
            _ => (Conversion::Widen, integer),
        };
        let mut value = self.value(from);
        if conversion == Conversion::Bits {
            value = canonical(&mut self.f, value);
        }
        self.f.convert(conversion, value, ty)
    }

    fn load(&mut self, ty: Type) -> Val {
        match self.memory(MEMORY) {
            Some((base, offset, memory)) => {
                let value = self.f.load(ty, base, offset, memory);
                canonical(&mut self.f, value)
            }
            None if ty == Type::Bool => self.truth(),
            None => self.binary(ty),
        }
    }

    fn element(&mut self, ty: Type) -> Val {
        let element = Element::ALL.iter().find(|element| element.ty() == ty);
        match element.and_then(|element| self.slice(Some(Type::Slice(*element)))) {
            Some(slice) => {
                let index = self.index(slice);
                self.f.element(slice, index)
            }
            None => self.value(ty),
        }
    }

    /// Returns the bits of a value as an integer of 64 bits, if it is a number or truth value.
    pub(super) fn word(&mut self, value: Val) -> Option<Val> {
        let value = canonical(&mut self.f, value);
        match self.f.type_of(value)? {
            Type::I64 => Some(value),
            Type::F64 => Some(self.f.bits(value, Type::I64)),
            Type::F32 => {
                let bits = self.f.bits(value, Type::I32);
                Some(self.f.widen(bits, Type::I64))
            }
            Type::Bool => Some(self.f.widen_unsigned(value, Type::I64)),
            Type::I8 | Type::I16 | Type::I32 => Some(self.f.widen(value, Type::I64)),
            Type::Ptr | Type::Slice(_) => None,
        }
    }
}

const FLOAT_UNARY: [Unary; 7] = [
    Unary::Negate,
    Unary::Absolute,
    Unary::SquareRoot,
    Unary::Floor,
    Unary::Ceiling,
    Unary::Truncate,
    Unary::Round,
];

const INTEGER_UNARY: [Unary; 5] =
    [Unary::Negate, Unary::Not, Unary::CountOnes, Unary::LeadingZeros, Unary::TrailingZeros];

const FLOAT_BINARY: [Binary; 6] =
    [Binary::Add, Binary::Subtract, Binary::Multiply, Binary::Divide, Binary::Minimum, Binary::Maximum];
