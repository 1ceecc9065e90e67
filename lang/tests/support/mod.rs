//! What the tests of texts share: where programs come from, and what must hold of every text.

#![allow(dead_code, reason = "each test uses a part of it")]

pub(crate) mod corpus;
pub(crate) mod grammar;
pub(crate) mod invariants;
