//! The gates of a thread: opening them, and what becomes of calls through them that fail.

use std::rc::Rc;

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

/// Makes the gate of a native the one that machine code of this thread finds at its place.
pub(super) fn open(m: &Mutator<'_>, native: &Native) {
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
    }
}

/// Ends a call through the gate of a native.
pub(super) fn finish(
    m: &Mutator<'_>,
    native: &Native,
    status: i32,
    result: Value,
) -> Result<Value, RuntimeError> {
    let Some((gated, function)) = gated(native) else { return Ok(result) };
    let gates = m.call_stack().gates.borrow();
    let own = gates.iter().find(|(owner, _)| *owner == gated.owner).map(|(_, open)| Rc::clone(open));
    drop(gates);
    let Some(open) = own else { return Ok(result) };
    open.gate().settle();
    open.finish(m, native.name, status, result).map_err(|error| function.failed_at_gate(error))
}
