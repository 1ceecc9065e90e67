//! The boundary: a panic ends here, and an error becomes a status and a message.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rps_plugin_abi as abi;
use rps_plugin_abi::status::{self, Status};

use crate::call::Call;
use crate::error::Error;
use crate::host::Shared;
use crate::table::member;

/// Runs code of the author, and returns what the host is told: of an error or a panic, its message first.
///
/// A program's error with a code is raised in the call, if there is one.
pub(crate) fn status(
    shared: &Shared,
    call: Option<&Call>,
    body: impl FnOnce() -> Result<(), Error>,
) -> Status {
    // What a panic leaves behind is the author's own data, behind locks that are poisoned, or atomics.
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(())) => status::OK,
        Ok(Err(error)) => report(shared, call, &error),
        Err(panic) => {
            let status = note(shared, &message_of(&*panic), status::PANIC);
            // A panic's payload may panic itself when it is dropped.
            let _ = catch_unwind(AssertUnwindSafe(|| drop(panic)));
            status
        }
    }
}

/// Runs code of the author that can not fail: the other value stands for a panic, which is logged.
pub(crate) fn value<R>(shared: &Shared, other: R, body: impl FnOnce() -> R) -> R {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(value) => value,
        Err(panic) => {
            shared.log(abi::host::LOG_ERROR, &format!("panicked: {}", message_of(&*panic)));
            let _ = catch_unwind(AssertUnwindSafe(|| drop(panic)));
            other
        }
    }
}

fn report(shared: &Shared, call: Option<&Call>, error: &Error) -> Status {
    match error.status() {
        status::RAISED | status::CANCELLED => error.status(),
        other => {
            if let (Some(call), Some(code)) = (call, error.code())
                && let Ok(status) = call.raise_now(code, error.message())
            {
                return status;
            }
            note(shared, &error.to_string(), other)
        }
    }
}

/// Tells the host why, and returns the status.
fn note(shared: &Shared, message: &str, status: Status) -> Status {
    shared.with(|host| {
        // SAFETY: the host is valid until `deinit` has returned; the text is valid until `fail` returns.
        unsafe {
            if let Some(fail) = member!(host, abi::Host, fail) {
                fail(host, message.as_ptr(), message.len());
            }
        }
    });
    status
}

fn message_of(panic: &(dyn Any + Send)) -> String {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => (*text).to_owned(),
        (_, Some(text)) => text.clone(),
        _ => "a panic without a message".to_owned(),
    }
}
