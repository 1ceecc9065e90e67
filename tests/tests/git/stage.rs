//! A repository with a store `shop`, and the two commands to work on it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rps_tests::{program, rps, stores};
use tempfile::TempDir;

/// A repository in a temporary folder.
pub(crate) struct Stage {
    home: TempDir,
}

/// What a command gave.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) ok: bool,
    pub(crate) text: String,
    pub(crate) errors: String,
}

impl Stage {
    /// Returns a repository without a commit.
    pub(crate) fn empty() -> Stage {
        let stage = Stage { home: stores::temporary() };
        fs::create_dir(stage.root()).expect("the folder is new");
        stage.git("init --quiet --initial-branch main");
        stage
    }

    /// Returns a repository that is set up, with a committed store of a few objects.
    pub(crate) fn shop() -> Stage {
        let stage = Stage::empty();
        stage.dump(&[
            "keep new object as apple",
            "keep new object as pear",
            "keep new object as quince",
            "apple.price = 3",
            "apple.colour = \"red\"",
            "pear.price = 5",
            "quince.price = 7",
            "class basket { items\n fn weight() {\n   let sum = 1\n   sum + 1\n }\n fn cost() {\n   let cents = 10\n   cents + 5\n }\n}",
        ]);
        stage.rps("git-setup shop");
        stage.commit("the shop opens");
        stage
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.home.path().join("work")
    }

    pub(crate) fn spaces(&self) -> PathBuf {
        self.root().join("shop/spaces")
    }

    /// Runs a command of git, which must not fail, and returns what it writes.
    pub(crate) fn git(&self, line: &str) -> String {
        let outcome = self.try_git(line);
        assert!(outcome.ok, "git {line}: {}{}", outcome.text, outcome.errors);
        outcome.text
    }

    pub(crate) fn try_git(&self, line: &str) -> Outcome {
        let mut command = Command::new("git");
        program::isolate(&mut command, self.home.path());
        run(command.args(line.split_whitespace()).current_dir(self.root()))
    }

    /// Runs `rps`, which must not fail, and returns what it writes.
    pub(crate) fn rps(&self, line: &str) -> String {
        let outcome = self.try_rps(line);
        assert!(outcome.ok, "rps {line}: {}{}", outcome.text, outcome.errors);
        outcome.text
    }

    pub(crate) fn try_rps(&self, line: &str) -> Outcome {
        run(rps(self.home.path()).args(line.split_whitespace()).current_dir(self.root()))
    }

    /// Runs programs on the store and dumps it.
    pub(crate) fn dump(&self, programs: &[&str]) {
        let mut command = rps(self.home.path());
        command.args(["--store", "shop", "--dump"]).current_dir(self.root());
        for text in programs {
            command.args(["-e", text]);
        }
        let outcome = run(&mut command);
        assert!(outcome.ok, "{programs:?}: {}{}", outcome.text, outcome.errors);
    }

    /// Returns what an expression gives in the store.
    pub(crate) fn value(&self, expression: &str) -> String {
        let mut command = rps(self.home.path());
        let outcome = run(command.args(["--store", "shop", "-e", expression]).current_dir(self.root()));
        assert!(outcome.ok, "{expression}: {}{}", outcome.text, outcome.errors);
        outcome.text.trim().to_owned()
    }

    /// Commits everything.
    pub(crate) fn commit(&self, message: &str) {
        self.git("add --all .");
        let mut command = Command::new("git");
        program::isolate(&mut command, self.home.path());
        let outcome = run(command.args(["commit", "--quiet", "-m", message]).current_dir(self.root()));
        assert!(outcome.ok, "{}{}", outcome.text, outcome.errors);
    }

    /// Makes two branches of the current commit, `ours` and `theirs`, each with a change, and is on `ours` then.
    pub(crate) fn fork(&self, ours: impl FnOnce(&Stage), theirs: impl FnOnce(&Stage)) {
        self.git("checkout --quiet -b theirs");
        theirs(self);
        self.commit("theirs");
        self.git("checkout --quiet -b ours main");
        ours(self);
        self.commit("ours");
    }

    /// Merges `theirs`, which must be clean, and makes sure that the committed store is sound and sealed.
    pub(crate) fn merge(&self) {
        let merged = self.try_git("merge --no-edit theirs");
        assert!(merged.ok, "{}{}", merged.text, merged.errors);
        self.sound();
    }

    /// Makes sure that the store is sound, as it is and as it was committed.
    pub(crate) fn sound(&self) {
        let checked = self.rps("check shop");
        assert!(checked.contains("0 errors, 0 warnings, 0 read leniently"), "{checked}");
        assert_eq!(self.git("status --porcelain"), "", "what is committed is what is there");
        // A dump of what is loaded writes the same bytes: nothing is in another layout or order.
        self.dump(&["nil"]);
        assert_eq!(self.git("status --porcelain"), "", "a dump changes nothing");
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.spaces().join(path)).expect("the file is there")
    }

    /// Returns the oid of the object with a global name.
    pub(crate) fn oid(&self, name: &str) -> String {
        let text = self.read("user.json");
        let key = format!("\"name\":\"{name}\"\n,\"value\":\"");
        let start = text.find(&key).expect("there is a symbol with a value") + key.len();
        text[start..start + 19].to_owned()
    }

    /// Changes a file of the store by hand, and makes its manifest fit.
    pub(crate) fn edit_and_seal(&self, change: impl FnOnce(String) -> String) {
        self.edit("user.json", change);
        self.rps("seal shop");
    }

    /// Changes a file of the store by hand.
    pub(crate) fn edit(&self, path: &str, change: impl FnOnce(String) -> String) {
        let text = self.read(path);
        let changed = change(text.clone());
        assert_ne!(text, changed, "the edit does something");
        write(&self.spaces().join(path), &changed);
    }
}

pub(crate) fn write(path: &Path, text: &str) {
    // A dump links files of earlier generations: those must keep what they have.
    let _ = fs::remove_file(path);
    fs::write(path, text).expect("the file can be written");
}

fn run(command: &mut Command) -> Outcome {
    let output = command.output().expect("the program starts");
    Outcome {
        ok: output.status.success(),
        text: String::from_utf8_lossy(&output.stdout).into_owned(),
        errors: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Returns the lines of a diff that were added or removed, without their files.
pub(crate) fn changed_lines(diff: &str) -> Vec<&str> {
    let changed = |line: &&str| {
        (line.starts_with('+') || line.starts_with('-'))
            && !line.starts_with("+++")
            && !line.starts_with("---")
    };
    diff.lines().filter(changed).collect()
}
