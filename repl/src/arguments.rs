//! The command line. It is kept stable: scripts depend on it.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};

use crate::codec::CodecTask;
use crate::configuration::ConfigTask;
use crate::console::Console;
use crate::durability::Sync;
use crate::failure::Failure;
use crate::git::GitTask;
use crate::journal::JournalTask;
use crate::migrate::Policy;
use crate::plugin::PluginTask;
use crate::restore::RestoreTask;
use crate::space::SpaceTask;

/// The exit status of a command line that was not understood.
const USAGE: u8 = 2;

/// Repersys: a persistent, reflective object runtime.
///
/// Without an expression and a file it starts the prompt; a pipe on standard input is a script.
#[derive(Debug, Parser)]
#[command(name = "rps", version, disable_help_subcommand = true)]
pub(crate) struct Arguments {
    /// The store to work on; else what RPS_STORE names, else your default store
    #[arg(long, value_name = "DIR")]
    pub(crate) store: Option<PathBuf>,
    /// Write everything as JSON, one document a line, errors too
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Evaluate this, and print its value; may be given several times
    #[arg(short = 'e', value_name = "EXPR", allow_hyphen_values = true)]
    pub(crate) expressions: Vec<String>,
    /// Write the store at the end, if all went well
    #[arg(long)]
    pub(crate) dump: bool,
    /// Make what has changed durable at the end, if all went well, without writing the whole store
    #[arg(long)]
    pub(crate) commit: bool,
    /// How durable commits are when they return
    #[arg(long, value_name = "LEVEL", value_enum, default_value_t)]
    pub(crate) sync: Sync,
    /// Stop scripts and expressions with an error after so many seconds
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) timeout: Option<Duration>,
    /// How many calls may be under way at once; 100000 where nothing is said
    #[arg(long, value_name = "CALLS")]
    pub(crate) max_depth: Option<usize>,
    /// Look for plugins here first; may be given several times
    #[arg(long, value_name = "DIR", global = true)]
    pub(crate) plugin_path: Vec<PathBuf>,
    /// The configuration's file; else what RPS_CONFIG names, else config.yaml in your configuration directory
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) config: Option<PathBuf>,
    /// Use no plugins but those that are part of the command
    #[arg(long, global = true)]
    pub(crate) no_plugins: bool,
    /// Encode what is dumped: plain, auto, or the name of a codec; else as the store is
    #[arg(long, value_name = "CODEC", global = true)]
    pub(crate) codec: Option<String>,
    /// Whether to apply pending migrations to a store that is opened to be written; else what RPS_MIGRATE says, else ask
    #[arg(long, value_name = "POLICY", value_enum)]
    pub(crate) migrate: Option<Policy>,
    /// A script to run, before the expressions, and its arguments
    #[arg(value_name = "FILE.rps", num_args = 1.., trailing_var_arg = true)]
    pub(crate) script: Vec<OsString>,
    #[command(subcommand)]
    pub(crate) task: Option<Task>,
}

