//! Tests on real files.
//!
//! `layers` is about what is read, `save` about what is written, `watch` about hot reload. All of them work in a
//! directory of their own: `Place`.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::*;

mod layers;
mod save;
mod watch;

/// A directory with one configuration file.
struct Place {
    directory: TempDir,
    path: PathBuf,
}

impl Place {
    fn new(name: &str, text: &str) -> Self {
        let place = Self::empty(name);
        place.write(text);
        place
    }

    fn empty(name: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join(name);
        Self { directory, path }
    }

    fn write(&self, text: &str) {
        fs::write(&self.path, text).expect("it is written");
    }

    fn text(&self) -> String {
        fs::read_to_string(&self.path).expect("it is read")
    }

    fn file(&self) -> ConfigFile {
        ConfigFile::new(&self.path, Environment::fixed([("", ""); 0]), Overrides::default())
    }

    fn with(&self, environment: &[(&str, &str)], overrides: &[(&str, &str)]) -> ConfigFile {
        let mut given = Overrides::default();
        for (path, text) in overrides {
            given.set(path, text).expect("it is a key");
        }
        ConfigFile::new(&self.path, Environment::fixed(environment.iter().copied()), given)
    }

    /// The text of an error, without the directory, which differs from run to run.
    fn shown(&self, error: &dyn std::fmt::Display) -> String {
        error.to_string().replace(&format!("{}/", self.directory.path().display()), "")
    }

    fn others(&self) -> Vec<String> {
        let entries = fs::read_dir(self.directory.path()).expect("a directory");
        let names = entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
        names.filter(|name| Path::new(name) != self.path.file_name().expect("a name")).collect()
    }
}

fn origin_of(config: &Config, key: &str) -> String {
    let key: KeyPath = key.parse().expect("a path");
    let entry = config.entries().iter().find(|entry| entry.key == key).expect("the key holds");
    match &entry.origin {
        Origin::File { line, .. } => format!("file:{}", line.expect("a line")),
        other => other.to_string(),
    }
}
