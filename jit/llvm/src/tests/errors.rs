//! What is refused: an error comes back, with a code, and the process goes on (RPS-29).

use rps_jit_ir::{
    Block, CodeGenerator, FunctionBuilder, Instruction, Module, Signature, Symbol, Type, Val, testing,
};
use rps_plugin::abi::status;

use super::{Code, link, one};
use crate::backend::{self, Level};

fn identity() -> Module {
    let mut f = FunctionBuilder::new("f", Signature::new(&[Type::I64], Some(Type::I64))).exported();
    f.return_value(f.parameter(0));
    one(f)
}

#[test]
fn rps_29_a_module_that_makes_no_sense_is_refused() {
    let mut module = identity();
    module.functions[0].blocks =
        vec![Block { instructions: vec![Instruction::Return { from: Some(Val(9)) }] }];
    let error = backend::compile(&module.to_bytes(), Level::Best).unwrap_err();
    assert_eq!(error.status(), status::INVALID);
    assert!(error.message().contains("native::undefined-value"), "{error}");
    let error = backend::compile(b"nonsense", Level::Best).unwrap_err();
    assert_eq!(error.status(), status::INVALID);
    assert!(error.message().contains("native::not-a-module"), "{error}");
}

/// Damaged modules are refused, or compiled: LLVM verifies each.
#[test]
fn rps_29_damaged_modules_never_end_the_process() {
    let (mut refused, mut compiled) = (0, 0);
    for seed in 0..400u64 {
        let mut bytes = testing::module(&testing::bytes(seed, 150)).to_bytes();
        let index = (seed as usize * 7919) % bytes.len();
        bytes[index] ^= 1 << (seed % 8);
        match backend::compile(&bytes, Level::Soon) {
            Ok(_) => compiled += 1,
            Err(error) => {
                assert_eq!(error.status(), status::INVALID, "seed {seed}: {error}");
                refused += 1;
            }
        }
    }
    assert!(refused > 50 && compiled > 50, "{refused} were refused, {compiled} compiled");
}

#[test]
fn a_module_that_is_too_large_is_refused() {
    let mut f = FunctionBuilder::new("f", Signature::new(&[Type::I64], Some(Type::I64))).exported();
    let mut value = f.parameter(0);
    for _ in 0..500_001 {
        value = f.not(value);
    }
    f.return_value(value);
    let error = backend::compile(&one(f).to_bytes(), Level::Soon).unwrap_err();
    assert_eq!(error.status(), status::LIMIT);
    assert!(error.message().starts_with("llvm::too-large"), "{error}");
}

/// Many blocks in a row, deep nesting of what dominates what: LLVM's own recursion must not overflow the stack of an
/// ordinary thread.
#[test]
fn a_long_function_is_compiled_on_the_stack_of_a_thread() {
    let mut f = FunctionBuilder::new("f", Signature::new(&[Type::I64], Some(Type::I64))).exported();
    let local = f.variable(f.parameter(0));
    for number in 0..5000 {
        let (yes, next) = (f.label(), f.label());
        let (value, limit) = (f.get(local), f.i64(number));
        let condition = f.less(value, limit);
        f.branch(condition, yes, next, rps_jit_ir::Expect::Unknown);
        f.place(yes);
        let more = f.add(value, limit);
        f.set(local, more);
        f.jump(next);
        f.place(next);
    }
    let value = f.get(local);
    f.return_value(value);
    let module = one(f);
    let code = std::thread::spawn(move || Code::new(&module, Level::Soon, &[])).join().unwrap();
    // SAFETY: the module exports such a function.
    let f: extern "C" fn(i64) -> i64 = unsafe { std::mem::transmute(code.find("f")) };
    assert_eq!(f(5000), 5000);
    assert_eq!(f(4998), 9997);
}

#[test]
fn a_level_that_is_none_is_refused() {
    for level in [0, 3, u32::MAX] {
        let error = Level::of(level).unwrap_err();
        assert_eq!(error.status(), status::INVALID);
        assert!(error.message().starts_with("llvm::no-level"), "{error}");
    }
}

#[test]
fn a_missing_symbol_is_named() {
    let mut generator = CodeGenerator::new();
    let symbol = generator.symbol(Symbol::function("nowhere", Signature::new(&[], None)));
    let place = generator.symbol(Symbol::address("neither"));
    let mut f = FunctionBuilder::trusted("f", Signature::new(&[], Some(Type::Ptr))).exported();
    f.call_void(&symbol, &[]);
    let value = f.address(&place);
    f.return_value(value);
    generator.add(f);
    let object = backend::compile(&generator.finish().unwrap().to_bytes(), Level::Best).unwrap();
    for _ in 0..50 {
        let error = link(&object, &[("neither", 16)]).err().expect("it is refused");
        assert_eq!(error.status(), status::ERROR);
        assert!(
            error.message().starts_with("llvm::not-linked") && error.message().contains("nowhere"),
            "{error}"
        );
    }
    extern "C" fn nothing() {}
    let code = link(&object, &[("neither", 16), ("nowhere", nothing as *const () as usize)]).unwrap();
    // SAFETY: the module exports such a function.
    let f: extern "C" fn() -> usize = unsafe { std::mem::transmute(code.find("f")) };
    assert_eq!(f(), 16);
}

#[test]
fn a_symbol_that_is_given_twice_is_refused() {
    let object = backend::compile(&identity().to_bytes(), Level::Best).unwrap();
    let error = link(&object, &[("a", 16), ("a", 32)]).err().expect("it is refused");
    assert!(error.message().starts_with("llvm::"), "{error}");
    assert!(link(&object, &[("a", 16), ("b", 16), ("no name of C: \0", 16)]).is_ok());
}

/// RPS-31: what lies in a cache may be damaged in any way.
#[test]
fn rps_31_damaged_objects_are_refused() {
    let object = backend::compile(&identity().to_bytes(), Level::Best).unwrap();
    for index in (0..object.len()).step_by(7) {
        let mut damaged = object.clone();
        damaged[index] ^= 0x41;
        assert_eq!(link(&damaged, &[]).err().map(|error| error.status()), Some(status::CORRUPT), "{index}");
    }
    assert!(link(&object[..object.len() - 1], &[]).is_err());
    assert!(link(&[], &[]).is_err());
}
