//! Typed code of programs: machine code of a function that the language has made native code of.
//!
//! The runtime calls all of it by one signature: with a row of words, which a function made here takes apart.

use rps_jit_ir::function::{Memory, Order};
use rps_jit_ir::{FunctionBuilder, Instruction, Module, Signature, Symbol, SymbolId, Target, Type};
use rps_runtime::Runtime;
use rps_runtime::code::typed::{POLL, SIGNALS, TypedCode, TypedParameter};

use crate::backend::Backend;

/// The name of the function that the runtime calls. Names of the language have no point.
const ENTER: &str = "rps.enter";
/// Code that a program has marked as native is worth the long pipeline.
const LEVEL: u32 = 2;

/// Makes machine code of a function of a module, and returns it with how many bytes it takes.
///
/// # Errors
///
/// If the module is none, or the backend makes no code of it: why.
pub(crate) fn compile(
    backend: &dyn Backend,
    runtime: &Runtime,
    module: &[u8],
    function: &str,
) -> Result<(TypedCode, usize), String> {
    let mut module = Module::from_bytes(module).map_err(|error| error.to_string())?;
    check(&module)?;
    let found = module.functions.iter().find(|own| own.name == function);
    let found =
        found.filter(|own| own.traps && own.is_exported).ok_or("there is no such function that traps")?;
    let signature = found.signature.clone();
    let parameters: Vec<TypedParameter> = signature.parameters.iter().map(|ty| parameter(*ty)).collect();
    module.functions.push(enter(&signature)?);
    let object = backend.compile(&module.to_bytes(), LEVEL).map_err(|error| error.to_string())?;
    let symbols = runtime.typed_symbols().map(|(name, address)| (name.to_owned(), address as u64));
    let linked = backend.link(&object, &symbols).map_err(|error| error.to_string())?;
    let bytes = linked.bytes();
    let enter = linked.address(ENTER).ok_or("the code has no entrance")?;
    let function = linked.address(function).ok_or("the code has no function")?;
    // SAFETY: the module was verified by the backend, and checked above: its functions read and write elements of their rows
    // only, but for the word, and call the symbols only as they are; `enter` takes from the frame what the parameters say.
    Ok((unsafe { TypedCode::new(enter, function, &parameters, Box::new(linked)) }, bytes))
}

/// Makes sure that a module is safe whatever it does: that it refers to nothing but what the runtime has for it, and that
/// functions which are trusted do nothing but to read the word with the signals.
fn check(module: &Module) -> Result<(), String> {
    let signals = Symbol::address(SIGNALS);
    let poll = Symbol::function(POLL, Signature::default()).trapping().cold();
    if let Some(other) = module.symbols.iter().find(|own| **own != signals && **own != poll) {
        return Err(format!("typed code does not refer to `{}` so", other.name));
    }
    let is_signals = |symbol: SymbolId| module.symbols.get(symbol.0 as usize) == Some(&signals);
    for function in module.functions.iter().filter(|function| function.is_trusted) {
        let instructions = || function.blocks.iter().flat_map(|block| &block.instructions);
        let is_safe = instructions().all(|instruction| match *instruction {
            // The only addresses are those of the word: there are no parameters.
            Instruction::Address { symbol, .. } => is_signals(symbol),
            Instruction::Load { ty: Type::I32, offset: 0, .. } => function.signature.parameters.is_empty(),
            Instruction::Constant { ty, .. } => ty != Type::Ptr,
            Instruction::Compare { .. } | Instruction::Return { .. } => true,
            _ => false,
        });
        if !is_safe {
            return Err(format!("`{}` is trusted", function.name));
        }
    }
    Ok(())
}

fn parameter(ty: Type) -> TypedParameter {
    match ty {
        Type::Slice(element) => TypedParameter::Row(element.ty().bits() as usize / 8),
        _ => TypedParameter::Number,
    }
}

/// Returns the function that calls another one, at an address, with arguments of a frame.
fn enter(signature: &Signature) -> Result<rps_jit_ir::Function, String> {
    let own = Signature::new(&[Type::Ptr, Type::Ptr, Type::Ptr], Some(Type::I32));
    let mut f = FunctionBuilder::trusted(ENTER, own).exported();
    let (callee, frame, result) = (f.parameter(0), f.parameter(1), f.parameter(2));
    let memory = Memory { class: 0, order: Order::Plain };
    let (mut types, mut arguments, mut offset) = (Vec::new(), Vec::new(), 0);
    let mut load = |f: &mut FunctionBuilder, ty: Type| {
        types.push(ty);
        arguments.push(f.load(ty, frame, offset, memory));
        offset += 8;
    };
    for &ty in &signature.parameters {
        match ty {
            // An address and a length, as C has them.
            Type::Slice(_) => {
                load(&mut f, Type::Ptr);
                load(&mut f, Type::I64);
            }
            ty => load(&mut f, ty),
        }
    }
    if signature.result.is_some() {
        types.push(Type::Ptr);
        arguments.push(result);
    }
    let outside = Signature::new(&types, Some(Type::I32));
    let status = f.call(Target::Pointer(callee, &outside), &arguments);
    f.return_value(status);
    f.finish().map_err(|report| report.to_string())
}
