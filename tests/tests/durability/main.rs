//! The proofs that nothing committed is lost.
//!
//! Read in this order: `graph` (what a store has to keep, as text that can be compared), `session` (a store, its runtime,
//! and a ledger of what was promised), `scene` (a small graph and changes of it), `aftermath` (what a disk may look like
//! after a crash, and whether it is sound), `operations` and `matrix` (a fault at every point of every operation), `model`
//! (random steps on a store and on a plain map), `threads` (many at work at once), `kill` (a process that is killed),
//! `fixture` (a store that an earlier version wrote, with everything that `specimen` has).
//!
//! `cargo xtask faults` runs all of it at length and prints the tables.

#![forbid(unsafe_code)]

mod aftermath;
mod fixture;
mod graph;
mod kill;
mod matrix;
mod model;
mod operations;
mod scene;
mod session;
mod specimen;
mod threads;
