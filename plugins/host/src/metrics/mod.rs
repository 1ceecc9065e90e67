//! What is measured of every plugin.
//!
//! One [`CallMetrics`] belongs to every plugin and one to every extension of it; whoever dispatches a call records how
//! it ended and how long it took, the same way for every kind of extension. Events that are no calls — a payload
//! written in a poorer format, a registration that was there already — are counted by name in [`Counters`].
//!
//! Recording a call takes no lock: some relaxed atomic additions. A snapshot taken meanwhile may miss calls in flight,
//! no more. Read `calls.rs`, then `histogram.rs` and `counters.rs`.

#![forbid(unsafe_code)]

mod calls;
mod counters;
mod histogram;

pub use self::calls::{CallMetrics, CallSnapshot, Outcome};
pub use self::counters::{CounterSnapshot, Counters, PAYLOAD_DOWNGRADE, REGISTRATIONS_DUPLICATE};
pub use self::histogram::Histogram;
