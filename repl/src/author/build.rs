//! `rps plugin build`: a library of a folder's sources, and the sidecar that says what it has.

use std::env;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rps_plugin_host::library::{Declared, Module, Sidecar, hash_of};
use serde::Deserialize;

use super::probe::{self, Line, Report, What};
use super::template::HEADERS;
use super::told;
use crate::console::Console;
use crate::failure::Failure;
use crate::files;

/// Builds a plugin, and puts it where it can be found.
pub(super) fn run(
    directory: &Path,
    release: bool,
    out: Option<&Path>,
    plugin_path: &[PathBuf],
    console: &mut Console,
) -> Result<(), Failure> {
    let scratch = tempfile::tempdir().map_err(|error| Failure::file("make", &env::temp_dir(), &error))?;
    let built = if directory.join("Cargo.toml").is_file() {
        cargo(directory, release, console.is_json())?
    } else {
        compile(directory, scratch.path(), console.is_json())?
    };
    let outcome = probe::run(What::Sidecar, &built, plugin_path)?;
    let (Some((id, version)), Some(sidecar), None) = (&outcome.plugin, &outcome.sidecar, outcome.error())
    else {
        let found = outcome.error();
        let code = found.map_or("plugin::probe", |finding| &finding.code).to_owned();
        let message = "it was built, but can not be loaded, and is not put anywhere";
        let failure = Failure::new(code, message).maybe_hint(None);
        return Err(outcome.findings.iter().fold(failure, |failure, finding| {
            failure.detail(format!("{}: {}", finding.what, finding.message))
        }));
    };
    let out = out.map_or_else(|| directory.join("dist"), Path::to_path_buf);
    fs::create_dir_all(&out).map_err(|error| Failure::file("make", &out, &error))?;
    let library = out.join(built.file_name().unwrap_or_default());
    let content = fs::read(&built).map_err(|error| Failure::file("read", &built, &error))?;
    // Whoever has the old library mapped keeps it: the new one takes over its name only.
    files::replace(&library, &content).map_err(|error| Failure::file("write", &library, &error))?;
    let beside = Sidecar::path_of(&library);
    files::replace(&beside, sidecar.as_bytes()).map_err(|error| Failure::file("write", &beside, &error))?;
    if console.is_json() {
        let path = |path: &Path| path.display().to_string();
        let mirror = serde_json::json!({
            "id": id, "version": version, "library": path(&library), "sidecar": path(&beside)
        });
        console.line(&serde_json::json!({ "build": mirror }).to_string());
        return Ok(());
    }
    for finding in &outcome.findings {
        console.warn(&Failure::new(finding.code.clone(), format!("{}: {}", finding.what, finding.message)));
    }
    console.line(&format!("built {id} {version}: {}", told(&library)));
    for (what, told) in outcome.passed.iter().filter(|(what, _)| what.starts_with("has ")) {
        console.line(&format!("    {} {told}", &what["has ".len()..]));
    }
    Ok(())
}

/// Writes the text of a library's sidecar into a report.
pub(super) fn describe(library: &Path, plugin_path: &[PathBuf], report: &Report) {
    let Some(tried) = probe::load(library, plugin_path, report) else { return };
    let text = Module::open(library).and_then(|module| {
        let declared = declared(&tried);
        for one in &declared {
            report.passed(&format!("has {}", one.point), one.name.clone());
        }
        let description = module.description.clone();
        let blake3 = Some(hash_of(library)?);
        Ok(Sidecar { description, library: library.to_path_buf(), blake3, declared }.to_text())
    });
    match text {
        Ok(text) => report.line(&Line::Sidecar(text)),
        Err(error) => report.error(error.code(), "sidecar", error.to_string()),
    }
    report.step("unload");
    if let Err(error) = tried.manager.unload(&tried.id, true) {
        report.error(error.code(), "unload", error.to_string());
    }
}

/// Returns what a plugin has registered, sorted by point and name.
pub(super) fn declared(tried: &probe::Tried) -> Vec<Declared> {
    let info = tried.manager.info(&tried.id).map(|info| info.extensions).unwrap_or_default();
    let mut declared: Vec<Declared> = info.into_iter().map(|extension| extension.declared).collect();
    declared.sort_by(|a, b| (&a.point, &a.name).cmp(&(&b.point, &b.name)));
    declared
}

