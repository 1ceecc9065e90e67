//! From the interpreter into machine code and back.

use std::any::Any;

use super::cell::MachineRef;
use super::context::MachineContext;
use crate::code::instruction::Instruction;
use crate::code::stack::{CallStack, Frame};
use crate::code::unit::CodeRef;
use crate::error::RuntimeError;
use crate::heap::cell::Header;
use crate::value::Value;

/// What machine code left behind when it came to no value.
pub(crate) enum Pending {
    /// The interpreter goes on at an exit.
    Resume(MachineRef, usize),
    /// An error began at an exit, or came there.
    Unwind(MachineRef, usize, RuntimeError),
    /// An error, which nothing in the machine code handles.
    Error(RuntimeError),
    /// A native panicked.
    Panic(Box<dyn Any + Send>),
}

/// What machine code came to.
pub(crate) enum Outcome {
    Value(Value),
    /// The interpreter goes on.
    Resume(Resume),
    /// The interpreter looks for a handler.
    Unwind(Resume, RuntimeError),
    Error(RuntimeError),
}

/// Where the interpreter goes on after machine code. Its registers lie above the last frame.
#[derive(Clone, Copy)]
pub(crate) struct Resume {
    machine: MachineRef,
    exit: usize,
}

/// Calls machine code with the registers of a frame; the frames of its callers are on the stack.
///
/// # Safety
///
/// `enter` is the address of machine code for this frame, which the stack keeps alive.
pub(crate) unsafe fn call_machine(stack: &CallStack, enter: usize, registers: *mut Value) -> Outcome {
    type Enter = unsafe extern "C" fn(*const MachineContext, usize, *mut Value) -> u64;
    let (end, top) = (stack.frames_end(), stack.top());
    // SAFETY: by this function's contract; the context lives as long as the stack.
    let word =
        unsafe { std::mem::transmute::<usize, Enter>(enter)(&raw const stack.machine, end, registers) };
    // SAFETY: the frames up to there are as they were.
    unsafe { stack.set_frames_end(end) };
    stack.set_top(top);
    // SAFETY: machine code gives the word of a value.
    let value = unsafe { Value::from_bits(word) };
    if value.is_absent() { came_to_nothing(stack) } else { Outcome::Value(value) }
}

/// Returns what is to be done when machine code gave no value.
#[cold]
pub(super) fn came_to_nothing(stack: &CallStack) -> Outcome {
    match stack.pending.take() {
        Some(Pending::Resume(machine, exit)) => Outcome::Resume(Resume { machine, exit }),
        Some(Pending::Unwind(machine, exit, error)) => Outcome::Unwind(Resume { machine, exit }, error),
        Some(Pending::Error(error)) => Outcome::Error(error),
        Some(Pending::Panic(panic)) => std::panic::resume_unwind(panic),
        None => Outcome::Error(RuntimeError::Interrupted),
    }
}

impl Resume {
    /// Makes the frames of an exit, with their registers from `to` on, and returns what the innermost runs.
    ///
    /// # Safety
    ///
    /// Machine code has just come to this exit, and the registers from `to` on are nobody's else.
    pub(crate) unsafe fn make_frames(
        self,
        stack: &CallStack,
        to: *mut Value,
    ) -> Option<(CodeRef, *const Instruction, *mut Value)> {
        let exit = self.machine.exit(self.exit)?;
        let from = stack.top();
        let (inner, outer) = exit.frames.split_last()?;
        // SAFETY: the exit has written so many registers above the last frame, where there is room for them; the frames
        // are those of units that the machine code keeps, whose instructions the numbers are.
        unsafe {
            to.copy_from(from, usize::from(exit.registers));
            stack.set_top(to.add(usize::from(exit.registers)));
            let place = |unit: u64, at: usize, base: u16| {
                let code = CodeRef::from_cell(std::ptr::NonNull::new_unchecked(unit as *mut Header));
                (code, code.instructions().as_ptr().add(at), to.add(usize::from(base)))
            };
            for frame in outer {
                let (code, next, registers) = place(frame.unit, usize::from(frame.at) + 1, frame.base);
                stack.push(Frame { code: Some(code), next, registers });
            }
            Some(place(inner.unit, usize::from(inner.at), inner.base))
        }
    }
}
