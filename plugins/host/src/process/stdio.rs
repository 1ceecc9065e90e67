//! Keeps the pipes of the protocol from whatever else reads and writes standard streams.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;

use rustix::io::fcntl_dupfd_cloexec;
use rustix::stdio::{dup2_stdin, dup2_stdout};

/// Takes standard input and output for the protocol and returns them, the input first.
///
/// What a plugin reads from standard input afterwards is empty; what it prints to standard output goes to standard
/// error, where the host keeps the last lines.
///
/// # Errors
///
/// When the process has no such streams or too few file descriptors.
pub fn claim_stdio() -> io::Result<(File, File)> {
    let input = File::from(fcntl_dupfd_cloexec(io::stdin().as_fd(), 3)?);
    let output = File::from(fcntl_dupfd_cloexec(io::stdout().as_fd(), 3)?);
    dup2_stdin(File::open("/dev/null")?)?;
    dup2_stdout(io::stderr().as_fd())?;
    Ok((input, output))
}
