//! What is done about a problem that a load of the draft finds.
//!
//! Each step takes something away that was wrong: a reference, a record, a root. So it comes to an end.

use std::collections::BTreeMap;

use rps_runtime::oid::TEXT_LEN;
use rps_runtime::{Oid, known};
use serde_json::Value;

use super::SalvageError;
use super::draft::{Draft, StandInKind};
use crate::native::{LoadOptions, LoadReport};
use crate::{Code, Problem, Report, Severity};

/// Changes the draft until it can be loaded.
///
/// # Errors
///
/// [`SalvageError::Stuck`] with the problems that no record answers for.
pub(super) fn until_sound(draft: &mut Draft, options: &LoadOptions) -> Result<LoadReport, SalvageError> {
    loop {
        let report = match draft.load(options)? {
            Ok((runtime, report)) => {
                drop(runtime);
                return Ok(report);
            }
            Err(report) => in_order(draft, options, report)?,
        };
        let errors: Report =
            report.into_iter().filter(|problem| problem.severity == Severity::Error).collect();
        if !mend(draft, &errors) {
            return Err(SalvageError::Stuck(errors));
        }
    }
}

/// Returns the problems so that they do not depend on which thread came first: two symbols with one name do.
fn in_order(draft: &mut Draft, options: &LoadOptions, report: Report) -> Result<Report, SalvageError> {
    if !report.codes().contains(&Code::DuplicateName) {
        return Ok(report);
    }
    let Ok(one) = rayon::ThreadPoolBuilder::new().num_threads(1).build() else { return Ok(report) };
    Ok(one.install(|| draft.load(options))?.err().unwrap_or(report))
}

/// Mends what can be mended, and returns whether anything was.
fn mend(draft: &mut Draft, errors: &Report) -> bool {
    let mut by_object: BTreeMap<Oid, Vec<(&Problem, usize)>> = BTreeMap::new();
    let mut is_changed = false;
    for problem in errors.problems() {
        if problem.file.ends_with(crate::layout::MANIFEST) {
            is_changed |= problem.oid.is_some_and(|oid| draft.forget_root(oid, problem));
        } else if let Some((oid, at)) = draft.locate(problem) {
            by_object.entry(oid).or_default().push((problem, at));
        } else if let Some(oid) = problem.oid {
            match draft.space_at(problem) {
                Some(space) if space == oid => is_changed |= draft.stand_in(oid, StandInKind::Space, oid),
                _ if draft.record(oid).is_some() => by_object.entry(oid).or_default().push((problem, 0)),
                _ => {}
            }
        }
    }
    let given_up = no_classes(draft, &by_object);
    is_changed |= !given_up.is_empty();
    let mut made: BTreeMap<Oid, StandInKind> =
        given_up.into_iter().map(|class| (class, StandInKind::Space)).collect();
    for (oid, problems) in by_object {
        is_changed |= object(draft, oid, &problems, &mut made);
    }
    is_changed
}

/// Gives up objects that others have for a class, that were one, and are none any more; and returns them.
///
/// It is the object that is damaged if it is an instance of `class`, or if several have it for their class; else it is what
/// refers to it.
fn no_classes(draft: &mut Draft, by_object: &BTreeMap<Oid, Vec<(&Problem, usize)>>) -> Vec<Oid> {
    let mut blamed: BTreeMap<Oid, (usize, &Problem)> = BTreeMap::new();
    for (oid, problems) in by_object {
        let Some((problem, _)) = problems.iter().find(|(problem, _)| problem.code == Code::NotAClass) else {
            continue;
        };
        let Some((_, record)) = draft.record(*oid) else { continue };
        for class in classes_in(&record) {
            blamed.entry(class).or_insert((0, problem)).0 += 1;
        }
    }
    let mut given_up = Vec::new();
    for (oid, (count, problem)) in blamed {
        let mut own = by_object.get(&oid).into_iter().flatten();
        if own.any(|(problem, _)| problem.code != Code::NotAClass) {
            // Its record has another fault, for which it is mended or given up; then one will see.
            given_up.push(oid);
            continue;
        }
        let Some((_, record)) = draft.record(oid) else { continue };
        let value = serde_json::from_slice::<Value>(&record).unwrap_or_default();
        let is_class = value["payload"]["kind"] == "classinfo";
        let was_class = value["class"] == known::CLASS.to_string().as_str() || count > 1;
        if !is_class && was_class && !draft.is_stand_in(oid) {
            let message = format!("others have {oid} for their class, and it is none");
            draft.reject(oid, &Problem { message: message.into(), oid: Some(oid), ..problem.clone() });
            given_up.push(oid);
        }
    }
    given_up
}

/// What a reference to a lost object becomes.
enum Reference {
    /// A transient reference takes its place.
    Transient,
    /// The object is needed.
    Needed(StandInKind),
}

