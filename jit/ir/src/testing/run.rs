//! What a random module gets, and what becomes of it.

use std::cell::RefCell;
use std::rc::Rc;

use super::choices::Choices;
use crate::evaluate::{AddressSpace, Bytes, Evaluator, Stop, Value};
use crate::function::trap;
use crate::module::{Module, Symbol};
use crate::types::{Element, Signature, Type};

/// The name of the function that is called from outside.
pub const ENTRY: &str = "entry";

/// How many bytes of memory the function gets, from an address that 64 divides. It reads and writes the first two thirds of
/// them, and only reads the others.
pub const MEMORY: usize = 192;

/// What the function gets: its arguments, in the order of the parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inputs {
    /// Two integers of 64 bits.
    pub longs: [i64; 2],
    /// An integer of 32 bits.
    pub int: i32,
    /// The bits of a floating-point number of 64 bits.
    pub double: u64,
    /// The bits of a floating-point number of 32 bits.
    pub float: u32,
    /// The memory that the pointer points to, [`MEMORY`] bytes.
    pub memory: Vec<u8>,
    /// The elements of a slice of integers of 64 bits.
    pub long_slice: Vec<i64>,
    /// The bits of the elements of a slice of floating-point numbers of 64 bits.
    pub double_slice: Vec<u64>,
    /// The elements of a slice of integers of 8 bits.
    pub byte_slice: Vec<i8>,
}

/// What becomes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The result, or the number of a trap.
    pub result: Result<i64, i32>,
    /// What the symbol `note` was called with.
    pub notes: Vec<i64>,
    /// The inputs as they are afterwards: memory and slices may have changed.
    pub inputs: Inputs,
}

/// Returns what [`ENTRY`] takes and gives. It is exported, and traps.
pub fn signature() -> Signature {
    Signature::new(
        &[
            Type::I64,
            Type::I64,
            Type::I32,
            Type::F64,
            Type::F32,
            Type::Ptr,
            Type::Slice(Element::I64),
            Type::Slice(Element::F64),
            Type::Slice(Element::I8),
        ],
        Some(Type::I64),
    )
}

/// Returns the symbols that random modules call: `note`, which remembers an integer in [`Outcome::notes`], and those that do
/// what [`scramble`], [`shrink`] and [`odd_or_trap`] do.
pub fn symbols() -> [Symbol; 4] {
    [
        Symbol::function("note", Signature::new(&[Type::I64], None)),
        Symbol::function("scramble", Signature::new(&[Type::I64, Type::I32], Some(Type::I64))),
        Symbol::function("shrink", Signature::new(&[Type::F64], Some(Type::F64))).cold(),
        Symbol::function("odd_or_trap", Signature::new(&[Type::I64], Some(Type::I64))).trapping(),
    ]
}

/// What the symbol `scramble` does.
pub fn scramble(long: i64, int: i32) -> i64 {
    long.wrapping_mul(31) ^ i64::from(int)
}

/// What the symbol `shrink` does.
pub fn shrink(double: f64) -> f64 {
    double * 0.5
}

/// What the symbol `odd_or_trap` does: an even number traps with [`trap::USER`] + 100.
///
/// # Errors
///
/// If the number is even: the number of the trap.
pub fn odd_or_trap(long: i64) -> Result<i64, i32> {
    if long & 1 == 1 { Ok(long) } else { Err(trap::USER + 100) }
}

/// Returns inputs, decided by bytes.
pub fn inputs(bytes: &[u8]) -> Inputs {
    let mut choices = Choices::new(bytes);
    let longs = [choices.word() as i64, choices.word() as i64];
    let int = choices.word() as i32;
    let (double, float) = (choices.float().to_bits(), (choices.float() as f32).to_bits());
    let length = choices.below(6);
    let long_slice = (0..length).map(|_| choices.word() as i64).collect();
    let length = choices.below(6);
    let double_slice = (0..length).map(|_| choices.float().to_bits()).collect();
    let length = choices.below(20);
    let byte_slice = (0..length).map(|_| choices.byte() as i8).collect();
    let memory = (0..MEMORY).map(|_| choices.byte()).collect();
    Inputs { longs, int, double, float, memory, long_slice, double_slice, byte_slice }
}

/// Memory that is asked for afterwards.
struct Shared(Rc<RefCell<Bytes>>);

impl AddressSpace for Shared {
    fn read(&mut self, address: u64, count: usize) -> Option<u64> {
        self.0.borrow_mut().read(address, count)
    }

    fn write(&mut self, address: u64, count: usize, bits: u64) -> Option<()> {
        self.0.borrow_mut().write(address, count, bits)
    }
}

/// Returns what becomes of a random module.
///
/// # Errors
///
/// If it came to no end, as it is too long, or is not what [`module`](super::module) made.
pub fn run(module: &Module, inputs: &Inputs, steps: u64) -> Result<Outcome, Stop> {
    const BASE: u64 = 0x1_0000;
    if module.symbols != symbols() {
        return Err(Stop::Call("the module has other symbols".to_owned()));
    }
    let memory = Rc::new(RefCell::new(Bytes { base: BASE, bytes: inputs.memory.clone() }));
    let notes = Rc::new(RefCell::new(Vec::new()));
    let mut evaluator = Evaluator::new(module).map_err(|report| Stop::Call(report.to_string()))?;
    evaluator.steps = steps;
    evaluator.state.memory = Some(Box::new(Shared(Rc::clone(&memory))));
    let noted = Rc::clone(&notes);
    evaluator.define("note", move |_, arguments| {
        noted.borrow_mut().push(arguments[0].as_i64());
        Ok(None)
    });
    evaluator.define("scramble", |_, arguments| {
        Ok(Some(scramble(arguments[0].as_i64(), arguments[1].as_i64() as i32).into()))
    });
    evaluator.define("shrink", |_, arguments| Ok(arguments[0].as_f64().map(|double| shrink(double).into())));
    evaluator.define("odd_or_trap", |_, arguments| Ok(Some(odd_or_trap(arguments[0].as_i64())?.into())));
    let longs: Vec<u64> = inputs.long_slice.iter().map(|long| *long as u64).collect();
    let bytes: Vec<u64> = inputs.byte_slice.iter().map(|byte| *byte as u64).collect();
    let slices = [
        evaluator.slice(Element::I64, &longs),
        evaluator.slice(Element::F64, &inputs.double_slice),
        evaluator.slice(Element::I8, &bytes),
    ];
    let arguments = [
        inputs.longs[0].into(),
        inputs.longs[1].into(),
        inputs.int.into(),
        Value::new(Type::F64, inputs.double),
        Value::new(Type::F32, inputs.float.into()),
        Value::new(Type::Ptr, BASE),
        slices[0],
        slices[1],
        slices[2],
    ];
    let result = match evaluator.call(ENTRY, &arguments) {
        Ok(result) => Ok(result.map_or(0, |result| result.as_i64())),
        Err(Stop::Trap(code)) => Err(code),
        Err(stop) => return Err(stop),
    };
    let [long_slice, double_slice, byte_slice] =
        slices.map(|slice| evaluator.state.elements(&slice).to_vec());
    let inputs = Inputs {
        memory: memory.borrow().bytes.clone(),
        long_slice: long_slice.into_iter().map(|bits| bits as i64).collect(),
        double_slice,
        byte_slice: byte_slice.into_iter().map(|bits| bits as i8).collect(),
        ..inputs.clone()
    };
    let notes = notes.borrow().clone();
    Ok(Outcome { result, notes, inputs })
}
