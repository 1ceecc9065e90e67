//! One process, as its host sees it: the requests that wait for an answer, and how it ended.
//!
//! Three threads serve it. One writes, so that a process that does not read cannot hold up a caller; one reads the
//! answers, and tells how the process ended; one reads its standard error.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use rustix::process::{Pid, Signal, kill_process_group};

use super::frame::{Frame, Kind};
use super::tail::Tail;
use super::{ProcessError, ProcessOptions};
use crate::guard::slot::Slot;

/// How long a process that has closed its output may take to end.
const EXIT_PATIENCE: Duration = Duration::from_millis(500);

/// How long the end of its standard error is waited for after it has ended.
const STDERR_PATIENCE: Duration = Duration::from_millis(200);

/// What came back for a request.
#[derive(Debug)]
pub(super) enum Answer {
    Loaded(Vec<u8>),
    Done(Vec<u8>),
    Failed(String),
    Panicked(String),
    Pong,
    /// The process ended before it answered.
    Lost(End),
}

/// How a process ended.
#[derive(Clone, Debug)]
pub(super) enum End {
    Exited { status: ExitStatus, stderr: String },
    Killed { reason: &'static str },
    Protocol { message: String, stderr: String },
}

pub(super) struct Connection {
    shared: Arc<Shared>,
    /// Dropping it closes the standard input of the process, which ends it.
    outgoing: mpsc::Sender<Frame>,
    next: AtomicU64,
}

/// What the reading thread and the callers share.
struct Shared {
    process: Mutex<Child>,
    waiting: Mutex<Waiting>,
    tail: Arc<Tail>,
}

#[derive(Default)]
struct Waiting {
    answers: HashMap<u64, Arc<Slot<Answer>>>,
    end: Option<End>,
}

impl Connection {
    /// Starts the process, in a process group of its own: Ctrl-C at the terminal is for the host, which cancels.
    pub(super) fn open(options: &ProcessOptions) -> Result<Connection, ProcessError> {
        let failed = |source| ProcessError::Start { program: options.program.clone(), source };
        let mut process = Command::new(&options.program)
            .args(&options.arguments)
            .envs(options.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .map_err(failed)?;
        let streams = (process.stdin.take(), process.stdout.take(), process.stderr.take());
        let tail = Arc::new(Tail::default());
        let shared = Arc::new(Shared { process: Mutex::new(process), waiting: Mutex::default(), tail });
        let (outgoing, queue) = mpsc::channel();
        let (Some(stdin), Some(stdout), Some(stderr)) = streams else {
            return Err(failed(io::Error::other("no pipes")));
        };
        let (reading, tail, max) = (Arc::clone(&shared), Arc::clone(&shared.tail), options.load.max_frame);
        let started = spawn("service-in", move || write(stdin, &queue))
            .and_then(|()| spawn("service-err", move || tail.follow(stderr)))
            .and_then(|()| spawn("service-out", move || reading.read(stdout, max)));
        if let Err(error) = started {
            shared.kill();
            let _ = shared.reap();
            return Err(failed(error));
        }
        Ok(Connection { shared, outgoing, next: AtomicU64::new(1) })
    }

    /// Sends a request; the answer comes into the slot.
    pub(super) fn ask(&self, kind: Kind, payload: Vec<u8>) -> Result<(u64, Arc<Slot<Answer>>), End> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let slot = Arc::new(Slot::new());
        let mut waiting = self.shared.waiting.lock();
        if let Some(end) = &waiting.end {
            return Err(end.clone());
        }
        waiting.answers.insert(id, Arc::clone(&slot));
        drop(waiting);
        self.tell(kind, id, payload);
        Ok((id, slot))
    }

    /// Sends a frame that has no answer of its own.
    pub(super) fn tell(&self, kind: Kind, id: u64, payload: Vec<u8>) {
        // When the writing thread is gone, so is the process, and the reading thread tells everybody.
        let _ = self.outgoing.send(Frame { kind, id, payload });
    }

    /// Asks every call that is waited for to end.
    pub(super) fn cancel_all(&self) {
        let ids: Vec<u64> = self.shared.waiting.lock().answers.keys().copied().collect();
        for id in ids {
            self.tell(Kind::Cancel, id, Vec::new());
        }
    }

