//! Typed native code: functions of instructions over integers, floating-point numbers and pointers, in a form that is
//! checked before any compiler sees it.
//!
//! Whoever makes native code makes a [`Module`] of this form: programs through the language's `native fn`, Rust through
//! [`FunctionBuilder`], and the compiled tier, which lowers hot bytecode to it. The backend, a library of its own that
//! links LLVM, gets the bytes of a module and gives machine code. So everything up to here is built and tested without
//! LLVM.
//!
//! Read in this order: [`types`] (types and signatures), [`operation`] (what can be computed, and what it means at its
//! edges), [`function`] (instructions), [`module`] (functions and the symbols that they refer to): that is the form. Then what
//! is done with it: [`builder`] makes it, [`verify`] finds what is wrong with it, on the grounds of [`flow`]; [`bytes`] carry
//! it; [`evaluate`] says what it means; `loops` takes hot loops apart, so that a compiler makes more of them. [`testing`]
//! makes random modules, by which a compiler of them is judged.

#![forbid(unsafe_code)]

pub mod builder;
pub mod bytes;
pub mod evaluate;
pub mod flow;
pub mod function;
mod loops;
pub mod module;
pub mod operation;
pub mod testing;
mod text;
pub mod types;
mod uses;
pub mod verify;

pub use self::builder::{CodeGenerator, FunctionBuilder, FunctionRef, SymbolRef, Target};
pub use self::bytes::BytesError;
pub use self::function::{
    Block, Callee, Expect, Function, FunctionId, Instruction, Label, Local, Memory, Order, Val,
};
pub use self::module::{Module, Symbol, SymbolId};
pub use self::operation::{Binary, Checked, Comparison, Conversion, Unary};
pub use self::types::{Element, Signature, Type};
pub use self::verify::{Report, VerifyError};
