//! The engine: takes snapshots of hot functions, and has machine code made of them.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rps_jit_ir::Module;
use rps_runtime::code::machine::{
    Entrance, Exit, HELPERS, Layout, MachineStats, Made, Pause, Snapshot, Thresholds, Tier, TierHandle,
    layout,
};
use rps_runtime::code::typed::TypedCode;
use rps_runtime::{Mutator, Runtime};

use crate::backend::{Backend, Linked};
use crate::cache::{Cache, Key};
use crate::handle::Handle;
use crate::lower::{Faults, lower};
use crate::stats::{Counters, Library};
use crate::typed;

/// When machine code is made.
#[derive(Clone, Debug)]
pub enum Mode {
    /// By a thread of its own, of what is hot.
    Auto,
    /// At once, of everything that is run twice: for tests.
    Eager,
    /// The same, and its guards fail at random.
    Faulty(Arc<Faults>),
}

/// What opens the backend, when the first function is hot.
type Open = Box<dyn FnOnce() -> Result<Arc<dyn Backend>, Absence> + Send>;

/// Why there is no backend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absence {
    /// The stable code of the error.
    pub code: String,
    /// What it says.
    pub reason: String,
}

/// How an engine works.
pub struct Options {
    /// When machine code is made.
    pub mode: Mode,
    /// When a function is hot.
    pub thresholds: Thresholds,
    /// Who is told what happens.
    pub log: Option<Log>,
    /// Where object code is kept for the next process.
    pub cache: Option<Cache>,
}

impl Options {
    /// Returns options for an engine without a log and without a cache.
    #[must_use]
    pub fn new(mode: Mode, thresholds: Thresholds) -> Options {
        Options { mode, thresholds, log: None, cache: None }
    }
}

/// What happens in the compiled tier.
#[derive(Debug)]
pub enum Event<'e> {
    /// A function was lowered.
    Lowered {
        /// What stack traces call it.
        name: &'e str,
        /// What it became.
        module: &'e Module,
    },
    /// Machine code was made.
    Made {
        /// What stack traces call the function.
        name: &'e str,
        /// Where it is entered.
        entrance: Entrance,
        /// How many bytes its object file has.
        bytes: usize,
        /// How long it took.
        time: Duration,
        /// Whether it was in the cache.
        is_cached: bool,
    },
    /// No machine code was made.
    Refused {
        /// What stack traces call the function.
        name: &'e str,
        /// Where it would be entered.
        entrance: Entrance,
        /// Why not.
        reason: &'e str,
    },
    /// Machine code went back to the interpreter.
    Exited {
        /// What stack traces call the function.
        name: &'e str,
        /// The instruction.
        at: u16,
        /// Why.
        cause: &'static str,
    },
}

