//! A plugin that something of was called: what it was handed, and what is known of its calls.
//!
//! It is never freed: the plugin may hold on to what it was handed, in threads of its own too. A file that fails to load
//! again and again has one instance, which is used again.

use std::ffi::{CString, c_void};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, OnceLock, Weak};
use std::time::Duration;

use parking_lot::{Mutex, RwLock};
use rps_plugin_abi as abi;
use rps_runtime::send::{COUNTED, Counter, Gate, PLACES};

use crate::api;
use crate::guard::LeakCounter;
use crate::library::Module;
use crate::manager::Inner;
use crate::metrics::CallMetrics;
use crate::registrar::Staging;

/// A plugin with its library mapped for good.
#[derive(Debug)]
pub(crate) struct Instance {
    /// What the plugin is handed; its context is the instance.
    pub(crate) host: abi::Host,
    pub(crate) module: Module,
    /// The id, for as long as the process.
    pub(crate) id: &'static str,
    phase: AtomicU8,
    life: AtomicU64,
    /// What `init` has registered so far; nothing after it.
    pub(crate) staging: Mutex<Option<Staging>>,
    /// How many direct calls are under way. See [`Instance::enter_direct`].
    direct: AtomicUsize,
    guarded: AtomicUsize,
    /// The gates that are open on threads.
    gates: Mutex<Vec<OpenOn>>,
    /// What counts the calls of functions that are called through gates, by their numbers, with the address of what has their
    /// name: it is the same in each of the plugin's lives.
    counters: Mutex<Vec<(usize, &'static Counter)>>,
    /// Where machine code looks for its gate.
    pub(crate) place: usize,
    pub(crate) metrics: CallMetrics,
    pub(crate) leaks: Arc<LeakCounter>,
    /// How many calls in all panicked or took too long since it was last enabled.
    pub(crate) faults: AtomicU32,
    pub(crate) timeout: RwLock<Option<Duration>>,
    manager: OnceLock<Weak<Inner>>,
}

/// What a plugin may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Phase {
    /// Nothing: it is not loaded.
    Closed = 0,
    /// Registering.
    Initialising = 1,
    /// Everything but registering.
    Live = 2,
    /// What a call that is under way needs; no new call begins.
    Closing = 3,
}

/// How many instances there are.
static INSTANCES: AtomicUsize = AtomicUsize::new(0);

/// A gate that is open on a thread.
#[derive(Debug)]
struct OpenOn(NonNull<Gate>);

// SAFETY: other threads read only whether a call is under way, and how many there were, which is atomic, and only while the
// gate is on the list.
unsafe impl Send for OpenOn {}

static VERSION: LazyLock<CString> =
    LazyLock::new(|| CString::new(env!("CARGO_PKG_VERSION")).unwrap_or_default());

