//! Snapshots: what makes a large store open in milliseconds.
//!
//! A dump leaves, beside the generation, a copy of its files that needs no parsing to be searched: for each space file
//! a *shard*, its text behind an index of its records, and for the whole a *top*, which knows the shards and how the
//! generation's files looked. Opening maps the top, sees that the files are those of which it was made, and is done; a
//! shard is mapped when an object in it is first asked for, and one record of it is parsed.
//!
//! ```text
//! .rps/snapshot/<BLAKE3 of a space file>.snap      a shard: written when such a file is dumped for the first time
//! .rps/snapshot/<BLAKE3 of the manifest>.top       the whole: written by every dump
//! ```
//!
//! A snapshot is a cache, and is never synced. What is absent, of another version, damaged or out of date is passed
//! over: the whole is loaded from its files then, or one shard is made anew from its file. In the order to read:
//!
//! - `layout`: the bytes that both kinds of files begin with, and how tables are in them;
//! - [`shard`]: a space file with its index; [`top`]: the whole;
//! - [`stat`]: how a file looked, and whether it still does;
//! - [`writer`]: what a dump calls when it is done; [`opened`]: what loading calls; [`known`]: what changed, without reading it.

mod known;
mod layout;
mod opened;
mod shard;
mod stat;
#[cfg(test)]
mod tests;
mod top;
mod writer;

pub(crate) use known::KnownFiles;
pub(crate) use opened::{Found, Opened, Text, open};
pub(crate) use writer::make;
