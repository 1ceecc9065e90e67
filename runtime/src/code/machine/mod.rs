//! Machine code of functions: what it looks like from the runtime, and how it and the interpreter call each other.
//!
//! The runtime does not make machine code. It counts what is hot ([`heat`]), notes what it sees there ([`profile`]), gives
//! whoever makes machine code a [`snapshot`] of a function, and takes what was made ([`Made`]).
//! What is installed is a cell of the heap ([`cell`]), so that it lives as long as a function has it or a frame runs it.
//!
//! Machine code is called with what it reads of its thread ([`context`]) and the end of the frames. It keeps values in
//! registers of the processor and on the native stack, which is scanned conservatively. Where it meets what it was not made for,
//! it writes the registers of the interpreter's frame and says where to go on ([`resume`]): there is one meaning, and the
//! interpreter has it. What it needs of the runtime are functions with C linkage ([`helper`]).
//!
//! It holds for what it was made for ([`assumption`]): methods, functions and names as they were. It compares the epoch of the
//! definitions where that may have changed, and asks again when it has.

mod assumption;
mod cell;
mod context;
mod gate;
mod heat;
mod helper;
mod layout;
mod look;
mod profile;
mod resume;
mod snapshot;
mod tier;

pub use self::assumption::Assumption;
pub use self::cell::{Exit, ExitFrame, ExitKind, MachineStats, Made};
pub use self::helper::{HELPERS, Helper};
pub use self::layout::{Headers, Layout, layout};
pub use self::look::{HeatSeen, MachineSeen};
pub use self::profile::Seen;
pub use self::snapshot::{
    AttributeSeen, CallSeen, ConstantSeen, Entrance, NativeSeen, NewSeen, SendSeen, SlotSeen, Snapshot,
    Target, UnitSeen,
};
pub use crate::heap::Room;
pub use crate::object::{CradleOffsets, VectorOffsets};

pub use self::tier::{Pause, Thresholds, Tier, TierHandle};

pub(crate) use self::cell::{MachineRef, drop_cell as drop_machine, trace as trace_machine};
pub(crate) use self::context::MachineContext;
pub(crate) use self::heat::{Heat, Warm};
pub(crate) use self::resume::{Outcome, Pending, call_machine};
pub(crate) use self::tier::TierSlot;
