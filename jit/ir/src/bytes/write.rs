//! From modules to bytes.

use super::{MAGIC, VERSION, code, flag};
use crate::function::{Block, Callee, Function, Instruction, Memory, Val};
use crate::module::{Module, Symbol};
use crate::types::{Signature, Type};

pub(super) fn module(module: &Module) -> Vec<u8> {
    let instructions = module.functions.iter().flat_map(|function| &function.blocks);
    let count: usize = instructions.map(|block| block.instructions.len()).sum();
    let mut out = Writer { bytes: Vec::with_capacity(64 + 5 * count), next: 0 };
    out.bytes.extend_from_slice(MAGIC);
    out.bytes.push(VERSION);
    out.count(module.symbols.len());
    module.symbols.iter().for_each(|symbol| out.symbol(symbol));
    out.count(module.functions.len());
    module.functions.iter().for_each(|function| out.function(function));
    out.bytes
}

struct Writer {
    bytes: Vec<u8>,
    /// The number of the value that is expected next.
    next: u32,
}

impl Writer {
    fn symbol(&mut self, symbol: &Symbol) {
        let flags =
            [(symbol.traps, flag::TRAPS), (symbol.is_cold, flag::COLD), (symbol.is_isolated, flag::ISOLATED)];
        let flags = flags.iter().filter(|(is, _)| *is).fold(0, |all, (_, flag)| all | flag);
        self.bytes.push(flags);
        self.name(&symbol.name);
        match &symbol.signature {
            None => self.bytes.push(0),
            Some(signature) => {
                self.bytes.push(1);
                self.signature(signature);
            }
        }
    }

    fn function(&mut self, function: &Function) {
        let flags = [
            (function.is_exported, flag::EXPORTED),
            (function.is_trusted, flag::TRUSTED),
            (function.traps, flag::TRAPS),
            (function.is_cold, flag::COLD),
        ];
        self.bytes.push(flags.iter().filter(|(is_set, _)| *is_set).map(|(_, bit)| bit).sum());
        self.name(&function.name);
        self.signature(&function.signature);
        self.types(&function.locals);
        self.next = function.signature.parameters.len() as u32;
        self.count(function.blocks.len());
        function.blocks.iter().for_each(|block| self.block(block));
    }

    fn block(&mut self, block: &Block) {
        self.count(block.instructions.len());
        block.instructions.iter().for_each(|instruction| self.instruction(instruction));
    }

