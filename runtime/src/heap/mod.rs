//! The heap: non-moving, size-segregated, mark and lazy sweep; precise inside, conservative on thread stacks.
//!
//! The design is that of JavaScriptCore's Riptide (Pizlo, "Introducing Riptide", 2017) without its concurrency: an
//! address is stable for life, a word on a stack that points into a cell keeps the cell, so native code holds values
//! in local variables without ceremony. Every thread allocates from buffers of its own without a lock; a collection
//! stops all threads at safepoints, marks in parallel, and leaves the sweeping to the allocations that follow.
//!
//! Read in this order: [`layout`] (sizes), [`cell`] (headers), [`chunk`] and [`blocks`] (memory), [`free_run`],
//! [`local`] (allocation), [`world`] (stopping), [`mark`], [`roots`] (handles), [`barrier`] (stores), [`stats`].
//!
//! The heap knows no object: what a cell refers to, what it drops and what the roots are comes through [`Hooks`] and
//! [`Client`].

pub(crate) mod barrier;
mod blocks;
pub(crate) mod cell;
mod chunk;
mod free_run;
mod layout;
mod local;
mod mark;
mod roots;
mod stats;
pub(crate) mod sys;
mod world;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

use parking_lot::Mutex;

pub(crate) use self::local::{Buffers, ScanRange};
pub use self::local::{LocalHeap, Room};
pub use self::mark::Marker;
pub use self::roots::{Root, RootVec};
pub use self::stats::HeapStats;

use self::blocks::Blocks;
use self::cell::CellPtr;
use self::chunk::ChunkPtr;
use self::roots::Roots;
use self::world::{ThreadRecord, World};

pub(crate) use self::world::STOP;
use crate::value::Value;

/// A collection is due when this much was allocated since the last one, or as much as lived then if that is more.
const MIN_BUDGET: usize = 32 << 20;
/// A heap with less live memory is marked by one thread: starting others would take longer.
const PARALLEL_FROM: usize = 16 << 20;
/// No more threads mark than this.
const MAX_MARKERS: usize = 8;

/// What the heap must know of the cells.
#[derive(Clone, Copy)]
pub(crate) struct Hooks {
    /// Marks what a cell refers to.
    pub(crate) trace: mark::TraceCell,
    /// Drops what a dead cell owns outside the heap.
    pub(crate) drop: blocks::DropCell,
}

/// Who owns the heap: it knows the roots, and forgets what died.
pub(crate) trait Client: Sync {
    /// Marks everything that is kept without a handle.
    fn mark_roots(&self, marker: &mut Marker<'_>);
    /// Forgets weak references to cells that are not live, before any is swept.
    fn forget_dead(&self, live: &Live);
}

/// Tells which cells live, between marking and sweeping.
pub(crate) struct Live(());

impl Live {
    /// Returns whether a cell was marked.
    #[inline]
    pub(crate) fn contains(&self, cell: CellPtr) -> bool {
        ChunkPtr::of(cell).is_marked(cell)
    }
}

/// A heap, shared by the threads that entered it.
pub struct Heap {
    blocks: Blocks,
    world: World,
    roots: Roots,
    hooks: Hooks,
    allocated: AtomicUsize,
    budget: AtomicUsize,
    min_budget: AtomicUsize,
    suspended: AtomicUsize,
    /// Collect at every so many allocations; 0 for never. See `RPS_GC_STRESS`.
    stress: usize,
    stress_count: AtomicUsize,
    collections: AtomicU64,
    live: AtomicUsize,
    total: AtomicU64,
    stats: Mutex<HeapStats>,
}

impl Heap {
    /// Makes an empty heap.
    ///
    /// With `RPS_GC_STRESS=n` in the environment a collection runs at every n-th allocation, dead cells are swept at
    /// once and overwritten.
    pub(crate) fn new(hooks: Hooks) -> Heap {
        let stress = std::env::var("RPS_GC_STRESS")
            .ok()
            .map_or(0, |text| text.trim().parse().unwrap_or(usize::from(!text.is_empty())));
        Heap {
            blocks: Blocks::new(hooks.drop, stress > 0),
            world: World::new(),
            roots: Roots::new(),
            hooks,
            allocated: AtomicUsize::new(0),
            budget: AtomicUsize::new(MIN_BUDGET),
            min_budget: AtomicUsize::new(MIN_BUDGET),
            suspended: AtomicUsize::new(0),
            stress,
            stress_count: AtomicUsize::new(0),
            collections: AtomicU64::new(0),
            live: AtomicUsize::new(0),
            total: AtomicU64::new(0),
            stats: Mutex::new(HeapStats::default()),
        }
    }

    /// Returns the word that tells running threads that something is to be done at the next safepoint: [`STOP`], and the
    /// bits above it, which belong to the runtime.
    #[inline(always)]
    pub(crate) fn signals(&self) -> &Arc<AtomicU32> {
        self.world.signals()
    }

    /// Returns the byte that says whether one thread is alone: see [`LocalHeap::is_alone`].
    pub(crate) fn alone_flag(&self) -> &AtomicBool {
        self.world.alone_flag()
    }

