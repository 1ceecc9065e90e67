//! The point `service`: bytes in, bytes out.

use std::sync::Arc;
use std::thread;

use rps_plugin_abi as abi;

use super::guarded::Guarded;
use crate::error::PluginError;
use crate::manager::Inner;
use crate::point::{Entry, Implementation, Interface};

impl Inner {
    /// Executes a request of a service. What failed for a reason that passes is tried again, if the service says that it
    /// may be (DYN-17).
    pub(crate) fn execute(self: &Arc<Self>, service: &str, input: &[u8]) -> Result<Vec<u8>, PluginError> {
        let entry = self.resolve(abi::point::SERVICE, service)?;
        let retry = self.policy().retry;
        let is_idempotent = matches!(
            entry.loaded(),
            Some((_, Interface::Service(service), _)) if service.is_idempotent
        );
        let mut attempt = 1;
        loop {
            let result = self.execute_once(&entry, input);
            match result {
                Err(error) if is_idempotent && error.is_transient() && attempt < retry.attempts => {
                    let text = format!("attempt {attempt} of {} failed: {error}", retry.attempts);
                    self.log(abi::host::LOG_WARN, &entry.plugin, &text);
                    let pause = retry.backoff.saturating_mul(1 << (attempt - 1).min(10));
                    self.waiting(|| thread::sleep(pause));
                    attempt += 1;
                }
                result => return result,
            }
        }
    }

    fn execute_once(self: &Arc<Self>, entry: &Arc<Entry>, input: &[u8]) -> Result<Vec<u8>, PluginError> {
        if let Implementation::Isolated(service) = &entry.implementation {
            return self.execute_isolated(entry, service, input);
        }
        let Some((instance, Interface::Service(service), data)) = entry.loaded() else {
            return Err(self.not_found(&entry.name, abi::point::SERVICE));
        };
        let (execute, input, limit) = (service.execute, input.to_vec(), self.policy().output_limit);
        let mut guarded = Guarded::of(self, entry, instance);
        guarded.input = input.len();
        guarded.write(limit, move |call, sink| {
            let data = data;
            // SAFETY: the plugin has registered the function as what the point says.
            unsafe { execute(data.0, call, input.as_ptr(), input.len(), sink) }
        })
    }
}
