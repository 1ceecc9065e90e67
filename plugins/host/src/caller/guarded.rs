//! Guarded calls: a deadline, cancellation, a boundary for panics, and what is counted of all that.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use rps_plugin_abi as abi;
use rps_plugin_abi::status;
use rps_runtime::Runtime;

use crate::api;
use crate::context::{Context, Raised};
use crate::error::{CallError, PluginError};
use crate::guard::{DEFAULT_GRACE, GuardError, Limits};
use crate::instance::Instance;
use crate::manager::Inner;
use crate::metrics::{CallMetrics, Outcome};
use crate::point::Entry;
use crate::sink::{Output, with_sink};

/// What is called, and with what.
pub(crate) struct Guarded<'g> {
    pub(crate) manager: &'g Inner,
    pub(crate) instance: &'static Instance,
    /// What is called, for messages: `service text`.
    pub(crate) what: String,
    pub(crate) metrics: Option<Arc<CallMetrics>>,
    /// The graph that the call may use.
    pub(crate) runtime: Option<Arc<Runtime>>,
    /// How many bytes go in, to be counted.
    pub(crate) input: usize,
    /// Whether it begins or ends the plugin: everything else is refused while the plugin is not live.
    pub(crate) is_lifecycle: bool,
}

/// Why a guarded call failed, and what a program raised in it.
pub(crate) struct CallFailure {
    pub(crate) error: CallError,
    pub(crate) raised: Option<Raised>,
}

thread_local! {
    /// What gives up the calls of this thread, beside the runtime that they work on.
    static CANCELLED_BY: std::cell::RefCell<Option<crate::guard::Cancel>> = const { std::cell::RefCell::new(None) };
    /// Whether nobody waits for what this thread does.
    static IS_BACKGROUND: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// Lets the guarded calls of this thread go on when somebody presses Ctrl-C: nobody waits for them.
pub(crate) fn work_in_background() {
    IS_BACKGROUND.set(true);
}

/// Runs `f`, whose guarded calls are given up when `cancel` says so.
pub(crate) fn cancelled_by<R>(cancel: &crate::guard::Cancel, f: impl FnOnce() -> R) -> R {
    let before = CANCELLED_BY.replace(Some(cancel.clone()));
    let result = f();
    CANCELLED_BY.set(before);
    result
}

impl<'g> Guarded<'g> {
    /// Returns the call of an implementation, in the graph that the manager is attached to.
    pub(crate) fn of(manager: &'g Inner, entry: &Entry, instance: &'static Instance) -> Guarded<'g> {
        Guarded {
            manager,
            instance,
            what: format!("{} {}", entry.point, entry.name),
            metrics: Some(Arc::clone(&entry.metrics)),
            runtime: manager.runtime(),
            input: 0,
            is_lifecycle: false,
        }
    }

    pub(crate) fn with_runtime(mut self, runtime: Option<&Arc<Runtime>>) -> Guarded<'g> {
        if let Some(runtime) = runtime {
            self.runtime = Some(Arc::clone(runtime));
        }
        self
    }

    /// Calls `f`, which calls the plugin, and gives what it gives.
    pub(crate) fn call<R: Send + 'static>(
        self,
        f: impl FnOnce(*mut abi::Call) -> (abi::Status, R) + Send + 'static,
    ) -> Result<R, PluginError> {
        let (plugin, what) = (self.instance.id.to_owned(), self.what.clone());
        self.run(f).map_err(|failure| PluginError::Execution { plugin, what, source: failure.error })
    }

    /// Calls `f` with a sink that takes up to `limit` bytes, and gives what was written.
    pub(crate) fn write(
        self,
        limit: u64,
        f: impl FnOnce(*mut abi::Call, *const abi::Sink) -> abi::Status + Send + 'static,
    ) -> Result<Vec<u8>, PluginError> {
        let (plugin, what) = (self.instance.id.to_owned(), self.what.clone());
        let (entry, instance) = (self.metrics.clone(), self.instance);
        let output: Output = self.call(move |call| {
            let (status, output) = with_sink(limit, |sink| f(call, sink));
            // That it wrote too much is told better than by what it makes of that.
            (if output.is_exceeded { status::OK } else { status }, output)
        })?;
        for metrics in [Some(&instance.metrics), entry.as_deref()].into_iter().flatten() {
            metrics.add_bytes(0, output.bytes.len());
        }
        if output.is_exceeded {
            return Err(PluginError::Execution { plugin, what, source: CallError::OutputLimit { limit } });
        }
        Ok(output.bytes)
    }

    /// As [`Guarded::call`], with what a program raised.
    pub(crate) fn run<R: Send + 'static>(
        self,
        f: impl FnOnce(*mut abi::Call) -> (abi::Status, R) + Send + 'static,
    ) -> Result<R, CallFailure> {
        let Guarded { manager, instance, metrics, runtime, input, .. } = self;
        let in_flight = instance.enter_guarded();
        // What somebody still has in a list, or in a queue, may belong to a plugin that is gone.
        if !self.is_lifecycle && !instance.is_live() {
            return Err(CallFailure { error: CallError::Gone, raised: None });
        }
        let limits = Limits {
            timeout: instance.timeout.read().or_else(|| manager.policy().timeout),
            grace: DEFAULT_GRACE,
            owner: Arc::clone(&instance.leaks),
        };
        let graph = runtime.clone();
        let operation = move |cancel: &crate::guard::Cancel| {
            let _in_flight = in_flight;
            api::take_failure();
            let context = Context::guarded(instance, graph.as_ref(), cancel);
            let mut call = context.call(cancel.as_ptr());
            // Guarded calls that it makes end with it.
            let (code, result) = cancelled_by(cancel, || f(&raw mut call));
            match error_of(code) {
                None => Ok(result),
                // What it has handled is not raised again.
                Some(error) if code == status::RAISED => Err((error, context.take_raised())),
                Some(error) => Err((error, None)),
            }
        };
        let start = Instant::now();
        // Whoever waits may be in the runtime, whether or not the call has to do with it.
        let waited_for = runtime.clone().or_else(|| manager.runtime());
        let is_interrupted = || {
            waited_for.as_ref().is_some_and(|runtime| runtime.is_interrupted()) && !IS_BACKGROUND.get()
                || CANCELLED_BY
                    .with_borrow(|cancel| cancel.as_ref().is_some_and(|cancel| cancel.is_cancelled()))
        };
        let run = || manager.guard.run(&limits, &is_interrupted, operation);
        let result = match &waited_for {
            Some(runtime) => runtime.blocking(run),
            None => run(),
        };
        let result = result.map_err(flatten);
        let outcome = match &result {
            Ok(_) => Outcome::Success,
            Err(failure) => outcome_of(&failure.error),
        };
        let duration = start.elapsed();
        for metrics in [Some(&instance.metrics), metrics.as_deref()].into_iter().flatten() {
            metrics.record(outcome, duration);
            metrics.add_bytes(input, 0);
        }
        if let Err(failure) = &result
            && failure.error.is_fault()
        {
            let faults = instance.faults.fetch_add(1, Ordering::AcqRel) + 1;
            manager.count_fault(instance, faults, &failure.error);
        }
        result
    }
}

