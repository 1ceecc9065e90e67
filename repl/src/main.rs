//! `rps`: Repersys at a prompt and in scripts.
//!
//! Read in this order: [`arguments`] (the command line), [`run`] (what it asks for), [`store`] (which store, and how it
//! is opened), [`bootstrap`] (what a new one begins with), [`shell`] (a session: texts and commands), [`command`] (what
//! begins with `:`), [`prompt`] (a person at a
//! terminal), [`subcommand`] (`rps check` and its like), [`answer`], [`failure`] and [`console`] (what is written, as
//! text or as JSON), [`mod@print`] (values).
//!
//! The exit status is 0, 1 when something that was asked for was not done, 2 when the command line was not understood.

#![forbid(unsafe_code)]

mod answer;
mod arguments;
mod bootstrap;
mod command;
mod console;
mod failure;
mod print;
mod problem;
mod progress;
mod prompt;
mod run;
mod shell;
mod store;
mod subcommand;

use std::process::ExitCode;

fn main() -> ExitCode {
    match arguments::parse() {
        Ok(arguments) => run::run(&arguments),
        Err(status) => status,
    }
}
