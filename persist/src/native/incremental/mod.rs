//! Dumping what changed: the files of the generation before, with other records in the place of some.
//!
//! A dump that goes on from the generation before gives the same bytes as one that encodes all objects. Three things make
//! that so, one in each file:
//!
//! - `layout`: which records share a file follows from the records, and what a file costs from its size;
//! - `mention`: a record says of an object that it names whether that one is stored, so the records that name an object
//!   which came or went are encoded, too;
//! - `old`: the files of the generation before, which are read only if they are touched, and checked then: one that is not
//!   as it was dumped ([`Stale`]) makes the dump encode all objects;
//! - `select`: from the objects that changed to all that are to be encoded;
//! - `rewrite`: from those, and the old files, to the new ones.

mod layout;
mod mention;
mod old;
mod rewrite;
mod select;

pub(crate) use layout::cut;
pub(super) use layout::{Piece, prefix};
pub(super) use mention::transients_in;
pub(super) use old::{Old, Stale, Texts};
pub(super) use rewrite::{Form, SpacePlan, changes};
pub(super) use select::{Selection, select};
