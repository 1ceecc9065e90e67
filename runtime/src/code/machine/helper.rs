//! What machine code needs of the runtime: functions with C linkage.
//!
//! Each takes the context of the thread and the end of the frames, the caller's own included, so that whoever looks at the
//! stack finds it. What gives no value gives the absent mark, and says why in [`Pending`], but for what is done again
//! by the interpreter, which then raises the same: those are the ones that say so. No panic leaves them: it is
//! carried through the machine code as an error is.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::cell::MachineRef;
use super::context::MachineContext;
use super::gate::{rps_gated, rps_ungated};
use super::resume::{Outcome, Pending, Resume, call_machine, came_to_nothing};
use crate::code::call::{self, Called};
use crate::code::execute::{self, State};
use crate::code::instruction::Comparison;
use crate::code::operate;
use crate::code::stack::{CallStack, Frame};
use crate::code::unit::CodeRef;
use crate::code::unwind::{self, Unwound};
use crate::error::RuntimeError;
use crate::heap::cell::Header;
use crate::object::ShapeRef;
use crate::runtime::Mutator;
use crate::send::Native;
use crate::value::number::Operation;
use crate::value::{ClosureRef, Value};

/// A function that machine code calls.
#[derive(Clone, Copy, Debug)]
pub struct Helper {
    /// Its name.
    pub name: &'static str,
    /// Its address.
    pub address: usize,
    /// The types of its parameters: `p` for an address, `i` for 64 bits, `d` for a double.
    pub parameters: &'static str,
}

macro_rules! helpers {
    ($($function:ident $parameters:literal)*) => {
        /// All of them; each gives 64 bits.
        pub static HELPERS: std::sync::LazyLock<Vec<Helper>> = std::sync::LazyLock::new(|| vec![
            $(Helper {
                name: stringify!($function),
                address: $function as *const () as usize,
                parameters: $parameters,
            },)*
        ]);
    };
}

helpers! {
    rps_exit "ppii"
    rps_unwind "ppii"
    rps_home "pi"
    rps_after "pp"
    rps_poll "pp"
    rps_native "ppiii"
    rps_gated "ppiii"
    rps_ungated "ppiiii"
    rps_send "ppiiii"
    rps_call "ppiii"
    rps_code "ppi"
    rps_step "ppiii"
    rps_operate "ppiii"
    rps_compare "ppiii"
    rps_negate "ppi"
    rps_box "pd"
    rps_integer "pi"
    rps_get_attribute "ppiii"
    rps_put_attribute "ppiiii"
    rps_element "ppii"
    rps_put_element "ppiii"
    rps_object "ppiiiii"
    rps_closure "ppii"
    rps_variable "ppi"
}

const ABSENT: u64 = Value::ABSENT.to_bits();

/// The thread that machine code runs on.
pub(super) struct Thread<'t> {
    pub(super) m: &'t Mutator<'t>,
    pub(super) stack: &'t CallStack,
    end: usize,
}

impl<'t> Thread<'t> {
    /// Returns the thread, with the frames of machine code on its stack.
    ///
    /// # Safety
    ///
    /// Machine code was called with this context, and has written its frames up to the end.
    pub(super) unsafe fn new(context: *const MachineContext, end: usize) -> Thread<'t> {
        // SAFETY: the mutator and its stack outlive every call of machine code on the thread.
        let m = unsafe { &*(*context).mutator.cast::<Mutator<'t>>() };
        let stack = m.call_stack();
        // SAFETY: by this function's contract.
        unsafe { stack.set_frames_end(end) };
        stack.running.set(Frame::IN_MACHINE);
        Thread { m, stack, end }
    }

    /// Runs `f`, whose error or panic is the machine code's.
    pub(super) fn run(&self, f: impl FnOnce() -> Result<Value, RuntimeError>) -> u64 {
        let top = self.stack.top();
        let result = catch_unwind(AssertUnwindSafe(f));
        self.stack.set_top(top);
        match result {
            Ok(Ok(value)) => value.to_bits(),
            Ok(Err(error)) => {
                // SAFETY: as in `new`.
                unsafe { self.stack.set_frames_end(self.end) };
                if !matches!(error, RuntimeError::Returning { .. }) {
                    self.stack.trace.borrow_mut().take_in_machine(self.stack);
                }
                self.leave(Pending::Error(error))
            }
            Err(panic) => self.leave(Pending::Panic(panic)),
        }
    }

