use core::ffi::{c_char, c_void};

use rps_plugin_abi as abi;
use rps_plugin_abi::Sink;
use rps_plugin_abi::point;
use rps_plugin_abi::status::{self, Status};

use super::{Registrar, text};
use crate::call::{bound, bytes, enter};
use crate::error::Error;
use crate::guard;
use crate::output::Output;
use crate::state::{StateId, StatefulPluginError, StatefulPluginHandle, StatefulPluginSnapshot};

impl Registrar<'_> {
    /// Registers a state, which is saved with the store and restored with it.
    ///
    /// # Errors
    ///
    /// When the host refuses it.
    pub fn state(&mut self, state: StatefulPluginHandle) -> Result<(), Error> {
        let (id, version) = (state.as_dyn().id(), state.as_dyn().version());
        let dependencies = state.as_dyn().dependencies();
        let dependencies: Vec<*const c_char> =
            dependencies.iter().map(|id| text(id.as_str())).collect::<Result<_, _>>()?;
        let dependencies: &'static [*const c_char] = dependencies.leak();
        let interface = point::State {
            struct_size: size_of::<point::State>() as u32,
            flags: 0,
            version,
            dependencies_count: dependencies.len() as u32,
            dependencies: dependencies.as_ptr(),
            quiesce: Some(quiesce),
            resume: Some(resume),
            snapshot: Some(snapshot),
            validate: Some(validate),
            restore: Some(restore),
            reset: Some(reset),
        };
        self.add(point::STATE, id.as_str(), 1, interface, State { id: id.clone(), version, handle: state })
    }
}

struct State {
    id: StateId,
    version: u32,
    handle: StatefulPluginHandle,
}

impl State {
    fn saved(&self, version: u32, bytes: &[u8]) -> StatefulPluginSnapshot {
        StatefulPluginSnapshot::new(self.id.clone(), version, bytes.to_vec())
    }
}

fn crossing(error: StatefulPluginError) -> Error {
    let status = match error {
        StatefulPluginError::SnapshotFailed { .. } => status::ERROR,
        StatefulPluginError::RestoreFailed { .. } => status::CORRUPT,
        StatefulPluginError::UnsupportedVersion { .. } => status::UNSUPPORTED,
    };
    Error::with_status(status, error.to_string())
}

unsafe extern "C" fn quiesce(data: *mut c_void, call: *mut abi::Call) -> Status {
    // SAFETY: the host hands back the data of the registration, and a call that is valid until this returns.
    unsafe { enter::<State>(data, call, |state, _| state.handle.as_dyn().quiesce().map_err(crossing)) }
}

unsafe extern "C" fn resume(data: *mut c_void) {
    // SAFETY: the host hands back the data of the registration.
    if let Some(bound) = unsafe { bound::<State>(data) } {
        guard::value(bound.shared, (), || bound.body.handle.as_dyn().resume());
    }
}

unsafe extern "C" fn snapshot(data: *mut c_void, call: *mut abi::Call, output: *const Sink) -> Status {
    // SAFETY: the host hands back the data of the registration; call and sink are valid until this returns.
    unsafe {
        enter::<State>(data, call, |state, _| {
            let snapshot = state.handle.as_dyn().snapshot().map_err(crossing)?;
            if snapshot.version != state.version || snapshot.id != state.id {
                let (version, id) = (snapshot.version, snapshot.id);
                let details =
                    format!("it is {id} of version {version}, registered was version {}", state.version);
                return Err(crossing(StatefulPluginError::snapshot_failed(&state.id, details)));
            }
            Output::of(output).write(snapshot.as_bytes())
        })
    }
}

unsafe extern "C" fn reset(data: *mut c_void, call: *mut abi::Call) -> Status {
    // SAFETY: the host hands back the data of the registration; the call is valid until this returns.
    unsafe { enter::<State>(data, call, |state, _| state.handle.as_dyn().reset().map_err(crossing)) }
}

unsafe extern "C" fn validate(
    data: *mut c_void,
    call: *mut abi::Call,
    version: u32,
    input: *const u8,
    len: usize,
) -> Status {
    // SAFETY: the host hands back the data of the registration; call and input are valid until this returns.
    unsafe {
        enter::<State>(data, call, |state, _| {
            let saved = state.saved(version, bytes(input, len));
            state.handle.as_dyn().validate_snapshot(&saved).map_err(crossing)
        })
    }
}

unsafe extern "C" fn restore(
    data: *mut c_void,
    call: *mut abi::Call,
    version: u32,
    input: *const u8,
    len: usize,
) -> Status {
    // SAFETY: the host hands back the data of the registration; call and input are valid until this returns.
    unsafe {
        enter::<State>(data, call, |state, _| {
            let saved = state.saved(version, bytes(input, len));
            state.handle.as_dyn().restore_snapshot(saved).map_err(crossing)
        })
    }
}
