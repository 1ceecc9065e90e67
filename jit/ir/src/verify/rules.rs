//! What an instruction wants, by itself: the types of its operands, and what the function must be to have it.

use super::error::Problem;
use crate::function::{Callee, FunctionId, Instruction, Local, Order, Val, trap};
use crate::module::{Module, SymbolId};
use crate::operation::{Binary, Comparison, Conversion, Unary};
use crate::types::{Signature, Type};

/// What a function is surrounded by.
pub(crate) trait Surroundings {
    /// Returns how a function is called, if it exists.
    fn function(&self, id: FunctionId) -> Option<Called<'_>>;
    /// Returns how a symbol is called, if it exists and is called.
    fn symbol(&self, id: SymbolId) -> Option<Option<Called<'_>>>;
    /// Returns the module, if there is one yet, for the names in messages.
    fn names(&self) -> Option<&Module>;
}

/// How something is called.
pub(crate) struct Called<'a> {
    pub(crate) signature: &'a Signature,
    pub(crate) traps: bool,
}

/// What is known of the function that an instruction is in.
pub(crate) struct Context<'a, S: ?Sized> {
    pub(crate) surroundings: &'a S,
    pub(crate) signature: &'a Signature,
    pub(crate) is_trusted: bool,
    pub(crate) traps: bool,
    pub(crate) locals: &'a [Type],
    /// The types of the values by number: `None` of those that are not known, about which nothing is said here.
    pub(crate) types: &'a [Option<Type>],
}

/// Checks an instruction, except for its labels and for where its operands are defined. Gives the types of its results, as
/// far as they are known.
pub(crate) fn check<S: Surroundings + ?Sized>(
    instruction: &Instruction,
    context: &Context<'_, S>,
    wrong: &mut dyn FnMut(Problem),
) -> [Option<Type>; 2] {
    let mut check = Check { context, wrong };
    check.instruction(instruction)
}

struct Check<'a, 'b, S: ?Sized> {
    context: &'a Context<'b, S>,
    wrong: &'a mut dyn FnMut(Problem),
}

impl<S: Surroundings + ?Sized> Check<'_, '_, S> {
    fn instruction(&mut self, instruction: &Instruction) -> [Option<Type>; 2] {
        let result = match *instruction {
            Instruction::Constant { ty, bits, .. } => self.constant(ty, bits),
            Instruction::Address { symbol, .. } => {
                self.trusted("to make an address");
                if self.context.surroundings.symbol(symbol).is_none() {
                    (self.wrong)(Problem::UndefinedSymbol { symbol });
                }
                Some(Type::Ptr)
            }
            Instruction::StackAddress { .. } => {
                self.trusted("to know an address");
                Some(Type::Ptr)
            }
            Instruction::Binary { operation, left, right, .. } => self.binary(operation, left, right),
            Instruction::Checked { operation, left, right, .. } => {
                let ty = self.same(left, right);
                self.defined(&operation, ty, Type::is_integer);
                return [ty, Some(Type::Bool)];
            }
            Instruction::Unary { operation, from, .. } => {
                let ty = self.ty(from);
                self.defined(&operation, ty, |ty| match operation {
                    Unary::Negate => ty.is_integer() || ty.is_float(),
                    Unary::Not => ty.is_integer() || ty == Type::Bool,
                    Unary::CountOnes | Unary::LeadingZeros | Unary::TrailingZeros => ty.is_integer(),
                    _ => ty.is_float(),
                });
                ty
            }
            Instruction::Convert { ty, conversion, from, .. } => self.convert(ty, conversion, from),
            Instruction::Compare { comparison, left, right, .. } => {
                let ty = self.same(left, right);
                self.defined(&comparison, ty, |ty| match comparison {
                    Comparison::Equal | Comparison::NotEqual => !ty.is_slice(),
                    Comparison::Less
                    | Comparison::LessEqual
                    | Comparison::Greater
                    | Comparison::GreaterEqual => ty.is_integer() || ty.is_float(),
                    _ => ty.is_integer() || ty == Type::Ptr,
                });
                Some(Type::Bool)
            }
            Instruction::Select { condition, yes, no, .. } => {
                self.want(condition, Type::Bool);
                let ty = self.same(yes, no);
                self.defined(&"select", ty, |ty| !ty.is_slice());
                ty
            }
            Instruction::Load { ty, base, .. } => {
                self.trusted("to read memory");
                self.want(base, Type::Ptr);
                self.single(ty, "what is read")
            }
            Instruction::Store { base, from, memory, .. } => {
                self.trusted("to write to memory");
                self.want(base, Type::Ptr);
                if let Some(ty) = self.ty(from) {
                    self.single(ty, "what is written");
                }
                if memory.order == Order::Constant {
                    (self.wrong)(Problem::ConstantStore {});
                }
                None
            }
            Instruction::Offset { base, index, .. } => {
                self.trusted("to make an address");
                self.want(base, Type::Ptr);
                self.want(index, Type::I64);
                Some(Type::Ptr)
            }
            Instruction::Length { slice, .. } => {
                self.element(slice, &"length");
                Some(Type::I64)
            }
            Instruction::Element { slice, index, .. } => {
                self.trapping("an index");
                self.want(index, Type::I64);
                self.element(slice, &"element")
            }
            Instruction::SetElement { slice, index, from } => {
                self.trapping("an index");
                self.want(index, Type::I64);
                if let Some(ty) = self.element(slice, &"set element") {
                    self.want(from, ty);
                }
                None
            }
            Instruction::Get { local, .. } => self.local(local),
            Instruction::Set { local, from } => {
                if let Some(ty) = self.local(local) {
                    self.want(from, ty);
                }
                None
            }
            Instruction::Call { to, ref callee, ref arguments } => self.call(to, callee, arguments),
            Instruction::Branch { condition, .. } => {
                self.want(condition, Type::Bool);
                None
            }
            Instruction::Switch { on, ref cases, .. } => {
                self.switch(on, cases);
                None
            }
            Instruction::Return { from } => {
                self.give_back(from);
                None
            }
            Instruction::Trap { code } => {
                self.trapping("a trap");
                if code < trap::USER {
                    (self.wrong)(Problem::TrapCode { number: code });
                }
                None
            }
            Instruction::Unreachable => {
                self.trusted("to say what is never reached");
                None
            }
            Instruction::Jump { .. } => None,
        };
        [result, None]
    }