    /// Runs `f`, which is done again by the interpreter where it fails.
    fn attempt(&self, f: impl FnOnce() -> Result<Value, RuntimeError>) -> u64 {
        match catch_unwind(AssertUnwindSafe(f)) {
            Ok(Ok(value)) => value.to_bits(),
            Ok(Err(_)) | Err(_) => ABSENT,
        }
    }

    pub(super) fn leave(&self, pending: Pending) -> u64 {
        *self.stack.pending.borrow_mut() = Some(pending);
        ABSENT
    }

    /// Returns the row of values that the machine code has written above the last frame, and makes it no other's.
    ///
    /// # Safety
    ///
    /// It has written so many.
    unsafe fn row(&self, count: usize) -> &'t [Value] {
        let start = self.stack.top();
        self.stack.set_top(start.wrapping_add(count));
        // SAFETY: by this function's contract; there is room above the last frame.
        unsafe { std::slice::from_raw_parts(start, count) }
    }

    /// Runs code whose function or receiver and arguments lie above the last frame.
    fn run_code(&self, code: CodeRef, registers: *mut Value) -> Result<Value, RuntimeError> {
        let (m, stack) = (self.m, self.stack);
        stack.check_native_room()?;
        if !stack.has_room(registers, code.registers()) {
            return Err(stack.overflow());
        }
        let base = stack.frames_end();
        let _mark = stack.mark();
        stack.set_top(registers.wrapping_add(usize::from(code.registers())));
        if code.cells().heat.count() {
            m.warm(code, None);
        }
        execute::start(m, stack, code, registers, base)
    }

    fn called(&self, called: Called, registers: *mut Value) -> Result<Value, RuntimeError> {
        match called {
            Called::Value(value) => Ok(value),
            Called::Code(code) => self.run_code(code, registers),
        }
    }
}

/// Returns the value of a word.
pub(super) fn value(word: u64) -> Value {
    // SAFETY: machine code gives words of values that it holds.
    unsafe { Value::from_bits(word) }
}

/// Returns the unit at an address.
fn unit(word: u64) -> CodeRef {
    // SAFETY: machine code knows units by the addresses that its snapshot has given it, which it keeps.
    unsafe { CodeRef::from_cell(std::ptr::NonNull::new_unchecked(word as *mut Header)) }
}

fn machine(word: u64) -> MachineRef {
    // SAFETY: machine code knows its own address.
    unsafe { MachineRef::from_cell(std::ptr::NonNull::new_unchecked(word as *mut Header)) }
}

macro_rules! thread {
    ($context:ident, $end:ident) => {
        // SAFETY: only machine code calls this, with its context and the end of its frames.
        unsafe { Thread::new($context, $end) }
    };
}

/// Writes the frame of machine code at an exit, with the frames of the code from `frames` on, and returns the end of it.
fn frame_of_exit(frames: usize, own: MachineRef, number: u64) -> usize {
    let Some(exit) = own.exit(number as usize) else { return frames };
    let frame =
        std::ptr::with_exposed_provenance_mut::<u64>(frames + exit.depth as usize * size_of::<Frame>());
    // SAFETY: machine code has looked whether there is room for its frames when it began; the number of a home, if there
    // is one, has been written already.
    unsafe {
        frame.write(Value::from_cell(own.cell()).to_bits());
        frame.add(1).write(2 * u64::from(exit.site) + 1);
    }
    frame.addr() + size_of::<Frame>()
}

/// Leaves the machine code, whose frames begin at `frames`, at an exit: the interpreter goes on there.
extern "C" fn rps_exit(context: *const MachineContext, frames: usize, own: u64, number: u64) -> u64 {
    let own = machine(own);
    let end = frame_of_exit(frames, own, number);
    let thread = thread!(context, end);
    let top = thread.stack.top();
    let written = own.exit(number as usize).map_or(0, |exit| usize::from(exit.registers));
    // What the machine code has written there must be seen by a collection.
    thread.stack.set_top(top.wrapping_add(written));
    let counted = catch_unwind(AssertUnwindSafe(|| thread.m.count_machine_exit(own, number as usize)));
    thread.stack.set_top(top);
    if let Err(panic) = counted {
        return thread.leave(Pending::Panic(panic));
    }
    thread.leave(Pending::Resume(own, number as usize))
}

