//! `rps plugin …`, as clap reads it.

use std::ffi::OsString;

use clap::Subcommand;

use crate::author;

/// What can be done with plugins.
#[derive(Debug, Subcommand)]
pub(crate) enum PluginTask {
    /// By those who use them.
    #[command(flatten)]
    Use(Verb),
    /// By those who write them.
    #[command(flatten)]
    Author(author::Task),
}

/// What can be done with plugins that are there.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// List the plugins, and what is wrong with those that can not be loaded
    List,
    /// Tell all that is known of a plugin
    Info {
        /// Its id
        #[arg(value_name = "ID")]
        plugin: String,
    },
    /// Load plugins, to see whether that goes well
    Load {
        /// Their ids, or the paths of their files
        #[arg(value_name = "ID|FILE", required = true)]
        plugins: Vec<String>,
    },
    /// Enable plugins, in the configuration's file
    Enable {
        /// Their ids
        #[arg(value_name = "ID", required_unless_present = "all", conflicts_with = "all")]
        plugins: Vec<String>,
        /// Enable all that there are
        #[arg(long)]
        all: bool,
    },
    /// Disable plugins, in the configuration's file
    Disable {
        /// Their ids
        #[arg(value_name = "ID", required_unless_present = "all", conflicts_with = "all")]
        plugins: Vec<String>,
        /// Disable all that there are
        #[arg(long)]
        all: bool,
    },
    /// Execute a request of a service, and write its answer
    Execute {
        /// The service, or the plugin that has it
        #[arg(value_name = "SERVICE")]
        service: String,
        /// The request; - takes it from standard input, and without one it is empty
        #[arg(value_name = "INPUT|-", allow_hyphen_values = true)]
        input: Option<OsString>,
    },
    /// Tell what was measured of the calls of plugins
    Stats,
    /// List the extension points
    Points,
    /// Tell what was noticed when plugins were looked for
    Notes,
}
