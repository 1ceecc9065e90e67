//! The Repersys runtime: a graph of live objects in a garbage-collected heap.
//!
//! A [`Runtime`] owns a heap and everything that is known in it; a thread works on it inside [`Runtime::enter`],
//! through a [`Mutator`]. Start with [`value`] (what there is), then [`object`] (what changes), then [`runtime`]
//! (how it hangs together), [`names`], [`class`] and [`send`], then [`code`]. The [`heap`] is below all of them. Beside
//! them: [`change`] (what has changed, views of one moment, transactions) and [`source`] (objects that are loaded when they
//! are needed).
//!
//! This crate does no input or output and knows no syntax, no file format and no terminal.
//!
//! ```
//! use rps_runtime::{Runtime, Value, known};
//!
//! let runtime = Runtime::new();
//! runtime.enter(|m| {
//!     let point = m.new_object(m.class(known::OBJECT));
//!     let x = m.intern("x").unwrap();
//!     point.put_attribute(m, x, Value::int(m, 10)).unwrap();
//!     assert_eq!(point.get_attribute(x), Some(Value::int(m, 10)));
//! });
//! ```

pub mod change;
pub mod class;
pub mod code;
mod deadline;
pub mod error;
pub mod extension;
pub mod heap;
pub mod known;
pub mod names;
pub mod object;
pub mod oid;
mod random;
pub mod runtime;
pub mod send;
mod services;
pub mod source;
mod trace;
pub mod value;
mod whole;

pub use self::error::RuntimeError;
pub use self::heap::{LocalHeap, Root, RootVec};
pub use self::object::ObjectRef;
pub use self::oid::Oid;
pub use self::runtime::{Mutator, Runtime};
pub use self::value::Value;
