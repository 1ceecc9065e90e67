//! What makes changes durable: `commit()` of programs, `:commit` and `--commit`.

use std::sync::Weak;

use clap::ValueEnum;
use rps_persist::native::CommitOptions;
use rps_persist::{CommitError, CommitReport, Store, SyncLevel};
use rps_runtime::Mutator;
use rps_runtime::extension::{Durability, ExtensionError};
use serde::Serialize;

use crate::answer::Report;
use crate::failure::Failure;
use crate::store::with_causes;

/// How durable a commit is when it returns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Sync {
    /// It survives a power loss
    #[default]
    Full,
    /// It survives a power loss; the dates of the journal's file may not
    Data,
    /// It survives the end of the process, however that comes; a power loss may take the last commits
    None,
}

impl Sync {
    /// Returns how to commit.
    pub(crate) fn options(self) -> CommitOptions {
        CommitOptions::synced(match self {
            Sync::Full => SyncLevel::Full,
            Sync::Data => SyncLevel::Data,
            Sync::None => SyncLevel::None,
        })
    }
}

/// What programs commit to: the store of a session, as long as the session has it.
pub(crate) struct Committer {
    pub(crate) store: Weak<Store>,
    pub(crate) sync: Sync,
}

impl Durability for Committer {
    fn commit(&self, m: &Mutator<'_>) -> Result<(), ExtensionError> {
        let Some(store) = self.store.upgrade() else {
            return Err(ExtensionError {
                code: NO_STORE,
                plugin: String::new(),
                message: "there is no store to commit to".to_owned(),
                hint: Some("start with --store, or load one".to_owned()),
            });
        };
        let committed = store.commit(m.runtime(), &self.sync.options());
        committed.map(drop).map_err(|error| ExtensionError {
            code: error.code(),
            plugin: String::new(),
            message: error.to_string(),
            hint: error.hint(),
        })
    }
}

/// The code of a commit where no store is.
pub(crate) const NO_STORE: &str = "commit::no-store";

/// A commit as JSON.
#[derive(Serialize)]
struct JsonCommit {
    store: String,
    commit: Option<u64>,
    objects: usize,
    removed: usize,
    adopted: usize,
    bytes: u64,
}

/// Tells of a commit.
pub(crate) fn told(store: &Store, report: &CommitReport) -> Report {
    let root = store.root().display().to_string();
    let text = match report.record {
        0 => "nothing has changed since the last commit".to_owned(),
        number => {
            let removed =
                if report.removed > 0 { format!(", {} removed", report.removed) } else { String::new() };
            format!("commit {number} to {root}: {}{removed}", counted(report.objects, "object"))
        }
    };
    let mirror = JsonCommit {
        store: root,
        commit: (report.record > 0).then_some(report.record),
        objects: report.objects,
        removed: report.removed,
        adopted: report.adopted,
        bytes: report.bytes,
    };
    Report::new(text, "commit", mirror)
}

/// Returns the failure that a commit was not made.
pub(crate) fn uncommitted(error: &CommitError) -> Failure {
    with_causes(Failure::new(error.code(), error.to_string()), error)
        .detail("nothing is lost: the next commit or dump will hold the changes".to_owned())
        .maybe_hint(error.hint())
}

/// Returns a number of things in words.
pub(crate) fn counted(count: usize, thing: &str) -> String {
    if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") }
}
