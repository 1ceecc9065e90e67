//! A thread's part of the heap: its allocation buffers, its safepoints.

use std::cell::{Cell, RefCell};
use std::marker::PhantomData;
use std::mem::offset_of;
use std::ptr::NonNull;
use std::rc::Rc;
use std::sync::atomic::Ordering;

use super::blocks::LISTS;
use super::cell::Header;
use super::free_run::RunList;
use super::layout::{BLOCK_BYTES, CLASS_BYTES, CLASSES, MAX_SMALL, class_of};
use super::sys::stack;
use super::{Client, Heap};
use crate::value::Value;

/// The allocation buffers of a thread, one for each block list.
#[repr(transparent)]
pub(crate) struct Buffers([Buffer; LISTS]);

#[repr(C)]
struct Buffer {
    cursor: Cell<*mut u8>,
    end: Cell<*mut u8>,
    runs: RefCell<RunList>,
}

/// Where the buffer for cells of a size lies, from the address of a thread's buffers, for machine code that takes cells by
/// itself: it moves the cursor, and writes the cell before the next safepoint. Where the cursor would pass the end, which is
/// before every cell while a heap is stressed, the runtime takes the cell.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// The size of the cell, in bytes.
    pub bytes: i32,
    /// The offset of the address of the next cell, in bytes.
    pub cursor: i32,
    /// The offset of the address behind the last, in bytes.
    pub end: i32,
}

impl Room {
    /// Returns where cells of so many bytes are taken, unless they are too large to share a block.
    pub(crate) fn of(bytes: usize) -> Option<Room> {
        let class = (bytes <= MAX_SMALL).then(|| class_of(bytes))?;
        let buffer = class * size_of::<Buffer>();
        Some(Room {
            bytes: CLASS_BYTES[class] as i32,
            cursor: (buffer + offset_of!(Buffer, cursor)) as i32,
            end: (buffer + offset_of!(Buffer, end)) as i32,
        })
    }
}

impl Buffers {
    fn new() -> Box<Buffers> {
        Box::new(Buffers(std::array::from_fn(|_| Buffer {
            cursor: Cell::new(std::ptr::null_mut()),
            end: Cell::new(std::ptr::null_mut()),
            runs: RefCell::new(RunList::EMPTY),
        })))
    }

    /// Forgets all buffers: after a marking, sweeping finds their memory again.
    pub(crate) fn reset(&self) {
        for buffer in &self.0 {
            buffer.cursor.set(std::ptr::null_mut());
            buffer.end.set(std::ptr::null_mut());
            *buffer.runs.borrow_mut() = RunList::EMPTY;
        }
    }
}

/// Memory of a thread beside its stack that a collection scans like it: conservatively, up to its end of the moment.
pub(crate) struct ScanRange {
    start: Cell<usize>,
    pub(crate) end: Cell<usize>,
}

impl ScanRange {
    /// Makes the range empty.
    pub(crate) fn clear(&self) {
        self.end.set(0);
        self.start.set(0);
    }
}

/// The ranges of one thread.
pub(crate) struct ScanRanges([Rc<ScanRange>; 3]);

impl ScanRanges {
    fn new() -> Box<ScanRanges> {
        Box::new(ScanRanges(std::array::from_fn(|_| {
            Rc::new(ScanRange { start: Cell::new(0), end: Cell::new(0) })
        })))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = std::ops::Range<usize>> {
        self.0.iter().map(|range| range.start.get()..range.end.get())
    }
}

/// The heap as one thread sees it: allocation, safepoints, blocking calls, collection.
///
/// Lives on the stack of the thread that entered the heap, and never leaves it.
pub struct LocalHeap<'h> {
    heap: &'h Heap,
    client: &'h dyn Client,
    thread: usize,
    buffers: Box<Buffers>,
    scanned: Box<ScanRanges>,
    /// How many callers rely on no collection happening; see [`LocalHeap::forbid_safepoints`].
    forbidden: Cell<u32>,
    /// How many blocking calls this thread is in.
    blocking: Cell<u32>,
    /// How many callers allocate without safepoints; see [`LocalHeap::without_safepoints`].
    unpolled: Cell<u32>,
    _stays_on_its_thread: PhantomData<*mut ()>,
}

