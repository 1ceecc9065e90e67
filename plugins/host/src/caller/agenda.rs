//! The point `agenda.task`: what plugins want to be done later, by priority.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use rps_plugin_abi as abi;

use super::guarded::Guarded;
use crate::error::PluginError;
use crate::manager::Inner;
use crate::point::{Entry, Interface};

/// So many threads do what is on the agenda, at most.
const WORKERS: usize = 4;
/// A worker that has had nothing to do for so long ends.
const IDLE: Duration = Duration::from_secs(5);
/// There may be so many tasks at once.
const MAX_TASKS: usize = 100_000;

/// What is to be done.
#[derive(Default)]
pub(crate) struct Agenda {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// One for each priority, the highest first.
    queues: [VecDeque<Job>; 3],
    workers: usize,
    idle: usize,
    running: usize,
}

struct Job {
    entry: Arc<Entry>,
    input: Vec<u8>,
}

impl State {
    fn next(&mut self) -> Option<Job> {
        self.queues.iter_mut().find_map(VecDeque::pop_front)
    }

    fn waiting(&self) -> usize {
        self.queues.iter().map(VecDeque::len).sum()
    }
}

impl Inner {
    /// Puts a task on the agenda.
    pub(crate) fn enqueue(self: &Arc<Self>, task: &str, input: Vec<u8>) -> Result<(), PluginError> {
        let entry = self.resolve(abi::point::TASK, task)?;
        let Some((_, Interface::Task { priority, .. }, _)) = entry.loaded() else {
            return Err(self.not_found(task, abi::point::TASK));
        };
        let queue = (*priority as usize).min(2);
        let agenda = &self.agenda;
        let mut state = agenda.state.lock();
        if state.waiting() >= MAX_TASKS {
            let source = crate::error::CallError::Busy { message: format!("{MAX_TASKS} tasks are waiting") };
            return Err(PluginError::Execution { plugin: entry.plugin.clone(), what: task.into(), source });
        }
        state.queues[queue].push_back(Job { entry, input });
        if state.idle < state.waiting() && state.workers < WORKERS {
            state.workers += 1;
            let manager = Arc::downgrade(self);
            let spawned = std::thread::Builder::new().name("agenda".into()).spawn(move || work(&manager));
            if spawned.is_err() {
                state.workers -= 1;
            }
        }
        drop(state);
        agenda.changed.notify_all();
        Ok(())
    }
}

impl Agenda {
    /// Waits until nothing is to be done, at most so long; returns whether that came.
    pub(crate) fn drain(&self, limit: Duration) -> bool {
        let end = Instant::now() + limit;
        let mut state = self.state.lock();
        while state.waiting() > 0 || state.running > 0 {
            if self.changed.wait_until(&mut state, end).timed_out() {
                return false;
            }
        }
        true
    }

    /// Returns how many tasks wait, and how many are under way.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let state = self.state.lock();
        (state.waiting(), state.running)
    }
}

fn work(manager: &Weak<Inner>) {
    super::guarded::work_in_background();
    while let Some(inner) = manager.upgrade() {
        let job = {
            let mut state = inner.agenda.state.lock();
            match state.next() {
                Some(job) => {
                    state.running += 1;
                    Some(job)
                }
                None => {
                    state.idle += 1;
                    let timed_out = inner.agenda.changed.wait_for(&mut state, IDLE).timed_out();
                    state.idle -= 1;
                    if timed_out && state.waiting() == 0 {
                        state.workers -= 1;
                        return;
                    }
                    None
                }
            }
        };
        if let Some(job) = job {
            inner.run_task(&job);
            inner.agenda.state.lock().running -= 1;
            inner.agenda.changed.notify_all();
        }
    }
}

impl Inner {
    /// Does a task. What fails is logged: nobody waits for it.
    fn run_task(self: &Arc<Self>, job: &Job) {
        let Some((instance, Interface::Task { run, .. }, data)) = job.entry.loaded() else { return };
        let (run, input) = (*run, job.input.clone());
        let mut guarded = Guarded::of(self, &job.entry, instance);
        guarded.input = input.len();
        let called = guarded.call(move |call| {
            let data = data;
            // SAFETY: the plugin has registered the function as what the point says.
            (unsafe { run(data.0, call, input.as_ptr(), input.len()) }, ())
        });
        if let Err(error) = called {
            self.log(abi::host::LOG_WARN, &job.entry.plugin, &error.to_string());
        }
    }
}
