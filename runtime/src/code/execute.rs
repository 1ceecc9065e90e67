//! Running code: as machine code where there is some, by the interpreter's loop otherwise, and what is seen there.

use super::instruction::Instruction;
use super::interpret::run;
use super::machine::{Outcome, call_machine};
use super::stack::{CallStack, Frame};
use super::trace::index_before;
use super::unit::CodeRef;
use super::unwind;
use crate::error::RuntimeError;
use crate::runtime::Mutator;
use crate::value::Value;

/// Runs code from its first instruction, and returns its value. `callee` is the function or the receiver.
///
/// The number of arguments is that of the code's parameters, which callers check.
///
/// # Errors
///
/// What the code raises and does not catch.
pub(crate) fn execute(
    m: &Mutator<'_>,
    code: CodeRef,
    callee: Value,
    arguments: &[Value],
) -> Result<Value, RuntimeError> {
    let stack = m.call_stack();
    stack.check_native_room()?;
    debug_assert_eq!(arguments.len(), usize::from(code.parameters()));
    let registers = stack.top();
    if !stack.has_room(registers, code.registers()) {
        return Err(stack.overflow());
    }
    let _mark = stack.mark();
    let running = stack.running.get();
    // SAFETY: there is room for the frame's registers, of which a verified unit has one for the callee and one for each
    // parameter, and for what the call goes back to.
    unsafe {
        registers.write(callee);
        registers.add(1).copy_from_nonoverlapping(arguments.as_ptr(), arguments.len());
        if running.code.is_some() {
            stack.push(running);
        }
        stack.set_top(registers.add(usize::from(code.registers())));
    }
    let base = stack.frames_end();
    if code.cells().heat.count() {
        m.warm(code, None);
    }
    if running.code.is_none() && !running.is_machine() {
        m.in_solitude(|| start(m, stack, code, registers, base))
    } else {
        start(m, stack, code, registers, base)
    }
}

/// The loop as most code is run.
pub(super) const PLAIN: u8 = 0;
/// The loop that notes what instructions give.
pub(super) const PROFILED: u8 = 1;
/// The loop that ends after one instruction.
pub(super) const STEP: u8 = 2;

/// Why the loop ended.
pub(super) enum End {
    Value(Value),
    Error(RuntimeError),
    /// The other loop goes on, or, of the one for single steps, the instruction is done.
    Switch(State),
}

/// What the interpreter runs: code, the next instruction, the registers.
#[derive(Clone, Copy)]
pub(super) struct State {
    pub(super) code: CodeRef,
    pub(super) next: *const Instruction,
    pub(super) registers: *mut Value,
}

/// Runs code from its first instruction in a frame that lies ready, as machine code where there is some.
pub(super) fn start(
    m: &Mutator<'_>,
    stack: &CallStack,
    code: CodeRef,
    registers: *mut Value,
    base: usize,
) -> Result<Value, RuntimeError> {
    let enter = code.cells().heat.enter();
    let mut state = State { code, next: code.cells().instructions.as_ptr(), registers };
    if enter != 0 && stack.has_native_room() {
        // SAFETY: the machine code is that of the unit whose frame lies ready; the unit keeps it, and somebody the unit.
        match unsafe { call_machine(stack, enter, registers) } {
            Outcome::Value(value) => return Ok(value),
            Outcome::Error(error) => return Err(error),
            Outcome::Resume(resume) => {
                // SAFETY: the machine code has just come there; the frame's registers are nobody's else.
                match unsafe { resume.make_frames(stack, registers) } {
                    Some((code, next, registers)) => state = State { code, next, registers },
                    None => return Err(RuntimeError::Interrupted),
                }
            }
            Outcome::Unwind(resume, error) => {
                // SAFETY: as above.
                let Some((code, next, registers)) = (unsafe { resume.make_frames(stack, registers) }) else {
                    return Err(error);
                };
                match unwind::unwind(m, stack, error, code, next.wrapping_add(1), registers, base) {
                    unwind::Unwound::Handled(code, next, registers) => {
                        state = State { code, next, registers }
                    }
                    unwind::Unwound::Returned(value) => return Ok(value),
                    unwind::Unwound::Unhandled(error) => return Err(error),
                }
            }
        }
    } else if code.cells().heat.is_profiled() {
        note_arguments(code, registers);
    }
    go_on(m, stack, state, base)
}

/// Runs code from an instruction on, until the frame above `base` returns.
pub(super) fn go_on(
    m: &Mutator<'_>,
    stack: &CallStack,
    mut state: State,
    base: usize,
) -> Result<Value, RuntimeError> {
    loop {
        let State { code, next, registers } = state;
        stack.set_top(registers.wrapping_add(usize::from(code.registers())));
        // Machine code that is asked for something when it begins leaves it to the interpreter, which would not look before
        // the next call or turn of a loop.
        if m.is_signalled()
            && std::ptr::eq(next, code.cells().instructions.as_ptr())
            && let Err(error) = m.attend(stack, Frame { code: Some(code), next, registers })
        {
            match unwind::unwind(m, stack, error, code, next, registers, base) {
                unwind::Unwound::Handled(code, next, registers) => state = State { code, next, registers },
                unwind::Unwound::Returned(value) => return Ok(value),
                unwind::Unwound::Unhandled(error) => return Err(error),
            }
            continue;
        }
        let end = if code.cells().heat.is_profiled() {
            run::<PROFILED>(m, stack, state, base)
        } else {
            run::<PLAIN>(m, stack, state, base)
        };
        match end {
            End::Value(value) => return Ok(value),
            End::Error(error) => return Err(error),
            End::Switch(to) => state = to,
        }
    }
}

/// Does one instruction of machine code's on registers of the interpreter; returns whether it has jumped.
pub(super) fn step(
    m: &Mutator<'_>,
    stack: &CallStack,
    code: CodeRef,
    at: usize,
    registers: *mut Value,
) -> Result<bool, RuntimeError> {
    let next = code.cells().instructions[at..].as_ptr();
    match run::<STEP>(m, stack, State { code, next, registers }, stack.frames_end()) {
        End::Value(_) => Ok(false),
        End::Error(error) => Err(error),
        End::Switch(state) => Ok(state.next != next.wrapping_add(1)),
    }
}

#[cold]
pub(super) fn note_arguments(code: CodeRef, registers: *mut Value) {
    if let Some(profile) = code.cells().heat.profile() {
        for number in 0..=usize::from(code.parameters()) {
            // SAFETY: a frame has registers for the function and the arguments, which were written.
            profile.note_argument(number, unsafe { *registers.add(number) });
        }
    }
}

/// Notes what an instruction gave, in code that is warm.
#[inline(never)]
pub(super) fn note_result(code: CodeRef, next: *const Instruction, value: Value) {
    if let Some(profile) = code.cells().heat.profile() {
        profile.note_result(index_before(code, next), value);
    }
}
