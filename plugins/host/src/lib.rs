//! The host of plugins: finds, checks, loads, guards, measures and dispatches to them.

pub mod config;
pub mod guard;
pub mod metrics;
pub mod process;
