//! A call of a function, and how it goes on.

use std::sync::Arc;

use super::operation;
use super::state::State;
use super::value::Value;
use super::{Evaluator, Stop};
use crate::function::{Callee, Function, FunctionId, Instruction, Label, Val, trap};
use crate::module::{Module, SymbolId};
use crate::types::{Signature, Type};

/// A call that has not returned yet.
pub(super) struct Frame<'m> {
    pub(super) function: &'m Function,
    types: Arc<[Type]>,
    values: Vec<u64>,
    locals: Vec<u64>,
    block: Label,
    index: usize,
    /// The address that the stack has come down to.
    stack: u64,
    /// Which value becomes the result of what is called.
    result: Option<Val>,
}

/// What a frame waits for.
pub(super) enum Next {
    Call(FunctionId, Vec<u64>),
    Return(Option<u64>),
}

impl<'m> Frame<'m> {
    pub(super) fn new(
        module: &'m Module,
        types: &[Arc<[Type]>],
        id: FunctionId,
        arguments: &[u64],
    ) -> Frame<'m> {
        let function = &module.functions[id.0 as usize];
        let types = types[id.0 as usize].clone();
        let mut values = arguments.to_vec();
        values.resize(types.len(), 0);
        let locals = vec![0; function.locals.len()];
        Frame { function, types, values, locals, block: Label(0), index: 0, stack: 0, result: None }
    }

    /// Says how many words the frame and all its callers take.
    pub(super) fn set_depth(&mut self, words: usize) {
        self.stack = STACK - 8 * words as u64;
    }

    /// Returns how many words the frame takes, about.
    pub(super) fn words(&self) -> usize {
        16 + self.values.len() + self.locals.len()
    }

    /// Goes on behind a call that has returned.
    pub(super) fn take_result(&mut self, bits: Option<u64>) {
        if let (Some(to), Some(bits)) = (self.result.take(), bits) {
            self.set(to, bits);
        }
    }

    fn get(&self, value: Val) -> u64 {
        self.values[value.0 as usize]
    }

    fn ty(&self, value: Val) -> Type {
        self.types[value.0 as usize]
    }

    fn value(&self, value: Val) -> Value {
        Value::new(self.ty(value), self.get(value))
    }

    fn set(&mut self, value: Val, bits: u64) {
        self.values[value.0 as usize] = bits;
    }

    fn go(&mut self, block: Label) {
        self.block = block;
        self.index = 0;
    }
}

impl<'m> Evaluator<'m> {
    /// Goes on in a frame until it calls a function of the module or returns.
    pub(super) fn advance(&mut self, frame: &mut Frame<'m>) -> Result<Next, Stop> {
        loop {
            self.steps = self.steps.checked_sub(1).ok_or(Stop::Steps)?;
            let function = frame.function;
            let instruction = &function.blocks[frame.block.0 as usize].instructions[frame.index];
            frame.index += 1;
            match *instruction {
                Instruction::Constant { to, bits, .. } => frame.set(to, bits),
                Instruction::Address { to, symbol } => frame.set(to, self.addresses[&symbol]),
                Instruction::StackAddress { to } => frame.set(to, frame.stack),
                Instruction::Binary { to, operation, left, right } => {
                    let (ty, left, right) = (frame.ty(left), frame.get(left), frame.get(right));
                    match operation::binary(operation, ty, left, right) {
                        Some(bits) => frame.set(to, bits),
                        None if function.traps => return Err(Stop::Trap(trap::DIVISION)),
                        // Only trusted functions get here, which divide only what can be divided.
                        None => return Err(Stop::Undefined("a quotient does not exist")),
                    }
                }
                Instruction::Checked { to, overflow, operation, left, right } => {
                    let (ty, left, right) = (frame.ty(left), frame.get(left), frame.get(right));
                    let (bits, is_inexact) = operation::checked(operation, ty, left, right);
                    frame.set(to, bits);
                    frame.set(overflow, is_inexact.into());
                }
                Instruction::Unary { to, operation, from } => {
                    let bits = operation::unary(operation, frame.ty(from), frame.get(from));
                    frame.set(to, bits.unwrap_or_default());
                }
                Instruction::Convert { to, ty, conversion, from } => {
                    let bits = operation::convert(conversion, frame.ty(from), ty, frame.get(from));
                    frame.set(to, bits.unwrap_or_default());
                }
                Instruction::Compare { to, comparison, left, right } => {
                    let (ty, left, right) = (frame.ty(left), frame.get(left), frame.get(right));
                    frame.set(to, operation::compare(comparison, ty, left, right).into());
                }
                Instruction::Select { to, condition, yes, no } => {
                    let bits = frame.get(if frame.get(condition) != 0 { yes } else { no });
                    frame.set(to, bits);
                }
                Instruction::Load { to, ty, base, offset, .. } => {
                    let address = frame.get(base).wrapping_add_signed(offset.into());
                    let bits = read(&mut self.state, ty, address)?;
                    frame.set(to, bits);
                }
                Instruction::Store { base, offset, from, .. } => {
                    let address = frame.get(base).wrapping_add_signed(offset.into());
                    let memory = self.state.memory.as_mut().ok_or(Stop::Undefined(NO_MEMORY))?;
                    let count = bytes_of(frame.ty(from));
                    memory.write(address, count, frame.get(from)).ok_or(Stop::Undefined(NO_MEMORY))?;
                }
                Instruction::Offset { to, base, index, scale, offset } => {
                    let distance =
                        frame.get(index).wrapping_mul(scale.into()).wrapping_add_signed(offset.into());
                    frame.set(to, frame.get(base).wrapping_add(distance));
                }
                Instruction::Length { to, slice } => {
                    frame.set(to, self.state.elements(&frame.value(slice)).len() as u64);
                }
                Instruction::Element { to, slice, index } => {
                    let elements = self.state.elements(&frame.value(slice));
                    let element =
                        usize::try_from(frame.get(index)).ok().and_then(|index| elements.get(index));
                    frame.set(to, *element.ok_or(Stop::Trap(trap::INDEX))?);
                }
                Instruction::SetElement { slice, index, from } => {
                    let elements = self.state.elements_mut(&frame.value(slice));
                    let index = usize::try_from(frame.get(index)).ok();
                    let element = index.and_then(|index| elements.get_mut(index));
                    *element.ok_or(Stop::Trap(trap::INDEX))? = frame.get(from);
                }
                Instruction::Get { to, local } => frame.set(to, frame.locals[local.0 as usize]),
                Instruction::Set { local, from } => frame.locals[local.0 as usize] = frame.get(from),
                Instruction::Call { to, ref callee, ref arguments } => {
                    frame.result = to;
                    if let Some(next) = self.call_out(frame, callee, arguments)? {
                        return Ok(next);
                    }
                }
                Instruction::Jump { target } => frame.go(target),
                Instruction::Branch { condition, yes, no, .. } => {
                    frame.go(if frame.get(condition) != 0 { yes } else { no });
                }
                Instruction::Switch { on, ref cases, default } => {
                    let on = frame.get(on);
                    let case = cases.iter().find(|(case, _)| *case == on);
                    frame.go(case.map_or(default, |(_, target)| *target));
                }
                Instruction::Return { from } => return Ok(Next::Return(from.map(|from| frame.get(from)))),
                Instruction::Trap { code } => return Err(Stop::Trap(code)),
                Instruction::Unreachable => return Err(Stop::Undefined("what is never reached was")),
            }
        }
    }

