//! The verbs, as they are typed.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// What can be done with versions of stores.
#[derive(Debug, Subcommand)]
pub(crate) enum GitTask {
    /// Tell what differs between two versions of a store, by object
    Diff(DiffTask),
    /// Merge three versions of a store, or finish a merge that git could not
    Merge(MergeTask),
    /// Merge three versions of a file, for git
    #[command(hide = true)]
    MergeDriver(DriverTask),
    /// Write a file of a store for people, for git
    #[command(hide = true)]
    Textconv {
        /// The file
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// A store whose names are used for objects that are not in the file
        #[arg(long, value_name = "STORE")]
        names: Option<PathBuf>,
    },
    /// Write the manifest of a store anew after its files were merged or edited, and check the store
    Seal {
        /// The directory of the store
        #[arg(value_name = "STORE")]
        store: PathBuf,
    },
    /// Tell what changed in a store since its last dump, who holds it, and what is beside it
    Status {
        /// The directory of the store
        #[arg(value_name = "STORE", default_value = ".")]
        store: PathBuf,
        /// Read all files, also those that look as they did
        #[arg(long)]
        verify: bool,
    },
    /// Drop the objects that nothing leads to, if an earlier run in an earlier generation found them so, too
    Pack {
        /// The directory of the store
        #[arg(value_name = "STORE")]
        store: PathBuf,
        /// Change nothing; tell what would be dropped
        #[arg(long)]
        dry_run: bool,
    },
    /// Make git compare and merge stores by object: attributes, configuration and hooks of a repository
    GitSetup {
        /// A store, or a folder with stores
        #[arg(value_name = "DIR", default_value = ".")]
        directory: PathBuf,
        /// Take it all back
        #[arg(long)]
        undo: bool,
    },
    /// Do what a hook of git is to do
    #[command(hide = true)]
    GitHook {
        /// The name of the hook
        #[arg(value_name = "HOOK")]
        hook: String,
    },
}

/// What to compare.
#[derive(Debug, Args)]
pub(crate) struct DiffTask {
    /// The version before: a store, a generation such as STORE/.rps/previous/000003, a revision of git, or REVISION:STORE;
    /// HEAD where nothing is said
    #[arg(value_name = "A")]
    pub(crate) before: Option<String>,
    /// The version after; the store as it is in the folder where nothing is said
    #[arg(value_name = "B")]
    pub(crate) after: Option<String>,
    /// The store whose revisions are meant; else the one in or above this folder, or the only one of the repository
    #[arg(long, value_name = "STORE")]
    pub(crate) of: Option<PathBuf>,
    /// Count only
    #[arg(long)]
    pub(crate) stat: bool,
    /// Exit with status 1 if anything differs
    #[arg(long)]
    pub(crate) exit_code: bool,
}

/// What to merge.
#[derive(Debug, Args)]
pub(crate) struct MergeTask {
    /// BASE OURS THEIRS: three versions, each named as for `rps diff`. REVISION: merged with HEAD, with --preview. Nothing: the
    /// merge that is under way in git
    #[arg(value_name = "VERSION", num_args = 0..=3)]
    pub(crate) versions: Vec<String>,
    /// Where to write the merged store
    #[arg(short, long, value_name = "STORE")]
    pub(crate) output: Option<PathBuf>,
    /// Write nothing; tell what would be taken from whom, and what conflicts
    #[arg(long)]
    pub(crate) preview: bool,
    /// The store whose revisions are meant
    #[arg(long, value_name = "STORE")]
    pub(crate) of: Option<PathBuf>,
}

/// What git gives to the driver.
#[derive(Debug, Args)]
pub(crate) struct DriverTask {
    /// The file as it was
    #[arg(value_name = "BASE")]
    pub(crate) base: PathBuf,
    /// Our file, which becomes the merged one
    #[arg(value_name = "OURS")]
    pub(crate) ours: PathBuf,
    /// Their file
    #[arg(value_name = "THEIRS")]
    pub(crate) theirs: PathBuf,
    /// What the file is called in the repository
    #[arg(value_name = "PATH")]
    pub(crate) path: Option<String>,
    /// What our side is called in conflict markers
    #[arg(long, value_name = "LABEL", allow_hyphen_values = true)]
    pub(crate) ours_label: Option<String>,
    /// What their side is called
    #[arg(long, value_name = "LABEL", allow_hyphen_values = true)]
    pub(crate) theirs_label: Option<String>,
}
