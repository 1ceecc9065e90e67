//! Resource limits that a process sets for itself.

use std::{fs, io};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::ResourceLimits;

/// Sets `limits` for this process, for good. A limit that is inherited and lower stays.
pub(super) fn apply(limits: &ResourceLimits) -> io::Result<()> {
    if let Some(memory) = limits.memory {
        lower(Resource::As, mapped_bytes().saturating_add(memory), 0)?;
    }
    if let Some(seconds) = limits.cpu_seconds {
        // The hard limit kills; one second earlier the soft one says why, with SIGXCPU.
        lower(Resource::Cpu, seconds.max(1), 1)?;
    }
    if let Some(files) = limits.open_files {
        lower(Resource::Nofile, files, 0)?;
    }
    Ok(())
}

fn lower(resource: Resource, wanted: u64, margin: u64) -> io::Result<()> {
    let inherited = getrlimit(resource);
    let hard = wanted.saturating_add(margin);
    let maximum = inherited.maximum.map_or(hard, |maximum| maximum.min(hard));
    let current = inherited.current.map_or(wanted, |current| current.min(wanted)).min(maximum);
    setrlimit(resource, Rlimit { current: Some(current), maximum: Some(maximum) })?;
    Ok(())
}

/// Returns how much address space this process has; 0 where the system does not tell.
///
/// A program maps a great deal that it may never touch (its allocator's reserve, for one), so that only what comes on
/// top says something about a plugin.
fn mapped_bytes() -> u64 {
    let pages = fs::read_to_string("/proc/self/statm")
        .ok()
        .and_then(|line| line.split(' ').next()?.parse::<u64>().ok())
        .unwrap_or(0);
    pages.saturating_mul(rustix::param::page_size() as u64)
}
