//! The gate by which machine code of a thread calls the functions of a plugin: what all those calls are given.
//!
//! Machine code has the address of a function of a plugin that is loaded, enabled, and not to be guarded, on the terms of
//! [`super::intrinsic`]; a call that is under way is seen by its gate, which the end of a plugin waits for.

use std::ptr::NonNull;
use std::rc::Rc;

use rps_plugin_abi as abi;
use rps_plugin_abi::status;
use rps_runtime::send::{Gate, OpenGate};
use rps_runtime::{Mutator, RuntimeError, Value};

use super::direct::failed;
use crate::context::Context;
use crate::instance::Instance;

/// A gate on a thread.
pub(super) struct ThreadGate {
    gate: Gate,
    /// Plugins read it, by its address in the gate.
    call: abi::Call,
    context: Context<'static>,
}

/// Returns what no other plugin's gates are marked with.
pub(super) fn mark_of(instance: &'static Instance) -> usize {
    std::ptr::from_ref(instance).addr()
}

impl ThreadGate {
    /// Opens the gate of a plugin on this thread.
    pub(super) fn open(instance: &'static Instance, m: &Mutator<'_>) -> Rc<ThreadGate> {
        let m = std::ptr::from_ref(m).cast::<Mutator<'static>>();
        // SAFETY: the mutator has the gate, and ends it before it ends itself.
        let inside = unsafe { &*m };
        let stop: *const u8 = std::ptr::from_ref(inside.runtime().stop_flag()).cast();
        // The parts refer to each other by addresses, which are known once all have their place.
        let own = Rc::new_cyclic(|place: &std::rc::Weak<ThreadGate>| {
            let place = place.as_ptr();
            // SAFETY: only addresses are taken; the place is where the gate will be.
            let (gate, call, context) =
                unsafe { (&raw const (*place).gate, &raw const (*place).call, &raw const (*place).context) };
            let mut own = Context::direct(instance, inside);
            // SAFETY: the gate is beside the context, and neither moves.
            unsafe { own.set_gate(NonNull::new_unchecked(gate.cast_mut())) };
            let mut table = own.call(stop);
            table.context = context.cast_mut().cast();
            ThreadGate { gate: Gate::new(mark_of(instance), call.cast()), call: table, context: own }
        });
        // SAFETY: it is closed when it is dropped.
        unsafe { instance.note_gate(NonNull::from(&own.gate)) };
        own
    }
}

impl OpenGate for ThreadGate {
    fn gate(&self) -> &Gate {
        &self.gate
    }

    fn finish(&self, m: &Mutator<'_>, name: &str, code: i32, result: Value) -> Result<Value, RuntimeError> {
        if code == status::OK {
            // What it was told of a callback it keeps to itself.
            drop(self.context.take_raised());
            return Ok(result);
        }
        let instance = self.context.instance;
        let failure = failed(&self.context, m, code);
        drop(self.context.take_raised());
        Err(failure.into_runtime_error(instance, name))
    }
}

impl Drop for ThreadGate {
    fn drop(&mut self) {
        self.context.instance.close_gate(&self.gate);
    }
}
