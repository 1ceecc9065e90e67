//! From bytes to modules: bytes of which nothing is known.

use super::{BytesError, MAGIC, VERSION, code, flag};
use crate::function::{
    Block, Callee, Expect, Function, FunctionId, Instruction, Label, Local, Memory, Order, Val,
};
use crate::module::{Module, Symbol, SymbolId};
use crate::operation::{Binary, Checked, Comparison, Conversion, Unary};
use crate::types::{Element, Signature, Type};

type Result<T> = std::result::Result<T, BytesError>;

pub(super) fn module(bytes: &[u8]) -> Result<Module> {
    let Some((version, _)) = bytes.strip_prefix(MAGIC).and_then(<[u8]>::split_first) else {
        return Err(BytesError::NotAModule);
    };
    if *version != VERSION {
        return Err(BytesError::OtherVersion(*version));
    }
    let mut input = Reader { bytes, offset: MAGIC.len() + 1, next: 0 };
    let symbols = input.row(Reader::symbol)?;
    let functions = input.row(Reader::function)?;
    if input.offset != bytes.len() {
        return input.damaged("bytes behind the end");
    }
    Ok(Module { functions, symbols })
}

struct Reader<'a> {
    bytes: &'a [u8],
    offset: usize,
    /// The number of the value that is expected next.
    next: u32,
}

