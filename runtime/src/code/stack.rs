//! The call stack of a thread: the registers of all frames in one piece of memory, and beside them what each call goes
//! back to.
//!
//! A frame's registers begin where its caller put the function and the arguments, so that calling copies nothing. Both
//! pieces are scanned like a thread's stack: conservatively, up to where they are used.

use std::cell::{Cell, RefCell};
use std::ptr::NonNull;
use std::rc::Rc;

use super::instruction::Instruction;
use super::machine::{MachineContext, MachineRef, Pending};
use super::trace::{Trace, index_before};
use super::unit::CodeRef;
use crate::error::RuntimeError;
use crate::heap::sys::{pages, stack};
use crate::heap::{LocalHeap, ScanRange};
use crate::oid::Oid;
use crate::runtime::Mutator;
use crate::send::OpenGate;
use crate::value::Value;

/// How many calls there may be at once, unless [`crate::Runtime::set_max_depth`] says otherwise.
pub const DEFAULT_MAX_DEPTH: usize = 100_000;

/// Bytes of the registers of all frames. The system gives memory when it is touched.
const REGISTER_BYTES: usize = 64 << 20;
/// Registers above the last frame: where machine code writes those of the frames that it goes back to.
const SPARE_BYTES: usize = 1 << 20;
/// Bytes of native stack that the compiler takes at most, where the thread has so many to spare.
const COMPILER_BYTES: usize = 1 << 20;
/// The same of the interpreter, where it goes on because machine code has no room.
const INTERPRETER_BYTES: usize = 1 << 17;
/// The alignment of the pieces of memory.
const PAGE: usize = 1 << 16;

/// What a call goes back to: code that the interpreter runs, or machine code.
///
/// A machine code's frames have the address of its cell, the number of the call's site, and the number of its home where it
/// has one. Where it has put calls into itself, it has as many more frames, which come before and say nothing.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Frame {
    /// The code of the caller, or machine code. Nothing where Rust called on behalf of no code.
    pub(crate) code: Option<CodeRef>,
    /// Behind the calling instruction; of machine code twice the number of its site plus one.
    pub(crate) next: *const Instruction,
    /// The registers of the caller.
    pub(crate) registers: *mut Value,
}

impl Frame {
    /// What runs where machine code called a native: its frame is on the stack.
    pub(crate) const IN_MACHINE: Frame =
        Frame { code: None, next: std::ptr::without_provenance(1), registers: std::ptr::null_mut() };

    /// Returns whether the frame is one of machine code.
    #[inline(always)]
    pub(crate) fn is_machine(self) -> bool {
        self.next.addr() & 1 == 1
    }

    /// Returns the machine code and the number of the site, of a frame of one.
    pub(crate) fn machine(self) -> Option<(MachineRef, usize)> {
        let code = self.code.filter(|_| self.is_machine())?;
        // SAFETY: machine code writes the address of its own cell into its frames, which keep it alive.
        Some((unsafe { MachineRef::from_cell(code.cell()) }, self.next.addr() >> 1))
    }
}

/// Values that live beside the registers.
#[repr(C)]
pub(crate) struct Pinned {
    /// What was raised, while it is on its way to a handler, or what a closure returns from its home.
    pub(crate) raised: Cell<Value>,
    /// The last value of the session.
    pub(crate) last: Cell<Value>,
    /// The space in which the session keeps objects, or nil.
    pub(crate) space: Cell<Value>,
}

/// The call stack of a thread.
pub(crate) struct CallStack {
    registers: NonNull<u8>,
    frames: NonNull<u8>,
    frame_bytes: usize,
    /// Where the last frame may begin.
    last_frame: usize,
    max_depth: usize,
    register_range: Rc<ScanRange>,
    frame_range: Rc<ScanRange>,
    pinned_range: Rc<ScanRange>,
    pub(crate) pinned: Box<Pinned>,
    /// The address below which the native stack must not grow.
    native_limit: usize,
    /// The same while a function is compiled, whose text may be nested deeply.
    compiler_limit: usize,
    /// What runs while a native does.
    pub(crate) running: Cell<Frame>,
    /// The number of the next call that closures can return from.
    pub(crate) next_home: Cell<i64>,
    /// Where the error that is on its way came from.
    pub(crate) trace: RefCell<Trace>,
    /// What machine code reads of the thread.
    pub(crate) machine: MachineContext,
    /// What machine code left behind when it came to no value.
    pub(crate) pending: RefCell<Option<Pending>>,
    /// The gates that were opened on this thread.
    pub(crate) gates: RefCell<Vec<(usize, Rc<dyn OpenGate>)>>,
}

