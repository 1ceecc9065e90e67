//! What plugins cost: calls of functions and services, finding and loading them, codecs, and payloads written in place.
//!
//! The plugin that is called is [`Probe`], compiled from `probe.c`: it does next to nothing. In the order to read: [`calls`]
//! (functions, from a program), [`compiled`] (the same from machine code, and intrinsics), [`finding`] (sidecars and loading), [`codecs`], [`in_place`], [`services`] (guarded and
//! isolated calls).

mod calls;
mod codecs;
mod compiled;
mod finding;
mod in_place;
mod services;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

use rps_plugin_host::{Manager, Options};

type Outcome = Result<(), Box<dyn Error>>;

/// The hidden subcommand that an isolated plugin runs in.
pub(crate) const HOST_SUBCOMMAND: &str = "plugin-host";

/// Prints all tables.
pub(crate) fn run(rounds: usize, codecs: Option<&Path>) -> Outcome {
    let probe = Probe::new()?;
    calls::run(&probe, rounds)?;
    compiled::run(&probe, rounds)?;
    finding::run(&probe, rounds)?;
    codecs::run(codecs, rounds)?;
    in_place::run(rounds);
    services::run(&probe)
}

/// Serves an isolated plugin.
pub(crate) fn serve() -> Outcome {
    Ok(rps_plugin_host::serve_isolated(Box::new(|_, _, _| {}))?)
}

/// The plugin in C, compiled into a directory of its own.
struct Probe {
    dir: tempfile::TempDir,
}

impl Probe {
    fn new() -> Result<Probe, Box<dyn Error>> {
        let probe = Probe { dir: tempfile::tempdir()? };
        probe.compile("probe", probe.dir.path())?;
        Ok(probe)
    }

    /// Compiles it under an id; returns the library.
    fn compile(&self, id: &str, dir: &Path) -> Result<PathBuf, Box<dyn Error>> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let library = dir.join(format!("{id}.{}", std::env::consts::DLL_EXTENSION));
        let output = Command::new(std::env::var_os("CC").unwrap_or_else(|| "cc".into()))
            .args(["-std=c11", "-O2", "-fPIC", "-shared", &format!("-DPROBE_ID=\"{id}\"")])
            .arg("-I")
            .arg(root.join("../plugins/abi/include"))
            .arg(root.join("src/plugins/probe.c"))
            .arg("-o")
            .arg(&library)
            .output()?;
        if output.status.success() {
            Ok(library)
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into())
        }
    }

    /// Returns a manager that has loaded it.
    fn load(&self, options: Options) -> Result<Manager, Box<dyn Error>> {
        let manager = Manager::new(options);
        let library = self.dir.path().join(format!("probe.{}", std::env::consts::DLL_EXTENSION));
        manager.load(&library.to_string_lossy())?;
        Ok(manager)
    }
}
