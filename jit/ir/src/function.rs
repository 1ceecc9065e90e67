//! Functions: blocks of instructions over values and locals.
//!
//! A *value* is given by one instruction and never changes; a *local* is a variable of the function. A block ends with the
//! one instruction of it that says where to go on. A value can be used in what comes after it in its block, and in
//! blocks that are reached only through its block.

use crate::module::SymbolId;
use crate::operation::{Binary, Checked, Comparison, Conversion, Unary};
use crate::types::{Signature, Type};

/// The number of a value in its function; the parameters come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Val(pub u32);

/// The number of a local in its function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Local(pub u32);

/// The number of a block in its function; 0 is where it begins, and nothing jumps there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Label(pub u32);

/// The number of a function in its module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FunctionId(pub u32);

/// A function.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    /// Its name: of exported functions the one that it is found by.
    pub name: String,
    /// What it takes and gives.
    pub signature: Signature,
    /// Whether it can be called from outside of the module.
    pub is_exported: bool,
    /// Whether it may read and write memory, make addresses and call them, and divide integers without trapping, as it
    /// divides only what can be divided: for a compiler that vouches for what it makes. Others are safe whatever they do.
    pub is_trusted: bool,
    /// Whether it may trap. Such a function gives a status, 0 or the number of a trap, and its result through an address that
    /// comes behind its arguments: `int32_t name(parameters…, result *)`. What it calls that traps makes it trap.
    pub traps: bool,
    /// Whether it should not be put into its callers: what is rarely called.
    pub is_cold: bool,
    /// The types of the locals.
    pub locals: Vec<Type>,
    /// The blocks.
    pub blocks: Vec<Block>,
}

/// A row of instructions, of which the last one and no other ends the block.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Block {
    /// The instructions.
    pub instructions: Vec<Instruction>,
}

