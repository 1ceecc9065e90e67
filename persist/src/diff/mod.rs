//! Comparing two versions of a store, object by object, on their texts: no runtime is made, and a damaged record does not
//! keep its neighbours from being compared.
//!
//! In the order to read:
//!
//! - [`Version`]: the files of a generation, from a directory or from anywhere else, and the records in them;
//! - [`Change`]: what became of a part of a record: an attribute, a component, a field of a payload;
//! - [`StoreDiff`]: what became of all objects, and of the graph;
//! - [`Names`]: what people call the objects;
//! - [`readable()`] and [`listing()`]: values and whole files with names beside oids, and functions as source.

mod change;
mod listing;
mod names;
mod readable;
mod store;
mod version;

pub use change::{Change, Edit, Part};
pub use listing::listing;
pub use names::Names;
pub use readable::readable;
pub use store::{GraphChange, ObjectDiff, ObjectFate, StoreDiff};
pub use version::Version;

pub(crate) use change::{pairs, text};
pub(crate) use version::VersionFile;
