//! The compiled tier: hot bytecode becomes typed native code ([`lower`](mod@lower)), a [`Backend`] makes machine code of
//! that, and a thread of its own sees to it ([`Engine`]).
//!
//! This crate links no compiler: the backend is a library that is opened when the first function is hot. Without it
//! everything is interpreted. Object code is kept in a [`Cache`] for the next process, and a [`Handle`] tells what happens.

mod backend;
mod cache;
mod engine;
mod handle;
pub mod lower;
mod native;
mod stats;
mod typed;

pub use self::backend::{Backend, BackendError, Linked};
pub use self::cache::{Cache, CacheStats};
pub use self::engine::{Absence, Engine, Event, Log, Mode, Options, is_working};
pub use self::handle::{Handle, Shown};
pub use self::native::Native;
pub use self::stats::{FunctionStats, Library, RefusalStats, StageStats, Stats};
