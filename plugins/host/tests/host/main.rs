//! The host, with plugins that were compiled from C: what it does when they are good, and above all when they are not.
//!
//! Every test has a manager of its own and a directory of plugins of its own. What could end the process when it goes
//! wrong runs in a child of this program: see [`support::in_child`]. The plugins are in `tests/fixtures/plugins`.

#![forbid(unsafe_code)]

mod bad;
mod calls;
mod points;
mod state;
mod support;
mod values;
