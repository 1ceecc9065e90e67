//! Functions: blocks, values, locals, and the ways out.

use inkwell::basic_block::BasicBlock;
use inkwell::builder::Builder;
use inkwell::values::{BasicValueEnum, FunctionValue, InstructionValue, IntValue, PointerValue};
use rps_jit_ir::Element;
use rps_jit_ir::flow::Flow;
use rps_jit_ir::function::trap;
use rps_jit_ir::{self as ir, Expect, Instruction, Type, Val};

use super::{Built, Emitter, call};

/// A value of the function.
#[derive(Clone, Copy)]
pub(super) enum Value<'c> {
    /// The place of a value that was not given yet.
    None,
    /// What is one value in LLVM, too.
    One(BasicValueEnum<'c>),
    /// A slice.
    Slice { first: PointerValue<'c>, length: IntValue<'c>, element: Element },
}

/// A function that is being made.
pub(super) struct Emission<'e, 'c, 'm> {
    pub(super) module: &'e Emitter<'c, 'm>,
    pub(super) source: &'e ir::Function,
    pub(super) function: FunctionValue<'c>,
    pub(super) builder: Builder<'c>,
    values: Vec<Value<'c>>,
    locals: Vec<PointerValue<'c>>,
    blocks: Vec<Option<BasicBlock<'c>>>,
    /// Where what is on the stack for the whole function is made.
    entry: BasicBlock<'c>,
}

/// Writes the body of a function.
pub(super) fn body(
    module: &Emitter<'_, '_>,
    index: usize,
    source: &ir::Function,
    is_recursive: bool,
) -> Built<()> {
    let function = module.functions[index].body;
    let builder = module.context.create_builder();
    let entry = module.context.append_basic_block(function, "entry");
    builder.position_at_end(entry);
    let mut emission = Emission {
        module,
        source,
        function,
        builder,
        values: Vec::new(),
        locals: Vec::new(),
        blocks: vec![None; source.blocks.len()],
        entry,
    };
    emission.take_parameters();
    for &ty in &source.locals {
        let place = emission.builder.build_alloca(module.types.of(ty), "local")?;
        emission.locals.push(place);
    }
    if is_recursive && source.traps && !source.is_trusted {
        emission.check_depth()?;
    }
    let flow = Flow::of(source);
    for &label in flow.order() {
        let name = format!("block{}", label.0);
        emission.blocks[label.0 as usize] = Some(module.context.append_basic_block(function, &name));
    }
    let first = emission.block(ir::Label(0));
    emission.builder.build_unconditional_branch(first)?;
    for &label in flow.order() {
        let block = emission.block(label);
        emission.builder.position_at_end(block);
        for instruction in &source.blocks[label.0 as usize].instructions {
            emission.instruction(instruction)?;
        }
    }
    Ok(())
}

impl<'c> Emission<'_, 'c, '_> {
    fn take_parameters(&mut self) {
        let mut given = self.function.get_param_iter();
        let mut next = || given.next().expect("the function was declared with its parameters");
        for &ty in &self.source.signature.parameters {
            let value = match ty {
                Type::Slice(element) => Value::Slice {
                    first: next().into_pointer_value(),
                    length: next().into_int_value(),
                    element,
                },
                _ => Value::One(next()),
            };
            self.values.push(value);
        }
    }

    /// Traps when so much of the stack is used that there is not enough left for a call.
    fn check_depth(&self) -> Built<()> {
        let here = self.stack_address()?;
        let limit = call::stack_limit(self.module);
        let limit = self.builder.build_call(limit, &[], "limit")?.try_as_basic_value().unwrap_basic();
        let is_deep = self.compare(inkwell::IntPredicate::ULT, here, limit.into_int_value())?;
        self.trap_if(is_deep, trap::DEPTH)
    }

