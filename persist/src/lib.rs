//! Stores of Repersys: the files of a graph of objects, read and replaced without ever losing one.
//!
//! This is the only crate that knows the formats on disk, and the only one that renames or syncs a file. It prints
//! nothing; what is wrong comes back as an error with a stable [`Code`], or as a [`Report`] of all [`Problem`]s.
//!
//! The layers, each of which knows only those above it in this list, which is also the order to read them in:
//!
//! 1. [`vfs`]: every file operation, behind a trait, so that tests can make each one fail;
//! 2. [`Code`], [`Problem`], [`Report`] and the error enums: one vocabulary for everything that goes wrong;
//! 3. [`layout`] and [`lock`]: where things are in a store, and who may write to it;
//! 4. [`text`], [`mod@format`] and `json`: what any file has to be before it is looked into;
//! 5. [`manifest`]: what a generation consists of;
//! 6. [`generation`]: replacing the whole content of a store in one step, recovering, and reading while others replace;
//! 7. [`codec`]: files in frames, which take less room;
//! 8. [`native`] and [`refpersys`]: the two forms of objects on disk, beginning with their texts: `native::SpaceIndex` and
//!    `refpersys::SpaceText` find the records of a file, and loaders and dumpers stand on them;
//! 9. [`state`]: what plugins save beside the objects;
//! 10. [`Store`]: what the users of all that see;
//! 11. [`diff`], [`merge`], [`pack()`] and [`status()`]: versions of a store side by side, what nothing leads to, and how a store is.

#![deny(unsafe_code)]

mod base64_lines;
mod code;
pub mod codec;
pub mod diff;
mod error;
pub mod format;
pub mod generation;
pub mod journal;
mod json;
pub mod layout;
pub mod lock;
pub mod manifest;
pub mod merge;
pub mod native;
mod pack;
mod progress;
pub mod refpersys;
mod report;
pub mod salvage;
mod snapshot;
pub mod state;
mod status;
mod store;
pub mod text;
pub mod vfs;

pub use code::Code;
pub use codec::{CodecChoice, FileInfo, inspect_files};
pub use error::{CodecError, DumpError, FileError, LoadError, LockError, OpenError, PayloadError, code_of};
pub use journal::{CommitError, CommitReport, JournalError, SyncLevel};
pub use pack::{DeadObject, PackError, PackOptions, Packed, pack};
pub use progress::{Progress, Watcher};
pub use report::{Place, Problem, Report, Severity};
pub use state::{SavedState, StateFate, StatesRestored};
pub use status::{ChangedFile, FileChange, Status, Thoroughness, status};
pub use store::{Access, Store, check, check_with, load_embedded};
