//! What must hold between the objects of a store, once all of them are there.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use rayon::prelude::*;
use rps_runtime::extension::{Extensions, Finding};
use rps_runtime::object::Payload;
use rps_runtime::{Mutator, ObjectRef, Oid, Runtime};

use super::encode::always_there;
use super::load::{LoadedFile, Part};
use crate::{Code, Problem, Report, Severity};

/// A class and where its record is: the number of the file, and of the record in it.
type Located = (ObjectRef, usize, usize);

/// Reports classes that are none, classes that are their own ancestors, and spaces that are no objects of the store.
pub(super) fn validate(runtime: &Runtime, m: &Mutator<'_>, files: &[LoadedFile<'_>], report: &mut Report) {
    let found: Vec<(Vec<Problem>, Vec<Located>)> = files
        .par_iter()
        .enumerate()
        .map(|(number, file)| runtime.enter(|m| classes_of(m, number, file)))
        .collect();
    let mut classes = Vec::new();
    for (problems, located) in found {
        report.extend(problems);
        classes.extend(located);
    }
    superclasses(m, files, &classes, report);
    for file in files.iter().filter(|file| file.part != Part::Left) {
        let header = &file.index.header;
        let is_there = m.object(header.oid).is_some_and(|space| space.space().is_some());
        if !is_there && !always_there(header.oid) {
            let message = format!("the space `{}` is no object of the store", header.name);
            let problem = Problem::error(Code::DanglingOid, &file.path, message);
            report.push(problem.at_line(2).about(header.oid));
        }
    }
}

/// Lets extensions look at a runtime that nobody has seen yet, and reports what they find. Returns it, unless one of them
/// does not let go of it: a runtime that a thread of a plugin still works on can not be given away.
///
/// `place` says in which file an object is, and on which line.
pub(super) fn by_extensions(
    runtime: Runtime,
    place: impl Fn(Oid) -> Option<(PathBuf, u32)>,
    extensions: &dyn Extensions,
    report: &mut Report,
) -> Option<Runtime> {
    let runtime = Arc::new(runtime);
    for Finding { plugin, is_error, object, message } in extensions.validate(&runtime) {
        let message = format!("`{plugin}` found: {message}");
        let mut problem = match (object.and_then(&place), object) {
            (Some((path, line)), Some(oid)) => {
                Problem::error(Code::Validator, path, message).at_line(line).about(oid)
            }
            (None, Some(oid)) => Problem::error(Code::Validator, "spaces", message).about(oid),
            (_, None) => Problem::error(Code::Validator, "spaces", message),
        };
        if !is_error {
            problem.severity = Severity::Warning;
        }
        report.push(problem);
    }
    let returned = Arc::try_unwrap(runtime).ok();
    if returned.is_none() {
        let message = "a validator of a plugin has not come to its end";
        let hint = "disable the plugin, or give its validator more time";
        let problem = Problem::error(Code::Foreign("plugin::timeout"), "spaces", message);
        report.push(problem.with_hint(hint));
    }
    returned
}

/// Returns the problems with the classes of a file's objects and functions, and those objects that are classes.
fn classes_of(m: &Mutator<'_>, number: usize, file: &LoadedFile<'_>) -> (Vec<Problem>, Vec<Located>) {
    let (mut problems, mut located) = (Vec::new(), Vec::new());
    let mut sound: HashSet<ObjectRef> = HashSet::new();
    for (index, &object) in file.objects.iter().enumerate() {
        if object.has_payload() {
            let (is_class, home) = object.with_payload(m, |payload| match payload {
                Some(Payload::ClassInfo(_)) => (true, None),
                Some(Payload::Function(function)) => (false, function.class),
                _ => (false, None),
            });
            if is_class {
                located.push((object, number, index));
            }
            if let Some(home) = home.filter(|home| !home.is_class(m)) {
                let message = format!("the class {} of the function is no class", home.oid());
                problems.push(at_record(file, index, Code::NotAClass, message));
            }
        }
        let Some(class) = object.class().filter(|class| !sound.contains(class)) else { continue };
        if class.is_class(m) {
            sound.insert(class);
        } else {
            let message = format!("its class {} is no class", class.oid());
            problems.push(at_record(file, index, Code::NotAClass, message));
        }
    }
    (problems, located)
}

/// Reports superclasses that are no classes, and each cycle once.
fn superclasses(m: &Mutator<'_>, files: &[LoadedFile<'_>], classes: &[Located], report: &mut Report) {
    let at =
        |&(_, file, index): &Located, code, message: String| at_record(&files[file], index, code, message);
    let known: HashMap<ObjectRef, &Located> = classes.iter().map(|located| (located.0, located)).collect();
    // On which walk a class was met first.
    let mut walks: HashMap<ObjectRef, usize> = HashMap::with_capacity(classes.len());
    for (walk, located) in classes.iter().enumerate() {
        if let Some(superclass) = located.0.superclass(m).filter(|superclass| !superclass.is_class(m)) {
            let message = format!("its superclass {} is no class", superclass.oid());
            report.push(at(located, Code::NotAClass, message));
        }
        let mut class = located.0;
        loop {
            match walks.insert(class, walk) {
                None => {}
                Some(earlier) => {
                    walks.insert(class, earlier.min(walk));
                    if earlier == walk {
                        let message = format!("the class {} is its own ancestor", class.oid());
                        report.push(at(
                            known.get(&class).copied().unwrap_or(located),
                            Code::SuperclassCycle,
                            message,
                        ));
                    }
                    break;
                }
            }
            match class.superclass(m) {
                Some(superclass) => class = superclass,
                None => break,
            }
        }
    }
}

fn at_record(file: &LoadedFile<'_>, index: usize, code: Code, message: String) -> Problem {
    let record = &file.index.records[index];
    Problem::error(code, &file.path, message).at_line(record.line).about(record.oid)
}