/// Mends an object, and returns whether anything was changed. `made` has the objects that may be what they have to be by the
/// next load.
fn object(
    draft: &mut Draft,
    oid: Oid,
    problems: &[(&Problem, usize)],
    made: &mut BTreeMap<Oid, StandInKind>,
) -> bool {
    let Some((space, record)) = draft.record(oid) else { return false };
    let record = record.into_owned();
    let mut patched = record.clone();
    let mut references: Vec<(usize, &Problem)> = Vec::new();
    let mut needed: Vec<(Oid, StandInKind)> = Vec::new();
    for &(problem, at) in problems {
        match problem.code {
            Code::DanglingOid => match reference(&record, at) {
                Some((_, Reference::Transient)) => references.push((at, problem)),
                Some((lost, Reference::Needed(kind))) => needed.push((lost, kind)),
                None => return reject(draft, oid, problem),
            },
            Code::NotAClass => {
                let is_lost = |oid: &Oid| {
                    made.contains_key(oid) || draft.is_stand_in(*oid) || draft.record(*oid).is_none()
                };
                let classes: Vec<Oid> = classes_in(&record).into_iter().filter(is_lost).collect();
                if classes.is_empty() {
                    return reject(draft, oid, problem);
                }
                needed.extend(classes.into_iter().map(|class| (class, StandInKind::Class)));
            }
            Code::SuperclassCycle => match without_superclass(&patched) {
                Some(record) if problems.len() == 1 => patched = record,
                _ => return reject(draft, oid, problem),
            },
            _ => return reject(draft, oid, problem),
        }
    }
    let mut is_changed = false;
    for (lost, kind) in needed {
        if made.get(&lost).is_some_and(|made| *made >= kind) {
            is_changed = true;
        } else if draft.stand_in(lost, kind, space) {
            made.insert(lost, kind);
            is_changed = true;
        } else {
            // There is an object, and it is no class; or nothing may stand for it.
            return reject(draft, oid, problems[0].0);
        }
    }
    references.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    references.dedup_by_key(|(at, _)| *at);
    for (at, _) in &references {
        let end = at + TEXT_LEN + 2;
        patched.splice(end..end, *b"}");
        patched.splice(at..at, *b"{\"transient\":");
    }
    if patched != record {
        let problem = references.first().map_or(problems[0].0, |(_, problem)| *problem);
        let message = match references.len() {
            0 => problem.message.clone(),
            1 => format!("{}; the reference is a transient one now", problem.message).into(),
            count => format!("{count} references to lost objects are transient ones now").into(),
        };
        draft.patch(oid, patched, &Problem { message, ..problem.clone() });
        return true;
    }
    if !is_changed {
        return reject(draft, oid, problems[0].0);
    }
    true
}

fn reject(draft: &mut Draft, oid: Oid, problem: &Problem) -> bool {
    draft.reject(oid, problem);
    true
}

/// Returns which object a reference is to, and what becomes of it; nothing where no reference is.
fn reference(record: &[u8], at: usize) -> Option<(Oid, Reference)> {
    let quoted = record.get(at..at + TEXT_LEN + 2)?;
    let oid = Oid::parse_bytes(quoted.strip_prefix(b"\"")?.strip_suffix(b"\"")?).ok()?;
    let behind = record[at + TEXT_LEN + 2..].trim_ascii_start();
    if behind.starts_with(b":") {
        return Some((oid, Reference::Needed(StandInKind::Plain)));
    }
    let before = record[..at].trim_ascii_end();
    let key = before.strip_suffix(b":").map(<[u8]>::trim_ascii_end);
    let is = |name: &[u8]| key.is_some_and(|key| key.ends_with(name));
    let becomes = if is(b"\"class\"") || is(b"\"superclass\"") || is(b"\"instance\"") {
        Reference::Needed(StandInKind::Class)
    } else if is(b"\"closure\"") || is(b"\"symbol\"") {
        Reference::Needed(StandInKind::Plain)
    } else {
        Reference::Transient
    };
    Some((oid, becomes))
}

/// Returns the objects that a record needs as classes, but for those that are always there.
fn classes_in(record: &[u8]) -> Vec<Oid> {
    let Ok(value) = serde_json::from_slice::<Value>(record) else { return Vec::new() };
    let payload = &value["payload"];
    let named = [&value["class"], &payload["superclass"], &payload["class"]];
    let oids = named.into_iter().filter_map(|value| {
        let text = value.as_str().or_else(|| value["transient"].as_str())?;
        Oid::parse(text).ok()
    });
    oids.filter(|oid| known::CLASSES.iter().all(|known| known.class != *oid)).collect()
}

/// Returns the record of a class as a direct subclass of `object`.
fn without_superclass(record: &[u8]) -> Option<Vec<u8>> {
    const KEY: &[u8] = b"\"superclass\":\"";
    let at = memchr::memmem::find(record, KEY)? + KEY.len();
    let mut changed = record.to_vec();
    changed.get(at..at + TEXT_LEN)?;
    changed.splice(at..at + TEXT_LEN, known::OBJECT.to_text());
    (changed != record).then_some(changed)
}
