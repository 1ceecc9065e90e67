//! What programs get from the command: somewhere to print, and files that are written whole.

use std::io;
use std::path::Path;
use std::sync::Arc;

use rps_library::Host;

use crate::files;
use crate::output::Output;

/// The host of programs that print to standard output.
pub(crate) struct ProgramOutput(pub(crate) Arc<Output>);

impl Host for ProgramOutput {
    fn write(&self, text: &str) -> io::Result<()> {
        self.0.print(text)
    }

    fn write_file(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        files::replace(path, content)
    }
}
