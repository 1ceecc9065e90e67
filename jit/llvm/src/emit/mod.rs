//! From typed native code to LLVM's intermediate representation.
//!
//! Read in this order: this file (a module: what is declared, and under which names), `types` (types, signatures,
//! attributes), `function` (blocks and control flow), `operation` (what is computed), `memory` (what is read and
//! written), `call` (calls, and how traps pass through them).

mod call;
mod function;
mod memory;
mod operation;
mod types;

use inkwell::AddressSpace;
use inkwell::attributes::AttributeLoc;
use inkwell::builder::BuilderError;
use inkwell::context::Context;
use inkwell::module::{Linkage, Module};
use inkwell::values::{FunctionValue, GlobalValue};
use rps_jit_ir::{self as ir, Callee, Instruction};

use self::types::{C, FAST, Types};
use crate::names;

/// What LLVM's builder says when it is asked for something that makes no sense: a fault in this crate, as the module was
/// verified before.
pub(crate) type Built<T> = Result<T, BuilderError>;

/// Makes LLVM's form of a module, which was verified.
///
/// # Errors
///
/// What LLVM's builder refuses.
pub(crate) fn module<'c>(context: &'c Context, source: &ir::Module) -> Built<Module<'c>> {
    let llvm = context.create_module("native");
    let types = Types::new(context);
    let mut emitter = Emitter { context, llvm, types, source, functions: Vec::new(), symbols: Vec::new() };
    for (symbol, uses) in source.symbols.iter().zip(uses(source)) {
        let declared = emitter.declare_symbol(symbol, uses);
        emitter.symbols.push(declared);
    }
    for function in &source.functions {
        let declared = emitter.declare(function);
        emitter.functions.push(declared);
    }
    let recursive = call::recursive(source);
    for (index, function) in source.functions.iter().enumerate() {
        function::body(&emitter, index, function, recursive[index])?;
        if let Some(export) = emitter.functions[index].export {
            call::export(&emitter, function, export, emitter.functions[index].body)?;
        }
    }
    Ok(emitter.llvm)
}

/// What is being made.
struct Emitter<'c, 'm> {
    context: &'c Context,
    llvm: Module<'c>,
    types: Types<'c>,
    source: &'m ir::Module,
    functions: Vec<Declared<'c>>,
    symbols: Vec<Outside<'c>>,
}

/// A function of the module.
struct Declared<'c> {
    /// What functions of the module call.
    body: FunctionValue<'c>,
    /// What is called from outside, where that is something else.
    export: Option<FunctionValue<'c>>,
}

/// What is outside of the module, as far as the module uses it: whoever makes one may name all that there is.
struct Outside<'c> {
    /// A word that has the address. The name of a global of LLVM would do, if LLVM did not take two names for two places,
    /// and what it knows of the place for a reason to leave out reads and comparisons.
    word: Option<GlobalValue<'c>>,
    /// What is called there.
    function: Option<FunctionValue<'c>>,
}

/// What a module does with a symbol.
#[derive(Clone, Copy, Default)]
struct Uses {
    takes_address: bool,
    calls: bool,
}

fn uses(source: &ir::Module) -> Vec<Uses> {
    let mut uses = vec![Uses::default(); source.symbols.len()];
    let blocks = source.functions.iter().flat_map(|function| &function.blocks);
    for instruction in blocks.flat_map(|block| &block.instructions) {
        match instruction {
            Instruction::Address { symbol, .. } => uses[symbol.0 as usize].takes_address = true,
            Instruction::Call { callee: Callee::Symbol(symbol), .. } => {
                uses[symbol.0 as usize].calls = true;
            }
            _ => {}
        }
    }
    uses
}

impl<'c> Emitter<'c, '_> {
    fn declare_symbol(&self, symbol: &ir::Symbol, uses: Uses) -> Outside<'c> {
        let name = names::of_symbol(&symbol.name);
        let signature = symbol.signature.as_ref().filter(|_| uses.calls);
        let function = signature.map(|signature| {
            let ty = self.types.outside(signature, symbol.traps);
            let function = self.llvm.add_function(&name, ty, Some(Linkage::External));
            for (place, attribute) in self.types.extensions(signature, symbol.traps) {
                function.add_attribute(place, attribute);
            }
            function.add_attribute(AttributeLoc::Function, self.types.attribute("nounwind", 0));
            function
        });
        Outside { word: uses.takes_address.then(|| self.declare_word(&name, function)), function }
    }

    fn declare_word(&self, name: &str, function: Option<FunctionValue<'c>>) -> GlobalValue<'c> {
        let address = match function {
            Some(function) => function.as_global_value().as_pointer_value(),
            None => self.llvm.add_global(self.types.i8, None, name).as_pointer_value(),
        };
        let word = self.llvm.add_global(self.types.ptr, Some(AddressSpace::default()), "address");
        word.set_initializer(&address);
        word.set_linkage(Linkage::Private);
        word.set_alignment(8);
        // It is not: but so LLVM looks at the word, and not through it.
        word.set_externally_initialized(true);
        word
    }

    fn declare(&self, function: &ir::Function) -> Declared<'c> {
        let name = names::of_function(&function.name);
        let signature = &function.signature;
        let export = |traps| {
            let ty = self.types.outside(signature, traps);
            let export = self.llvm.add_function(&name, ty, Some(Linkage::External));
            self.types.mark_function(export);
            for (place, attribute) in self.types.extensions(signature, traps) {
                export.add_attribute(place, attribute);
            }
            export
        };
        let declared = if function.is_exported && !function.traps {
            Declared { body: export(false), export: None }
        } else {
            let export = function.is_exported.then(|| export(true));
            let name = if function.is_exported { format!("{name}.body") } else { name };
            let ty = self.types.inside(signature, function.traps);
            let body = self.llvm.add_function(&name, ty, Some(Linkage::Internal));
            body.set_call_conventions(FAST);
            self.types.mark_function(body);
            Declared { body, export }
        };
        if function.is_cold {
            for name in ["cold", "noinline"] {
                declared.body.add_attribute(AttributeLoc::Function, self.types.attribute(name, 0));
            }
        }
        declared
    }
}

/// Returns the convention by which a function of the module is called.
fn convention(function: &ir::Function) -> u32 {
    if function.is_exported && !function.traps { C } else { FAST }
}
