//! Giving sections back to the plugins that they belong to.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use rps_runtime::extension::{Extensions, Restored, StateOutcome, StateSection};

use super::{path_of, put_aside, to_bytes};
use crate::layout::Layout;
use crate::vfs::Vfs;
use crate::{Code, Problem, Report};

/// What a dump must know of the sections that were loaded.
#[derive(Debug, Default)]
pub(crate) struct Unrestored {
    /// The ids of those that no plugin has restored: a dump does not replace them.
    ids: Mutex<BTreeSet<String>>,
    /// Whether files that are not those of the manifest were taken as they are.
    accepts: AtomicBool,
}

impl Unrestored {
    pub(crate) fn contains(&self, id: &str) -> bool {
        self.ids.lock().contains(id)
    }

    /// Notes a load: these sections are there, and nobody has restored them.
    pub(crate) fn replace(&self, sections: &[StateSection], accepts: bool) {
        *self.ids.lock() = sections.iter().map(|section| section.id.clone()).collect();
        self.accepts.store(accepts, Ordering::Relaxed);
    }

    /// Returns whether the load took files that are not those of the manifest.
    pub(crate) fn accepts(&self) -> bool {
        self.accepts.load(Ordering::Relaxed)
    }

    pub(crate) fn insert(&self, id: &str) {
        self.ids.lock().insert(id.to_owned());
    }

    pub(crate) fn remove(&self, id: &str) {
        self.ids.lock().remove(id);
    }
}

/// What became of sections that were to be restored.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct StatesRestored {
    /// What became of each.
    pub states: Vec<Restored>,
    /// What deserves a warning: states that begin anew, and that stay as they were saved because they failed.
    pub report: Report,
}

/// Restores sections. Whose bytes a plugin does not want, those are put aside first, if the store can be written.
pub(crate) fn restore(
    sections: &[StateSection],
    extensions: &dyn Extensions,
    unrestored: &Unrestored,
    writable: Option<(&dyn Vfs, &Layout)>,
) -> StatesRestored {
    let mut states = extensions.restore_states(sections);
    let mut report = Report::new();
    for Restored { id, outcome } in &mut states {
        let Some(section) = sections.iter().find(|section| section.id == *id) else { continue };
        let path = path_of(id);
        let warning =
            |message: String| Problem::warning(Code::StateFailed, format!("spaces/{path}"), message);
        match outcome {
            StateOutcome::Restored => unrestored.remove(id),
            StateOutcome::Absent => unrestored.insert(id),
            StateOutcome::Failed(error) => {
                unrestored.insert(id);
                let message =
                    format!("the state `{id}` was not restored: {} [{}]", error.message, error.code);
                report.push(
                    error.hint.iter().fold(warning(message), |problem, hint| problem.with_hint(&**hint)),
                );
            }
            StateOutcome::Reset { message } => {
                let told = format!("the state `{id}` begins anew: {message}");
                let aside = writable.map(|(vfs, layout)| put_aside(vfs, layout, &path, &to_bytes(section)));
                match aside {
                    Some(Ok(place)) => {
                        unrestored.remove(id);
                        report.push(
                            warning(told).with_hint(format!("what was saved is in {}", place.display())),
                        );
                    }
                    Some(Err(error)) => {
                        unrestored.insert(id);
                        let failure =
                            format!("{told}; what was saved could not be put aside ({error}), so it stays");
                        report.push(warning(failure));
                    }
                    // Nothing will be dumped here.
                    None => report.push(warning(told).with_hint("what was saved is in the store, unchanged")),
                }
            }
        }
    }
    StatesRestored { states, report }
}