impl CallStack {
    /// Returns an empty stack for so many calls; `entry` is an address in the frame that entered the heap.
    pub(crate) fn new(m: &Mutator<'_>, max_depth: usize, entry: usize) -> CallStack {
        let heap: &LocalHeap<'_> = m;
        let frame_bytes = (max_depth.max(16) * size_of::<Frame>()).next_multiple_of(PAGE);
        let reserve = |bytes| {
            pages::reserve(bytes, PAGE)
                .unwrap_or_else(|| std::alloc::handle_alloc_error(std::alloc::Layout::new::<[u8; PAGE]>()))
        };
        let (registers, frames) = (reserve(REGISTER_BYTES + SPARE_BYTES), reserve(frame_bytes));
        let nil = || Cell::new(Value::NIL);
        let pinned = Box::new(Pinned { raised: nil(), last: nil(), space: nil() });
        let native_limit = stack::limit(entry);
        let compiler_room = (stack::base(entry).saturating_sub(native_limit) / 2).min(COMPILER_BYTES);
        // SAFETY: the memory lives until `drop`, which empties the ranges; the ends stay within it.
        let (register_range, frame_range, pinned_range) = unsafe {
            (
                heap.scan(0, registers.as_ptr() as usize),
                heap.scan(1, frames.as_ptr() as usize),
                heap.scan(2, &raw const *pinned as usize),
            )
        };
        pinned_range.end.set(&raw const *pinned as usize + size_of::<Pinned>());
        let last_frame = frames.as_ptr() as usize + (max_depth.max(16) - 1) * size_of::<Frame>();
        // Where machine code has no room for another call the interpreter goes on, which needs some itself.
        let room = (stack::base(entry).saturating_sub(native_limit) / 4).min(INTERPRETER_BYTES);
        let machine = MachineContext::new(m, &register_range.end, last_frame, native_limit + room);
        CallStack {
            registers,
            frames,
            frame_bytes,
            last_frame,
            max_depth: max_depth.max(16),
            register_range,
            frame_range,
            pinned_range,
            pinned,
            native_limit,
            compiler_limit: native_limit + compiler_room,
            running: Cell::new(Frame { code: None, next: std::ptr::null(), registers: std::ptr::null_mut() }),
            // Not the same numbers on every thread: a closure may be called on another one than its home.
            next_home: Cell::new((Oid::random().high() >> 2) as i64),
            trace: RefCell::new(Trace::new(heap)),
            machine,
            pending: RefCell::new(None),
            gates: RefCell::default(),
        }
    }

    /// Returns the first register that no frame has.
    #[inline(always)]
    pub(crate) fn top(&self) -> *mut Value {
        self.register_range.end.get() as *mut Value
    }

    /// Sets the first register that no frame has.
    #[inline(always)]
    pub(crate) fn set_top(&self, top: *mut Value) {
        self.register_range.end.set(top as usize);
    }

    /// Returns whether a frame of so many registers fits at an address.
    #[inline(always)]
    pub(crate) fn has_room(&self, registers: *mut Value, count: u16) -> bool {
        let end = registers as usize + usize::from(count) * size_of::<Value>();
        end <= self.registers.as_ptr() as usize + REGISTER_BYTES
            && self.frame_range.end.get() <= self.last_frame
    }

    /// Adds what a call goes back to; [`CallStack::has_room`] said that it fits.
    ///
    /// # Safety
    ///
    /// There is room.
    #[inline(always)]
    pub(crate) unsafe fn push(&self, frame: Frame) {
        let end = self.frame_range.end.get();
        // SAFETY: by this function's contract the frame lies within the piece of memory.
        unsafe { (end as *mut Frame).write(frame) };
        self.frame_range.end.set(end + size_of::<Frame>());
    }

    /// Removes what the current call goes back to.
    ///
    /// # Safety
    ///
    /// There is a frame.
    #[inline(always)]
    pub(crate) unsafe fn pop(&self) -> Frame {
        let end = self.frame_range.end.get() - size_of::<Frame>();
        self.frame_range.end.set(end);
        // SAFETY: by this function's contract a frame was written there.
        unsafe { (end as *const Frame).read() }
    }

    /// Returns the end of the frames.
    #[inline(always)]
    pub(crate) fn frames_end(&self) -> usize {
        self.frame_range.end.get()
    }