/// An instruction. `to` is the value that it gives.
#[derive(Clone, Debug, PartialEq)]
pub enum Instruction {
    /// Gives a constant: the low bits of a word.
    Constant {
        /// The value.
        to: Val,
        /// Its type, any but a slice.
        ty: Type,
        /// The bits.
        bits: u64,
    },
    /// Gives the address of a symbol.
    Address {
        /// The value, of type `Ptr`.
        to: Val,
        /// The symbol.
        symbol: SymbolId,
    },
    /// Gives the address that the native stack of the thread has come down to in this function: the more of the stack is in
    /// use, the lower. Of two calls it tells no more than that, as one function may be put into the other. Trusted functions
    /// only.
    StackAddress {
        /// The value, of type `Ptr`.
        to: Val,
    },
    /// Gives the result of an operation on two values.
    Binary {
        /// The value, of the operands' type.
        to: Val,
        /// The operation.
        operation: Binary,
        /// The left operand.
        left: Val,
        /// The right operand.
        right: Val,
    },
    /// Gives the result of an operation on two integers modulo their width, and whether that is not the exact one.
    Checked {
        /// The value, of the operands' type.
        to: Val,
        /// Whether the exact result does not fit, a truth value.
        overflow: Val,
        /// The operation.
        operation: Checked,
        /// The left operand.
        left: Val,
        /// The right operand.
        right: Val,
    },
    /// Gives the result of an operation on one value.
    Unary {
        /// The value, of the operand's type.
        to: Val,
        /// The operation.
        operation: Unary,
        /// The operand.
        from: Val,
    },
    /// Gives a value as one of another type.
    Convert {
        /// The value.
        to: Val,
        /// Its type.
        ty: Type,
        /// The conversion.
        conversion: Conversion,
        /// What is converted.
        from: Val,
    },
    /// Gives whether a comparison holds.
    Compare {
        /// The truth value.
        to: Val,
        /// The comparison.
        comparison: Comparison,
        /// The left operand.
        left: Val,
        /// The right operand.
        right: Val,
    },
    /// Gives one of two values of one type.
    Select {
        /// The value.
        to: Val,
        /// The truth value that decides.
        condition: Val,
        /// What is given if it holds.
        yes: Val,
        /// What is given if not.
        no: Val,
    },
    /// Gives what is in memory at an address. Trusted functions only.
    Load {
        /// The value.
        to: Val,
        /// Its type. A truth value is a byte in memory, written as 0 or 1 and read as whether it is not 0.
        ty: Type,
        /// The address.
        base: Val,
        /// How many bytes behind it.
        offset: i32,
        /// What is known of the memory.
        memory: Memory,
    },
    /// Writes to memory at an address. Trusted functions only.
    Store {
        /// The address.
        base: Val,
        /// How many bytes behind it.
        offset: i32,
        /// What is written.
        from: Val,
        /// What is known of the memory.
        memory: Memory,
    },
    /// Gives an address some elements and bytes behind another one. Trusted functions only.
    Offset {
        /// The address.
        to: Val,
        /// The address that it is behind.
        base: Val,
        /// How many elements, an `I64`.
        index: Val,
        /// How many bytes an element has.
        scale: u32,
        /// How many bytes in addition.
        offset: i32,
    },
    /// Gives the length of a slice, an `I64`.
    Length {
        /// The value.
        to: Val,
        /// The slice.
        slice: Val,
    },
    /// Gives an element of a slice. An index beyond the length traps.
    Element {
        /// The value.
        to: Val,
        /// The slice.
        slice: Val,
        /// The index, an `I64`.
        index: Val,
    },
    /// Writes an element of a slice. An index beyond the length traps.
    SetElement {
        /// The slice.
        slice: Val,
        /// The index, an `I64`.
        index: Val,
        /// What is written.
        from: Val,
    },
    /// Gives the value of a local, which was set on every path that leads here.
    Get {
        /// The value.
        to: Val,
        /// The local.
        local: Local,
    },
    /// Sets a local.
    Set {
        /// The local.
        local: Local,
        /// Its new value.
        from: Val,
    },
    /// Calls a function.
    Call {
        /// The result, where there is one.
        to: Option<Val>,
        /// What is called.
        callee: Callee,
        /// The arguments.
        arguments: Vec<Val>,
    },
    /// Goes on in a block.
    Jump {
        /// The block.
        target: Label,
    },
    /// Goes on in one of two blocks.
    Branch {
        /// The truth value that decides.
        condition: Val,
        /// Where to go on if it holds.
        yes: Label,
        /// Where to go on if not.
        no: Label,
        /// Which of them is likely.
        expect: Expect,
    },
    /// Goes on in the block of the case that an integer is.
    Switch {
        /// The integer.
        on: Val,
        /// The cases, each once.
        cases: Vec<(u64, Label)>,
        /// Where to go on if it is none of them.
        default: Label,
    },
    /// Returns, with a result where the signature has one.
    Return {
        /// The result.
        from: Option<Val>,
    },
    /// Ends the function, and all that called it up to the outside, with the number of a trap. In functions that may trap only.
    Trap {
        /// The number, from [`trap::USER`] on.
        code: i32,
    },
    /// Says that this is never reached. Trusted functions only.
    Unreachable,
}

/// The numbers of traps.
pub mod trap {
    /// A division by zero, or of the smallest integer by -1.
    pub const DIVISION: i32 = 1;
    /// An index beyond the length of a slice.
    pub const INDEX: i32 = 2;
    /// Calls that are nested too deeply.
    pub const DEPTH: i32 = 3;
    /// The first number that functions give a meaning themselves.
    pub const USER: i32 = 256;
}

/// What is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Callee {
    /// A function of the module.
    Function(FunctionId),
    /// What is at a symbol that has a signature, by the system's C calling convention.
    Symbol(SymbolId),
    /// What is at an address, by the system's C calling convention. Trusted functions only.
    Pointer(Val, Signature),
}

/// Which way a branch goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Expect {
    /// Nobody knows.
    #[default]
    Unknown,
    /// Nearly always the condition holds.
    Yes,
    /// Nearly never does it hold.
    No,
}

/// What is known of memory that is read or written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Memory {
    /// Accesses with different numbers other than 0 never touch the same memory.
    pub class: u8,
    /// How threads see it.
    pub order: Order,
}

/// How threads see an access to memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Order {
    /// No other thread writes there meanwhile.
    #[default]
    Plain,
    /// Nobody ever writes there again while the function runs: a read that may be moved anywhere and made once.
    Constant,
    /// Others may read and write there; each access is of the whole word (LLVM's `unordered`).
    Shared,
    /// As `Shared`, and never left out: what another thread says is seen at the next reading.
    Volatile,
    /// Reading acquires, writing releases.
    Ordered,
}