    /// Gives up waiting for the answer to `id`.
    pub(super) fn forget(&self, id: u64) {
        self.shared.waiting.lock().answers.remove(&id);
    }

    /// Returns how many requests wait for an answer.
    pub(super) fn pending(&self) -> usize {
        self.shared.waiting.lock().answers.len()
    }

    /// Returns how the process ended, if it has.
    pub(super) fn end(&self) -> Option<End> {
        self.shared.waiting.lock().end.clone()
    }

    /// Returns the number of the process.
    pub(super) fn process_id(&self) -> u32 {
        self.shared.process.lock().id()
    }

    /// Ends the process at once, with all that it has started, and tells everybody who waits.
    pub(super) fn kill(&self, reason: &'static str) {
        self.shared.finish(End::Killed { reason });
        self.shared.kill();
    }
}

impl Shared {
    /// Reads answers until there are none, then finds out how the process ended.
    fn read(&self, mut stdout: impl Read, max: u32) {
        let fault = self.read_answers(&mut stdout, max).err();
        if fault.is_some() {
            self.kill();
        }
        let status = self.reap();
        let stderr = self.tail.text(STDERR_PATIENCE);
        self.finish(match (fault, status) {
            (Some(message), _) => End::Protocol { message, stderr },
            (None, Ok(status)) => End::Exited { status, stderr },
            (None, Err(error)) => End::Protocol { message: format!("no exit status: {error}"), stderr },
        });
    }

    fn read_answers(&self, stdout: &mut impl Read, max: u32) -> Result<(), String> {
        let mut greeted = false;
        while let Some(Frame { kind, id, payload }) =
            Frame::read(stdout, max).map_err(|error| error.to_string())?
        {
            let text = |payload: Vec<u8>| String::from_utf8_lossy(&payload).into_owned();
            let answer = match kind {
                Kind::Hello if !greeted => {
                    greeted = true;
                    continue;
                }
                Kind::Loaded if greeted => Answer::Loaded(payload),
                Kind::Done if greeted => Answer::Done(payload),
                Kind::Failed if greeted => Answer::Failed(text(payload)),
                Kind::Panicked if greeted => Answer::Panicked(text(payload)),
                Kind::Pong if greeted => Answer::Pong,
                _ => return Err(format!("an unexpected frame: {kind:?}")),
            };
            // One that nobody waits for any more comes too late, no more than that.
            if let Some(slot) = self.waiting.lock().answers.remove(&id) {
                slot.put(answer);
            }
        }
        Ok(())
    }

    /// Takes down how the process ended, unless that is known, and tells everybody who waits.
    fn finish(&self, end: End) {
        let mut waiting = self.waiting.lock();
        let end = waiting.end.get_or_insert(end).clone();
        for (_, slot) in waiting.answers.drain() {
            slot.put(Answer::Lost(end.clone()));
        }
    }

    fn kill(&self) {
        let mut process = self.process.lock();
        // Only while it is not reaped the number is surely its own.
        if let Ok(None) = process.try_wait() {
            let _ = kill_process_group(Pid::from_child(&process), Signal::KILL);
            // It may not have got its own group yet.
            let _ = process.kill();
        }
    }

    /// Waits for the process to end, and makes it end when that takes too long.
    fn reap(&self) -> io::Result<ExitStatus> {
        let start = Instant::now();
        loop {
            // The lock is not held while waiting: somebody may want to kill it.
            if let Some(status) = self.process.lock().try_wait()? {
                return Ok(status);
            }
            if start.elapsed() > EXIT_PATIENCE {
                self.kill();
            }
            thread::sleep(Duration::from_millis(1));
        }
    }
}

impl End {
    /// Returns the error of a call that was lost in this end.
    pub(super) fn error(self) -> ProcessError {
        match self {
            End::Exited { status, stderr } => ProcessError::Crashed { status, stderr },
            End::Killed { reason } => ProcessError::Killed { reason },
            End::Protocol { message, stderr } => ProcessError::Protocol { message, stderr },
        }
    }
}

fn write(mut stdin: impl Write, queue: &mpsc::Receiver<Frame>) {
    for frame in queue {
        // A broken pipe means that the process is gone: the reading thread tells how.
        if frame.write(&mut stdin).is_err() {
            return;
        }
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name(name.to_owned()).spawn(work).map(drop)
}
