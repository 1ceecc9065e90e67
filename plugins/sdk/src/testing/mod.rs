//! A host for the tests of a plugin.
//!
//! It comes next.
