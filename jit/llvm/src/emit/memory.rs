//! Memory: words at addresses, with what is known of them, and elements of slices, with a check of the index.

use inkwell::values::{
    BasicValue as _, BasicValueEnum, InstructionValue, IntValue, MetadataValue, PointerValue,
};
use inkwell::{AtomicOrdering, IntPredicate};
use rps_jit_ir::function::trap;
use rps_jit_ir::{Element, Memory, Order, SymbolId, Type, Val};

use super::Built;
use super::function::{Emission, Value};

impl<'c> Emission<'_, 'c, '_> {
    /// The address of a symbol.
    pub(super) fn address(&self, symbol: SymbolId) -> Built<BasicValueEnum<'c>> {
        let word = self.module.symbols[symbol.0 as usize].word.expect("its address is used here");
        let value = self.builder.build_load(self.module.types.ptr, word.as_pointer_value(), "")?;
        if let Some(load) = value.as_instruction_value() {
            self.mark(load, self.module.context.metadata_node(&[]), "invariant.load");
        }
        Ok(value)
    }

    /// The address that the stack has come down to. The register itself: a comparison with it is one instruction, and the
    /// address of the frame would need another register for the whole function.
    pub(super) fn stack_address(&self) -> Built<IntValue<'c>> {
        const REGISTER: &str = if cfg!(target_arch = "x86_64") { "rsp" } else { "sp" };
        let context = self.module.context;
        let register = context.metadata_node(&[context.metadata_string(REGISTER).into()]);
        let i64 = self.module.types.i64.into();
        Ok(self.intrinsic("llvm.read_register", &[i64], &[register.into()])?.into_int_value())
    }

    pub(super) fn load(
        &self,
        ty: Type,
        base: PointerValue<'c>,
        offset: i32,
        memory: Memory,
    ) -> Built<BasicValueEnum<'c>> {
        let types = &self.module.types;
        let place = self.behind(base, offset)?;
        let value = self.builder.build_load(types.in_memory(types.of(ty)), place, "")?;
        if let Some(load) = value.as_instruction_value() {
            self.describe(load, memory, ty.bits(), true);
        }
        if ty == Type::Bool {
            let byte = value.into_int_value();
            return Ok(self.compare(IntPredicate::NE, byte, byte.get_type().const_zero())?.into());
        }
        Ok(value)
    }

    pub(super) fn store(
        &self,
        base: PointerValue<'c>,
        offset: i32,
        from: BasicValueEnum<'c>,
        memory: Memory,
    ) -> Built<()> {
        let types = &self.module.types;
        let place = self.behind(base, offset)?;
        let from = match from {
            BasicValueEnum::IntValue(bit) if bit.get_type() == types.i1 => {
                self.builder.build_int_z_extend(bit, types.i8, "")?.into()
            }
            from => from,
        };
        let bits = match from {
            BasicValueEnum::IntValue(int) => int.get_type().get_bit_width(),
            BasicValueEnum::FloatValue(float) => float.get_type().get_bit_width(),
            _ => 64,
        };
        let store = self.builder.build_store(place, from)?;
        self.describe(store, memory, bits, false);
        Ok(())
    }

    /// The address some elements and bytes behind another one.
    pub(super) fn offset(
        &self,
        base: PointerValue<'c>,
        index: IntValue<'c>,
        scale: u32,
        offset: i32,
    ) -> Built<PointerValue<'c>> {
        let types = &self.module.types;
        let bytes = self.builder.build_int_mul(index, types.i64.const_int(u64::from(scale), false), "")?;
        // SAFETY: nothing is promised of the address (it is not `inbounds`), so any one is defined.
        let place = unsafe { self.builder.build_gep(types.i8, base, &[bytes], "") }?;
        self.behind(place, offset)
    }

    fn behind(&self, base: PointerValue<'c>, offset: i32) -> Built<PointerValue<'c>> {
        if offset == 0 {
            return Ok(base);
        }
        let offset = self.module.types.i64.const_int(i64::from(offset) as u64, true);
        // SAFETY: as above.
        unsafe { self.builder.build_gep(self.module.types.i8, base, &[offset], "") }
    }

    pub(super) fn element(&self, slice: Val, index: IntValue<'c>) -> Built<BasicValueEnum<'c>> {
        let place = self.element_place(slice, index)?;
        let (_, _, element) = self.slice(slice);
        self.builder.build_load(self.module.types.of(element.ty()), place, "")
    }

    pub(super) fn set_element(&self, slice: Val, index: IntValue<'c>, from: BasicValueEnum<'c>) -> Built<()> {
        let place = self.element_place(slice, index)?;
        self.builder.build_store(place, from)?;
        Ok(())
    }

    fn element_place(&self, slice: Val, index: IntValue<'c>) -> Built<PointerValue<'c>> {
        let (first, length, element) = self.slice(slice);
        // Without a sign: an index below zero is beyond every length.
        let is_beyond = self.compare(IntPredicate::UGE, index, length)?;
        if self.source.traps {
            self.trap_if(is_beyond, trap::INDEX)?;
        }
        let ty = self.module.types.of(element.ty());
        // SAFETY: the index was compared with the length, or the maker of a trusted function vouches for it.
        unsafe { self.builder.build_in_bounds_gep(ty, first, &[index], "") }
    }

    pub(super) fn slice(&self, val: Val) -> (PointerValue<'c>, IntValue<'c>, Element) {
        match self.value(val) {
            Value::Slice { first, length, element } => (first, length, element),
            Value::None | Value::One(_) => unreachable!("the verifier has seen that it is a slice"),
        }
    }

    /// Writes down what is known of the memory that an instruction reads or writes.
    fn describe(&self, instruction: InstructionValue<'c>, memory: Memory, bits: u32, is_read: bool) {
        let context = self.module.context;
        if memory.class != 0 {
            let zero = self.module.types.i64.const_zero();
            let root = context.metadata_node(&[context.metadata_string("rps").into()]);
            let name = context.metadata_string(&format!("class {}", memory.class));
            let class = context.metadata_node(&[name.into(), root.into(), zero.into()]);
            let access = context.metadata_node(&[class.into(), class.into(), zero.into()]);
            self.mark(instruction, access, "tbaa");
        }
        let ordering = match memory.order {
            Order::Plain => return,
            Order::Constant if is_read => {
                self.mark(instruction, context.metadata_node(&[]), "invariant.load");
                return;
            }
            Order::Constant => return,
            Order::Shared | Order::Volatile => AtomicOrdering::Unordered,
            Order::Ordered if is_read => AtomicOrdering::Acquire,
            Order::Ordered => AtomicOrdering::Release,
        };
        // Of loads and stores of whole bytes, aligned to their size, none of these is refused.
        let marked = instruction
            .set_alignment((bits / 8).max(1))
            .and_then(|()| instruction.set_atomic_ordering(ordering))
            .and_then(|()| instruction.set_volatile(memory.order == Order::Volatile));
        debug_assert!(marked.is_ok(), "{marked:?}");
    }

    /// Adds a node of metadata to an instruction.
    pub(super) fn mark(&self, instruction: InstructionValue<'c>, node: MetadataValue<'c>, kind: &str) {
        let marked = instruction.set_metadata(node, self.module.context.get_kind_id(kind));
        debug_assert!(marked.is_ok(), "{marked:?}");
    }
}
