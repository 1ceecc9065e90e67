//! Plugins through the command line: the story of one store, and services in processes of their own.
//!
//! [`stage`] sets a folder with plugins, a configuration and a store up, and runs the command in it.

#![forbid(unsafe_code)]

mod isolation;
mod stage;
mod story;
