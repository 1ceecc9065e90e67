//! Typed native code of programs: functions over numbers and rows of numbers, which the compiled tier makes machine code of.
//!
//! The runtime does not know what such code looks like: it hands a module, as bytes, to the [`Tier`](super::machine::Tier), and
//! calls what that gives back. The code works on numbers and on rows that are no part of the heap, so that no collection
//! concerns it; at every turn of a loop it looks at the word [`SIGNALS`], and calls [`POLL`] when there is something to attend
//! to: a collection, for which the thread stops there, or an interrupt, by which the code traps.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::unit::{Source, SourceRange};
use crate::error::RuntimeError;
use crate::runtime::{Mutator, Runtime};

/// The name of the word that is not 0 when a thread has something to attend to: 32 bits.
pub const SIGNALS: &str = "rps_signals";
/// The name of the function that attends to it. It has no parameters, and gives a status: 0, or [`STOPPED`].
pub const POLL: &str = "rps_typed_poll";
/// The trap with which code ends that is stopped. Functions do not use this number themselves.
pub const STOPPED: i32 = i32::MAX;

/// Numbers of one type in a row.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names say it; integers have no sign in native code")]
pub enum NumberRow {
    I8(Vec<u8>),
    I16(Vec<u16>),
    I32(Vec<u32>),
    I64(Vec<u64>),
    F32(Vec<f32>),
    F64(Vec<f64>),
}

/// What typed code takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypedParameter {
    /// A number or a truth value.
    Number,
    /// A row of numbers of so many bytes each.
    Row(usize),
}

/// What typed code is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypedArgument {
    /// A number, as the low bits of a word.
    Number(u64),
    /// A row, by its number among the rows of the call. Several arguments may be one row.
    Row(usize),
}

/// Why typed code gave no result.
#[derive(Debug)]
pub enum TypedStop {
    /// It trapped.
    Trap(i32),
    /// The computation is to stop.
    Error(RuntimeError),
}

/// Machine code of a typed function, which lives as long as this.
pub struct TypedCode {
    /// `int32_t enter(void *function, const uint64_t *frame, void *result)`
    enter: usize,
    function: usize,
    parameters: Box<[TypedParameter]>,
    _owner: Box<dyn Any + Send + Sync>,
}

impl std::fmt::Debug for TypedCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TypedCode").field("parameters", &self.parameters).finish_non_exhaustive()
    }
}

impl TypedCode {
    /// Returns machine code.
    ///
    /// # Safety
    ///
    /// At `enter` is a function `int32_t (void *function, const uint64_t *frame, void *result)`, which calls the function at
    /// `function` with the arguments in the frame: a word for each number, the address and the length for each row. It stays
    /// within the rows, and writes at most 8 bytes to the result. It calls nothing but [`POLL`]. Both stay there as long as
    /// the owner lives.
    pub unsafe fn new(
        enter: usize,
        function: usize,
        parameters: &[TypedParameter],
        owner: Box<dyn Any + Send + Sync>,
    ) -> TypedCode {
        TypedCode { enter, function, parameters: parameters.into(), _owner: owner }
    }
}

impl NumberRow {
    /// Returns how many numbers there are.
    pub fn len(&self) -> usize {
        match self {
            NumberRow::I8(row) => row.len(),
            NumberRow::I16(row) => row.len(),
            NumberRow::I32(row) => row.len(),
            NumberRow::I64(row) => row.len(),
            NumberRow::F32(row) => row.len(),
            NumberRow::F64(row) => row.len(),
        }
    }

    /// Returns whether there are no numbers.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the bits of a number.
    pub fn bits(&self, at: usize) -> Option<u64> {
        match self {
            NumberRow::I8(row) => row.get(at).map(|&bits| bits.into()),
            NumberRow::I16(row) => row.get(at).map(|&bits| bits.into()),
            NumberRow::I32(row) => row.get(at).map(|&bits| bits.into()),
            NumberRow::I64(row) => row.get(at).copied(),
            NumberRow::F32(row) => row.get(at).map(|number| number.to_bits().into()),
            NumberRow::F64(row) => row.get(at).map(|number| number.to_bits()),
        }
    }

    fn width(&self) -> usize {
        match self {
            NumberRow::I8(_) => 1,
            NumberRow::I16(_) => 2,
            NumberRow::I32(_) | NumberRow::F32(_) => 4,
            NumberRow::I64(_) | NumberRow::F64(_) => 8,
        }
    }

    fn address(&mut self) -> usize {
        match self {
            NumberRow::I8(row) => row.as_mut_ptr().expose_provenance(),
            NumberRow::I16(row) => row.as_mut_ptr().expose_provenance(),
            NumberRow::I32(row) => row.as_mut_ptr().expose_provenance(),
            NumberRow::I64(row) => row.as_mut_ptr().expose_provenance(),
            NumberRow::F32(row) => row.as_mut_ptr().expose_provenance(),
            NumberRow::F64(row) => row.as_mut_ptr().expose_provenance(),
        }
    }
}

/// The word that is not 0 when a thread has something to attend to.
#[derive(Clone, Debug)]
pub struct Signals(Arc<AtomicU32>);

