//! Plugins through the command line: the story of one store, and services in processes of their own.

#![forbid(unsafe_code)]

mod isolation;
mod stage;
mod story;
