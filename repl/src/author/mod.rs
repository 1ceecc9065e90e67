//! What authors of plugins use: `rps plugin new`, `build`, `check`, `bench`, `bundle` and `unpack`.
//!
//! Read in this order: [`template`] (what a plugin begins with), [`new`], [`build`] (a library, and the sidecar that says what
//! it has), [`probe`] (the process in which a library is tried out, so that one that crashes takes nobody with it), [`check`]
//! (what is tried there), [`mod@bench`], [`bundle`] (what is handed to others).

mod bench;
mod build;
mod bundle;
mod check;
mod new;
mod probe;
mod template;

use std::path::{Path, PathBuf};

use clap::Subcommand;

use crate::arguments::Arguments;
use crate::console::Console;
use crate::failure::Failure;

/// What authors of plugins ask for.
#[derive(Debug, Subcommand)]
pub(crate) enum Task {
    /// Begin a plugin: a folder that builds, tests and runs as it is
    New {
        /// Its id: a lower-case letter, then such letters, digits, `_`, `-` and `.`
        name: String,
        /// In C instead of Rust
        #[arg(long)]
        c: bool,
        /// The folder to make; else one with the plugin's name
        #[arg(long, value_name = "DIR")]
        path: Option<PathBuf>,
        /// Where the crate rps-plugin is; else it is looked for from here upwards, and then in the registry
        #[arg(long, value_name = "DIR", conflicts_with = "c")]
        sdk: Option<PathBuf>,
    },
    /// Build a plugin's library, and write beside it what it has
    Build {
        /// The folder with a Cargo.toml, or with C sources
        #[arg(value_name = "DIR", default_value = ".")]
        directory: PathBuf,
        /// Build it as it is handed to others
        #[arg(long)]
        release: bool,
        /// Where to put it; else dist in the folder
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// Look for everything that is wrong with a plugin's library
    Check {
        /// The plugin's library, or its id
        #[arg(value_name = "FILE|ID")]
        file: PathBuf,
    },
    /// Measure what a plugin's functions, services and codecs take
    Bench {
        /// The plugin's id, or its library
        #[arg(value_name = "ID|FILE")]
        plugin: String,
        /// Only this function; may be given several times
        #[arg(long, value_name = "NAME")]
        function: Vec<String>,
        /// Only this service; may be given several times
        #[arg(long, value_name = "NAME")]
        service: Vec<String>,
        /// Only this codec; may be given several times
        #[arg(long, value_name = "NAME")]
        codec: Vec<String>,
        /// What they are given
        #[arg(long, value_name = "TEXT")]
        input: Option<String>,
        /// How long each is measured
        #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = crate::arguments::seconds)]
        time: std::time::Duration,
    },
    /// Put the plugins that were built into a file for others, with checksums
    Bundle {
        /// The plugin's folder, or the one that it was built into
        #[arg(value_name = "DIR", default_value = ".")]
        directory: PathBuf,
        /// The folder for the bundle; else the one that is bundled
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// Check a bundle, and unpack what is in it
    Unpack {
        /// The bundle
        file: PathBuf,
        /// The folder for the plugin; else plugins
        #[arg(long, value_name = "DIR", default_value = "plugins")]
        out: PathBuf,
    },
    /// Try out a library for another rps
    #[command(hide = true)]
    Probe { what: probe::What, library: PathBuf, report: PathBuf },
}

/// Does what an author of a plugin asks for.
pub(crate) fn run(task: &Task, arguments: &Arguments, console: &mut Console) -> Result<(), Failure> {
    match task {
        Task::New { name, c, path, sdk } => {
            let language = if *c { template::Language::C } else { template::Language::Rust };
            new::run(name, language, path.as_deref(), sdk.as_deref(), console)
        }
        Task::Build { directory, release, out } => {
            build::run(directory, *release, out.as_deref(), &arguments.plugin_path, console)
        }
        Task::Check { file } => check::run(file, arguments, console),
        Task::Bench { plugin, function, service, codec, input, time } => {
            let wanted = bench::Wanted::new(function, service, codec);
            bench::run(plugin, &wanted, input.as_deref(), *time, arguments, console)
        }
        Task::Bundle { directory, out } => bundle::pack(directory, out.as_deref(), console),
        Task::Unpack { file, out } => bundle::unpack(file, out, console),
        Task::Probe { what, library, report } => probe::serve(*what, library, report, &arguments.plugin_path),
    }
}

/// Returns a path as it is typed in the folder where the command runs.
fn told(path: &Path) -> String {
    let here = std::env::current_dir().ok();
    let inside = here.and_then(|here| path.strip_prefix(here).ok().map(Path::to_path_buf));
    let path = inside.as_deref().unwrap_or(path);
    path.strip_prefix(".").unwrap_or(path).display().to_string()
}