    /// Sets the end of the frames: for machine code, which keeps it in a register of the processor.
    ///
    /// # Safety
    ///
    /// Frames were written up to there.
    #[inline(always)]
    pub(crate) unsafe fn set_frames_end(&self, end: usize) {
        self.frame_range.end.set(end);
    }

    /// Notes that machine code has come from where its frames end.
    pub(crate) fn note_machine(&self, frames_end: usize) {
        // SAFETY: machine code has written its frames up to there before it went through the gate that tells of it.
        unsafe { self.set_frames_end(frames_end) };
        self.running.set(Frame::IN_MACHINE);
    }

    /// Returns what the calls go back to, the innermost first.
    pub(crate) fn records(&self) -> impl Iterator<Item = Frame> {
        let frames = self.frames();
        let mut end = frames.len();
        std::iter::from_fn(move || {
            end = end.checked_sub(1)?;
            let frame = frames[end];
            if let Some((machine, site)) = frame.machine() {
                // The frames of calls that the machine code has put into itself say nothing.
                end = end.saturating_sub(machine.site(site).frames.len().saturating_sub(1));
            }
            Some(frame)
        })
    }

    /// Returns the calls that are under way, the innermost first: the code and the number of the instruction that called.
    pub(crate) fn callers(&self) -> impl Iterator<Item = (CodeRef, usize)> {
        self.records().flat_map(|frame| {
            let (within, own) = match frame.machine() {
                Some((machine, site)) => (machine.site(site).frames.as_slice(), None),
                None => (&[][..], frame.code.map(|code| (code, index_before(code, frame.next)))),
            };
            within.iter().rev().map(|inner| (inner.code, inner.at)).chain(own)
        })
    }

    /// Returns what the calls go back to, the innermost last.
    pub(crate) fn frames(&self) -> &[Frame] {
        let start = self.frames.as_ptr() as usize;
        let count = (self.frame_range.end.get() - start) / size_of::<Frame>();
        // SAFETY: so many frames were written from the start on; only this thread changes them, and not while the result
        // is used.
        unsafe { std::slice::from_raw_parts(start as *const Frame, count) }
    }

    /// Returns what puts the stack back to where it is now when it is dropped, after a panic too.
    pub(super) fn mark(&self) -> Mark<'_> {
        Mark { stack: self, top: self.top(), frames: self.frame_range.end.get(), running: self.running.get() }
    }

    /// Returns whether the native stack has room for another call of machine code.
    #[inline(always)]
    pub(crate) fn has_native_room(&self) -> bool {
        let here = 0u8;
        &raw const here as usize >= self.machine.native_limit
    }

    /// Makes sure that the native stack has room for another call out of Rust.
    #[inline]
    pub(crate) fn check_native_room(&self) -> Result<(), RuntimeError> {
        let here = 0u8;
        if (&raw const here as usize) < self.native_limit { Err(self.overflow()) } else { Ok(()) }
    }

    /// Makes sure that the native stack has room for the compiler.
    pub(crate) fn check_compiler_room(&self) -> Result<(), RuntimeError> {
        let here = 0u8;
        if (&raw const here as usize) < self.compiler_limit { Err(self.overflow()) } else { Ok(()) }
    }

    /// Returns the error of a recursion that is too deep.
    #[cold]
    pub(crate) fn overflow(&self) -> RuntimeError {
        // Less where the frames are large, or natives call each other.
        RuntimeError::StackOverflow { limit: self.frames().len().min(self.max_depth) }
    }
}

/// Where the stack was when Rust called code.
pub(super) struct Mark<'s> {
    stack: &'s CallStack,
    top: *mut Value,
    frames: usize,
    running: Frame,
}

impl Drop for Mark<'_> {
    fn drop(&mut self) {
        // A native that panics leaves the frames above: whoever catches the panic must not find them.
        self.stack.frame_range.end.set(self.frames);
        self.stack.set_top(self.top);
        self.stack.running.set(self.running);
    }
}

impl Drop for CallStack {
    fn drop(&mut self) {
        for range in [&self.register_range, &self.frame_range, &self.pinned_range] {
            range.clear();
        }
        // SAFETY: both pieces came from `reserve`, and nothing refers to them any more.
        unsafe {
            pages::release(self.registers, REGISTER_BYTES + SPARE_BYTES);
            pages::release(self.frames, self.frame_bytes);
        }
    }
}
