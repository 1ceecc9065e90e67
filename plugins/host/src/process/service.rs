//! The side of the host: a plugin's services in a process of their own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use parking_lot::{Mutex, MutexGuard};

use super::connection::{Answer, Connection};
use super::frame::Kind;
use super::message::pack;
use super::patience::{POLL, Patience, wait_until};
use super::restart::Restarts;
use super::{Description, ProcessError, ProcessOptions};

/// How long a process that was told to end may take.
const EXIT_PATIENCE: Duration = Duration::from_secs(1);

/// The services of one plugin, in a process of their own that is started again when it has ended.
///
/// Calls from several threads run at the same time. Dropping it kills the process.
pub struct ProcessService {
    options: ProcessOptions,
    current: Mutex<Current>,
    /// Held while the process is started again.
    restarts: Mutex<Restarts>,
    closed: AtomicBool,
}

/// What is known of the process of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessStatus {
    /// The number of the process, while it runs.
    pub process_id: Option<u32>,
    /// How many calls are running in it.
    pub pending: usize,
    /// How often it was started again.
    pub restarts: u64,
    /// How it ended the last time.
    pub last_end: Option<String>,
}

struct Current {
    connection: Arc<Connection>,
    description: Arc<Description>,
    restarts: u64,
    last_end: Option<String>,
}

impl ProcessService {
    /// Starts the process and lets it load the plugin.
    ///
    /// # Errors
    ///
    /// When the program cannot be started, does not load in time, refuses, or ends.
    pub fn start(options: ProcessOptions) -> Result<ProcessService, ProcessError> {
        let (connection, description) = open(&options, &Patience::new(None, &|| false))?;
        let current = Current { connection, description, restarts: 0, last_end: None };
        Ok(ProcessService {
            options,
            current: Mutex::new(current),
            restarts: Mutex::default(),
            closed: AtomicBool::new(false),
        })
    }

    /// Returns what the process has loaded.
    pub fn description(&self) -> Arc<Description> {
        Arc::clone(&self.current.lock().description)
    }

    /// Executes a service and waits for its output; starts the process again first if it has ended.
    ///
    /// `interrupted` is asked every few milliseconds whether the user has given up. A call that is cancelled, by that
    /// or by `timeout`, and does not answer within the grace period costs its process the life, and every other call
    /// in it.
    ///
    /// # Errors
    ///
    /// Everything that [`ProcessError`] names. The request is sent once: whoever wants to try again must know that
    /// the service may have begun.
    pub fn execute(
        &self,
        service: &str,
        input: &[u8],
        timeout: Option<Duration>,
        interrupted: &dyn Fn() -> bool,
    ) -> Result<Vec<u8>, ProcessError> {
        let patience = Patience::new(timeout, interrupted);
        let (size, max) = (2 + service.len() + input.len(), self.options.load.max_frame as usize);
        let payload = pack(service, input)
            .filter(|payload| payload.len() <= max)
            .ok_or(ProcessError::TooLarge { size, max })?;
        let connection = self.connection(&patience)?;
        let (id, slot) = connection.ask(Kind::Execute, payload).map_err(|end| end.error())?;
        let error = match patience.wait(&slot) {
            Ok(answer) => return output(answer),
            Err(error) => error,
        };
        connection.tell(Kind::Cancel, id, Vec::new());
        match slot.take_until(Some(Instant::now() + self.options.grace), Duration::ZERO) {
            Some(answer @ (Answer::Panicked(_) | Answer::Lost(_))) => output(answer),
            Some(_) => Err(error),
            None => {
                connection.forget(id);
                connection.kill("a call did not end when it was cancelled");
                Err(error)
            }
        }
    }

    /// Returns how long the process takes to answer; it answers while its services run or hang.
    ///
    /// # Errors
    ///
    /// `Timeout`, or how the process ended: it is not started again for this.
    pub fn ping(&self, timeout: Duration) -> Result<Duration, ProcessError> {
        let start = Instant::now();
        let connection = Arc::clone(&self.current.lock().connection);
        let (id, slot) = connection.ask(Kind::Ping, Vec::new()).map_err(|end| end.error())?;
        let answer = Patience::new(Some(timeout), &|| false).wait(&slot);
        connection.forget(id);
        match answer? {
            Answer::Lost(end) => Err(end.error()),
            _ => Ok(start.elapsed()),
        }
    }

    /// Returns what is known of the process now.
    pub fn status(&self) -> ProcessStatus {
        let current = self.current.lock();
        let end = current.connection.end();
        ProcessStatus {
            process_id: end.is_none().then(|| current.connection.process_id()),
            pending: current.connection.pending(),
            restarts: current.restarts,
            last_end: end.map(|end| end.error().to_string()).or_else(|| current.last_end.clone()),
        }
    }

    /// Forgets how often the process ended, so that it may be started again.
    pub fn forgive(&self) {
        self.restarts.lock().forgive();
    }