impl<'h> LocalHeap<'h> {
    /// Enters a heap; `entry` is an address in the frame of the caller.
    pub(crate) fn enter(heap: &'h Heap, client: &'h dyn Client, entry: usize) -> LocalHeap<'h> {
        let buffers = Buffers::new();
        let scanned = ScanRanges::new();
        let thread = heap.world.enter(stack::base(entry), &raw const *buffers, &raw const *scanned);
        LocalHeap {
            heap,
            client,
            thread,
            buffers,
            scanned,
            forbidden: Cell::new(0),
            blocking: Cell::new(0),
            unpolled: Cell::new(0),
            _stays_on_its_thread: PhantomData,
        }
    }

    /// Returns the buffers, for machine code of the thread.
    pub(crate) fn buffers(&self) -> *const Buffers {
        &raw const *self.buffers
    }

    /// Returns the heap.
    pub fn heap(&self) -> &'h Heap {
        self.heap
    }

    /// Makes one of the thread's ranges begin and end at an address, and returns it to be moved.
    ///
    /// # Safety
    ///
    /// The memory from the start to the end, whatever it is set to, can be read until the range is made empty again.
    pub(crate) unsafe fn scan(&self, number: usize, start: usize) -> Rc<ScanRange> {
        let range = &self.scanned.0[number];
        range.start.set(start);
        range.end.set(start);
        Rc::clone(range)
    }

    /// Runs code, which may use that no other thread is in the heap: see [`LocalHeap::is_alone`].
    pub(crate) fn in_solitude<R>(&self, f: impl FnOnce() -> R) -> R {
        struct End<'w>(&'w super::world::World, usize);
        impl Drop for End<'_> {
            fn drop(&mut self) {
                self.0.end_code(self.1);
            }
        }
        let world = &self.heap.world;
        let _end = (!world.begin_code(self.thread)).then(|| End(world, self.thread));
        f()
    }

    /// Runs `f` with nobody taken to be alone: every change is made as if others could see it.
    pub(crate) fn without_solitude<R>(&self, f: impl FnOnce() -> R) -> R {
        struct Restore<'w>(&'w super::world::World, bool);
        impl Drop for Restore<'_> {
            fn drop(&mut self) {
                self.0.allow_solitude(self.1);
            }
        }
        let _restore = Restore(&self.heap.world, self.heap.world.forbid_solitude());
        f()
    }

    /// Returns whether this thread, which runs code, is the only one in the heap, and will be until its next safepoint:
    /// what other threads may not see half done then needs no lock.
    #[inline(always)]
    pub fn is_alone(&self) -> bool {
        self.heap.world.is_alone()
    }

    /// Returns whether a safepoint of code has something to do, for the heap or for the runtime.
    #[inline(always)]
    pub(crate) fn is_signalled(&self) -> bool {
        self.heap.signals().load(Ordering::Relaxed) != 0
    }

    /// Lets a collection happen here, if one is wanted. Calls, loop back-edges and allocations are safepoints.
    #[inline]
    pub fn safepoint(&self) {
        if self.heap.world.stop_wanted() {
            self.assert_safepoint_allowed();
            self.heap.world.wait_at_safepoint(self.thread);
            self.collect_if_due();
        }
    }

    /// Runs a call that may block, during which collections need not wait for this thread.
    ///
    /// `f` must not touch any value; the values in this thread's frames are kept as always. Calls may be nested.
    pub fn blocking<R>(&self, f: impl FnOnce() -> R) -> R {
        if self.is_without_safepoints() || self.blocking.get() > 0 {
            // Collections wait for what is done here anyway, or they do not in any case.
            return f();
        }
        self.assert_safepoint_allowed();
        let _blocking = Counted::new(&self.blocking);
        self.heap.world.while_safe(self.thread, f)
    }

    /// Lets no collection happen until the result is dropped: for a loader that fills skeletons from many threads, which
    /// makes no garbage anyway. A collection that is under way is finished first.
    pub fn suspend_collections(&self) -> super::SuspendedCollections<'h> {
        let suspended = self.heap.suspend_collections();
        self.heap.world.wait_at_safepoint(self.thread);
        suspended
    }

    /// Waits for a lock that is part of the heap.
    pub(crate) fn wait_for<R>(&self, lock: impl FnOnce() -> R) -> R {
        assert!(self.blocking.get() == 0, "a blocking call works on the heap");
        self.blocking(lock)
    }

    /// A call that may block must not touch values, and code that forbids safepoints must reach none.
    fn assert_safepoint_allowed(&self) {
        assert!(self.blocking.get() == 0, "a blocking call works on the heap");
        assert!(self.forbidden.get() == 0, "a safepoint where none may be");
    }

    /// Declares that this thread reaches no safepoint until the result is dropped, which is checked where one is.
    pub(crate) fn forbid_safepoints(&self) -> impl Drop {
        Counted::new(&self.forbidden)
    }

    /// Makes allocations no safepoints until the result is dropped: what is allocated goes beyond the budget if need be.
    ///
    /// For what happens where nobody expects it, such as loading an object that is read. It must be short, as collections
    /// wait for it, and must not wait for a thread that may be at a safepoint.
    pub(crate) fn without_safepoints(&self) -> impl Drop {
        Counted::new(&self.unpolled)
    }

    /// Returns whether allocations are no safepoints at this time.
    pub(crate) fn is_without_safepoints(&self) -> bool {
        self.unpolled.get() > 0
    }

    /// Collects if enough was allocated.
    pub(crate) fn collect_if_due(&self) {
        if self.heap.collection_due() && !self.is_without_safepoints() {
            self.collect();
        }
    }

    /// Collects now, whatever the state of the heap, unless collections are suspended.
    pub fn collect(&self) {
        self.assert_safepoint_allowed();
        if self.heap.is_suspended() {
            return;
        }
        let wanted = || !self.heap.is_suspended();
        self.heap
            .world
            .stop_and(self.thread, wanted, |threads| self.heap.collect_stopped(self.client, threads));
    }

    /// Returns memory for a cell of `bytes` bytes, which the caller initialises completely, its header included,
    /// before the next safepoint. The allocation is a safepoint itself.
    ///
    /// `keep` are values that the new cell will hold. They may lie in memory that no collection scans, such as a
    /// vector: they are kept alive here.
    #[inline]
    pub(crate) fn allocate(&self, bytes: usize, keep: &[Value]) -> NonNull<Header> {
        if bytes > MAX_SMALL {
            return self.allocate_large(bytes, keep);
        }
        self.allocate_in(class_of(bytes), keep)
    }

    /// Like [`LocalHeap::allocate`], for a cell whose kind has something to drop.
    #[inline]
    pub(crate) fn allocate_with_drop(&self, bytes: usize, keep: &[Value]) -> NonNull<Header> {
        assert!(bytes <= MAX_SMALL, "cells with drop are small");
        self.allocate_in(CLASSES + class_of(bytes), keep)
    }

    #[inline]
    fn allocate_in(&self, list: usize, keep: &[Value]) -> NonNull<Header> {
        let buffer = &self.buffers.0[list];
        let start = buffer.cursor.get();
        let next = start.wrapping_add(CLASS_BYTES[list % CLASSES] as usize);
        if next <= buffer.end.get() && !start.is_null() {
            buffer.cursor.set(next);
            // SAFETY: just tested.
            return unsafe { NonNull::new_unchecked(start.cast()) };
        }
        self.allocate_slowly(list, keep)
    }

    #[cold]
    #[inline(never)]
    fn allocate_slowly(&self, list: usize, keep: &[Value]) -> NonNull<Header> {
        let size = CLASS_BYTES[list % CLASSES] as usize;
        self.meet_stress(keep);
        let buffer = &self.buffers.0[list];
        loop {
            let popped = buffer.runs.borrow_mut().pop();
            if let Some((start, end)) = popped {
                let next = start.wrapping_add(size);
                let mut end = end;
                if self.heap.stressed() && next < end {
                    // Under stress every allocation comes here: buffers are one cell long.
                    if let (Some(rest), Some(last)) = (NonNull::new(next), NonNull::new(end)) {
                        buffer.runs.borrow_mut().push(rest, last);
                    }
                    end = next;
                }
                buffer.cursor.set(next);
                buffer.end.set(end);
                if let Some(start) = NonNull::new(start) {
                    return start.cast();
                }
            }
            self.make_room(keep);
            match self.heap.blocks.refill(list) {
                Some((runs, bytes)) => {
                    self.heap.count_allocated(bytes);
                    *buffer.runs.borrow_mut() = runs;
                }
                None => out_of_memory(BLOCK_BYTES),
            }
        }
    }

    #[cold]
    #[inline(never)]
    fn allocate_large(&self, bytes: usize, keep: &[Value]) -> NonNull<Header> {
        self.meet_stress(keep);
        self.make_room(keep);
        self.heap.count_allocated(bytes);
        match self.heap.blocks.allocate_large(bytes) {
            Some(start) => start.cast(),
            None => out_of_memory(bytes),
        }
    }

    /// Collects if every allocation is to be a collection.
    fn meet_stress(&self, keep: &[Value]) {
        if self.is_without_safepoints() {
            return;
        }
        self.assert_safepoint_allowed();
        if self.heap.stress_due() {
            self.collect_keeping(keep);
        }
    }

    /// Collects if enough was allocated, or waits if somebody else does; `keep` are kept alive, wherever they lie.
    pub(crate) fn make_room(&self, keep: &[Value]) {
        if self.is_without_safepoints() {
            if self.heap.collection_due() {
                // Code that allocates in no other way would never collect.
                self.heap.world.ask_to_look();
            }
            return;
        }
        if self.heap.collection_due() {
            self.collect_keeping(keep);
        } else if self.heap.world.stop_wanted() {
            self.with_kept(keep, || self.heap.world.wait_at_safepoint(self.thread));
        }
    }

    fn collect_keeping(&self, keep: &[Value]) {
        self.with_kept(keep, || self.collect());
    }

    /// Runs `f` with `keep` registered as roots, for whichever thread collects meanwhile.
    fn with_kept(&self, keep: &[Value], f: impl FnOnce()) {
        let roots = self.heap.roots.keep_slice(keep);
        f();
        drop(roots);
    }
}

impl Drop for LocalHeap<'_> {
    fn drop(&mut self) {
        for (list, buffer) in self.buffers.0.iter().enumerate() {
            let runs = std::mem::replace(&mut *buffer.runs.borrow_mut(), RunList::EMPTY);
            self.heap.blocks.give_back(list, runs);
            if let (Some(start), Some(end)) =
                (NonNull::new(buffer.cursor.get()), NonNull::new(buffer.end.get()))
                && start < end
            {
                let mut rest = RunList::EMPTY;
                rest.push(start, end);
                self.heap.blocks.give_back(list, rest);
            }
        }
        self.heap.world.leave(self.thread);
    }
}

/// Counts something up while it lives.
struct Counted<'l>(&'l Cell<u32>);

impl<'l> Counted<'l> {
    fn new(count: &'l Cell<u32>) -> Counted<'l> {
        count.set(count.get() + 1);
        Counted(count)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

#[cold]
fn out_of_memory(bytes: usize) -> ! {
    let layout = std::alloc::Layout::from_size_align(bytes, 16).unwrap_or(std::alloc::Layout::new::<u128>());
    std::alloc::handle_alloc_error(layout)
}
