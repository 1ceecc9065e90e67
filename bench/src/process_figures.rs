//! What this process takes of the system.

/// What the process takes of the system.
pub(crate) struct ProcessFigures {
    /// Resident memory.
    pub(crate) megabytes: f64,
    /// How many ranges of addresses are mapped.
    pub(crate) mappings: usize,
}

impl ProcessFigures {
    /// Returns what the process takes now; zeros where the system does not tell.
    pub(crate) fn now() -> ProcessFigures {
        let read = |name: &str| std::fs::read_to_string(format!("/proc/self/{name}")).unwrap_or_default();
        let status = read("status");
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kilobytes = resident.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
        ProcessFigures {
            megabytes: kilobytes.unwrap_or_default() / 1024.0,
            mappings: read("maps").lines().count(),
        }
    }
}