/// What can be done without a session.
#[derive(Debug, Subcommand)]
pub(crate) enum Task {
    /// Make a store from a RefPerSys store
    Import {
        /// The directory with the RefPerSys manifest
        #[arg(value_name = "RPSDIR")]
        from: PathBuf,
        /// The directory of the new store
        #[arg(value_name = "STORE")]
        to: PathBuf,
    },
    /// Write a store as RefPerSys reads it
    Export {
        /// The directory of the store
        #[arg(value_name = "STORE")]
        from: PathBuf,
        /// The directory for the RefPerSys store
        #[arg(value_name = "RPSDIR")]
        to: PathBuf,
        /// Leave out what RefPerSys has no form for
        #[arg(long)]
        lossy: bool,
    },
    /// Look for everything that is wrong with a store, without changing it
    Check {
        /// The directory of the store
        #[arg(value_name = "STORE")]
        store: PathBuf,
        /// Take files that were changed by hand or by a merge, if what is in them is sound, and write the manifest anew
        #[arg(long)]
        accept: bool,
        /// Make a sound store of what is sound; everything else goes to .rps/quarantine, nothing is lost
        #[arg(long, conflicts_with = "accept")]
        salvage: bool,
        /// Only tell what --salvage would do
        #[arg(long, requires = "salvage")]
        dry_run: bool,
    },
    /// Go back to a previous generation of a store, or list those that there are
    Restore(RestoreTask),
    /// Lay programs out in the one style of the language
    Fmt {
        /// Change nothing; tell which files would change, and fail if any would
        #[arg(long)]
        check: bool,
        /// Files, folders to be searched for *.rps, or - for standard input
        #[arg(value_name = "FILE", required = true)]
        paths: Vec<PathBuf>,
    },
    /// Run the checks in files of programs
    Test {
        /// The store that each file finds, unchanged; else each finds the built-in spaces
        #[arg(long, value_name = "DIR")]
        store: Option<PathBuf>,
        /// Files, or folders to be searched for *.rps
        #[arg(value_name = "FILE", required = true)]
        paths: Vec<PathBuf>,
    },
    /// Look at plugins, enable and disable them, execute their services
    #[command(disable_help_subcommand = true)]
    Plugin {
        #[command(subcommand)]
        task: PluginTask,
    },
    /// Look at the configuration
    #[command(disable_help_subcommand = true)]
    Config {
        #[command(subcommand)]
        task: ConfigTask,
    },
    /// Look at the codecs that dumps can be encoded with
    #[command(disable_help_subcommand = true)]
    Codec {
        #[command(subcommand)]
        task: CodecTask,
    },
    /// Look at the files of a store
    #[command(disable_help_subcommand = true)]
    Space {
        #[command(subcommand)]
        task: SpaceTask,
    },
    /// Apply the migrations of a store that were not applied yet, each as a whole or not at all
    Migrate(MigrateArguments),
    #[command(flatten)]
    Git(GitTask),
    /// Look at what was committed since the last dump, apply it or give it up
    #[command(disable_help_subcommand = true)]
    Journal {
        #[command(subcommand)]
        task: JournalTask,
    },
    /// Tell the version
    Version,
    /// Run an isolated plugin for another rps
    #[command(name = crate::plugins::HOST_SUBCOMMAND, hide = true)]
    PluginHost,
}

/// What is to be done with the migrations of a store.
#[derive(Debug, clap::Args)]
pub(crate) struct MigrateArguments {
    /// The directory of the store
    #[arg(value_name = "STORE")]
    pub(crate) store: PathBuf,
    /// Change nothing; tell what would change
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// List all migrations, and which of them are pending
    #[arg(long, conflicts_with_all = ["dry_run", "only", "again"])]
    pub(crate) list: bool,
    /// Apply this one only, by its name or oid
    #[arg(long, value_name = "NAME")]
    pub(crate) only: Option<String>,
    /// Apply this one once more, to objects that have come by a merge since
    #[arg(long, value_name = "NAME", conflicts_with = "only")]
    pub(crate) again: Option<String>,
}

/// Reads a time in seconds.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

/// Returns the arguments of this process, or the status to exit with when they ask for nothing else.
pub(crate) fn parse() -> Result<Arguments, u8> {
    let result = Arguments::try_parse().and_then(|arguments| match arguments.is_mixed() {
        true => Err(clap::Error::raw(
            ErrorKind::ArgumentConflict,
            "a subcommand takes neither --store, --dump, --commit, --sync, --timeout, --max-depth, --migrate, -e nor a \
             file\n",
        )),
        false => Ok(arguments),
    });
    result.map_err(|error| {
        let wrong = error.use_stderr();
        if wrong && std::env::args_os().any(|argument| argument == "--json") {
            let message = error.to_string();
            let message = message.trim_start_matches("error: ").lines().next().unwrap_or_default();
            let failure = Failure::new("command::usage", message).hint("`rps --help` tells what there is");
            Console::new(true).failure(&failure);
        } else {
            // That nobody reads the text is no reason to fail differently.
            let _ = error.print();
        }
        if wrong { USAGE } else { 0 }
    })
}

