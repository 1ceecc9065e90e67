//! Types, signatures and attributes in LLVM's terms.

use inkwell::AddressSpace;
use inkwell::attributes::{Attribute, AttributeLoc};
use inkwell::context::Context;
use inkwell::types::{BasicMetadataTypeEnum, BasicType, BasicTypeEnum, FunctionType, IntType, PointerType};
use inkwell::values::{CallSiteValue, FunctionValue};
use rps_jit_ir::{Signature, Symbol, Type};

use crate::link::perf;

/// LLVM's number of the calling convention of C.
pub(super) const C: u32 = 0;
/// That of the convention for calls inside of a module.
pub(super) const FAST: u32 = 8;
/// The attribute `memory` of what reads and writes only what no code of a module can (`inaccessiblemem: readwrite`).
const INACCESSIBLE: u64 = 3 << 2;

/// The types and attributes of a context.
pub(super) struct Types<'c> {
    context: &'c Context,
    pub(super) i1: IntType<'c>,
    pub(super) i8: IntType<'c>,
    pub(super) i32: IntType<'c>,
    pub(super) i64: IntType<'c>,
    pub(super) ptr: PointerType<'c>,
}

impl<'c> Types<'c> {
    pub(super) fn new(context: &'c Context) -> Types<'c> {
        Types {
            context,
            i1: context.bool_type(),
            i8: context.i8_type(),
            i32: context.i32_type(),
            i64: context.i64_type(),
            ptr: context.ptr_type(AddressSpace::default()),
        }
    }

    /// Returns a type that is one value in LLVM; of a slice, its address.
    pub(super) fn of(&self, ty: Type) -> BasicTypeEnum<'c> {
        match ty {
            Type::Bool => self.i1.into(),
            Type::I8 => self.i8.into(),
            Type::I16 => self.context.i16_type().into(),
            Type::I32 => self.i32.into(),
            Type::I64 => self.i64.into(),
            Type::F32 => self.context.f32_type().into(),
            Type::F64 => self.context.f64_type().into(),
            Type::Ptr | Type::Slice(_) => self.ptr.into(),
        }
    }

    /// Returns the type that a value has in memory: a truth value is a byte there.
    pub(super) fn in_memory(&self, ty: BasicTypeEnum<'c>) -> BasicTypeEnum<'c> {
        if ty == self.i1.into() { self.i8.into() } else { ty }
    }

    /// Returns the types of the parameters; a slice is an address and a length.
    fn parameters(&self, signature: &Signature) -> Vec<BasicMetadataTypeEnum<'c>> {
        let mut all = Vec::with_capacity(signature.parameters.len() + 1);
        for &ty in &signature.parameters {
            all.push(self.of(ty).into());
            if matches!(ty, Type::Slice(_)) {
                all.push(self.i64.into());
            }
        }
        all
    }

    /// Returns the type of what is called from outside, or is outside: what may trap gives a status, and its result
    /// through an address behind its arguments.
    pub(super) fn outside(&self, signature: &Signature, traps: bool) -> FunctionType<'c> {
        let mut parameters = self.parameters(signature);
        match (signature.result, traps) {
            (Some(_), true) => {
                parameters.push(self.ptr.into());
                self.i32.fn_type(&parameters, false)
            }
            (None, true) => self.i32.fn_type(&parameters, false),
            (Some(result), false) => self.of(result).fn_type(&parameters, false),
            (None, false) => self.context.void_type().fn_type(&parameters, false),
        }
    }

    /// Returns the type of a function inside of the module: status and result come back together.
    pub(super) fn inside(&self, signature: &Signature, traps: bool) -> FunctionType<'c> {
        match (signature.result, traps) {
            (Some(result), true) => {
                let both = self.context.struct_type(&[self.i32.into(), self.of(result)], false);
                both.fn_type(&self.parameters(signature), false)
            }
            _ => self.outside(signature, traps),
        }
    }

    /// Returns how the small numbers of a signature are widened when they cross to C: a truth value by zeros, integers
    /// with their sign, as `bool`, `int8_t` and `int16_t` are.
    pub(super) fn extensions(&self, signature: &Signature, traps: bool) -> Vec<(AttributeLoc, Attribute)> {
        let extension = |ty: Type| match ty {
            Type::Bool => Some(self.attribute("zeroext", 0)),
            Type::I8 | Type::I16 => Some(self.attribute("signext", 0)),
            _ => None,
        };
        let mut all = Vec::new();
        let mut index = 0;
        for &ty in &signature.parameters {
            all.extend(extension(ty).map(|attribute| (AttributeLoc::Param(index), attribute)));
            index += if matches!(ty, Type::Slice(_)) { 2 } else { 1 };
        }
        let result = signature.result.filter(|_| !traps).and_then(extension);
        all.extend(result.map(|attribute| (AttributeLoc::Return, attribute)));
        all
    }

    /// Returns an attribute that LLVM knows by its name.
    pub(super) fn attribute(&self, name: &str, value: u64) -> Attribute {
        self.context.create_enum_attribute(Attribute::get_named_enum_kind_id(name), value)
    }

    /// Marks what every function of ours is: it never unwinds by itself, but whoever walks the stack, a profiler or the
    /// panic of what it calls, finds its way; and it does not jump over the guard page of the stack. Frame pointers take a
    /// register, so there are some only for whoever finds no way by tables.
    pub(super) fn mark_function(&self, function: FunctionValue<'c>) {
        for (name, value) in [("nounwind", 0), ("uwtable", 2)] {
            function.add_attribute(AttributeLoc::Function, self.attribute(name, value));
        }
        let frame_pointer = if perf::is_wanted() { "all" } else { "none" };
        for (name, value) in [("frame-pointer", frame_pointer), ("probe-stack", "inline-asm")] {
            let attribute = self.context.create_string_attribute(name, value);
            function.add_attribute(AttributeLoc::Function, attribute);
        }
    }

    /// Marks a call of what is outside.
    pub(super) fn mark_call(&self, call: CallSiteValue<'c>, signature: &Signature, symbol: Option<&Symbol>) {
        for (place, attribute) in self.extensions(signature, symbol.is_some_and(|symbol| symbol.traps)) {
            call.add_attribute(place, attribute);
        }
        call.add_attribute(AttributeLoc::Function, self.attribute("nounwind", 0));
        if symbol.is_some_and(|symbol| symbol.is_cold) {
            call.add_attribute(AttributeLoc::Function, self.attribute("cold", 0));
        }
        if symbol.is_some_and(|symbol| symbol.is_isolated) {
            call.add_attribute(AttributeLoc::Function, self.attribute("memory", INACCESSIBLE));
        }
    }
}
