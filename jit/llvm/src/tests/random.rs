//! Random modules do the same as machine code as in the evaluator (RPS-35).

use rps_jit_ir::testing::{self, ENTRY, Inputs, MEMORY, Outcome};
use rps_jit_ir::{Module, evaluate::Stop};

use super::{Code, levels};
use crate::backend::Level;

/// How many modules are tried.
const COUNT: u64 = 400;
/// What takes longer is not compared.
const STEPS: u64 = 300_000;

type Entry = extern "C" fn(
    i64,
    i64,
    i32,
    f64,
    f32,
    *mut u8,
    *mut i64,
    usize,
    *mut f64,
    usize,
    *mut i8,
    usize,
    *mut i64,
) -> i32;

#[test]
fn rps_35_random_modules_do_the_same_as_in_the_evaluator() {
    let mut compared = 0;
    for seed in 0..COUNT {
        let bytes = testing::bytes(seed ^ 0x1111, 400);
        let module = testing::module(&bytes);
        for level in levels() {
            let code = Code::new(&module, level, &symbols());
            for round in 0..2 {
                let inputs = testing::inputs(&testing::bytes(seed * 2 + round, 300));
                let wanted = match testing::run(&module, &inputs, STEPS) {
                    Ok(outcome) => outcome,
                    Err(Stop::Steps) => continue,
                    Err(stop) => panic!("seed {seed}: {stop}"),
                };
                let found = run(&code, &inputs);
                assert_eq!(
                    found,
                    wanted,
                    "seed {seed}, level {level:?}, round {round}\n{}",
                    shown(&module, level)
                );
                compared += 1;
            }
        }
    }
    assert!(compared > COUNT * 3, "{compared} were compared");
}

fn shown(module: &Module, level: Level) -> String {
    let form = rps_plugin::TierForm::Intermediate;
    let text = crate::backend::show(&module.to_bytes(), level, form).unwrap();
    format!("{module}\n{text}")
}

/// Memory at an address that 64 divides.
#[repr(C, align(64))]
struct Memory([u8; MEMORY]);

fn run(code: &Code, inputs: &Inputs) -> Outcome {
    // SAFETY: the module exports such a function.
    let entry: Entry = unsafe { std::mem::transmute(code.find(ENTRY)) };
    let mut memory = Memory([0; MEMORY]);
    memory.0.copy_from_slice(&inputs.memory);
    let mut longs = inputs.long_slice.clone();
    let mut doubles: Vec<f64> = inputs.double_slice.iter().map(|&bits| f64::from_bits(bits)).collect();
    let mut bytes = inputs.byte_slice.clone();
    let mut result = 0;
    NOTES.with_borrow_mut(Vec::clear);
    let status = entry(
        inputs.longs[0],
        inputs.longs[1],
        inputs.int,
        f64::from_bits(inputs.double),
        f32::from_bits(inputs.float),
        memory.0.as_mut_ptr(),
        longs.as_mut_ptr(),
        longs.len(),
        doubles.as_mut_ptr(),
        doubles.len(),
        bytes.as_mut_ptr(),
        bytes.len(),
        &raw mut result,
    );
    Outcome {
        result: if status == 0 { Ok(result) } else { Err(status) },
        notes: NOTES.take(),
        inputs: Inputs {
            memory: memory.0.to_vec(),
            long_slice: longs,
            double_slice: doubles.into_iter().map(f64::to_bits).collect(),
            byte_slice: bytes,
            ..inputs.clone()
        },
    }
}

thread_local! {
    static NOTES: std::cell::RefCell<Vec<i64>> = const { std::cell::RefCell::new(Vec::new()) };
}

extern "C" fn note(long: i64) {
    NOTES.with_borrow_mut(|notes| notes.push(long));
}

extern "C" fn scramble(long: i64, int: i32) -> i64 {
    testing::scramble(long, int)
}

extern "C" fn shrink(double: f64) -> f64 {
    testing::shrink(double)
}

extern "C" fn odd_or_trap(long: i64, result: &mut i64) -> i32 {
    match testing::odd_or_trap(long) {
        Ok(odd) => {
            *result = odd;
            0
        }
        Err(code) => code,
    }
}

fn symbols() -> [(&'static str, usize); 4] {
    [
        ("note", note as *const () as usize),
        ("scramble", scramble as *const () as usize),
        ("shrink", shrink as *const () as usize),
        ("odd_or_trap", odd_or_trap as *const () as usize),
    ]
}