impl Arguments {
    /// Returns whether there are arguments of a session beside a subcommand.
    fn is_mixed(&self) -> bool {
        // A store may have plugins of its own.
        let takes_store = matches!(self.task, Some(Task::Plugin { .. } | Task::Codec { .. }));
        let session = self.store.is_some() && !takes_store;
        let session = session || self.dump || self.commit || self.sync != Sync::default();
        let session = session || !self.expressions.is_empty() || !self.script.is_empty();
        let session = session || self.timeout.is_some() || self.max_depth.is_some() || self.migrate.is_some();
        self.task.is_some() && session
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn subcommands_take_no_arguments_of_a_session() {
        let parsed = |line: &str| Arguments::try_parse_from(line.split(' ')).unwrap();
        assert!(parsed("rps -e 1 check s").is_mixed());
        assert!(!parsed("rps --json check s").is_mixed());
        assert!(!parsed("rps -e -1 --store s a.rps").is_mixed());
        assert_eq!(parsed("rps -e -1 -e 2").expressions, ["-1", "2"]);
    }

    /// A verb or an option that is not in the manual is as good as none.
    #[test]
    fn the_manual_names_every_verb_and_every_option() {
        let page = include_str!("../../docs/command-line.md");
        let mut missing = Vec::new();
        look_up(&Arguments::command(), "rps", page, &mut missing);
        assert!(missing.is_empty(), "docs/command-line.md does not name {missing:#?}");
    }

    /// Notes what of a verb is not named where the page names the verb.
    fn look_up(verb: &clap::Command, called: &str, page: &str, missing: &mut Vec<String>) {
        let begins = |line: &str, word: &str| {
            let rest = line.match_indices(word).map(|(at, _)| &line[at + word.len()..]);
            rest.into_iter().any(|rest| rest.is_empty() || rest.starts_with([' ', '`', '\n']))
        };
        // A line that does not end a synopsis goes on, further in.
        let page = page.replace("\n    [", " [");
        let lines: Vec<&str> = match called {
            "rps" => {
                page.lines().filter(|line| line.starts_with("rps [") || line.starts_with("| `-")).collect()
            }
            verb => page.lines().filter(|line| begins(line, verb)).collect(),
        };
        if lines.is_empty() {
            missing.push(called.to_owned());
        }
        for option in verb.get_opts().chain(verb.get_arguments().filter(|option| !option.is_positional())) {
            let words = [
                option.get_long().map(|long| format!("--{long}")),
                option.get_short().map(|short| format!("-{short}")),
            ];
            for word in words.into_iter().flatten() {
                let is_named = |line: &&str| {
                    line.split(|c: char| !c.is_alphanumeric() && c != '-').any(|other| other == word)
                };
                if !lines.iter().any(is_named) {
                    missing.push(format!("{called} {word}"));
                }
            }
        }
        for value in verb.get_positionals().filter_map(|argument| argument.get_value_names()).flatten() {
            if !["VERSION", "RPSDIR"].contains(&value.as_str())
                && !lines.iter().any(|line| line.contains(value.as_str()))
            {
                missing.push(format!("{called} {value}"));
            }
        }
        for below in verb.get_subcommands() {
            look_up(below, &format!("{called} {}", below.get_name()), &page, missing);
        }
    }

    #[test]
    fn what_follows_a_script_is_its_own() {
        let parsed =
            Arguments::try_parse_from(["rps", "--json", "a.rps", "test", "--dump", "-e", "--"]).unwrap();
        assert_eq!(parsed.script, ["a.rps", "test", "--dump", "-e", "--"]);
        assert!(parsed.json && !parsed.dump && parsed.task.is_none());
    }
}
