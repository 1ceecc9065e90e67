//! Support for tests that cross crates.
//!
//! The crate depends on no other crate of the workspace, so every one of them may use it in its own tests.
//! [`workspace`] knows the members and files of the project, [`source`] looks at Rust code without its comments and
//! strings, [`markdown`] and [`transcript`] read and replay the documentation's examples, [`golden`] reads programs with
//! what they give, [`program`] finds the command `rps`, [`tier`] the library
//! of the compiled tier, [`c`] compiles plugins that are written in C, [`stores`] has the stores that tests work on,
//! [`random`] numbers that can be had again, [`durability`] what the proofs of that share, and [`skip()`] counts what a
//! machine cannot test.

#![forbid(unsafe_code)]

pub mod c;
pub mod durability;
pub mod golden;
pub mod markdown;
pub mod program;
pub mod random;
mod skip;
pub mod source;
pub mod stores;
pub mod tier;
pub mod transcript;
pub mod workspace;

pub use program::rps;
pub use skip::skip;
pub use stores::{refpersys_history, refpersys_store};

/// The programs of the chapter on embedding: each is compiled and run as a documentation test.
#[cfg(doctest)]
#[doc = include_str!("../../docs/embedding.md")]
pub mod embedding {}
