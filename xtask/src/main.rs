//! `cargo xtask`: everything that is done to the project, as commands of one program.
//!
//! Read in this order: this file is the command line; [`setup`] looks for what the machine must have, [`llvm`] for what
//! the compiled tier wants, [`steps`] runs
//! commands and counts their tests, [`check`] puts steps together to `test`, `ci`, `bless` and `asan`,
//! [`faults`] proves at length that nothing committed is lost, [`forward`] starts the programs of the workspace,
//! [`peers`] gets the interpreters that benchmarks compare with, and [`header`] writes the C header of the plugin ABI.

#![forbid(unsafe_code)]

mod check;
mod faults;
mod forward;
mod header;
mod llvm;
mod peers;
mod setup;
mod steps;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The command line of `cargo xtask`.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", about = "Builds, runs, tests and measures Repersys", max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Look for what the build needs, and install what is missing (Debian and Ubuntu) or say how to
    Setup,
    /// Build the command `rps` and start it: without arguments, the REPL on the user's own store
    Run {
        /// What `rps` is given
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Run every test: unit, integration and documentation tests, then the runtime's under a stressed collector
    Test {
        /// Leave out the documentation tests and the run under a stressed collector
        #[arg(long)]
        quick: bool,
    },
    /// Run a benchmark; without a name, list them
    Bench {
        /// The benchmark's name and arguments
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Write a store of N generated objects into DIR
    GenStore {
        /// How many objects
        #[arg(value_name = "N")]
        objects: u64,
        /// Where the store is written
        #[arg(value_name = "DIR")]
        directory: PathBuf,
        /// In the format of RefPerSys
        #[arg(long)]
        refpersys: bool,
    },
    /// Rewrite golden files and the transcripts in the documentation from what the program says now
    Bless {
        /// Only tests whose name contains this
        filter: Option<String>,
    },
    /// Prove that nothing committed is lost: the fault matrix, the kill loop, the model test and many threads, at length
    Faults(faults::Amounts),
    /// Run the runtime's tests under AddressSanitizer (needs a nightly toolchain)
    Asan,
    /// Write the C header of the plugin ABI, plugins/abi/include/rps_plugin.h, from the Rust types
    Header,
    /// Print what cargo is told so that it builds the compiled tier, too: nothing where LLVM is missing
    Features,
    /// Do what continuous integration does: test, formatting, lints, documentation
    Ci,
}

fn main() -> ExitCode {
    let Arguments { task } = Arguments::parse();
    if let Err(message) = setup::ensure(matches!(task, Task::Setup)) {
        eprintln!("xtask: {message}");
        return ExitCode::FAILURE;
    }
    match task {
        Task::Setup => llvm::ensure(true, true),
        Task::Run { .. } | Task::Test { .. } | Task::Bench { .. } | Task::Ci => llvm::ensure(false, false),
        _ => {}
    }
    let outcome = match task {
        Task::Setup => Ok(true),
        Task::Run { arguments } => forward::run("rps", &arguments),
        Task::Test { quick } => check::test(quick),
        Task::Bench { arguments } => peers::prepare(&arguments).and_then(|ready| match ready {
            true => forward::run("rps-bench", &arguments),
            false => Ok(false),
        }),
        Task::GenStore { objects, directory, refpersys } => {
            forward::run("rps-bench", &forward::gen_store(objects, &directory, refpersys))
        }
        Task::Bless { filter } => check::bless(filter.as_deref()),
        Task::Faults(amounts) => faults::run(&amounts),
        Task::Asan => check::asan(),
        Task::Header => header::write(),
        Task::Features => {
            println!("{}", llvm::features().join(" "));
            Ok(true)
        }
        Task::Ci => check::ci(),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Returns the folder of the workspace.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in a folder of the workspace")
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn arguments_of_the_command_pass_through_untouched() {
        for line in [&["run", "-e", "1 + 2"][..], &["run", "--", "-e", "1 + 2"]] {
            let parsed = Arguments::try_parse_from(["xtask"].iter().chain(line)).unwrap();
            let Task::Run { arguments } = parsed.task else { panic!("{parsed:?}") };
            assert_eq!(arguments, ["-e", "1 + 2"]);
        }
    }

    /// A command that the documentation tells a reader to type must exist.
    #[test]
    fn the_documentation_names_commands_that_exist() {
        let mut documents = vec![root().join("README.md")];
        let mut folders = vec![root().join("docs")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "md") {
                    documents.push(path);
                }
            }
        }
        let mut seen = 0;
        for document in documents {
            let text = std::fs::read_to_string(&document).unwrap();
            for (number, line) in text.lines().enumerate() {
                let Some(command) = line.trim_start().trim_start_matches("$ ").strip_prefix("cargo xtask ")
                else {
                    continue;
                };
                let command = command.split(" #").next().unwrap_or(command);
                let words = ["xtask"].into_iter().chain(command.split_whitespace());
                if let Err(error) = Arguments::try_parse_from(words) {
                    panic!("{}:{}: {error}", document.display(), number + 1);
                }
                seen += 1;
            }
        }
        assert!(seen >= 2, "the README names `cargo xtask run` and `cargo xtask test`");
    }
}
