use core::ptr::NonNull;

use rps_plugin_abi::RawValue;
use rps_plugin_abi::extension::graph;

use super::make::graph;
use super::{Call, Value};
use crate::error::Error;
use crate::host::Shared;

/// Keeps a value alive until it is dropped, on any thread.
///
/// A payload that refers to objects has [`ObjectRef`](crate::ObjectRef)s instead: two payloads that refer to each other by roots would
/// never be collected.
pub struct Root {
    raw: NonNull<graph::Root>,
    shared: &'static Shared,
}

impl Root {
    pub(super) fn of(call: &Call, value: RawValue) -> Result<Root, Error> {
        let raw = NonNull::new(call.keep_root(value)?);
        let raw = raw.ok_or_else(|| Error::limit("the host can not keep a value"))?;
        Ok(Root { raw, shared: call.shared() })
    }

    /// Returns the value.
    ///
    /// # Errors
    ///
    /// When the host can not tell, as in another instance of the plugin.
    pub fn value<'call>(&self, call: &'call Call) -> Result<Value<'call>, Error> {
        if !std::ptr::eq(self.shared, call.shared()) {
            return Err(Error::misuse("a root of another host"));
        }
        call.made(|result| graph!(call, kept, "asking for a kept value", self.raw.as_ptr(), result))
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        self.shared.release(self.raw.as_ptr());
    }
}

// SAFETY: the ABI says that a root may be released on any thread, and its value is asked for through a call only.
unsafe impl Send for Root {}
// SAFETY: as above.
unsafe impl Sync for Root {}
