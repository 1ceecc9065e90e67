use core::any::TypeId;
use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

/// What the host's `payload` pointer points to: the author's data, and a lock around it.
///
/// The lock is not that of the standard library, because the host's collector visits payloads while the threads of the
/// program stand still: it must never wait for a reader, nor for a writer that itself waits for one. So nobody queues, and
/// writers hold the lock for the time of a closure in which nothing of the graph can be called.
#[repr(C)]
pub(crate) struct PayloadCell<T> {
    /// Guards against two types of one name; it stands first for all `T`.
    header: Header,
    value: UnsafeCell<T>,
}

struct Header {
    type_id: TypeId,
    /// How many readers there are, or [`WRITER`].
    state: AtomicU32,
    /// An update that panicked while the references were looked at leaves what nobody may use any more.
    poisoned: AtomicBool,
    /// The stamp of the object references that are known to have been inside since the last change.
    stamp: AtomicU64,
}

const WRITER: u32 = u32::MAX;

impl<T: 'static> PayloadCell<T> {
    pub(crate) fn new(value: T, stamp: u64) -> PayloadCell<T> {
        PayloadCell {
            header: Header {
                type_id: TypeId::of::<T>(),
                state: AtomicU32::new(0),
                poisoned: AtomicBool::new(false),
                stamp: AtomicU64::new(stamp),
            },
            value: UnsafeCell::new(value),
        }
    }

    /// Returns the cell that the host found by a type's name; `None` if it is that of another type of the same name.
    ///
    /// # Safety
    ///
    /// The pointer is null or to a `PayloadCell` of some type, which lives as long as the caller says.
    pub(crate) unsafe fn of<'a>(payload: *mut core::ffi::c_void) -> Option<&'a PayloadCell<T>> {
        // SAFETY: the header stands first in a cell of any type, and is read before anything else of it.
        let type_id = unsafe { payload.cast::<Header>().as_ref() }?.type_id;
        // SAFETY: it is a cell of this type.
        (type_id == TypeId::of::<T>()).then(|| unsafe { &*payload.cast::<PayloadCell<T>>() })
    }

    pub(crate) fn is_poisoned(&self) -> bool {
        self.header.poisoned.load(Ordering::Acquire)
    }

    pub(crate) fn poison(&self) {
        self.header.poisoned.store(true, Ordering::Release);
    }

    pub(crate) fn stamp(&self) -> u64 {
        self.header.stamp.load(Ordering::Acquire)
    }

    pub(crate) fn set_stamp(&self, stamp: u64) {
        self.header.stamp.store(stamp, Ordering::Release);
    }

    pub(crate) fn try_read(&self) -> bool {
        let state = self.header.state.load(Ordering::Relaxed);
        state < WRITER - 1
            && self
                .header
                .state
                .compare_exchange_weak(state, state + 1, Ordering::Acquire, Ordering::Relaxed)
                .is_ok()
    }

    pub(crate) fn end_read(&self) {
        self.header.state.fetch_sub(1, Ordering::Release);
    }

    pub(crate) fn try_write(&self) -> bool {
        self.header.state.compare_exchange(0, WRITER, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    pub(crate) fn end_write(&self) {
        self.header.state.store(0, Ordering::Release);
    }

    /// Runs with the value, waiting for a writer at most: for callbacks that have no call and may not fail.
    pub(crate) fn visit<R>(&self, body: impl FnOnce(&T) -> R) -> R {
        let mut spins = 0u32;
        while !self.try_read() {
            spins = spins.saturating_add(1);
            if spins < 100 { std::hint::spin_loop() } else { std::thread::yield_now() }
        }
        struct End<'a, T: 'static>(&'a PayloadCell<T>);
        impl<T> Drop for End<'_, T> {
            fn drop(&mut self) {
                self.0.end_read();
            }
        }
        let _end = End(self);
        // SAFETY: there is a reader, so there is no writer.
        body(unsafe { &*self.value.get() })
    }

    pub(crate) fn get(&self) -> *mut T {
        self.value.get()
    }
}

// SAFETY: the lock hands out `&T` to many threads, or `&mut T` to one.
unsafe impl<T: Send + Sync> Sync for PayloadCell<T> {}
