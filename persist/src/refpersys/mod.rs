//! The dialect of RefPerSys: its manifest and space files, read in every form that was ever dumped, written in the last.
//!
//! Start with [`import()`] and [`export()`]. Below them a layer knows texts, not objects: it splits files into parts whose
//! lines are known, and puts parts together byte for byte as RefPerSys does. Reading order:
//!
//! - [`Format`] and [`Prologue`]: what a file says about itself; [`Header`]: the lines above, kept as they are;
//! - [`SpaceText`]: a space file, split into [`Record`]s; `comments` makes JSON of text with comments, in place;
//! - [`Manifest`] is `rps_manifest.json`;
//! - [`unlisted_files`]: what lies beside the files of a store;
//! - [`jsoncpp`]: the two styles in which the C++ library writes JSON;
//! - `import`, with `value` and `payload`: from records to objects; `export`, with `encode`: back again; `origin` is what
//!   an export needs of the files that were imported;
//! - [`mod@write`]: start lines, bodies and end lines of objects, and whole space files.
//!
//! Everything that is understood although RefPerSys does not write it (any more) is reported, once for each kind and
//! file, with its first line and how often it occurs.

mod comments;
mod directory;
mod encode;
mod export;
mod format;
mod header;
mod import;
pub mod jsoncpp;
mod leniency;
mod manifest;
mod origin;
mod payload;
mod prologue;
mod record;
mod text;
mod value;
pub mod write;

pub use directory::unlisted_files;
pub use export::{ExportError, ExportReport, Refusal, export};
pub use format::Format;
pub use header::{FileRole, Header};
pub use import::import;
pub use manifest::{GlobalName, Manifest};
pub use prologue::Prologue;
pub use record::{Line, Record};
pub use text::SpaceText;

/// The name of the manifest, in the top directory.
pub const MANIFEST: &str = "rps_manifest.json";

/// Returns the path of a space's file, relative to the top directory.
#[must_use]
pub fn space_path(space: rps_runtime::Oid) -> String {
    format!("persistore/sp{space}-rps.json")
}
