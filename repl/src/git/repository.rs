//! What is asked of git, by its command.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::Failure;

/// A repository with its work tree.
#[derive(Debug, Clone)]
pub(crate) struct Repository {
    root: PathBuf,
}

/// A file of a revision.
#[derive(Debug)]
struct Blob {
    path: String,
    id: String,
}

impl Repository {
    /// Returns the repository that a folder is in.
    ///
    /// # Errors
    ///
    /// That it is in none, or that git is not there.
    pub(crate) fn around(directory: &Path) -> Result<Repository, Failure> {
        let root = run(directory, ["rev-parse", "--show-toplevel"]).map_err(|failure| {
            failure.hint("`git init` makes a repository; without one, name two stores: `rps diff A B`")
        })?;
        Ok(Repository { root: PathBuf::from(root.trim_end_matches('\n')) })
    }

    /// Returns the folder of the work tree.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Runs a command of git in the work tree, and returns what it writes.
    ///
    /// # Errors
    ///
    /// What it says when it fails.
    pub(crate) fn git<A: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = A>,
    ) -> Result<String, Failure> {
        run(&self.root, arguments)
    }

    /// Returns what a command of git writes, or nothing where it fails: for questions.
    pub(crate) fn ask<A: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = A>) -> Option<String> {
        let text = self.git(arguments).ok()?;
        Some(text.trim_end().to_owned())
    }

    /// Returns a revision as a commit.
    ///
    /// # Errors
    ///
    /// That there is no such commit.
    pub(crate) fn commit(&self, revision: &str) -> Result<String, Failure> {
        let spec = format!("{revision}^{{commit}}");
        self.ask(["rev-parse", "--verify", "--quiet", "--end-of-options", &spec]).ok_or_else(|| {
            Failure::new("git::unknown-revision", format!("`{revision}` is neither a folder nor a revision"))
        })
    }

    /// Returns a path below the work tree, with `/`.
    pub(crate) fn relative(&self, path: &Path) -> Option<String> {
        let path = std::fs::canonicalize(path).ok()?;
        let root = std::fs::canonicalize(&self.root).ok()?;
        let parts: Vec<_> =
            path.strip_prefix(root).ok()?.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        Some(parts.join("/"))
    }

    /// Returns the stores of the repository, as paths below its root: those that git knows, and those that are there.
    pub(crate) fn stores(&self) -> Vec<String> {
        let listed = self.ask(["ls-files", "-z", "-c", "-o", "--exclude-standard", "--", "*manifest.json"]);
        let mut stores: Vec<String> = listed
            .unwrap_or_default()
            .split('\0')
            .filter_map(|path| match path.strip_suffix("spaces/manifest.json")? {
                "" => Some(String::new()),
                above => above.strip_suffix('/').map(str::to_owned),
            })
            // A generation before is no store.
            .filter(|store| !store.split('/').any(|part| part == ".rps"))
            .collect();
        stores.sort();
        stores.dedup();
        stores
    }

    /// Returns the files of a store in a revision, with their paths below `spaces/`.
    ///
    /// # Errors
    ///
    /// What git says.
    pub(crate) fn store_files(&self, commit: &str, store: &str) -> Result<Vec<(String, Vec<u8>)>, Failure> {
        let prefix = if store.is_empty() { "spaces/".to_owned() } else { format!("{store}/spaces/") };
        let listed = self.git(["ls-tree", "-r", "-z", "--full-tree", commit, "--", &prefix])?;
        let blobs: Vec<Blob> = listed
            .split('\0')
            .filter_map(|line| {
                let (about, path) = line.split_once('\t')?;
                let id = about.split(' ').nth(2)?.to_owned();
                Some(Blob { path: path.strip_prefix(&prefix)?.to_owned(), id })
            })
            .filter(|blob| !blob.path.split('/').any(|part| part.starts_with('.')))
            .collect();
        self.contents(&blobs)
    }

    /// Returns the content of a file in a commit, if it is there.
    pub(crate) fn content(&self, commit: &str, path: &str) -> Option<Vec<u8>> {
        let mut command = Command::new("git");
        command.current_dir(&self.root).args(["cat-file", "blob", &format!("{commit}:{path}")]);
        let output = command.stdin(Stdio::null()).output().ok()?;
        output.status.success().then_some(output.stdout)
    }

    /// Returns the content of blobs, by one process for all of them.
    fn contents(&self, blobs: &[Blob]) -> Result<Vec<(String, Vec<u8>)>, Failure> {
        let failed = |error: &std::io::Error| Failure::file("run", Path::new("git"), error);
        let mut child = Command::new("git")
            .current_dir(&self.root)
            .args(["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| failed(&error))?;
        let input = child.stdin.take();
        let wanted: String = blobs.iter().map(|blob| format!("{}\n", blob.id)).collect();
        // Both ends are busy at once: git answers while it is still being asked.
        let writer =
            std::thread::spawn(move || input.map_or(Ok(()), |mut input| input.write_all(wanted.as_bytes())));
        let output = child.wait_with_output().map_err(|error| failed(&error))?;
        let asked = writer.join();
        if !output.status.success() || !matches!(asked, Ok(Ok(()))) {
            return Err(Failure::new("git::failed", "git can not read its objects"));
        }
        let mut rest = &output.stdout[..];
        let mut files = Vec::with_capacity(blobs.len());
        for blob in blobs {
            let malformed =
                || Failure::new("git::failed", format!("git does not give the object {}", blob.id));
            let end = rest.iter().position(|byte| *byte == b'\n').ok_or_else(malformed)?;
            let size =
                std::str::from_utf8(&rest[..end]).ok().and_then(|line| line.rsplit(' ').next()?.parse().ok());
            let size: usize = size.ok_or_else(malformed)?;
            let content = rest.get(end + 1..end + 1 + size).ok_or_else(malformed)?;
            files.push((blob.path.clone(), content.to_vec()));
            rest = rest.get(end + 2 + size..).unwrap_or_default();
        }
        Ok(files)
    }
}

fn run<A: AsRef<OsStr>>(directory: &Path, arguments: impl IntoIterator<Item = A>) -> Result<String, Failure> {
    let arguments: Vec<A> = arguments.into_iter().collect();
    let output = Command::new("git").current_dir(directory).args(&arguments).stdin(Stdio::null()).output();
    let output = output.map_err(|error| {
        Failure::file("run", Path::new("git"), &error)
            .hint("git is not there; install it, or name folders instead")
    })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let words = arguments.iter().map(|word| word.as_ref().to_string_lossy()).collect::<Vec<_>>().join(" ");
    let failure = Failure::new("git::failed", format!("`git {words}` failed"));
    Err(failure.detail(String::from_utf8_lossy(&output.stderr).trim_end()))
}
