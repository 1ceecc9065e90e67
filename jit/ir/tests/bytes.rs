//! Modules go through bytes unchanged, and damaged bytes are refused.

use rps_jit_ir::{
    Binary, Block, BytesError, Callee, Comparison, Expect, Function, Instruction, Label, Module, Signature,
    Symbol, SymbolId, Type, Val,
};

fn module() -> Module {
    let power = Function {
        name: "power".to_owned(),
        signature: Signature::new(&[Type::I64, Type::I64], Some(Type::I64)),
        is_exported: true,
        is_trusted: false,
        traps: false,
        is_cold: true,
        locals: Vec::new(),
        blocks: vec![
            Block {
                instructions: vec![
                    Instruction::Constant { to: Val(2), ty: Type::I64, bits: u64::MAX },
                    Instruction::Compare {
                        to: Val(3),
                        comparison: Comparison::Less,
                        left: Val(1),
                        right: Val(2),
                    },
                    Instruction::Branch {
                        condition: Val(3),
                        yes: Label(1),
                        no: Label(2),
                        expect: Expect::No,
                    },
                ],
            },
            Block {
                instructions: vec![
                    Instruction::Call {
                        to: None,
                        callee: Callee::Symbol(SymbolId(0)),
                        arguments: vec![Val(0)],
                    },
                    Instruction::Return { from: Some(Val(0)) },
                ],
            },
            Block {
                instructions: vec![
                    Instruction::Binary {
                        to: Val(4),
                        operation: Binary::Multiply,
                        left: Val(0),
                        right: Val(2),
                    },
                    Instruction::Return { from: Some(Val(4)) },
                ],
            },
        ],
    };
    let say = Symbol {
        name: "say".to_owned(),
        signature: Some(Signature::new(&[Type::I64], None)),
        traps: false,
        is_cold: true,
        is_isolated: true,
    };
    Module { functions: vec![power], symbols: vec![say] }
}

#[test]
fn a_module_goes_through_bytes_unchanged() {
    let module = module();
    assert_eq!(module.verify(), Ok(()));
    let bytes = module.to_bytes();
    assert_eq!(Module::from_bytes(&bytes).as_ref(), Ok(&module));
    assert_eq!(module.clone().to_bytes(), bytes);
    assert!(bytes.len() < 90, "the bytes are compact: {}", bytes.len());
}

#[test]
fn each_shortened_or_longer_row_of_bytes_is_refused() {
    let bytes = module().to_bytes();
    for length in 0..bytes.len() {
        let error = Module::from_bytes(&bytes[..length]).unwrap_err();
        let is_start = length < 5;
        assert_eq!(error == BytesError::NotAModule, is_start, "{length}: {error}");
    }
    let longer = [bytes.as_slice(), &[0]].concat();
    assert_eq!(Module::from_bytes(&longer).unwrap_err().code(), "native::damaged");
}

#[test]
fn each_changed_byte_is_refused_or_makes_another_module() {
    let good = module();
    let bytes = good.to_bytes();
    for index in 0..bytes.len() {
        for byte in 0..=u8::MAX {
            let mut damaged = bytes.clone();
            damaged[index] = byte;
            if let Ok(module) = Module::from_bytes(&damaged) {
                assert_eq!(module.to_bytes(), damaged, "one module has one row of bytes");
                let _ = module.verify();
            }
        }
    }
}

#[test]
fn another_version_is_told_apart() {
    let mut bytes = module().to_bytes();
    bytes[4] += 1;
    let error = Module::from_bytes(&bytes).unwrap_err();
    assert_eq!(error, BytesError::OtherVersion(2));
    assert_eq!(error.code(), "native::other-version");
}

#[test]
fn a_great_count_allocates_nothing() {
    let mut bytes = Module::default().to_bytes();
    bytes.truncate(5);
    bytes.extend([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]);
    assert_eq!(Module::from_bytes(&bytes).unwrap_err().code(), "native::damaged");
}