    fn instruction(&mut self, instruction: &Instruction) -> Built<()> {
        match instruction {
            Instruction::Constant { to, ty, bits } => {
                let value = self.constant(*ty, *bits)?;
                self.give(*to, value);
            }
            Instruction::Address { to, symbol } => {
                let value = self.address(*symbol)?;
                self.give(*to, value);
            }
            Instruction::StackAddress { to } => {
                let here = self.stack_address()?;
                let here = self.builder.build_int_to_ptr(here, self.module.types.ptr, "")?;
                self.give(*to, here.into());
            }
            Instruction::Binary { to, operation, left, right } => {
                let value = self.binary(*operation, self.one(*left), self.one(*right))?;
                self.give(*to, value);
            }
            Instruction::Checked { to, overflow, operation, left, right } => {
                let (value, beyond) = self.checked(*operation, self.int(*left), self.int(*right))?;
                self.give(*to, value);
                self.give(*overflow, beyond);
            }
            Instruction::Unary { to, operation, from } => {
                let value = self.unary(*operation, self.one(*from))?;
                self.give(*to, value);
            }
            Instruction::Convert { to, ty, conversion, from } => {
                let value = self.convert(*conversion, self.one(*from), *ty)?;
                self.give(*to, value);
            }
            Instruction::Compare { to, comparison, left, right } => {
                let value = self.comparison(*comparison, self.one(*left), self.one(*right))?;
                self.give(*to, value.into());
            }
            Instruction::Select { to, condition, yes, no } => {
                let (yes, no) = (self.one(*yes), self.one(*no));
                let value = self.builder.build_select(self.int(*condition), yes, no, "")?;
                self.give(*to, value);
            }
            Instruction::Load { to, ty, base, offset, memory } => {
                let value = self.load(*ty, self.pointer(*base), *offset, *memory)?;
                self.give(*to, value);
            }
            Instruction::Store { base, offset, from, memory } => {
                self.store(self.pointer(*base), *offset, self.one(*from), *memory)?;
            }
            Instruction::Offset { to, base, index, scale, offset } => {
                let value = self.offset(self.pointer(*base), self.int(*index), *scale, *offset)?;
                self.give(*to, value.into());
            }
            Instruction::Length { to, slice } => {
                let (_, length, _) = self.slice(*slice);
                self.give(*to, length.into());
            }
            Instruction::Element { to, slice, index } => {
                let value = self.element(*slice, self.int(*index))?;
                self.give(*to, value);
            }
            Instruction::SetElement { slice, index, from } => {
                self.set_element(*slice, self.int(*index), self.one(*from))?;
            }
            Instruction::Get { to, local } => {
                let ty = self.module.types.of(self.source.locals[local.0 as usize]);
                let value = self.builder.build_load(ty, self.locals[local.0 as usize], "")?;
                self.give(*to, value);
            }
            Instruction::Set { local, from } => {
                self.builder.build_store(self.locals[local.0 as usize], self.one(*from))?;
            }
            Instruction::Call { to, callee, arguments } => {
                let result = self.call(callee, arguments)?;
                if let (Some(to), Some(result)) = (*to, result) {
                    self.give(to, result);
                }
            }
            Instruction::Jump { target } => {
                self.builder.build_unconditional_branch(self.block(*target))?;
            }
            Instruction::Branch { condition, yes, no, expect } => {
                let (yes, no) = (self.block(*yes), self.block(*no));
                let branch = self.builder.build_conditional_branch(self.int(*condition), yes, no)?;
                self.expect(branch, *expect);
            }
            Instruction::Switch { on, cases, default } => {
                let on = self.int(*on);
                let cases: Vec<_> = cases
                    .iter()
                    .map(|&(case, label)| (on.get_type().const_int(case, false), self.block(label)))
                    .collect();
                self.builder.build_switch(on, self.block(*default), &cases)?;
            }
            Instruction::Return { from } => self.return_value(from.map(|from| self.one(from)))?,
            Instruction::Trap { code } => {
                self.return_trap(self.module.types.i32.const_int(*code as u32 as u64, false))?;
            }
            Instruction::Unreachable => {
                self.builder.build_unreachable()?;
            }
        }
        Ok(())
    }