    /// Returns a handle that keeps a value alive.
    pub fn root(&self, value: Value) -> Root {
        self.roots.root(value)
    }

    /// Returns an empty vector whose values are kept alive.
    pub fn root_vec(&self) -> RootVec {
        self.roots.vector()
    }

    /// Suspends collections; one that is under way may still happen: see [`LocalHeap::suspend_collections`].
    pub(crate) fn suspend_collections(&self) -> SuspendedCollections<'_> {
        self.suspended.fetch_add(1, Ordering::AcqRel);
        SuspendedCollections(self, self.allocated.load(Ordering::Relaxed))
    }

    /// Sets the least number of bytes allocated between two collections.
    pub fn set_min_budget(&self, bytes: usize) {
        self.min_budget.store(bytes, Ordering::Relaxed);
        self.budget.store(bytes.max(self.live.load(Ordering::Relaxed)), Ordering::Relaxed);
    }

    /// Returns the statistics of the heap.
    pub fn stats(&self) -> HeapStats {
        let mut stats = self.stats.lock().clone();
        stats.mapped_bytes = self.blocks.mapped_bytes();
        stats.allocated_bytes = self.total.load(Ordering::Relaxed);
        stats.threads = self.world.threads();
        stats
    }

    /// Returns how many collections there were: weak memories are forgotten when it changes.
    pub(crate) fn collections(&self) -> u64 {
        self.collections.load(Ordering::Relaxed)
    }

    fn is_suspended(&self) -> bool {
        self.suspended.load(Ordering::Acquire) > 0
    }

    pub(crate) fn count_allocated(&self, bytes: usize) {
        self.allocated.fetch_add(bytes, Ordering::Relaxed);
        self.total.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    fn collection_due(&self) -> bool {
        self.allocated.load(Ordering::Relaxed) >= self.budget.load(Ordering::Relaxed) && !self.is_suspended()
    }

    fn stressed(&self) -> bool {
        self.stress > 0
    }

    fn stress_due(&self) -> bool {
        self.stress > 0 && self.stress_count.fetch_add(1, Ordering::Relaxed).is_multiple_of(self.stress)
    }

    /// Collects while all threads are stopped.
    fn collect_stopped(&self, client: &dyn Client, threads: &mut dyn Iterator<Item = &ThreadRecord>) {
        let start = Instant::now();
        self.collections.fetch_add(1, Ordering::Relaxed);
        self.blocks.sweep_all();
        self.blocks.clear_marks();
        let stacks = self.find_on_stacks(threads);
        let swept = start.elapsed();
        let markers =
            if self.live.load(Ordering::Relaxed) + self.allocated.load(Ordering::Relaxed) < PARALLEL_FROM {
                1
            } else {
                std::thread::available_parallelism().map_or(1, |n| n.get().min(MAX_MARKERS))
            };
        mark::mark_all(markers, self.hooks.trace, |marker| {
            self.roots.mark(marker);
            for cell in stacks {
                marker.cell(cell);
            }
            client.mark_roots(marker);
        });
        client.forget_dead(&Live(()));
        let live = self.blocks.after_marking();
        if self.stressed() {
            self.blocks.sweep_all();
        } else {
            // What dead cells own outside the heap can be much larger than they are: it does not wait.
            self.blocks.sweep_drops();
        }
        self.live.store(live, Ordering::Relaxed);
        self.budget.store(live.max(self.min_budget.load(Ordering::Relaxed)), Ordering::Relaxed);
        self.allocated.store(0, Ordering::Relaxed);
        self.stats.lock().record(start.elapsed(), swept, live, markers);
    }

    /// Returns the cells that words on the stopped threads' stacks point to or into, and forgets the buffers.
    fn find_on_stacks(&self, threads: &mut dyn Iterator<Item = &ThreadRecord>) -> Vec<CellPtr> {
        let resolver = self.blocks.resolver();
        let mut cells = Vec::new();
        for thread in threads {
            let stack = thread.stack();
            // SAFETY: the world is stopped.
            let beside = unsafe { thread.scanned() }.iter();
            for range in std::iter::once(stack).chain(beside) {
                let mut address = range.start & !7;
                while address < range.end {
                    // SAFETY: the range is the used part of a stopped thread's stack, or registered to be scanned.
                    let word = unsafe { sys::stack::read_word(address) };
                    cells.extend(resolver.resolve(word));
                    address += 8;
                }
            }
            // SAFETY: the world is stopped.
            unsafe { thread.buffers() }.reset();
        }
        cells
    }
}

/// Suspends collections while it lives.
#[must_use = "collections are suspended until this is dropped"]
pub struct SuspendedCollections<'h>(&'h Heap, usize);

impl Drop for SuspendedCollections<'_> {
    fn drop(&mut self) {
        // A loader makes no garbage: the first allocation after a large load should not pay for finding none. What was
        // allocated before the suspension stays counted.
        let fresh = self.0.allocated.load(Ordering::Relaxed).saturating_sub(self.1);
        self.0.budget.fetch_max(2 * fresh, Ordering::Relaxed);
        self.0.suspended.fetch_sub(1, Ordering::AcqRel);
    }
}
