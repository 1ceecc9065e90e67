//! The threads that run guarded calls.
//!
//! Idle threads lie on a stack, so that the warmest is used first and the coldest ends first. Nobody ever waits for a
//! thread: there is an idle one, or a new one is started, or the call is refused. That is why a guarded call inside a
//! guarded call cannot deadlock.

use std::cell::Cell;
use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use parking_lot::Mutex;

use super::slot::Slot;
use super::{GuardOptions, LeakCounter};

/// What a thread of the pool runs.
pub(crate) trait Task: Send + Sync {
    /// Runs the task, without unwinding, and leaves the seat just before the result becomes visible: a caller that
    /// calls again at once then finds the same warm thread.
    fn run(&self, seat: &Seat<'_>);
}

/// Why a task was not taken.
#[derive(Debug)]
pub(crate) enum Refused {
    Busy { running: usize, leaked: usize },
    NoThread(io::Error),
}

pub(crate) struct Pool {
    pub(super) options: GuardOptions,
    pub(super) leaks: LeakCounter,
    threads: Mutex<Threads>,
}

#[derive(Default)]
struct Threads {
    idle: Vec<Arc<Worker>>,
    /// All threads but the leaked ones.
    alive: usize,
    /// How many were ever started, for their names.
    started: u64,
    closed: bool,
}

/// What the pool knows of a thread; `None` in the inbox tells it to end.
struct Worker {
    inbox: Slot<Option<Arc<dyn Task>>>,
}

/// The place of a thread in its pool, while it runs a task.
pub(crate) struct Seat<'a> {
    pool: &'a Pool,
    worker: &'a Arc<Worker>,
    stays: Cell<bool>,
}

impl Pool {
    pub(crate) fn new(options: GuardOptions) -> Arc<Pool> {
        Arc::new(Pool { options, leaks: LeakCounter::default(), threads: Mutex::default() })
    }

    /// Hands `task` to a thread.
    pub(crate) fn submit(self: &Arc<Self>, task: Arc<dyn Task>) -> Result<(), Refused> {
        let mut threads = self.threads.lock();
        if let Some(worker) = threads.idle.pop() {
            drop(threads);
            worker.inbox.put(Some(task));
            return Ok(());
        }
        self.start(&mut threads, Some(task))
    }

    /// Starts idle threads until there are `count`, as far as the limits allow.
    pub(super) fn warm_up(self: &Arc<Self>, count: usize) -> Result<(), Refused> {
        let mut threads = self.threads.lock();
        while threads.idle.len() < count {
            self.start(&mut threads, None)?;
        }
        Ok(())
    }

    /// Returns how many threads there are, and how many of them are idle.
    pub(super) fn size(&self) -> (usize, usize) {
        let threads = self.threads.lock();
        (threads.alive, threads.idle.len())
    }

    /// Starts a thread with its first task; without one, it is idle at once.
    fn start(self: &Arc<Self>, threads: &mut Threads, task: Option<Arc<dyn Task>>) -> Result<(), Refused> {
        let (running, leaked) = (threads.alive - threads.idle.len(), self.leaks.now());
        if threads.alive >= self.options.max_threads || leaked >= self.options.max_leaked {
            return Err(Refused::Busy { running, leaked });
        }
        let worker = Arc::new(Worker { inbox: Slot::new() });
        let idle = task.is_none();
        if let Some(task) = task {
            worker.inbox.put(Some(task));
        }
        let (pool, own) = (Arc::clone(self), Arc::clone(&worker));
        thread::Builder::new()
            .name(format!("plugin-call-{}", threads.started + 1))
            .stack_size(self.options.stack_size)
            .spawn(move || work(&pool, &own))
            .map_err(Refused::NoThread)?;
        threads.started += 1;
        threads.alive += 1;
        if idle {
            threads.idle.push(worker);
        }
        Ok(())
    }

    /// Writes off a thread whose task nobody waits for any more.
    pub(super) fn write_off(&self, owner: &LeakCounter) {
        self.threads.lock().alive -= 1;
        self.leaks.begin();
        owner.begin();
    }

    /// Lets every idle thread end, and every other one after its task. Waits for none.
    pub(crate) fn close(&self) {
        let mut threads = self.threads.lock();
        threads.closed = true;
        let idle = std::mem::take(&mut threads.idle);
        threads.alive -= idle.len();
        drop(threads);
        for worker in idle {
            worker.inbox.put(None);
        }
    }

    /// Takes `worker` off the stack when it has been idle for long and others are left; tells whether it ends.
    fn retire(&self, worker: &Arc<Worker>) -> bool {
        let mut threads = self.threads.lock();
        if threads.idle.len() <= self.options.keep_idle {
            return false;
        }
        // One that is not on the stack has a task on its way.
        let Some(place) = threads.idle.iter().position(|idle| Arc::ptr_eq(idle, worker)) else {
            return false;
        };
        threads.idle.remove(place);
        threads.alive -= 1;
        true
    }
}

impl Seat<'_> {
    /// Makes the thread idle again: its task has ended and its result is about to be seen.
    pub(crate) fn leave(&self) {
        let mut threads = self.pool.threads.lock();
        if threads.closed {
            threads.alive -= 1;
        } else {
            threads.idle.push(Arc::clone(self.worker));
            self.stays.set(true);
        }
    }

    /// Takes back a thread that was written off and whose task has ended after all.
    pub(super) fn come_back(&self, owner: &LeakCounter) {
        let mut threads = self.pool.threads.lock();
        let room = threads.alive < self.pool.options.max_threads;
        if !threads.closed && room && threads.idle.len() < self.pool.options.keep_idle {
            threads.alive += 1;
            threads.idle.push(Arc::clone(self.worker));
            self.stays.set(true);
        }
        owner.end();
        self.pool.leaks.end();
    }
}

/// The life of a thread.
fn work(pool: &Pool, worker: &Arc<Worker>) {
    loop {
        let until = Instant::now() + pool.options.idle_timeout;
        match worker.inbox.take_until(Some(until), pool.options.spin) {
            Some(Some(task)) => {
                let seat = Seat { pool, worker, stays: Cell::new(false) };
                task.run(&seat);
                if !seat.stays.get() {
                    return;
                }
            }
            Some(None) => return,
            None if pool.retire(worker) => return,
            None => {}
        }
    }
}
