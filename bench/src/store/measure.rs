//! What a piece of work took of this process.

use std::fmt;
use std::time::Instant;

use rustix::time::{ClockId, clock_gettime};

/// Processor time, time and memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figures {
    /// Seconds of processor time, of all threads.
    pub(crate) cpu: f64,
    /// Seconds.
    pub(crate) wall: f64,
    /// The most memory that the process had, without what it had at the start and without the files.
    pub(crate) peak_bytes: f64,
}

/// A moment from which figures are taken.
pub(crate) struct Start {
    cpu: f64,
    at: Instant,
    resident: f64,
}

impl Figures {
    /// Begins a measurement.
    pub(crate) fn now() -> Start {
        Start { cpu: cpu_seconds(), at: Instant::now(), resident: status("VmRSS:") }
    }

    /// Returns the figures of a line that [`Figures`] printed.
    pub(crate) fn parse(line: &str) -> Option<Figures> {
        let mut numbers = line.split(' ').map(str::parse);
        let mut next = || numbers.next()?.ok();
        Some(Figures { cpu: next()?, wall: next()?, peak_bytes: next()? })
    }
}

impl Start {
    /// Ends a measurement of work on files of so many bytes.
    pub(crate) fn until_now(&self, file_bytes: u64) -> Figures {
        let peak = status("VmHWM:") - self.resident - file_bytes as f64;
        Figures { cpu: cpu_seconds() - self.cpu, wall: self.at.elapsed().as_secs_f64(), peak_bytes: peak }
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.cpu, self.wall, self.peak_bytes)
    }
}

/// Returns the processor time that this process has taken, seconds.
pub(crate) fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// Returns a figure of the process's status, in bytes; zero where the system does not tell.
fn status(key: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or(0.0) * 1024.0
}
