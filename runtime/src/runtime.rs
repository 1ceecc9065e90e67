//! The runtime: what the objects of one heap share, and the handle through which a thread works on them.

use std::cell::{OnceCell, RefCell};
use std::ops::Deref;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering};

use crate::change::Tracker;
use crate::class::{self, BasicClasses};
use crate::code::{CallStack, DEFAULT_MAX_DEPTH, FrontEnd, Sampler, TierSlot};
use crate::error::RuntimeError;
use crate::heap::cell::CellPtr;
use crate::heap::{Client, Heap, HeapStats, Live, LocalHeap, Marker, RootVec, STOP};
use crate::known;
use crate::names::Names;
use crate::object::newborn::Newborns;
use crate::object::oid_table::OidTable;
use crate::object::{FrozenOids, ObjectRef, Payload, ShapeTable, SlotsRef, new_unloaded_mark};
use crate::oid::Oid;
use crate::send::{Library, MethodCache};
use crate::services::Services;
use crate::source::Lazy;
use crate::value::Value;
use crate::whole::Whole;

/// A graph of objects and the heap that it lives in. Several threads may work on it at once.
pub struct Runtime {
    // The heap is dropped last: what comes before it may refer to cells.
    oids: OidTable,
    names: Names,
    whole: Whole,
    library: Library,
    shapes: ShapeTable,
    empty_slots: SlotsRef,
    /// Changes whenever a method, a class or a superclass does.
    method_epoch: AtomicU64,
    /// The time that objects are stamped with, or -1 for the clock's.
    clock: AtomicI64,
    /// Whether computations are to stop, for code that can look at a byte only.
    stop: AtomicU8,
    /// How many calls there may be at once.
    max_depth: AtomicUsize,
    /// The classes of values that are no objects.
    basic: OnceLock<BasicClasses>,
    front_end: OnceLock<Box<dyn FrontEnd>>,
    sampler: Sampler,
    services: Services,
    changes: Tracker,
    /// Where objects come from that are not there.
    lazy: OnceLock<Lazy>,
    /// What makes machine code.
    tier: TierSlot,
    /// What objects have for slots while their content is not loaded.
    unloaded_mark: CellMark,
    /// Tells this runtime from all others of the process.
    number: u64,
    heap: Heap,
}

/// The address of a cell that is never changed and lives as long as the runtime.
struct CellMark(CellPtr);

// SAFETY: the cell is only compared and its fields only read.
unsafe impl Send for CellMark {}
// SAFETY: as above.
unsafe impl Sync for CellMark {}

/// A thread's handle of a runtime: everything that allocates, changes or looks up goes through it.
pub struct Mutator<'r> {
    runtime: &'r Runtime,
    /// Dropped before the thread leaves the heap, which scans it.
    stack: OnceCell<CallStack>,
    /// What the thread has made that the table of objects has not taken up.
    pub(crate) newborns: OnceCell<Newborns<'r>>,
    local: LocalHeap<'r>,
    pub(crate) method_cache: RefCell<MethodCache>,
    /// An address in the frame that entered.
    entry: usize,
}

/// Somebody asked the running computation to stop.
const INTERRUPT: u32 = STOP << 1;
/// The running computation took longer than it may.
const DEADLINE: u32 = STOP << 2;
/// Somebody wants to know where the running computation is.
const SAMPLE: u32 = STOP << 3;
/// Machine code was made that can be installed.
pub(crate) const TIER: u32 = STOP << 4;

thread_local! {
    /// The mutators of this thread, outermost first, with their runtimes' addresses.
    static ENTERED: RefCell<Vec<(usize, usize)>> = const { RefCell::new(Vec::new()) };
}

impl Default for Runtime {
    fn default() -> Runtime {
        Runtime::new()
    }
}