impl Signals {
    /// Returns the word.
    pub fn read(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

thread_local! {
    /// The mutator on whose behalf typed code runs.
    static RUNNING: Cell<*const Mutator<'static>> = const { Cell::new(std::ptr::null()) };
    /// Why it was stopped.
    static PENDING: RefCell<Option<Pending>> = const { RefCell::new(None) };
}

enum Pending {
    Error(RuntimeError),
    Panic(Box<dyn Any + Send>),
}

/// Restores who runs, also after a panic.
struct Outer(*const Mutator<'static>);

impl Drop for Outer {
    fn drop(&mut self) {
        RUNNING.set(self.0);
    }
}

/// Attends to what there is: typed code calls it.
extern "C" fn rps_typed_poll() -> i32 {
    let running = RUNNING.get();
    if running.is_null() {
        return STOPPED;
    }
    // SAFETY: `call_typed` has set it on this thread, and has not returned.
    let m = unsafe { &*running };
    let pending = match catch_unwind(AssertUnwindSafe(|| m.poll())) {
        Ok(Ok(())) => return 0,
        Ok(Err(error)) => Pending::Error(error),
        Err(panic) => Pending::Panic(panic),
    };
    PENDING.set(Some(pending));
    STOPPED
}

impl Runtime {
    /// Returns what typed code refers to: names and addresses.
    pub fn typed_symbols(&self) -> [(&'static str, usize); 2] {
        let signals = Arc::as_ptr(self.heap().signals());
        [(SIGNALS, signals.expose_provenance()), (POLL, rps_typed_poll as *const () as usize)]
    }

    /// Returns the word that is not 0 when a thread has something to attend to.
    pub fn signals(&self) -> Signals {
        Signals(Arc::clone(self.heap().signals()))
    }

    /// Returns the epoch of definitions: as long as it stays, names and functions stand for what they stood for.
    pub fn definition_epoch(&self) -> u64 {
        self.method_epoch()
    }
}

impl Mutator<'_> {
    /// Does what a safepoint has to do: waits for a collection, takes a sample, stops the computation.
    ///
    /// # Errors
    ///
    /// [`RuntimeError::Interrupted`], [`RuntimeError::Deadline`].
    pub fn poll(&self) -> Result<(), RuntimeError> {
        if self.runtime().signals().read() == 0 {
            return Ok(());
        }
        let stack = self.call_stack();
        self.attend(stack, stack.running.get())
    }

    /// Returns machine code of a function of a module of typed code, or `None` where there is no compiled tier, or it makes none
    /// of it. Collections do not wait for it.
    pub fn make_typed(&self, module: &[u8], function: &str) -> Option<TypedCode> {
        let tier = &self.runtime().tier().attached()?.tier;
        self.blocking(|| tier.make_typed(self.runtime(), module, function))
    }

    /// Returns after how many calls and turns of loops code is warm; `None` where there is no compiled tier.
    pub fn warm_after(&self) -> Option<u32> {
        Some(self.runtime().tier().attached()?.thresholds.cold)
    }

    /// Calls typed code, and returns the bits of its result.
    ///
    /// # Errors
    ///
    /// [`TypedStop`]; [`RuntimeError::WrongKind`] when the arguments are not what the code takes.
    pub fn call_typed(
        &self,
        code: &TypedCode,
        arguments: &[TypedArgument],
        rows: &mut [NumberRow],
    ) -> Result<u64, TypedStop> {
        self.call_stack().check_native_room().map_err(TypedStop::Error)?;
        let addresses: Vec<(usize, usize, usize)> =
            rows.iter_mut().map(|row| (row.address(), row.len(), row.width())).collect();
        let mut frame = Vec::with_capacity(arguments.len() + addresses.len());
        let mut fits = arguments.len() == code.parameters.len();
        for (argument, parameter) in arguments.iter().zip(&code.parameters) {
            match (argument, parameter) {
                (TypedArgument::Number(bits), TypedParameter::Number) => frame.push(*bits),
                (TypedArgument::Row(row), TypedParameter::Row(bytes)) => match addresses.get(*row) {
                    Some((address, len, width)) if width == bytes => {
                        frame.extend([*address as u64, *len as u64]);
                    }
                    _ => fits = false,
                },
                _ => fits = false,
            }
        }
        if !fits {
            return Err(TypedStop::Error(RuntimeError::WrongKind {
                what: "what native code is given".into(),
                expected: "of the types that it takes".into(),
                found: "something else".into(),
            }));
        }
        let mut result = 0u64;
        let _outer = Outer(RUNNING.replace(std::ptr::from_ref(self).cast()));
        // SAFETY: by the contract of `TypedCode::new` this is the function, and the frame is what it takes: it was just compared
        // with the parameters. The rows are borrowed mutably until it returns, and nobody else refers to them.
        let status = unsafe {
            let enter: extern "C" fn(usize, *const u64, *mut u64) -> i32 =
                std::mem::transmute(std::ptr::with_exposed_provenance::<()>(code.enter));
            enter(code.function, frame.as_ptr(), &raw mut result)
        };
        match status {
            0 => Ok(result),
            STOPPED => Err(match PENDING.take() {
                Some(Pending::Panic(panic)) => resume_unwind(panic),
                Some(Pending::Error(error)) => TypedStop::Error(error),
                None => TypedStop::Error(RuntimeError::Interrupted),
            }),
            trap => Err(TypedStop::Trap(trap)),
        }
    }

    /// Tells the next stack trace that the error which is now raised began at a place in a typed function, of which the trace
    /// knows the caller only.
    pub fn note_typed_place(&self, name: &str, source: Arc<Source>, range: SourceRange) {
        self.call_stack().trace.borrow_mut().note_place(name, source, range);
    }
}
