//! Generations: a store's content is replaced as a whole, in one step, or not at all.
//!
//! Reading order: [`GenerationWriter`] and [`FileWriter`] put a new generation together beside the old one; `publish`
//! puts it into the place of the old one, which `replaced` knows again; `looks` finds out who else wrote to that; [`recover`] cleans up after a process that died meanwhile; `previous` keeps the
//! last generations, and [`restore`] makes one of them the current one; [`GenerationReader`] holds one generation while it
//! is read.
//!
//! # Every partial state, and why it is safe
//!
//! A writer holds [`WriterLock`](crate::lock::WriterLock) throughout. `T` is its temporary directory, `S` is `spaces`.
//!
//! | the process dies, or the power fails, … | on disk | next opening |
//! |---|---|---|
//! | while files are written into `T` | `S` old, `T` in part | `T` removed: nobody holds its lock |
//! | after the files, their directories and the manifest were synced | `S` old, `T` complete | `T` removed |
//! | after `T` got the name that says what is to be in it | `S` old, `T` complete | `T` removed: it is what its name says |
//! | in the exchange of `S` and `T` | one or the other: it is one step | a new `T` is removed, an old one kept |
//! | before the sync of the store's directory | as before, or exchanged | the same |
//! | after it, before the old one has moved to `.rps/previous` | `S` new, `T` old | `T` moves to `.rps/previous` |
//! | *without exchange:* after the redo record was synced | `S` old, `T` complete, record | the renames are done |
//! | after the first rename | no `S`, `T` complete, record | the second rename is done |
//! | after the second, before the record is gone | `S` new, record | the record is removed |
//!
//! An operation that *fails* while the process lives is undone at once: `T` is removed, `S` is the old generation. The
//! tests make every single operation fail, tear, or be the last before a power loss.

mod file;
mod looks;
mod previous;
mod publish;
mod reader;
mod recover;
mod redo;
mod replaced;
mod restore;
mod sync;
mod writer;

pub use file::FileWriter;
pub use previous::KEPT;
pub use reader::GenerationReader;
pub use recover::{Recovery, recover};
pub use restore::{
    PreviousGeneration, RestoreError, RestoreOptions, Restored, previous_generations, restore,
};
pub use writer::{Dumped, GenerationWriter};

pub(crate) use looks::{Edits, Looks};
pub(crate) use previous::places as previous_places;
pub(crate) use redo::bad_redo;

#[cfg(test)]
mod tests;