/// Who is told what happens.
pub type Log = Box<dyn Fn(&Event<'_>) + Send + Sync>;

/// The compiled tier of a runtime.
pub struct Engine {
    shared: Arc<Shared>,
    mode: Mode,
    requests: Mutex<Option<Sender<Snapshot>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

pub(crate) struct Shared {
    open: Mutex<Option<Open>>,
    backend: Mutex<Option<Result<Arc<dyn Backend>, Absence>>>,
    pub(crate) layout: Layout,
    faults: Option<Arc<Faults>>,
    handle: TierHandle,
    finished: Mutex<Vec<(Snapshot, Option<Made>)>>,
    log: Option<Log>,
    pub(crate) cache: Option<Cache>,
    pub(crate) counters: Arc<Counters>,
    /// Held while the thread makes machine code.
    under_way: Mutex<()>,
    is_stopped: AtomicBool,
}

/// How many threads of this process make machine code.
static WORKING: AtomicUsize = AtomicUsize::new(0);

/// Returns whether any engine's thread makes machine code now.
///
/// A program that has told its engines to [end](Handle::end) and whose runtimes are not dropped asks before it ends: what
/// the compiler's library needs is taken apart while a process ends in the usual way, so that it waits, or ends at once, by
/// `_exit`.
#[must_use]
pub fn is_working() -> bool {
    // In one order with `is_stopped`: a thread counts itself before it looks whether it is to go on.
    WORKING.load(Ordering::SeqCst) > 0
}

/// A thread that makes machine code, for as long as it is not dropped.
struct Working;

impl Working {
    fn begin() -> Working {
        WORKING.fetch_add(1, Ordering::SeqCst);
        Working
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        WORKING.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Engine {
    /// Makes the compiled tier of a runtime; `open` opens the backend. Returns what tells what happens in it.
    pub fn attach(
        runtime: &Runtime,
        options: Options,
        open: impl FnOnce() -> Result<Arc<dyn Backend>, Absence> + Send + 'static,
    ) -> Handle {
        let Options { mode, thresholds, log, cache } = options;
        let shared = Arc::new(Shared {
            open: Mutex::new(Some(Box::new(open))),
            backend: Mutex::new(None),
            layout: layout(),
            faults: if let Mode::Faulty(faults) = &mode { Some(Arc::clone(faults)) } else { None },
            handle: runtime.tier_handle(),
            finished: Mutex::default(),
            log,
            cache,
            counters: Arc::default(),
            under_way: Mutex::default(),
            is_stopped: AtomicBool::new(false),
        });
        let handle = Handle::new(Arc::clone(&shared));
        let engine = Engine { shared, mode, requests: Mutex::new(None), thread: Mutex::new(None) };
        runtime.set_tier(thresholds, Box::new(engine));
        handle
    }
}

impl Shared {
    /// Lets the thread make no more machine code when it has made what it makes now.
    fn stop(&self) {
        self.is_stopped.store(true, Ordering::SeqCst);
    }

    /// The same; waits for what it makes now if the next process will find that in the cache.
    pub(crate) fn end(&self) {
        self.stop();
        if self.cache.is_some() {
            drop(self.under_way.lock());
        }
    }

    /// Returns the backend, which is opened if it is not yet.
    pub(crate) fn backend(&self) -> Result<Arc<dyn Backend>, Absence> {
        let mut backend = self.backend.lock();
        if backend.is_none()
            && let Some(open) = self.open.lock().take()
        {
            let opened = open();
            self.counters.set_library(match &opened {
                Ok(backend) => Library::Open { build: backend.build() },
                Err(Absence { code, reason }) => {
                    Library::Absent { code: code.clone(), reason: reason.clone() }
                }
            });
            *backend = Some(opened);
        }
        let never = || Err(Absence { code: "jit::closed".into(), reason: "it did not open".into() });
        backend.clone().unwrap_or_else(never)
    }

    /// Makes machine code of a function.
    fn make(&self, snapshot: &Snapshot) -> Option<Made> {
        let backend = self.backend().ok()?;
        let (start, name, entrance) = (Instant::now(), &*snapshot.units[0].name, snapshot.entrance);
        let made = self.try_make(&*backend, snapshot);
        let time = start.elapsed();
        match &made {
            Ok((made, is_cached)) => {
                let (bytes, is_cached) = (made.stats.bytes, *is_cached);
                self.counters.made(name, snapshot.stage, bytes, time, is_cached);
                self.tell(&Event::Made { name, entrance, bytes, time, is_cached });
            }
            Err(reason) => {
                self.counters.refused(name, reason);
                self.tell(&Event::Refused { name, entrance, reason });
            }
        }
        made.ok().map(|(made, _)| made)
    }

    fn tell(&self, event: &Event<'_>) {
        if let Some(log) = &self.log {
            log(event);
        }
    }

    /// Makes machine code, and tells whether it was in the cache.
    fn try_make(&self, backend: &dyn Backend, snapshot: &Snapshot) -> Result<(Made, bool), String> {
        let lowered =
            lower(snapshot, &self.layout, self.faults.as_deref()).map_err(|refusal| refusal.to_string())?;
        self.tell(&Event::Lowered { name: &snapshot.units[0].name, module: &lowered.module });
        let bytes = lowered.module.to_bytes();
        let mut symbols: Vec<(String, u64)> = lowered.addresses;
        symbols.extend(HELPERS.iter().map(|helper| (helper.name.to_string(), helper.address as u64)));
        let (linked, is_cached) = self.link(backend, &bytes, u32::from(snapshot.stage), &symbols)?;
        let linked_bytes = linked.bytes();
        let made = Made {
            enter: linked.address(&lowered.names.enter).ok_or("the code has no entrance")?,
            entry: lowered.names.entry.as_deref().and_then(|name| linked.address(name)).unwrap_or(0),
            sites: lowered.sites,
            exits: lowered.exits,
            assumptions: lowered.assumptions,
            stats: MachineStats { bytes: linked_bytes, stage: snapshot.stage },
            code: Box::new(self.counters.count((linked, self.faults.clone()), linked_bytes)),
        };
        Ok((made, is_cached))
    }

    /// Puts the code of a module into memory: what the cache has of it, or what is made of it now. Tells which.
    fn link(
        &self,
        backend: &dyn Backend,
        module: &[u8],
        level: u32,
        symbols: &[(String, u64)],
    ) -> Result<(Box<dyn Linked>, bool), String> {
        // Code whose guards fail at random is for this process alone.
        let cache = self.cache.as_ref().filter(|_| self.faults.is_none());
        let kept = cache.map(|cache| (cache, Key::new(&backend.build(), level, module)));
        if let Some((cache, key)) = kept
            && let Some(object) = cache.get(key)
        {
            match backend.link(&object, symbols) {
                Ok(linked) => return Ok((linked, true)),
                // It is made anew, and what is wrong with it is told then.
                Err(_) => cache.refuse(key),
            }
        }
        let object = backend.compile(module, level).map_err(|error| error.to_string())?;
        let linked = backend.link(&object, symbols).map_err(|error| error.to_string())?;
        if let Some((cache, key)) = kept {
            cache.put(key, &object);
        }
        Ok((linked, false))
    }
}

impl Tier for Engine {
    fn make(&self, m: &Mutator<'_>, snapshot: Snapshot) {
        match self.mode {
            Mode::Eager | Mode::Faulty(_) => {
                let made = self.shared.make(&snapshot);
                // SAFETY: it was made of this snapshot, whose runtime this is, with its helpers and layout.
                unsafe { m.install_made(snapshot, made) };
            }
            Mode::Auto => self.request(snapshot),
        }
    }

    fn install(&self, m: &Mutator<'_>) {
        let finished = std::mem::take(&mut *self.shared.finished.lock());
        for (snapshot, made) in finished {
            // SAFETY: as above.
            unsafe { m.install_made(snapshot, made) };
        }
    }

    fn make_typed(&self, runtime: &Runtime, module: &[u8], function: &str) -> Option<TypedCode> {
        let backend = self.shared.backend().ok()?;
        let (start, entrance) = (Instant::now(), Entrance::Call);
        match typed::compile(&*backend, runtime, module, function) {
            Ok((code, bytes)) => {
                let time = start.elapsed();
                self.shared.tell(&Event::Made { name: function, entrance, bytes, time, is_cached: false });
                Some(code)
            }
            Err(reason) => {
                self.shared.tell(&Event::Refused { name: function, entrance, reason: &reason });
                None
            }
        }
    }

    fn exited(&self, name: &str, exit: &Exit) {
        let at = exit.frames.last().map_or(0, |frame| frame.at);
        self.shared.counters.exited(name, exit.cause);
        self.shared.tell(&Event::Exited { name, at, cause: exit.cause });
    }

    fn paused(&self, pause: Pause, time: Duration) {
        self.shared.counters.paused(pause, time);
    }
}

impl Engine {
    /// Has the thread make machine code, which begins with the first request.
    fn request(&self, snapshot: Snapshot) {
        let mut requests = self.requests.lock();
        let sender = requests.get_or_insert_with(|| {
            let (sender, receiver) = channel::<Snapshot>();
            let shared = Arc::clone(&self.shared);
            let thread = std::thread::Builder::new().name("rps-jit".into()).spawn(move || {
                let mut waiting: Vec<VecDeque<Snapshot>> = vec![VecDeque::new(), VecDeque::new()];
                let put = |waiting: &mut Vec<VecDeque<Snapshot>>, snapshot: Snapshot| {
                    waiting[usize::from(snapshot.stage > 1)].push_back(snapshot);
                };
                loop {
                    // What is to be there soon comes first.
                    while let Ok(snapshot) = receiver.try_recv() {
                        put(&mut waiting, snapshot);
                    }
                    let next = waiting.iter_mut().find_map(VecDeque::pop_front);
                    let Some(snapshot) = next else {
                        match receiver.recv() {
                            Ok(snapshot) => put(&mut waiting, snapshot),
                            Err(_) => return,
                        }
                        continue;
                    };
                    let under_way = shared.under_way.lock();
                    let working = Working::begin();
                    if shared.is_stopped.load(Ordering::SeqCst) {
                        return;
                    }
                    let made = shared.make(&snapshot);
                    drop((working, under_way));
                    shared.counters.answered();
                    shared.finished.lock().push((snapshot, made));
                    shared.handle.notify();
                }
            });
            *self.thread.lock() = thread.ok();
            sender
        });
        self.shared.counters.asked();
        let _gone = sender.send(snapshot);
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // The thread ends when nobody can ask it any more; what waits is not made.
        self.shared.stop();
        drop(self.requests.lock().take());
        // What opens the backend may hold the runtime for a moment, and be the last: then this is that thread.
        if let Some(thread) = self.thread.lock().take()
            && thread.thread().id() != std::thread::current().id()
        {
            let _panicked = thread.join();
        }
        // A handle may live longer than the runtime; what it keeps alive refers to nothing there.
        self.shared.finished.lock().clear();
    }
}
