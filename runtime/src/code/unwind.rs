//! Errors on their way: from where they began to the handler, or out of the code.

use super::Instruction;
use super::stack::{CallStack, Frame};
use super::trace::index_before;
use super::unit::CodeRef;
use crate::error::RuntimeError;
use crate::known;
use crate::object::ObjectRef;
use crate::runtime::Mutator;
use crate::value::{InstanceRef, TupleRef, Value};

/// Where an error came to.
pub(super) enum Unwound {
    /// A handler: the code goes on there, with these registers.
    Handled(CodeRef, *const Instruction, *mut Value),
    /// A closure's home returned to Rust.
    Returned(Value),
    /// Nothing in the code that Rust called handles it.
    Unhandled(RuntimeError),
}

/// Leaves frames until one handles an error; the outermost one to be left is that above `base`.
#[cold]
#[inline(never)]
pub(super) fn unwind(
    m: &Mutator<'_>,
    stack: &CallStack,
    error: RuntimeError,
    mut code: CodeRef,
    mut next: *const Instruction,
    mut registers: *mut Value,
    base: usize,
) -> Unwound {
    let home = if let RuntimeError::Returning { home } = error { Some(home) } else { None };
    if home.is_none() {
        stack.trace.borrow_mut().take(stack, code, index_before(code, next));
    }
    loop {
        let at = index_before(code, next) as u16;
        let handler = if home.is_none() && error.can_be_caught() {
            code.handlers().iter().find(|handler| (handler.start..handler.end).contains(&at))
        } else {
            None
        };
        if let Some(handler) = handler {
            // The frames above are left: what is allocated here must not be put into their registers.
            let raised = value_of(m, stack, &error);
            stack.trace.borrow_mut().forget();
            // SAFETY: verified: the register and the target are the code's, whose frame begins at `registers`.
            unsafe {
                registers.add(usize::from(handler.register)).write(raised);
                let target = code.instructions().as_ptr().add(usize::from(handler.target));
                return Unwound::Handled(code, target, registers);
            }
        }
        let is_home = home.is_some() && home_of(code, registers) == home;
        if stack.frames_end() == base {
            return if is_home {
                Unwound::Returned(stack.pinned.raised.replace(Value::NIL))
            } else {
                Unwound::Unhandled(error)
            };
        }
        // SAFETY: above the base are frames of code that the interpreter runs.
        let frame = unsafe { stack.pop() };
        let Some(caller) = frame.code else { return Unwound::Unhandled(error) };
        if is_home {
            // SAFETY: the first register of a frame is where its caller expects the value.
            unsafe { registers.write(stack.pinned.raised.replace(Value::NIL)) };
            return Unwound::Handled(caller, frame.next, frame.registers);
        }
        (code, next, registers) = (caller, frame.next, frame.registers);
    }
}

/// Returns the number of a call, if closures can return from it.
fn home_of(code: CodeRef, registers: *mut Value) -> Option<i64> {
    match code.instructions().first() {
        // SAFETY: verified: the register is one of the frame's, and the first instruction wrote it.
        Some(&Instruction::MakeHome { to }) => unsafe { *registers.add(usize::from(to)) }.as_small_int(),
        _ => None,
    }
}

/// Returns the error by which a closure returns from its home: the call with a number, while it is under way.
pub(super) fn home_exists(stack: &CallStack, home: i64) -> Result<RuntimeError, RuntimeError> {
    let is_home = |frame: Frame| match (frame.machine(), frame.code) {
        (Some((machine, site)), _) => {
            machine.site(site).has_home && frame.registers.addr() as i64 >> 1 == home
        }
        (None, Some(code)) => home_of(code, frame.registers) == Some(home),
        (None, None) => false,
    };
    if stack.records().any(is_home) {
        Ok(RuntimeError::Returning { home })
    } else {
        Err(RuntimeError::HomeIsGone)
    }
}

/// Returns what a handler gets.
fn value_of(m: &Mutator<'_>, stack: &CallStack, error: &RuntimeError) -> Value {
    if matches!(error, RuntimeError::Raised) {
        return stack.pinned.raised.replace(Value::NIL);
    }
    m.error_value(error).unwrap_or_else(|_| m.string(&error.to_string()))
}

impl Mutator<'_> {
    /// Returns an error as programs see it: an immutable instance of class `error`.
    fn error_value(&self, error: &RuntimeError) -> Result<Value, RuntimeError> {
        let mut values = self.root_vec();
        values.push(self.string(error.code()));
        values.push(self.string(&error.to_string()));
        values.push(error.hint().map_or(Value::NIL, |hint| self.string(&hint)));
        let mut lines = self.root_vec();
        lines.extend(self.trace().iter().map(|entry| self.string(&entry.to_string())));
        values.push(TupleRef::new(self, &lines)?.into());
        let mut attributes: [(ObjectRef, Value); 4] = [(self.class(known::ERROR), Value::NIL); 4];
        for (place, (name, &value)) in
            attributes.iter_mut().zip(["code", "message", "hint", "trace"].iter().zip(&*values))
        {
            *place = (self.intern(name)?, value);
        }
        Ok(InstanceRef::new(self, self.class(known::ERROR), &attributes, &[], None)?.into())
    }

    /// Returns what was raised and not caught: the value that goes with [`RuntimeError::Raised`].
    pub fn raised(&self) -> Value {
        self.call_stack().pinned.raised.get()
    }

    /// Raises a value: returns the error that carries it.
    pub fn raise(&self, value: Value) -> RuntimeError {
        self.call_stack().pinned.raised.set(value);
        RuntimeError::Raised
    }

    /// Lets the next error take a stack trace of its own: for Rust code that handles an error and goes on.
    pub fn forget_trace(&self) {
        self.call_stack().trace.borrow_mut().forget();
    }
}
