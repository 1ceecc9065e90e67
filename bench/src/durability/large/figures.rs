//! What a piece of work took of this process.

use std::fmt;
use std::time::Instant;

use crate::durability::Failure;
use crate::durability::latency::number;
use crate::store::cpu_seconds;
use crate::table;

/// What a piece of work took.
#[derive(Clone, Copy, Debug)]
pub(super) struct Figures {
    wall_seconds: f64,
    cpu_seconds: f64,
    /// Resident memory of the process at the end, without that of files: bytes.
    own: f64,
    /// Resident memory that is mapped from files: bytes.
    mapped: f64,
    written: f64,
}

/// The moment at which a piece of work began.
pub(super) struct Start {
    at: Instant,
    cpu: f64,
    written: f64,
}

impl Start {
    pub(super) fn now() -> Start {
        Start { written: proc_figure("/proc/self/io", "wchar:"), cpu: cpu_seconds(), at: Instant::now() }
    }

    pub(super) fn end(self) -> Figures {
        let wall_seconds = self.at.elapsed().as_secs_f64();
        Figures {
            wall_seconds,
            cpu_seconds: cpu_seconds() - self.cpu,
            own: proc_figure("/proc/self/status", "RssAnon:") * 1024.0,
            mapped: proc_figure("/proc/self/status", "RssFile:") * 1024.0,
            written: proc_figure("/proc/self/io", "wchar:") - self.written,
        }
    }
}

impl Figures {
    /// Returns the median of each figure.
    pub(super) fn median(all: &[Figures]) -> Figures {
        let median = |of: fn(&Figures) -> f64| table::median(all.iter().map(of).collect());
        Figures {
            wall_seconds: median(|one| one.wall_seconds),
            cpu_seconds: median(|one| one.cpu_seconds),
            own: median(|one| one.own),
            mapped: median(|one| one.mapped),
            written: median(|one| one.written),
        }
    }

    /// Returns what [`Figures`] printed as words of a line.
    pub(super) fn parse(line: &str) -> Result<Figures, Failure> {
        let mut words = line.split_whitespace();
        let mut next = || number(&mut words);
        Ok(Figures {
            wall_seconds: next()?,
            cpu_seconds: next()?,
            own: next()?,
            mapped: next()?,
            written: next()?,
        })
    }

    /// Returns them as cells of a table.
    pub(super) fn cells(&self) -> [String; 5] {
        let milliseconds = [self.wall_seconds, self.cpu_seconds].map(|time| match time * 1e3 {
            time if time < 100.0 => format!("{time:.1}"),
            time => format!("{time:.0}"),
        });
        let megabytes = [self.own, self.mapped, self.written].map(|bytes| match bytes / 1e6 {
            size if size < 10.0 => format!("{size:.1}"),
            size => format!("{size:.0}"),
        });
        let ([wall, cpu], [own, mapped, written]) = (milliseconds, megabytes);
        [wall, cpu, own, mapped, written]
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Figures { wall_seconds, cpu_seconds, own, mapped, written } = self;
        write!(f, "{wall_seconds} {cpu_seconds} {own} {mapped} {written}")
    }
}

/// Returns a figure that the kernel tells of this process; zero where it does not.
fn proc_figure(file: &str, key: &str) -> f64 {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(key)).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_come_back_as_they_were_printed() {
        let start = Start::now();
        let figures = start.end();
        let parsed = Figures::parse(&format!("{figures}\n")).unwrap();
        assert_eq!(parsed.to_string(), figures.to_string());
        assert!(Figures::parse("1 2 3 4").is_err());
        let median = Figures::median(&[figures, figures]);
        assert_eq!(median.cells(), figures.cells());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_kernel_tells_what_is_written_and_resident() {
        let start = Start::now();
        let mut file = tempfile::tempfile().unwrap();
        std::io::Write::write_all(&mut file, &[7; 100_000]).unwrap();
        let figures = start.end();
        assert!(figures.written >= 100_000.0, "{figures}");
        assert!(figures.own > 0.0 && figures.mapped > 0.0, "{figures}");
    }
}
