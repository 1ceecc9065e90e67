//! Calls, and how traps pass through them.

use inkwell::IntPredicate;
use inkwell::attributes::AttributeLoc;
use inkwell::module::Linkage;
use inkwell::values::{BasicMetadataValueEnum, BasicValueEnum, CallSiteValue, FunctionValue};
use rps_jit_ir::{self as ir, Callee, Instruction, Signature, Val};

use super::function::{Emission, Value};
use super::types::FAST;
use super::{Built, Emitter, convention};

impl<'c> Emission<'_, 'c, '_> {
    /// Calls, and returns the result where there is one. What traps there makes this function trap.
    pub(super) fn call(&self, callee: &Callee, arguments: &[Val]) -> Built<Option<BasicValueEnum<'c>>> {
        let mut given = self.arguments(arguments);
        match callee {
            Callee::Function(id) => {
                let index = id.0 as usize;
                let (target, source) = (&self.module.functions[index], &self.module.source.functions[index]);
                let call = self.builder.build_call(target.body, &given, "")?;
                call.set_call_convention(convention(source));
                self.result_inside(call, &source.signature, source.traps)
            }
            Callee::Symbol(id) => {
                let index = id.0 as usize;
                let (target, symbol) = (&self.module.symbols[index], &self.module.source.symbols[index]);
                let function = target.function.expect("it is called here");
                let signature = symbol.signature.as_ref().expect("it has one");
                let place = match signature.result {
                    Some(result) if symbol.traps => Some((self.place(result)?, result)),
                    _ => None,
                };
                given.extend(place.map(|(place, _)| BasicMetadataValueEnum::from(place)));
                let call = self.builder.build_call(function, &given, "")?;
                self.module.types.mark_call(call, signature, Some(symbol));
                let result = call.try_as_basic_value().basic();
                if !symbol.traps {
                    return Ok(result);
                }
                self.pass_on(result.map(BasicValueEnum::into_int_value))?;
                match place {
                    Some((place, ty)) => {
                        let types = &self.module.types;
                        Ok(Some(self.builder.build_load(types.of(ty), place, "")?))
                    }
                    None => Ok(None),
                }
            }
            Callee::Pointer(address, signature) => {
                let ty = self.module.types.outside(signature, false);
                let call = self.builder.build_indirect_call(ty, self.pointer(*address), &given, "")?;
                self.module.types.mark_call(call, signature, None);
                Ok(call.try_as_basic_value().basic())
            }
        }
    }

    fn arguments(&self, arguments: &[Val]) -> Vec<BasicMetadataValueEnum<'c>> {
        let mut given = Vec::with_capacity(arguments.len() + 1);
        for &argument in arguments {
            match self.value(argument) {
                Value::Slice { first, length, .. } => {
                    given.extend([BasicMetadataValueEnum::from(first), length.into()]);
                }
                _ => given.push(self.one(argument).into()),
            }
        }
        given
    }

    fn result_inside(
        &self,
        call: CallSiteValue<'c>,
        signature: &Signature,
        traps: bool,
    ) -> Built<Option<BasicValueEnum<'c>>> {
        let result = call.try_as_basic_value().basic();
        match (result, traps) {
            (result, false) => Ok(result),
            (Some(BasicValueEnum::StructValue(both)), true) if signature.result.is_some() => {
                let status = self.builder.build_extract_value(both, 0, "")?.into_int_value();
                self.pass_on(Some(status))?;
                Ok(Some(self.builder.build_extract_value(both, 1, "")?))
            }
            (status, true) => {
                self.pass_on(status.map(BasicValueEnum::into_int_value))?;
                Ok(None)
            }
        }
    }

    /// Traps if what was called has.
    fn pass_on(&self, status: Option<inkwell::values::IntValue<'c>>) -> Built<()> {
        let Some(status) = status else { return Ok(()) };
        let has_trapped = self.compare(IntPredicate::NE, status, status.get_type().const_zero())?;
        self.leave_if(has_trapped, status)
    }
}

