//! Native functions: `native fn`, typed code in the language.
//!
//! A native function is a function object as any other: its text is what is kept, and what callers see is a unit of bytecode
//! with its name and parameters. All that the unit does is to call [`code`] with the arguments and an object that holds what
//! was made of the text: a [`program`], which is the function and all native functions that it comes to call, as one module of
//! typed native code (`rps-jit-ir`). That module is its meaning, evaluated by the evaluator of that crate; where there is a
//! compiled tier, what is not cold becomes machine code.
//!
//! Read in this order: [`types`], [`lower`] (from the tree to native code, with all that can be wrong), [`program`] (functions
//! together), [`values`] (arguments and results), [`code`] (a call), [`definition`] (what the compiler of the language does with one).

pub mod codes;

mod code;
mod definition;
mod lower;
mod program;
mod types;
mod values;

pub(crate) use self::code::{callee, install, new_code};
pub(crate) use self::definition::{Defined, check};