/// Leaves the machine code at an exit, where an error has come to that a handler there may handle.
extern "C" fn rps_unwind(context: *const MachineContext, frames: usize, own: u64, number: u64) -> u64 {
    let own = machine(own);
    let end = frame_of_exit(frames, own, number);
    let thread = thread!(context, end);
    let pending = thread.stack.pending.take();
    match pending {
        Some(Pending::Error(error)) => thread.leave(Pending::Unwind(own, number as usize, error)),
        Some(other) => thread.leave(other),
        None => ABSENT,
    }
}

/// Returns what a closure returns from the call with a number, if it does.
extern "C" fn rps_home(context: *const MachineContext, home: u64) -> u64 {
    // SAFETY: only machine code calls this, with its context.
    let m = unsafe { &*(*context).mutator };
    let stack = m.call_stack();
    let mut pending = stack.pending.borrow_mut();
    match *pending {
        Some(Pending::Error(RuntimeError::Returning { home: to })) if to == home as i64 >> 1 => {
            *pending = None;
            stack.pinned.raised.replace(Value::NIL).to_bits()
        }
        _ => ABSENT,
    }
}

/// Goes on where other machine code that was called has left: gives its value, or the absent mark with an error.
extern "C" fn rps_after(context: *const MachineContext, end: usize) -> u64 {
    let thread = thread!(context, end);
    let (m, stack) = (thread.m, thread.stack);
    let resume = |resume: Resume, error: Option<RuntimeError>| -> Result<Value, RuntimeError> {
        stack.check_native_room()?;
        let base = stack.frames_end();
        let _mark = stack.mark();
        // SAFETY: the machine code has just come to the exit; nobody else has registers above the last frame.
        let frames = unsafe { resume.make_frames(stack, stack.top()) };
        let Some((code, next, registers)) = frames else { return Err(RuntimeError::Interrupted) };
        let state = State { code, next, registers };
        let Some(error) = error else { return execute::go_on(m, stack, state, base) };
        match unwind::unwind(m, stack, error, code, next.wrapping_add(1), registers, base) {
            Unwound::Handled(code, next, registers) => {
                execute::go_on(m, stack, State { code, next, registers }, base)
            }
            Unwound::Returned(value) => Ok(value),
            Unwound::Unhandled(error) => Err(error),
        }
    };
    match catch_unwind(AssertUnwindSafe(|| came_to_nothing(stack))) {
        Ok(Outcome::Resume(to)) => thread.run(|| resume(to, None)),
        Ok(Outcome::Unwind(to, error)) => thread.run(|| resume(to, Some(error))),
        Ok(Outcome::Error(error)) => thread.leave(Pending::Error(error)),
        Ok(Outcome::Value(value)) => value.to_bits(),
        Err(panic) => thread.leave(Pending::Panic(panic)),
    }
}

/// Does what a safepoint has to do.
extern "C" fn rps_poll(context: *const MachineContext, end: usize) -> u64 {
    let thread = thread!(context, end);
    thread.run(|| thread.m.attend(thread.stack, Frame::IN_MACHINE).map(|()| Value::NIL))
}

/// Calls a native with the receiver and the arguments above the last frame.
pub(super) extern "C" fn rps_native(
    context: *const MachineContext,
    end: usize,
    native: u64,
    count: u64,
    is_function: u64,
) -> u64 {
    let thread = thread!(context, end);
    thread.run(|| {
        // SAFETY: the machine code has written the row, and keeps the entry that has the native.
        let (row, native) = unsafe {
            (thread.row(count as usize + 1), &*std::ptr::with_exposed_provenance::<Native>(native as usize))
        };
        let receiver = if is_function == 1 { Value::NIL } else { row[0] };
        native.run(thread.m, receiver, &row[1..])
    })
}

/// Sends a message to the receiver above the last frame, by a cache of a unit.
extern "C" fn rps_send(
    context: *const MachineContext,
    end: usize,
    count: u64,
    is_super: u64,
    code: u64,
    site: u64,
) -> u64 {
    let thread = thread!(context, end);
    let registers = thread.stack.top();
    thread.run(|| {
        // SAFETY: the machine code has written the row.
        let row = unsafe { thread.row(count as usize + 1) };
        let code = unit(code);
        let cache = &code.cells().sends[site as usize];
        if is_super == 1 {
            let known = cache.find(code.function_value(), thread.m.runtime().method_epoch());
            if let Some(callee) = known.and_then(|entry| entry.code())
                && u64::from(callee.parameters()) == count
            {
                return thread.run_code(callee, registers);
            }
            let called = call::send_super(thread.m, code, cache, row)?;
            return thread.called(called, registers);
        }
        let class = thread.m.class_value(row[0]);
        if let Some(entry) = cache.find(class, thread.m.runtime().method_epoch())
            && let Some(callee) = entry.code()
            && u64::from(callee.parameters()) == count
        {
            return thread.run_code(callee, registers);
        }
        let called = call::send_slowly(thread.m, code, cache, class, row)?;
        thread.called(called, registers)
    })
}

