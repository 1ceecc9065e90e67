//! Support for the proofs of durability: how much is tried, and the tables that tell of it.
//!
//! The proofs themselves are in `tests/tests/durability`. Run by `cargo test` they try as much as fits into about a minute;
//! `cargo xtask faults` asks for more through the environment and prints the [`Table`]s.

mod amount;
mod table;

pub use amount::{Amount, is_thorough, seed};
pub use table::Table;
