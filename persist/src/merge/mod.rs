//! Merging two versions of a store that come from a common one: three-way, object by object and part by part, on texts.
//!
//! What only one side changed is that side's. Different attributes of one object merge, as do different entries of its
//! tables and elements of its sets; components, lists and the source of a function merge as sequences; the later time of
//! a change is the time of the merged object. These always conflict: the same part changed differently, the class of an
//! object or the shape of a class (its superclass and its attributes) changed differently, a change against a removal, and
//! one oid added for two different objects.
//!
//! In the order to read:
//!
//! - `sequence` and `order`: sequences, and the order of values in a set;
//! - `record`: three records of one object;
//! - `object`: one object in three versions, which may lack it;
//! - `weave`: two versions of a text in one, with conflict markers where they differ;
//! - [`merge_file`]: one file, as git asks for it;
//! - [`merge_manifests`]: the manifest, whose hashes are put right by [`settle()`], or by [`seal()`];
//! - [`StoreMerge`]: whole stores, whatever files their objects are in.

mod file;
mod lay_out;
mod manifest;
mod object;
mod order;
mod record;
mod seal;
mod sequence;
mod settle;
mod store;
mod weave;

pub use file::{FileMerge, Labels, merge_file};
pub use manifest::merge_manifests;
pub use object::{Conflict, ConflictKind, Origin};
pub use seal::{SealError, Sealed, seal};
pub use settle::{Unsettled, settle, unsettled};
pub use store::StoreMerge;

pub(crate) use lay_out::{SpaceText, lay_out};
pub(crate) use seal::write_file;

#[cfg(test)]
mod tests;