impl Instance {
    /// Makes the instance of a module, which stays for good.
    pub(crate) fn leak(mut module: Module, manager: Weak<Inner>) -> &'static Instance {
        module.stay();
        let id = String::leak(module.description.id.clone());
        let instance: &'static mut Instance = Box::leak(Box::new(Instance {
            host: abi::Host {
                struct_size: size_of::<abi::Host>() as u32,
                abi_major: abi::ABI_MAJOR,
                abi_minor: abi::ABI_MINOR,
                version: VERSION.as_ptr(),
                context: std::ptr::null_mut(),
                get_extension: Some(api::get_extension),
                log: Some(api::log),
                fail: Some(api::fail),
                register_extension: Some(api::register_extension),
                define_point: Some(api::define_point),
            },
            module,
            id,
            phase: AtomicU8::new(0),
            life: AtomicU64::new(0),
            staging: Mutex::new(None),
            direct: AtomicUsize::new(0),
            guarded: AtomicUsize::new(0),
            gates: Mutex::default(),
            counters: Mutex::default(),
            place: INSTANCES.fetch_add(1, Ordering::Relaxed) % PLACES,
            metrics: CallMetrics::new(),
            leaks: Arc::default(),
            faults: AtomicU32::new(0),
            timeout: RwLock::new(None),
            manager: OnceLock::from(manager),
        }));
        instance.host.context = std::ptr::from_mut(instance).cast::<c_void>();
        instance
    }

    /// Returns the instance that a plugin's host belongs to.
    ///
    /// # Safety
    ///
    /// The pointer is null or one that [`Instance::leak`] has made.
    pub(crate) unsafe fn of(host: *const abi::Host) -> Option<&'static Instance> {
        // SAFETY: by this function's contract; instances are never freed.
        unsafe { host.as_ref().and_then(|host| host.context.cast::<Instance>().as_ref()) }
    }

    pub(crate) fn phase(&self) -> Phase {
        match self.phase.load(Ordering::Acquire) {
            0 => Phase::Closed,
            1 => Phase::Initialising,
            2 => Phase::Live,
            _ => Phase::Closing,
        }
    }

    pub(crate) fn set_phase(&self, phase: Phase) {
        if phase == Phase::Initialising {
            self.life.fetch_add(1, Ordering::AcqRel);
        }
        self.phase.store(phase as u8, Ordering::SeqCst);
    }

    /// Returns whether a new call may begin.
    #[inline(always)]
    pub(crate) fn is_live(&self) -> bool {
        self.phase.load(Ordering::SeqCst) == Phase::Live as u8
    }

    /// Returns whether the plugin was initialised and not ended.
    pub(crate) fn can_be_called(&self) -> bool {
        matches!(self.phase(), Phase::Live | Phase::Closing)
    }

    /// Returns the number of the plugin's life: each begins with `init`.
    pub(crate) fn life(&self) -> u64 {
        self.life.load(Ordering::Acquire)
    }

    pub(crate) fn manager(&self) -> Option<Arc<Inner>> {
        self.manager.get()?.upgrade()
    }

    /// Counts a direct call that begins. While the thread is alone in the heap it needs no atomic read-modify-write: no
    /// other thread makes direct calls.
    #[inline(always)]
    pub(crate) fn enter_direct(&self, is_alone: bool) {
        if is_alone {
            self.direct.store(self.direct.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        } else {
            self.direct.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Counts a direct call that ends.
    #[inline(always)]
    pub(crate) fn leave_direct(&self, is_alone: bool) {
        if is_alone {
            self.direct.store(self.direct.load(Ordering::Relaxed).wrapping_sub(1), Ordering::Release);
        } else {
            self.direct.fetch_sub(1, Ordering::Release);
        }
    }

    /// Counts a guarded call until the result is dropped.
    pub(crate) fn enter_guarded(&'static self) -> InFlight {
        self.guarded.fetch_add(1, Ordering::SeqCst);
        InFlight(self)
    }

    /// Returns how many calls are under way.
    pub(crate) fn calls(&self) -> usize {
        // SAFETY: a gate is on the list for as long as it is there.
        let is_busy = |open: &&OpenOn| unsafe { open.0.as_ref() }.is_busy();
        let gated = self.gates.lock().iter().filter(is_busy).count();
        self.direct.load(Ordering::SeqCst) + self.guarded.load(Ordering::SeqCst) + gated
    }

    /// Notes a gate that is open on a thread.
    ///
    /// # Safety
    ///
    /// It stays where it is until it is closed by [`Instance::close_gate`].
    pub(crate) unsafe fn note_gate(&self, gate: NonNull<Gate>) {
        self.gates.lock().push(OpenOn(gate));
    }

    /// Forgets a gate that is about to go, on its thread; the calls that it has counted are kept.
    pub(crate) fn close_gate(&self, gate: &Gate) {
        let mut gates = self.gates.lock();
        for (number, (_, counter)) in self.counters.lock().iter().enumerate() {
            counter.add(gate.take_calls(number));
        }
        gates.retain(|open| !std::ptr::eq(open.0.as_ptr(), gate));
    }

    /// Returns a number for a function whose calls are counted at gates, unless there are too many. What has the same name has had the
    /// number in an earlier life, in which nobody calls it any more.
    pub(crate) fn number(&self, name: usize, counter: &'static Counter) -> Option<usize> {
        let gates = self.gates.lock();
        let mut counters = self.counters.lock();
        let Some(number) = counters.iter().position(|(own, _)| *own == name) else {
            counters.push((name, counter));
            return Some(counters.len() - 1).filter(|&number| number < COUNTED);
        };
        for open in &*gates {
            // SAFETY: a gate is on the list for as long as it is there.
            counters[number].1.add(unsafe { open.0.as_ref() }.take_calls(number));
        }
        counters[number].1 = counter;
        Some(number).filter(|&number| number < COUNTED)
    }

    /// Returns how many calls of a function the open gates have counted that its counter has not.
    pub(crate) fn calls_at_gates(&self, number: usize, counter: &Counter) -> u64 {
        let gates = self.gates.lock();
        if self.counters.lock().get(number).is_none_or(|(_, own)| !std::ptr::eq(*own, counter)) {
            return 0;
        }
        // SAFETY: a gate is on the list for as long as it is there.
        gates.iter().map(|open| unsafe { open.0.as_ref() }.calls(number)).sum()
    }
}

/// A guarded call that is under way, in a thread that was given up too.
pub(crate) struct InFlight(&'static Instance);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.guarded.fetch_sub(1, Ordering::AcqRel);
    }
}

// SAFETY: what is not atomic or behind a lock never changes once the instance is made; the pointers in `host` are to it
// and to constants.
unsafe impl Send for Instance {}
// SAFETY: as above.
unsafe impl Sync for Instance {}
