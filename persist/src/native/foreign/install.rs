//! The payloads of a store that is being loaded: those whose plugin is there become alive, the others are kept.
//!
//! This is a step of its own behind the filling of objects: a plugin may make objects and look others up, which would
//! have to wait for the table of objects while it is frozen.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;

use parking_lot::Mutex;
use rayon::prelude::*;
use rps_runtime::extension::{Extensions, ForeignPayload, TypeLookup};
use rps_runtime::object::Payload;
use rps_runtime::{Mutator, ObjectRef, Oid, Runtime};

use super::super::load::LoadedFile;
use super::super::reader::Fault;
use super::read::{Obstacle, Reason, read};
use super::{is_plugin_kind, kept, text};
use crate::{Code, Problem, Report, Severity};

/// So many reasons are told: a plugin may find another one for each of its payloads.
const REASONS: usize = 100;

/// A payload whose kind is not known to this crate.
#[derive(Debug)]
pub(in super::super) struct Pending {
    pub(in super::super) object: ObjectRef,
    pub(in super::super) kind: Box<str>,
    /// Where its text is in the file.
    pub(in super::super) range: Range<usize>,
}

/// How many payloads of plugins there are.
#[derive(Debug, Default)]
pub(in super::super) struct Installed {
    pub(in super::super) alive: usize,
    pub(in super::super) kept: usize,
}

/// A payload that is kept.
#[derive(Debug)]
struct Kept {
    reason: Reason,
    file: usize,
    at: usize,
    oid: Oid,
}

/// What became of the payloads of a file.
#[derive(Default)]
struct Outcome {
    alive: usize,
    kept: Vec<Kept>,
    problems: Vec<Problem>,
}

/// Remembers what was said of a type: the first answer may take the loading of a plugin.
struct Types<'e> {
    extensions: &'e dyn Extensions,
    known: Mutex<HashMap<(Box<str>, u64), TypeLookup>>,
}

/// Installs the payloads that the files have noted.
pub(in super::super) fn install(
    runtime: &Runtime,
    files: &[LoadedFile<'_>],
    extensions: &dyn Extensions,
    report: &mut Report,
) -> Installed {
    let types = Types { extensions, known: Mutex::default() };
    let outcomes: Vec<Outcome> = files
        .par_iter()
        .enumerate()
        .filter(|(_, file)| !file.pending.is_empty())
        .map(|(number, file)| runtime.enter(|m| of_file(m, number, file, &types)))
        .collect();
    let mut installed = Installed::default();
    let mut all = Vec::new();
    for outcome in outcomes {
        installed.alive += outcome.alive;
        report.extend(outcome.problems);
        all.extend(outcome.kept);
    }
    installed.kept = all.len();
    warn(files, all, report);
    installed
}

fn of_file(m: &Mutator<'_>, number: usize, file: &LoadedFile<'_>, types: &Types<'_>) -> Outcome {
    let mut outcome = Outcome::default();
    for pending in &file.pending {
        let (oid, at) = (pending.object.oid(), pending.range.start);
        match payload(m, file.text, pending, types) {
            Ok(Ok(payload)) => {
                pending.object.install_payload(m, Some(Payload::Foreign(payload)));
                // An object that came by a snapshot had it as text until now.
                if kept::text_of(pending.object).is_some() {
                    kept::forget(m, pending.object);
                }
                outcome.alive += 1;
            }
            Ok(Err(reason)) => {
                kept::keep(m, pending.object, &file.text[pending.range.clone()], &[]);
                outcome.kept.push(Kept { reason, file: number, at, oid });
            }
            Err(faults) => {
                let problem = |fault| file.fault(fault, oid);
                outcome.problems.extend(faults.into_iter().map(problem));
            }
        }
    }
    outcome
}

/// Returns a live payload, or the reason why it is kept.
///
/// # Errors
///
/// What keeps the store from being loaded.
fn payload(
    m: &Mutator<'_>,
    file: &str,
    pending: &Pending,
    types: &Types<'_>,
) -> Result<Result<Arc<dyn ForeignPayload>, Reason>, Vec<Fault>> {
    let kind = &*pending.kind;
    if !is_plugin_kind(kind) {
        return Ok(Err(Obstacle::Absent.reason(kind, 0)));
    }
    let members =
        text::members(&file[..pending.range.end], pending.range.start).map_err(|fault| vec![fault])?;
    let dangling = members.refs.iter().filter(|(_, oid)| m.object(*oid).is_none());
    let faults: Vec<Fault> = dangling
        .map(|&(at, oid)| Fault {
            code: Code::DanglingOid,
            at,
            message: format!("no object has the oid {oid}"),
        })
        .collect();
    if !faults.is_empty() {
        return Err(faults);
    }
    let lookup = types.get(kind, members.schema);
    Ok(read(m, &members, lookup).map_err(|obstacle| obstacle.reason(kind, members.schema)))
}

impl Types<'_> {
    fn get(&self, kind: &str, schema: u64) -> TypeLookup {
        let key = (kind.into(), schema);
        if let Some(lookup) = self.known.lock().get(&key) {
            return lookup.clone();
        }
        // Not under the lock: while it waits for a plugin, this thread may come here again with another file.
        let lookup = self.extensions.payload_type(kind, schema);
        self.known.lock().insert(key, lookup.clone());
        lookup
    }
}

/// Says which payloads are kept and why: once for each reason, with the number of objects and the place of the first.
fn warn(files: &[LoadedFile<'_>], all: Vec<Kept>, report: &mut Report) {
    let mut groups: BTreeMap<(Code, String), (usize, Kept)> = BTreeMap::new();
    let (mut reasons, mut others) = (0, 0);
    for kept in all {
        let key = (kept.reason.code, kept.reason.message.clone());
        match groups.get_mut(&key) {
            Some((count, _)) => *count += 1,
            None if reasons < REASONS => {
                reasons += 1;
                groups.insert(key, (1, kept));
            }
            None => others += 1,
        }
    }
    for ((code, message), (count, first)) in groups {
        let objects = if count == 1 { "1 object".to_owned() } else { format!("{count} objects") };
        let file = &files[first.file];
        let mut problem = file.problem(code, first.at, format!("{message} ({objects})")).about(first.oid);
        problem.severity = Severity::Warning;
        report.push(match first.reason.hint {
            Some(hint) => problem.with_hint(hint),
            None => problem,
        });
    }
    if others > 0 {
        let message = format!("{others} more payloads were not read, for other reasons each");
        report.push(Problem::warning(Code::PayloadUnread, "spaces", message));
    }
}