impl Runtime {
    /// Makes a runtime with the objects of [`known`] and nothing else.
    pub fn new() -> Runtime {
        let heap = Heap::new(crate::trace::HOOKS);
        static NUMBERS: AtomicU64 = AtomicU64::new(1);
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        let (shapes, empty_slots, unloaded_mark) = {
            let _suspended = heap.suspend_collections();
            let entry = 0usize;
            let local = LocalHeap::enter(&heap, &NoRoots, &raw const entry as usize);
            let shapes = ShapeTable::new(&local, number);
            let empty_slots = SlotsRef::empty(&local, &shapes);
            let unloaded_mark = CellMark(new_unloaded_mark(&local, shapes.unloaded, number));
            (shapes, empty_slots, unloaded_mark)
        };
        let runtime = Runtime {
            oids: OidTable::new(),
            names: Names::default(),
            whole: Whole::default(),
            library: Library::default(),
            shapes,
            empty_slots,
            method_epoch: AtomicU64::new(1),
            clock: AtomicI64::new(-1),
            stop: AtomicU8::new(0),
            max_depth: AtomicUsize::new(DEFAULT_MAX_DEPTH),
            basic: OnceLock::new(),
            front_end: OnceLock::new(),
            sampler: Sampler::default(),
            services: Services::default(),
            changes: Tracker::default(),
            lazy: OnceLock::new(),
            tier: TierSlot::default(),
            unloaded_mark,
            number,
            heap,
        };
        runtime.enter(|m| {
            let _suspended = m.suspend_collections();
            class::make_known_classes(m);
            m.runtime().basic.get_or_init(|| BasicClasses::new(m));
            crate::send::builtin::register(m.runtime());
        });
        runtime
    }

