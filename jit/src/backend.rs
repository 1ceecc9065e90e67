//! What makes machine code of native code, and puts it into memory.

use std::any::Any;

/// A backend: as a plugin provides it.
pub trait Backend: Send + Sync {
    /// Returns an object file of a module.
    ///
    /// # Errors
    ///
    /// [`BackendError`] says what is wrong with the module, or with the backend.
    fn compile(&self, module: &[u8], level: u32) -> Result<Vec<u8>, BackendError>;

    /// Puts an object file into memory, with the addresses of what it refers to.
    ///
    /// # Errors
    ///
    /// [`BackendError`], as above.
    fn link(&self, object: &[u8], symbols: &[(String, u64)]) -> Result<Box<dyn Linked>, BackendError>;

    /// Shows what becomes of a module at a level: assembly, or the form of the backend's own that it makes of it before.
    ///
    /// # Errors
    ///
    /// As [`Backend::compile`].
    fn show(&self, module: &[u8], level: u32, is_assembly: bool) -> Result<String, BackendError>;

    /// Returns what tells this backend and the processor from others.
    fn build(&self) -> String;
}

/// Machine code in memory, which is freed when this is dropped.
pub trait Linked: Any + Send + Sync {
    /// Returns the address of an exported function.
    fn address(&self, name: &str) -> Option<usize>;

    /// Returns how many bytes it takes.
    fn bytes(&self) -> usize;
}

/// Why a backend makes no machine code.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BackendError(pub String);