impl Reader<'_> {
    fn symbol(&mut self) -> Result<Symbol> {
        let flags = self.flags(flag::TRAPS | flag::COLD | flag::ISOLATED)?;
        let name = self.name()?;
        let signature = if self.truth()? { Some(self.signature()?) } else { None };
        let is = |flag: u8| flags & flag != 0;
        let (traps, is_cold, is_isolated) = (is(flag::TRAPS), is(flag::COLD), is(flag::ISOLATED));
        Ok(Symbol { name, signature, traps, is_cold, is_isolated })
    }

    fn function(&mut self) -> Result<Function> {
        let flags = self.flags(flag::EXPORTED | flag::TRUSTED | flag::TRAPS | flag::COLD)?;
        let name = self.name()?;
        let signature = self.signature()?;
        let locals = self.row(Reader::ty)?;
        self.next = signature.parameters.len() as u32;
        let blocks = self.row(Reader::block)?;
        Ok(Function {
            name,
            signature,
            is_exported: flags & flag::EXPORTED != 0,
            is_trusted: flags & flag::TRUSTED != 0,
            traps: flags & flag::TRAPS != 0,
            is_cold: flags & flag::COLD != 0,
            locals,
            blocks,
        })
    }

    fn block(&mut self) -> Result<Block> {
        Ok(Block { instructions: self.row(Reader::instruction)? })
    }

    fn instruction(&mut self) -> Result<Instruction> {
        let code = self.byte()?;
        Ok(match code {
            code::CONSTANT => {
                let ty = self.ty()?;
                let bits = match ty {
                    Type::F32 | Type::F64 | Type::Ptr => u64::from_le_bytes(self.array()?),
                    _ => self.signed()? as u64,
                };
                Instruction::Constant { to: self.result()?, ty, bits }
            }
            code::ADDRESS => {
                let symbol = SymbolId(self.small()?);
                Instruction::Address { to: self.result()?, symbol }
            }
            code::STACK_ADDRESS => Instruction::StackAddress { to: self.result()? },
            code::UNARY => {
                let operation = self.one_of(&Unary::ALL)?;
                let from = self.value()?;
                Instruction::Unary { to: self.result()?, operation, from }
            }
            code::CONVERT => {
                let conversion = self.one_of(&Conversion::ALL)?;
                let ty = self.ty()?;
                let from = self.value()?;
                Instruction::Convert { to: self.result()?, ty, conversion, from }
            }
            code::COMPARE => {
                let comparison = self.one_of(&Comparison::ALL)?;
                let (left, right) = (self.value()?, self.value()?);
                Instruction::Compare { to: self.result()?, comparison, left, right }
            }
            code::CHECKED => {
                let operation = self.one_of(&Checked::ALL)?;
                let (left, right) = (self.value()?, self.value()?);
                let to = self.result()?;
                Instruction::Checked { to, overflow: self.result()?, operation, left, right }
            }
            code::SELECT => {
                let (condition, yes, no) = (self.value()?, self.value()?, self.value()?);
                Instruction::Select { to: self.result()?, condition, yes, no }
            }
            code::LOAD => {
                let ty = self.ty()?;
                let base = self.value()?;
                let offset = self.offset()?;
                let memory = self.memory()?;
                Instruction::Load { to: self.result()?, ty, base, offset, memory }
            }
            code::STORE => {
                let (base, from) = (self.value()?, self.value()?);
                Instruction::Store { base, offset: self.offset()?, from, memory: self.memory()? }
            }
            code::OFFSET => {
                let (base, index) = (self.value()?, self.value()?);
                let (scale, offset) = (self.small()?, self.offset()?);
                Instruction::Offset { to: self.result()?, base, index, scale, offset }
            }
            code::LENGTH => {
                let slice = self.value()?;
                Instruction::Length { to: self.result()?, slice }
            }
            code::ELEMENT => {
                let (slice, index) = (self.value()?, self.value()?);
                Instruction::Element { to: self.result()?, slice, index }
            }
            code::SET_ELEMENT => {
                let (slice, index, from) = (self.value()?, self.value()?, self.value()?);
                Instruction::SetElement { slice, index, from }
            }
            code::GET => {
                let local = Local(self.small()?);
                Instruction::Get { to: self.result()?, local }
            }
            code::SET => Instruction::Set { local: Local(self.small()?), from: self.value()? },
            code::CALL_FUNCTION => {
                let callee = Callee::Function(FunctionId(self.small()?));
                self.call(callee)?
            }
            code::CALL_SYMBOL => {
                let callee = Callee::Symbol(SymbolId(self.small()?));
                self.call(callee)?
            }
            code::CALL_POINTER => {
                let callee = Callee::Pointer(self.value()?, self.signature()?);
                self.call(callee)?
            }
            code::JUMP => Instruction::Jump { target: self.label()? },
            code::BRANCH => {
                let expect = self.one_of(&[Expect::Unknown, Expect::Yes, Expect::No])?;
                let condition = self.value()?;
                Instruction::Branch { condition, yes: self.label()?, no: self.label()?, expect }
            }
            code::SWITCH => {
                let on = self.value()?;
                let cases = self.row(|input| Ok((input.signed()? as u64, input.label()?)))?;
                Instruction::Switch { on, cases, default: self.label()? }
            }
            code::RETURN => Instruction::Return { from: None },
            code::RETURN_VALUE => Instruction::Return { from: Some(self.value()?) },
            code::TRAP => Instruction::Trap { code: self.offset()? },
            code::UNREACHABLE => Instruction::Unreachable,
            _ => {
                let operation =
                    code.checked_sub(code::BINARY).and_then(|code| Binary::ALL.get(code as usize));
                let Some(&operation) = operation else {
                    return self.damaged("no instruction has this number");
                };
                let (left, right) = (self.value()?, self.value()?);
                Instruction::Binary { to: self.result()?, operation, left, right }
            }
        })
    }

    fn call(&mut self, callee: Callee) -> Result<Instruction> {
        let arguments = self.row(Reader::value)?;
        let to = if self.truth()? { Some(self.result()?) } else { None };
        Ok(Instruction::Call { to, callee, arguments })
    }

    fn result(&mut self) -> Result<Val> {
        let value = self.value()?;
        self.next = value.0.wrapping_add(1);
        Ok(value)
    }

    fn value(&mut self) -> Result<Val> {
        Ok(Val(self.next.wrapping_add(self.offset()? as u32)))
    }

    fn label(&mut self) -> Result<Label> {
        Ok(Label(self.small()?))
    }

    fn memory(&mut self) -> Result<Memory> {
        const ORDERS: [Order; 5] =
            [Order::Plain, Order::Constant, Order::Shared, Order::Volatile, Order::Ordered];
        Ok(Memory { order: self.one_of(&ORDERS)?, class: self.byte()? })
    }

    fn signature(&mut self) -> Result<Signature> {
        let parameters = self.row(Reader::ty)?;
        let result = if self.truth()? { Some(self.ty()?) } else { None };
        Ok(Signature { parameters, result })
    }

    fn ty(&mut self) -> Result<Type> {
        let number = self.byte()? as usize;
        match (Type::SINGLE.get(number), number.checked_sub(8).and_then(|number| Element::ALL.get(number))) {
            (Some(ty), _) => Ok(*ty),
            (None, Some(element)) => Ok(Type::Slice(*element)),
            (None, None) => self.damaged("no type has this number"),
        }
    }

    fn name(&mut self) -> Result<String> {
        let length = self.number()?;
        let rest = self.bytes.get(self.offset..).unwrap_or_default();
        let Some(bytes) = usize::try_from(length).ok().and_then(|length| rest.get(..length)) else {
            return self.damaged("a name ends behind the end");
        };
        let Ok(name) = std::str::from_utf8(bytes) else { return self.damaged("a name is not UTF-8") };
        self.offset += bytes.len();
        Ok(name.to_owned())
    }

    /// Reads a row of things. A byte at least stands for each, so that a wrong count ends soon; what is allocated grows
    /// with what was read.
    fn row<T>(&mut self, mut each: impl FnMut(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let count = self.number()?;
        let rest = self.bytes.len() - self.offset;
        if count > rest as u64 {
            return self.damaged("more is announced than there are bytes");
        }
        let mut row = Vec::with_capacity((count as usize).min(64));
        for _ in 0..count {
            row.push(each(self)?);
        }
        Ok(row)
    }

    fn flags(&mut self, known: u8) -> Result<u8> {
        match self.byte()? {
            flags if flags & !known == 0 => Ok(flags),
            _ => self.damaged("an unknown flag"),
        }
    }

    fn truth(&mut self) -> Result<bool> {
        self.one_of(&[false, true])
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> Result<T> {
        match all.get(self.byte()? as usize) {
            Some(one) => Ok(*one),
            None => self.damaged("nothing has this number"),
        }
    }

    fn offset(&mut self) -> Result<i32> {
        match i32::try_from(self.signed()?) {
            Ok(offset) => Ok(offset),
            Err(_) => self.damaged("a number of more than 32 bits"),
        }
    }

    fn small(&mut self) -> Result<u32> {
        match u32::try_from(self.number()?) {
            Ok(number) => Ok(number),
            Err(_) => self.damaged("a number of more than 32 bits"),
        }
    }

    fn signed(&mut self) -> Result<i64> {
        let number = self.number()?;
        Ok((number >> 1) as i64 ^ -((number & 1) as i64))
    }

    fn number(&mut self) -> Result<u64> {
        let mut number = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let part = u64::from(byte & 0x7f);
            if (part << shift) >> shift != part || (byte == 0 && shift > 0) {
                return self.damaged("a number is not written as it should be");
            }
            number |= part << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        self.damaged("a number is not written as it should be")
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        match self.bytes.get(self.offset..).and_then(|rest| rest.first_chunk()) {
            Some(chunk) => {
                self.offset += N;
                Ok(*chunk)
            }
            None => self.damaged("the bytes end here"),
        }
    }

    fn byte(&mut self) -> Result<u8> {
        Ok(self.array::<1>()?[0])
    }

    fn damaged<T>(&self, problem: &'static str) -> Result<T> {
        Err(BytesError::Damaged { offset: self.offset, problem })
    }
}