/// Applies the function above the last frame, by a cache of a unit.
extern "C" fn rps_call(context: *const MachineContext, end: usize, count: u64, code: u64, site: u64) -> u64 {
    let thread = thread!(context, end);
    let registers = thread.stack.top();
    thread.run(|| {
        // SAFETY: the machine code has written the row.
        let row = unsafe { thread.row(count as usize + 1) };
        let code = unit(code);
        let cache = &code.cells().calls[site as usize];
        let (key, captured) = call::function_of(row[0]);
        if let Some(entry) = cache.find(key, thread.m.runtime().method_epoch())
            && let Some(callee) = entry.code()
            && u64::from(callee.parameters()) == count
            && usize::from(callee.cells().captured) == captured
        {
            return thread.run_code(callee, registers);
        }
        let called = call::call_slowly(thread.m, code, cache, row)?;
        thread.called(called, registers)
    })
}

/// Runs a unit on the function or receiver and the arguments above the last frame.
extern "C" fn rps_code(context: *const MachineContext, end: usize, code: u64) -> u64 {
    let thread = thread!(context, end);
    let registers = thread.stack.top();
    thread.run(|| thread.run_code(unit(code), registers))
}

/// Does one instruction of a unit on registers above the last frame. Gives 0, or 1 where the instruction has jumped.
extern "C" fn rps_step(
    context: *const MachineContext,
    end: usize,
    code: u64,
    at: u64,
    registers: *mut Value,
) -> u64 {
    let thread = thread!(context, end);
    let code = unit(code);
    let jumped = thread.run(|| {
        thread.stack.set_top(registers.wrapping_add(usize::from(code.registers())));
        execute::step(thread.m, thread.stack, code, at as usize, registers).map(Value::bool)
    });
    match jumped {
        ABSENT => ABSENT,
        jumped => u64::from(jumped == Value::TRUE.to_bits()),
    }
}

/// Applies an operator; done again where it fails.
extern "C" fn rps_operate(
    context: *const MachineContext,
    end: usize,
    operation: u64,
    left: u64,
    right: u64,
) -> u64 {
    const OPERATIONS: [Operation; 7] = [
        Operation::Add,
        Operation::Subtract,
        Operation::Multiply,
        Operation::Divide,
        Operation::Remainder,
        Operation::BitAnd,
        Operation::BitOr,
    ];
    let thread = thread!(context, end);
    thread.attempt(|| operate::operate(thread.m, OPERATIONS[operation as usize], value(left), value(right)))
}

/// Compares two values; done again where it fails.
extern "C" fn rps_compare(
    context: *const MachineContext,
    end: usize,
    comparison: u64,
    left: u64,
    right: u64,
) -> u64 {
    const COMPARISONS: [Comparison; 6] = [
        Comparison::Equal,
        Comparison::NotEqual,
        Comparison::Less,
        Comparison::LessEqual,
        Comparison::Greater,
        Comparison::GreaterEqual,
    ];
    let thread = thread!(context, end);
    thread.attempt(|| {
        operate::compare(thread.m, COMPARISONS[comparison as usize], value(left), value(right))
            .map(Value::bool)
    })
}

/// Gives the number with the other sign; done again where it fails.
extern "C" fn rps_negate(context: *const MachineContext, end: usize, from: u64) -> u64 {
    let thread = thread!(context, end);
    thread.attempt(|| operate::negate(thread.m, value(from)))
}

/// Gives the value of a double.
extern "C" fn rps_box(context: *const MachineContext, double: f64) -> u64 {
    // SAFETY: only machine code calls this, with its context, whose mutator outlives every call.
    let m = unsafe { &*(*context).mutator };
    // What the machine code knows of objects must still be so behind this, and its frame is not written.
    let _unpolled = m.without_safepoints();
    Value::double(m, double).to_bits()
}

