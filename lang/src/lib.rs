//! The language of Repersys: from text to code.
//!
//! Two parts, of which the second stands on the first:
//!
//! - [`syntax`] knows text only — no heap, no values. It turns source text into tokens and a spanned tree,
//!   and never fails: what it cannot understand becomes a diagnostic and an error node.
//! - The compiler ([`compile`], beside it) turns the tree into the bytecode of the runtime.
//!
//! Beside them stand native functions ([`native`]), which are typed and become native code, the formatter
//! ([`mod@format`]), and [`tree`], by which programs write programs.
//!
//! The grammar is written down in `docs/grammar.md`, whose examples are run by the tests of this crate.

#![forbid(unsafe_code)]

pub mod compile;
pub mod format;
pub mod native;
pub mod syntax;
pub mod tree;

pub use compile::{EvalError, RunError, Session, eval_library};
