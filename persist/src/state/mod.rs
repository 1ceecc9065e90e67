//! The states of plugins, which are saved and restored with the objects.
//!
//! ```text
//! {"format":"repersys-1"
//! ,"id":"geo/counter"
//! ,"plugin":"geo"
//! ,"version":3
//! ,"stale":true
//! ,"base64":[
//!  "…76 characters…"
//! ,"…"
//! ]
//! }
//! ```
//!
//! Such a file is a *section*, `state/<id>.json`; nobody but its plugin looks into the bytes. Nothing complete is ever
//! replaced by less: a state that could not be saved keeps the section that it had, marked as stale, and a section that
//! nobody could restore is carried along as it is. In the order to read:
//!
//! - `section`: the file, in both directions, and its name;
//! - `load`: the sections of a store; `save`: what a dump makes of them;
//! - `restore`: giving them back to the plugins; `aside`: where sections go that nobody wants.

mod aside;
mod load;
mod restore;
mod save;
mod section;

pub use restore::StatesRestored;
pub use save::{SavedState, StateFate};

pub(crate) use aside::put_aside;
pub(crate) use load::load;
pub(crate) use restore::{Unrestored, restore};
pub(crate) use save::{Saver, States};
pub(crate) use section::{is_sound, path_of, to_bytes};
