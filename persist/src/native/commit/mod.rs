//! What a commit says, and how commits become part of what is loaded.
//!
//! ```text
//! {"format":"repersys-commit-1"
//! ,"spaces":[
//! {"name":"core","oid":"_8J6vNYtP5E800eCr5q","objects":[
//! {"oid":"_006mAbXTG4G00QR5HS","class":"_36I1BY2NetN03WjrOv"
//! ,"mtime":1753104830.76
//! }
//! ]}
//! ]
//! ,"left":[
//! ]
//! ,"removed":["_02iWbXmFx8f04ldLRt"]
//! ,"graph":{"roots":[],"constants":[],"annotations":{}}
//! }
//! ```
//!
//! The records are those of space files, letter for letter, and each holds all of its object: the last one counts. What
//! was removed has left its space, or is gone. Others may still refer to it, and be able to do nothing without it, as with
//! a class: a dump would keep it then, and it would have to look at the whole graph to know. A commit does not; it keeps
//! what has left its space, and was still there, among `left`, and a load makes objects of that which no space keeps. So
//! it does with roots and constants that are in no space. `graph` is there if anything in it changed.
//!
//! Replaying never changes a graph: an [`Overlay`] takes the place of records in the files, and the whole is loaded as
//! if a dump had written it so. Reading order: `text` (the grammar), `overlay`, `make` (from a view to a commit).

mod info;
mod make;
mod overlay;
mod text;

pub use info::{CommitInfo, JournalInfo, journal_info};
pub use make::CommitOptions;

pub(crate) use make::commit;
pub(crate) use overlay::{CommittedPart, Overlay, StoredRecord};
pub(crate) use text::Graph;
