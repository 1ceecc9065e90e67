//! The host: what the program around a runtime does for the library.

use std::io;
use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;
use rps_runtime::Mutator;

use crate::check::Report;

/// What the library cannot do by itself, as it does not know what it runs in. It is called while a collection may happen, and so
/// must not touch the runtime.
pub trait Host: Send + Sync {
    /// Writes text where the program's output goes: what `print` and `write` are given.
    ///
    /// # Errors
    ///
    /// The program is told what went wrong.
    fn write(&self, text: &str) -> io::Result<()>;

    /// Replaces the content of a file, or makes it.
    ///
    /// The default writes over the file: a crash may leave a part of the text. Who can write whole files or nothing does
    /// better.
    ///
    /// # Errors
    ///
    /// Those of the system.
    fn write_file(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        std::fs::write(path, content)
    }
}

/// What the library keeps for a runtime.
pub(crate) struct Services {
    pub(crate) host: Box<dyn Host>,
    pub(crate) report: Mutex<Report>,
}

/// Returns what the library keeps for the runtime.
///
/// # Panics
///
/// When the library was not installed: then none of its natives can be called.
pub(crate) fn services(m: &Mutator<'_>) -> Arc<Services> {
    m.runtime().service().expect("natives of the library are registered when it is installed")
}
