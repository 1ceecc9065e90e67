//! What machine code reads of the thread that it runs on.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64};

use crate::heap::Buffers;
use crate::object::newborn::Cradle;
use crate::runtime::Mutator;
use crate::send::{Gate, PLACES};

/// What machine code reads of its thread; it has the address as its first argument.
#[repr(C)]
pub(crate) struct MachineContext {
    /// Not zero when a safepoint has something to do.
    pub(super) signals: *const AtomicU32,
    /// Whether no other thread is in the heap, until the next safepoint.
    pub(super) alone: *const AtomicBool,
    /// The epoch of the definitions.
    pub(super) epoch: *const AtomicU64,
    /// The first register of the interpreter that no frame has.
    pub(super) top: *const Cell<usize>,
    /// Where the last frame may begin.
    pub(super) last_frame: usize,
    /// The address below which the native stack must not grow.
    pub(crate) native_limit: usize,
    /// The buffers that cells are taken from.
    pub(super) buffers: *const Buffers,
    /// The oids of the next objects, and the places where they are noted.
    pub(super) cradle: *const Cradle,
    /// How many look at every change, births included.
    pub(super) watchers: *const AtomicU32,
    /// The mutator. It lives on the stack of the thread as long as the call stack that has the context.
    pub(super) mutator: *const Mutator<'static>,
    /// The gates by which machine code calls functions of plugins; at first one that is free for nobody.
    pub(super) gates: [Cell<*const Gate>; PLACES],
}

/// A gate that is free for nobody.
struct Shut(Gate);

static SHUT: Shut = Shut(Gate::new(0, std::ptr::null()));

// SAFETY: nobody goes through it, so that nothing in it changes.
unsafe impl Sync for Shut {}

impl MachineContext {
    pub(crate) fn new(
        m: &Mutator<'_>,
        top: *const Cell<usize>,
        last_frame: usize,
        native_limit: usize,
    ) -> MachineContext {
        let heap = m.heap();
        MachineContext {
            signals: &raw const **heap.signals(),
            alone: heap.alone_flag(),
            epoch: m.runtime().method_epoch_word(),
            top,
            last_frame,
            native_limit,
            buffers: m.buffers(),
            cradle: m.newborns().cradle(),
            watchers: m.runtime().changes().watchers(),
            mutator: std::ptr::from_ref(m).cast(),
            gates: [const { Cell::new(&raw const SHUT.0) }; PLACES],
        }
    }
}
