//! The formats of RefPerSys stores.

use std::fmt;

/// A format that RefPerSys has dumped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// `RefPerSysFormat2019A`: the class on a line of its own, members sorted with `oid` and `mtime` among them.
    V2019A,
    /// `RefPerSysFormat2023A`: `oid` and `mtime` first, names on the start and end lines.
    V2023A,
    /// `RefPerSysFormat2024A`: name, class and hash on the start line. The only one that is written.
    V2024A,
}

impl Format {
    /// Every format, the oldest first.
    pub const ALL: [Self; 3] = [Self::V2019A, Self::V2023A, Self::V2024A];

    /// Returns the format with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// Returns the name, as files write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::V2019A => "RefPerSysFormat2019A",
            Self::V2023A => "RefPerSysFormat2023A",
            Self::V2024A => "RefPerSysFormat2024A",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
