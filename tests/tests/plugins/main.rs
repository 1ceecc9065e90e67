//! Plugins through the command line (the story of one store, services in processes of their own), built in and loaded from a
//! library, and dumped while they work; the library with the compiled tier, as a host uses it, native functions in it, and
//! intrinsics of plugins.
//!
//! [`stage`] sets a folder with plugins, a configuration and a store up, and runs the command in it.

#![forbid(unsafe_code)]

mod built_in;
mod consistent;
mod intrinsic;
mod isolation;
mod native;
mod schema;
mod stage;
mod story;
mod tier;