/// What cargo tells of a crate that it has built.
#[derive(Deserialize)]
struct Message {
    reason: String,
    manifest_path: Option<PathBuf>,
    target: Option<Target>,
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    kind: Vec<String>,
}

/// Builds the crate in a folder, and returns its library.
fn cargo(directory: &Path, release: bool, quiet: bool) -> Result<PathBuf, Failure> {
    let manifest = directory.join("Cargo.toml");
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["build", "--lib", "--message-format", "json-render-diagnostics", "--manifest-path"]);
    command.arg(&manifest);
    if release {
        command.arg("--release");
    }
    let out = start(&mut command, quiet)?;
    let real = fs::canonicalize(&manifest).unwrap_or(manifest);
    let messages = out.lines().filter_map(|line| serde_json::from_str::<Message>(line).ok());
    let of_this_crate = messages.filter(|message| {
        let is_library = |target: &Target| target.kind.iter().any(|kind| kind == "cdylib");
        message.reason == "compiler-artifact"
            && message.target.as_ref().is_some_and(is_library)
            && message
                .manifest_path
                .as_ref()
                .is_some_and(|path| fs::canonicalize(path).is_ok_and(|path| path == real))
    });
    let mut libraries = of_this_crate.flat_map(|message| message.filenames);
    let fits = |path: &PathBuf| path.extension().is_some_and(|found| found == env::consts::DLL_EXTENSION);
    libraries.find(fits).ok_or_else(|| {
        Failure::new(
            "plugin::no-library",
            format!("the crate in `{}` is no shared library", directory.display()),
        )
        .hint("`crate-type = [\"cdylib\"]` in the section [lib] of its Cargo.toml makes it one")
    })
}

/// Compiles the C sources in a folder to a library in another one, and returns it.
fn compile(directory: &Path, scratch: &Path, quiet: bool) -> Result<PathBuf, Failure> {
    let failed = |error: std::io::Error| Failure::file("read", directory, &error);
    let mut sources = Vec::new();
    for entry in fs::read_dir(directory).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        sources.extend(Some(path).filter(|path| path.extension().is_some_and(|found| found == "c")));
    }
    sources.sort();
    let named = match &*sources {
        [] => {
            let message = format!("`{}` has neither a Cargo.toml nor C sources", directory.display());
            return Err(
                Failure::new("plugin::no-sources", message).hint("`rps plugin new NAME` begins a plugin")
            );
        }
        [one] => one.clone(),
        _ => fs::canonicalize(directory).map_err(failed)?,
    };
    let name = named.file_stem().unwrap_or_default();
    let library = scratch.join(name).with_extension(env::consts::DLL_EXTENSION);
    for (name, text) in HEADERS {
        fs::write(scratch.join(name), text).map_err(failed)?;
    }
    let words = |name: &str| -> Vec<String> {
        env::var(name).unwrap_or_default().split_whitespace().map(str::to_owned).collect()
    };
    let mut compiler = words("CC").into_iter();
    let mut command = Command::new(compiler.next().unwrap_or_else(|| "cc".into()));
    command.args(compiler).args(["-std=c11", "-Wall", "-Wextra", "-O2", "-g", "-fPIC", "-shared"]);
    command.arg("-fvisibility=hidden").args(words("CFLAGS"));
    // The folder's own header comes first.
    command.arg("-I").arg(directory).arg("-I").arg(scratch);
    command.arg("-o").arg(&library).args(&sources).args(words("LDFLAGS"));
    start(&mut command, quiet)?;
    Ok(library)
}

/// Runs a compiler, and returns what it writes to standard output. What it says of the sources is shown as it comes, or, for
/// programs, told when it fails.
fn start(command: &mut Command, quiet: bool) -> Result<String, Failure> {
    let program = command.get_program().display().to_string();
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    command.stderr(if quiet { Stdio::piped() } else { Stdio::inherit() });
    let output = command.spawn().and_then(|child| child.wait_with_output()).map_err(|error| {
        Failure::new("plugin::no-compiler", format!("`{program}` can not be started"))
            .detail(error.to_string())
            .hint("it must be in the search path; CARGO and CC name others")
    })?;
    if output.status.success() {
        // Warnings are no part of the answer.
        let _told = std::io::stderr().write_all(&output.stderr);
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let failure = Failure::new("plugin::build-failed", format!("`{program}` failed: {}", output.status));
    let said = String::from_utf8_lossy(&output.stderr);
    Err(if said.is_empty() { failure } else { failure.detail(said.trim_end()) })
}
