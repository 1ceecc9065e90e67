//! The journal: what was committed since the current generation was dumped.
//!
//! This module knows records of bytes, their order and their durability; what is in them is the business of
//! [`native`](crate::native). `docs/durability.md` is the book page. Reading order: `format` (the bytes of a segment),
//! `directory` (the files), `chain` (reading), `segment` (writing), `group` (many commits, one sync), `log` (what a store
//! that is open for writing has, and what a dump asks of it).
//!
//! # Every partial state, and why it is safe
//!
//! `H` is the hash of the current manifest, `N` a segment. A writer holds [`WriterLock`](crate::lock::WriterLock).
//!
//! | the process dies, or the power fails, … | on disk | next opening |
//! |---|---|---|
//! | before the marker `N, H` of a first segment is durable | with or without the marker, no segment | nothing to replay |
//! | while segment `N` is begun | a name, part of a header | no record in it: nothing to replay |
//! | while a record is appended | part of a record | the records before it: that commit had not returned |
//! | after the record was synced | the record | the record, too |
//! | an append fails, and the next commit begins `N+1` with the same number | a record that may be whole, then `N+1` | what `N+1` begins with, as its header says so |
//! | a dump has begun: commits go to `N+1` | the old generation, segments up to `N+1` | all of them |
//! | after the dump's marker `N+1, H'` | the same, and a marker of a generation that is not there | all of them |
//! | after the generation `H'` took its place | the new generation, all segments | those from `N+1` on |
//! | while older segments are removed | the new generation, some older segments | those from `N+1` on |
//! | the generation was replaced by something else, such as git | segments, and no marker for what is there | an error, and nothing is lost |
//!
//! Beginning a segment makes those before it durable: even where commits are not synced, what a power loss leaves is the
//! beginning of what was committed, with nothing missing in between.

mod chain;
mod directory;
mod error;
mod format;
mod group;
mod inspect;
mod log;
mod segment;

pub use error::{CommitError, JournalError};
pub use inspect::discard;

pub(crate) use chain::{Chain, Entry, Select, read};
pub(crate) use inspect::{has_segments, inspect, undumped};
pub use log::CommitReport;

pub(crate) use log::Journal;

#[cfg(test)]
mod tests;

/// How durable a commit is when it returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SyncLevel {
    /// It survives a power loss (fsync).
    #[default]
    Full,
    /// It survives a power loss; the file's own dates may not (fdatasync).
    Data,
    /// It survives the death of the process. After a power loss the last commits may be missing, never one of them in
    /// part and never one without those before it. A later commit that asks for more makes those before it as durable.
    None,
}

impl SyncLevel {
    /// Returns the more durable of two levels.
    fn strongest(self, other: SyncLevel) -> SyncLevel {
        match (self, other) {
            (SyncLevel::Full, _) | (_, SyncLevel::Full) => SyncLevel::Full,
            (SyncLevel::Data, _) | (_, SyncLevel::Data) => SyncLevel::Data,
            _ => SyncLevel::None,
        }
    }
}
