//! Direct calls: on the thread of the program, inside the graph.

use rps_plugin_abi as abi;
use rps_plugin_abi::status;
use rps_runtime::{Mutator, RuntimeError};

use super::guarded::error_of;
use crate::api;
use crate::context::Context;
use crate::error::{CallError, PluginError};
use crate::instance::Instance;

/// Calls `f`, which calls the plugin, unless that is gone or about to go.
#[inline(always)]
pub(crate) fn direct(
    instance: &'static Instance,
    m: &Mutator<'_>,
    f: impl FnOnce(*mut abi::Call) -> abi::Status,
) -> Result<(), Failed> {
    call(instance, m, Instance::is_live, f)
}

/// Calls `f`, which calls the plugin, also while that is about to go: what it has made must be kept.
pub(crate) fn direct_to_the_end(
    instance: &'static Instance,
    m: &Mutator<'_>,
    f: impl FnOnce(*mut abi::Call) -> abi::Status,
) -> Result<(), Failed> {
    call(instance, m, Instance::can_be_called, f)
}

#[inline(always)]
fn call(
    instance: &'static Instance,
    m: &Mutator<'_>,
    may_call: impl FnOnce(&Instance) -> bool,
    f: impl FnOnce(*mut abi::Call) -> abi::Status,
) -> Result<(), Failed> {
    let context = Context::direct(instance, m);
    let stop: *const u8 = std::ptr::from_ref(m.runtime().stop_flag()).cast();
    let mut call = context.call(stop);
    instance.enter_direct(m.is_alone());
    if !may_call(instance) {
        instance.leave_direct(m.is_alone());
        return Err(Failed::Call(CallError::Gone));
    }
    let code = f(&raw mut call);
    instance.leave_direct(m.is_alone());
    if code == status::OK { Ok(()) } else { Err(failed(&context, m, code)) }
}

/// Why a direct call failed.
pub(crate) enum Failed {
    /// A program raised it, or somebody wants the computation to stop.
    Raised(RuntimeError),
    /// The plugin says so.
    Call(CallError),
}

impl Failed {
    /// Returns the error as a program meets it.
    pub(crate) fn into_runtime_error(self, instance: &Instance, what: &str) -> RuntimeError {
        match self {
            Failed::Raised(error) => error,
            Failed::Call(source) => {
                let (plugin, what) = (instance.id.to_owned(), what.to_owned());
                PluginError::Execution { plugin, what, source }.into()
            }
        }
    }

    /// Returns the error as the manager tells it.
    pub(crate) fn into_plugin_error(self, instance: &Instance, what: &str) -> PluginError {
        let source = match self {
            Failed::Raised(error) => CallError::Raised(error),
            Failed::Call(source) => source,
        };
        PluginError::Execution { plugin: instance.id.to_owned(), what: what.to_owned(), source }
    }
}

#[cold]
pub(super) fn failed(context: &Context<'_>, m: &Mutator<'_>, code: abi::Status) -> Failed {
    if code == status::RAISED
        && let Some(raised) = context.take_raised()
    {
        api::take_failure();
        return Failed::Raised(raised.rethrow(m));
    }
    // The computation may have met it inside, where the plugin has called back.
    if code == status::CANCELLED
        && let Some(raised) = context.take_raised()
        && !raised.error.can_be_caught()
    {
        api::take_failure();
        return Failed::Raised(raised.error);
    }
    if code == status::CANCELLED
        && let Err(error) = m.check_interrupt()
    {
        api::take_failure();
        return Failed::Raised(error);
    }
    let error = error_of(code).unwrap_or(CallError::Cancelled);
    if error.is_fault()
        && let Some(manager) = context.instance.manager()
    {
        let faults = context.instance.faults.fetch_add(1, std::sync::atomic::Ordering::AcqRel) + 1;
        manager.count_fault(context.instance, faults, &error);
    }
    Failed::Call(error)
}
