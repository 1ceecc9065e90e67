//! `rps plugin new`: a folder with a plugin that builds, tests and runs as it is.

use std::fs;
use std::path::{Component, Path, PathBuf};

use super::template::{self, Language};
use super::told;
use crate::console::Console;
use crate::failure::Failure;

/// Makes a plugin's folder.
pub(super) fn run(
    name: &str,
    language: Language,
    path: Option<&Path>,
    sdk: Option<&Path>,
    console: &mut Console,
) -> Result<(), Failure> {
    template::check_name(language, name).map_err(|problem| {
        Failure::new("plugin::bad-name", problem).hint("a plugin is named such as `geo` or `acme.geo`")
    })?;
    let path = path.map_or_else(|| PathBuf::from(name), Path::to_path_buf);
    if path.symlink_metadata().is_ok() {
        let message = format!("`{}` is there already", path.display());
        return Err(Failure::new("plugin::exists", message).hint("choose another folder with --path"));
    }
    let failed = |path: &Path, error: &std::io::Error| Failure::file("make", path, error);
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(|error| failed(parent, &error))?;
    let dependency = dependency(parent, sdk)?;
    // It is there as a whole or not at all: what fails on the way is taken away again.
    fs::create_dir(&path).map_err(|error| failed(&path, &error))?;
    let files = template::files(language, name, &dependency.line);
    let written = files.iter().try_for_each(|(inside, text)| {
        let file = path.join(inside);
        let folder = file.parent().unwrap_or(&path);
        fs::create_dir_all(folder)?;
        fs::write(&file, text)
    });
    if let Err(error) = written {
        // That it cannot be taken away says nothing new.
        let _left = fs::remove_dir_all(&path);
        return Err(failed(&path, &error));
    }
    tell(name, language, &path, &files, &dependency, console);
    Ok(())
}

fn tell(
    name: &str,
    language: Language,
    path: &Path,
    files: &[(String, String)],
    dependency: &Dependency,
    console: &mut Console,
) {
    if console.is_json() {
        let files: Vec<&String> = files.iter().map(|(file, _)| file).collect();
        let made = serde_json::json!({ "id": name, "path": path.display().to_string(), "files": files });
        return console.line(&serde_json::json!({ "new": made }).to_string());
    }
    let function = format!("{}_greet", template::identifier(name));
    console.line(&format!("made the plugin {name} in {}; next:", told(path)));
    console.line(&format!("    cd {}", told(path)));
    match language {
        Language::Rust => console.line("    cargo test"),
        Language::C => {}
    }
    console.line("    rps plugin build");
    if language == Language::C {
        console.line("    sh test.sh");
    }
    console.line(&format!("    rps --plugin-path dist -e '{function}(\"world\")'"));
    if language == Language::Rust && dependency.is_from_registry {
        console.line("it takes the crate rps-plugin from the registry; --sdk DIR names one on this machine");
    }
}

/// How a crate depends on `rps-plugin`.
struct Dependency {
    line: String,
    is_from_registry: bool,
}

/// Returns how a crate in a new folder of `parent` depends on `rps-plugin`: as the author says, or on the one of the checkout
/// of Repersys that the author stands in, or on the released one.
fn dependency(parent: &Path, sdk: Option<&Path>) -> Result<Dependency, Failure> {
    let by_path = |path: &Path| {
        // A path is a string of TOML here.
        let path = path.display().to_string();
        let line = format!("rps-plugin = {{ path = {} }}", serde_json::Value::from(path));
        Dependency { line, is_from_registry: false }
    };
    if let Some(sdk) = sdk {
        if !is_sdk(sdk) {
            let message = format!("the crate rps-plugin is not in `{}`", sdk.display());
            return Err(Failure::new("plugin::no-sdk", message).hint("it is in plugins/sdk of Repersys"));
        }
        return Ok(by_path(&if sdk.is_absolute() { sdk.to_path_buf() } else { relative(parent, sdk) }));
    }
    let here = std::env::current_dir().unwrap_or_default();
    let found = here.ancestors().map(|folder| folder.join("plugins/sdk")).find(|folder| is_sdk(folder));
    Ok(match found {
        Some(sdk) => by_path(&relative(parent, &sdk)),
        None => {
            let (version, _) = env!("CARGO_PKG_VERSION").rsplit_once('.').unwrap_or_default();
            Dependency { line: format!("rps-plugin = \"{version}\""), is_from_registry: true }
        }
    })
}

fn is_sdk(folder: &Path) -> bool {
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
    manifest.lines().any(|line| line.trim() == r#"name = "rps-plugin""#)
}

/// Returns the way from a folder that is about to be made in `parent` to another one.
fn relative(parent: &Path, to: &Path) -> PathBuf {
    let real = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let (from, to) = (real(parent).join("new"), real(to));
    let names = |path: &Path| -> Vec<std::ffi::OsString> {
        path.components()
            .filter(|part| *part != Component::RootDir)
            .map(|part| part.as_os_str().into())
            .collect()
    };
    let (from, to) = (names(&from), names(&to));
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n(std::ffi::OsString::from(".."), from.len() - common);
    up.chain(to[common..].iter().cloned()).collect()
}