/// Gives the value of an integer of 64 bits.
extern "C" fn rps_integer(context: *const MachineContext, int: i64) -> u64 {
    // SAFETY: only machine code calls this, with its context, whose mutator outlives every call.
    let m = unsafe { &*(*context).mutator };
    // As in `rps_box`.
    let _unpolled = m.without_safepoints();
    Value::int(m, int).to_bits()
}

/// Reads the attribute of a cache; done again where it fails.
extern "C" fn rps_get_attribute(
    context: *const MachineContext,
    end: usize,
    code: u64,
    site: u64,
    object: u64,
) -> u64 {
    let thread = thread!(context, end);
    let cache = &unit(code).cells().attributes[site as usize];
    let object = value(object);
    thread.attempt(|| {
        match object.object_fast().and_then(|object| object.cached_attribute(thread.m, cache)) {
            Some(found) => Ok(found),
            None => call::get_attribute(thread.m, object, cache),
        }
    })
}

/// Stores the attribute of a cache; done again where it fails.
extern "C" fn rps_put_attribute(
    context: *const MachineContext,
    end: usize,
    code: u64,
    site: u64,
    object: u64,
    new: u64,
) -> u64 {
    let thread = thread!(context, end);
    let cache = &unit(code).cells().attributes[site as usize];
    let (object, new) = (value(object), value(new));
    thread.attempt(|| {
        if object.object_fast().is_some_and(|object| object.put_cached_attribute(thread.m, cache, new)) {
            return Ok(Value::NIL);
        }
        call::put_attribute(thread.m, object, cache, new).map(|()| Value::NIL)
    })
}

/// Reads an element; done again where it fails.
extern "C" fn rps_element(context: *const MachineContext, end: usize, collection: u64, index: u64) -> u64 {
    let thread = thread!(context, end);
    let (collection, index) = (value(collection), value(index));
    thread.attempt(|| match thread.m.element_fast(collection, index) {
        Some(element) => Ok(element),
        None => thread.m.element(collection, index),
    })
}

/// Stores an element; done again where it fails.
extern "C" fn rps_put_element(
    context: *const MachineContext,
    end: usize,
    collection: u64,
    index: u64,
    new: u64,
) -> u64 {
    let thread = thread!(context, end);
    let (collection, index, new) = (value(collection), value(index), value(new));
    thread.attempt(|| {
        if !thread.m.put_element_fast(collection, index, new) {
            thread.m.put_element(collection, index, new)?;
        }
        Ok(Value::NIL)
    })
}

/// Makes an object of a class with a shape, of values above the last frame, without a safepoint: what the machine code knows
/// still holds behind it.
extern "C" fn rps_object(
    context: *const MachineContext,
    end: usize,
    class: u64,
    shape: u64,
    code: u64,
    site: u64,
    count: u64,
) -> u64 {
    let thread = thread!(context, end);
    let _unpolled = thread.m.without_safepoints();
    thread.run(|| {
        // SAFETY: the machine code has written the row, and keeps the shape that its snapshot has given it.
        let (row, shape) = unsafe {
            let cell = std::ptr::NonNull::new_unchecked(shape as *mut Header);
            (thread.row(count as usize), ShapeRef::from_cell(cell))
        };
        let order = unit(code).cells().made[site as usize].order();
        Ok(thread.m.new_with_shape(value(class), shape, row, order).into())
    })
}

/// Makes a closure of values above the last frame, which are nested so little that it can be made, without a safepoint.
extern "C" fn rps_closure(context: *const MachineContext, end: usize, function: u64, count: u64) -> u64 {
    let thread = thread!(context, end);
    let _unpolled = thread.m.without_safepoints();
    thread.run(|| {
        // SAFETY: the machine code has written the row.
        let row = unsafe { thread.row(count as usize) };
        let function = value(function).as_object().ok_or(RuntimeError::Interrupted)?;
        Ok(ClosureRef::new(thread.m, function, row)?.into())
    })
}

/// Makes a variable that closures share, without a safepoint.
extern "C" fn rps_variable(context: *const MachineContext, end: usize, first: u64) -> u64 {
    let thread = thread!(context, end);
    let _unpolled = thread.m.without_safepoints();
    Value::from(thread.m.new_variable(value(first))).to_bits()
}

const _: unsafe fn(&CallStack, usize, *mut Value) -> Outcome = call_machine;