    /// Runs `f` on this thread with a handle of the runtime.
    ///
    /// Values that `f` returns or leaves behind are alive only while something keeps them: see [`Value`].
    pub fn enter<R>(&self, f: impl FnOnce(&Mutator<'_>) -> R) -> R {
        let me = self as *const Runtime as usize;
        let outer =
            ENTERED.with_borrow(|entered| entered.iter().find(|(own, _)| *own == me).map(|&(_, m)| m));
        if let Some(outer) = outer {
            // SAFETY: the mutator lives on the stack of an outer call of `enter` on this thread, which removes it
            // from the list before it returns.
            return f(unsafe { &*(outer as *const Mutator<'_>) });
        }
        let entry = 0usize;
        let mutator = Mutator {
            runtime: self,
            local: LocalHeap::enter(&self.heap, self, &raw const entry as usize),
            method_cache: RefCell::default(),
            entry: &raw const entry as usize,
            stack: OnceCell::new(),
            newborns: OnceCell::new(),
        };
        let _entered = Entered::new(me, &raw const mutator as usize);
        call(f, &mutator)
    }

    /// Returns the statistics of the heap.
    pub fn heap_stats(&self) -> HeapStats {
        self.heap.stats()
    }

    /// Returns the heap.
    pub fn heap(&self) -> &Heap {
        &self.heap
    }

    /// Fixes the time that objects are stamped with, in hundredths of a second since 1970; `None` is the clock's.
    pub fn set_clock(&self, time: Option<i64>) {
        self.clock.store(time.unwrap_or(-1), Ordering::Relaxed);
    }

    /// Asks the running computation to stop at its next safepoint, with [`RuntimeError::Interrupted`]. Safe to call from
    /// any thread, and from a signal handler.
    pub fn interrupt(&self) {
        self.attention().fetch_or(INTERRUPT, Ordering::Relaxed);
        self.stop.store(1, Ordering::Release);
    }

    /// Returns a byte that is not zero from the moment that a computation is asked to stop until it does: for native code
    /// that looks at it now and then.
    pub fn stop_flag(&self) -> &AtomicU8 {
        &self.stop
    }

    /// Returns whether somebody asked the running computation to stop, and it has not met that yet.
    pub fn is_interrupted(&self) -> bool {
        self.attention().load(Ordering::Relaxed) & (INTERRUPT | DEADLINE) != 0
    }

    /// Runs `f`, which may wait for other threads of the runtime, wherever this thread is: see [`LocalHeap::blocking`].
    pub fn blocking<R>(&self, f: impl FnOnce() -> R) -> R {
        let me = self as *const Runtime as usize;
        let outer =
            ENTERED.with_borrow(|entered| entered.iter().find(|(own, _)| *own == me).map(|&(_, m)| m));
        match outer {
            // SAFETY: as in `enter`.
            Some(outer) => unsafe { &*(outer as *const Mutator<'_>) }.blocking(f),
            None => f(),
        }
    }

    /// Asks the running computation to stop, as its time is over, with [`RuntimeError::Deadline`].
    pub fn expire(&self) {
        self.attention().fetch_or(DEADLINE, Ordering::Relaxed);
        self.stop.store(1, Ordering::Release);
    }

    /// Forgets that a time is over which no computation has met.
    pub(crate) fn forget_deadline(&self) {
        self.stop.store(0, Ordering::Relaxed);
        if self.attention().fetch_and(!DEADLINE, Ordering::Relaxed) & INTERRUPT != 0 {
            self.stop.store(1, Ordering::Release);
        }
    }

    /// Asks the running computation to note where it is, at its next safepoint: see [`Runtime::samples`].
    pub fn request_sample(&self) {
        self.attention().fetch_or(SAMPLE, Ordering::Relaxed);
    }

    /// Returns the samples that were requested: what each computation was doing.
    pub fn samples(&self) -> &Sampler {
        &self.sampler
    }

    /// Sets what compiles functions; the first one stays.
    pub fn set_front_end(&self, front_end: Box<dyn FrontEnd>) {
        let _first = self.front_end.set(front_end);
    }

    pub(crate) fn front_end(&self) -> Option<&dyn FrontEnd> {
        self.front_end.get().map(AsRef::as_ref)
    }

    /// Sets how many calls there may be at once, for threads that have not called anything yet.
    pub fn set_max_depth(&self, calls: usize) {
        self.max_depth.store(calls, Ordering::Relaxed);
    }

    /// What computations must look at, as bits above [`STOP`].
    #[inline(always)]
    fn attention(&self) -> &AtomicU32 {
        self.heap.signals()
    }

    #[inline(always)]
    pub(crate) fn wants_attention(&self) -> bool {
        self.attention().load(Ordering::Relaxed) & !STOP != 0
    }

    #[inline(always)]
    pub(crate) fn basic_classes(&self) -> Option<&BasicClasses> {
        self.basic.get()
    }

    /// Forgets an interrupt that no computation has met.
    pub fn clear_interrupt(&self) {
        self.stop.store(0, Ordering::Relaxed);
        self.attention().fetch_and(!(INTERRUPT | DEADLINE), Ordering::Relaxed);
    }

    /// Returns the number of objects.
    pub fn object_count(&self) -> usize {
        self.oids.len() + self.lazy().map_or(0, Lazy::waiting)
    }

    /// Returns the number of shapes with keys.
    pub fn shape_count(&self) -> usize {
        self.shapes.len()
    }

    /// Returns the seconds for which processors have worked for this process.
    pub fn processor_time() -> f64 {
        crate::heap::sys::clock::processor_time()
    }

    pub(crate) fn now(&self) -> i64 {
        match self.clock.load(Ordering::Relaxed) {
            -1 => crate::heap::sys::clock::now(),
            time => time,
        }
    }

    pub(crate) fn oids(&self) -> &OidTable {
        &self.oids
    }

    pub(crate) fn names(&self) -> &Names {
        &self.names
    }

    pub(crate) fn shapes(&self) -> &ShapeTable {
        &self.shapes
    }

    pub(crate) fn library(&self) -> &Library {
        &self.library
    }

    pub(crate) fn services(&self) -> &Services {
        &self.services
    }

    /// Opens a place for what a thread makes with fresh oids.
    pub(crate) fn open_nursery(&self) -> Newborns<'_> {
        self.oids.newborns()
    }

    /// Adds an object to the table; returns false, and changes nothing, when there is one with its oid.
    pub(crate) fn add_object(&self, object: ObjectRef) -> bool {
        self.oids.insert(object)
    }

    pub(crate) fn empty_slots(&self) -> SlotsRef {
        self.empty_slots
    }

    pub(crate) fn changes(&self) -> &Tracker {
        &self.changes
    }

    pub(crate) fn whole(&self) -> &Whole {
        &self.whole
    }

    pub(crate) fn lazy(&self) -> Option<&Lazy> {
        self.lazy.get()
    }

    pub(crate) fn lazy_cell(&self) -> &OnceLock<Lazy> {
        &self.lazy
    }

    pub(crate) fn tier(&self) -> &TierSlot {
        &self.tier
    }

    pub(crate) fn unloaded_mark(&self) -> CellPtr {
        self.unloaded_mark.0
    }

    #[inline(always)]
    pub(crate) fn method_epoch(&self) -> u64 {
        self.method_epoch.load(Ordering::Acquire)
    }

    /// The word that tells the epoch of the methods, for machine code.
    pub(crate) fn method_epoch_word(&self) -> &AtomicU64 {
        &self.method_epoch
    }

    /// Makes every method cache forget what it knows.
    pub(crate) fn invalidate_methods(&self) {
        self.method_epoch.fetch_add(1, Ordering::AcqRel);
    }
}

/// Calls `f` with this thread's handle of the runtime with a number.
///
/// # Panics
///
/// When the thread is not in that runtime: it has no business with objects of it.
pub(crate) fn with_current_mutator(number: u64, f: impl FnOnce(&Mutator<'_>)) {
    let found = ENTERED.with_borrow(|entered| {
        // SAFETY: the mutators on the list live on this thread's stack, see `enter`.
        let mutator = |&(_, m): &(usize, usize)| unsafe { &*(m as *const Mutator<'_>) }.runtime.number;
        entered.iter().find(|entry| mutator(entry) == number).map(|&(_, m)| m)
    });
    let found = found.expect("an object is read outside of its runtime");
    // SAFETY: as above.
    f(unsafe { &*(found as *const Mutator<'_>) });
}

/// Calls `f` in a frame of its own, below the one whose address bounds the scan where the system tells no better bound.
#[inline(never)]
fn call<R>(f: impl FnOnce(&Mutator<'_>) -> R, m: &Mutator<'_>) -> R {
    f(m)
}

impl Client for Runtime {
    fn mark_roots(&self, marker: &mut Marker<'_>) {
        self.shapes.mark(marker);
        marker.value(Value::from_cell(self.empty_slots.cell()));
        marker.cell(self.unloaded_mark.0);
        self.names.mark_strong(marker);
        self.library.mark(marker);
        self.whole.mark(marker);
        for known in known::CLASSES {
            if let Some(class) = self.oids.get(known.class) {
                marker.value(class.into());
            }
        }
        self.oids.mark(marker);
    }

    fn forget_dead(&self, live: &Live) {
        self.oids.forget_dead(live);
        self.shapes.forget_dead(live);
        self.names.forget_dead(live);
    }
}

/// The client of a heap in which nothing was made yet.
struct NoRoots;

impl Client for NoRoots {
    fn mark_roots(&self, _marker: &mut Marker<'_>) {}
    fn forget_dead(&self, _live: &Live) {}
}

/// Removes a mutator from the thread's list, after a panic too.
struct Entered;

impl Entered {
    fn new(runtime: usize, mutator: usize) -> Entered {
        ENTERED.with_borrow_mut(|entered| entered.push((runtime, mutator)));
        Entered
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        ENTERED.with_borrow_mut(|entered| entered.pop());
    }
}

impl<'r> Deref for Mutator<'r> {
    type Target = LocalHeap<'r>;

    fn deref(&self) -> &LocalHeap<'r> {
        &self.local
    }
}

impl<'r> Mutator<'r> {
    /// Returns the runtime.
    pub fn runtime(&self) -> &'r Runtime {
        self.runtime
    }

    /// Returns an empty vector whose values are kept alive.
    pub fn root_vec(&self) -> RootVec {
        self.heap().root_vec()
    }

    /// Fails once when somebody asked the computation to stop, or its time is over. Natives that run long call this
    /// now and then.
    ///
    /// # Errors
    ///
    /// [`RuntimeError::Interrupted`], [`RuntimeError::Deadline`].
    #[inline]
    pub fn check_interrupt(&self) -> Result<(), RuntimeError> {
        if !self.runtime.wants_attention() {
            return Ok(());
        }
        self.runtime.stop.store(0, Ordering::Relaxed);
        let attention = self.runtime.attention().fetch_and(!(INTERRUPT | DEADLINE), Ordering::Relaxed);
        if attention & INTERRUPT != 0 {
            return Err(RuntimeError::Interrupted);
        }
        if attention & DEADLINE != 0 { Err(RuntimeError::Deadline) } else { Ok(()) }
    }

    /// Installs machine code that was made, if some was.
    pub(crate) fn take_machine_code(&self) {
        let attention = self.runtime.attention();
        if attention.load(Ordering::Relaxed) & TIER != 0
            && attention.fetch_and(!TIER, Ordering::AcqRel) & TIER != 0
        {
            self.install_finished();
        }
    }

    /// Notes where the computation is, if somebody asked.
    pub(crate) fn take_sample(&self) {
        let attention = self.runtime.attention();
        if attention.load(Ordering::Relaxed) & SAMPLE != 0
            && attention.fetch_and(!SAMPLE, Ordering::Relaxed) & SAMPLE != 0
        {
            self.runtime.sampler.add(self);
        }
    }

    /// Returns the call stack of the thread.
    #[inline(always)]
    pub(crate) fn call_stack(&self) -> &CallStack {
        self.stack
            .get_or_init(|| CallStack::new(self, self.runtime.max_depth.load(Ordering::Relaxed), self.entry))
    }

    /// Returns a string value.
    pub fn string(&self, text: &str) -> Value {
        Value::string(self, text)
    }

    /// Returns the object with this oid.
    pub fn object(&self, oid: Oid) -> Option<ObjectRef> {
        self.runtime.oids.get(oid).or_else(|| self.object_of_source(oid))
    }

    /// Makes room for so many more objects.
    pub fn reserve_objects(&self, count: usize) {
        self.runtime.oids.reserve(count);
    }

    /// Locks the table of objects for many look-ups; nothing can be added, and no collection happens, until the result is
    /// dropped. Threads that add objects meanwhile wait, so they must not be waited for.
    pub fn freeze_oids(&self) -> FrozenOids<'r> {
        self.runtime.oids.freeze(self.suspend_collections())
    }

    /// Returns the objects that are in a space, in the order of their oids.
    pub fn stored_objects(&self) -> Vec<ObjectRef> {
        self.complete_objects();
        let mut all = self.runtime.oids.all(true);
        all.sort_unstable_by_key(|object| object.oid());
        all
    }

    /// Returns all objects, transient ones too, in the order of their oids.
    pub fn all_objects(&self) -> RootVec {
        self.complete_objects();
        let mut all = self.root_vec();
        all.extend(self.runtime.oids.all(false).into_iter().map(Value::from));
        all.sort_unstable();
        all
    }

    /// Returns the spaces: the stored objects with that payload, in the order of their oids.
    pub fn spaces(&self) -> Vec<ObjectRef> {
        let is_space = |object: &ObjectRef| object.with_payload(self, |p| matches!(p, Some(Payload::Space)));
        self.stored_objects().into_iter().filter(is_space).collect()
    }
}
