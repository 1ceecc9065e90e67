//! From a view of the graph to a commit.

use std::cell::RefCell;
use std::collections::BTreeMap;

use rps_runtime::change::{Frozen, Purpose};
use rps_runtime::{Mutator, ObjectRef, Oid, Runtime};

use super::super::adopt::{Adoption, adopt, with_needs};
use super::super::encode::{Encoder, Moment};
use super::super::lazy;
use super::text::{Graph, Writer};
use crate::Code;
use crate::error::PayloadError;
use crate::journal::{CommitError, CommitReport, Journal, SyncLevel};

/// How to commit.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct CommitOptions {
    /// How durable the commit is when it returns.
    pub sync: SyncLevel,
}

impl CommitOptions {
    /// Returns the options for commits that are as durable as this.
    #[must_use]
    pub fn synced(sync: SyncLevel) -> CommitOptions {
        CommitOptions { sync }
    }
}

/// Makes what has changed since the last commit durable.
///
/// # Errors
///
/// As [`Store::commit`](crate::Store::commit).
pub(crate) fn commit(
    runtime: &Runtime,
    journal: &Journal,
    options: &CommitOptions,
) -> Result<CommitReport, CommitError> {
    runtime.enter(|m| {
        if !m.can_freeze() {
            return Err(CommitError::InTransaction);
        }
        let view = RefCell::new(Taken(None));
        let content = || {
            // What was there at the moment is still read when it has died since.
            let _suspended = m.suspend_collections();
            text(m, view.borrow_mut().0.insert(m.freeze(Purpose::Commit)))
        };
        let give_back = || drop(view.replace(Taken(None)));
        let result = journal.commit(options.sync, &|wait| m.blocking(wait), content, give_back);
        // What is still there was used.
        drop(view.into_inner().0.take());
        result
    })
}

/// A view that is given back unless it was used: also when what uses it panics.
struct Taken<'r>(Option<Frozen<'r>>);

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        if let Some(frozen) = self.0.take() {
            frozen.give_back();
        }
    }
}

/// Returns the text of what has changed, if anything has, and what it holds.
fn text(m: &Mutator<'_>, frozen: &Frozen<'_>) -> Result<(Vec<u8>, CommitReport), CommitError> {
    let (mut objects, mut removed) = (Vec::new(), Vec::new());
    for &oid in frozen.changed() {
        match m.object(oid).filter(|&object| frozen.space_of(object).is_some()) {
            Some(object) => objects.push(object),
            None => removed.push(oid),
        }
    }
    let Adoption { adopted, homes } = adopt(m, frozen, &objects);
    let is_kept = |&object: &ObjectRef| Moment::Of(frozen).keeps(object);
    let named: &[&[Oid]] =
        if frozen.is_graph_changed() { &[frozen.roots(), frozen.constants()] } else { &[] };
    let left = removed.iter().chain(named.iter().copied().flatten()).filter_map(|&oid| m.object(oid));
    let left = with_needs(m, frozen, &left.filter(|object| !is_kept(object)).collect::<Vec<_>>());
    objects.extend(&adopted);
    let mut report =
        CommitReport { objects: objects.len(), removed: removed.len(), ..CommitReport::default() };
    report.adopted = adopted.len();
    // A root that no space kept was left out by the dump before: now that one keeps it, it is to be a root again.
    let is_named = |object: &ObjectRef| {
        [frozen.roots(), frozen.constants()].iter().any(|oids| oids.binary_search(&object.oid()).is_ok())
    };
    let is_graph_written = frozen.is_graph_changed() || objects.iter().any(is_named);
    let graph = is_graph_written.then(|| graph(frozen));
    if objects.is_empty() && removed.is_empty() && graph.is_none() {
        return Ok((Vec::new(), report));
    }
    let mut writer = Writer::new();
    let mut encoder = Encoder::new(m, Moment::Of(frozen), &homes);
    for object in left {
        record(object, &mut encoder);
        // What can not be written of it is not worth a commit that is refused.
        if encoder.failed.drain(..).count() + encoder.refused.drain(..).count() == 0 {
            writer.left(&encoder.out);
        }
    }
    frozen.end_adoption();
    for (space, mut objects) in by_space(frozen, objects) {
        writer.space(&m.name_of(space).unwrap_or_else(|| space.oid().to_string()), space.oid());
        objects.sort_unstable_by_key(|object| object.oid());
        for object in objects {
            record(object, &mut encoder);
            if let Some(error) = encoder.failed.pop() {
                return Err(error.into());
            }
            if encoder.refused.pop().is_some() {
                return Err(refusal(m, object).into());
            }
            writer.record(&encoder.out);
        }
    }
    // What could not be read is empty in memory: written, it would be lost.
    lazy::all_readable(m, &mut |oid| frozen.changed().binary_search(&oid).is_ok())?;
    Ok((writer.finish(&removed, graph.as_ref()), report))
}

/// Encodes one object, and nothing else.
fn record(object: ObjectRef, encoder: &mut Encoder<'_, '_>) {
    encoder.out.clear();
    encoder.failed.clear();
    encoder.refused.clear();
    encoder.record(object);
}

/// Returns what the graph as a whole is.
fn graph(frozen: &Frozen<'_>) -> Graph {
    let json = |text: &String| {
        serde_json::from_str(text).unwrap_or_else(|_| serde_json::Value::String(text.clone()))
    };
    Graph {
        roots: frozen.roots().to_vec(),
        constants: frozen.constants().to_vec(),
        annotations: frozen.annotations().iter().map(|(key, text)| (key.clone(), json(text))).collect(),
    }
}

fn by_space(frozen: &Frozen<'_>, objects: Vec<ObjectRef>) -> BTreeMap<ObjectRef, Vec<ObjectRef>> {
    let mut spaces: BTreeMap<ObjectRef, Vec<ObjectRef>> = BTreeMap::new();
    for object in objects {
        if let Some(space) = frozen.space_of(object).or(object.space()) {
            spaces.entry(space).or_default().push(object);
        }
    }
    spaces
}

fn refusal(m: &Mutator<'_>, object: ObjectRef) -> PayloadError {
    let kind =
        object.with_payload(m, |payload| payload.map_or(String::new(), |payload| payload.kind().to_owned()));
    PayloadError {
        oid: object.oid(),
        type_name: kind,
        code: Code::Misuse,
        message: "this version has no form for it".to_owned(),
        hint: None,
    }
}