    fn instruction(&mut self, instruction: &Instruction) {
        match instruction {
            Instruction::Constant { to, ty, bits } => {
                self.bytes.push(code::CONSTANT);
                self.ty(*ty);
                match ty {
                    Type::F32 | Type::F64 | Type::Ptr => self.bytes.extend_from_slice(&bits.to_le_bytes()),
                    _ => self.signed(*bits as i64),
                }
                self.result(*to);
            }
            Instruction::Address { to, symbol } => {
                self.bytes.push(code::ADDRESS);
                self.number(symbol.0.into());
                self.result(*to);
            }
            Instruction::StackAddress { to } => {
                self.bytes.push(code::STACK_ADDRESS);
                self.result(*to);
            }
            Instruction::Binary { to, operation, left, right } => {
                self.bytes.push(code::BINARY + *operation as u8);
                self.values(&[*left, *right]);
                self.result(*to);
            }
            Instruction::Checked { to, overflow, operation, left, right } => {
                self.bytes.extend([code::CHECKED, *operation as u8]);
                self.values(&[*left, *right]);
                self.result(*to);
                self.result(*overflow);
            }
            Instruction::Unary { to, operation, from } => {
                self.bytes.extend([code::UNARY, *operation as u8]);
                self.value(*from);
                self.result(*to);
            }
            Instruction::Convert { to, ty, conversion, from } => {
                self.bytes.extend([code::CONVERT, *conversion as u8]);
                self.ty(*ty);
                self.value(*from);
                self.result(*to);
            }
            Instruction::Compare { to, comparison, left, right } => {
                self.bytes.extend([code::COMPARE, *comparison as u8]);
                self.values(&[*left, *right]);
                self.result(*to);
            }
            Instruction::Select { to, condition, yes, no } => {
                self.bytes.push(code::SELECT);
                self.values(&[*condition, *yes, *no]);
                self.result(*to);
            }
            Instruction::Load { to, ty, base, offset, memory } => {
                self.bytes.push(code::LOAD);
                self.ty(*ty);
                self.value(*base);
                self.signed((*offset).into());
                self.memory(*memory);
                self.result(*to);
            }
            Instruction::Store { base, offset, from, memory } => {
                self.bytes.push(code::STORE);
                self.values(&[*base, *from]);
                self.signed((*offset).into());
                self.memory(*memory);
            }
            Instruction::Offset { to, base, index, scale, offset } => {
                self.bytes.push(code::OFFSET);
                self.values(&[*base, *index]);
                self.number((*scale).into());
                self.signed((*offset).into());
                self.result(*to);
            }
            Instruction::Length { to, slice } => {
                self.bytes.push(code::LENGTH);
                self.value(*slice);
                self.result(*to);
            }
            Instruction::Element { to, slice, index } => {
                self.bytes.push(code::ELEMENT);
                self.values(&[*slice, *index]);
                self.result(*to);
            }
            Instruction::SetElement { slice, index, from } => {
                self.bytes.push(code::SET_ELEMENT);
                self.values(&[*slice, *index, *from]);
            }
            Instruction::Get { to, local } => {
                self.bytes.push(code::GET);
                self.number(local.0.into());
                self.result(*to);
            }
            Instruction::Set { local, from } => {
                self.bytes.push(code::SET);
                self.number(local.0.into());
                self.value(*from);
            }
            Instruction::Call { to, callee, arguments } => self.call(*to, callee, arguments),
            Instruction::Jump { target } => {
                self.bytes.push(code::JUMP);
                self.number(target.0.into());
            }
            Instruction::Branch { condition, yes, no, expect } => {
                self.bytes.extend([code::BRANCH, *expect as u8]);
                self.value(*condition);
                self.number(yes.0.into());
                self.number(no.0.into());
            }
            Instruction::Switch { on, cases, default } => {
                self.bytes.push(code::SWITCH);
                self.value(*on);
                self.count(cases.len());
                for (case, target) in cases {
                    self.signed(*case as i64);
                    self.number(target.0.into());
                }
                self.number(default.0.into());
            }
            Instruction::Return { from: None } => self.bytes.push(code::RETURN),
            Instruction::Return { from: Some(from) } => {
                self.bytes.push(code::RETURN_VALUE);
                self.value(*from);
            }
            Instruction::Trap { code } => {
                self.bytes.push(code::TRAP);
                self.signed((*code).into());
            }
            Instruction::Unreachable => self.bytes.push(code::UNREACHABLE),
        }
    }

    fn call(&mut self, to: Option<Val>, callee: &Callee, arguments: &[Val]) {
        match callee {
            Callee::Function(id) => {
                self.bytes.push(code::CALL_FUNCTION);
                self.number(id.0.into());
            }
            Callee::Symbol(id) => {
                self.bytes.push(code::CALL_SYMBOL);
                self.number(id.0.into());
            }
            Callee::Pointer(address, signature) => {
                self.bytes.push(code::CALL_POINTER);
                self.value(*address);
                self.signature(signature);
            }
        }
        self.count(arguments.len());
        self.values(arguments);
        self.bytes.push(to.is_some().into());
        if let Some(to) = to {
            self.result(to);
        }
    }

    fn result(&mut self, value: Val) {
        self.value(value);
        self.next = value.0.wrapping_add(1);
    }

    fn values(&mut self, values: &[Val]) {
        values.iter().for_each(|value| self.value(*value));
    }

    fn value(&mut self, value: Val) {
        self.signed((value.0.wrapping_sub(self.next) as i32).into());
    }

    fn memory(&mut self, memory: Memory) {
        self.bytes.extend([memory.order as u8, memory.class]);
    }

    fn signature(&mut self, signature: &Signature) {
        self.types(&signature.parameters);
        self.bytes.push(signature.result.is_some().into());
        if let Some(ty) = signature.result {
            self.ty(ty);
        }
    }

    fn types(&mut self, types: &[Type]) {
        self.count(types.len());
        types.iter().for_each(|ty| self.ty(*ty));
    }

    fn ty(&mut self, ty: Type) {
        self.bytes.push(match ty {
            Type::Bool => 0,
            Type::I8 => 1,
            Type::I16 => 2,
            Type::I32 => 3,
            Type::I64 => 4,
            Type::F32 => 5,
            Type::F64 => 6,
            Type::Ptr => 7,
            Type::Slice(element) => 8 + element as u8,
        });
    }

    fn name(&mut self, name: &str) {
        self.count(name.len());
        self.bytes.extend_from_slice(name.as_bytes());
    }

    fn count(&mut self, count: usize) {
        self.number(count as u64);
    }

    fn signed(&mut self, number: i64) {
        self.number(((number << 1) ^ (number >> 63)) as u64);
    }

    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.bytes.push(number as u8);
    }
}