    fn constant(&self, ty: Type, bits: u64) -> Built<BasicValueEnum<'c>> {
        let types = &self.module.types;
        Ok(match ty {
            Type::F32 => {
                let bits = types.i32.const_int(bits & u64::from(u32::MAX), false);
                self.builder.build_bit_cast(bits, types.of(ty), "")?
            }
            Type::F64 => self.builder.build_bit_cast(types.i64.const_int(bits, false), types.of(ty), "")?,
            Type::Ptr | Type::Slice(_) => {
                self.builder.build_int_to_ptr(types.i64.const_int(bits, false), types.ptr, "")?.into()
            }
            Type::Bool => types.i1.const_int(bits & 1, false).into(),
            Type::I8 | Type::I16 | Type::I32 | Type::I64 => {
                let mask = u64::MAX >> (64 - ty.bits());
                types.of(ty).into_int_type().const_int(bits & mask, false).into()
            }
        })
    }

    /// Ends a block with a result.
    fn return_value(&self, result: Option<BasicValueEnum<'c>>) -> Built<()> {
        let good = self.module.types.i32.const_zero();
        match (result, self.source.traps) {
            (Some(result), true) => self.builder.build_aggregate_return(&[good.into(), result])?,
            (None, true) => self.builder.build_return(Some(&good))?,
            (Some(result), false) => self.builder.build_return(Some(&result))?,
            (None, false) => self.builder.build_return(None)?,
        };
        Ok(())
    }

    /// Ends a block with a trap.
    pub(super) fn return_trap(&self, code: IntValue<'c>) -> Built<()> {
        match self.source.signature.result {
            Some(result) => {
                let nothing = self.module.types.of(result).const_zero();
                self.builder.build_aggregate_return(&[code.into(), nothing])?
            }
            None => self.builder.build_return(Some(&code))?,
        };
        Ok(())
    }

    /// Traps if a condition holds, and goes on in a new block if not.
    pub(super) fn trap_if(&self, condition: IntValue<'c>, code: i32) -> Built<()> {
        let code = self.module.types.i32.const_int(code as u32 as u64, false);
        self.leave_if(condition, code)
    }

    /// As [`Emission::trap_if`], with a code that is computed.
    pub(super) fn leave_if(&self, condition: IntValue<'c>, code: IntValue<'c>) -> Built<()> {
        let trap = self.module.context.append_basic_block(self.function, "trap");
        let good = self.module.context.append_basic_block(self.function, "");
        let branch = self.builder.build_conditional_branch(condition, trap, good)?;
        self.expect(branch, Expect::No);
        self.builder.position_at_end(trap);
        self.return_trap(code)?;
        self.builder.position_at_end(good);
        Ok(())
    }

    /// Writes down which way a branch goes.
    fn expect(&self, branch: InstructionValue<'c>, expect: Expect) {
        let (yes, no) = match expect {
            Expect::Unknown => return,
            Expect::Yes => (2000, 1),
            Expect::No => (1, 2000),
        };
        let (context, i32) = (self.module.context, self.module.types.i32);
        let weights = context.metadata_node(&[
            context.metadata_string("branch_weights").into(),
            i32.const_int(yes, false).into(),
            i32.const_int(no, false).into(),
        ]);
        self.mark(branch, weights, "prof");
    }

    /// Makes a place on the stack that lives as long as the function.
    pub(super) fn place(&self, ty: Type) -> Built<PointerValue<'c>> {
        let here = self.builder.get_insert_block();
        match self.entry.get_first_instruction() {
            Some(first) => self.builder.position_before(&first),
            None => self.builder.position_at_end(self.entry),
        }
        let place = self.builder.build_alloca(self.module.types.of(ty), "result")?;
        if let Some(here) = here {
            self.builder.position_at_end(here);
        }
        Ok(place)
    }

    fn block(&self, label: ir::Label) -> BasicBlock<'c> {
        self.blocks[label.0 as usize].expect("a block that is jumped to is reached")
    }

    fn give(&mut self, to: Val, value: BasicValueEnum<'c>) {
        let index = to.0 as usize;
        if self.values.len() <= index {
            self.values.resize(index + 1, Value::None);
        }
        self.values[index] = Value::One(value);
    }

    pub(super) fn value(&self, val: Val) -> Value<'c> {
        self.values[val.0 as usize]
    }

    pub(super) fn one(&self, val: Val) -> BasicValueEnum<'c> {
        match self.value(val) {
            Value::One(value) => value,
            Value::None | Value::Slice { .. } => unreachable!("the verifier has seen that it is one value"),
        }
    }

    pub(super) fn int(&self, val: Val) -> IntValue<'c> {
        self.one(val).into_int_value()
    }

    pub(super) fn pointer(&self, val: Val) -> PointerValue<'c> {
        self.one(val).into_pointer_value()
    }
}
