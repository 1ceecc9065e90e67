//! Every operation, at the edges of every type, gives what the evaluator says: computed while the code runs, and by the
//! compiler from constants.

use rps_jit_ir::evaluate::{self, Value};
use rps_jit_ir::function::trap;
use rps_jit_ir::{
    Binary, Checked, CodeGenerator, Comparison, Conversion, FunctionBuilder, Memory, Module, Signature, Type,
    Unary, Val,
};

use super::{Code, levels};
use crate::backend::Level;

/// One operation on values of one type.
#[derive(Clone, Copy, Debug)]
enum Operation {
    Binary(Binary),
    Checked(Checked),
    Unary(Unary),
    Convert(Conversion, Type),
    Compare(Comparison),
}

/// A word for the result, and one for what there is in addition.
type Words = [u64; 2];
/// Takes two words and writes two.
type Native = extern "C" fn(*const Words, *mut Words) -> i32;

const TYPES: [Type; 8] =
    [Type::Bool, Type::I8, Type::I16, Type::I32, Type::I64, Type::F32, Type::F64, Type::Ptr];

#[test]
fn rps_35_every_operation_gives_what_the_evaluator_says() {
    let cases = cases();
    assert!(cases.len() > 200, "{}", cases.len());
    let module = module(cases.iter().map(|&(operation, ty)| (name(operation, ty), operation, ty, None)));
    for level in levels() {
        let code = Code::new(&module, level, &[]);
        for &(operation, ty) in &cases {
            // SAFETY: the module exports such a function.
            let native: Native = unsafe { std::mem::transmute(code.find(&name(operation, ty))) };
            for left in edges(ty) {
                for right in rights(operation, ty) {
                    let context = || format!("{operation:?} of {ty:?}: {left:#x}, {right:#x}, {level:?}");
                    compare(operation, ty, left, right, call(native, left, right), context);
                }
            }
        }
    }
}

#[test]
fn rps_35_every_operation_on_constants_gives_what_the_evaluator_says() {
    let mut all = Vec::new();
    for (operation, ty) in cases() {
        let (lefts, rights) = (edges(ty), rights(operation, ty));
        for (index, &left) in lefts.iter().enumerate() {
            let right = rights[index * 7 % rights.len()];
            all.push((format!("{} {index}", name(operation, ty)), operation, ty, Some((left, right))));
        }
    }
    let module = module(all.iter().cloned());
    let code = Code::new(&module, Level::Best, &[]);
    for (name, operation, ty, constants) in all {
        let (left, right) = constants.unwrap();
        // SAFETY: the module exports such a function.
        let native: Native = unsafe { std::mem::transmute(code.find(&name)) };
        let context = || format!("{operation:?} of {ty:?}: {left:#x}, {right:#x}, constants");
        compare(operation, ty, left, right, call(native, 0, 0), context);
    }
}

fn call(native: Native, left: u64, right: u64) -> Result<Words, i32> {
    let (input, mut output) = ([left, right], [0; 2]);
    match native(&raw const input, &raw mut output) {
        0 => Ok(output),
        code => Err(code),
    }
}

fn compare(
    operation: Operation,
    ty: Type,
    left: u64,
    right: u64,
    found: Result<Words, i32>,
    context: impl Fn() -> String,
) {
    let (result, wanted) = match operation {
        Operation::Binary(binary) => (ty, evaluate::binary(binary, ty, left, right).map(|bits| [bits, 0])),
        Operation::Checked(checked) => {
            let (bits, beyond) = evaluate::checked(checked, ty, left, right);
            (ty, Some([bits, u64::from(beyond)]))
        }
        Operation::Unary(unary) => (ty, evaluate::unary(unary, ty, left).map(|bits| [bits, 0])),
        Operation::Convert(conversion, to) => {
            (to, evaluate::convert(conversion, ty, to, left).map(|bits| [bits, 0]))
        }
        Operation::Compare(comparison) => {
            (Type::Bool, Some([u64::from(evaluate::compare(comparison, ty, left, right)), 0]))
        }
    };
    match (found, wanted) {
        (Ok(found), Some(wanted)) => {
            let (first, second) = (Value::new(result, found[0]), Value::new(result, wanted[0]));
            assert!(first.is_same(&second) && found[1] == wanted[1], "{}: {found:x?} {wanted:x?}", context());
        }
        (found, None) => assert_eq!(found, Err(trap::DIVISION), "{}", context()),
        (found, wanted) => panic!("{}: {found:?} {wanted:?}", context()),
    }
}

fn name(operation: Operation, ty: Type) -> String {
    format!("{operation:?} {ty:?}")
}

