//! The command `rps` as others start it.
//!
//! [`command`] is about what it writes and what it exits with, [`programs`] about scripts, `rps fmt` and `rps test`,
//! [`functions`] about the commands that look at functions, [`refpersys`] about those that RefPerSys has designed,
//! [`plugins`] and [`plugin_prompt`] about plugins in C, [`author`] about what their authors use, [`bad_stores`] about stores that
//! are damaged, [`journal`] about commits, [`migrations`] about migrations at the prompt, [`json`] about what programs read, [`status`] about `rps status`, [`terminal`] about the keys of a person at the prompt.

#![forbid(unsafe_code)]

mod author;
mod bad_stores;
mod command;
mod functions;
mod journal;
mod json;
mod migrations;
mod plugin_prompt;
mod plugins;
mod programs;
mod refpersys;
mod status;
mod support;
mod terminal;
