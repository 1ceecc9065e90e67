//! Points that plugins define: functions from bytes to bytes, called by whoever wants.

use std::sync::Arc;

use rps_plugin_abi as abi;
use rps_runtime::Runtime;

use super::guarded::Guarded;
use crate::error::PluginError;
use crate::manager::Inner;
use crate::point::{Entry, Interface};

impl Inner {
    /// Calls a function of a plugin-defined point: of the implementation with a name, or of the first that has it.
    pub(crate) fn call_point(
        self: &Arc<Self>,
        point: &str,
        name: Option<&str>,
        function: u32,
        input: &[u8],
        runtime: Option<&Arc<Runtime>>,
    ) -> Result<Vec<u8>, PluginError> {
        self.load_declared(point);
        let list = self.registry.list(point);
        let fits = |entry: &&Arc<Entry>| {
            name.is_none_or(|name| name == entry.name) && byte_function(entry, function).is_some()
        };
        let Some(entry) = list.iter().find(fits) else {
            let wanted = name.map_or_else(|| point.to_owned(), |name| format!("{point}/{name}"));
            let known = list.iter().map(|entry| entry.name.clone()).collect();
            return Err(PluginError::NotFound { name: wanted, known });
        };
        let (Some((instance, _, data)), Some(call_it)) = (entry.loaded(), byte_function(entry, function))
        else {
            return Err(self.not_found(point, point));
        };
        let input = input.to_vec();
        let mut guarded = Guarded::of(self, entry, instance).with_runtime(runtime);
        guarded.input = input.len();
        guarded.write(self.policy().output_limit, move |call, sink| {
            let data = data;
            // SAFETY: the plugin has registered the function as what the point says.
            unsafe { call_it(data.0, call, input.as_ptr(), input.len(), sink) }
        })
    }
}

fn byte_function(entry: &Entry, function: u32) -> Option<abi::point::ByteFunction> {
    match entry.loaded()?.1 {
        Interface::Custom(functions) => *functions.get(function as usize)?,
        _ => None,
    }
}
