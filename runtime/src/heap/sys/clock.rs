//! The time of day, cheaply: objects are stamped at every change. And the time that the process has worked.

/// Returns hundredths of a second since 1970.
///
/// On Linux this is the coarse clock, which is the time of the last tick: good to a few milliseconds, and read in a
/// tenth of the time that the precise one takes.
pub(crate) fn now() -> i64 {
    #[cfg(target_os = "linux")]
    {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: the structure is ours, and the call only fills it.
        if unsafe { libc::clock_gettime(libc::CLOCK_REALTIME_COARSE, &mut time) } == 0 {
            return time.tv_sec * 100 + time.tv_nsec / 10_000_000;
        }
    }
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| (since.as_millis() / 10) as i64)
}

/// Returns the seconds for which processors have worked for this process; where the system does not tell, those since
/// the first call.
pub(crate) fn processor_time() -> f64 {
    #[cfg(unix)]
    {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: the structure is ours, and the call only fills it.
        if unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) } == 0 {
            return time.tv_sec as f64 + time.tv_nsec as f64 / 1e9;
        }
    }
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    START.get_or_init(std::time::Instant::now).elapsed().as_secs_f64()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_clock_is_that_of_the_system() {
        let precise = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        assert!((super::now() - precise.as_millis() as i64 / 10).abs() < 100);
    }
}
