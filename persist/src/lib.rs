//! Stores of Repersys.
#![deny(unsafe_code)]
pub mod vfs;
