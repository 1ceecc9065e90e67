//! Random modules, and what they should do: for tests that compare two ways to run native code.
//!
//! [`module`] makes a module out of bytes, any bytes: of fewer a smaller one, so that a property test finds the smallest that
//! fails. It is verified, it ends, and all that it does is the same on every machine: it passes on no NaN, and touches only
//! the memory of its [`Inputs`]. Its function [`ENTRY`] takes those and calls the others; [`run`] evaluates it.
//!
//! ```
//! use rps_jit_ir::testing;
//!
//! let bytes = testing::bytes(7, 300);
//! let (module, inputs) = (testing::module(&bytes), testing::inputs(&bytes));
//! assert_eq!(module.verify(), Ok(()));
//! let outcome = testing::run(&module, &inputs, 1_000_000).unwrap();
//! assert_eq!(testing::run(&module, &inputs, 1_000_000).unwrap(), outcome);
//! ```
//!
//! Read in this order: `choices` (how bytes decide), `run` (inputs and outcomes), `function` (what functions are made of),
//! `expression`.

mod choices;
mod expression;
mod function;
mod run;

pub use self::choices::bytes;
pub use self::function::module;
pub use self::run::{
    ENTRY, Inputs, MEMORY, Outcome, inputs, odd_or_trap, run, scramble, shrink, signature, symbols,
};
