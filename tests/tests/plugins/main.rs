//! Plugins through the command line (the story of one store, services in processes of their own), built in and loaded from a
//! library, and dumped while they work; the library with the compiled tier, as a host uses it, native functions in it,
//! intrinsics of plugins, and their functions called by machine code.
//!
//! [`stage`] sets a folder with plugins, a configuration and a store up, and runs the command in it.

#![forbid(unsafe_code)]

mod built_in;
mod compiled;
mod consistent;
mod gate;
mod intrinsic;
mod isolation;
mod native;
mod schema;
mod stage;
mod story;
mod tier;