    fn constant(&mut self, ty: Type, bits: u64) -> Option<Type> {
        if ty == Type::Ptr {
            self.trusted("to make an address");
        }
        if bits & !ty.mask() != 0 {
            (self.wrong)(Problem::ConstantRange { bits, ty });
        }
        self.single(ty, "a constant")
    }

    fn binary(&mut self, operation: Binary, left: Val, right: Val) -> Option<Type> {
        let ty = self.same(left, right);
        self.defined(&operation, ty, |ty| match operation {
            Binary::Add
            | Binary::Subtract
            | Binary::Multiply
            | Binary::Divide
            | Binary::Minimum
            | Binary::Maximum => ty.is_integer() || ty.is_float(),
            Binary::And | Binary::Or | Binary::Xor => ty.is_integer() || ty == Type::Bool,
            _ => ty.is_integer(),
        });
        let divides = matches!(
            operation,
            Binary::Divide | Binary::DivideUnsigned | Binary::Remainder | Binary::RemainderUnsigned
        );
        if divides && ty.is_some_and(Type::is_integer) && !self.context.is_trusted {
            self.trapping("a division of integers");
        }
        ty
    }

    fn convert(&mut self, to: Type, conversion: Conversion, from: Val) -> Option<Type> {
        let found = self.ty(from)?;
        let is_defined = match conversion {
            Conversion::Narrow => found.is_integer() && to.is_integer() && to.bits() < found.bits(),
            Conversion::Widen => found.is_integer() && to.is_integer() && to.bits() > found.bits(),
            Conversion::WidenUnsigned => {
                (found.is_integer() || found == Type::Bool) && to.is_integer() && to.bits() > found.bits()
            }
            Conversion::ToFloat | Conversion::ToFloatUnsigned => found.is_integer() && to.is_float(),
            Conversion::ToInteger => found.is_float() && to.is_integer(),
            Conversion::Float => found.is_float() && to.is_float() && found != to,
            Conversion::Bits => {
                found != to
                    && found.bits() == to.bits()
                    && matches!(found, Type::I64 | Type::F64 | Type::Ptr | Type::I32 | Type::F32)
                    && to != Type::Bool
            }
        };
        if !is_defined {
            (self.wrong)(Problem::NoConversion { conversion, from: found, to });
        } else if to == Type::Ptr {
            self.trusted("to make an address");
        }
        Some(to).filter(|to| !to.is_slice())
    }

