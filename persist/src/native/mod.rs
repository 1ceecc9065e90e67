//! The native form of spaces: strict JSON, in a layout that splits without parsing and merges line by line.
//!
//! [`SpaceIndex`] finds the records of a file; [`SpaceFileWriter`] frames those that are written. What is in a record is
//! the business of the loader and the dumper; its grammar is here, because it is the format.
//!
//! # A space file
//!
//! ```text
//! {"format":"repersys-1"
//! ,"space":{"name":"core","oid":"_8J6vNYtP5E800eCr5q"}
//! ,"objects":[
//! {"oid":"_006mAbXTG4G00QR5HS","class":"_36I1BY2NetN03WjrOv"
//! ,"mtime":1753104830.76
//! ,"attributes":{
//!  "_083n2ydb4Zm03bbZW1":9
//! ,"_1EBVGSfW2m200z18rx":"display"
//! }
//! ,"components":[
//!  42
//! ,"text"
//! ]
//! ,"payload":{"kind":"symbol"
//! ,"name":"display"
//! ,"value":"_1EBVGSfW2m200z18rx"
//! }
//! },
//! {"oid":"_02iWbXmFx8f04ldLRt","class":"_0cSUtWqTYdZ00mjeNR"
//! ,"mtime":1588063841.50
//! }
//! ]}
//! ```
//!
//! The rules of the layout, and what each is good for:
//!
//! 1. A newline separates tokens and stands nowhere else (JSON strings can not contain one): lines can be told apart
//!    without knowing what is a string.
//! 2. A record begins with `{"oid":"_` at the beginning of a line, and no other line begins so: every other line of a
//!    record begins with `,`, a blank, `}` or `]`. The index looks for these ten bytes, and for nothing else. The oid is at
//!    a fixed place behind them, and the class at a fixed place behind that.
//! 3. A record ends with the line `},`, the last one with `}`. No other line is `},`, because
//! 4. inside a record the comma comes first, on the line of what it introduces. Adding or removing a section, a component,
//!    an attribute or a payload's field is one hunk that touches no other line. Only the first entry of a block (it has a
//!    blank where others have the comma) and the last record of a file (it has no comma) know about their neighbours.
//! 5. One attribute, one component, one field of a payload on a line, and in a list or a table of a payload one entry on a
//!    line; everything below is on that line. Blocks without entries are left out.
//! 6. Sections come in the order `oid`, `class`, `mtime`, `attributes`, `components`, `payload`, then keys that this
//!    version does not know, sorted by bytes, each on one line, verbatim. `kind` is the first field of a payload: a reader
//!    in one pass knows the kind before the fields.
//! 7. Objects and attributes are sorted by oid, numerically. The file ends with `]}` and a newline.
//!
//! With `jq`: `.objects[] | select(.class == "_36I1BY2NetN03WjrOv") | .payload.name`.
//!
//! A file in another layout (some tool has formatted it) is still read, more slowly, and reported.
//!
//! # Values
//!
//! | value | written |
//! |---|---|
//! | nil, booleans | `null`, `true`, `false` |
//! | integer of any size | a JSON number without `.` and `e`, in decimal |
//! | double | a JSON number with `.` or `e`, the shortest that reads back; `-0.0`; `{"double":"nan"}`, `{"double":"inf"}`, `{"double":"-inf"}` |
//! | string | a JSON string; one with the shape of an oid (`_` and 18 digits of base 62) is `{"string":"_…"}` |
//! | object | its oid, as a JSON string |
//! | object that is not stored | `{"transient":"_…"}` |
//! | tuple, set | `{"tuple":[…]}`, `{"set":[…]}`, a set in the order of values |
//! | closure | `{"closure":"_…","env":[…]}`, and `"meta":["_…",rank]` if it has metadata |
//! | instance | `{"instance":"_…","attributes":{…},"components":[…]}`, and `"meta"` |
//! | JSON value | `{"json":…}` |
//!
//! The first key of a tagged record is its tag. Text with newlines in a payload (the source of a function) is a list of
//! lines. `mtime` is in seconds since 1970 with two decimals.

mod adopt;
mod aside;
mod commit;
mod decode;
mod dump;
mod encode;
mod foreign;
mod frame;
mod function;
mod head;
mod incremental;
mod index;
mod lazy;
mod load;
mod options;
pub(crate) mod outline;
mod payload;
pub(crate) mod place;
mod reader;
mod record;
mod relaxed;
mod scan;
mod validate;

pub use commit::{CommitInfo, CommitOptions, JournalInfo, journal_info};
pub use dump::DumpReport;
pub use foreign::{Revival, Revivals, freeze, freeze_all, revive, revive_all};
pub use frame::{SpaceFileWriter, SpaceHeader};
pub use index::{RecordSpan, SpaceIndex};
pub use load::LoadReport;
pub use options::{DumpOptions, Lazy, LoadOptions, Replay};

pub(crate) use aside::aside;
pub(crate) use commit::{CommittedPart, Graph, Overlay, StoredRecord, commit};
pub(crate) use dump::{Memory, Target, dump};
pub(crate) use foreign::KEY as KEPT_PAYLOAD;
pub(crate) use head::{Head, Heads, heads};
pub(crate) use incremental::cut;
pub(crate) use load::{load, read_listed, read_manifest};