    /// Calls a symbol, or says which function of the module is to be called.
    fn call_out(
        &mut self,
        frame: &mut Frame<'m>,
        callee: &Callee,
        arguments: &[Val],
    ) -> Result<Option<Next>, Stop> {
        let symbol = match *callee {
            Callee::Function(id) => {
                let arguments = arguments.iter().map(|argument| frame.get(*argument));
                return Ok(Some(Next::Call(id, arguments.collect())));
            }
            Callee::Symbol(symbol) => symbol,
            Callee::Pointer(address, ref signature) => self.symbol_at(frame.get(address), signature)?,
        };
        let arguments: Vec<Value> = arguments.iter().map(|argument| frame.value(*argument)).collect();
        let described = &self.module.symbols[symbol.0 as usize];
        let Some(host) = self.hosts.get_mut(&symbol) else {
            return Err(Stop::Symbol(described.name.clone()));
        };
        let result = match host(&mut self.state, &arguments) {
            Ok(result) => result,
            Err(code) if described.traps => return Err(Stop::Trap(code)),
            Err(_) => return Err(Stop::HostResult(described.name.clone())),
        };
        let wanted = described.signature.as_ref().and_then(|signature| signature.result);
        if result.map(|result| result.ty()) != wanted {
            return Err(Stop::HostResult(described.name.clone()));
        }
        frame.take_result(result.map(|result| result.bits()));
        Ok(None)
    }

    /// Returns the symbol at an address, if it is called by a signature.
    fn symbol_at(&self, address: u64, signature: &Signature) -> Result<SymbolId, Stop> {
        let mut ids = (0..self.module.symbols.len() as u32).map(SymbolId);
        let symbol = ids.find(|id| {
            let symbol = &self.module.symbols[id.0 as usize];
            self.addresses[id] == address && symbol.signature.as_ref() == Some(signature) && !symbol.traps
        });
        symbol.ok_or(Stop::Undefined("an address was called at which nothing of this signature is"))
    }
}

/// Where the stack begins, of which nobody sees what is there.
const STACK: u64 = 0x7fff_0000_0000;

const NO_MEMORY: &str = "there is no memory at an address";

fn read(state: &mut State, ty: Type, address: u64) -> Result<u64, Stop> {
    let memory = state.memory.as_mut().ok_or(Stop::Undefined(NO_MEMORY))?;
    let bits = memory.read(address, bytes_of(ty)).ok_or(Stop::Undefined(NO_MEMORY))?;
    Ok(if ty == Type::Bool { (bits != 0).into() } else { bits })
}

/// Returns how many bytes of memory a value of a type takes.
fn bytes_of(ty: Type) -> usize {
    ty.bits().div_ceil(8) as usize
}
