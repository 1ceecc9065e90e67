//! Payloads of the agenda: what is to be done.

use crate::object::ObjectRef;
use crate::value::Value;

/// Tasklets waiting to be run, by priority.
#[derive(Clone, Debug, Default)]
pub struct Agenda {
    /// The queues of low, normal and high priority, first in first out.
    pub queues: [Vec<ObjectRef>; 3],
}

impl Agenda {
    /// The names of the queues in stores, in their order.
    pub const QUEUE_NAMES: [&'static str; 3] = ["low_priority", "normal_priority", "high_priority"];
}

/// Something to be done once.
#[derive(Clone, Debug, Default)]
pub struct Tasklet {
    /// The closure to be applied.
    pub todo: Value,
    /// The seconds after which it need not be done any more, or nil.
    pub obsolete_delay: Value,
}
