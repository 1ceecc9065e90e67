//! The instructions, eight bytes each.

use crate::value::number::Operation;

/// The number of a register in a frame.
pub type Register = u16;

/// A comparison of two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// Equal: numbers by value, everything else structurally.
    Equal,
    /// Not equal.
    NotEqual,
    /// Less, of numbers or of strings.
    Less,
    /// Less or equal.
    LessEqual,
    /// Greater.
    Greater,
    /// Greater or equal.
    GreaterEqual,
}

/// An instruction. `to` is the register of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the operands are explained with their instructions")]
pub enum Instruction {
    /// Loads a constant.
    Constant { to: Register, constant: u16 },
    /// Copies a register.
    Move { to: Register, from: Register },
    /// Loads a variable of the context.
    LoadVariable { to: Register, variable: u16 },
    /// Stores into a variable of the context.
    StoreVariable { variable: u16, from: Register },
    /// Loads the last value of the context.
    LoadLast { to: Register },
    /// Loads what a symbol, a constant, stands for now.
    LoadGlobal { to: Register, constant: u16 },
    /// Makes a tuple of `count` registers from `first` on.
    MakeTuple { to: Register, first: Register, count: u16 },
    /// Makes a set of `count` registers from `first` on.
    MakeSet { to: Register, first: Register, count: u16 },
    /// Makes a string of the texts of `count` registers from `first` on.
    MakeString { to: Register, first: Register, count: u16 },
    /// Reads the attribute that a constant is; nil where an object has none.
    GetAttribute { to: Register, object: Register, constant: u16 },
    /// Reads the attribute that a register holds.
    GetComputed { to: Register, object: Register, key: Register },
    /// Stores the attribute that a constant is.
    PutAttribute { object: Register, constant: u16, value: Register },
    /// Stores the attribute that a register holds.
    PutComputed { object: Register, key: Register, value: Register },
    /// Reads an element of a collection, or a component of an object.
    GetElement { to: Register, collection: Register, index: Register },
    /// Stores an element or a component.
    PutElement { collection: Register, index: Register, value: Register },
    /// Adds an element or a component at the end.
    PushElement { collection: Register, value: Register },
    /// Sends the selector that a constant is to `first` with the `count` registers behind it; the result goes to
    /// `first`.
    Send { first: Register, constant: u16, count: u16 },
    /// Applies `first` to the `count` registers behind it; the result goes to `first`.
    Call { first: Register, count: u16 },
    /// Arithmetic, bits, union and intersection.
    Operate { operation: Operation, to: Register, left: Register, right: Register },
    /// A comparison.
    Compare { comparison: Comparison, to: Register, left: Register, right: Register },
    /// The number with the other sign.
    Negate { to: Register, from: Register },
    /// Whether the value is nil or false.
    Not { to: Register, from: Register },
    /// Goes on at an instruction.
    Jump { target: u16 },
    /// Goes on at an instruction when the value is nil or false.
    JumpIfFalse { condition: Register, target: u16 },
    /// Goes on at an instruction when the value is neither.
    JumpIfTrue { condition: Register, target: u16 },
    /// Makes an object of a class.
    New { to: Register, class: Register },
    /// Keeps an object in the context's space under the name that a constant is.
    Keep { object: Register, constant: u16 },
    /// Makes an object a root.
    AddRoot { object: Register },
    /// Makes a space that of the context.
    InSpace { space: Register },
    /// Ends with a value.
    Return { from: Register },
}

const _: () = assert!(size_of::<Instruction>() == 8);

impl Instruction {
    /// Returns the constant that the instruction refers to.
    pub fn constant(&self) -> Option<u16> {
        match *self {
            Instruction::Constant { constant, .. }
            | Instruction::LoadGlobal { constant, .. }
            | Instruction::GetAttribute { constant, .. }
            | Instruction::PutAttribute { constant, .. }
            | Instruction::Send { constant, .. }
            | Instruction::Keep { constant, .. } => Some(constant),
            _ => None,
        }
    }

    /// Returns where the instruction may go on besides the next one.
    pub fn target(&self) -> Option<u16> {
        match *self {
            Instruction::Jump { target }
            | Instruction::JumpIfFalse { target, .. }
            | Instruction::JumpIfTrue { target, .. } => Some(target),
            _ => None,
        }
    }

    /// Returns the highest register that the instruction touches, plus one; more than a `u16` holds is too many.
    pub(super) fn registers_needed(&self) -> u32 {
        let most = |registers: &[Register]| registers.iter().map(|&r| u32::from(r) + 1).max().unwrap_or(0);
        let range = |first: Register, count: u32| u32::from(first) + count;
        match *self {
            Instruction::Constant { to, .. }
            | Instruction::LoadVariable { to, .. }
            | Instruction::LoadLast { to }
            | Instruction::LoadGlobal { to, .. } => most(&[to]),
            Instruction::Move { to, from }
            | Instruction::Negate { to, from }
            | Instruction::Not { to, from } => most(&[to, from]),
            Instruction::StoreVariable { from, .. } | Instruction::Return { from } => most(&[from]),
            Instruction::MakeTuple { to, first, count }
            | Instruction::MakeSet { to, first, count }
            | Instruction::MakeString { to, first, count } => most(&[to]).max(range(first, u32::from(count))),
            Instruction::GetAttribute { to, object, .. } => most(&[to, object]),
            Instruction::GetComputed { to, object, key } => most(&[to, object, key]),
            Instruction::PutAttribute { object, value, .. } => most(&[object, value]),
            Instruction::PutComputed { object, key, value } => most(&[object, key, value]),
            Instruction::GetElement { to, collection, index } => most(&[to, collection, index]),
            Instruction::PutElement { collection, index, value } => most(&[collection, index, value]),
            Instruction::PushElement { collection, value } => most(&[collection, value]),
            Instruction::Send { first, count, .. } | Instruction::Call { first, count } => {
                range(first, u32::from(count) + 1)
            }
            Instruction::Operate { to, left, right, .. } | Instruction::Compare { to, left, right, .. } => {
                most(&[to, left, right])
            }
            Instruction::Jump { .. } => 0,
            Instruction::JumpIfFalse { condition, .. } | Instruction::JumpIfTrue { condition, .. } => {
                most(&[condition])
            }
            Instruction::New { to, class } => most(&[to, class]),
            Instruction::Keep { object, .. } | Instruction::AddRoot { object } => most(&[object]),
            Instruction::InSpace { space } => most(&[space]),
        }
    }
}
