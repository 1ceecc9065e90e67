//! A home with a store of people.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use rps_tests::{program, stores};
use tempfile::TempDir;

/// What came of starting the command.
pub(crate) struct Done {
    pub(crate) status: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

pub(crate) struct Stage {
    folder: TempDir,
    /// What `RPS_LAZY` says to the command; nothing leaves it as it is for all tests.
    lazy: Option<&'static str>,
}

pub(crate) const PEOPLE: &str = r#"
    class person { name, title }
    keep new person { name: "Ada", title: "Dr" } as ada
    keep new person { name: "Bob", title: "Mr" } as bob
"#;
pub(crate) const RENAME: &str =
    r#"migration("rename_title", |m| m.rename_attribute(person, "title", "salutation"))"#;

impl Stage {
    /// A home with a store of people.
    pub(crate) fn new() -> Stage {
        Stage::opened_as(None)
    }

    /// A home with a store of people, which is opened so.
    pub(crate) fn opened(lazy: &'static str) -> Stage {
        Stage::opened_as(Some(lazy))
    }

    fn opened_as(lazy: Option<&'static str>) -> Stage {
        let stage = Stage { folder: stores::temporary(), lazy };
        stage.must(&["--store", "s", "--dump", "-e", PEOPLE]);
        stage
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn rps(&self, arguments: &[&str]) -> Done {
        let output = self.command(arguments).output().expect("the command starts");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Done { status: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program::rps(self.folder.path());
        command.args(arguments).stdin(Stdio::null()).current_dir(self.folder.path());
        if let Some(lazy) = self.lazy {
            command.env("RPS_LAZY", lazy);
        }
        command
    }

    /// Migrates, and kills the process when it says that it is under way. Returns what it said before.
    pub(crate) fn kill_under_way(&self) -> Vec<String> {
        let mut child =
            self.command(&["migrate", "s"]).stdout(Stdio::piped()).spawn().expect("the command starts");
        let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        let lines = lines.map(|line| line.expect("text")).take_while(|line| line != "under way");
        let said = lines.collect();
        child.kill().expect("it can be killed");
        child.wait().expect("it ends");
        said
    }

    #[track_caller]
    pub(crate) fn must(&self, arguments: &[&str]) -> String {
        let done = self.rps(arguments);
        assert_eq!(done.status, Some(0), "{arguments:?}\n{}{}", done.out, done.err);
        done.out
    }

    #[track_caller]
    pub(crate) fn fails(&self, arguments: &[&str], code: &str) -> String {
        let done = self.rps(arguments);
        assert_eq!(done.status, Some(1), "{arguments:?}\n{}{}", done.out, done.err);
        assert!(done.err.contains(&format!("error[{code}]")), "{}", done.err);
        done.err
    }

    /// Adds to the store, whatever is pending.
    #[track_caller]
    pub(crate) fn write(&self, store: &str, text: &str) {
        self.must(&["--store", store, "--migrate", "never", "--dump", "-e", text]);
    }

    /// What an expression gives, last line.
    #[track_caller]
    pub(crate) fn value(&self, store: &str, expression: &str) -> String {
        let out = self.must(&["--store", store, "--migrate", "never", "-e", expression]);
        out.lines().last().unwrap_or_default().to_owned()
    }

    pub(crate) fn content(&self, store: &str) -> BTreeMap<PathBuf, Vec<u8>> {
        let folder = self.path(store).join("spaces");
        let entries = fs::read_dir(folder).expect("the store is there");
        let paths =
            entries.map(|entry| entry.expect("it can be listed").path()).filter(|path| path.is_file());
        paths.map(|path| (path.clone(), fs::read(path).expect("it can be read"))).collect()
    }
}
