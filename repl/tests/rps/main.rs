//! The command `rps` as others start it.
//!
//! [`command`] is about what it writes and what it exits with, [`bad_stores`] about stores that are damaged,
//! [`terminal`] about the keys of a person at the prompt.

#![forbid(unsafe_code)]

mod bad_stores;
mod command;
mod support;
mod terminal;