/// Returns every operation with every type that it is defined for.
fn cases() -> Vec<(Operation, Type)> {
    let mut all = Vec::new();
    for ty in TYPES {
        let mut operations: Vec<Operation> = Vec::new();
        operations.extend(Binary::ALL.map(Operation::Binary));
        operations.extend(Checked::ALL.map(Operation::Checked));
        operations.extend(Unary::ALL.map(Operation::Unary));
        operations.extend(Comparison::ALL.map(Operation::Compare));
        for conversion in Conversion::ALL {
            operations.extend(TYPES.map(|to| Operation::Convert(conversion, to)));
        }
        // What is not defined the verifier refuses.
        let is_defined = |operation: &Operation| {
            let mut generator = CodeGenerator::new();
            generator.add(function("f".into(), *operation, ty, None));
            generator.finish().is_ok()
        };
        all.extend(operations.into_iter().filter(is_defined).map(|operation| (operation, ty)));
    }
    all
}

type Case = (String, Operation, Type, Option<(u64, u64)>);

fn module(cases: impl Iterator<Item = Case>) -> Module {
    let mut generator = CodeGenerator::new();
    for (name, operation, ty, constants) in cases {
        generator.add(function(name, operation, ty, constants));
    }
    generator.finish().unwrap()
}

/// Returns a function that takes its operands from memory, or has them as constants, and writes what it gives.
fn function(name: String, operation: Operation, ty: Type, constants: Option<(u64, u64)>) -> FunctionBuilder {
    let signature = Signature::new(&[Type::Ptr, Type::Ptr], None);
    let mut f = FunctionBuilder::trusted(&name, signature).exported().trapping();
    let (input, output) = (f.parameter(0), f.parameter(1));
    let (left, right) = match constants {
        Some((left, right)) => (f.constant(ty, left & ty.mask()), f.constant(ty, right & ty.mask())),
        None => {
            let left = f.load(ty, input, 0, Memory::default());
            (left, f.load(ty, input, 8, Memory::default()))
        }
    };
    let write =
        |f: &mut FunctionBuilder, value: Val, offset| f.store(output, offset, value, Memory::default());
    match operation {
        Operation::Binary(binary) => {
            let value = f.binary(binary, left, right);
            write(&mut f, value, 0);
        }
        Operation::Checked(checked) => {
            let (value, beyond) = f.checked(checked, left, right);
            write(&mut f, value, 0);
            write(&mut f, beyond, 8);
        }
        Operation::Unary(unary) => {
            let value = f.unary(unary, left);
            write(&mut f, value, 0);
        }
        Operation::Convert(conversion, to) => {
            let value = f.convert(conversion, left, to);
            write(&mut f, value, 0);
        }
        Operation::Compare(comparison) => {
            let value = f.compare(comparison, left, right);
            write(&mut f, value, 0);
        }
    }
    f.return_void();
    f
}

/// Returns the right operands that are tried: of shifts, all that make a difference.
fn rights(operation: Operation, ty: Type) -> Vec<u64> {
    let shifts = [Binary::ShiftLeft, Binary::ShiftRight, Binary::ShiftRightUnsigned, Binary::RotateLeft];
    match operation {
        Operation::Binary(binary) if shifts.contains(&binary) => {
            let mut all = edges(ty);
            all.extend((0..=2 * u64::from(ty.bits())).map(|amount| amount & ty.mask()));
            all
        }
        Operation::Unary(_) | Operation::Convert(..) => vec![0],
        _ => edges(ty),
    }
}

/// Returns values from the edges of a type, as the bits of a word.
fn edges(ty: Type) -> Vec<u64> {
    let of_floats = |floats: &[f64]| -> Vec<u64> {
        floats
            .iter()
            .map(|&float| if ty == Type::F32 { u64::from((float as f32).to_bits()) } else { float.to_bits() })
            .collect()
    };
    match ty {
        Type::Bool => vec![0, 1],
        Type::F32 | Type::F64 => {
            let mut all = of_floats(&[
                0.0,
                1.0,
                0.5,
                1.5,
                2.5,
                0.49999999999999994,
                3.0,
                127.0,
                127.5,
                128.0,
                255.0,
                256.0,
                32767.5,
                65536.0,
                2147483647.0,
                2147483648.0,
                4294967296.0,
                9007199254740993.0,
                9.223372036854775e18,
                9.223372036854776e18,
                1.8446744073709552e19,
                1e30,
                1e300,
                1e-300,
                5e-324,
                f64::MAX,
                f64::MIN_POSITIVE,
                f64::INFINITY,
                f64::NAN,
                0.1,
                8388607.5,
                4503599627370495.5,
            ]);
            let sign = 1 << (ty.bits() - 1);
            all.extend(all.clone().iter().map(|bits| bits | sign));
            all
        }
        Type::Ptr => vec![0, 1, 16, 0x7fff_ffff_fff0, u64::MAX],
        _ => {
            let (mask, bits) = (ty.mask(), ty.bits());
            let least = 1_u64 << (bits - 1);
            let mut all =
                vec![0, 1, 2, 3, 7, 10, 63, 64, 100, 0x55, 0x5555_5555_5555_5555, 0x1234_5678_9abc_def0];
            all.extend([least, least - 1, least + 1, mask, mask - 1, mask - 2, least >> 1, (1 << 53) + 1]);
            all.iter().map(|bits| bits & mask).collect()
        }
    }
}
