//! The plugin that makes machine code, as a backend.

use std::sync::Arc;

use rps_plugin_host::{LinkedCode, Manager, NativeTier, PluginError, TierForm};

use crate::backend::{Backend, BackendError, Linked};
use crate::engine::Absence;

/// The backend of the plugin that provides `exec.tier`.
pub struct Native(Arc<NativeTier>);

/// Machine code of the plugin.
struct Code {
    tier: Arc<NativeTier>,
    code: LinkedCode,
    bytes: usize,
}

impl Native {
    /// Opens the plugin's library, or the one that a plugin of the manager provides already.
    ///
    /// # Errors
    ///
    /// The error says why there is none: it is missing, or was built without LLVM or for another version of the interface.
    pub fn open(manager: &Manager) -> Result<Native, Absence> {
        let library = NativeTier::library();
        match manager.native_tier(library.as_deref()) {
            Ok(tier) => Ok(Native(Arc::new(tier))),
            Err(error) if library.is_none() && matches!(error, PluginError::NotFound { .. }) => {
                Err(Absence {
                    code: error.code().into(),
                    reason: format!("the library {} is not beside the program", NativeTier::library_name()),
                })
            }
            Err(error) => Err(error.into()),
        }
    }
}

impl From<PluginError> for Absence {
    fn from(error: PluginError) -> Absence {
        Absence { code: error.code().into(), reason: error.to_string() }
    }
}

fn error(error: PluginError) -> BackendError {
    BackendError(error.to_string())
}

impl Backend for Native {
    fn compile(&self, module: &[u8], level: u32) -> Result<Vec<u8>, BackendError> {
        self.0.compile(module, level).map_err(error)
    }

    fn link(&self, object: &[u8], symbols: &[(String, u64)]) -> Result<Box<dyn Linked>, BackendError> {
        let symbols: Vec<(&str, usize)> =
            symbols.iter().map(|(name, address)| (name.as_str(), *address as usize)).collect();
        let code = self.0.link(object, &symbols).map_err(error)?;
        Ok(Box::new(Code { tier: Arc::clone(&self.0), code, bytes: object.len() }))
    }

    fn show(&self, module: &[u8], level: u32, is_assembly: bool) -> Result<String, BackendError> {
        let form = if is_assembly { TierForm::Assembly } else { TierForm::Intermediate };
        self.0.show(module, level, form).map_err(error)
    }

    fn build(&self) -> String {
        self.0.build().to_string()
    }
}

impl Linked for Code {
    fn address(&self, name: &str) -> Option<usize> {
        self.tier.find(self.code, name).ok()
    }

    fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for Code {
    fn drop(&mut self) {
        // Where it is gone already there is nothing to free.
        let _gone = self.tier.unlink(self.code);
    }
}