    fn call(&mut self, to: Option<Val>, callee: &Callee, arguments: &[Val]) -> Option<Type> {
        let called = match callee {
            Callee::Function(id) => {
                let called = self.context.surroundings.function(*id);
                if called.is_none() {
                    (self.wrong)(Problem::UndefinedFunction { function: *id });
                }
                called
            }
            Callee::Symbol(id) => match self.context.surroundings.symbol(*id) {
                None => {
                    (self.wrong)(Problem::UndefinedSymbol { symbol: *id });
                    None
                }
                Some(None) => {
                    (self.wrong)(Problem::NotCallable { symbol: *id });
                    None
                }
                Some(called) => called,
            },
            Callee::Pointer(address, signature) => {
                self.trusted("to call an address");
                self.want(*address, Type::Ptr);
                if signature.result.is_some_and(Type::is_slice) {
                    (self.wrong)(Problem::SliceMisplaced { what: "the result of a call" });
                }
                Some(Called { signature, traps: false })
            }
        };
        let Called { signature, traps } = called?;
        if traps {
            self.trapping("what is called");
        }
        let (found, wanted) = (arguments.len(), signature.parameters.len());
        if found != wanted {
            (self.wrong)(Problem::ArgumentCount { found, wanted });
        }
        for (argument, ty) in arguments.iter().zip(&signature.parameters) {
            self.want(*argument, *ty);
        }
        match (to, signature.result) {
            (None, Some(_)) => {
                (self.wrong)(Problem::CallResult { what: "the result is not taken" });
            }
            (Some(_), None) => {
                (self.wrong)(Problem::CallResult { what: "a result is taken, and the call gives none" });
            }
            _ => {}
        }
        signature.result.filter(|ty| !ty.is_slice())
    }

    fn switch(&mut self, on: Val, cases: &[(u64, crate::function::Label)]) {
        if let Some(ty) = self.ty(on) {
            self.defined(&"switch", Some(ty), Type::is_integer);
            for &(bits, _) in cases.iter().filter(|(bits, _)| bits & !ty.mask() != 0) {
                (self.wrong)(Problem::ConstantRange { bits, ty });
            }
        }
        let mut numbers: Vec<u64> = cases.iter().map(|(case, _)| *case).collect();
        numbers.sort_unstable();
        for pair in numbers.windows(2).filter(|pair| pair[0] == pair[1]) {
            (self.wrong)(Problem::DuplicateCase { case: pair[0] });
        }
    }

    fn give_back(&mut self, from: Option<Val>) {
        match (from, self.context.signature.result) {
            (Some(value), Some(ty)) => self.want(value, ty),
            (None, None) => {}
            (None, Some(_)) => {
                (self.wrong)(Problem::ReturnResult {
                    what: "the function has a result, and none is returned",
                });
            }
            (Some(_), None) => {
                (self.wrong)(Problem::ReturnResult {
                    what: "a result is returned, and the function has none",
                });
            }
        }
    }

    fn ty(&self, value: Val) -> Option<Type> {
        self.context.types.get(value.0 as usize).copied().flatten()
    }

    fn want(&mut self, value: Val, wanted: Type) {
        if let Some(found) = self.ty(value)
            && found != wanted
        {
            (self.wrong)(Problem::TypeMismatch { value, found, wanted });
        }
    }

    /// Returns the one type of two values: that of the first one that is known.
    fn same(&mut self, left: Val, right: Val) -> Option<Type> {
        let Some(ty) = self.ty(left) else { return self.ty(right) };
        self.want(right, ty);
        Some(ty)
    }

    fn defined(&mut self, operation: &dyn ToString, ty: Option<Type>, is_defined: impl FnOnce(Type) -> bool) {
        if let Some(ty) = ty
            && !is_defined(ty)
        {
            (self.wrong)(Problem::NoOperation { operation: operation.to_string(), ty });
        }
    }

    fn element(&mut self, slice: Val, operation: &dyn ToString) -> Option<Type> {
        match self.ty(slice)? {
            Type::Slice(element) => Some(element.ty()),
            ty => {
                (self.wrong)(Problem::NoOperation { operation: operation.to_string(), ty });
                None
            }
        }
    }

    fn single(&mut self, ty: Type, what: &'static str) -> Option<Type> {
        if ty.is_slice() {
            (self.wrong)(Problem::SliceMisplaced { what });
            return None;
        }
        Some(ty)
    }

    fn local(&mut self, local: Local) -> Option<Type> {
        match self.context.locals.get(local.0 as usize) {
            Some(ty) => Some(*ty).filter(|ty| !ty.is_slice()),
            None => {
                (self.wrong)(Problem::UndefinedLocal { local });
                None
            }
        }
    }

    fn trusted(&mut self, what: &'static str) {
        if !self.context.is_trusted {
            (self.wrong)(Problem::NotTrusted { what });
        }
    }

    fn trapping(&mut self, what: &'static str) {
        if !self.context.traps {
            (self.wrong)(Problem::NotTrapping { what });
        }
    }
}
