//! A home, stores and plugins of one test.

use std::collections::BTreeMap;
use std::env::consts::{DLL_EXTENSION, DLL_PREFIX};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use rps_tests::c::{self, Standard};
use rps_tests::{program, stores, workspace};
use serde_json::Value;
use tempfile::TempDir;

/// What came of starting the command.
pub(crate) struct Run {
    pub(crate) status: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

pub(crate) struct Stage {
    folder: TempDir,
}

impl Stage {
    pub(crate) fn new() -> Stage {
        let folder = stores::temporary();
        fs::create_dir(folder.path().join("plugins")).expect("a folder can be made");
        Stage { folder }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Puts the library of an example in Rust among the plugins.
    pub(crate) fn put_example(&self, name: &str) {
        let from = example(name);
        let to = self.path("plugins").join(from.file_name().expect("a library has a name"));
        fs::copy(&from, to).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
    }

    /// Puts a plugin in C among the plugins.
    pub(crate) fn put_c(&self, source: &str, name: &str) -> PathBuf {
        self.put_case(source, name, &[])
    }

    /// Puts a plugin in C among the plugins, compiled with definitions.
    pub(crate) fn put_case(&self, source: &str, name: &str, defines: &[(&str, &str)]) -> PathBuf {
        let library = c::library(&workspace::root().join(source), Standard::C11, defines);
        let to = self.path("plugins").join(format!("{name}.{DLL_EXTENSION}"));
        fs::copy(&library, &to).unwrap_or_else(|error| panic!("{}: {error}", library.display()));
        to
    }

    /// Takes a plugin away.
    pub(crate) fn remove(&self, part: &str) {
        let plugins = fs::read_dir(self.path("plugins")).expect("the plugins can be listed");
        let mut paths = plugins.map(|entry| entry.expect("an entry can be read").path());
        let path = paths.find(|path| path.to_string_lossy().contains(part));
        fs::remove_file(path.unwrap_or_else(|| panic!("there is no plugin {part}")))
            .expect("it can be removed");
    }

    /// Starts the command with the plugins and a store.
    pub(crate) fn rps(&self, store: &str, arguments: &[&str], programs: &[&str]) -> Run {
        let store = self.path(store).display().to_string();
        let programs = programs.iter().flat_map(|text| ["-e", text]);
        self.start(["--store", &store].into_iter().chain(arguments.iter().copied()).chain(programs))
    }

    /// Starts the command with the plugins.
    pub(crate) fn start<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Run {
        self.run(program::rps(self.folder.path()), arguments)
    }

    /// Starts the command with the plugins and a variable of the environment.
    pub(crate) fn start_with<'a>(
        &self,
        variable: &str,
        value: &str,
        arguments: impl IntoIterator<Item = &'a str>,
    ) -> Run {
        let mut command = program::rps(self.folder.path());
        command.env(variable, value);
        self.run(command, arguments)
    }

    fn run<'a>(&self, mut command: Command, arguments: impl IntoIterator<Item = &'a str>) -> Run {
        command.arg("--plugin-path").arg(self.path("plugins")).args(arguments).stdin(Stdio::null());
        let output = command.current_dir(self.folder.path()).output().expect("the command starts");
        Run {
            status: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Returns the files of a store that a dump writes, but for those that tell of the moment of the dump.
    pub(crate) fn content(&self, store: &str) -> BTreeMap<String, Vec<u8>> {
        let mut found = BTreeMap::new();
        collect(&self.path(store), &self.path(store), &mut found);
        found
    }
}

impl Run {
    /// Makes sure that all went well, and returns what was written.
    #[track_caller]
    pub(crate) fn out(&self) -> &str {
        assert_eq!(self.status, Some(0), "{}{}", self.out, self.err);
        &self.out
    }
}

fn collect(root: &Path, folder: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).expect("the store can be listed") {
        let path = entry.expect("an entry can be read").path();
        let name = path.strip_prefix(root).expect("it is below").to_string_lossy().into_owned();
        if name.starts_with(".rps") {
            continue;
        }
        match path.is_dir() {
            true => collect(root, &path, found),
            false => drop(found.insert(name, fs::read(&path).expect("a file can be read"))),
        }
    }
}

/// Returns the library of an example, building all of them at the first time.
pub(crate) fn example(name: &str) -> PathBuf {
    const EXAMPLES: [&str; 3] = ["rps-example-geo", "rps-example-counter", "rps-example-metric"];
    static BUILT: OnceLock<Vec<PathBuf>> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        let mut cargo = workspace::cargo();
        cargo.arg("build").args(EXAMPLES.iter().flat_map(|name| ["--package", name]));
        cargo.args(["--message-format", "json-render-diagnostics"]);
        let output = cargo.stderr(Stdio::inherit()).output().expect("cargo starts");
        assert!(output.status.success(), "the examples do not build");
        let messages = String::from_utf8(output.stdout).expect("cargo writes UTF-8");
        let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let files = messages.flat_map(|message| message["filenames"].as_array().cloned().unwrap_or_default());
        let paths = files.filter_map(|file| file.as_str().map(PathBuf::from));
        paths.filter(|path| path.extension().is_some_and(|found| found == DLL_EXTENSION)).collect()
    });
    let wanted = format!("{DLL_PREFIX}rps_example_{name}.");
    let found = built
        .iter()
        .find(|path| path.file_name().is_some_and(|file| file.to_string_lossy().starts_with(&wanted)));
    found.unwrap_or_else(|| panic!("no {wanted} in {built:?}")).clone()
}