/// Writes what is called from outside of a function that may trap: the result goes through an address.
pub(super) fn export<'c>(
    module: &Emitter<'c, '_>,
    source: &ir::Function,
    export: FunctionValue<'c>,
    body: FunctionValue<'c>,
) -> Built<()> {
    let builder = module.context.create_builder();
    builder.position_at_end(module.context.append_basic_block(export, "entry"));
    let mut given: Vec<BasicMetadataValueEnum<'c>> = export.get_param_iter().map(Into::into).collect();
    let place = source.signature.result.and_then(|_| given.pop());
    let call = builder.build_call(body, &given, "")?;
    call.set_call_convention(FAST);
    let result = call.try_as_basic_value().unwrap_basic();
    let Some(place) = place else {
        builder.build_return(Some(&result))?;
        return Ok(());
    };
    let both = result.into_struct_value();
    let status = builder.build_extract_value(both, 0, "")?.into_int_value();
    let result = builder.build_extract_value(both, 1, "")?;
    let good = module.context.append_basic_block(export, "good");
    let end = module.context.append_basic_block(export, "end");
    let is_good = builder.build_int_compare(IntPredicate::EQ, status, status.get_type().const_zero(), "")?;
    builder.build_conditional_branch(is_good, good, end)?;
    builder.position_at_end(good);
    let in_memory = match result {
        BasicValueEnum::IntValue(bit) if bit.get_type() == module.types.i1 => {
            builder.build_int_z_extend(bit, module.types.i8, "")?.into()
        }
        result => result,
    };
    builder.build_store(place.into_pointer_value(), in_memory)?;
    builder.build_unconditional_branch(end)?;
    builder.position_at_end(end);
    builder.build_return(Some(&status))?;
    Ok(())
}

/// The function of the linker's own that tells how far the stack of a thread may grow.
pub(super) fn stack_limit<'c>(module: &Emitter<'c, '_>) -> FunctionValue<'c> {
    module.llvm.get_function(crate::link::STACK_LIMIT).unwrap_or_else(|| {
        let ty = module.types.i64.fn_type(&[], false);
        let function = module.llvm.add_function(crate::link::STACK_LIMIT, ty, Some(Linkage::External));
        // It gives the same as long as the thread runs, so once in a function is enough.
        for (name, value) in [("nounwind", 0), ("willreturn", 0), ("memory", 0)] {
            function.add_attribute(AttributeLoc::Function, module.types.attribute(name, value));
        }
        function
    })
}

/// Returns of each function whether it can come to call itself inside of the module.
pub(super) fn recursive(module: &ir::Module) -> Vec<bool> {
    let callees: Vec<Vec<usize>> = module
        .functions
        .iter()
        .map(|function| {
            let instructions = function.blocks.iter().flat_map(|block| &block.instructions);
            let mut callees: Vec<usize> = instructions
                .filter_map(|instruction| match instruction {
                    Instruction::Call { callee: Callee::Function(id), .. } => Some(id.0 as usize),
                    _ => None,
                })
                .collect();
            callees.sort_unstable();
            callees.dedup();
            callees
        })
        .collect();
    // What is left when those that call nothing (any more) are taken away again and again may call itself. That also
    // leaves those that only call one that does; a check too many is no harm.
    let mut callers: Vec<Vec<usize>> = vec![Vec::new(); callees.len()];
    let mut open: Vec<usize> = callees.iter().map(Vec::len).collect();
    for (caller, callees) in callees.iter().enumerate() {
        for &callee in callees {
            callers[callee].push(caller);
        }
    }
    let mut done: Vec<usize> = (0..open.len()).filter(|&index| open[index] == 0).collect();
    let mut recursive = vec![true; open.len()];
    while let Some(index) = done.pop() {
        recursive[index] = false;
        for &caller in &callers[index] {
            open[caller] -= 1;
            if open[caller] == 0 {
                done.push(caller);
            }
        }
    }
    recursive
}
