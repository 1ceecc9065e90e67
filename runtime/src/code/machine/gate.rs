//! The gates of a thread: opening them, and what becomes of calls through them that fail.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use super::context::MachineContext;
use super::helper::{Thread, rps_native, value};
use super::resume::Pending;
use crate::error::RuntimeError;
use crate::runtime::Mutator;
use crate::send::{ForeignFunction, GatedFunction, Intrinsic, Native, NativeBody};
use crate::value::Value;

fn gated(native: &Native) -> Option<(&'static GatedFunction, &'static dyn ForeignFunction)> {
    match (native.intrinsic, native.body) {
        (Some(Intrinsic::Gated(gated)), NativeBody::Foreign(function)) => Some((gated, function)),
        _ => None,
    }
}

/// Makes the gate of a native the one that machine code of this thread finds at its place, and takes the calls that it has
/// counted there.
fn open(m: &Mutator<'_>, native: &Native) {
    let Some((gated, function)) = gated(native) else { return };
    let stack = m.call_stack();
    let mut gates = stack.gates.borrow_mut();
    if !gates.iter().any(|(owner, _)| *owner == gated.owner) {
        let Some(gate) = function.open_gate(m) else { return };
        gates.push((gated.owner, gate));
    }
    let own = gates.iter().find(|(owner, _)| *owner == gated.owner);
    if let Some((gate, place)) = own.map(|(_, gate)| gate.gate()).zip(stack.machine.gates.get(gated.place))
        && gate.is_free_for(gated.owner)
    {
        place.set(gate);
        gated.counter.add(gate.take_calls(gated.number));
    }
}

/// Ends a call through the gate of a native.
fn finish(m: &Mutator<'_>, native: &Native, status: i32, result: Value) -> Result<Value, RuntimeError> {
    let Some((gated, function)) = gated(native) else { return Ok(result) };
    let gates = m.call_stack().gates.borrow();
    let own = gates.iter().find(|(owner, _)| *owner == gated.owner).map(|(_, open)| Rc::clone(open));
    drop(gates);
    let Some(open) = own else { return Ok(result) };
    open.gate().settle();
    open.finish(m, native.name, status, result).map_err(|error| function.failed_at_gate(error))
}

/// Calls a native as [`rps_native`] does, and opens its gate for the next time.
pub(super) extern "C" fn rps_gated(
    context: *const MachineContext,
    end: usize,
    native: u64,
    count: u64,
    is_function: u64,
) -> u64 {
    // SAFETY: as in `rps_native`.
    let called = unsafe { &*std::ptr::with_exposed_provenance::<Native>(native as usize) };
    // SAFETY: only machine code calls this, with its context and the end of its frames.
    let thread = unsafe { Thread::new(context, end) };
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| open(thread.m, called))) {
        return thread.leave(Pending::Panic(panic));
    }
    rps_native(context, end, native, count, is_function)
}

/// Ends a call through a gate that gave a status other than zero, or in which something was raised.
pub(super) extern "C" fn rps_ungated(
    context: *const MachineContext,
    end: usize,
    native: u64,
    status: u64,
    result: u64,
    top: u64,
) -> u64 {
    // SAFETY: only machine code calls this, with its context and the end of its frames.
    let thread = unsafe { Thread::new(context, end) };
    thread.stack.set_top(std::ptr::with_exposed_provenance_mut(top as usize));
    thread.run(|| {
        // SAFETY: as in `rps_native`.
        let native = unsafe { &*std::ptr::with_exposed_provenance::<Native>(native as usize) };
        finish(thread.m, native, status as i32, value(result))
    })
}