/// Returns what a status says, with the message that goes with it; nothing when all is well.
pub(crate) fn error_of(code: abi::Status) -> Option<CallError> {
    if code == status::OK {
        return None;
    }
    let message = api::take_failure().filter(|message| !message.is_empty());
    let or = |default: &str| message.clone().unwrap_or_else(|| default.to_owned());
    Some(match code {
        status::CANCELLED => CallError::Cancelled,
        status::PANIC => CallError::Panicked { message: or("no message") },
        status::UNSUPPORTED => CallError::Unsupported { message: or("the plugin does not say what") },
        status::CORRUPT => CallError::Corrupt { message: or("the plugin does not say how") },
        _ => {
            CallError::Failed { message: or(&format!("it returned the status {code} and does not say why")) }
        }
    })
}

pub(crate) fn outcome_of(error: &CallError) -> Outcome {
    match error {
        CallError::Timeout { .. } => Outcome::Timeout,
        CallError::Panicked { .. } => Outcome::Panic,
        CallError::Cancelled => Outcome::Cancelled,
        _ => Outcome::Error,
    }
}

fn flatten(error: GuardError<(CallError, Option<Raised>)>) -> CallFailure {
    let error = match error {
        GuardError::Failed((error, raised)) => return CallFailure { error, raised },
        GuardError::Timeout { after } => CallError::Timeout { after },
        GuardError::Panicked { message } => CallError::Panicked { message },
        GuardError::Cancelled => CallError::Cancelled,
        other => CallError::Busy { message: other.map_failed(|_| String::new()).to_string() },
    };
    CallFailure { error, raised: None }
}
