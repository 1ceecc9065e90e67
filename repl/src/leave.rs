//! The end of the process.

use std::io::{self, Write};
use std::process::ExitCode;

/// Ends the process with a status, of `main` or from anywhere else where all is done that there was to do.
///
/// A compiler at work is not waited for: it would take up to some tenths of a second to make what nobody will run. (What the
/// next process finds in the cache has been waited for before, see [`rps_jit::Handle::end`].) What it works with is taken apart
/// where a process ends in the usual way, so that it ends at once then.
pub(crate) fn with(status: u8) -> ExitCode {
    if rps_jit::is_working() {
        // That nobody reads it any more was told before.
        let _ = io::stdout().flush();
        signal_hook::low_level::exit(status.into());
    }
    ExitCode::from(status)
}
