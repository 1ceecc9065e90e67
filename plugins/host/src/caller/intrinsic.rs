//! The point `jit.intrinsic`: native code that machine code calls with nothing in between, and the interpreter from here.
//!
//! Machine code has the address of an intrinsic of a plugin that is loaded, enabled, and not to be guarded. When that changes,
//! [`super::function`] registers the function anew, and what was made of it is not entered any more: code that runs leaves at
//! its next call or turn of a loop at the latest. So no call of machine code is under way or to come once all threads have
//! stopped after that, which the end of a plugin waits for.

use rps_plugin_abi as abi;
use rps_runtime::send::{DirectFunction, DirectSignature, Native};
use rps_runtime::{Mutator, RuntimeError, Value};

use super::guarded::{CallFailure, Guarded};
use crate::context::Crossing;
use crate::error::{CallError, PluginError};
use crate::instance::Instance;
use crate::library::Declared;

/// Calls an intrinsic on the thread of the program, unless its plugin is gone or about to go.
#[inline]
pub(super) fn call(
    instance: &'static Instance,
    function: &'static DirectFunction,
    name: &str,
    m: &Mutator<'_>,
    arguments: &[Value],
) -> Result<Value, RuntimeError> {
    let call = function.prepare(m, name, arguments)?;
    // Whoever ends the plugin stops all threads after it has said so, and none stops between this and the end of the call.
    if !instance.is_live() {
        let (plugin, what) = (instance.id.to_owned(), name.to_owned());
        return Err(PluginError::Execution { plugin, what, source: CallError::Gone }.into());
    }
    Ok(call.run().value(m))
}

/// Calls an intrinsic on a thread of its own. The first error is that of arguments which are none.
pub(super) fn call_guarded(
    guarded: Guarded<'_>,
    function: &'static DirectFunction,
    name: &str,
    m: &Mutator<'_>,
    arguments: &[Value],
) -> Result<Result<Value, CallFailure>, RuntimeError> {
    let call = function.prepare(m, name, arguments)?;
    let crossing = Crossing::new(m, arguments.iter().copied());
    let result = guarded.run(move |_| {
        // A call that is given up may still look at them.
        let _crossing = crossing;
        (abi::status::OK, call.run())
    });
    // What it gives is one of the arguments, which the caller has, or needs not to be kept.
    Ok(result.map(|result| result.value(m)))
}

/// Returns how many arguments an intrinsic takes, and what `:doc` tells of it.
pub(super) fn described(signature: &DirectSignature) -> (u8, String) {
    let parameters: Vec<&str> = signature.parameters().iter().map(|ty| ty.name()).collect();
    let result = match signature.result() {
        Some(ty) => format!("Returns {}", ty.name()),
        None => "Returns nothing".into(),
    };
    (parameters.len() as u8, format!("({}) {result}: native code.", parameters.join(", ")))
}

/// The same of an intrinsic whose plugin is not loaded yet: its signature stands in place of a documentation.
pub(super) fn declared(declared: &Declared) -> (u8, String) {
    match declared.doc.as_deref().and_then(|text| text.parse().ok()) {
        Some(signature) => described(&signature),
        None => (Native::ANY, String::new()),
    }
}
