//! The project as cargo and the file system see it.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

/// A crate of the workspace.
#[derive(Debug, Clone)]
pub struct Member {
    /// The package's name, such as `rps-runtime`.
    pub name: String,
    /// Its folder, relative to [`root`].
    pub folder: PathBuf,
    /// Whether it has a library: then it is a crate for others, not only a program.
    pub library: bool,
    /// What it depends on directly, in the order of its manifest.
    pub dependencies: Vec<Dependency>,
}

/// A direct dependency of a crate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    /// The package's name.
    pub name: String,
    /// Whether only tests, examples and benchmarks use it.
    pub development: bool,
}

/// A text file of the project.
#[derive(Debug, Clone)]
pub struct TextFile {
    /// Its path, relative to [`root`], with `/` between the parts.
    pub path: String,
    /// What it contains.
    pub text: String,
}

/// Returns the folder of the workspace.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in a folder of the workspace")
}

/// Returns a cargo command that works on this workspace.
pub fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    command
}

/// Returns the crates of the workspace, as `cargo metadata` lists them.
///
/// # Panics
///
/// Panics when cargo cannot read the workspace.
pub fn members() -> &'static [Member] {
    static MEMBERS: OnceLock<Vec<Member>> = OnceLock::new();
    MEMBERS.get_or_init(|| {
        let output = cargo().args(["metadata", "--no-deps", "--offline", "--format-version", "1"]).output();
        let output = output.expect("cargo starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata writes JSON");
        list(&metadata["packages"]).map(member).collect()
    })
}

/// Returns the text files of the project with one of these extensions, sorted by path.
///
/// Build output, what git keeps for itself and what a store keeps for a machine are no files of the project.
///
/// # Panics
///
/// Panics when a file of the project is not readable or not UTF-8.
pub fn files(extensions: &[&str]) -> Vec<TextFile> {
    let mut paths = Vec::new();
    collect(root(), extensions, &mut paths);
    paths.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        TextFile { path: relative(&path), text }
    };
    paths.into_iter().map(read).collect()
}

fn collect(folder: &Path, extensions: &[&str], paths: &mut Vec<PathBuf>) {
    const FOREIGN: &[&str] = &["target", ".git", ".rps", "node_modules", "book"];
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for entry in entries {
        let path = entry.expect("a folder of the project can be read").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_symlink() || FOREIGN.contains(&&*name) {
            continue;
        } else if path.is_dir() {
            collect(&path, extensions, paths);
        } else if path
            .extension()
            .is_some_and(|extension| extensions.iter().any(|wanted| extension == *wanted))
        {
            paths.push(path);
        }
    }
}

fn member(package: &Value) -> Member {
    let manifest = Path::new(text(&package["manifest_path"]));
    let kinds = list(&package["targets"]).flat_map(|target| list(&target["kind"]));
    Member {
        name: text(&package["name"]).to_owned(),
        folder: relative(manifest.parent().expect("a manifest lies in a folder")).into(),
        library: kinds.into_iter().any(|kind| text(kind).ends_with("lib") || text(kind) == "proc-macro"),
        dependencies: list(&package["dependencies"])
            .map(|dependency| Dependency {
                name: text(&dependency["name"]).to_owned(),
                development: dependency["kind"] == "dev",
            })
            .collect(),
    }
}

fn relative(path: &Path) -> String {
    let root = root().canonicalize().expect("the workspace is there");
    let path = path.canonicalize().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let path = path.strip_prefix(root).expect("the file lies in the workspace");
    path.to_string_lossy().replace('\\', "/")
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().expect("cargo metadata has a list here").iter()
}

fn text(value: &Value) -> &str {
    value.as_str().expect("cargo metadata has a string here")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_crate_is_a_member_with_a_library() {
        let this = members().iter().find(|member| member.name == "rps-tests").unwrap();
        assert_eq!(this.folder, Path::new("tests"));
        assert!(this.library);
        assert!(this.dependencies.iter().any(|dependency| dependency.name == "tempfile"));
    }

    #[test]
    fn this_file_is_a_file_of_the_project() {
        let files = files(&["rs"]);
        assert!(files.iter().any(|file| file.path == "tests/src/workspace.rs"));
        assert!(files.iter().all(|file| !file.path.starts_with("target/")));
    }
}