    /// Takes no more calls, waits up to `grace` for those that run, cancels what still runs then, and ends the process.
    ///
    /// Returns whether all calls and the process ended by themselves.
    pub fn shut_down(&self, grace: Duration) -> bool {
        self.closed.store(true, Ordering::Release);
        let connection = Arc::clone(&self.current.lock().connection);
        let over = || connection.pending() == 0;
        let drained = wait_until(Instant::now() + grace, over) || {
            connection.cancel_all();
            wait_until(Instant::now() + self.options.grace, over)
        };
        if drained {
            connection.tell(Kind::Shutdown, 0, Vec::new());
            if wait_until(Instant::now() + EXIT_PATIENCE, || connection.end().is_some()) {
                return true;
            }
        }
        connection.kill("the service is shut down");
        false
    }

    /// Returns a process that runs.
    fn connection(&self, patience: &Patience<'_>) -> Result<Arc<Connection>, ProcessError> {
        self.check(patience)?;
        if let Some(connection) = self.alive() {
            return Ok(connection);
        }
        let mut restarts = self.lock_restarts(patience)?;
        if let Some(connection) = self.alive() {
            return Ok(connection);
        }
        let policy = &self.options.restart;
        loop {
            match restarts.wait(policy, Instant::now()) {
                Ok(Duration::ZERO) => break,
                Ok(wait) => thread::sleep(wait.min(POLL)),
                Err(count) => return Err(self.given_up(count)),
            }
            self.check(patience)?;
        }
        restarts.record(Instant::now());
        let opened = open(&self.options, patience);
        let mut current = self.current.lock();
        current.restarts = restarts.total();
        current.last_end = current.connection.end().map(|end| end.error().to_string());
        let (connection, description) = opened?;
        (current.connection, current.description) = (Arc::clone(&connection), description);
        drop(current);
        if self.closed.load(Ordering::Acquire) {
            // Whoever shut the service down meanwhile knew only the process before.
            connection.kill("the service is shut down");
            return Err(ProcessError::ShutDown);
        }
        Ok(connection)
    }

    fn lock_restarts(&self, patience: &Patience<'_>) -> Result<MutexGuard<'_, Restarts>, ProcessError> {
        loop {
            if let Some(restarts) = self.restarts.try_lock_for(POLL) {
                return Ok(restarts);
            }
            self.check(patience)?;
        }
    }

    fn alive(&self) -> Option<Arc<Connection>> {
        let current = self.current.lock();
        current.connection.end().is_none().then(|| Arc::clone(&current.connection))
    }

    fn given_up(&self, restarts: usize) -> ProcessError {
        let last = self.status().last_end.unwrap_or_default();
        ProcessError::RestartLimit { restarts, window: self.options.restart.window, last }
    }

    fn check(&self, patience: &Patience<'_>) -> Result<(), ProcessError> {
        if self.closed.load(Ordering::Acquire) {
            return Err(ProcessError::ShutDown);
        }
        patience.check()
    }
}

impl Drop for ProcessService {
    fn drop(&mut self) {
        self.current.lock().connection.kill("the service is not used any more");
    }
}

/// Starts a process and waits until it has loaded the plugin.
fn open(
    options: &ProcessOptions,
    patience: &Patience<'_>,
) -> Result<(Arc<Connection>, Arc<Description>), ProcessError> {
    let failed = |message: String| ProcessError::Load { message };
    let request = serde_json::to_vec(&options.load).map_err(|error| failed(error.to_string()))?;
    let connection = Connection::open(options)?;
    let loading = || {
        let (_, slot) = connection.ask(Kind::Load, request).map_err(|end| end.error())?;
        let start = Patience::new(Some(options.start_timeout), &|| patience.check().is_err()).wait(&slot);
        let answer = start.map_err(|_| {
            let late = || failed(format!("no answer within {:?}", options.start_timeout));
            patience.check().err().unwrap_or_else(late)
        })?;
        match answer {
            Answer::Loaded(json) => serde_json::from_slice(&json).map_err(|error| failed(error.to_string())),
            Answer::Failed(message) | Answer::Panicked(message) => Err(failed(message)),
            Answer::Lost(end) => Err(end.error()),
            Answer::Done(_) | Answer::Pong => Err(failed("an answer to something else".to_owned())),
        }
    };
    match loading() {
        Ok(description) => Ok((Arc::new(connection), Arc::new(description))),
        Err(error) => {
            connection.kill("it did not load the plugin");
            Err(error)
        }
    }
}

/// Returns what the caller hears of an answer to a call.
fn output(answer: Answer) -> Result<Vec<u8>, ProcessError> {
    match answer {
        Answer::Done(output) => Ok(output),
        Answer::Failed(message) => Err(ProcessError::Failed { message }),
        Answer::Panicked(message) => Err(ProcessError::Panicked { message }),
        Answer::Lost(end) => Err(end.error()),
        Answer::Loaded(_) | Answer::Pong => Err(ProcessError::Protocol {
            message: "an answer to something else".to_owned(),
            stderr: String::new(),
        }),
    }
}
