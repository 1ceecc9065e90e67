//! `rps`: Repersys at a prompt and in scripts.
//!
//! Read in this order: [`arguments`] (the command line), [`run`] (what it asks for), [`store`] (which store, and how it
//! is opened), [`bootstrap`] (what a new one begins with), [`shell`] (a session: texts and commands), [`command`] (what
//! begins with `:`), [`script`] (programs in files), [`prompt`] (a person at a terminal), [`interrupt`] (Ctrl-C),
//! [`host`] (what programs get from here), [`plugins`] (the plugins of a session), [`mod@log`] (what they log), [`plugin`]
//! (`rps plugin`), [`author`] (what their authors use), [`subcommand`] (`rps check` and its like), [`configuration`], [`migrate`], [`codec`], [`space`], [`mod@fmt`],
//! [`mod@test`] and [`git`] (several versions of a store), [`answer`], [`failure`], [`calls`], [`console`] and [`output`] (what is written, as text or as JSON), [`mod@print`] (values).
//!
//! The exit status is 0, 1 when something that was asked for was not done, 2 when the command line was not understood,
//! 130 when Ctrl-C stopped it.

#![forbid(unsafe_code)]

mod answer;
mod arguments;
mod author;
mod background;
mod bootstrap;
mod calls;
mod codec;
mod command;
mod configuration;
mod console;
mod durability;
mod failure;
mod files;
mod fmt;
mod git;
mod host;
mod interrupt;
mod jit;
mod journal;
mod leave;
mod log;
mod migrate;
mod output;
mod plugin;
mod plugins;
mod print;
mod problem;
mod progress;
mod prompt;
mod restore;
mod run;
mod salvage;
mod script;
mod shell;
mod space;
mod store;
mod subcommand;
mod test;

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// The allocator of everything but cells. The C library's holds up a thread that copies a function for the compiler
/// for a millisecond and more, now and then; this one does not (`bench/RESULTS.md`, Pauses). Plugins and LLVM bring
/// their own: no memory is freed by another library than the one that asked for it.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    interrupt::outlive_limits();
    match arguments::parse() {
        Ok(arguments) => leave::with(run::run(&arguments)),
        Err(status) => ExitCode::from(status),
    }
}
